"""The trace: everything that happened, in columns, with the cause of each event.

One row per thing that was scheduled or noted, numbered in the order of writing:

======== ===================================================================================================
cause    the row that was running when this one was written; -1: the outside world
time     when it happens, in seconds (a message's arrival, a timer's end)
node     where it happens (a message's receiver)
payload  the message, the timer, the role, the record, ...
======== ===================================================================================================

A message's sender and sending time are the node and the time of its cause, so they are not stored; that a row happened at its
time is implied, and only exceptions are kept: messages that were lost, cut off, dropped or met a dead node; timers that were
cancelled; events that a paused node held. In memory a row takes 24 bytes plus its payload.

Tables (pandas) are made on demand: ``messages``, ``timers``, ``roles``, ``records``, ``faults``, ``operations``, ``works``.
Metrics, properties and plots are functions of a trace; none looks into nodes.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from .errors import ContractError, SimulationError
from .events import Invoked, Record, Restart, Returned, RoleChange, SimTimer, Start, Work
from .faults import Fault
from .freeze import freeze
from .message import Message
from .workload import Call

if TYPE_CHECKING:
    import pandas as pd

    from .simulation import Simulation

__all__ = ["Event", "Trace"]


@dataclass(frozen=True)
class Event:
    """One row of a trace, in words a program can use.

    ``kind`` is one of "start", "restart", "message", "timer", "work", "call", "role", "record", "invoke", "return", "fault".
    ``fate`` is "received" or "fired" for what happened, else why it did not: "lost", "cut", "down", "dropped", "duplicate"
    (arrived, as a copy), "cancelled", "in flight" or "pending" (at the end of the run).
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
        return self.fate in ("received", "fired", "duplicate", "done")


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
_INSTANT = (RoleChange, Record, Invoked, Returned)


def _kind(payload: Any) -> str:
    known = _KINDS.get(payload.__class__)
    if known is None:
        known = "message" if isinstance(payload, Message) else "fault"
        _KINDS[payload.__class__] = known
    return known


class Trace:
    """What a run leaves behind. Made by :class:`~distlab.sim.Simulation`; see the module's text for the layout.

    Attributes
    ----------
    nodes : tuple
        The ids of the nodes.
    algorithm : str
        The name of the nodes' class (several: joined by a comma).
    seed : int
        The seed of the run.
    end : float
        The simulated time in seconds up to which the trace goes.
    full : bool
        False if only roles, records, operations and faults were kept.
    """

    def __init__(self, sim: Simulation, full: bool) -> None:
        self.full = full
        self.nodes: tuple[Any, ...] = tuple(sim.nodes)
        self.algorithm = ", ".join(dict.fromkeys(type(node).__name__ for node in sim.nodes.values()))
        self.seed = sim.seed
        self.network = sim.network
        self.end = 0.0
        self._sim_row: Callable[[], int] = lambda: sim._cause
        self._index: dict[Any, int] = {id: index for index, id in enumerate(self.nodes)}
        self._index[None] = -1
        self._fresh: list[Any] = []
        self._causes = array("i")
        self._times = array("d")
        self._where = array("i")
        self._payloads: list[Any] = []
        self._rows = array("q")  # only for outlines: which row each entry is
        self._cancelled = array("q")
        self._fates: dict[int, str] = {}
        self._held: dict[int, float] = {}
        self._senders: dict[int, Any] = {}
        self._originals: dict[int, int] = {}
        self._victims: dict[int, Any] = {}
        self._lives: list[tuple[Any, float, str, int]] = []
        self._guards: list[tuple[Message, Any]] = []
        self._old_guards: list[tuple[Message, Any]] = []
        self._note: Callable[[tuple[Any, ...]], None] = self._fresh.extend if full else _ignore

    # --- writing, for the simulator

    def _write_row(self, row: int, entry: tuple[Any, ...]) -> None:
        if not self.full:
            self._rows.append(row)
        self._fresh.extend(entry)

    def _compact(self) -> None:
        """Move fresh rows into columns and forget the tables made from older ones."""
        fresh = self._fresh
        if fresh:
            self._causes.extend(fresh[0::4])
            self._times.extend(fresh[1::4])
            index = self._index
            self._where.extend([index[id] for id in fresh[2::4]])
            self._payloads.extend(fresh[3::4])
            fresh.clear()
        for name in _TABLES:
            self.__dict__.pop(name, None)
        if self._guards or self._old_guards:
            self._check_guards()

    def _guard(self, msg: Message) -> None:
        """Remember what a message holds if somebody could change it in place."""
        try:
            hash(msg)
        except TypeError:
            self._guards.append((msg, freeze(msg)))

    def _check_guards(self) -> None:
        for msg, before in [*self._old_guards, *self._guards]:
            if freeze(msg) != before:
                raise ContractError(
                    f"a message was changed after it was sent: it is now {msg!r}. Sender and receiver share its lists and "
                    f"dicts, which real machines never do; send a copy that cannot change, such as tuple(self.log)."
                )
        self._old_guards, self._guards = self._guards, []

    def _except(self, row: int, fate: str, original: int | None) -> None:
        self._fates[row] = fate
        if fate == "duplicate" and original is not None:
            self._originals[row] = original

    def _from(self, row: int, sender: Any) -> None:
        self._senders[row] = sender

    def _victim(self, id: Any) -> None:
        self._victims[self._sim_row()] = id

    def _node_down(self, id: Any, time: float) -> None:
        self._lives.append((id, time, "down", self._sim_row()))

    def _node_up(self, id: Any, time: float) -> None:
        self._lives.append((id, time, "up", self._sim_row()))

    # --- reading

    def __len__(self) -> int:
        """The number of rows."""
        return len(self._times) + len(self._fresh) // 4

    def __repr__(self) -> str:
        return f"<Trace of {self.algorithm}: {len(self.nodes)} nodes, {len(self):,} rows, {self.end:g} s, seed {self.seed}>"

    @property
    def nbytes(self) -> int:
        """Bytes of the columns (without the payload objects)."""
        self._compact()
        return sum(
            column.itemsize * len(column) for column in (self._causes, self._times, self._where)
        ) + 8 * len(self)

    def _need_full(self, what: str) -> None:
        if not self.full:
            raise SimulationError(
                f'{what} needs a full trace; build the simulation with trace="full" instead of "outline".'
            )

    def event(self, row: int) -> Event:
        """One row as an :class:`Event`."""
        if self._fresh:
            self._compact()
        index = row if self.full else self._rows.index(row)
        payload = self._payloads[index]
        kind = _kind(payload)
        cause = self._causes[index]
        where = self._where[index]
        node = None if where < 0 else self.nodes[where]
        time = self._held.get(row, self._times[index])
        sender, sent = None, time
        if self.full and cause >= 0:
            sent = self._held.get(cause, self._times[cause])
            if kind == "message":
                at = self._where[cause]
                sender = self._senders.get(row, None if at < 0 else self.nodes[at])
        return Event(row, kind, time, node, payload, cause, sender, sent, self._fate(row, kind, time))

    def _fate(self, row: int, kind: str, time: float) -> str:
        special = self._fates.get(row)
        if special is not None:
            return special if special != "duplicate" or time <= self.end else "in flight"
        if kind in ("message", "timer", "work"):
            if kind != "message" and row in self._cancelled_rows:
                return "cancelled"
            if time > self.end:
                return "in flight" if kind == "message" else "pending"
            return "received" if kind == "message" else "fired"
        return "done" if time <= self.end else "pending"

    @cached_property
    def _cancelled_rows(self) -> frozenset[int]:
        return frozenset(self._cancelled)

    def events(self, happened: bool = True) -> Iterator[Event]:
        """All events in the order in which they took place (by time, then row).

        Parameters
        ----------
        happened
            If true, only what took place; else also what was lost, cancelled or still to come.
        """
        self._compact()
        rows = range(len(self)) if self.full else self._rows
        times = [self._held.get(row, time) for row, time in zip(rows, self._times, strict=True)]
        instant = [isinstance(payload, _INSTANT) for payload in self._payloads]
        for index in self._order(list(rows), times, instant):
            event = self.event(rows[index])
            if event.happened or not happened:
                yield event

    def _order(self, rows: list[int], times: list[float], instant: list[bool]) -> list[int]:
        """Indices by time, then row; what was noted inside an event stands right behind that event."""
        position = {row: index for index, row in enumerate(rows)}

        def key(index: int) -> tuple[float, int, int]:
            cause = position.get(self._causes[index], -1)
            if instant[index] and cause >= 0:
                return (times[index], rows[cause], rows[index])
            return (times[index], rows[index], -1)

        return sorted(range(len(rows)), key=key)

    # --- tables

    def _frame(self, columns: dict[str, list[Any]]) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(columns)

    @cached_property
    def messages(self) -> pd.DataFrame:
        """One row per message: id, type, sender, receiver, sent, received (NaN if never), fate, cause, message."""
        import numpy as np

        self._need_full("trace.messages")
        self._compact()
        import pandas as pd

        payloads = self._payloads
        rows = np.fromiter(
            (row for row, payload in enumerate(payloads) if isinstance(payload, Message)),
            dtype=np.int64,
            count=-1,
        )
        causes = np.frombuffer(self._causes, dtype=np.int32)[rows].astype(np.int64)
        times = np.array(self._times)
        for row, time in self._held.items():
            times[row] = time
        where = np.frombuffer(self._where, dtype=np.int32)
        names = np.empty(len(self.nodes) + 1, dtype=object)
        names[:-1] = self.nodes
        senders = names[np.where(causes >= 0, where[causes], -1)]
        sent = np.where(causes >= 0, times[causes], times[rows])
        due = times[rows]
        fates = np.where(due <= self.end, "received", "in flight").astype(object)
        place = {int(row): index for index, row in enumerate(rows)} if self._fates or self._senders else {}
        for row, fate in self._fates.items():
            if row in place and (fate != "duplicate" or due[place[row]] <= self.end):
                fates[place[row]] = fate
        for row, sender in self._senders.items():
            senders[place[row]] = sender
        arrived = (fates == "received") | (fates == "duplicate")
        kinds = [payloads[row].__class__.__name__ for row in rows]
        return pd.DataFrame(
            {
                "id": rows,
                "type": pd.Series(kinds, dtype=object),
                "sender": pd.Series(list(senders)) if len(rows) else pd.Series([], dtype=object),
                "receiver": pd.Series(list(names[where[rows]])) if len(rows) else pd.Series([], dtype=object),
                "sent": sent,
                "received": np.where(arrived, due, np.nan),
                "fate": pd.Series(fates, dtype=object),
                "cause": causes,
                "message": np.fromiter((payloads[row] for row in rows), dtype=object, count=len(rows)),
            }
        )

    @cached_property
    def timers(self) -> pd.DataFrame:
        """One row per setting of a timer: id, node, method, set, due, fate ("fired", "cancelled", "pending"), cause."""
        self._need_full("trace.timers")
        chosen = [
            self.event(row) for row, payload in self._rows_of(SimTimer) if not isinstance(payload, Work)
        ]
        return self._frame(
            {
                "id": [event.row for event in chosen],
                "node": [event.node for event in chosen],
                "method": [event.payload.method.__name__ for event in chosen],
                "set": [event.sent for event in chosen],
                "due": [event.time for event in chosen],
                "fate": [event.fate for event in chosen],
                "cause": [event.cause for event in chosen],
            }
        )

    @cached_property
    def works(self) -> pd.DataFrame:
        """One row per piece of work: id, node, method, arrived, started, ended (NaN if it never did), fate."""
        self._need_full("trace.works")
        chosen = [self.event(row) for row, _ in self._rows_of(Work)]
        return self._frame(
            {
                "id": [event.row for event in chosen],
                "node": [event.node for event in chosen],
                "method": [event.payload.method.__name__ for event in chosen],
                "arrived": [event.sent for event in chosen],
                "started": [event.payload.started for event in chosen],
                "ended": [event.time if event.fate == "fired" else float("nan") for event in chosen],
                "fate": ["done" if event.fate == "fired" else event.fate for event in chosen],
            }
        )

    @cached_property
    def roles(self) -> pd.DataFrame:
        """One row per time that a node had a role: node, role, start, end, and a column per fact (such as term).

        A role ends when the node takes another one or crashes, or with the run.
        """
        changes = [(event.time, event.row, event.node, event.payload) for event in self._instants(RoleChange)]
        facts = list(dict.fromkeys(name for *_, payload in changes for name in payload.facts))
        ends: dict[Any, list[float]] = {}
        for id, time, what, _ in self._lives:
            if what == "down":
                ends.setdefault(id, []).append(time)
        following: dict[Any, list[float]] = {}
        for time, _, node, _ in changes:
            following.setdefault(node, []).append(time)
        columns: dict[str, list[Any]] = {name: [] for name in ("node", "role", "start", "end", *facts)}
        seen: dict[Any, int] = {}
        for time, _, node, payload in changes:
            seen[node] = seen.get(node, 0) + 1
            later = following[node][seen[node]] if seen[node] < len(following[node]) else self.end
            crash = min((end for end in ends.get(node, ()) if end >= time), default=self.end)
            columns["node"].append(node)
            columns["role"].append(payload.role)
            columns["start"].append(time)
            columns["end"].append(min(later, crash, self.end))
            for name in facts:
                columns[name].append(payload.facts.get(name))
        return self._frame(columns)

    @cached_property
    def records(self) -> pd.DataFrame:
        """One row per record: time, node, event, and a column per fact."""
        chosen = self._instants(Record)
        facts = list(dict.fromkeys(name for event in chosen for name in event.payload.facts))
        columns: dict[str, list[Any]] = {
            "time": [event.time for event in chosen],
            "node": [event.node for event in chosen],
            "event": [event.payload.event for event in chosen],
        }
        for name in facts:
            columns[name] = [event.payload.facts.get(name) for event in chosen]
        return self._frame(columns)

    @cached_property
    def faults(self) -> pd.DataFrame:
        """One row per fault that happened: time, fault, node (the one it hit, if it is one), detail."""
        chosen = [
            self.event(row)
            for row, payload in self._rows_of(Fault)
            if not type(payload).__name__.startswith("_")
        ]
        chosen = sorted(
            (event for event in chosen if event.time <= self.end), key=lambda event: (event.time, event.row)
        )
        return self._frame(
            {
                "time": [event.time for event in chosen],
                "fault": [type(event.payload).__name__ for event in chosen],
                "node": [
                    self._victims.get(event.row, getattr(event.payload, "node", None)) for event in chosen
                ],
                "detail": [repr(event.payload) for event in chosen],
            }
        )

    @cached_property
    def operations(self) -> pd.DataFrame:
        """One row per client operation: client, operation, key, value, invoked, returned, result, status.

        ``returned`` is NaN and ``status`` "unknown" if it never ended.
        """
        opened = self._instants(Invoked)
        closed = {event.payload.number: event for event in self._instants(Returned)}
        ends = [closed.get(event.payload.number) for event in opened]
        return self._frame(
            {
                "client": [event.node for event in opened],
                "operation": [event.payload.operation for event in opened],
                "key": [event.payload.key for event in opened],
                "value": [event.payload.value for event in opened],
                "invoked": [event.time for event in opened],
                "returned": [float("nan") if end is None else end.time for end in ends],
                "result": [None if end is None else end.payload.result for end in ends],
                "status": ["unknown" if end is None else end.payload.status for end in ends],
            }
        )

    @property
    def crashes(self) -> list[tuple[Any, float, float]]:
        """(node, from, to) for each time that a node was down, in seconds; to the end of the run if it stayed down."""
        down: dict[Any, float] = {}
        spans = []
        for id, time, what, _ in self._lives:
            if what == "down":
                down[id] = time
            else:
                spans.append((id, down.pop(id), time))
        return spans + [(id, time, self.end) for id, time in down.items()]

    def instants(self) -> Iterator[tuple[int, int, float, Any, Any]]:
        """What nodes noted: (row, cause, time, node, payload) of roles, records and operations, in the order of writing."""
        self._compact()
        rows = range(len(self._payloads)) if self.full else self._rows
        nodes, causes, times, where = self.nodes, self._causes, self._times, self._where
        for index, payload in enumerate(self._payloads):
            if payload.__class__ in _INSTANT:
                yield rows[index], causes[index], times[index], nodes[where[index]], payload

    def lives(self) -> list[tuple[Any, float, str, int]]:
        """Crashes and recoveries: (node, time, "down" or "up", row of the fault that did it), in order."""
        return list(self._lives)

    def _rows_of(self, kind: type) -> list[tuple[int, Any]]:
        self._compact()
        rows = range(len(self._payloads)) if self.full else self._rows
        return [
            (row, payload)
            for row, payload in zip(rows, self._payloads, strict=True)
            if isinstance(payload, kind)
        ]

    def _instants(self, kind: type) -> list[Event]:
        return [self.event(row) for row, _ in self._rows_of(kind)]

    # --- causality

    @cached_property
    def clocks(self) -> dict[int, dict[Any, int]]:
        """The vector clock of each event that happened: row -> {node: number of its events seen}.

        An event counts at the node where it takes place (receiving a message, a timer that fires); what a handler sends, notes
        or becomes belongs to the event that ran the handler.
        """
        self._need_full("trace.clocks")
        latest: dict[Any, dict[Any, int]] = {}
        clocks: dict[int, dict[Any, int]] = {}
        for event in self.events():
            if event.node is None or isinstance(event.payload, _INSTANT):
                continue
            clock = dict(latest.get(event.node, {}))
            for node, count in clocks.get(event.cause, {}).items():
                if count > clock.get(node, 0):
                    clock[node] = count
            clock[event.node] = clock.get(event.node, 0) + 1
            latest[event.node] = clocks[event.row] = clock
        return clocks

    def happens_before(self, first: int, second: int) -> bool:
        """Did the event of row ``first`` happen before that of row ``second`` in Lamport's sense (1978)?

        Rows that note something (roles, records) stand for the event in which they were noted. Two different events of
        which neither happens before the other are concurrent.
        """
        one, other = self._standing(first), self._standing(second)
        if one == other:
            return first < second
        node = self.event(one).node
        return self.clocks[one][node] <= self.clocks[other].get(node, 0)

    def _standing(self, row: int) -> int:
        event = self.event(row)
        if isinstance(event.payload, _INSTANT):
            row = event.cause
        if row not in self.clocks:
            raise SimulationError(
                f"row {row} did not happen at a node, so it has no place in the order of events."
            )
        return row

    # --- elsewhere

    def digest(self) -> str:
        """A hash of all that happened: equal for equal runs, on every machine and version of Python."""
        from .export import lines

        text = blake2b(digest_size=16)
        for line in lines(self):
            text.update(line.encode())
        return text.hexdigest()

    def to_jsonl(self) -> str:
        """The trace as JSON lines, one event a line."""
        from .export import lines

        return "".join(lines(self))

    def to_shiviz(self) -> str:
        """The trace as a log for ShiViz (https://bestchai.bitbucket.io/shiviz/): host, vector clock, text."""
        from .export import shiviz

        return shiviz(self)


_TABLES = (
    "messages",
    "timers",
    "works",
    "roles",
    "records",
    "faults",
    "operations",
    "clocks",
    "_cancelled_rows",
)


def _ignore(entry: tuple[Any, ...]) -> None:
    """An outline keeps no messages and timers."""
