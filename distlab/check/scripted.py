"""A script of moves, run on the simulator: from an untimed counterexample to a trace that can be drawn.

Each move takes place at its number in the script, as a time in seconds. What is not moved stays under way.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappush
from random import Random
from typing import Any

from distlab.sim import Call, Clock, Constant, ContractError, Crash, Network, Node, Recover, mistakes, stream
from distlab.sim.events import SimTimer, Work
from distlab.sim.made import Unknown

from .memory import told
from .property import Property, PropertyBroke, RunEnd, Violation
from .untimed import Move
from .watchdog import EndlessHandler, now_running
from .watched import Watched, never_ends, story

__all__ = ["Script", "Scripted", "play"]

_NEVER = 1e12


class Script(Unknown):
    """What the trace of a script was made from: the nodes, and the moves that were made.

    >>> from distlab.check import replay
    >>> from distlab.coordination.election import Bully
    >>> trace = replay(Bully, 2, [("crash", 2), ("timer", 1, ("heard_nobody", ()))])
    >>> [move.kind for move in trace._made.moves]
    ['crash', 'timer']
    """

    def __init__(self, sim: Scripted) -> None:
        self.born = {id: (type(node), node._born) for id, node in sim.nodes.items()}
        self.same_draws = sim._same_draws
        self.topology = sim.network.topology
        self.moves: list[Move] = []

    def fresh(self) -> Scripted:
        """The simulation again, with new nodes, before the first move."""
        nodes = {}
        for id, (kind, born) in self.born.items():
            args, kwargs = copy.deepcopy(born)
            nodes[id] = kind(*args, **kwargs)
        return Scripted(nodes, Property(), self.same_draws, self.topology)


class Scripted(Watched):
    """A simulation in which nothing happens by itself.

    Attributes
    ----------
    moved : int
        The row of the trace that the last move was about.
    """

    def __init__(
        self,
        nodes: dict[Any, Node],
        property: Property,
        same_draws: bool = False,
        topology: Mapping[Any, Iterable[Any]] | None = None,
    ) -> None:
        self._step_rng: dict[Any, Random] = {}
        self._same_draws = same_draws
        network = Network(latency=Constant(_NEVER))
        if topology is not None:
            network = Network(
                latency=Constant(_NEVER), topology={id: tuple(near) for id, near in topology.items()}
            )
        super().__init__(nodes, property, network=network, trace="full")
        self.moved = -1
        self.trace._made = self._script = Script(self)
        self._clocks = dict.fromkeys(self.nodes, Clock())  # so that timers ask _real_delay
        now_running(lambda: self._cause if self._cause >= 0 else None)

    def start(self) -> None:
        """Let every node begin."""
        for _ in range(len(self.nodes)):
            self.step()
        self.judge()

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
        work = Work(self, node, duration, then, args, [0.0])
        work.due = work.queued_at = _NEVER
        work.row = work.queued = self._next_row()
        self._note((self._cause, _NEVER, node.id, work))
        heappush(self._heap, (_NEVER, work.row, node, None, work))
        return work

    def move(self, move: Move, at: float) -> bool:
        """Make a move at a time; False if it is not possible."""
        self._script.moves.append(move)
        done = self._make(move, at)
        if not done:
            self._script.moves.pop()
        return done

    def move_row(self, kind: str, row: int, at: float) -> bool:
        """Deliver or drop the message of a row, or let its timer run out; False if it is not possible."""
        for index, (_, queued, target, source, payload) in enumerate(self._heap):
            timer = isinstance(payload, SimTimer)
            if timer and payload.row == row and payload.queued == queued and kind == "timer":
                self._take(index)
                payload.queued = row
                self._carry_out(row, at, target, None, payload)
                return True
            if not timer and queued == row and kind == "drop":
                self._lose(index, row, at)
                return True
            if not timer and queued == row and kind == "deliver" and self.up(target.id):
                self._take(index)
                self._carry_out(row, at, target, source, payload)
                return True
        return False

    def _make(self, move: Move, at: float) -> bool:
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
        same = [
            (entry[1], index)
            for index, entry in enumerate(self._heap)
            if entry[2] is receiver and entry[3] == sender and entry[4] == msg
        ]
        if not same:
            return False
        index = min(same)[1]  # the oldest
        _, row, target, source, payload = self._heap[index]
        if move.kind == "deliver":
            if not self.up(move.node):
                return False
            self._take(index)
            self._carry_out(row, at, target, source, payload)
        elif move.kind == "drop":
            self._lose(index, row, at)
        else:
            cause = self._cause
            self._cause = self.trace.event(row).cause
            second = self._next_row()
            self._note((self._cause, _NEVER, target.id, msg))
            self.trace._except(second, "duplicate", row)
            heappush(self._heap, (_NEVER, second, target, source, msg))
            self._cause, self.moved = cause, second
        self.trace.end = self.time = at
        return True

    def _timer(self, move: Move, at: float) -> bool:
        method, args, *number = move.what
        running: dict[int, int] = {}  # row -> index in the heap
        for index, (_, row, target, _, timer) in enumerate(self._heap):
            if (
                isinstance(timer, SimTimer)
                and target is self.nodes[move.node]
                and timer.row >= 0
                and timer.queued == row
                and timer.method.__name__ == method
                and told(tuple(timer.args)) == tuple(args)
            ):
                running[timer.row] = index
        place = number[0] if number else 0
        if place >= len(running):
            return False
        index = running[sorted(running)[place]]
        _, _, target, _, timer = self._heap[index]
        self._take(index)
        timer.queued = timer.row
        self._carry_out(timer.row, at, target, None, timer)
        return True

    def _call(self, move: Move, at: float) -> bool:
        if not self.up(move.node):
            return False
        call = Call(move.node, at, *move.what)
        row = self._next_row()
        self._note((-1, at, move.node, call))
        self._carry_out(row, at, self.nodes[move.node], None, call)
        return True

    def _fate(self, move: Move, at: float, possible: bool, act: Any) -> bool:
        if not possible:
            return False
        row = self._next_row()
        fault = (Crash if move.kind == "crash" else Recover)(move.node, at)
        self._write_row(row, (-1, at, None, fault))
        self.time, self._cause, self.moved = at, row, row
        try:
            act(move.node)
        finally:
            self._rest()
            self.trace.end = at
        return True

    def _recover_now(self, id: Any) -> None:
        self.recover(id)
        for index, (_, row, target, _, payload) in enumerate(self._heap):
            if type(payload).__name__ == "Restart" and target is self.nodes[id]:
                self._take(index)
                self._carry_out(row, self.time, target, None, payload)
                return

    def _lose(self, index: int, row: int, at: float) -> None:
        self._take(index)
        self.trace._except(row, "lost")
        self.trace._hold(row, at)
        self.trace.end = self.time = at
        self.moved = row

    def _take(self, index: int) -> None:
        del self._heap[index]
        heapify(self._heap)

    def _carry_out(self, row: int, at: float, target: Any, source: Any, payload: Any) -> None:
        self._wake()
        self._previous = self.time
        self.time, self._cause, self._done, self.moved = at, row, row, row
        self.trace._hold(row, at)
        try:
            target._on[payload.__class__](target, payload, source)
        except Exception as error:
            error.add_note(mistakes.where(self, target, source, payload))
            raise
        finally:
            self._rest()
            self.trace.end = at
        self.trace._check_guards(row)


def play(
    nodes: Mapping[Any, Node],
    property: Property,
    script: Sequence[Move],
    same_draws: bool = False,
    topology: Mapping[Any, Iterable[Any]] | None = None,
    promise: float | None = None,
) -> tuple[Scripted, Violation | None, list[Move]]:
    """Play a script, skipping what is not possible; stops at the first violation.

    Parameters
    ----------
    nodes, property, topology
        As for :class:`~distlab.check.untimed.World`.
    script
        The moves.
    same_draws
        Whether all nodes have the same random draws (under symmetry).
    promise
        If given, the property is asked at the end too, as if faults had been over for so many seconds.

    Returns
    -------
    tuple
        The simulation, the violation or None, and the moves that were made.
    """
    sim = Scripted(dict(nodes), property, same_draws, topology)
    made: list[Move] = []
    violation: Violation | None = None
    try:
        sim.start()
        for move in script:
            made.append(move)
            if sim.move(move, float(len(made))):
                sim.judge()
            else:
                made.pop()
        if promise is not None:
            live = tuple([id for id in sim.nodes if sim.up(id)])
            roles = {id: sim.nodes[id].role for id in live}
            property.at_end(sim.memory, RunEnd(promise, 0.0, live, roles, sim.trace))
    except Violation as found:
        violation = found
    except PropertyBroke:
        raise
    except ContractError as error:
        violation = Violation(str(error), kind="contract")
    except EndlessHandler as error:
        violation = Violation(never_ends(error), kind="endless")
    except Exception as error:
        violation = Violation(story(error), kind="error")
    sim.trace.end = sim.time
    return sim, violation, made
