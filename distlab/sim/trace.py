"""The trace: everything that happened, in columns, with the cause of each event.

One row per thing that was scheduled or noted, numbered in the order of writing:

======== ===============================================================================================
cause    the row that was running when this one was written; -1: the outside world
time     when it happens, in seconds (a message's arrival, a timer's end)
node     where it happens (a message's receiver): its number, or its id if ids are consecutive numbers
payload  the message, the timer, the role, the record, ...
======== ===============================================================================================

A message's sender and sending time are the node and the time of its cause, so they are not stored; that a
row happened at its time is implied, and only exceptions are kept: messages that were lost, cut off, dropped
or met a dead node; timers that were cancelled; events that a paused node held. In memory a row takes 24
bytes plus its payload.

Tables (pandas) are made on demand, in ``tables``; vector clocks and happens-before in ``causality``. Metrics,
properties and plots are functions of a trace; none looks into nodes.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from math import nan
from typing import TYPE_CHECKING, Any

from . import causality, export, tables
from .errors import ContractError, SimulationError
from .events import Invoked, Record, Restart, Returned, RoleChange, SimTimer, Start, Work
from .freeze import changeable, freeze
from .made import Unknown
from .message import Message
from .shown import shown
from .workload import Call

if TYPE_CHECKING:
    import pandas as pd

    from .simulation import Simulation

__all__ = ["Event", "Trace"]

_LAST = 1 << 62  # behind every row
_WATCHED = 16_384  # rows for which a message that could be changed in place is looked at now and then
_LATEST = 2_000  # such messages that are looked at whenever a run rests


@dataclass(frozen=True, slots=True)
class Event:
    """One row of a trace, in words that a program can use.

    Attributes
    ----------
    row : int
        Its number.
    kind : str
        "message", "timer", "work" (at its end), "start", "restart" (after a crash), "call" (of the
        workload), "fault"; or what a node noted inside one of these: "role", "record", "invoke", "return".
    time : float
        When it happens, in seconds. For a message its arrival.
    node
        Where; None for the world outside.
    payload
        The message, timer, fault, ...
    cause : int
        The row of the event that made this one happen; -1: the outside world.
    sender
        Of a message, as its receiver sees it; None for other kinds.
    sent : float
        When it was sent, set or scheduled, in seconds; NaN if that was outside the run.
    fate : str
        What became of it. It took place: "received" (a message), "duplicate" (a second copy of one),
        "fired" (a timer, work), "done" (anything else). It did not: "lost", "cut" (no link), "down" (the
        node was dead), "dropped" (by hand), "cancelled" (a timer). Not before the end of the trace: "in
        flight" (a message), "pending" (anything else).

    Examples
    --------
    >>> from distlab.sim import Crash, Node, Simulation, cluster
    >>> event = Simulation(cluster(Node, 2), faults=[Crash(1, at=1.0)]).run().event(0)
    >>> event.kind, event.time, event.fate, event.happened
    ('fault', 1.0, 'done', True)
    """

    row: int
    kind: str
    time: float
    node: Any
    payload: Any
    cause: int
    sender: Any
    sent: float
    fate: str

    @property
    def happened(self) -> bool:
        """Did it take place?"""
        return self.fate in _TOOK_PLACE


_ONLY_WHILE_RUNNING = ("_note", "_cancel", "_tables", "_guards", "_made")
_TOOK_PLACE = ("received", "fired", "duplicate", "done")

_KINDS: dict[type, str] = {
    Start: "start",
    Restart: "restart",
    SimTimer: "timer",
    Work: "work",
    Call: "call",
    RoleChange: "role",
    Record: "record",
    Invoked: "invoke",
    Returned: "return",
}
_NOTED = frozenset({RoleChange, Record, Invoked, Returned})  # inside an event, at its time


def _kind(payload: Any) -> str:
    known = _KINDS.get(payload.__class__)
    if known is None:
        return "message" if isinstance(payload, Message) else "fault"
    return known


class Trace:
    """What a run leaves behind. Made by :class:`~distlab.sim.Simulation`; see the module's text for the
    layout.

    Attributes
    ----------
    nodes : tuple
        The ids of the nodes.
    algorithm : str
        The name of the nodes' class (several: joined by a comma).
    seed : int
        The seed of the run.
    network : Network
        What the nodes talked over.
    end : float
        The simulated time in seconds up to which the trace goes.
    full : bool
        False if only roles, records, operations and faults were kept.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Clerk(Node):
    ...     def on_start(self):
    ...         self.record("opened", desk=self.id)
    >>> trace = Simulation(cluster(Clerk, 2)).run()
    >>> trace
    <Trace of Clerk: 2 nodes, 4 rows, 0 s, seed 0>
    >>> trace.records.desk.tolist()
    [1, 2]
    """

    _made: Unknown = Unknown()

    def __init__(self, sim: Simulation, full: bool) -> None:
        self.full = full
        self.nodes: tuple[Any, ...] = tuple(sim.nodes)
        self.algorithm = ", ".join(dict.fromkeys([type(node).__name__ for node in sim.nodes.values()]))
        self.seed = sim.seed
        self.network = sim.network
        self._end = 0.0
        self._end_row = -1  # at the end itself, rows up to this one took place
        self._first = _first_of_consecutive(self.nodes)
        self._index: dict[Any, int] = {}  # id -> its number in the column; filled when it is needed
        self._fresh: list[Any] = []
        self._causes = array("i")
        self._times = array("d")
        self._where = array("i")
        self._payloads: list[Any] = []
        self._rows = array("q")  # only for outlines: which row each entry is
        self._cancelled = array("q")
        self._fates: dict[int, str] = {}
        self._held: dict[int, float] = {}  # row -> when it really happened
        self._senders: dict[int, Any] = {}  # row -> a forged name
        self._originals: dict[int, int] = {}  # row of a copy -> row of the original
        self._victims: dict[int, Any] = {}  # row of a fault -> who was the leader
        self._lives: list[tuple[Any, float, str, int]] = []
        self._guards: list[tuple[int, Any, float, Message, Any]] = []
        self._next_look = _WATCHED // 2  # the row at which to look at the guards
        self._tables: dict[str, Any] = {}
        nothing = deque[Any](maxlen=0).append  # takes anything and keeps nothing
        self._note: Callable[[tuple[Any, ...]], None] = self._fresh.extend if full else nothing
        self._cancel: Callable[[int], None] = self._cancelled.append if full else nothing

    # --- writing, for the simulator

    def _write_row(self, row: int, entry: tuple[Any, ...]) -> None:
        if not self.full:
            self._rows.append(row)
        self._fresh.extend(entry)

    def _compact(self) -> None:
        """Move fresh rows into columns, and forget the tables made from older ones."""
        fresh = self._fresh
        if fresh:
            self._causes.fromlist(fresh[0::4])  # faster than extend, which does not know that it is a list
            self._times.fromlist(fresh[1::4])
            try:
                self._where.fromlist(fresh[2::4] if self._first is not None else self._numbers(fresh[2::4]))
            except TypeError:  # there is a None among the numbers
                self._where.fromlist(self._numbers(fresh[2::4]))
            self._payloads += fresh[3::4]
            fresh.clear()
            self._tables.clear()

    def _numbers(self, ids: list[Any]) -> list[int]:
        """What the column holds for some ids."""
        index = self._index
        if not index:
            first = self._first or 0
            index.update({id: number for number, id in enumerate(self.nodes, start=first)})
            index[None] = first - 1
        return [index[id] for id in ids]

    def _node(self, index: int) -> Any:
        """The node of a row, or None."""
        number = self._where[index] - (self._first or 0)
        return None if number < 0 else self.nodes[number]

    def _close(self, time: float, row: int) -> None:
        """What stands behind this time and row has not happened yet."""
        self._compact()
        self._tables.clear()
        self._end = time
        self._end_row = row

    def _guard(self, row: int, sender: Any, time: float, msg: Message) -> None:
        """Remember what a message holds if somebody could change it in place."""
        if changeable(msg):
            self._guards.append((row, sender, time, msg, freeze(msg)))

    def _look_back(self, row: int) -> None:
        """While a run goes on: look at all messages of the last rows, but not too often."""
        if self._guards and row >= self._next_look:
            self._next_look = row + _WATCHED // 2
            self._check_guards(len(self._guards))
            self._guards = [guard for guard in self._guards if guard[0] > row - _WATCHED]

    def _check_guards(self, count: int = _LATEST) -> None:
        """Raise if one of the latest messages was changed after it was sent."""
        for _, sender, time, msg, before in self._guards[-count:]:
            if freeze(msg) != before:
                raise ContractError(
                    f"a message was changed after it was sent: what node {sender!r} sent at t = {time:.6g} s "
                    f"is now {msg!r}. Sender and receiver share its lists and dicts, which real machines "
                    f"never do; send a copy that cannot change, such as tuple(self.log)."
                )

    def _except(self, row: int, fate: str, original: int | None = None) -> None:
        if self.full:
            self._fates[row] = fate
            if fate == "duplicate" and original is not None:
                self._originals[row] = original

    def _hold(self, row: int, time: float) -> None:
        if self.full:
            self._held[row] = time

    def _from(self, row: int, sender: Any) -> None:
        if self.full:
            self._senders[row] = sender

    def _hit(self, row: int, id: Any) -> None:
        self._victims[row] = id

    def _node_down(self, id: Any, time: float, row: int) -> None:
        self._lives.append((id, time, "down", row))

    def _node_up(self, id: Any, time: float, row: int) -> None:
        self._lives.append((id, time, "up", row))

    # --- reading

    @property
    def end(self) -> float:
        """The simulated time in seconds up to which the trace goes."""
        return self._end

    @end.setter
    def end(self, time: float) -> None:
        self._close(time, _LAST)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self._times) + len(self._fresh) // 4

    def __repr__(self) -> str:
        nodes = "1 node" if len(self.nodes) == 1 else f"{len(self.nodes)} nodes"
        return (
            f"<Trace of {self.algorithm}: {nodes}, {len(self):,} rows{'' if self.full else ' (outline)'}, "
            f"{self.end:g} s, seed {self.seed}>"
        )

    def __getstate__(self) -> dict[str, Any]:
        self._compact()
        return {name: value for name, value in self.__dict__.items() if name not in _ONLY_WHILE_RUNNING}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _tables={})

    @property
    def nbytes(self) -> int:
        """Bytes of the columns, without the payload objects."""
        self._compact()
        columns = (self._causes, self._times, self._where, self._rows, self._cancelled)
        return sum([column.itemsize * len(column) for column in columns]) + 8 * len(self._payloads)

    def _need_full(self, what: str) -> None:
        if not self.full:
            raise SimulationError(
                f'{what} needs a full trace; build the simulation with trace="full" instead of "outline".'
            )

    def event(self, row: int) -> Event:
        """One row as an :class:`Event`.

        Parameters
        ----------
        row
            The number of the row.

        Raises
        ------
        SimulationError
            If there is no such row, or an outline did not keep it.
        """
        self._compact()
        index = row if self.full else bisect_left(self._rows, row)
        if not 0 <= index < len(self._times) or (not self.full and self._rows[index] != row):
            kept = f"rows 0 to {len(self) - 1}" if self.full else f"an outline of {len(self)} rows"
            raise SimulationError(f"there is no row {row}; the trace has {kept}.")
        return self._event(index, row)

    def _event(self, index: int, row: int) -> Event:
        payload = self._payloads[index]
        kind = _kind(payload)
        cause = self._causes[index]
        time = self._held.get(row, self._times[index])
        sender, sent = None, time
        if self.full and cause >= 0:
            sent = self._held.get(cause, self._times[cause])
            if kind == "message":
                sender = self._senders.get(row, self._node(cause))
        elif kind in ("message", "timer", "work"):
            sent = nan
        return Event(
            row, kind, time, self._node(index), payload, cause, sender, sent, self._fate(row, kind, time)
        )

    def _reached(self, time: float, row: int) -> bool:
        return time < self._end or (time == self._end and row <= self._end_row)

    def _fate(self, row: int, kind: str, time: float) -> str:
        special = self._fates.get(row)
        if special is not None:
            return special if special != "duplicate" or self._reached(time, row) else "in flight"
        if kind in ("role", "record", "invoke", "return"):
            return "done"
        if (kind == "timer" or kind == "work") and row in self._cancelled_rows():
            return "cancelled"
        if not self._reached(time, row):
            return "in flight" if kind == "message" else "pending"
        return _ENDS.get(kind, "done")

    def _cancelled_rows(self) -> frozenset[int]:
        rows = self._tables.get("cancelled")
        if rows is None:
            rows = self._tables["cancelled"] = frozenset(self._cancelled)
        return rows

    def events(self, happened: bool = True) -> Iterator[Event]:
        """All events in the order in which they took place: by time, then row.

        What a node noted inside an event stands right behind that event.

        Parameters
        ----------
        happened
            If true, only what took place; else also what was lost, cancelled or still to come.

        Yields
        ------
        Event
            One at a time.
        """
        self._compact()
        for index, row in self._in_order():
            event = self._event(index, row)
            if event.happened or not happened:
                yield event

    def _in_order(self) -> list[tuple[int, int]]:
        """(index, row) of all rows by time, then row; what was noted inside an event right behind it."""
        held, causes, times, payloads = self._held, self._causes, self._times, self._payloads
        rows = range(len(times)) if self.full else self._rows
        keys = []
        for index, row in enumerate(rows):
            time = held.get(row, times[index]) if held else times[index]
            noted = payloads[index].__class__ in _NOTED and causes[index] >= 0
            keys.append((time, causes[index] if noted else row, row if noted else -1, index))
        keys.sort()
        return [(index, rows[index]) for *_, index in keys]

    # --- tables

    def _table(self, name: str, make: Callable[[Trace], pd.DataFrame]) -> pd.DataFrame:
        """A table, made once for each state of the trace; the caller gets a copy of its own."""
        self._compact()
        made = self._tables.get(name)
        if made is None:
            made = self._tables[name] = make(self)
        return made.copy(deep=False)

    @property
    def messages(self) -> pd.DataFrame:
        """One row per message: id, type, sender, receiver, sent, received, fate, cause, message.

        ``received`` is NaN if it never was; see :class:`Event` for the fates. ``message`` is the object
        itself.
        """
        self._need_full("trace.messages")
        return self._table("messages", tables.messages)

    @property
    def timers(self) -> pd.DataFrame:
        """One row per setting of a timer: id, node, method, set, due, fate, cause.

        The fate is "fired", "cancelled" (also by a reset or a crash) or "pending".
        """
        self._need_full("trace.timers")
        return self._table("timers", tables.timers)

    @property
    def works(self) -> pd.DataFrame:
        """One row per piece of work: id, node, method, arrived, started, ended, fate.

        ``started`` and ``ended`` are NaN if it never did; the fate is "done", "cancelled" (by a crash) or
        "pending".
        """
        self._need_full("trace.works")
        return self._table("works", tables.works)

    @property
    def roles(self) -> pd.DataFrame:
        """One row per time that a node had a role: node, role, start, end, and a column per fact (such as
        term).

        A role ends when the node takes another one or crashes, or with the run.
        """
        return self._table("roles", tables.roles)

    @property
    def records(self) -> pd.DataFrame:
        """One row per record: time, node, event, and a column per fact."""
        return self._table("records", tables.records)

    @property
    def faults(self) -> pd.DataFrame:
        """One row per fault that happened: time, fault, node, until, detail.

        ``node`` is the one it hit, if it is one; None if it named the leader and there was none. ``until``
        is when it ended or will end, by itself or by a :class:`~distlab.sim.Heal`; NaN if it does not.
        """
        return self._table("faults", tables.faults)

    @property
    def operations(self) -> pd.DataFrame:
        """One row per client operation: client, operation, key, value, invoked, returned, result, status.

        ``returned`` is NaN and ``status`` "unknown" if it never ended.
        """
        return self._table("operations", tables.operations)

    @property
    def crashes(self) -> list[tuple[Any, float, float]]:
        """(node, from, to) for each time that a node was down, in seconds; to the end if it stayed down."""
        down: dict[Any, float] = {}
        spans = []
        for id, time, what, _ in self._lives:
            if what == "down":
                down[id] = time
            else:
                spans.append((id, down.pop(id), time))
        return spans + [(id, time, self.end) for id, time in down.items()]

    def instants(self) -> Iterator[tuple[int, int, float, Any, Any]]:
        """What nodes noted, in the order of writing: (row, cause, time, node, payload).

        The payloads are roles, records, and the beginnings and ends of operations.
        """
        self._compact()
        rows = range(len(self._payloads)) if self.full else self._rows
        causes, times = self._causes, self._times
        for index, payload in enumerate(self._payloads):
            if payload.__class__ in _NOTED:
                yield rows[index], causes[index], times[index], self._node(index), payload

    def lives(self) -> list[tuple[Any, float, str, int]]:
        """Crashes and recoveries: (node, time, "down" or "up", row of the fault that did it), in order."""
        return list(self._lives)

    # --- causality

    @property
    def clocks(self) -> dict[int, dict[Any, int]]:
        """The vector clock of each event that happened: row -> {node: number of its events seen}.

        An event counts at the node where it takes place (receiving a message, a timer that fires); what a
        handler sends, notes or becomes belongs to the event that ran the handler.
        """
        self._need_full("trace.clocks")
        self._compact()
        made = self._tables.get("clocks")
        if made is None:
            made = self._tables["clocks"] = causality.vector_clocks(self)
        return made

    def happens_before(self, first: int, second: int) -> bool:
        """Did the event of row ``first`` happen before that of row ``second`` in Lamport's sense (1978)?

        Rows that note something (roles, records) stand for the event in which they were noted. Two
        different events of which neither happens before the other are concurrent.

        Parameters
        ----------
        first, second
            Numbers of rows.

        Raises
        ------
        SimulationError
            If a row did not happen at a node.
        """
        self._need_full("trace.happens_before")
        return causality.happens_before(self, first, second)

    # --- elsewhere

    def again(self, trace: str = "full") -> Simulation:
        """A new simulation from the arguments of the one that left this trace; it has not run yet.

        Parameters
        ----------
        trace
            "full" or "outline", as for :class:`~distlab.sim.Simulation`.

        Raises
        ------
        SimulationError
            If the trace came from another process or from a script of moves.

        Examples
        --------
        >>> from distlab.sim import Node, Simulation, cluster
        >>> Simulation(cluster(Node, 2), seed=3).run().again()
        <Simulation of Node: 1, 2; at 0 s>
        """
        return self._made.again(trace)

    def digest(self) -> str:
        """A hash of all that happened: equal for equal runs, in every process, on every machine."""
        self._compact()
        text = blake2b(digest_size=16)
        for column in (self._rows, self._causes, self._times, self._where, self._cancelled):
            text.update(_little_endian(column))
        last, line = None, ""
        for payload in self._payloads:
            if payload is not last:  # a broadcast is the same message many times
                last, line = payload, shown(payload)
            text.update(line.encode() + b"\n")
        exceptions = (self._fates, self._held, self._senders, self._originals, self._victims)
        text.update(shown([sorted(each.items()) for each in exceptions]).encode())
        text.update(shown([self.nodes, self._lives, self.end]).encode())
        return text.hexdigest()

    def to_jsonl(self) -> str:
        """The trace as JSON lines, one event a line, in the order of happening; also what did not happen."""
        return "".join(export.lines(self))

    def to_shiviz(self) -> str:
        """The trace as a log for ShiViz (https://bestchai.bitbucket.io/shiviz/): host, vector clock, text."""
        return export.shiviz(self)


def _first_of_consecutive(ids: tuple[Any, ...]) -> int | None:
    """The first id if they are consecutive small numbers, which can stand in a column as they are."""
    first = ids[0]
    numbers = all(type(id) is int for id in ids) and abs(first) < 1 << 30
    return first if numbers and ids == tuple(range(first, first + len(ids))) else None


_ENDS = {"message": "received", "timer": "fired", "work": "fired"}


def _little_endian(column: array[Any]) -> bytes:
    if sys.byteorder == "big":
        column = array(column.typecode, column)
        column.byteswap()
    return column.tobytes()
