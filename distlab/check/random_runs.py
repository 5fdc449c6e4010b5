"""Random runs: many seeds, each under a fault schedule of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from distlab.sim import Network, Trace, Uniform, stream

from .minimise import Shrunk, first_difference, minimise
from .progress import progress_bar
from .property import Property, Violation
from .replay import setting_code
from .report import Counterexample, Search
from .schedule import FaultBudget, faults_end
from .subject import Subject
from .watched import Outcome, Setting, watch

__all__ = ["DEFAULT", "last_rows", "random_runs"]

DEFAULT = Network(latency=Uniform(0.005, 0.015))


def random_runs(
    subject: Subject,
    property: Property,
    n: int,
    runs: int,
    faults: FaultBudget | Sequence[Any] | None,
    network: Network | None,
    workload: tuple[Any, ...],
    seed: int,
    within: float | None,
    progress: bool,
) -> tuple[Counterexample | None, Search, Any]:
    """Run ``runs`` times and stop at the first failure, which is shrunk.

    The parameters are those of :func:`distlab.check.check`. Also returned is what the property remembered at
    the end of the last run that reached its goal.
    """
    budget = property.default_faults() if faults is None else faults
    within = property.within if within is None else within
    sizes = [n, n, n, n - 1] if _may_vary(subject, property, n, budget) else [n]
    last_call = max((call.at for call in workload if hasattr(call, "at")), default=0.0)
    fired = reached = messages = done = 0
    memory: Any = None
    found: Counterexample | None = None
    with progress_bar("random runs", runs, progress) as tick:
        for index in range(runs):
            tick(index)
            size = sizes[index % len(sizes)]
            nodes = subject.nodes(size)
            ids = list(nodes)
            calls = workload if size == n else tuple([call for call in workload if _concerns(call, ids)])
            judge, over = property, network or DEFAULT
            if isinstance(budget, FaultBudget):
                weather = budget.weather(index)
                if network is None and weather.all_stay:
                    judge = property.calm()
                if network is None and weather.duplication:
                    over = replace(DEFAULT, duplication=weather.duplication)
                schedule = tuple(weather.draw(ids, stream(seed + index, "schedule")))
            else:
                schedule = tuple(budget)
            quiet = faults_end(schedule)
            until = max(quiet, last_call) + within
            setting = Setting(size, schedule, over, calls, seed + index, until, quiet)
            outcome = watch(nodes, judge, setting, full=index < 3)
            done += 1
            fired += _fired(outcome.trace)
            if outcome.reached or memory is None:
                memory = outcome.memory
            reached += outcome.reached
            if outcome.trace.full:
                messages += len(outcome.trace.messages)
            if outcome.failed:
                found = _counterexample(subject, minimise(subject, judge, outcome, within))
                break
    shown = f"{n} and {n - 1}" if done > 3 and len(sizes) > 1 else str(n)
    return found, _search(n, shown, done, fired, budget, network, messages, reached, property), memory


def _may_vary(subject: Subject, property: Property, n: int, budget: Any) -> bool:
    """May some runs have a node less? A majority of four is not like one of five."""
    return (
        isinstance(subject.algorithm, type)
        and isinstance(budget, FaultBudget)
        and not property.fixed_size
        and n > 3
    )


def _concerns(call: Any, ids: list[Any]) -> bool:
    return getattr(call, "node", None) in (None, "leader", *ids)


def _fired(trace: Trace) -> int:
    """How many faults took place; one aimed at the leader when nobody led did not."""
    return sum(
        trace._victims.get(event.row, event) is not None
        for event in trace.events()
        if event.kind == "fault" and not type(event.payload).__name__.startswith("_")
    )


def _search(
    n: int,
    shown: str,
    runs: int,
    fired: int,
    budget: Any,
    network: Network | None,
    messages: int,
    reached: int,
    property: Property,
) -> Search:
    allowed = f"up to {budget}" if isinstance(budget, FaultBudget) else f"{len(budget)} given faults"
    if isinstance(budget, FaultBudget) and budget.duplication and network is None:
        allowed += ", doubled messages"
    bound = f"n={shown}, {runs:,} run{'s' if runs != 1 else ''}, {allowed} each, {fired:,} faults fired"
    search = Search("random", bound, {"runs": runs, "faults": fired, "reached": reached}, asked=True)
    wants_faults = bool(budget) if not isinstance(budget, FaultBudget) else not budget.empty
    if not messages and n > 1:
        search.inconclusive = "no message was sent, so nothing was tested"
    elif wants_faults and not fired:
        search.inconclusive = "faults were allowed, but none fired, so nothing was tested"
    elif not reached:
        search.inconclusive = f"in no run it came so far that {property.goal}, so nothing was tested"
    return search


def _counterexample(subject: Subject, shrunk: Shrunk) -> Counterexample:
    outcome, setting = shrunk.outcome, shrunk.outcome.setting
    violation = outcome.violation
    assert violation is not None
    rows = [("nodes", str(setting.nodes)), ("seed", str(setting.seed)), ("until", f"{setting.until:g} s")]
    rows += [("fault", repr(fault)) for fault in setting.faults] or [("faults", "none")]
    rows += [("call", repr(call)) for call in setting.workload[:5]]
    if len(setting.workload) > 5:
        rows.append(("calls", f"{len(setting.workload) - 5} more"))
    passing = None if shrunk.passing is None else shrunk.passing.trace
    return Counterexample(
        sentence=violation.sentence,
        kind=outcome.kind,
        trace=outcome.trace,
        rows=_guilty(outcome, violation),
        nodes=violation.nodes,
        original=_size(shrunk.original),
        minimal=_size(setting),
        reruns=shrunk.reruns,
        setting=rows,
        code=setting_code(subject, setting),
        passing=passing,
        difference="" if passing is None else first_difference(outcome.trace, passing),
    )


def _guilty(outcome: Outcome, violation: Violation) -> tuple[int, ...]:
    """The guilty events; if the property did not name them, the last events of the nodes it named."""
    rows = tuple(row for row in violation.rows if row < len(outcome.trace))
    return rows if rows else last_rows(outcome.trace, violation.nodes)


def last_rows(trace: Trace, nodes: tuple[Any, ...]) -> tuple[int, ...]:
    """The last thing that happened at each of some nodes."""
    last: dict[Any, int] = {}
    for event in trace.events():
        if event.node in nodes and event.kind in ("message", "timer", "start", "restart", "call", "work"):
            last[event.node] = event.row
    return tuple(last.values())


def _size(setting: Setting) -> str:
    faults, calls = len(setting.faults), len(setting.workload)
    words = [f"n={setting.nodes}", f"{faults} fault{'s' if faults != 1 else ''}"]
    if calls:
        words.append(f"{calls} call{'s' if calls != 1 else ''}")
    return ", ".join([*words, f"{setting.until:.3g} s"])
