"""The timed simulator: one heap, one loop.

How it works
------------
Everything that will happen is one heap entry ``(time, row, target, source, payload)`` and is executed by one statement,
``target._on[payload.__class__](target, payload, source)``. Messages, timers, starts, faults and the end of the run are
different payloads or different tables, so the loop has no ``if``.

The journal row number of an entry is also its sequence number in the heap: entries due at the same time run in the order in
which they were scheduled. A row holds ``(cause, time, destination, payload)``; the cause is the row that was running when
this one was written, so the sender and the sending time of a message are the destination and the time of its cause. That
every row is delivered at its time is implied; only exceptions are written down (lost, cut, down, cancelled, held).

A network with nothing but a latency takes the plain path of ``send``; anything else (loss, FIFO, partitions, liars) takes
the careful one. Faults switch between the two.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import count, repeat
from random import Random
from typing import TYPE_CHECKING, Any

from . import contract
from .errors import ContractError, EndlessRun, SimulationError
from .events import Invoked, Record, Restart, Returned, RoleChange, SimOperation, SimTimer, Start, Work
from .links import Links
from .network import Network
from .node import Node, NodeId
from .streams import stream
from .trace import Trace

if TYPE_CHECKING:
    from .clock import Clock
    from .faults import Fault
    from .message import Message
    from .workload import Workload

__all__ = ["Simulation"]

_BLOCK = 8192  # events between two compactions of the trace
_LEADING = ("leader", "leading")  # ZAB calls it "leading"


class _End(Exception):
    """The run has come to its end."""


class _Stop:
    """Heap entry that ends a run."""

    __slots__ = ()


class _Control:
    """The target of entries that are not for one node: faults, calls of the workload, the end of the run."""

    __slots__ = ("_on", "sim")

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self._on = _ControlTable()


class _ControlTable(dict[type, Callable[..., None]]):
    def __missing__(self, arrived: type) -> Callable[..., None]:
        self[arrived] = _stop if arrived is _Stop else _apply
        return self[arrived]


def _stop(control: _Control, payload: _Stop, source: Any) -> None:
    raise _End


def _apply(control: _Control, payload: Any, source: Any) -> None:
    payload.apply(control.sim)


class _Down(dict[type, Callable[..., None]]):
    """The table of a crashed node: whatever arrives is gone."""

    def __missing__(self, arrived: type) -> Callable[..., None]:
        return _gone


def _gone(node: Node, payload: Any, source: Any) -> None:
    sim: Simulation = node._driver  # type: ignore[assignment]
    sim.trace._fates[sim._cause] = "down"


class _Paused(dict[type, Callable[..., None]]):
    """The table of a paused node: whatever arrives waits until the node goes on."""

    def __missing__(self, arrived: type) -> Callable[..., None]:
        return _hold


def _hold(node: Node, payload: Any, source: Any) -> None:
    sim: Simulation = node._driver  # type: ignore[assignment]
    until = sim._paused[node.id]
    row = sim._cause
    if isinstance(payload, SimTimer) and payload.row != row and payload.queued == row:
        SimTimer._arrive(node, payload, source)  # a stale entry: put it back where it belongs
        return
    if isinstance(payload, SimTimer):
        payload.queued_at = until
    sim.trace._held[row] = until
    heappush(sim._heap, (until, row, node, source, payload))


_DOWN = _Down()
_PAUSED = _Paused()


class Simulation:
    """A run of some nodes over a network, with faults and a workload, in simulated time.

    Parameters
    ----------
    nodes
        ``{id: node}`` as :func:`cluster` gives it, or a list of nodes, which get the ids 1, 2, ...
    network
        How messages travel; default: 10 ms each.
    faults
        Faults with their times; see :mod:`distlab.sim.faults`.
    workload
        Calls of the outside world; see :mod:`distlab.sim.workload`.
    seed
        Whole number. Same arguments, same trace.
    trace
        ``"full"``: everything. ``"outline"``: only roles, records, operations and faults, which is faster.

    Attributes
    ----------
    time : float
        Simulated seconds since the beginning.
    nodes : dict
        Id -> node, to look at between steps.
    trace : Trace
        What has happened so far.

    Raises
    ------
    ContractError
        If a node belongs to another run already, or its class uses the wall clock or the global random module.
    SimulationError
        If a fault or a call names a node that does not exist.

    Examples
    --------
    >>> from distlab.sim import Crash, Simulation, cluster
    >>> from distlab.coordination.election import Bully
    >>> trace = Simulation(cluster(Bully, 3), faults=[Crash(3, at=1.0)], seed=1).run(until=3.0)
    >>> trace.roles.query("role == 'leader'").node.tolist()
    [3, 2]
    """

    __slots__ = (
        "_before",
        "_cause",
        "_clocks",
        "_control",
        "_delay",
        "_draws",
        "_heap",
        "_lanes",
        "_leaders",
        "_links",
        "_next_row",
        "_note",
        "_operations",
        "_paused",
        "_rngs",
        "_stop_at",
        "_write_row",
        "broadcast",
        "network",
        "nodes",
        "seed",
        "send",
        "time",
        "trace",
    )

    send: Callable[[Node, NodeId, Message], None]
    broadcast: Callable[[Node, Message, Iterable[NodeId]], None]

    def __init__(
        self,
        nodes: Mapping[NodeId, Node] | Sequence[Node],
        network: Network | None = None,
        faults: Iterable[Fault] = (),
        workload: Iterable[Workload] = (),
        seed: int = 0,
        trace: str = "full",
    ) -> None:
        if trace not in ("full", "outline"):
            raise ValueError(f'trace must be "full" or "outline"; got {trace!r}.')
        if not isinstance(nodes, Mapping):
            nodes = dict(enumerate(nodes, start=1))
        if not nodes:
            raise SimulationError("a simulation needs at least one node; got none.")
        self.nodes: dict[NodeId, Node] = dict(nodes)
        self.network = Network() if network is None else network
        self.seed = seed
        self.time = 0.0
        self._heap: list[tuple[float, int, Any, Any, Any]] = []
        self._cause = -1
        self._next_row = count().__next__
        self._before = count(-1, -1).__next__  # for entries that come before all others of their time
        self._control = _Control(self)
        self._clocks: dict[NodeId, Clock] = {}
        self._lanes: dict[NodeId, list[float]] = {}
        self._paused: dict[NodeId, float] = {}
        self._rngs: dict[NodeId, Random] = {}
        self._operations = 0
        self._leaders: list[NodeId] = []
        self._stop_at: tuple[str, ...] = ()
        self._links = Links(self.network, seed)
        self._draws = self.network.latency_of(None, None).draws(stream(seed, "network"))
        self._delay = self._draws.__next__
        for id, node in self.nodes.items():
            if not isinstance(node, Node):
                raise SimulationError(f"node {id!r} must be an instance of a Node class; got {node!r}.")
            contract.inspect_class(type(node))
        self.trace = Trace(self, full=trace == "full")
        self._note = self.trace._note
        self._write_row = self.trace._write_row
        for id, node in self.nodes.items():
            node._attach(self, id)
        start = Start()
        for id, node in self.nodes.items():
            self._schedule(0.0, node, None, start)
        for fault in faults:
            self.inject(fault)
        calls = [call for load in workload for call in load.calls(stream(seed, "workload", repr(load)), self)]
        for call in sorted(calls, key=lambda call: call.at):
            self.inject(call)
        self._choose_path()

    # --- running

    def run(
        self,
        until: float | None = None,
        stop_at: str | Sequence[str] = (),
        max_events: int = 10_000_000,
    ) -> Trace:
        """Run on, and return the trace so far.

        Parameters
        ----------
        until
            Simulated seconds since the beginning at which to stop; None: until nothing is left to happen.
        stop_at
            A role or the name of a record (or several): stop as soon as a node takes the role or notes the record.
        max_events
            The budget of this call.

        Returns
        -------
        Trace
            The same object as ``self.trace``.

        Raises
        ------
        EndlessRun
            If the budget is used up; the trace so far is kept in the exception and in ``self.trace``.
        ContractError
            If a node breaks a rule.
        """
        if until is not None and not until >= self.time:
            raise ValueError(f"run(until={until!r}) lies in the past: the simulation is at {self.time:g} s.")
        self._stop_at = (stop_at,) if isinstance(stop_at, str) else tuple(stop_at)
        heap = self._heap
        pop = heappop
        if until is not None:
            heappush(heap, (until, _LAST, self._control, None, _Stop()))
        collecting = gc.isenabled()
        gc.disable()  # entries and messages have no cycles; looking for some costs a fifth of the time
        random_state = contract.random_state()
        left = max_events
        try:
            while left > 0:
                block = min(left, _BLOCK)
                for _ in repeat(None, block):
                    self.time, self._cause, target, source, payload = pop(heap)
                    target._on[payload.__class__](target, payload, source)
                left -= block
                self.trace._compact()
            raise EndlessRun(self._endless(max_events), self.trace)
        except _End:
            pass
        except IndexError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is not None:
                error.add_note(self._where(target, source, payload))
                raise
            # it was raised by the pop itself: nothing is left to happen
        except EndlessRun:
            raise
        except Exception as error:
            error.add_note(self._where(target, source, payload))
            raise
        finally:
            self._cause = -1
            if collecting:
                gc.enable()
            self._drop_stops()
            self.trace._compact()
            self.trace.end = self.time
        contract.check_random_state(random_state)
        return self.trace

    def step(self, until: float | None = None) -> int | None:
        """Execute the next event; returns its row in the trace, or None if nothing is left to happen (until then)."""
        while self._heap and (until is None or self._heap[0][0] <= until):
            time, row, target, source, payload = heappop(self._heap)
            timer = isinstance(payload, SimTimer)
            real = not timer or payload.row == row
            self.time, self._cause = time, row
            try:
                target._on[payload.__class__](target, payload, source)
            except Exception as error:
                error.add_note(self._where(target, source, payload))
                raise
            finally:
                self._cause = -1
                self.trace.end = time
            if real and row >= 0 and self.trace._held.get(row, time) == time:
                return row
        return None

    def inject(self, fault: Any) -> None:
        """Schedule one more fault or call; its time must not lie in the past."""
        check = getattr(fault, "check", None)
        if check is not None:
            check(self)
        if fault.at < self.time:
            raise SimulationError(f"{fault!r} lies in the past: the simulation is at {self.time:g} s.")
        self._schedule(fault.at, self._control, None, fault, always=True)

    def pending(self) -> list[tuple[float, int, NodeId, NodeId, Any]]:
        """What is scheduled, in order: (time, row, node, sender, payload); stale timer entries are left out."""
        entries = []
        for time, row, target, source, payload in sorted(self._heap, key=lambda entry: entry[:2]):
            if isinstance(payload, SimTimer):
                if payload.queued != row and payload.row != row or payload.row < 0:
                    continue
                time, row = payload.due, payload.row
            entries.append((time, row, getattr(target, "id", None), source, payload))
        return sorted(entries, key=lambda entry: entry[:2])

    def drop(self, row: int) -> None:
        """Take a message that is under way out of the network."""
        for index, entry in enumerate(self._heap):
            if entry[1] == row:
                del self._heap[index]
                heapify(self._heap)
                self.trace._fates[row] = "dropped"
                return
        raise SimulationError(f"row {row} is not under way; see pending().")

    # --- the driver's verbs: what nodes call

    def _send_plain(self, node: Node, to: NodeId, msg: Message) -> None:
        try:
            target = self.nodes[to]
            if msg._fragile:
                self.trace._guard(msg)
        except (KeyError, TypeError, AttributeError):
            raise self._cannot_send(node, to, msg) from None
        row = self._next_row()
        due = self.time + self._delay()
        self._note((self._cause, due, to, msg))
        heappush(self._heap, (due, row, target, node.id, msg))

    def _broadcast_plain_full(self, node: Node, msg: Message, to: Iterable[NodeId]) -> None:
        nodes, heap, note, next_row, delay = self.nodes, self._heap, self._note, self._next_row, self._delay
        now, cause, id = self.time, self._cause, node.id
        try:
            if msg._fragile:
                self.trace._guard(msg)
        except AttributeError:
            raise self._cannot_send(node, None, msg) from None
        for peer in to:
            try:
                target = nodes[peer]
            except (KeyError, TypeError):
                raise self._cannot_send(node, peer, msg) from None
            due = now + delay()
            note((cause, due, peer, msg))
            heappush(heap, (due, next_row(), target, id, msg))

    def _send_outline(self, node: Node, to: NodeId, msg: Message) -> None:
        try:
            target = self.nodes[to]
            if msg._fragile:
                self.trace._guard(msg)
        except (KeyError, TypeError, AttributeError):
            raise self._cannot_send(node, to, msg) from None
        heappush(self._heap, (self.time + self._delay(), self._next_row(), target, node.id, msg))

    def _broadcast_outline(self, node: Node, msg: Message, to: Iterable[NodeId]) -> None:
        for peer in to:
            self._send_outline(node, peer, msg)

    def _send_careful(self, node: Node, to: NodeId, msg: Message) -> None:
        try:
            target = self.nodes[to]
            if msg._fragile:
                self.trace._guard(msg)
        except (KeyError, TypeError, AttributeError):
            raise self._cannot_send(node, to, msg) from None
        for source, to, msg in self._links.say(node.id, to, msg):
            self._transmit(node, source, to, self.nodes[to], msg)

    def _broadcast_careful(self, node: Node, msg: Message, to: Iterable[NodeId]) -> None:
        for peer in to:
            self._send_careful(node, peer, msg)

    def _transmit(self, node: Node, source: NodeId, to: NodeId, target: Node, msg: Message) -> None:
        original = None
        for fate, due in self._links.deliveries(source, to, msg, self.time, self._delay):
            row = self._next_row()
            self._note((self._cause, due, to, msg))
            if fate is None or fate == "duplicate":
                heappush(self._heap, (due, row, target, source, msg))
            if fate is not None:
                self.trace._except(row, fate, original)
            if source != node.id:
                self.trace._from(row, source)
            original = row

    def after(self, node: Node, delay: float, method: Callable[..., None], args: tuple[Any, ...]) -> SimTimer:
        if not delay >= 0 or getattr(method, "__self__", None) is not node:
            raise self._bad_timer(node, "after", delay, method)
        timer = SimTimer(self, node, delay, method, args, False)
        if self._clocks:
            delay = self._real_delay(node, delay)
        timer.due = timer.queued_at = due = self.time + delay
        timer.row = timer.queued = row = self._next_row()
        self._note((self._cause, due, node.id, timer))
        heappush(self._heap, (due, row, node, None, timer))
        return timer

    def every(
        self, node: Node, interval: float, method: Callable[..., None], args: tuple[Any, ...]
    ) -> SimTimer:
        if not interval > 0 or getattr(method, "__self__", None) is not node:
            raise self._bad_timer(node, "every", interval, method)
        timer = SimTimer(self, node, interval, method, args, True)
        timer.reset()
        return timer

    def work(self, node: Node, duration: float, then: Callable[..., None], args: tuple[Any, ...]) -> Work:
        if not duration >= 0 or getattr(then, "__self__", None) is not node:
            raise self._bad_timer(node, "work", duration, then)
        lanes = self._lanes.get(node.id)
        if lanes is None:
            if not isinstance(node.workers, int) or node.workers < 1:
                raise ContractError(
                    f"{node!r}: workers must be a whole number of 1 or more; got {node.workers!r}."
                )
            lanes = self._lanes[node.id] = [0.0] * node.workers
        work = Work(self, node, duration, then, args, lanes)
        work.due = work.queued_at = work.started + duration
        work.row = work.queued = self._next_row()
        self._note((self._cause, work.due, node.id, work))
        heappush(self._heap, (work.due, work.row, node, None, work))
        return work

    def become(self, node: Node, role: str, facts: dict[str, Any]) -> None:
        if role in _LEADING:
            self._leaders.append(node.id)
        self._write(node, RoleChange(role, facts))
        if role in self._stop_at:
            self._stop_now()

    def record(self, node: Node, event: str, facts: dict[str, Any]) -> None:
        self._write(node, Record(event, facts))
        if event in self._stop_at:
            self._stop_now()

    def invoke(self, node: Node, operation: str, key: Any, value: Any) -> SimOperation:
        self._operations += 1
        self._write(node, Invoked(self._operations, operation, key, value))
        return SimOperation(self, node, self._operations)

    def clock(self, node: Node) -> float:
        clock = self._clocks.get(node.id)
        return self.time if clock is None else clock.read(self.time)

    def peers(self, node: Node) -> tuple[NodeId, ...]:
        topology = self.network.topology
        if topology is None:
            return tuple([id for id in self.nodes if id != node.id])
        if node.id not in topology:
            raise SimulationError(f"Network.topology does not mention node {node.id!r}.")
        return tuple(topology[node.id])

    def rng(self, node: Node) -> Random:
        rng = self._rngs.get(node.id)
        if rng is None:
            rng = self._rngs[node.id] = stream(self.seed, "node", node.id)
        return rng

    # --- what faults call

    def node(self, name: NodeId) -> Node | None:
        """The node with this id; ``"leader"``: the one that began to lead last, still leads and is up, or None."""
        if name in self.nodes:
            return self.nodes[name]
        if name == "leader":
            for id in reversed(self._leaders):
                if self.nodes[id].role in _LEADING and self.up(id):
                    return self.nodes[id]
            return None
        raise self._unknown(name)

    def up(self, id: NodeId) -> bool:
        """Is the node running (it may be paused)?"""
        return self.nodes[id]._on is not _DOWN

    def crash(self, id: NodeId) -> None:
        """Stop a node: its timers and everything that is not stable are lost."""
        node = self.nodes[id]
        if not self.up(id):
            return
        for entry in self._heap:
            payload = entry[4]
            if entry[2] is node and isinstance(payload, SimTimer) and payload.row >= 0:
                self._cancelled(payload.row)
                payload.row = -1
        self._paused.pop(id, None)
        self._lanes.pop(id, None)
        node._on = _DOWN  # type: ignore[assignment]
        node._crash()
        self.trace._node_down(id, self.time)

    def recover(self, id: NodeId) -> None:
        """Start a crashed node again with what was stable."""
        node = self.nodes[id]
        if self.up(id):
            return
        node._rebuild()
        node._on = type(node)._inbox
        self.trace._node_up(id, self.time)
        self._schedule(self.time, node, None, Restart())

    def pause(self, id: NodeId, duration: float) -> None:
        """Let a node stand still: what arrives, and its own timers, wait until it goes on."""
        if not self.up(id):
            return
        until = max(self._paused.get(id, 0.0), self.time + duration)
        self._paused[id] = until
        self.nodes[id]._on = _PAUSED  # type: ignore[assignment]
        heappush(self._heap, (until, self._before(), self._control, None, _Resume(id, until)))

    @property
    def links(self) -> Links:
        """The state of the network's links, for faults to change; call :meth:`links_changed` afterwards."""
        return self._links

    def links_changed(self) -> None:
        """Take the plain or the careful path, as the links now need it."""
        self._choose_path()

    # --- inside

    def _choose_path(self) -> None:
        if not self._links.plain:
            self.send, self.broadcast = self._send_careful, self._broadcast_careful
        elif self.trace.full:
            self.send, self.broadcast = self._send_plain, self._broadcast_plain_full
        else:
            self.send, self.broadcast = self._send_outline, self._broadcast_outline

    def _schedule(self, due: float, target: Any, source: Any, payload: Any, always: bool = False) -> None:
        row = self._next_row()
        entry = (self._cause, due, target.id if isinstance(target, Node) else None, payload)
        if always:
            self._write_row(row, entry)
        else:
            self._note(entry)
        heappush(self._heap, (due, row, target, source, payload))

    def _write(self, node: Node, what: Any) -> None:
        """Add a row that is not scheduled: it happens now, inside the event that is running."""
        self._write_row(self._next_row(), (self._cause, self.time, node.id, what))

    def _cancelled(self, row: int) -> None:
        self.trace._cancelled.append(row)

    def _real_delay(self, node: Node, delay: float) -> float:
        clock = self._clocks.get(node.id)
        return delay if clock is None else clock.real(delay)

    def _stop_now(self) -> None:
        heappush(self._heap, (self.time, self._before(), self._control, None, _Stop()))

    def _drop_stops(self) -> None:
        heap = self._heap
        if any(isinstance(entry[4], _Stop) for entry in heap):
            heap[:] = [entry for entry in heap if not isinstance(entry[4], _Stop)]
            heapify(heap)

    # --- saying what went wrong

    def _unknown(self, name: Any) -> SimulationError:
        names = list(self.nodes)
        shown = ", ".join(map(repr, names[:8])) + (", ..." if len(names) > 8 else "")
        return SimulationError(f"there is no node {name!r}; the nodes are: {shown}.")

    def _cannot_send(self, node: Node, to: Any, msg: Any) -> Exception:
        from .message import Message

        if not isinstance(msg, Message):
            return ContractError(
                f"{node!r} tried to send {msg!r}, which is not a message; declare its class with @message and send an instance."
            )
        unknown = self._unknown(to)
        return ContractError(f"{node!r} tried to send {msg!r} to {to!r}, but {unknown}")

    def _bad_timer(self, node: Node, verb: str, delay: Any, method: Any) -> Exception:
        if getattr(method, "__self__", None) is not node:
            name = getattr(method, "__name__", repr(method))
            return ContractError(
                f"{node!r} called {verb}({delay!r}, {name}): a timer must call one of the node's own methods, "
                f"such as self.on_timeout (without brackets)."
            )
        right = "more than 0 seconds" if verb == "every" else "0 seconds or more"
        return ContractError(f"{node!r} called {verb}({delay!r}, ...): the duration must be {right}.")

    def _where(self, target: Any, source: Any, payload: Any) -> str:
        if not isinstance(target, Node):
            return f"while applying {payload!r} at t = {self.time:.6g} s."
        sender = "" if source is None else f" from {source!r}"
        return f"in {target!r}, handling {payload!r}{sender} at t = {self.time:.6g} s (row {self._cause})."

    def _endless(self, budget: int) -> str:
        kinds: dict[str, int] = {}
        for entry in deque(self._heap, maxlen=1000):
            name = type(entry[4]).__name__
            kinds[name] = kinds.get(name, 0) + 1
        common = ", ".join(sorted(kinds, key=lambda name: -kinds[name])[:3])
        return (
            f"the run used up its budget of {budget:,} events at t = {self.time:.6g} s and was still going "
            f"(waiting: {common}). Give run(until=...), mend the loop, or raise max_events."
        )


class _Resume:
    """The end of a pause."""

    __slots__ = ("node", "until")

    def __init__(self, node: NodeId, until: float) -> None:
        self.node = node
        self.until = until

    def apply(self, sim: Simulation) -> None:
        if sim._paused.get(self.node) == self.until:
            del sim._paused[self.node]
            sim.nodes[self.node]._on = type(sim.nodes[self.node])._inbox


_LAST = 1 << 62  # after everything else that is due at the same time
