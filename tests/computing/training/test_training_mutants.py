"""The checker passes the schemes of training and catches each of them with one safeguard off."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from distlab.check import FaultBudget, check, check_property, grade
from distlab.computing.training import (
    MUTANTS,
    AllReduce,
    AsynchronousServer,
    RingAllReduce,
    RingReplica,
    Stage,
    StaleSynchronousServer,
    SynchronousServer,
    TrainingMutant,
    TreeAllReduce,
    bounded_gap,
    counted_once,
    everybody_finishes,
    everybody_has_the_sum,
    fresh_gradients,
    pack,
    replicas_equal,
    resumes_at_the_checkpoint,
    sound,
    unpack,
)
from distlab.computing.training.mutants import one_deep_machine, one_machine, right_sum
from distlab.sim import Trace, message

LATE = FaultBudget(crashes=0, partitions=0, pauses=2, loss_bursts=0, slow_links=2, until=0.3, duplication=0.3)
BACK = FaultBudget(crashes=2, partitions=0, pauses=1, loss_bursts=0, slow_links=1, until=0.3, duplication=0.3,
                   stay_down=0)  # fmt: skip
ANY = FaultBudget(crashes=2, until=0.3, duplication=0.3, stay_down=0)

Rule = Callable[[Trace], str | None]


def _all(*rules: Rule) -> Rule:
    def keeps_all(trace: Trace) -> str | None:
        return next((said for said in [rule(trace) for rule in rules] if said), None)

    return keeps_all


SCHEMES: dict[str, tuple[type, int, dict[str, Any], Rule, FaultBudget]] = {
    "synchronous": (
        SynchronousServer, 4, {"checkpoint": 2},
        _all(one_machine, replicas_equal, everybody_finishes, resumes_at_the_checkpoint, fresh_gradients),
        BACK,
    ),
    "backup workers": (
        SynchronousServer, 4, {"need": 2}, _all(fresh_gradients, replicas_equal, everybody_finishes), BACK,
    ),
    "patience": (
        SynchronousServer, 4, {"patience": 0.2, "checkpoint": 2},
        _all(fresh_gradients, replicas_equal, everybody_finishes, resumes_at_the_checkpoint), ANY,
    ),
    "stale synchronous": (
        StaleSynchronousServer, 4, {"bound": 1}, _all(bounded_gap(1), counted_once, everybody_finishes), LATE,
    ),
    "stale synchronous, crashes": (
        StaleSynchronousServer, 4, {"bound": 0, "checkpoint": 2}, everybody_finishes, BACK,
    ),
    "asynchronous": (AsynchronousServer, 4, {}, _all(counted_once, everybody_finishes), BACK),
    "ring": (RingAllReduce, 4, {}, _all(right_sum, everybody_finishes), LATE),
    "tree": (TreeAllReduce, 5, {}, _all(right_sum, everybody_finishes), LATE),
    "ring replicas": (RingReplica, 3, {}, _all(replicas_equal, everybody_finishes), LATE),
    "pipeline": (Stage, 3, {}, _all(one_deep_machine, everybody_finishes), LATE),
}  # fmt: skip


def _search(build: Callable[[int], Any], rule: Rule, nodes: int, faults: FaultBudget, runs: int) -> Any:
    return check(build, rule, nodes=nodes, runs=runs, faults=faults, bounds=None, within=10.0, progress=False)


@pytest.mark.parametrize("name", SCHEMES)
def test_a_sound_scheme_passes_under_random_faults(name: str) -> None:
    """Late, doubled and overtaking messages, pauses; crashes and losses where the scheme promises it."""
    kind, nodes, options, rule, faults = SCHEMES[name]

    def build(n: int, kind: type = kind, options: Mapping[str, Any] = options) -> Any:
        return sound(kind, n, options)

    report = _search(build, rule, nodes, faults, runs=60)
    assert report.verdict == "passed", report.sentence


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_caught(mutant: TrainingMutant) -> None:
    """With the safeguard on the same search finds nothing; with it off, a small run that says why."""
    faults = BACK if mutant.crashes else LATE
    report = _search(mutant.build, mutant.rule, mutant.nodes, faults, runs=200)
    assert report.verdict == "failed", report.sentence
    assert report.counterexample is not None
    assert len(report.counterexample.trace.nodes) <= mutant.nodes
    assert _search(mutant.build_sound, mutant.rule, mutant.nodes, faults, runs=15).verdict == "passed"


def _right(trace: Trace, chosen: slice, places: slice) -> str | None:
    """Are the chosen results right in these places?"""
    records = trace.records.reindex(columns=["event", "values"])
    found = [unpack(data) for data in records[records["event"] == "reduced"]["values"]]
    right = sum([10**k for k in range(len(trace.nodes))])
    return None if all((one[places] == right).all() for one in found[chosen]) else "a sum is wrong."


def _agree(trace: Trace) -> str | None:
    records = trace.records.reindex(columns=["event", "values"])
    found = {bytes(data) for data in records[records["event"] == "reduced"]["values"]}
    return None if len(found) < 2 else "two sums differ."


ALL, FIRST, LAST = slice(None), slice(0, 1), slice(-1, None)


@pytest.mark.parametrize(
    ("rule", "misses"),
    [
        (lambda trace: _right(trace, ALL, ALL), []),
        (lambda trace: _right(trace, FIRST, ALL), ["passes on its own vector"]),
        (lambda trace: _right(trace, LAST, ALL), ["keeps its own vector at the root"]),
        (lambda trace: _right(trace, ALL, FIRST), ["leaves what does not divide by N"]),
        (lambda trace: _right(trace, ALL, LAST), ["leaves out the first number"]),
        (lambda trace: _right(trace, FIRST, LAST),
         ["leaves out the first number", "passes on its own vector"]),
        (_agree, ["does not wait for both children"]),
    ],
    ids=["all", "first to finish", "last to finish", "first place", "last place", "one number", "agreement"],
)  # fmt: skip
def test_a_rule_that_looks_at_a_part_of_the_sums_misses_a_mutant(rule: Rule, misses: list[str]) -> None:
    """Only one that looks at every node and every place catches all."""
    score = check_property(rule, MUTANTS, breaks="the sum", runs=20, states=200)
    missed = set(score.table[score.table["verdict"] == "missed"]["switched off"])
    assert missed == {mutant.safeguard for mutant in MUTANTS if mutant.name in misses}
    assert not score.false_alarms


@message
class Share:
    """The vector of a node."""

    values: bytes


class Collects(AllReduce):
    """Adds up what it knows once it knows as many things as there are nodes."""

    def all_reduce(self, round: int, values: Any) -> None:
        self.broadcast(Share(pack(values)))
        self.learn(self.id, pack(values))

    def on_share(self, msg: Share, sender: Any) -> None:
        self.learn(sender, msg.values)

    def learn(self, sender: Any, data: bytes) -> None:
        self.known = getattr(self, "known", {}) | {self.key(sender, data): unpack(data)}
        if len(self.known) == len(self.peers) + 1:
            self.all_reduced(0, sum(self.known.values(), start=0.0 * unpack(data)))

    def key(self, sender: Any, data: bytes) -> Any:
        return sender


class KnowsByContent(Collects):
    """Takes two equal vectors for one."""

    def key(self, sender: Any, data: bytes) -> Any:
        return bytes(data)


class KnowsNothing(Collects):
    """Takes a copy for another vector."""

    def key(self, sender: Any, data: bytes) -> Any:
        return len(getattr(self, "known", {}))


class AddsIds(AllReduce):
    """Sends nothing."""

    def all_reduce(self, round: int, values: Any) -> None:
        self.all_reduced(0, 0.0 * values + sum((self.id, *self.peers)))


class Changes(Collects):
    """Is right at first, and counts its own again."""

    def all_reduced(self, round: int, total: Any) -> None:
        super().all_reduced(round, total)
        super().all_reduced(round, total + total)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Collects, "right"),
        (RingAllReduce, "right"),
        (TreeAllReduce, "right"),
        (KnowsByContent, "wrong"),
        (KnowsNothing, "wrong"),
        (AddsIds, "wrong"),
        (Changes, "wrong"),
    ],
)
def test_an_all_reduce_of_ones_own_is_judged(kind: type[AllReduce], status: str) -> None:
    """Vectors that are no ids, two of them equal, and messages that come twice."""
    unkind = FaultBudget(0, 0, pauses=1, loss_bursts=0, slow_links=1, until=0.5, duplication=0.3)
    found = grade(kind, everybody_has_the_sum, nodes=4, runs=60, faults=unkind, bounds=None)
    assert found.status == status
