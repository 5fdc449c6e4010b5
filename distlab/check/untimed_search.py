"""The searches in the untimed world as parts of a check, and what they find as a counterexample."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from distlab.sim import Call, Network, Trace, stream

from .bounds import Bounds
from .explore import Exploration, breadth_first, deep_walks
from .minimise import fewer, first_difference
from .property import Property, Violation
from .random_runs import last_rows
from .replay import renamed, script_code
from .report import Counterexample, Search
from .scripted import Scripted, play
from .subject import Subject
from .untimed import Move, World

__all__ = ["untimed_search"]

_LONGEST = 500  # moves of a script that is shrunk


class _Stage:
    """What a script needs to be played: fresh nodes, the property, and the rules of the world."""

    def __init__(
        self, subject: Subject, property: Property, bounds: Bounds, symmetric: bool, network: Network | None
    ) -> None:
        self.subject = subject
        self.property = property
        self.bounds = bounds
        self.symmetric = symmetric
        self.topology = None if network is None else network.topology
        self.promise: float | None = None
        self.reruns = 0

    def nodes(self) -> dict[Any, Any]:
        return renamed(self.subject.nodes(self.bounds.nodes), self.symmetric)

    def play(self, script: Sequence[Move]) -> tuple[Scripted, Violation | None, list[Move]]:
        self.reruns += 1
        return play(self.nodes(), self.property, script, self.symmetric, self.topology, self.promise)

    def trace(self, script: Sequence[Move]) -> Trace:
        return play(self.nodes(), Property(), script, self.symmetric, self.topology)[0].trace


def untimed_search(
    subject: Subject,
    property: Property,
    bounds: Bounds,
    kind: str,
    walks: int,
    network: Network | None,
    workload: tuple[Any, ...],
    seed: int,
    asked: bool,
    progress: bool,
) -> tuple[Counterexample | None, Search, str | None]:
    """Search, and shrink what is found.

    Returns
    -------
    tuple
        The counterexample or None, the search, and a sentence if something was changed that must not be.
    """
    symmetric = bounds.symmetric
    kinds = subject.classes(bounds.nodes)
    if symmetric is None:
        symmetric = len(kinds) == 1 and bool(getattr(kinds[0], "symmetric", False))
    stage = _Stage(subject, property, bounds, symmetric, network)
    nodes = stage.nodes()
    calls = _calls(workload, list(nodes), symmetric, seed, bounds.calls)
    world = World(
        nodes, property, bounds.budget, bounds.timing, bounds.fifo, symmetric, calls, stage.topology
    )
    if kind == "exhaustive":
        result = breadth_first(
            world,
            bounds.depth,
            bounds.states,
            bounds.seconds,
            bounds.prune,
            bounds.goal,
            bounds.settle,
            bounds.samples,
            progress=progress,
            replay=stage.trace,
        )
    else:
        result = deep_walks(world, walks, bounds.depth or 400, bounds.seconds, seed, progress, bounds.states)
    search = _search(bounds, result, property, world, asked)
    if result.violation is None:
        return None, search, world.tampered()
    if result.promised:
        stage.promise = bounds.settle
    return _counterexample(stage, result), search, None


def _calls(workload: tuple[Any, ...], ids: list[Any], symmetric: bool, seed: int, most: int) -> list[Call]:
    """The first calls of each node: one is enough for most exhaustive searches."""
    own = {id.removeprefix("n") if symmetric else id: id for id in ids}
    if symmetric:
        own = {int(id) if id.isdigit() else id: name for id, name in own.items()}
    outside: Any = SimpleNamespace(nodes=dict.fromkeys(own))
    found: dict[Any, list[Call]] = {}
    for load in workload:
        for call in load.calls(stream(seed, "workload", repr(load)), outside):
            if call.node in own and len(found.setdefault(own[call.node], [])) < most:
                found[own[call.node]].append(replace(call, node=own[call.node]))
    return [call for calls in found.values() for call in calls]


def _search(bounds: Bounds, result: Exploration, property: Property, world: World, asked: bool) -> Search:
    words = [str(bounds)]
    if result.walks:
        words.append(f"{result.walks:,} walks")
    words += [f"{result.states:,} states", f"depth {result.depth}"]
    if world.symmetry is not None:
        words.append("up to renaming")
    if result.settled:
        words.append(f"{result.settled:,} fair runs from sampled states")
    if result.traces:
        words.append(f"{result.traces:,} whole runs")
    if result.violation is None:
        words.append("no violation")
    if world.clock_read:
        words.append("clocks stood still")
    if world.drawn:
        words.append("random draws fixed")
    words += result.notes
    counts = {
        "states": result.states,
        "transitions": result.transitions,
        "depth": result.depth,
        "seconds": result.seconds,
        "used": result.used,
    }
    search = Search(result.kind, ", ".join(words), counts, result.cut, asked=asked)
    if result.violation is None:
        allowed = (bounds.crashes, bounds.drops, bounds.duplicates)
        if any(allowed) and not any((result.used[0], result.used[2], result.used[3])):
            search.inconclusive = "faults were allowed, but none fired, so nothing was tested"
        elif not result.reached:
            goal = "the goal was reached" if bounds.goal is not None else property.goal
            search.inconclusive = f"it never came so far that {goal}, so nothing was tested"
    return search


def _counterexample(stage: _Stage, result: Exploration) -> Counterexample:
    script = result.script
    sim, violation, made = stage.play(script)
    wanted = None if violation is None else violation.kind
    minimal = made
    if violation is not None and not result.promised and len(made) <= _LONGEST:

        def still(moves: list[Move]) -> bool:
            found = stage.play(moves)[1]
            return found is not None and found.kind == wanted

        needed = _causes(sim, made, violation)
        minimal = fewer(needed if len(needed) < len(made) and still(needed) else made, still)
        sim, violation, made = stage.play(minimal)
    shown = violation if violation is not None else result.violation
    assert shown is not None
    rows = tuple(row for row in shown.rows if row < len(sim.trace)) or last_rows(sim.trace, shown.nodes)
    passing = _passing(stage, made) if violation is not None and not result.promised else None
    n = stage.bounds.nodes
    return Counterexample(
        sentence=_without_times(shown.sentence, result.promised, stage.promise or 0.0),
        kind=shown.kind,
        trace=sim.trace,
        rows=rows,
        nodes=shown.nodes,
        original=f"n={n}, {_steps(script)}",
        minimal=f"n={n}, {_steps(made)}",
        reruns=stage.reruns,
        setting=[(f"step {number}", str(move)) for number, move in enumerate(made, start=1)],
        code=script_code(stage.subject, n, made, stage.symmetric, stage.topology),
        passing=passing,
        difference="" if passing is None else first_difference(sim.trace, passing),
    )


def _steps(script: Sequence[Move]) -> str:
    return f"{len(script)} step{'s' if len(script) != 1 else ''}"


def _without_times(sentence: str, promised: bool, waited: float) -> str:
    """A property's sentence for a world without time: numbers of steps, not seconds."""
    if promised:
        words = f"{waited:g} s after the last fault" if waited else "when nothing more can happen"
        sentence = re.sub(r" at t = [\d.e+]+ s, [\d.e+-]+ s after the last fault", f" {words}", sentence)
    return re.sub(r"t = ([\d.e+]+) s", r"step \1", sentence)


def _causes(sim: Scripted, made: list[Move], violation: Violation) -> list[Move]:
    """The moves that happened before the guilty events, and the crashes and recoveries in between."""
    trace = sim.trace
    clocks = trace.clocks
    row_of: dict[float, int] = {}  # time of a move -> row of the event that it was
    last: dict[Any, int] = {}
    for event in trace.events():
        if event.row in clocks:
            row_of.setdefault(event.time, event.row)
            last[event.node] = event.row
    guilty = [last[node] for node in violation.nodes if node in last]
    final = row_of.get(float(len(made)))
    if final is not None:
        guilty.append(final)
    seen: dict[Any, int] = {}
    for row in guilty:
        for node, count in clocks[row].items():
            seen[node] = max(count, seen.get(node, 0))
    kept = []
    for number, move in enumerate(made, start=1):
        at = row_of.get(float(number))
        if move.kind in ("crash", "recover", "duplicate"):
            if move.kind == "duplicate" or seen.get(move.node):
                kept.append(move)
        elif at is not None and clocks[at][move.node] <= seen.get(move.node, 0):
            kept.append(move)
    return kept


def _passing(stage: _Stage, made: list[Move]) -> Trace | None:
    """The same script without one move, as late as possible, such that all is well."""
    play: Callable[[Sequence[Move]], Any] = stage.play
    for at in range(len(made) - 1, -1, -1):
        sim, violation, _ = play([*made[:at], *made[at + 1 :]])
        if violation is None:
            return sim.trace
    return None
