"""Smaller counterexamples: drop something, run again, keep what still fails, until nothing more can go.

The search for a smaller list is delta debugging (Zeller & Hildebrandt 2002, *Simplifying and isolating
failure-inducing input*): halves first, then smaller pieces, then single items.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from distlab.sim import Constant, Crash, Network, Outage, Recover, Uniform

from .property import Property
from .report import tell
from .schedule import faults_end
from .subject import Subject
from .watched import Outcome, Setting, Unusable, watch

__all__ = ["Shrunk", "common_beginning", "fewer", "first_difference", "minimise"]

T = TypeVar("T")


def fewer(items: Sequence[T], still_fails: Callable[[list[T]], bool]) -> list[T]:
    """A sub-list that still fails and from which no single item can go.

    >>> fewer([1, 2, 3, 4, 5, 6, 7, 8], lambda kept: 3 in kept and 7 in kept)
    [3, 7]
    """
    kept = list(items)
    size = len(kept) // 2
    while size >= 1:
        at = 0
        while at < len(kept):
            trial = kept[:at] + kept[at + size :]
            if still_fails(trial):
                kept = trial
            else:
                at += size
        size //= 2
    again = True
    while again:
        again = False
        for at in range(len(kept) - 1, -1, -1):
            trial = kept[:at] + kept[at + 1 :]
            if still_fails(trial):
                kept = trial
                again = True
    return kept


@dataclass
class Shrunk:
    """A minimal failing run, how it was found, and a passing run beside it."""

    outcome: Outcome
    original: Setting
    reruns: int
    passing: Outcome | None


class _Shrinker:
    def __init__(self, subject: Subject, property: Property, first: Outcome, budget: int) -> None:
        self.subject = subject
        self.property = property
        self.way = (first.kind, first.late)
        self.left = budget
        self.rows_left = _ROWS
        self.reruns = 0

    def run(self, setting: Setting) -> Outcome | None:
        """The outcome of one more run; None if it cannot begin."""
        self.reruns += 1
        self.left -= 1
        try:
            outcome = watch(self.subject.nodes(setting.nodes), self.property, setting)
        except Unusable:  # such as a fault of a node that is no longer there
            return None
        self.rows_left -= outcome.rows
        return outcome

    def fails(self, setting: Setting) -> Outcome | None:
        """The outcome if the setting still fails in the same way; None if not, or if the budget is spent."""
        if self.left <= 0 or self.rows_left <= 0:
            return None
        outcome = self.run(setting)
        return outcome if outcome is not None and (outcome.kind, outcome.late) == self.way else None


def minimise(
    subject: Subject, property: Property, outcome: Outcome, within: float, budget: int = 150
) -> Shrunk:
    """Shrink a failing timed run: fewer nodes, faults and calls, a calmer network, rounder numbers, less
    time.

    Parameters
    ----------
    subject, property
        What failed, and what it failed.
    outcome
        The failing run.
    within
        Seconds that a run goes on after its last fault.
    budget
        The largest number of runs to spend.

    Returns
    -------
    Shrunk
        The smallest failing run found, with its full trace.
    """
    if outcome.kind == "endless":  # each run of it takes a second
        return Shrunk(outcome, outcome.setting, 0, None)
    shrinker = _Shrinker(subject, property, outcome, budget)
    best = outcome
    for simplify in (
        _fewer_events,
        _fewer_faults,
        _fewer_calls,
        _fewer_nodes,
        _calmer_network,
        _rounder,
        _shorter,
    ):
        best = simplify(shrinker, best, within)
    while True:
        faults, calls = best.setting.faults, best.setting.workload
        best = _one_less(shrinker, best, within)
        if (best.setting.faults, best.setting.workload) == (faults, calls):
            break
    full = watch(subject.nodes(best.setting.nodes), property, best.setting, full=True)
    return Shrunk(full, outcome.setting, shrinker.reruns, _neighbour(shrinker, full, within))


_ROWS = 3_000_000  # rows of trace that all re-runs together may write: some seconds


def _one_less(shrinker: _Shrinker, best: Outcome, within: float) -> Outcome:
    """One fault or one call less, with the same end of the run or with the end that fits what is left."""
    setting = best.setting
    for at in range(len(setting.faults)):
        faults = [*setting.faults[:at], *setting.faults[at + 1 :]]
        same_end = replace(setting, faults=tuple(faults))
        own_end = _with_faults(setting, faults, within)
        for trial in [own_end] if own_end == same_end else [own_end, same_end]:
            found = shrinker.fails(trial)
            if found is not None:
                return found
    for at in range(len(setting.workload)):
        found = shrinker.fails(
            replace(setting, workload=(*setting.workload[:at], *setting.workload[at + 1 :]))
        )
        if found is not None:
            return found
    return best


def _fewer_events(shrinker: _Shrinker, best: Outcome, within: float) -> Outcome:
    """A run that never ends shows it with a smaller budget of events, too."""
    if not best.endless:
        return best
    found = shrinker.fails(replace(best.setting, max_events=best.setting.max_events // 10))
    return best if found is None else found


def _with_faults(setting: Setting, faults: Sequence[Any], within: float) -> Setting:
    quiet = faults_end(faults)
    last_call = max((call.at for call in setting.workload if hasattr(call, "at")), default=0.0)
    return replace(
        setting,
        faults=tuple(faults),
        quiet_since=quiet,
        until=min(setting.until, max(quiet, last_call) + within),
    )


def _fewer_faults(shrinker: _Shrinker, best: Outcome, within: float) -> Outcome:
    def still(faults: list[Any]) -> bool:
        nonlocal best
        found = shrinker.fails(_with_faults(best.setting, faults, within))
        if found is not None:
            best = found
        return found is not None

    fewer(best.setting.faults, still)
    return best


def _fewer_calls(shrinker: _Shrinker, best: Outcome, within: float) -> Outcome:
    def still(calls: list[Any]) -> bool:
        nonlocal best
        found = shrinker.fails(replace(best.setting, workload=tuple(calls)))
        if found is not None:
            best = found
        return found is not None

    fewer(best.setting.workload, still)
    return best


def _stay_down(faults: Sequence[Any]) -> int:
    """How many crashes have no end."""
    ends = sum(isinstance(fault, Recover) for fault in faults)
    stay = sum(
        isinstance(fault, Crash) or (isinstance(fault, Outage) and fault.until is None) for fault in faults
    )
    return max(0, stay - ends)


def _fewer_nodes(shrinker: _Shrinker, best: Outcome, within: float) -> Outcome:
    """One node less at a time; other seeds are tried too, because with fewer nodes the same seed is another
    run.
    """
    while best.setting.nodes > 2 and not shrinker.property.fixed_size:
        n = best.setting.nodes - 1
        try:
            ids = list(shrinker.subject.nodes(n))
        except Unusable:
            break
        faults = [
            fault
            for fault in best.setting.faults
            if all(name in ids or name == "leader" for name in fault.named)
        ]
        calls = tuple(
            [call for call in best.setting.workload if getattr(call, "node", "leader") in [*ids, "leader"]]
        )
        down = _stay_down(faults)
        if (n - 1) // 2 < down <= (best.setting.nodes - 1) // 2:
            break  # a majority was up before, and would not be any more: that is another story
        smaller = _with_faults(replace(best.setting, nodes=n, workload=calls), faults, within)
        found = None
        for seed in dict.fromkeys([best.setting.seed, *range(8)]):
            found = shrinker.fails(replace(smaller, seed=seed))
            if found is not None:
                break
        if found is None:
            break
        best = found
    return best


def _calmer_network(shrinker: _Shrinker, best: Outcome, within: float) -> Outcome:
    network = best.setting.network
    calmer: list[Network] = []
    if not network.plain:
        calmer.append(Network(latency=network.latency, fifo=network.fifo))
        calmer += [
            replace(network, loss=0.0),
            replace(network, duplication=0.0),
            replace(network, reordering=0.0),
        ]
    if isinstance(network.latency, Uniform):
        calmer.append(Network(latency=Constant(round(network.latency.mean, 4))))
    for trial in calmer:
        if trial == network:
            continue
        found = shrinker.fails(replace(best.setting, network=trial))
        if found is not None:
            best = found
            if trial.plain:
                break
    return best


def _rounder(shrinker: _Shrinker, best: Outcome, within: float) -> Outcome:
    """Times with one digit, if the run still fails with them."""
    for index, fault in enumerate(best.setting.faults):
        at = round(fault.at, 1)
        if at == fault.at:
            continue
        try:
            moved = fault.moved(at)
        except ValueError:
            continue
        faults = [*best.setting.faults[:index], moved, *best.setting.faults[index + 1 :]]
        found = shrinker.fails(_with_faults(replace(best.setting, until=1e9), faults, within))
        best = best if found is None else found
    return best


def _shorter(shrinker: _Shrinker, best: Outcome, within: float) -> Outcome:
    """End the run with the violation; what a property says about the end keeps its time."""
    if best.time < best.setting.until:
        found = shrinker.fails(replace(best.setting, until=round(best.time + 1e-6, 6)))
        best = best if found is None else found
    return best


def _neighbour(shrinker: _Shrinker, failing: Outcome, within: float) -> Outcome | None:
    """The nearest passing run: one fault less, or one call less, or another seed; the one that goes the same
    way longest.
    """
    setting = failing.setting
    trials = [
        _with_faults(setting, [*setting.faults[:at], *setting.faults[at + 1 :]], within)
        for at in range(len(setting.faults))
    ]
    trials += [
        replace(setting, workload=(*setting.workload[:at], *setting.workload[at + 1 :]))
        for at in range(len(setting.workload))
    ]
    trials += [replace(setting, seed=setting.seed + more) for more in range(1, 6)]
    best: Outcome | None = None
    longest = -1
    for trial in trials[:12]:
        try:
            outcome = watch(shrinker.subject.nodes(trial.nodes), shrinker.property, trial, full=True)
        except Unusable:
            continue
        if not outcome.failed:
            same = common_beginning(failing.trace, outcome.trace)
            if same > longest:
                best, longest = outcome, same
    return best


def common_beginning(one: Any, other: Any) -> int:
    """How many events two runs have in common at their beginning."""
    count = 0
    for mine, theirs in zip(_story(one), _story(other), strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _story(trace: Any) -> list[tuple[Any, ...]]:
    return [
        (event.kind, event.node, event.sender, repr(event.payload), round(event.time, 9))
        for event in trace.events()
        if event.kind != "fault"
    ]


def first_difference(failing: Any, passing: Any) -> str:
    """Where two runs part, in words."""
    same = common_beginning(failing, passing)
    mine = [event for event in failing.events() if event.kind != "fault"]
    theirs = [event for event in passing.events() if event.kind != "fault"]
    here = tell(mine[same]).strip() if same < len(mine) else "the run ends"
    there = tell(theirs[same]).strip() if same < len(theirs) else "the run ends"
    here, there = here or "a node starts", there or "a node starts"
    return f"the runs are the same for {same} events; then here: {here}; there: {there}"
