"""Runs a simulation step by step, and writes down what a trace does not keep: memories and lines of code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from distlab.check.scripted import Script
from distlab.check.untimed import Move
from distlab.check.watched import story
from distlab.sim import ContractError, Crash, Recover, Simulation, SimulationError, Trace
from distlab.sim.shown import shown

from .lines import Lines
from .words import clipped

__all__ = ["ACTIONS", "CannotChange", "Change", "Moves", "Reel", "Shot", "Stage", "Timed", "run"]

ACTIONS = ("deliver", "fire", "drop", "crash", "recover")


class CannotChange(ValueError):
    """What was asked for cannot be done at this step."""


@dataclass(frozen=True)
class Change:
    """What is done by hand after so many steps: the beginning of a branch.

    Attributes
    ----------
    after : int
        The number of steps of the run that have been made.
    action : str
        "deliver" (a message under way arrives now), "fire" (a timer runs out now), "drop" (a message gets
        lost), "crash" or "recover" (a node).
    target
        The row of the message or timer in the trace, or the id of the node.
    """

    after: int
    action: str
    target: Any


@dataclass(frozen=True)
class Shot:
    """One step of a film: the row of the trace that took place, when, the lines that ran, other rows of it.

    ``doubled``: the network made the copy of this row, which is under way from now on.
    """

    row: int
    time: float
    lines: tuple[tuple[int, list[int]], ...] = ()
    by_hand: bool = False
    also: tuple[int, ...] = ()
    doubled: bool = False


@dataclass
class Reel:
    """What was seen while a run went on.

    Attributes
    ----------
    shots : list of Shot
        The steps, in order; step k of a film is ``shots[k - 1]``.
    memory : dict
        Node -> attribute -> list of (step, its value as text; None once it is gone).
    disk : dict
        Node -> names of the attributes that survive a crash.
    ended : dict
        Row of a cancelled timer -> the step in which it was cancelled.
    sources : list
        Methods, as :class:`~distlab.widgets.lines.Lines` lists them.
    cut : str
        What is not shown, as a sentence; empty if all is.
    """

    shots: list[Shot] = field(default_factory=list)
    memory: dict[Any, dict[str, list[tuple[int, str | None]]]] = field(default_factory=dict)
    disk: dict[Any, tuple[str, ...]] = field(default_factory=dict)
    ended: dict[int, int] = field(default_factory=dict)
    sources: list[dict[str, Any]] = field(default_factory=list)
    cut: str = ""
    broke: str = ""


class Stage(Protocol):
    """A run that can be made step by step and changed by hand."""

    unit: str

    @property
    def trace(self) -> Trace:
        """What has happened so far."""
        ...

    @property
    def nodes(self) -> dict[Any, Any]:
        """Id -> node."""
        ...

    def step(self) -> int | None:
        """Make the next step; return its row, or None at the end."""
        ...

    def change(self, change: Change) -> int:
        """Do something by hand; return the row of the step that it is."""
        ...

    def close(self) -> None:
        """The run ends here."""
        ...

    def shot(self, row: int, lines: Sequence[tuple[int, list[int]]], by_hand: bool) -> Shot:
        """The step that was just made."""
        ...


class Timed:
    """A run of the timed simulator.

    Parameters
    ----------
    sim
        A simulation that has not run.
    until
        Simulated seconds; None: until nothing is left to happen.
    last
        The row after which to stop, if it takes place at ``until``.
    """

    unit = "s"

    def __init__(self, sim: Simulation, until: float | None, last: int | None = None) -> None:
        self.sim, self.until, self.last = sim, until, last
        self._over = False

    @property
    def trace(self) -> Trace:
        """What has happened so far."""
        return self.sim.trace

    @property
    def nodes(self) -> dict[Any, Any]:
        """Id -> node."""
        return self.sim.nodes

    def step(self) -> int | None:
        """Make the next step; return its row, or None at the end."""
        if self._over:
            return None
        row = self.sim.step(self.until)
        self._over = row is None or (row == self.last and self.sim.time == self.until)
        return row

    def change(self, change: Change) -> int:
        """Do something by hand; return the row of the step that it is."""
        sim = self.sim
        if change.action in ("deliver", "fire"):
            return sim.bring_forward(change.target)
        if change.action == "drop":
            sim.drop(change.target)
            return int(change.target)
        sim.inject((Crash if change.action == "crash" else Recover)(change.target, at=sim.time))
        return sim.bring_forward(len(sim.trace) - 1)

    def close(self) -> None:
        """The run ends here."""
        if self.until is not None and self.last is None and self.until > self.sim.time:
            self.trace.end = self.until

    def shot(self, row: int, lines: Sequence[tuple[int, list[int]]], by_hand: bool) -> Shot:
        """The step that was just made."""
        return Shot(row, self.sim.time, tuple(lines), by_hand)


class Moves:
    """A run of the untimed world: the moves of a script, one after the other.

    Parameters
    ----------
    script
        What the trace of the script was made from.
    """

    unit = "step"

    def __init__(self, script: Script) -> None:
        self.sim = script.fresh()
        self.sim.start()
        self._left = list(script.moves)
        self._made = 0
        self._before = 0
        self._doubled = False

    @property
    def trace(self) -> Trace:
        """What has happened so far."""
        return self.sim.trace

    @property
    def nodes(self) -> dict[Any, Any]:
        """Id -> node."""
        return self.sim.nodes

    def step(self) -> int | None:
        """Make the next step; return its row, or None at the end. A move that is not possible is left out."""
        self._before = len(self.trace)
        while self._left:
            move = self._left.pop(0)
            if self._try(self.sim.move, move):
                self._doubled = move.kind == "duplicate"
                return self.sim.moved
        return None

    def change(self, change: Change) -> int:
        """Do something by hand; return the row of the step that it is."""
        self._before = len(self.trace)
        self._doubled = False
        if change.action in ("crash", "recover"):
            if change.target not in self.nodes:
                raise SimulationError(f"there is no node {change.target!r}.")
            possible = self._try(self.sim.move, Move(change.action, change.target))
        else:
            kind = "timer" if change.action == "fire" else change.action
            possible = self._try(self.sim.move_row, kind, change.target)
        if not possible:
            raise SimulationError(f"{change.target!r} is not under way, or its node is down.")
        return self.sim.moved

    def _try(self, make: Callable[..., bool], *what: Any) -> bool:
        """Make a move at the next number; a move that is not possible leaves the number to the next one."""
        try:
            possible = make(*what, float(self._made + 1))
        except Exception:
            self.trace._end_row = self.sim.moved
            raise
        self._made += possible
        return possible

    def close(self) -> None:
        """The run ends here."""
        self.trace.end = self.sim.time

    def shot(self, row: int, lines: Sequence[tuple[int, list[int]]], by_hand: bool) -> Shot:
        """The step that was just made; a recovery belongs to the restart that it brings."""
        rows = range(self._before, len(self.trace))
        also = tuple([each for each in rows if each != row and self.trace.event(each).kind == "fault"])
        return Shot(row, self.sim.time, tuple(lines), by_hand, also, self._doubled)


def run(
    stage: Stage, changes: Sequence[Change] = (), events: int = 2000, lines: bool = True
) -> tuple[Trace, Reel]:
    """Make all steps of a run and write down what can be seen.

    Parameters
    ----------
    stage
        The run.
    changes
        What is done by hand, in order.
    events
        The largest number of steps; what is beyond is cut off, and the reel says so.
    lines
        Whether to note the lines of code that run.

    Returns
    -------
    tuple
        The trace and the reel.

    Raises
    ------
    CannotChange
        If a change cannot be made at its step.
    """
    watch = _Watch(stage, lines)
    left = list(changes)
    while len(watch.reel.shots) < events:
        change = left.pop(0) if left and left[0].after <= len(watch.reel.shots) else None
        act: Callable[[], int | None] = stage.step
        if change is not None:
            act = _by_hand(stage, change)
        if not watch.see(act, change is not None):
            break
    else:
        watch.reel.cut = f"Only the first {events:,} events are shown; the run goes on."
    if left:
        raise CannotChange(f"the run ended after {len(watch.reel.shots)} steps, before {left[0]!r}.")
    if not watch.reel.cut:
        stage.close()
    watch.reel.sources = watch.lines.sources
    return stage.trace, watch.reel


def _by_hand(stage: Stage, change: Change) -> Callable[[], int | None]:
    def act() -> int | None:
        try:
            return stage.change(change)
        except SimulationError as error:
            raise CannotChange(f"{_IN_WORDS[change.action]} is not possible here: {error}") from error

    return act


_IN_WORDS = {
    "deliver": "delivering the message",
    "fire": "letting the timer run out",
    "drop": "dropping the message",
    "crash": "crashing the node",
    "recover": "recovering the node",
}


class _Watch:
    """Looks at the nodes after each step, and notes what has changed."""

    def __init__(self, stage: Stage, lines: bool) -> None:
        self.stage = stage
        self.lines = Lines()
        self.with_lines = lines
        self.reel = Reel()
        self._last: dict[Any, dict[str, str]] = {id: {} for id in stage.nodes}
        for id, node in stage.nodes.items():
            self.reel.memory[id] = {}
            self.reel.disk[id] = tuple(type(node).stable)
        self._look(stage.nodes, 0)

    def see(self, act: Callable[[], int | None], by_hand: bool) -> bool:
        """Make one step; False if there was none, or if it was the last because the algorithm broke."""
        trace = self.stage.trace
        cancelled = len(trace._cancelled)
        before = len(self.reel.shots)
        row: int | None
        broke = False
        try:
            if self.with_lines:
                with self.lines:
                    row = act()
            else:
                row = act()
        except CannotChange:
            raise
        except Exception as error:
            broke = True
            row = trace._end_row if 0 <= trace._end_row < len(trace) else None
            self.reel.broke = str(error) if isinstance(error, ContractError) else story(error)
        if row is None:
            return False
        self.reel.shots.append(self.stage.shot(row, self.lines.take(), by_hand))
        step = before + 1
        for timer in trace._cancelled[cancelled:]:
            self.reel.ended[timer] = step
        node = trace.event(row).node
        self._look(self.stage.nodes if node is None else [node], step)
        return not broke

    def _look(self, ids: Any, step: int) -> None:
        for id in ids:
            last, memory = self._last[id], self.reel.memory[id]
            now = {
                name: clipped(shown(value), 300)
                for name, value in self.stage.nodes[id].__dict__.items()
                if name != "role"
            }
            for name in [name for name in last if name not in now]:
                memory[name].append((step, None))
                del last[name]
            for name, text in now.items():
                if last.get(name) != text:
                    memory.setdefault(name, []).append((step, text))
                    last[name] = text
