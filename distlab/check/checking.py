"""``check``: is an algorithm right? Three searches, one report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from distlab.sim import Call, ContractError, Network, Uniform, stream

from .explore import Exploration, Prune, breadth_first, deep_walks
from .minimise import Shrunk, fewer, minimise
from .progress import progress_bar
from .property import Property, Violation, as_property
from .report import Counterexample, Report, Search, first_difference
from .schedule import FaultBudget, faults_end
from .scripted import play
from .subject import (
    Subject,
    class_state,
    first_change,
    globals_state,
    inspect_privacy,
    restore,
    shared_nodes,
)
from .untimed import Budget, Move, World
from .watched import Outcome, Setting, Unusable, watch

__all__ = ["Bounds", "check", "replay"]

_NETWORK = Network(latency=Uniform(0.005, 0.015))


@dataclass(frozen=True)
class Bounds:
    """The bounds of the searches in the untimed world (:mod:`distlab.check.untimed`).

    Parameters
    ----------
    nodes
        How many nodes; 3 shows most mistakes.
    crashes, recoveries, drops, duplicates
        How many of each, at most, along one run. ``recoveries`` None: as many as crashes.
    timeouts
        How many timers may fire along one run (asynchronous timing); None: any number.
    depth, states, seconds
        Where to stop; ``seconds`` is real time.
    timing
        "asynchronous": any timer at any time; "synchronous": messages are faster than timers.
    fifo
        Messages of one link arrive in order.
    symmetric
        Count states that differ by a renaming of the nodes once; None: if the algorithm's class says
        ``symmetric = True``.
    settle
        With synchronous timing: seconds of a fair run from sampled states after which the promise for the end
        must hold.
    prune, goal
        Functions of the nodes: where not to go on; what must be reached somewhere.

    Examples
    --------
    >>> str(Bounds(nodes=3, crashes=1, timeouts=4))
    'n=3, 1 crash, 4 timeouts'
    """

    nodes: int = 3
    crashes: int = 0
    recoveries: int | None = None
    drops: int = 0
    duplicates: int = 0
    timeouts: int | None = 3
    depth: int | None = None
    states: int = 100_000
    seconds: float | None = None
    timing: str = "asynchronous"
    fifo: bool = False
    symmetric: bool | None = None
    settle: float = 0.0
    prune: Prune | None = None
    goal: Prune | None = None

    @property
    def budget(self) -> Budget:
        """The budgets along one run."""
        recoveries = self.crashes if self.recoveries is None else self.recoveries
        timeouts = None if self.timing == "synchronous" else self.timeouts
        return Budget(self.crashes, recoveries, self.drops, self.duplicates, timeouts)

    def __str__(self) -> str:
        budget = self.budget
        words = [f"n={self.nodes}"]
        for name, one in (
            ("crashes", "crash"),
            ("recoveries", "recovery"),
            ("drops", "drop"),
            ("duplicates", "duplicate"),
        ):
            count = getattr(budget, name)
            if count:
                words.append(f"{count} {one if count == 1 else name}")
        if budget.timeouts is not None:
            words.append(f"{budget.timeouts} timeout{'s' if budget.timeouts != 1 else ''}")
        if self.timing == "synchronous":
            words.append("synchronous")
        if self.fifo:
            words.append("FIFO links")
        return ", ".join(words)


def check(
    algorithm: Any,
    property: Any,
    nodes: int = 5,
    runs: int = 500,
    *,
    faults: FaultBudget | Sequence[Any] | None = None,
    bounds: Bounds | str | None = "auto",
    walks: int = 0,
    network: Network | None = None,
    workload: Iterable[Any] = (),
    seed: int = 0,
    arguments: Mapping[str, Any] | None = None,
    within: float | None = None,
    progress: bool = True,
) -> Report:
    """Search for a run in which an algorithm violates a property; shrink it; explain it.

    Parameters
    ----------
    algorithm
        A node class, or a function number of nodes -> {id: node}.
    property
        A :class:`Property`, or a function of ``nodes`` (asked after every event) or of ``trace`` (asked at
        the end).
    nodes
        How many nodes in the random runs.
    runs
        How many random runs under generated fault schedules; 0 for none.
    faults
        What may go wrong in a random run: a :class:`FaultBudget`, or a fixed list of faults; None: the
        default budget.
    bounds
        The bounds of the exhaustive search; None: no such search; "auto": small bounds (3 nodes, 40,000
        states) if the property is one that must hold at every speed, such as one leader per term.
    walks
        If more than 0, also so many guided deep walks (within ``bounds``, or the default ones).
    network, workload
        For the random runs; the default network delivers in 5 to 15 ms.
    seed
        Run i uses the seed ``seed + i``. Same arguments, same report.
    arguments
        Keyword arguments for each node.
    within
        Seconds after the last fault by which the property's promise for the end must hold; None: as the
        property says.
    progress
        Show a bar if the search takes long.

    Returns
    -------
    Report
        With the verdict "passed", "failed" or "inconclusive"; it prints as text and draws itself in a
        notebook.

    Raises
    ------
    TypeError
        If the algorithm or the property is not one.

    Examples
    --------
    >>> from distlab.check import LeaderElection, check
    >>> from distlab.coordination.election import Bully
    >>> check(Bully, LeaderElection(), nodes=3, runs=20, progress=False).verdict
    'passed'
    """
    subject = Subject(algorithm, arguments)
    judged = as_property(property)
    if not isinstance(runs, int) or runs < 0:
        raise ValueError(f"runs must be a whole number of 0 or more; got {runs!r}.")
    if not isinstance(nodes, int) or nodes < 1:
        raise ValueError(f"nodes must be a whole number of 1 or more; got {nodes!r}.")
    workload = tuple(workload)
    plan = _plan(judged, nodes, bounds, walks, network)
    smallest = nodes if runs or not plan else plan[0][1].nodes
    broken = _contract(subject, judged, smallest, network, workload, seed)
    if broken is not None:
        return Report(subject.name, judged.name, [], violation=broken)
    searches: list[Search] = []
    put_back = restore(subject.classes(smallest))
    try:
        if runs:
            found, search = _random(
                subject, judged, nodes, runs, faults, network, workload, seed, within, progress
            )
            searches.append(search)
            if found is not None:
                return Report(subject.name, judged.name, searches, found)
        for kind, limits, many in plan:
            found, search = _untimed(subject, judged, limits, kind, many, workload, seed, progress)
            searches.append(search)
            if found is not None:
                return Report(subject.name, judged.name, searches, found)
    finally:
        put_back()
    unsure = [search.inconclusive for search in searches if search.inconclusive]
    vacuous = unsure[0] if unsure and len(unsure) == len(searches) else ""
    return Report(subject.name, judged.name, searches, inconclusive=vacuous)


def _plan(
    property: Property, nodes: int, bounds: Bounds | str | None, walks: int, network: Network | None
) -> list[tuple[str, Bounds, int]]:
    """The searches in the untimed world: (kind, bounds, number of walks)."""
    if bounds == "auto":
        small = property.default_bounds()
        if small is None:
            return [("deep", Bounds(), walks)] if walks else []
        fifo = network is not None and network.fifo
        near = Bounds(nodes=min(nodes, 3), states=40_000, fifo=fifo, **small)
        far = replace(near, nodes=min(nodes, 4))
        if near.timing == "asynchronous":
            far = replace(far, crashes=2, drops=2, duplicates=0 if fifo else 2, timeouts=6)
        return [("exhaustive", near, 0), ("deep", far, walks or 300)]
    if not isinstance(bounds, Bounds | None):
        raise TypeError(f'bounds must be Bounds(...), None or "auto"; got {bounds!r}.')
    plan = [] if bounds is None else [("exhaustive", bounds, 0)]
    return [*plan, ("deep", bounds or Bounds(), walks)] if walks else plan


# --- the rules of the laboratory


def _contract(
    subject: Subject,
    property: Property,
    nodes: int,
    network: Network | None,
    workload: tuple[Any, ...],
    seed: int,
) -> Violation | None:
    """Does the algorithm keep the rules? The same run twice must be the same, and nodes must not share
    anything.
    """
    try:
        kinds = subject.classes(nodes)
        for kind in kinds:
            inspect_privacy(kind)
        put_back = restore(kinds)
        before, world = class_state(kinds), globals_state(kinds)
        setting = Setting(nodes, (), network or _NETWORK, workload, seed, 1.0, 0.0, 20_000)
        first_nodes = subject.nodes(nodes)
        first = watch(first_nodes, property, setting, full=True)
        held = shared_nodes(first_nodes)
        changed = first_change(before, class_state(kinds))
        changed_global = first_change(world, globals_state(kinds))
        put_back()
    except (ContractError, Unusable) as error:
        return Violation(str(error))
    if held is not None:
        return Violation(held)
    if changed is not None:
        return Violation(
            f"{changed} is an attribute of the class and was changed during the run: all nodes share it, as "
            "real machines "
            f"never do; set it in __init__ with self.{changed.split('.')[-1]} = ... instead."
        )
    if changed_global is not None:
        return Violation(
            f"the global {changed_global} was changed during the run: nodes share nothing but messages; "
            f"keep it in the node, as self.{changed_global}."
        )
    if first.kind == "passed":
        second = watch(subject.nodes(nodes), property, setting, full=True)
        put_back()
        if first.trace.digest() != second.trace.digest():
            return Violation(
                "the same seed gave two different runs: something depends on more than messages, timers and "
                "self.rng "
                "(a set that is iterated over, id(), the clock, or shared state?)."
            )
    return None


# --- random runs


def _random(
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
) -> tuple[Counterexample | None, Search]:
    budget = FaultBudget() if faults is None else faults
    within = property.within if within is None else within
    ids = list(subject.nodes(n))
    fired = reached = messages = 0
    done = 0
    with progress_bar("random runs", runs, progress) as tick:
        for index in range(runs):
            tick(index)
            judge = property
            if isinstance(budget, FaultBudget):
                allowed = budget
                if index % 5 == 4 and budget.crashes and network is None:
                    allowed, judge = budget.calm, property.calm()
                schedule = tuple(allowed.draw(ids, stream(seed + index, "schedule")))
            else:
                schedule = tuple(budget)
            quiet = faults_end(schedule)
            last_call = max((call.at for call in workload if hasattr(call, "at")), default=0.0)
            until = max(quiet, last_call) + within
            setting = Setting(n, schedule, network or _NETWORK, workload, seed + index, until, quiet)
            outcome = watch(subject.nodes(n), judge, setting, full=index < 3)
            done += 1
            fired += _fired(outcome)
            reached += outcome.reached
            if outcome.trace.full:
                messages += len(outcome.trace.messages)
            if outcome.failed:
                shrunk = minimise(subject, judge, outcome, within)
                search = _random_search(n, done, fired, budget, messages, reached, property)
                return _from_shrunk(subject, shrunk), search
    return None, _random_search(n, done, fired, budget, messages, reached, property)


def _fired(outcome: Outcome) -> int:
    trace = outcome.trace
    faults = trace.faults
    return int((~faults["node"].isin(["leader"])).sum()) if len(faults) else 0


def _random_search(
    n: int, runs: int, fired: int, budget: Any, messages: int, reached: int, property: Property
) -> Search:
    allowed = f"up to {budget}" if isinstance(budget, FaultBudget) else f"{len(budget)} given faults"
    bound = f"n={n}, {runs:,} run{'s' if runs != 1 else ''}, {allowed} each, {fired:,} faults fired"
    search = Search("random", bound, {"runs": runs, "faults": fired, "reached": reached})
    wants_faults = (isinstance(budget, FaultBudget) and not budget.empty) or (
        not isinstance(budget, FaultBudget) and budget
    )
    if not messages and n > 1:
        search.inconclusive = "no message was sent, so nothing was tested"
    elif wants_faults and not fired:
        search.inconclusive = "faults were allowed, but none fired, so nothing was tested"
    elif not reached:
        search.inconclusive = f"in no run it came so far that {property.goal}, so nothing was tested"
    return search


def _from_shrunk(subject: Subject, shrunk: Shrunk) -> Counterexample:
    outcome, setting = shrunk.outcome, shrunk.outcome.setting
    violation = outcome.violation
    assert violation is not None
    rows = [("nodes", str(setting.nodes)), ("seed", str(setting.seed)), ("until", f"{setting.until:g} s")]
    rows += [("fault", _words(fault)) for fault in setting.faults] or [("faults", "none")]
    rows += [("call", _words(call)) for call in setting.workload[:5]]
    passing = None if shrunk.passing is None else shrunk.passing.trace
    return Counterexample(
        sentence=violation.sentence,
        kind=outcome.kind,
        trace=outcome.trace,
        rows=_rows(outcome, violation),
        nodes=violation.nodes,
        original=_size(shrunk.original),
        minimal=_size(setting),
        reruns=shrunk.reruns,
        setting=rows,
        code=_code(subject, outcome),
        passing=passing,
        difference="" if passing is None else first_difference(outcome.trace, passing),
    )


def _rows(outcome: Outcome, violation: Violation) -> tuple[int, ...]:
    """The guilty events; if the property did not name them, the last events of the nodes it named."""
    rows = tuple(row for row in violation.rows if row < len(outcome.trace))
    return rows if rows else _last_rows(outcome.trace, violation.nodes)


def _last_rows(trace: Any, nodes: tuple[Any, ...]) -> tuple[int, ...]:
    last: dict[Any, int] = {}
    for event in trace.events():
        if event.node in nodes and event.kind in ("message", "timer", "start", "restart", "call", "work"):
            last[event.node] = event.row
    return tuple(last.values())


def _size(setting: Setting) -> str:
    faults = len(setting.faults)
    return f"n={setting.nodes}, {faults} fault{'s' if faults != 1 else ''}, {setting.until:.3g} s"


def _words(fault: Any) -> str:
    return repr(fault)


def _code(subject: Subject, outcome: Outcome) -> str:
    setting = outcome.setting
    names = ["Simulation"]
    arguments = "".join(f", {name}={value!r}" for name, value in subject.arguments.items())
    if isinstance(subject.algorithm, type):
        names.append("cluster")
        nodes = f"cluster({subject.name}, {setting.nodes}{arguments})"
    else:
        nodes = f"{subject.name}({setting.nodes}{arguments})"
    names += sorted({type(item).__name__ for item in (*setting.faults, *setting.workload)})
    network = _network_code(setting.network, names)
    options = [f"network={network}", f"faults=[{', '.join(map(repr, setting.faults))}]"]
    if setting.workload:
        options.append(f"workload=[{', '.join(map(repr, setting.workload))}]")
    options.append(f"seed={setting.seed}")
    inside = "".join(f"\n    {option}," for option in options)
    return (
        f"from distlab.sim import {', '.join(sorted(dict.fromkeys(names)))}\n\n"
        f"sim = Simulation(\n    {nodes},{inside}\n)\ntrace = sim.run(until={setting.until!r})"
    )


def _network_code(network: Network, names: list[str]) -> str:
    names.append("Network")
    latency = network.latency
    names.append(type(latency).__name__)
    options = [f"latency={latency!r}"]
    options += [
        f"{name}={getattr(network, name)!r}"
        for name in ("loss", "duplication", "reordering", "fifo")
        if getattr(network, name)
    ]
    return f"Network({', '.join(options)})"


# --- the untimed world


def _untimed(
    subject: Subject,
    property: Property,
    bounds: Bounds,
    kind: str,
    walks: int,
    workload: tuple[Any, ...],
    seed: int,
    progress: bool,
) -> tuple[Counterexample | None, Search]:
    symmetric = bounds.symmetric
    kinds = subject.classes(bounds.nodes)
    if symmetric is None:
        symmetric = len(kinds) == 1 and getattr(kinds[0], "symmetric", False)
    nodes = _renamed(subject.nodes(bounds.nodes), bool(symmetric))
    calls = _calls(workload, list(nodes), seed)
    world = World(nodes, property, bounds.budget, bounds.timing, bounds.fifo, bool(symmetric), calls)
    if kind == "exhaustive":
        result = breadth_first(
            world,
            bounds.depth,
            bounds.states,
            bounds.seconds,
            bounds.prune,
            bounds.goal,
            bounds.settle,
            progress=progress,
        )
    else:
        result = deep_walks(world, walks, bounds.depth or 150, bounds.seconds, seed, progress)
    search = _untimed_search(bounds, result, property, bool(symmetric), world._driver.clock_read)
    if result.violation is None:
        return None, search
    return _from_exploration(subject, property, bounds, result, bool(symmetric)), search


def _calls(workload: tuple[Any, ...], ids: list[Any], seed: int) -> list[Call]:
    """The first call of each node: enough for an exhaustive search."""
    first: dict[Any, Call] = {}
    for load in workload:
        if isinstance(load, Call):
            name = f"n{load.node}" if load.node not in ids else load.node
            if name in ids:
                first.setdefault(name, replace(load, node=name))
    return list(first.values())


def _renamed(nodes: dict[Any, Any], symmetric: bool) -> dict[Any, Any]:
    """Under symmetry, ids are words that can be told from numbers."""
    return {f"n{id}": node for id, node in nodes.items()} if symmetric else nodes


def _untimed_search(
    bounds: Bounds, result: Exploration, property: Property, symmetric: bool, clock_read: bool
) -> Search:
    words = [str(bounds)]
    if result.walks:
        words.append(f"{result.walks:,} walks")
    words += [f"{result.states:,} states", f"depth {result.depth}"]
    if symmetric:
        words.append("up to renaming")
    if result.settled:
        words.append(f"{result.settled} fair runs from sampled states")
    if result.violation is None:
        words.append("no violation")
    if clock_read:
        words.append("clocks stood still")
    words += result.notes
    counts = {
        "states": result.states,
        "transitions": result.transitions,
        "depth": result.depth,
        "seconds": result.seconds,
        "used": result.used,
    }
    search = Search(result.kind, ", ".join(words), counts, result.cut)
    if result.violation is None:
        allowed = (bounds.budget.crashes, bounds.budget.drops, bounds.budget.duplicates)
        if any(allowed) and not any((result.used[0], result.used[2], result.used[3])):
            search.inconclusive = "faults were allowed, but none fired, so nothing was tested"
        elif not result.reached:
            search.inconclusive = f"it never came so far that {property.goal}, so nothing was tested"
    return search


def _from_exploration(
    subject: Subject, property: Property, bounds: Bounds, result: Exploration, symmetric: bool
) -> Counterexample:
    reruns = 0

    def fresh() -> dict[Any, Any]:
        return _renamed(subject.nodes(bounds.nodes), symmetric)

    def still(script: list[Move]) -> bool:
        nonlocal reruns
        reruns += 1
        return play(fresh(), property, script, symmetric)[1] is not None

    script = result.script
    safety = play(fresh(), property, script, symmetric)[1] is not None
    minimal = fewer(script, still) if safety and reruns < 500 else script
    sim, violation, made = play(fresh(), property, minimal, symmetric)
    shown = violation if violation is not None else result.violation
    assert shown is not None
    rows = tuple(row for row in shown.rows if row < len(sim.trace)) or _last_rows(sim.trace, shown.nodes)
    passing = _passing_script(fresh, property, made, symmetric) if violation is not None else None
    return Counterexample(
        sentence=re.sub(r"t = ([\d.e+]+) s", r"step \1", shown.sentence),
        kind="property",
        trace=sim.trace,
        rows=rows,
        nodes=shown.nodes,
        original=f"n={bounds.nodes}, {len(script)} steps",
        minimal=f"n={bounds.nodes}, {len(made)} steps",
        reruns=reruns,
        setting=[(f"step {number}", str(move)) for number, move in enumerate(made, start=1)],
        code=_script_code(subject, bounds, made, symmetric),
        passing=passing,
        difference="" if passing is None else first_difference(sim.trace, passing),
    )


def _passing_script(fresh: Any, property: Property, made: list[Move], symmetric: bool) -> Any:
    """The same script without one move, as late as possible, such that all is well."""
    for at in range(len(made) - 1, -1, -1):
        sim, violation, _ = play(fresh(), property, [*made[:at], *made[at + 1 :]], symmetric)
        if violation is None:
            return sim.trace
    return None


def _script_code(subject: Subject, bounds: Bounds, made: list[Move], symmetric: bool) -> str:
    moves = "".join(f"\n    {tuple(move)!r}," for move in made)
    return (
        f"from distlab.check import replay\n\nscript = [{moves}\n]\n"
        f"trace = replay({subject.name}, {bounds.nodes}, script{', symmetric=True' if symmetric else ''})"
    )


def replay(
    algorithm: Any,
    nodes: int,
    script: Sequence[Any],
    symmetric: bool = False,
    arguments: Mapping[str, Any] | None = None,
) -> Any:
    """Play the script of an untimed counterexample and return its trace; times are step numbers.

    Parameters
    ----------
    algorithm, nodes, arguments
        As given to :func:`check`.
    script
        Moves, as the report prints them.
    symmetric
        As the report prints it: nodes are then called "n1", "n2", ...
    """
    subject = Subject(algorithm, arguments)
    moves = [Move(*move) for move in script]
    sim, _, _ = play(_renamed(subject.nodes(nodes), symmetric), Property(), moves, symmetric)
    return sim.trace
