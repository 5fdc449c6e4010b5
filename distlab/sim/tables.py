"""The tables of a trace, as DataFrames. Each function reads the columns of a trace and returns one table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .events import Invoked, Record, Returned, RoleChange, SimTimer, Work
from .faults import HEALED, LEADER, Ends, Fault, Heal
from .message import Message
from .shown import shown

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from .trace import Trace

__all__ = ["faults", "messages", "operations", "records", "roles", "timers", "works"]


class _Columns:
    """The columns of a full trace as arrays, for the rows whose payload is of one kind."""

    def __init__(self, trace: Trace, kind: type) -> None:
        import numpy as np

        payloads = trace._payloads
        size = len(payloads)
        chosen = _rows_of(payloads, kind)
        rows = np.flatnonzero(chosen)
        causes = np.frombuffer(trace._causes, dtype=np.intc, count=size)
        times = np.array(trace._times, dtype=float)
        for row, time in trace._held.items():
            times[row] = time
        where = np.frombuffer(trace._where, dtype=np.intc, count=size) - (trace._first or 0)
        self.trace = trace
        self.rows = rows
        self.causes = causes[rows].astype(np.int64)
        self.due = times[rows]
        self.node = where[rows]
        known = self.causes >= 0
        self.from_node = np.where(known, where[self.causes] if size else self.node, -1)
        self.set = np.where(known, times[self.causes] if size else self.due, np.nan)
        self.payloads = [payloads[row] for row in rows.tolist()]

    def fates(self, reached: str, not_reached: str) -> np.ndarray:
        """What became of each row: one of two words, or what the trace notes as an exception."""
        import numpy as np

        end, last = self.trace._end, self.trace._end_row
        over = (self.due < end) | ((self.due == end) & (self.rows <= last))
        fates = np.where(over, reached, not_reached).astype(object)
        if self.trace._cancelled and reached != "received":
            cancelled = np.frombuffer(self.trace._cancelled, dtype=np.int64)
            fates[np.isin(self.rows, cancelled)] = "cancelled"
        for row, fate in self.trace._fates.items():
            place = self.place(row)
            if place is not None and (fate != "duplicate" or over[place]):
                fates[place] = fate
        return fates

    def place(self, row: int) -> int | None:
        """Where a row of the trace stands among the chosen ones."""
        place = int(self.rows.searchsorted(row))
        return place if place < len(self.rows) and self.rows[place] == row else None

    def names(self, where: np.ndarray) -> np.ndarray:
        """Ids of nodes; numbers if all of them are."""
        import numpy as np

        ids = self.trace.nodes
        plain = all(type(id) is int for id in ids) and not (where < 0).any()
        names = np.empty(len(ids) + 1, dtype=np.int64 if plain else object)
        names[: len(ids)] = ids if plain else _objects(ids)
        return names[where]


def _rows_of(payloads: list[Any], kind: type) -> np.ndarray:
    """True where the payload is of a kind."""
    import numpy as np

    classes = dict.fromkeys([payload.__class__ for payload in payloads])
    kinds = {each: issubclass(each, kind) for each in classes}
    return np.fromiter((kinds[payload.__class__] for payload in payloads), dtype=bool, count=len(payloads))


def _objects(values: Iterable[Any]) -> np.ndarray:
    """An array of objects, also if they are lists or tuples."""
    import numpy as np

    values = list(values)
    return np.fromiter(values, dtype=object, count=len(values))


def _frame(columns: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns)


def messages(trace: Trace) -> pd.DataFrame:
    """See :attr:`Trace.messages`."""
    import numpy as np

    found = _Columns(trace, Message)
    fates = found.fates("received", "in flight")
    senders = found.names(found.from_node)
    if trace._senders:
        senders = senders.astype(object)
        for row, sender in trace._senders.items():
            senders[found.place(row)] = sender
        if all(type(id) is int for id in senders):
            senders = senders.astype(np.int64)
    arrived = (fates == "received") | (fates == "duplicate")
    return _frame(
        {
            "id": found.rows,
            "type": _objects([payload.__class__.__name__ for payload in found.payloads]),
            "sender": senders,
            "receiver": found.names(found.node),
            "sent": found.set,
            "received": np.where(arrived, found.due, np.nan),
            "fate": fates,
            "cause": found.causes,
            "message": _objects(found.payloads),
        }
    )


def timers(trace: Trace) -> pd.DataFrame:
    """See :attr:`Trace.timers`."""
    import numpy as np

    found = _Columns(trace, SimTimer)
    chosen = np.array([not isinstance(payload, Work) for payload in found.payloads], dtype=bool)
    return _frame(
        {
            "id": found.rows,
            "node": found.names(found.node),
            "method": _objects([payload.method.__name__ for payload in found.payloads]),
            "set": found.set,
            "due": found.due,
            "fate": found.fates("fired", "pending"),
            "cause": found.causes,
        }
    )[chosen].reset_index(drop=True)


def works(trace: Trace) -> pd.DataFrame:
    """See :attr:`Trace.works`."""
    import numpy as np

    found = _Columns(trace, Work)
    fates = found.fates("done", "pending")
    started = np.array([payload.started for payload in found.payloads], dtype=float)
    started[started > trace.end] = np.nan
    return _frame(
        {
            "id": found.rows,
            "node": found.names(found.node),
            "method": _objects([payload.method.__name__ for payload in found.payloads]),
            "arrived": found.set,
            "started": started,
            "ended": np.where(fates == "done", found.due, np.nan),
            "fate": fates,
        }
    )


def roles(trace: Trace) -> pd.DataFrame:
    """See :attr:`Trace.roles`."""
    steps: list[
        tuple[float, int, int, Any, Any]
    ] = [  # by time, then by the row of the event in which it happened
        (time, cause if cause >= 0 else _LAST, index, node, payload)
        for index, (_, cause, time, node, payload) in enumerate(trace.instants())
        if payload.__class__ is RoleChange
    ]
    steps += [(time, row, -1, node, None) for node, time, what, row in trace.lives() if what == "down"]
    facts = dict.fromkeys([name for *_, payload in steps if payload is not None for name in payload.facts])
    columns: dict[str, list[Any]] = {name: [] for name in ("node", "role", "start", "end", *facts)}
    present: dict[Any, int] = {}  # node -> the index of its present role
    for time, _, _, node, payload in sorted(steps, key=lambda step: step[:3]):
        if node in present:
            columns["end"][present.pop(node)] = time
        if payload is not None:
            present[node] = len(columns["node"])
            columns["node"].append(node)
            columns["role"].append(payload.role)
            columns["start"].append(time)
            columns["end"].append(trace.end)
            for name in facts:
                columns[name].append(payload.facts.get(name))
    return _frame(columns)


_LAST = 1 << 62  # behind every row: what was noted outside the run


def records(trace: Trace) -> pd.DataFrame:
    """See :attr:`Trace.records`."""
    found = [
        (time, node, payload) for *_, time, node, payload in trace.instants() if payload.__class__ is Record
    ]
    facts = dict.fromkeys([name for *_, payload in found for name in payload.facts])
    columns: dict[str, list[Any]] = {
        "time": [time for time, _, _ in found],
        "node": [node for _, node, _ in found],
        "event": [payload.event for _, _, payload in found],
    }
    for name in facts:
        columns[name] = [payload.facts.get(name) for _, _, payload in found]
    return _frame(columns)


def faults(trace: Trace) -> pd.DataFrame:
    """See :attr:`Trace.faults`."""
    rows = range(len(trace._payloads)) if trace.full else trace._rows
    found = [
        (time, row, payload)
        for row, time, payload in zip(rows, trace._times, trace._payloads, strict=True)
        if isinstance(payload, Fault) and not isinstance(payload, Ends) and trace._reached(time, row)
    ]
    found.sort(key=lambda one: one[:2])
    hit = [_hit(trace, row, payload) for _, row, payload in found]
    heals = [(time, row) for time, row, payload in found if isinstance(payload, Heal)]
    return _frame(
        {
            "time": [time for time, _, _ in found],
            "fault": [type(payload).__name__ for _, _, payload in found],
            "node": _objects(hit) if None in hit else hit,  # a number stays one beside None
            "until": [_until(time, row, payload, heals) for time, row, payload in found],
            "detail": [shown(payload) for _, _, payload in found],
        }
    )


def _hit(trace: Trace, row: int, fault: Fault) -> Any:
    """The node that a fault hit: its own, or whoever led."""
    if row in trace._victims:
        return trace._victims[row]
    node = getattr(fault, "node", None)
    return None if node == LEADER and LEADER not in trace.nodes else node


def _until(time: float, row: int, fault: Fault, heals: list[tuple[float, int]]) -> float:
    """When a fault ends: by itself, or by the first heal after it."""
    ends = [fault.end] if fault.end is not None else []
    if isinstance(fault, HEALED):
        ends += [healed for healed, at in heals if (healed, at) > (time, row)]
    return min(ends, default=float("nan"))


def operations(trace: Trace) -> pd.DataFrame:
    """See :attr:`Trace.operations`."""
    noted = [(time, node, payload) for *_, time, node, payload in trace.instants()]
    opened = [one for one in noted if one[2].__class__ is Invoked]
    closed = {payload.number: (time, payload) for time, _, payload in noted if payload.__class__ is Returned}
    nothing = (float("nan"), Returned(0, "unknown", None))
    ends = [closed.get(payload.number, nothing) for _, _, payload in opened]
    return _frame(
        {
            "client": [node for _, node, _ in opened],
            "operation": [payload.operation for _, _, payload in opened],
            "key": _objects([payload.key for _, _, payload in opened]),  # None is a value, and 1 is not 1.0
            "value": _objects([payload.value for _, _, payload in opened]),
            "invoked": [time for time, _, _ in opened],
            "returned": [time for time, _ in ends],
            "result": _objects([payload.result for _, payload in ends]),
            "status": [payload.status for _, payload in ends],
        }
    )
