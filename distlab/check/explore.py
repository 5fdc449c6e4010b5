"""Exhaustive and guided search in the untimed world."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from .progress import progress_bar
from .property import RunEnd, Violation
from .untimed import Move, State, World

__all__ = ["Exploration", "breadth_first", "deep_walks", "settle"]

Prune = Callable[[dict[Any, Any]], bool]


@dataclass
class Exploration:
    """What a search in the untimed world has seen.

    ``cut`` says what was cut short, in words; empty if everything within the budgets was seen.
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
    script: list[Move] = field(default_factory=list)
    settled: int = 0
    walks: int = 0
    notes: list[str] = field(default_factory=list)


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
    """
    result = Exploration("exhaustive")
    began = time.perf_counter()
    try:
        first = world.smallest(world.initial())
    except Violation as violation:
        result.violation = violation
        return result
    parents: dict[State, State | None] = {first: None}
    level: deque[tuple[State, int]] = deque([(first, 0)])
    most = [0, 0, 0, 0, 0]
    smallest, moves_of, after = world.smallest, world.moves, world.after
    renaming = bool(world._renamings)
    sampled: list[State] = []
    with progress_bar("exploring", states, progress) as tick:
        while level:
            state, at = level.popleft()
            result.depth = max(result.depth, at)
            if not len(parents) % 512:
                tick(len(parents))
                if seconds is not None and time.perf_counter() - began > seconds:
                    result.cut = f"stopped after {seconds:g} s"
                    break
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
            quiet = True
            for move in moves:
                quiet = quiet and move[0] not in ("deliver", "timer")
                result.transitions += 1
                try:
                    new = after(state, move)
                    if renaming:
                        new = smallest(new)
                except Violation as violation:
                    result.violation = violation
                    result.script = _path(world, parents, state, move)
                    break
                if new not in parents:
                    parents[new] = state
                    level.append((new, at + 1))
                    for index in range(5):
                        if new.used[index] > most[index]:
                            most[index] = new.used[index]
            if result.violation is None and quiet and not world.synchronous:
                _ask_at_the_end(world, state, result, parents)
            if result.violation is not None:
                break
            if len(parents) >= states and level:
                result.cut = f"stopped at {states:,} states"
                break
    result.states = len(parents)
    result.used = tuple(most)  # type: ignore[assignment]
    if result.violation is None and settle_for > 0 and world.synchronous:
        every = max(1, len(parents) // settle_samples)
        sampled = [state for index, state in enumerate(parents) if index % every == 0]
        _settle_all(world, sampled, settle_for, result, parents)
    result.seconds = time.perf_counter() - began
    return result


def _note(world: World, state: State, result: Exploration, goal: Prune | None) -> None:
    if result.reached:
        return
    if goal is not None:
        result.reached = bool(goal(world.view(state)))
    else:
        result.reached = world.property.reached(world.memory(state))


def _ask_at_the_end(
    world: World, state: State, result: Exploration, parents: dict[State, State | None]
) -> None:
    """Nothing can happen any more, and nothing was lost or crashed: the property's promise for the end must
    hold.
    """
    crashes, _, drops, _, timeouts = state.used
    limit = world.budget.timeouts
    if state.flight or crashes or drops or (limit is not None and timeouts >= limit):
        return
    try:
        world.property.at_end(world.memory(state), end_of(world, state, 0.0))
    except Violation as violation:
        result.violation = violation
        result.script = _path(world, parents, state, None)


def end_of(world: World, state: State, waited: float) -> RunEnd:
    """How things stand in a state."""
    live = world.live(state)
    nodes = world.view(state)
    return RunEnd(waited, 0.0, live, {id: nodes[id].role for id in live}, None)


def settle(
    world: World, state: State, seconds: float, most: int = 5_000
) -> tuple[State, list[tuple[str, int, int]]]:
    """A fair run without further faults: crashed nodes that may recover do, messages in order, timers as they
    come.

    Returns the state after ``seconds`` of the timers' time, and the moves that led there.
    """
    left = seconds
    taken = []
    for _ in range(most):
        moves = world.moves(state)
        fair = [move for move in moves if move[0] == "recover"]
        fair = fair or [move for move in moves if move[0] in ("deliver", "timer")]
        if not fair:
            break
        kind, node, index = fair[0]
        if kind == "timer":
            left -= state.dues[node][index]
            if left < 0:
                break
        state = world.after(state, fair[0])
        taken.append(fair[0])
    return state, taken


def _settle_all(
    world: World,
    sampled: list[State],
    seconds: float,
    result: Exploration,
    parents: dict[State, State | None],
) -> None:
    for state in sampled:
        result.settled += 1
        moves: list[tuple[str, int, int]] = []
        try:
            end, moves = settle(world, state, seconds)
            result.reached = result.reached or world.property.reached(world.memory(end))
            world.property.at_end(world.memory(end), end_of(world, end, seconds))
        except Violation as violation:
            result.violation = violation
            result.script = _path(world, parents, state, None)
            for move in moves:
                result.script.append(world.describe(state, move))
                state = world.after(state, move)
            return


def _path(
    world: World, parents: dict[State, State | None], state: State, move: tuple[str, int, int] | None
) -> list[Move]:
    """The moves from the beginning to a state, and one more; renamed back if states were taken for their
    mirror images.
    """
    chain = []
    at: State | None = state
    while at is not None:
        chain.append(at)
        at = parents[at]
    chain.reverse()
    script = []
    here = world.initial()
    for target in chain[1:]:
        for each in world.moves(here):
            try:
                new = world.after(here, each)
            except Violation:
                continue
            if world.smallest(new) == target:
                script.append(world.describe(here, each))
                here = new
                break
    if move is not None:
        for each in [move, *world.moves(here)]:
            try:
                described = world.describe(here, each)
                if world.find(here, described) is not None:
                    world.after(here, each)
            except Violation:
                script.append(described)
                break
            except IndexError:
                continue
    return script


def deep_walks(
    world: World,
    walks: int = 200,
    depth: int = 150,
    seconds: float | None = None,
    seed: int = 0,
    progress: bool = True,
) -> Exploration:
    """Random walks that go deep, guided towards local states that have not been seen.

    At each step a few possible moves are tried; one that brings the nodes into a new combination of states is
    preferred.
    """
    result = Exploration("deep")
    began = time.perf_counter()
    seen: set[tuple[int, ...]] = set()
    states: set[State] = set()
    most = [0, 0, 0, 0, 0]
    with progress_bar("deep walks", walks, progress) as tick:
        for number in range(walks):
            tick(number)
            if seconds is not None and time.perf_counter() - began > seconds:
                result.cut = f"stopped after {seconds:g} s"
                break
            rng = Random(f"{seed}/{number}")
            result.walks += 1
            taken: list[tuple[State, tuple[str, int, int]]] = []
            try:
                state = world.initial()
                for step in range(depth):
                    moves = world.moves(state)
                    if not moves:
                        break
                    for move in rng.sample(moves, min(3, len(moves))):
                        taken.append((state, move))
                        new = world.after(state, move)
                        result.transitions += 1
                        if new.locals not in seen:
                            break
                        taken.pop()
                    else:
                        taken.append((state, move))
                    state = new
                    seen.add(state.locals)
                    states.add(state)
                    result.depth = max(result.depth, step + 1)
                    _note(world, state, result, None)
                most = [max(pair) for pair in zip(most, state.used, strict=True)]
            except Violation as violation:
                result.violation = violation
                result.script = [world.describe(here, move) for here, move in taken]
                break
    result.states = len(states)
    result.used = tuple(most)  # type: ignore[assignment]
    result.seconds = time.perf_counter() - began
    return result
