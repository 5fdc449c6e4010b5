"""What runs of messages, outbox, saga and TCC cost and yield, as plain numbers read from their traces.

======================= ==========================================================================
transactions            each with its outcome, and when its effects came and went
convergence_times       seconds from the first effect to the last: so long the copies differ
duplicates              deliveries that the consumer had processed before
effects_twice           effects that happened more often than once
lost_outcomes           transactions with an effect whose outcome nobody knows in the end
reservation_times       seconds from try to confirm or cancel
======================= ==========================================================================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import nan
from typing import Any, NamedTuple

from distlab.sim import NodeId, Trace

__all__ = [
    "Transaction",
    "convergence_times",
    "duplicates",
    "effects_twice",
    "lost_outcomes",
    "reservation_times",
    "transactions",
]


class Transaction(NamedTuple):
    """One transaction of a run. Times are in seconds of the run; what did not happen is NaN.

    Attributes
    ----------
    transaction : int
    outcome : str
        "commit", "abort", or "open".
    begun, first, last, settled : float
        When it began, had its first and its last effect (or compensation), and was known to be over.
    """

    transaction: int
    outcome: str
    begun: float
    first: float
    last: float
    settled: float


class _Seen(NamedTuple):
    time: float
    node: NodeId
    event: str
    transaction: Any
    step: Any
    outcome: Any


def transactions(trace: Trace) -> list[Transaction]:
    """All transactions of a run, by their numbers.

    Parameters
    ----------
    trace
        A run of messages, outbox, saga or TCC.

    Returns
    -------
    list of Transaction

    Examples
    --------
    >>> from .eventual_scenarios import transfer
    >>> [one.outcome for one in transactions(transfer("saga").trace)]
    ['commit']
    """
    begun: dict[Any, float] = {}
    effects: dict[Any, list[float]] = {}
    settled: dict[Any, tuple[float, str]] = {}
    for seen in _seen(trace):
        if seen.event == "begin":
            begun.setdefault(seen.transaction, seen.time)
        elif seen.event in ("do", "undo"):
            effects.setdefault(seen.transaction, []).append(seen.time)
        elif seen.event == "settle":
            settled.setdefault(seen.transaction, (seen.time, seen.outcome))
    rows = []
    for transaction in sorted(begun):
        end, outcome = settled.get(transaction, (nan, "open"))
        times = effects.get(transaction, [nan])
        rows.append(Transaction(transaction, outcome, begun[transaction], times[0], times[-1], end))
    return rows


def convergence_times(trace: Trace) -> list[float]:
    """Seconds from the first effect of a transaction to its last, for each that is over and had any.

    >>> from .eventual_scenarios import transfer
    >>> [round(seconds, 3) for seconds in convergence_times(transfer("messages").trace)]
    [0.025]
    """
    return [
        one.last - one.first
        for one in transactions(trace)
        if one.outcome != "open" and one.last == one.last  # not NaN
    ]


def duplicates(trace: Trace) -> int:
    """How many deliveries came again after they had been processed.

    >>> from .eventual_scenarios import lost_acknowledgement
    >>> duplicates(lost_acknowledgement().trace)
    1
    """
    return sum([seen.event == "duplicate" for seen in _seen(trace)])


def effects_twice(trace: Trace) -> int:
    """How many effects there were beyond the first of the same step of the same transaction.

    >>> from .eventual_scenarios import lost_acknowledgement
    >>> effects_twice(lost_acknowledgement(idempotent=False).trace)
    1
    """
    done: Counter[tuple[Any, Any]] = Counter()
    for seen in _seen(trace):
        if seen.event in ("do", "undo"):
            done[seen.transaction, seen.step] += 1 if seen.event == "do" else -1
    return sum([count - 1 for count in done.values() if count > 1])


def lost_outcomes(trace: Trace) -> int:
    """How many transactions had an effect, and no outcome to the end of the run.

    >>> from .eventual_scenarios import lost_outcome
    >>> lost_outcomes(lost_outcome().trace), lost_outcomes(lost_outcome(checks=0).trace)
    (0, 1)
    """
    return sum([one.outcome == "open" and one.first == one.first for one in transactions(trace)])


def reservation_times(trace: Trace) -> list[float]:
    """Seconds from each reservation to its use or release; TCC only.

    >>> from .eventual_scenarios import transfer
    >>> [round(seconds, 3) for seconds in reservation_times(transfer("tcc").trace)]
    [0.025, 0.025]
    """
    since: dict[tuple[NodeId, Any], float] = {}
    times = []
    for seen in _seen(trace):
        key = (seen.node, seen.transaction)
        if seen.event == "reserve":
            since[key] = seen.time
        elif seen.event in ("do", "release") and key in since:
            times.append(seen.time - since.pop(key))
    return times


def _seen(trace: Trace) -> Iterator[_Seen]:
    records = trace.records
    empty = [None] * len(records)
    columns = [records.get(name, empty) for name in _Seen._fields]
    yield from map(_Seen._make, zip(*columns, strict=True))
