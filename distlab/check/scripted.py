"""A script of moves, run on the simulator: from an untimed counterexample to a trace that can be drawn.

Each move takes place at its number in the script, as a time in seconds. What is not moved stays under way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heappush
from random import Random
from typing import Any

from distlab.sim import Call, Clock, Constant, Crash, Network, Node, Recover, stream
from distlab.sim.events import SimTimer

from .property import Property, Violation
from .untimed import Move
from .watched import Watched, _story

__all__ = ["Scripted", "play"]

_NEVER = 1e12


class Scripted(Watched):
    """A simulation in which nothing happens by itself."""

    def __init__(self, nodes: dict[Any, Node], property: Property, same_draws: bool = False) -> None:
        self._step_rng: dict[Any, Random] = {}
        self._same_draws = same_draws
        super().__init__(nodes, property, network=Network(latency=Constant(_NEVER)), trace="full")
        self._clocks = dict.fromkeys(self.nodes, Clock())  # so that timers ask _real_delay
        for _ in range(len(self.nodes)):
            self.step()

    def rng(self, node: Node) -> Random:
        key = (node.id, self._cause)
        if key not in self._step_rng:
            self._step_rng = {
                key: stream(0, "untimed") if self._same_draws else stream(0, "untimed", node.id)
            }
        return self._step_rng[key]

    def clock(self, node: Node) -> float:
        return 0.0

    def _real_delay(self, node: Node, delay: float) -> float:
        return _NEVER

    def work(self, node: Node, duration: float, then: Any, args: tuple[Any, ...]) -> Any:
        return self.after(node, duration, then, args)

    def move(self, move: Move, at: float) -> bool:
        """Make a move at a time; False if it is not possible."""
        if move.kind in ("deliver", "drop", "duplicate"):
            return self._message(move, at)
        if move.kind == "timer":
            return self._timer(move, at)
        if move.kind == "call":
            return self._call(move, at)
        if move.kind == "crash":
            return self._fate(move, at, self.up(move.node), self.crash)
        return self._fate(move, at, not self.up(move.node), self._recover_now)

    def _message(self, move: Move, at: float) -> bool:
        sender, msg = move.what
        receiver = self.nodes[move.node]
        index = next(
            (
                index
                for index, (_, _, target, source, payload) in enumerate(self._heap)
                if target is receiver and source == sender and payload == msg
            ),
            None,
        )
        if index is None:
            return False
        _, row, target, source, payload = self._heap[index]
        if move.kind == "deliver":
            if not self.up(move.node):
                return False
            self._take(index)
            self._execute(row, at, target, source, payload)
        elif move.kind == "drop":
            self._take(index)
            self.trace._fates[row] = "lost"
            self.trace._held[row] = at
        else:
            cause = self._cause
            self._cause = self.trace.event(row).cause
            copy = self._next_row()
            self._note((self._cause, _NEVER, target.id, msg))
            self.trace._except(copy, "duplicate", row)
            heappush(self._heap, (_NEVER, copy, target, source, msg))
            self._cause = cause
        self.trace.end = self.time = at
        return True

    def _timer(self, move: Move, at: float) -> bool:
        method, args = move.what
        for index, (_, row, target, _, timer) in enumerate(self._heap):
            if (
                isinstance(timer, SimTimer)
                and target is self.nodes[move.node]
                and timer.row >= 0
                and timer.queued == row
                and timer.method.__name__ == method
                and tuple(timer.args) == tuple(args)
            ):
                self._take(index)
                timer.queued = timer.row
                self._execute(timer.row, at, target, None, timer)
                return True
        return False

    def _call(self, move: Move, at: float) -> bool:
        if not self.up(move.node):
            return False
        call = Call(move.node, at, *move.what)
        row = self._next_row()
        self._note((-1, at, move.node, call))
        self._execute(row, at, self.nodes[move.node], None, call)
        return True

    def _fate(self, move: Move, at: float, possible: bool, act: Any) -> bool:
        if not possible:
            return False
        row = self._next_row()
        fault = (Crash if move.kind == "crash" else Recover)(move.node, at)
        self._write_row(row, (-1, at, None, fault))
        self.time, self._cause = at, row
        act(move.node)
        self._cause = -1
        self.trace.end = at
        return True

    def _recover_now(self, id: Any) -> None:
        self.recover(id)
        for index, (_, row, target, _, payload) in enumerate(self._heap):
            if type(payload).__name__ == "Restart" and target is self.nodes[id]:
                self._take(index)
                self._execute(row, self.time, target, None, payload)
                return

    def _take(self, index: int) -> None:
        del self._heap[index]
        heapify(self._heap)

    def _execute(self, row: int, at: float, target: Any, source: Any, payload: Any) -> None:
        self.time, self._cause = at, row
        self.trace._held[row] = at
        self.trace.end = at
        try:
            target._on[payload.__class__](target, payload, source)
        finally:
            self._cause = -1
            self.trace._compact()


def play(
    nodes: Mapping[Any, Node], property: Property, script: Sequence[Move], same_draws: bool = False
) -> tuple[Scripted, Violation | None, list[Move]]:
    """Play a script, skipping what is not possible; stops at the first violation.

    Returns the simulation, the violation or None, and the moves that were made.
    """
    sim = Scripted(dict(nodes), property, same_draws)
    made: list[Move] = []
    violation: Violation | None = None
    try:
        sim.judge()
        for move in script:
            made.append(move)
            if sim.move(move, float(len(made))):
                sim.judge()
            else:
                made.pop()
    except Violation as found:
        violation = found
    except Exception as error:
        violation = Violation(_story(error))
    sim.trace._compact()
    return sim, violation, made
