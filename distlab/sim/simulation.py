"""The timed simulator: one heap, one loop.

How it works
------------
Everything that will happen is one heap entry ``(time, row, target, source, payload)`` and is executed by
one statement, ``target._on[payload.__class__](target, payload, source)``. Messages, timers, starts, faults
and the end of the run are different payloads or different tables, so the loop has no ``if``.

The journal row number of an entry is also its sequence number in the heap: entries due at the same time run
in the order in which they were scheduled. A row holds ``(cause, time, destination, payload)``; the cause is
the row that was running when this one was written, so the sender and the sending time of a message are the
destination and the time of its cause. That every row is delivered at its time is implied; only exceptions
are written down (lost, cut, down, cancelled, held).

A network with nothing but a latency takes the plain path of ``send``; anything else (loss, FIFO,
partitions, liars) takes the careful one. Faults switch between the two. While no event is running there is
a third path, for a node that somebody calls by hand: what it does then is caused by a call from outside.
"""

from __future__ import annotations

import copy
import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import count, repeat
from math import inf, nextafter
from random import Random
from typing import Any

from . import contract, mistakes
from .arguments import (
    PATIENCE,
    checked_budget,
    checked_network,
    checked_nodes,
    checked_seed,
    checked_until,
    listed,
)
from .clock import Clock
from .distributions import Constant, checked_draws
from .errors import EndlessRun, SimulationError
from .events import Invoked, Record, Restart, Returned, RoleChange, SimOperation, SimTimer, Start, Work
from .faults import LEADER, Fault
from .freeze import changeable
from .links import Links
from .made import Made
from .message import Message
from .network import Network
from .node import Node, NodeId
from .shown import first_few
from .streams import stream
from .targets import DOWN, PAUSED, Control, End, Resume, Stop
from .trace import Trace
from .workload import Call, Workload

__all__ = ["Simulation"]

_BLOCK = 1024  # events between two compactions of the trace; what they leave fits into a fast cache
_LAST = 1 << 62  # after everything else that is due at the same time
_LEADING = ("leader", "leading")  # ZAB calls it "leading"


class Simulation:
    """A run of some nodes over a network, with faults and a workload, in simulated time.

    Parameters
    ----------
    nodes
        ``{id: node}`` as :func:`cluster` gives it, or a list of nodes, which get the ids 1, 2, ...
    network
        How messages travel; default: 10 ms each.
    faults
        A list of faults with their times; see :mod:`distlab.sim.faults`.
    workload
        A list of calls of the outside world, or of rules for them; see :mod:`distlab.sim.workload`.
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
        If a node belongs to another run already, or its class uses the wall clock or the global random
        module.
    SimulationError
        If a fault, a call or the network names a node that does not exist.

    Examples
    --------
    >>> from distlab.sim import Crash, Node, Simulation, cluster, message
    >>> @message
    ... class Heartbeat:
    ...     pass
    >>> class Watchman(Node):
    ...     def on_start(self):
    ...         self.every(0.1, self.beat)
    ...     def beat(self):
    ...         self.broadcast(Heartbeat())
    ...     def on_heartbeat(self, msg, sender):
    ...         pass
    >>> trace = Simulation(cluster(Watchman, 3), faults=[Crash(3, at=0.25)]).run(until=1.0)
    >>> trace.messages.query("sent < 0.25").groupby("sender").size().to_dict()
    {1: 4, 2: 4, 3: 4}
    >>> trace.messages.fate.value_counts().to_dict()
    {'received': 26, 'down': 14, 'in flight': 4}
    """

    __slots__ = (
        "_cancel",
        "_cause",
        "_clocks",
        "_control",
        "_done",
        "_early",
        "_heap",
        "_lanes",
        "_latencies",
        "_leaders",
        "_links",
        "_neighbours",
        "_next_row",
        "_note",
        "_operations",
        "_paused",
        "_previous",
        "_rngs",
        "_rows",
        "_stop_at",
        "_stops",
        "_waiting",
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
        self.nodes: dict[NodeId, Any] = checked_nodes(nodes)
        self.network = checked_network(network, self.nodes)
        self.seed = checked_seed(seed)
        self.time = self._previous = 0.0
        self._heap: list[tuple[float, int, Any, Any, Any]] = []
        self._cause = -1  # the row that is running; -1: none
        self._done = -1  # the last row that took place, when the run rests
        self._rows = count()  # next(self._rows) is faster than self._next_row()
        self._next_row = self._rows.__next__
        self._early = count(-1, -1).__next__  # rows of entries that come before all others of their time
        self._control = Control(self)
        self._clocks: dict[NodeId, Clock] = {}
        self._lanes: dict[NodeId, list[float]] = {}
        self._paused: dict[NodeId, float] = {}
        self._waiting: dict[NodeId, list[int]] = {}  # rows that a paused node holds
        self._rngs: dict[NodeId, Random] = {}
        self._operations = 0
        self._leaders: dict[NodeId, None] = {}  # who led, the latest last
        self._stop_at: tuple[str, ...] = ()
        self._stops = 0
        latency: Any = self.network.latency
        rng: Any = None if latency.__class__ is Constant else stream(self.seed, "network")
        self._latencies: Iterator[float] = checked_draws(latency, rng)
        self._links = Links(self.network, self.seed, self._latencies)
        topology = self.network.topology
        self._neighbours = (
            None if topology is None else {node: frozenset(others) for node, others in topology.items()}
        )
        self.trace = Trace(self, full=trace == "full")
        self._note = self.trace._note
        self._cancel = self.trace._cancel
        self._write_row = self.trace._write_row
        for kind in dict.fromkeys(map(type, self.nodes.values())):
            contract.inspect_class(kind)
        for id, node in self.nodes.items():
            node._attach(self, id)
        self._rest()
        given = listed(faults, "faults", Fault)
        for fault in given:
            self.inject(fault)
        start = Start()
        for node in self.nodes.values():
            self._schedule(0.0, node, None, start)
        loads = listed(workload, "workload", Call)
        self._inject_workload(loads)
        self.trace._made = Made(self, given, loads)

    def __repr__(self) -> str:
        return f"<Simulation of {self.trace.algorithm}: {first_few(self.nodes)}; at {self.time:g} s>"

    def _inject_workload(self, workload: list[Workload]) -> None:
        calls = []
        for number, load in enumerate(workload):
            make = getattr(load, "calls", None)
            if make is None:
                raise SimulationError(
                    f"workload must be a list of calls such as Call(1, 0.5, 'request') "
                    f"or Poisson(5.0, 'request', until=2.0); got {load!r} in it."
                )
            calls += make(stream(self.seed, "workload", number), self)
        for call in sorted(calls, key=lambda call: call.at):
            self.inject(call)

    # --- running

    def run(
        self,
        until: float | None = None,
        stop_at: str | Sequence[str] = (),
        max_events: int | None = None,
    ) -> Trace:
        """Run on, and return the trace so far.

        Parameters
        ----------
        until
            Simulated seconds since the beginning at which to stop; None: until nothing is left to happen.
        stop_at
            A role or the name of a record (or several): stop as soon as a node takes the role or notes the
            record.
        max_events
            The budget of this call; default: 2 million events without ``until``, 20 million with it. In any
            case the run is ended when simulated time has stood still for 2 million events.

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
        until = checked_until(until, self.time)
        self._stop_at = (stop_at,) if isinstance(stop_at, str) else tuple(stop_at)
        if until is not None:
            self._stops += 1
            heappush(self._heap, (until, _LAST, self._control, None, Stop(_LAST)))
        collecting = gc.isenabled()
        gc.disable()  # entries and messages have no cycles; looking for some costs a fifth of the time
        random_state = contract.random_state()
        self._wake()
        try:
            budget = left = checked_budget(max_events, until)
            began, still = self.time, 0
            while self._execute(max(1, min(left, _BLOCK))):
                left -= _BLOCK
                self.trace._compact()
                self.trace._look_back(self._done)
                still = still + _BLOCK if self.time == began else 0
                going_on = len(self._heap) > self._stops
                if going_on and (left <= 0 or still >= PATIENCE):
                    spent = budget - max(left, 0)
                    raise EndlessRun(mistakes.endless(self, spent, self.time == began), self.trace)
                began = self.time
        finally:
            if collecting:
                gc.enable()
            self._rest()
            self._stop_at = ()
            self._drop_stops()
            self.trace._close(self.time, self._done)
        self.trace._check_guards()
        contract.check_random_state(random_state)
        return self.trace

    def _execute(self, events: int) -> bool:
        """The loop; false if the end of the run came first."""
        heap, pop = self._heap, heappop
        target = source = payload = None
        try:
            for _ in repeat(None, events):
                self._previous = self.time
                self.time, self._cause, target, source, payload = pop(heap)
                target._on[payload.__class__](target, payload, source)
            self._done = self._cause
            return True
        except End as end:
            self._done = end.row
            return False
        except IndexError as error:
            traceback = error.__traceback__
            if not heap and traceback is not None and traceback.tb_next is None:  # from the pop itself
                self._done = _LAST
                return False
            self._done = self._cause
            error.add_note(mistakes.where(self, target, source, payload))
            raise
        except Exception as error:
            self._done = self._cause
            error.add_note(mistakes.where(self, target, source, payload))
            raise

    def step(self, until: float | None = None) -> int | None:
        """Execute the next event.

        Parameters
        ----------
        until
            Simulated seconds up to which to look for one; None: no limit.

        Returns
        -------
        int or None
            The event's row in the trace; None if nothing is left to happen (until then).
        """
        heap = self._heap
        target = source = payload = None
        self._wake()
        try:
            while heap and (until is None or heap[0][0] <= until):
                self._previous = self.time
                self.time, self._cause, target, source, payload = heappop(heap)
                row = self._cause
                happens = row >= 0 and target._on is not PAUSED
                if isinstance(payload, SimTimer):
                    happens = happens and payload.row == row
                if happens:
                    self._done = row
                target._on[payload.__class__](target, payload, source)
                if happens:
                    if row % 256 == 0:  # looking at each step would make many steps slow
                        self.trace._check_guards()
                    return row
            self.trace._check_guards()
            return None
        except Exception as error:
            error.add_note(mistakes.where(self, target, source, payload))
            raise
        finally:
            self._rest()
            self.trace._close(self.time, self._done)

    def inject(self, fault: Fault | Call) -> None:
        """Schedule one more fault or call; its time must not lie in the past.

        Parameters
        ----------
        fault
            A fault or a call, with its time ``at`` in seconds.

        Raises
        ------
        SimulationError
            If it names a node that does not exist, or lies in the past.
        """
        if not isinstance(fault, Fault | Call):
            raise SimulationError(
                f"faults must be a list of faults such as Crash(3, at=1.0); got {fault!r} in it."
            )
        fault.check(self)
        if fault.at < self.time:
            raise SimulationError(f"{fault!r} lies in the past: the simulation is at {self.time:g} s.")
        if self._cause < 0:
            self.trace._made.injected(self, fault)
        if isinstance(fault, Fault):
            self._schedule(fault.at, self._control, None, fault, always=True)
        else:
            self._schedule(fault.at, self.nodes.get(fault.node, self._control), None, fault)

    def pending(self) -> list[tuple[float, int, NodeId, NodeId, Any]]:
        """What is scheduled, in order: (time, row, node, sender, payload); the node of a fault is None."""
        entries = []
        for time, row, target, source, payload in self._heap:
            if isinstance(payload, SimTimer):
                if payload.row < 0 or payload.queued != row:  # cancelled, or standing elsewhere in the heap
                    continue
                time, row = max(time, payload.due), payload.row
            elif isinstance(payload, Stop | Resume):
                continue
            entries.append((time, row, getattr(target, "id", None), source, payload))
        return sorted(entries, key=lambda entry: entry[:2])

    def drop(self, row: int) -> None:
        """Take a message that is under way out of the network.

        Parameters
        ----------
        row
            Its row in the trace; see :meth:`pending`.

        Raises
        ------
        SimulationError
            If no message with this row is under way.
        """
        for place, entry in enumerate(self._heap):
            if entry[1] == row and isinstance(entry[4], Message):
                del self._heap[place]
                heapify(self._heap)
                self.trace._except(row, "dropped")
                self.trace._close(self.time, self._done)
                return
        raise SimulationError(f"row {row} is not a message under way; see pending().")

    def bring_forward(self, row: int) -> int:
        """Let something that is pending happen now, before everything else: a message arrives, a timer runs
        out, a fault strikes.

        What else was due by now comes right behind it, in its order. The times of these events differ by the
        smallest step that a number can make, so that the trace keeps their order.

        Parameters
        ----------
        row
            Its row in the trace; see :meth:`pending`.

        Returns
        -------
        int
            The same row.

        Raises
        ------
        SimulationError
            If nothing with this row is pending, it is work, which takes its time, or its node stands still.

        Examples
        --------
        >>> from distlab.sim import Node, Simulation, cluster
        >>> class Sleeper(Node):
        ...     def on_start(self):
        ...         self.after(8.0, self.wake)
        ...     def wake(self):
        ...         self.record("awake")
        >>> sim = Simulation(cluster(Sleeper, 1))
        >>> sim.step(), sim.bring_forward(1), round(sim.time, 9)
        (0, 1, 0.0)
        >>> sim.trace.records.event.tolist()
        ['awake']
        """
        place = self._place(row)
        if self._heap[place][2]._on is PAUSED:
            node = self._heap[place][2]
            raise SimulationError(f"row {row} cannot be brought forward: {node!r} stands still.")
        _, _, target, source, payload = self._heap.pop(place)
        at = nextafter(self.time, inf)
        self._put_off(at)
        if isinstance(payload, SimTimer):
            payload.queued, payload.due = row, at
        self._wake()
        try:
            self._previous, self.time, self._cause = self.time, at, row
            self.trace._hold(row, at)
            self._done = row
            target._on[payload.__class__](target, payload, source)
            return row
        except Exception as error:
            error.add_note(mistakes.where(self, target, source, payload))
            raise
        finally:
            self._rest()
            self.trace._close(self.time, self._done)

    def _place(self, row: int) -> int:
        """Where something pending stands in the heap."""
        for place, (_, queued, _, _, payload) in enumerate(self._heap):
            if isinstance(payload, SimTimer):
                if payload.row == row and payload.queued == queued and payload.__class__ is SimTimer:
                    return place
            elif queued == row and not isinstance(payload, Stop | Resume):
                return place
        raise SimulationError(f"row {row} cannot be brought forward; see pending() for what can.")

    def _put_off(self, at: float) -> None:
        """What is due by now comes right behind what happens now."""
        later = nextafter(at, inf)
        for place, (time, row, target, source, payload) in enumerate(self._heap):
            if time <= at and not isinstance(payload, Resume):
                if isinstance(payload, SimTimer):
                    if payload.queued == row:
                        payload.queued_at = later
                    if payload.row >= 0 and payload.due <= at:
                        payload.due = later
                        self.trace._hold(payload.row, later)
                else:
                    self.trace._hold(row, later)
                self._heap[place] = (later, row, target, source, payload)
        heapify(self._heap)

    def again(self, trace: str = "full") -> Simulation:
        """A new simulation from the same arguments, with new nodes, that has not run yet.

        Parameters
        ----------
        trace
            As for the simulation itself.

        Raises
        ------
        SimulationError
            If the nodes cannot be built anew.

        Examples
        --------
        >>> from distlab.sim import Crash, Node, Simulation, cluster
        >>> sim = Simulation(cluster(Node, 2), faults=[Crash(2, at=1.0)])
        >>> sim.run().digest() == sim.again().run().digest()
        True
        """
        return self.trace.again(trace)

    # --- the driver's verbs: what nodes call

    def _send_plain(self, node: Node, to: NodeId, msg: Message) -> None:
        try:
            target = self.nodes[to]
            fragile = msg.__class__._fragile
        except (KeyError, TypeError, AttributeError):
            raise mistakes.cannot_send(node, to, msg, self.nodes) from None
        row = next(self._rows)
        due = self.time + next(self._latencies)
        self._note((self._cause, due, to, msg))
        heappush(self._heap, (due, row, target, node.id, msg))
        if fragile:
            self.trace._guard(row, node.id, self.time, msg)

    def _broadcast_plain(self, node: Node, msg: Message, to: Iterable[NodeId]) -> None:
        nodes, heap, note, rows, latencies = self.nodes, self._heap, self._note, self._rows, self._latencies
        now, cause, id = self.time, self._cause, node.id
        self._guard_once(node, msg)
        for peer in to:
            try:
                target = nodes[peer]
            except (KeyError, TypeError):
                raise mistakes.cannot_send(node, peer, msg, self.nodes) from None
            due = now + next(latencies)
            note((cause, due, peer, msg))
            heappush(heap, (due, next(rows), target, id, msg))

    def _send_outline(self, node: Node, to: NodeId, msg: Message) -> None:
        try:
            target = self.nodes[to]
            fragile = msg.__class__._fragile
        except (KeyError, TypeError, AttributeError):
            raise mistakes.cannot_send(node, to, msg, self.nodes) from None
        row = next(self._rows)
        heappush(self._heap, (self.time + next(self._latencies), row, target, node.id, msg))
        if fragile:
            self.trace._guard(row, node.id, self.time, msg)

    def _broadcast_outline(self, node: Node, msg: Message, to: Iterable[NodeId]) -> None:
        nodes, heap, rows, latencies = self.nodes, self._heap, self._rows, self._latencies
        now, id = self.time, node.id
        self._guard_once(node, msg)
        for peer in to:
            try:
                target = nodes[peer]
            except (KeyError, TypeError):
                raise mistakes.cannot_send(node, peer, msg, self.nodes) from None
            heappush(heap, (now + next(latencies), next(rows), target, id, msg))

    def _send_careful(self, node: Node, to: NodeId, msg: Message) -> None:
        self._guard_once(node, msg)
        self._transmit(node, to, msg)

    def _broadcast_careful(self, node: Node, msg: Message, to: Iterable[NodeId]) -> None:
        self._guard_once(node, msg)
        for peer in to:
            self._transmit(node, peer, msg)

    def _transmit(self, node: Node, to: NodeId, msg: Message) -> None:
        """One message over links that may be slow, lossy or cut, from a node that may lie."""
        id, links = node.id, self._links
        try:
            target = self.nodes[to]
        except (KeyError, TypeError):
            raise mistakes.cannot_send(node, to, msg, self.nodes) from None
        if self._neighbours is not None and to not in self._neighbours[id] and to != id:
            raise mistakes.no_link(node, to, msg)
        if links.liars:
            self._transmit_lies(node, to, target, msg)
            return
        now, cause, original = self.time, self._cause, None
        for fate, due in links.deliveries(id, to, msg, now):
            row = next(self._rows)
            self._note((cause, due, to, msg))
            if fate is None:
                original = row
                heappush(self._heap, (due, row, target, id, msg))
            else:
                self.trace._except(row, fate, original)
                if fate == "duplicate":
                    heappush(self._heap, (due, row, target, id, msg))

    def _transmit_lies(self, node: Node, to: NodeId, target: Node, msg: Message) -> None:
        """The same while somebody lies: another message may go out, under another name, or none."""
        said = self._links.say(node.id, to, msg)
        for shown_sender, _, story in said:
            original = None
            for fate, due in self._links.deliveries(node.id, to, story, self.time):
                row = next(self._rows)
                self._note((self._cause, due, to, story))
                if fate is None or fate == "duplicate":
                    heappush(self._heap, (due, row, target, shown_sender, story))
                if fate is not None:
                    self.trace._except(row, fate, original)
                if shown_sender != node.id:
                    self.trace._from(row, shown_sender)
                original = row
        if not said:
            self._links.swallow(node.id, to)

    def _guard_once(self, node: Node, msg: Message) -> None:
        try:
            fragile = msg.__class__._fragile
        except AttributeError:
            raise mistakes.cannot_send(node, None, msg, self.nodes) from None
        if fragile:
            self.trace._guard(self._cause, node.id, self.time, msg)

    def _send_by_hand(self, node: Node, to: NodeId, msg: Message) -> None:
        self._by_hand(node, 0, "send", (to, msg))

    def _broadcast_by_hand(self, node: Node, msg: Message, to: Iterable[NodeId]) -> None:
        self._by_hand(node, 1, "broadcast", (msg, tuple(to)))

    def _by_hand(self, node: Node, path: int, verb: str, arguments: tuple[Any, ...]) -> None:
        """A node acts while no event is running: a call from outside is the cause."""
        act = self._paths()[path]
        if self._cause >= 0:
            act(node, *arguments)
            return
        self._cause = row = self._next_row()
        self._note((-1, self.time, node.id, Call(node.id, self.time, verb, arguments)))
        self.trace._except(row, "done")
        try:
            act(node, *arguments)
        finally:
            self._cause = -1
            self.trace._close(self.time, self._done)

    def after(self, node: Node, delay: float, method: Callable[..., None], args: tuple[Any, ...]) -> SimTimer:
        try:
            if not 0 <= delay < inf or method.__self__ is not node:  # type: ignore[attr-defined]
                raise TypeError
        except (TypeError, AttributeError):
            raise mistakes.bad_timer(node, "after", delay, method) from None
        timer = SimTimer(self, node, delay, method, args, False)
        if self._clocks:
            delay = self._real_delay(node, delay)
        timer.due = timer.queued_at = due = self.time + delay
        timer.row = timer.queued = row = next(self._rows)
        self._note((self._cause, due, node.id, timer))
        heappush(self._heap, (due, row, node, None, timer))
        return timer

    def every(
        self, node: Node, interval: float, method: Callable[..., None], args: tuple[Any, ...]
    ) -> SimTimer:
        try:
            if not 0 < interval < inf or method.__self__ is not node:  # type: ignore[attr-defined]
                raise TypeError
        except (TypeError, AttributeError):
            raise mistakes.bad_timer(node, "every", interval, method) from None
        timer = SimTimer(self, node, interval, method, args, True)
        timer.reset()
        return timer

    def work(self, node: Node, duration: float, then: Callable[..., None], args: tuple[Any, ...]) -> Work:
        try:
            if not 0 <= duration < inf or then.__self__ is not node:  # type: ignore[attr-defined]
                raise TypeError
        except (TypeError, AttributeError):
            raise mistakes.bad_timer(node, "work", duration, then) from None
        lanes = self._lanes.get(node.id)
        if lanes is None:
            lanes = self._lanes[node.id] = self._free_lanes(node)
        work = Work(self, node, duration, then, args, lanes)
        work.due = work.queued_at = work.started + duration
        work.row = work.queued = self._next_row()
        self._note((self._cause, work.due, node.id, work))
        heappush(self._heap, (work.due, work.row, node, None, work))
        return work

    def become(self, node: Node, role: str, facts: dict[str, Any]) -> None:
        if role in _LEADING:
            self._leaders.pop(node.id, None)
            self._leaders[node.id] = None
        self._write(node, RoleChange(role, _kept(facts)))
        if role in self._stop_at:
            self._stop_now()

    def record(self, node: Node, event: str, facts: dict[str, Any]) -> None:
        self._write(node, Record(event, _kept(facts)))
        if event in self._stop_at:
            self._stop_now()

    def invoke(self, node: Node, operation: str, key: Any, value: Any) -> SimOperation:
        self._operations += 1
        self._write(node, Invoked(self._operations, operation, _snapshot(key), _snapshot(value)))
        return SimOperation(self, node, self._operations)

    def returned(self, node: Node, number: int, status: str, result: Any) -> None:
        """A client operation ended."""
        self._write(node, Returned(number, status, _snapshot(result)))

    def clock(self, node: Node) -> float:
        clock = self._clocks.get(node.id)
        return self.time if clock is None else clock.read(self.time)

    def peers(self, node: Node) -> tuple[NodeId, ...]:
        topology = self.network.topology
        if topology is None:
            return tuple([id for id in self.nodes if id != node.id])
        return tuple([id for id in topology[node.id] if id != node.id])

    def rng(self, node: Node) -> Random:
        rng = self._rngs.get(node.id)
        if rng is None:
            rng = self._rngs[node.id] = stream(self.seed, "node", node.id)
        return rng

    # --- what faults call

    def node(self, name: NodeId) -> Node | None:
        """The node with this id; ``"leader"``: the one that began to lead last, still leads and is up, or
        None.

        A node leads while its role is "leader" or "leading".
        """
        if name in self.nodes:
            return self.nodes[name]
        if name == LEADER:
            for id in reversed(self._leaders):
                if self.nodes[id].role in _LEADING and self.up(id):
                    return self.nodes[id]
            return None
        raise mistakes.unknown_node(name, self.nodes)

    def up(self, id: NodeId) -> bool:
        """Is the node running (it may be paused)?"""
        return self.nodes[id]._on is not DOWN

    def crash(self, id: NodeId) -> None:
        """Stop a node: timers, work, what it holds while paused, and all that is not stable are lost."""
        node = self.nodes[id]
        if not self.up(id):
            return
        for entry in self._heap:
            timer = entry[4]
            if entry[2] is node and isinstance(timer, SimTimer) and timer.row >= 0:
                self._cancel(timer.row)
                timer.row = -1
                if isinstance(timer, Work):
                    timer._lost(self.time)
        self._lose_what_waits(node)
        self._paused.pop(id, None)
        self._lanes.pop(id, None)
        node._on = DOWN
        node._crash()
        self.trace._node_down(id, self.time, self._cause)

    def recover(self, id: NodeId) -> None:
        """Start a crashed node again with what was stable."""
        node = self.nodes[id]
        if self.up(id):
            return
        node._rebuild()
        node._on = type(node)._inbox
        self.trace._node_up(id, self.time, self._cause)
        self._schedule(self.time, node, None, Restart())

    def pause(self, id: NodeId, duration: float) -> None:
        """Let a node stand still: what arrives, and its own timers, wait until it goes on."""
        if not self.up(id):
            return
        until = self.time + duration
        before = self._paused.get(id, self.time)  # when it would have gone on
        if until > before:
            node = self.nodes[id]
            node._on = PAUSED
            self._paused[id] = until
            self._postpone_work(node, until - before)
            heappush(self._heap, (until, self._early(), self._control, None, Resume(id, until)))

    def skewed_clock(self, id: NodeId) -> Clock:
        """A node's clock, to be set or to be made to drift."""
        return self._clocks.setdefault(id, Clock())

    @property
    def links(self) -> Links:
        """The state of the network's links, for faults to change; call :meth:`links_changed` afterwards."""
        return self._links

    def links_changed(self) -> None:
        """Take the plain or the careful path, as the links now need it."""
        if self._cause >= 0:
            self._wake()

    # --- inside

    def _paths(self) -> tuple[Callable[..., None], Callable[..., None]]:
        if not self._links.plain:
            return self._send_careful, self._broadcast_careful
        if self.trace.full:
            return self._send_plain, self._broadcast_plain
        return self._send_outline, self._broadcast_outline

    def _wake(self) -> None:
        self.send, self.broadcast = self._paths()

    def _rest(self) -> None:
        self.send, self.broadcast = self._send_by_hand, self._broadcast_by_hand
        self._cause = -1

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
        if self._cause < 0:
            self.trace._close(self.time, self._done)

    def _real_delay(self, node: Node, delay: float) -> float:
        clock = self._clocks.get(node.id)
        return delay if clock is None else clock.real(delay)

    def _free_lanes(self, node: Node) -> list[float]:
        """One entry per worker: when it will be free."""
        workers = node.workers
        if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
            raise mistakes.bad_workers(node)
        return [0.0] * workers

    def _postpone_work(self, node: Node, by: float) -> None:
        """A node that stands still does not work: what it has begun or queued is done later."""
        lanes = self._lanes.get(node.id)
        if lanes is None:
            return
        lanes[:] = [free + by if free > self.time else free for free in lanes]
        for place, (_, row, target, source, work) in enumerate(self._heap):
            if target is node and isinstance(work, Work) and work.row == row:
                work.due = work.queued_at = work.due + by
                if work.started > self.time:
                    work.started += by
                self.trace._hold(row, work.due)
                self._heap[place] = (work.due, row, target, source, work)
        heapify(self._heap)

    def _lose_what_waits(self, node: Node) -> None:
        """A paused node crashes: what had arrived, but was not yet handled, is gone now."""
        held = frozenset(self._waiting.pop(node.id, ()))
        lost = [entry for entry in self._heap if entry[1] in held and not isinstance(entry[4], SimTimer)]
        if lost:
            rows = frozenset([entry[1] for entry in lost])
            self._heap[:] = [entry for entry in self._heap if entry[1] not in rows]
            heapify(self._heap)
            for entry in lost:
                self.trace._except(entry[1], "down")
                self.trace._hold(entry[1], self.time)

    def _stop_now(self) -> None:
        if self._cause >= 0:
            self._stops += 1
            heappush(self._heap, (self.time, self._early(), self._control, None, Stop(self._cause)))

    def _drop_stops(self) -> None:
        if self._stops:
            self._heap[:] = [entry for entry in self._heap if not isinstance(entry[4], Stop)]
            heapify(self._heap)
            self._stops = 0


def _kept(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as they are now: what a node changes later must not change the trace."""
    for value in facts.values():
        if changeable(value):
            return {name: _snapshot(value) for name, value in facts.items()}
    return facts


def _snapshot(value: Any) -> Any:
    return copy.deepcopy(value) if changeable(value) else value
