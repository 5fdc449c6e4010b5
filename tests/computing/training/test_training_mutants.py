"""The checker passes the schemes of training and catches each of them with one safeguard off."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from distlab.check import FaultBudget, check
from distlab.computing.training import (
    MUTANTS,
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
    fresh_gradients,
    replicas_equal,
    resumes_at_the_checkpoint,
    sound,
)
from distlab.computing.training.mutants import one_deep_machine, one_machine, right_sum
from distlab.sim import Trace

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
