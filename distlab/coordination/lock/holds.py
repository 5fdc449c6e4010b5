"""Holds: who had a lock from when to when, and what follows from a list of them.

A hold is one possession of a lock by one client. Models on the simulator and clients of real servers give
the same records, so one test of mutual exclusion and one benchmark serve both::

    asked ------------- acquired ================================ released
           it waits             it believes that it holds the lock
                                                  ^ expires: the lease ran out before the release

A model's nodes ``record`` "asked", "acquired" (``token``), "released" and "expired" with the ``lock``'s name;
:func:`holds_of` makes holds of them.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, inf, isnan, nan
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distlab.sim import Trace

__all__ = [
    "ENDINGS",
    "Hold",
    "Overlap",
    "double_holders",
    "fairness",
    "holds_of",
    "overtaken",
    "stuck_times",
    "summary",
    "throughput",
    "wait",
    "waits",
]

ENDINGS = ("released", "expired", "crashed", "held")


@dataclass(frozen=True)
class Hold:
    """One possession of a lock by one client. Times are in seconds on one clock.

    Parameters
    ----------
    client
        Who held it.
    lock
        The lock's name.
    asked
        When the client asked for it.
    acquired
        When the client knew that it had it.
    released
        When the client no longer believed that it had it: it gave it back, noticed the loss, or crashed.
        None: it went on believing to the end.
    token
        The fencing token that came with the lock; None if there is none.
    ended
        "released": given back in time; "expired": the lease ran out first; "crashed": the client crashed with
        it; "held": still held when the observation ended.
    expires
        When the lease ran out, if it ran out before the release; None if it did not, or is not known.
    shared
        Whether it is a read lock, which other read locks may overlap.

    Raises
    ------
    ValueError
        If the times are not in order or ``ended`` is none of the endings.

    Examples
    --------
    >>> Hold("anna", "stock", asked=0.0, acquired=0.5, released=1.5, token=33).waited
    0.5
    """

    client: Hashable
    lock: Hashable
    asked: float
    acquired: float
    released: float | None = None
    token: int | None = None
    ended: str = "released"
    expires: float | None = None
    shared: bool = False

    def __post_init__(self) -> None:
        if self.ended not in ENDINGS:
            raise ValueError(f"Hold.ended must be one of {', '.join(ENDINGS)}; got {self.ended!r}.")
        if not self.asked <= self.acquired <= (inf if self.released is None else self.released):
            raise ValueError(
                f"a hold needs asked <= acquired <= released; got {self.asked!r}, {self.acquired!r} and "
                f"{self.released!r}."
            )

    @property
    def waited(self) -> float:
        """Seconds from the wish to the possession."""
        return self.acquired - self.asked

    @property
    def believed_until(self) -> float:
        """When the client stopped believing that it holds the lock; infinity if it never did."""
        return inf if self.released is None else self.released

    @property
    def valid_until(self) -> float:
        """When the client stopped holding it by its lease; infinity if it never did."""
        return min(self.believed_until, inf if self.expires is None else self.expires)


@dataclass(frozen=True)
class Overlap:
    """Two clients at one lock at the same time, from ``start`` to ``end`` (seconds).

    >>> one = Hold(1, "stock", 0.0, 0.0, 2.0)
    >>> Overlap(one, replace(one, client=2), 0.0, 2.0).seconds
    2.0
    """

    first: Hold
    second: Hold
    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it lasted; infinity if it never ended."""
        return self.end - self.start


def double_holders(holds: Iterable[Hold], by_lease: bool = False) -> list[Overlap]:
    """Every time at which two clients held the same lock.

    Two read locks may overlap. So may two holds of one client: it entered again.

    Parameters
    ----------
    holds
        In any order.
    by_lease
        If true, a client whose lease has run out no longer counts; the default counts what the holders
        believed, which is what the data behind the lock feels.

    Returns
    -------
    list of Overlap
        In the order in which they began; empty if the lock did what it is for.

    Examples
    --------
    >>> paused = Hold(1, "stock", 0.0, 0.0, released=9.0, ended="expired", expires=3.0)
    >>> second = Hold(2, "stock", 1.0, 3.0, released=5.0)
    >>> [(overlap.start, overlap.end) for overlap in double_holders([paused, second])]
    [(3.0, 5.0)]
    >>> double_holders([paused, second], by_lease=True)
    []
    """
    ends = [(hold, hold.valid_until if by_lease else hold.believed_until) for hold in _in_order(holds)]
    open_now: dict[Hashable, list[tuple[Hold, float]]] = {}
    found = []
    for hold, end in ends:
        still = [(other, until) for other, until in open_now.get(hold.lock, []) if until > hold.acquired]
        for other, until in still:
            stop = min(until, end)
            if other.client != hold.client and not (other.shared and hold.shared) and stop > hold.acquired:
                found.append(Overlap(other, hold, hold.acquired, stop))
        open_now[hold.lock] = [*still, (hold, end)]
    return found


def waits(holds: Iterable[Hold]) -> list[float]:
    """Seconds from wish to possession, shortest first.

    >>> waits([Hold(1, "a", 0.0, 2.0, 3.0), Hold(2, "a", 4.0, 4.5, 5.0)])
    [0.5, 2.0]
    """
    return sorted(hold.waited for hold in holds)


def wait(holds: Iterable[Hold], percent: float = 50.0) -> float:
    """The wait in seconds that so many per cent of the holds did not exceed; NaN if there are none.

    >>> wait([Hold(1, "a", 0.0, waited, 9.0) for waited in (1.0, 2.0, 3.0, 4.0)], 50)
    2.0
    """
    if not 0 < percent <= 100:
        raise ValueError(f"percent must be more than 0 and at most 100; got {percent!r}.")
    found = waits(holds)
    return found[ceil(percent / 100 * len(found)) - 1] if found else nan


def throughput(holds: Sequence[Hold], since: float | None = None, until: float | None = None) -> float:
    """Locks acquired and given back per second.

    Parameters
    ----------
    holds
        Of one run.
    since, until
        Seconds between which releases count; default: from the first wish to the last release.

    Examples
    --------
    >>> throughput([Hold(1, "a", 0.0, 0.0, 1.0), Hold(2, "a", 0.0, 1.0, 2.0)])
    1.0
    """
    done = sorted(hold.released for hold in holds if hold.ended == "released" and hold.released is not None)
    if not done:
        return 0.0
    start = min(hold.asked for hold in holds) if since is None else since
    stop = done[-1] if until is None else until
    counted = bisect_right(done, stop) - (bisect_right(done, start) if since is not None else 0)
    return counted / (stop - start) if stop > start else nan


def overtaken(holds: Iterable[Hold]) -> int:
    """How many pairs of waiters were served in the wrong order: the later wish first.

    >>> overtaken([Hold(1, "a", asked=0.0, acquired=5.0), Hold(2, "a", asked=1.0, acquired=2.0)])
    1
    """
    asked: dict[Hashable, list[float]] = {}  # the wishes that were granted so far, earliest first
    pairs = 0
    for hold in _in_order(holds):
        earlier = asked.setdefault(hold.lock, [])
        pairs += len(earlier) - bisect_right(earlier, hold.asked)
        insort(earlier, hold.asked)
    return pairs


def fairness(holds: Iterable[Hold], clients: Iterable[Hashable] | None = None) -> float:
    """Jain's index of the locks per client: 1 if all got the same, 1/n if one of n got all.

    Parameters
    ----------
    holds
        Of one run.
    clients
        Who wanted the lock; default: who got it.

    Examples
    --------
    >>> fairness([Hold(1, "a", 0.0, 0.0, 1.0)], clients=[1, 2])
    0.5
    """
    shares: dict[Hashable, int] = dict.fromkeys(() if clients is None else clients, 0)
    for hold in holds:
        shares[hold.client] = shares.get(hold.client, 0) + 1
    squares = sum(share**2 for share in shares.values())
    return sum(shares.values()) ** 2 / (len(shares) * squares) if squares else nan


def stuck_times(holds: Iterable[Hold]) -> list[float]:
    """For each holder that crashed, seconds until the next client got the lock; infinity if nobody did.

    >>> stuck_times([Hold(1, "a", 0.0, 0.0, 1.0, ended="crashed"), Hold(2, "a", 0.5, 4.0, 5.0)])
    [3.0]
    """
    ordered = _in_order(holds)
    found = []
    for hold in ordered:
        if hold.ended == "crashed" and hold.released is not None:
            crash = hold.released
            later = [one.acquired for one in ordered if one.lock == hold.lock and one.acquired >= crash]
            found.append(min(later, default=inf) - crash)
    return found


def summary(holds: Sequence[Hold], clients: Iterable[Hashable] | None = None) -> dict[str, float]:
    """All of it in one row.

    Parameters
    ----------
    holds
        Of one run.
    clients
        Who wanted the lock, for Jain's index; default: who got it.

    Returns
    -------
    dict
        "locks", "wait_p50", "wait_p99" (seconds), "throughput" (per second), "overtaken" (pairs), "jain",
        "double_holders" (as the holders believed), "double_holders_by_lease", "expired", "stuck" (seconds,
        the longest; NaN without a crash).

    Examples
    --------
    >>> row = summary([Hold(1, "a", 0.0, 0.5, 1.0), Hold(2, "a", 0.0, 1.0, 2.0)])
    >>> row["locks"], row["wait_p99"], row["throughput"], row["double_holders"]
    (2, 1.0, 1.0, 0)
    """
    return {
        "locks": len(holds),
        "wait_p50": wait(holds, 50),
        "wait_p99": wait(holds, 99),
        "throughput": throughput(holds),
        "overtaken": overtaken(holds),
        "jain": fairness(holds, clients),
        "double_holders": len(double_holders(holds)),
        "double_holders_by_lease": len(double_holders(holds, by_lease=True)),
        "expired": sum(hold.ended == "expired" for hold in holds),
        "stuck": max(stuck_times(holds), default=nan),
    }


def holds_of(trace: Trace) -> list[Hold]:
    """The holds in a model's run, in the order in which they began.

    A client records "asked" (lock), "gave up" (lock) if it waits no longer, "acquired" (lock; token and
    shared, if any) and "released" (lock; ``kept=False`` if it found that it had lost the lock); the service
    records "expired" (lock, holder). An inner entry of a re-entrant lock is a hold within a hold.

    Parameters
    ----------
    trace
        Of nodes that record these; an outline suffices.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation
    >>> class Greedy(Node):
    ...     def on_start(self):
    ...         self.record("asked", lock="stock")
    ...         self.record("acquired", lock="stock", token=1)
    ...         self.after(0.5, self.leave)
    ...     def leave(self):
    ...         self.record("released", lock="stock")
    >>> holds_of(Simulation([Greedy()]).run())
    [Hold(client=1, lock='stock', asked=0.0, acquired=0.0, released=0.5, token=1, ended='released', \
expires=None, shared=False)]
    """
    records = trace.records
    rows: list[dict[Any, Any]] = records.to_dict("records")
    events = [(row["time"], row["event"], row) for row in rows if row["event"] in _EVENTS]
    events += [(start, "crash", {"node": node}) for node, start, _ in trace.crashes]
    events.sort(key=lambda event: event[0])
    asked: dict[Any, list[float]] = {}
    running: list[Hold] = []  # the newest last
    ended: list[Hold] = []
    for time, event, facts in events:
        client, lock = facts["node"], facts.get("lock")
        if event == "asked":
            asked.setdefault((client, lock), []).append(time)
        elif event == "gave up":
            asked.get((client, lock), [0.0]).pop()
        elif event == "acquired":
            wishes = asked.get((client, lock), [])
            running.append(
                Hold(
                    client,
                    lock,
                    asked=wishes.pop(0) if wishes else time,
                    acquired=time,
                    token=_number(facts.get("token")),
                    ended="held",
                    shared=facts.get("shared") is True,
                )
            )
        elif event == "expired":
            running = [
                replace(hold, ended="expired", expires=time)
                if hold.client == facts.get("holder") and hold.lock == lock and hold.expires is None
                else hold
                for hold in running
            ]
        elif event == "released":
            mine = [hold for hold in running if hold.client == client and hold.lock == lock]
            if mine:
                running.remove(mine[-1])
                lost = mine[-1].ended == "expired" or facts.get("kept") is False
                ended.append(replace(mine[-1], released=time, ended="expired" if lost else "released"))
        else:
            asked = {who: wishes for who, wishes in asked.items() if who[0] != client}
            for hold in [hold for hold in running if hold.client == client]:
                running.remove(hold)
                ended.append(replace(hold, released=time, ended="crashed"))
    return _in_order([*ended, *running])


_EVENTS = ("asked", "gave up", "acquired", "released", "expired")


def _in_order(holds: Iterable[Hold]) -> list[Hold]:
    return sorted(holds, key=lambda hold: (hold.acquired, hold.asked))


def _number(value: Any) -> int | None:
    """A token as it was recorded: in a table, a missing one is NaN and the others may be floats."""
    return None if value is None or (isinstance(value, float) and isnan(value)) else int(value)
