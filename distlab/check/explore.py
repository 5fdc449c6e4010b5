"""Exhaustive and guided search in the untimed world."""

from __future__ import annotations

import gc
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from .progress import progress_bar
from .property import RunEnd, Violation
from .untimed import Move, State, Way, World
from .watchdog import now_running

__all__ = ["Exploration", "breadth_first", "deep_walks", "settle"]

Prune = Callable[[dict[Any, Any]], bool]
Replay = Callable[[list[Move]], Any]

_TRACES = 500  # final states of which the trace is judged, for properties that need one


@dataclass
class Exploration:
    """What a search in the untimed world has seen.

    ``cut`` says what was cut short, in words; empty if everything within the budgets was seen. ``promised``
    tells a violation of what must hold in the end from one of what must always hold.
    """

    kind: str
    states: int = 0
    transitions: int = 0
    depth: int = 0
    seconds: float = 0.0
    cut: str = ""
    reached: bool = False
    used: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    violation: Violation | None = None
    promised: bool = False
    script: list[Move] = field(default_factory=list)
    settled: int = 0
    walks: int = 0
    traces: int = 0
    notes: list[str] = field(default_factory=list)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """States and moves have no cycles; looking for some costs a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class _Search:
    """A breadth-first search: what it has seen, and how it got there."""

    def __init__(self, world: World, result: Exploration, replay: Replay | None) -> None:
        self.world = world
        self.result = result
        self.replay = replay
        self.parents: dict[State, State | None] = {}

    def fail(self, violation: Violation, script: list[Move], promised: bool = False) -> None:
        self.result.violation = violation
        self.result.script = script
        self.result.promised = promised

    def path(self, state: State, last: Way | None = None) -> list[Move]:
        """The moves from the beginning to a state, and one more; renamed back if states were taken for their
        mirror images.
        """
        world = self.world
        chain: list[State] = []
        at: State | None = state
        while at is not None:
            chain.append(at)
            at = self.parents[at]
        chain.reverse()
        script: list[Move] = []
        here = world.initial()
        for target in chain[1:]:
            way, here = next(
                (way, new) for way, new in _following(world, here) if world.smallest(new) == target
            )
            script.append(way)
        if last is None:
            return script
        if world.symmetry is None:
            return [*script, world.describe(here, last)]
        for each in world.moves(here):
            try:
                world.after(here, each)
            except Violation:
                return [*script, world.describe(here, each)]
        return script

    def ask_at_the_end(self, state: State) -> None:
        """Nothing can happen any more, and nothing was lost or crashed: the property's promise for the end
        must hold.
        """
        world, result = self.world, self.result
        crashes, _, drops, _, timeouts = state.used
        limit = world.budget.timeouts
        if state.flight or crashes or drops or (limit is not None and timeouts >= limit):
            return
        trace = None
        if world.property.needs_trace:
            if self.replay is None or result.traces >= _TRACES:
                return
            result.traces += 1
            trace = self.replay(self.path(state))
        try:
            world.property.at_end(world.memory(state), end_of(world, state, 0.0, trace))
        except Violation as violation:
            self.fail(violation, self.path(state), promised=True)

    def settle_samples(self, seconds: float, samples: int) -> None:
        """Fair runs from a sample of the states; if one fails, from those before it, for a shorter way."""
        states = list(self.parents)
        every = max(1, len(states) // samples)
        for index in range(0, len(states), every):
            if self._settles(states[index], seconds):
                continue
            near = range(min(index, 10 * samples))
            first = next((at for at in near if not self._settles(states[at], seconds)), index)
            self._settles(states[first], seconds)
            return

    def _settles(self, state: State, seconds: float) -> bool:
        world, result = self.world, self.result
        result.settled += 1
        run = _FairRun(world, state)
        try:
            run.go(seconds)
            result.reached = result.reached or world.property.reached(world.memory(run.state))
            if run.rested:
                world.property.at_end(world.memory(run.state), end_of(world, run.state, seconds))
        except Violation as violation:
            self.fail(violation, [*self.path(state), *run.script()], promised=True)
            return False
        return True


def _following(world: World, state: State) -> Iterator[tuple[Move, State]]:
    for each in world.moves(state):
        try:
            new = world.after(state, each)
        except Violation:
            continue
        yield world.describe(state, each), new


def breadth_first(
    world: World,
    depth: int | None = None,
    states: int = 200_000,
    seconds: float | None = None,
    prune: Prune | None = None,
    goal: Prune | None = None,
    settle_for: float = 0.0,
    settle_samples: int = 300,
    progress: bool = True,
    replay: Replay | None = None,
) -> Exploration:
    """Visit every state within the bounds, the nearest first, so the first violation found is a shortest one.

    Parameters
    ----------
    world
        The algorithm, the property and the budgets.
    depth, states, seconds
        Bounds; what they cut off is said in the result. ``seconds`` is real time.
    prune
        Function of the nodes: states for which it is true are not gone on from.
    goal
        Function of the nodes: counts as reached as soon as it is true somewhere.
    settle_for
        If more than 0 (synchronous timing only): from a sample of the states, faults end, a fair run of so
        many seconds follows, and the property's ``at_end`` is asked.
    settle_samples
        How many states that sample has.
    progress
        Show a bar if it takes long.
    replay
        Script -> trace, for properties that look at the trace of a whole run.
    """
    result = Exploration("exhaustive")
    began = time.perf_counter()
    now_running(lambda: world.running)
    search = _Search(world, result, replay)
    try:
        first = world.smallest(world.initial())
    except Violation as violation:
        result.violation = violation
        return result
    with _no_collecting():
        search.parents[first] = None
        with progress_bar("exploring", states, progress) as tick:
            _explore(search, depth, states, seconds, prune, goal, tick, began)
        result.states = len(search.parents)
        if result.violation is None and settle_for > 0 and world.synchronous:
            search.settle_samples(settle_for, settle_samples)
    result.seconds = time.perf_counter() - began
    return result


def _explore(
    search: _Search,
    depth: int | None,
    states: int,
    seconds: float | None,
    prune: Prune | None,
    goal: Prune | None,
    tick: Callable[[int], None],
    began: float,
) -> None:
    world, result, parents = search.world, search.result, search.parents
    moves_of, after, smallest = world.moves, world.after, world.smallest
    renaming = world.symmetry is not None
    asynchronous = not world.synchronous
    most = [0, 0, 0, 0, 0]
    level: deque[tuple[State, int]] = deque([(state, 0) for state in parents])
    visited = 0
    while level:
        state, at = level.popleft()
        result.depth = max(result.depth, at)
        visited += 1
        if not visited % 256:
            tick(len(parents))
            if seconds is not None and time.perf_counter() - began > seconds:
                result.cut = f"stopped after {seconds:g} s"
                break
        if not result.reached:
            _note(world, state, result, goal)
        if prune is not None and prune(world.view(state)):
            if "pruned" not in result.notes:
                result.notes.append("pruned")
            continue
        moves = moves_of(state)
        if depth is not None and at >= depth:
            if moves:
                result.cut = f"not deeper than {depth} steps"
            continue
        quiet = asynchronous
        for move in moves:
            if quiet and move[0] in ("deliver", "timer"):
                quiet = False
            result.transitions += 1
            try:
                new = after(state, move)
            except Violation as violation:
                search.fail(violation, search.path(state, move))
                result.used = tuple(most)  # type: ignore[assignment]
                return
            if renaming:
                new = smallest(new)
            if new not in parents:
                parents[new] = state
                level.append((new, at + 1))
                for index, used in enumerate(new.used):
                    if used > most[index]:
                        most[index] = used
        if quiet:
            search.ask_at_the_end(state)
            if result.violation is not None:
                break
        if len(parents) >= states and level:
            result.cut = f"stopped at {states:,} states"
            break
    result.used = tuple(most)  # type: ignore[assignment]


def _note(world: World, state: State, result: Exploration, goal: Prune | None) -> None:
    if goal is not None:
        result.reached = bool(goal(world.view(state)))
    else:
        result.reached = world.property.reached(world.memory(state))


def end_of(world: World, state: State, waited: float, trace: Any = None) -> RunEnd:
    """How things stand in a state."""
    live = world.live(state)
    nodes = world.view(state)
    return RunEnd(waited, 0.0, live, {id: nodes[id].role for id in live}, trace)


class _FairRun:
    """What follows from a state if faults end: crashed nodes that may recover do, messages arrive in the
    order in which they were sent, timers fire as they come.
    """

    def __init__(self, world: World, state: State, most: int = 5_000) -> None:
        self.world = world
        self.state = state
        self.most = most
        self.rested = True  # False: messages went on and on without a timer
        self._queue = list(state.flight)
        self._taken: list[tuple[State, Way]] = []

    def go(self, seconds: float) -> None:
        """Go on for so many seconds of the timers' time."""
        left = seconds
        for _ in range(self.most):
            move = self._next()
            if move is None:
                return
            kind, node, index = move
            if kind == "timer":
                left -= self.state.dues[node][index]
                if left < 0:
                    return
            if kind == "deliver":
                self._queue.remove(node)
            self._taken.append((self.state, move))
            new = self.world.after(self.state, move)
            self._requeue(new.flight)
            self.state = new
        self.rested = False

    def script(self) -> list[Move]:
        """The moves so far."""
        return [self.world.describe(state, move) for state, move in self._taken]

    def _next(self) -> Way | None:
        moves = self.world.moves(self.state)
        back = next((move for move in moves if move[0] == "recover"), None)
        if back is not None:
            return back
        arriving = {move[1] for move in moves if move[0] == "deliver"}
        if arriving:
            return ("deliver", next(each for each in self._queue if each in arriving), 0)
        return next((move for move in moves if move[0] == "timer"), None)

    def _requeue(self, flight: tuple[int, ...]) -> None:
        """The same messages as in the state, the oldest first."""
        there = Counter(flight)
        queue = []
        for each in self._queue:
            if there[each]:
                there[each] -= 1
                queue.append(each)
        for each in flight:
            if there[each]:
                there[each] -= 1
                queue.append(each)
        self._queue = queue


def settle(
    world: World, state: State, seconds: float, most: int = 5_000
) -> tuple[State, list[tuple[str, int, int]]]:
    """A fair run without further faults: crashed nodes that may recover do, messages in the order in which
    they were sent, timers as they come.

    Returns the state after ``seconds`` of the timers' time, and the moves that led there.
    """
    run = _FairRun(world, state, most)
    run.go(seconds)
    return run.state, [move for _, move in run._taken]


def deep_walks(
    world: World,
    walks: int = 200,
    depth: int = 400,
    seconds: float | None = None,
    seed: int = 0,
    progress: bool = True,
    most_states: int | None = None,
) -> Exploration:
    """Random walks that go deep.

    Each walk has a character of its own, drawn at random: how long it is (some multiple of what it takes to
    reach the property's goal), how seldom timers fire, which links and nodes are slow, at which steps there
    is a crash, a loss or a copy. So one walk in many comes where the average walk never would (Groce, Zhang,
    Eide, Chen and Regehr 2012, *Swarm testing*).

    Parameters
    ----------
    world
        The algorithm, the property and the budgets.
    walks
        How many.
    depth
        The longest walk.
    seconds
        Real time after which to stop.
    seed
        Walk i is drawn from the seed and i.
    progress
        Show a bar if it takes long.
    most_states
        How many states to see at most.
    """
    result = Exploration("deep")
    began = time.perf_counter()
    now_running(lambda: world.running)
    states: set[State] = set()
    most = [0, 0, 0, 0, 0]
    with progress_bar("deep walks", walks, progress) as tick, _no_collecting():
        usual = 0
        for number in range(-_SCOUTS, walks):
            tick(max(0, number))
            if seconds is not None and time.perf_counter() - began > seconds:
                result.cut = f"stopped after {seconds:g} s"
                break
            walk = _Walk(world, Random(f"{seed}/{number}"), depth, usual, scout=number < 0)
            result.walks += number >= 0
            try:
                walk.go(result, states)
            except Violation as violation:
                result.violation = violation
                result.script = walk.script()
                break
            if most_states is not None and len(states) >= most_states and number + 1 < walks:
                result.cut = f"stopped at {most_states:,} states"
                break
            most = [max(pair) for pair in zip(most, walk.state.used, strict=True)]
            usual = max(usual, walk.steps) if walk.scout else usual
    result.states = len(states)
    result.used = tuple(most)  # type: ignore[assignment]
    result.seconds = time.perf_counter() - began
    return result


_SCOUTS = 5  # walks without trouble that find out how long it takes to reach the goal


class _Walk:
    """One walk, with its character."""

    def __init__(self, world: World, rng: Random, depth: int, usual: int, scout: bool) -> None:
        self.world = world
        self.rng = rng
        self.scout = scout
        self.state: State
        self.length = depth if scout else min(depth, max(10, usual * rng.choice((1, 2, 4, 8))))
        self.steps = 0
        self._taken: list[tuple[State, Way]] = []
        self._haste = 0.05 if scout else 10 ** rng.uniform(-2, 0.3)  # of timers, beside messages
        self._return = rng.choice((0.05, 0.3, 5.0))  # of crashed nodes
        nodes = range(-1, len(world.ids))
        self._links = {(one, other): self._speed() for one in nodes for other in nodes}
        self._clocks = [self._speed() for _ in world.ids]
        self._trouble: dict[int, list[str]] = {}
        if not scout:
            for kind in ("crash", "drop", "duplicate"):
                for _ in range(rng.choice((0, 0, 1, 2))):
                    self._trouble.setdefault(rng.randrange(self.length), []).append(kind)

    def _speed(self) -> float:
        return 10 ** self.rng.uniform(-2, 0) if not self.scout and self.rng.random() < 0.5 else 1.0

    def script(self) -> list[Move]:
        """The moves so far."""
        return [self.world.describe(state, move) for state, move in self._taken]

    def go(self, result: Exploration, states: set[State]) -> None:
        """Walk; a scout stops where the property's goal is reached."""
        world = self.world
        self.state = world.initial()
        due: list[str] = []
        for step in range(self.length):
            due += self._trouble.get(step, ())
            move = self._choose(world.moves(self.state), due)
            if move is None:
                return
            self._taken.append((self.state, move))
            self.state = world.after(self.state, move)
            self.steps = step + 1
            result.transitions += 1
            result.depth = max(result.depth, self.steps)
            states.add(self.state)
            if not result.reached:
                _note(world, self.state, result, None)
            if self.scout and world.property.reached(world.memory(self.state)):
                return

    def _choose(self, moves: list[Way], due: list[str]) -> Way | None:
        forced = [move for move in moves if move[0] in due]
        if forced:
            chosen = self.rng.choice(forced)
            due.remove(chosen[0])
            return chosen
        usual = [move for move in moves if move[0] in ("deliver", "timer", "recover")]
        if not usual:
            return None
        return self.rng.choices(usual, [self._weight(move) for move in usual])[0]

    def _weight(self, move: Way) -> float:
        kind, subject, _ = move
        if kind == "deliver":
            return self._links[self.world._links[subject]]
        return self._haste * self._clocks[subject] if kind == "timer" else self._return
