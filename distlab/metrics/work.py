"""What servers do: waiting, turnaround and utilisation, from the pieces of ``work`` of the nodes.

A piece of work arrives when the node calls ``work``, starts when one of the node's workers takes it, and ends
when it is done. What a crash destroyed never ends; its worker was busy until the crash. The worker of a
paused node stays occupied.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from distlab.sim import Node

from .arguments import chosen_nodes, require_full, window
from .availability import uptime
from .levels import levels

if TYPE_CHECKING:
    from distlab.sim import Trace

__all__ = ["busy_time", "turnaround_times", "utilisation", "waiting_times"]


def waiting_times(
    trace: Trace, node: Any = None, *, after: float = 0.0, until: float | None = None
) -> pd.Series:
    """Seconds that each piece of work waited for a worker, for those that were done.

    Parameters
    ----------
    trace
        A full trace.
    node
        One id, or several in a list; default: all nodes.
    after, until
        Only work that arrived in this window, in seconds.

    Returns
    -------
    pandas.Series
        Rows of ``trace.works`` -> seconds.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Server(Node):
    ...     def on_start(self):
    ...         self.work(2.0, self.done)
    ...         self.work(1.0, self.done)
    ...     def done(self):
    ...         pass
    >>> waiting_times(Simulation(cluster(Server, 1)).run()).tolist()
    [0.0, 2.0]
    """
    table = _done(trace, "waiting_times", node, after, until)
    return (table["started"] - table["arrived"]).rename("seconds")


def turnaround_times(
    trace: Trace,
    node: Any = None,
    *,
    begin: str | None = None,
    end: str | None = None,
    key: str = "job",
    after: float = 0.0,
    until: float | None = None,
) -> pd.Series:
    """Seconds from arrival until a job is fully done, for those that were done.

    Without ``begin`` and ``end`` a job is a piece of work at one node: waiting and service. With them a job
    may go through many nodes: it lasts from the first record ``begin`` to the last record ``end`` with the
    same fact ``key``.

    Parameters
    ----------
    trace
        A full trace; for records, any.
    node
        The nodes whose work or records count: one id, or several in a list; default: all nodes.
    begin, end
        Names of records, such as "submitted" and "finished".
    key
        The fact of the records that says which job it is.
    after, until
        Only jobs that arrived in this window, in seconds.

    Returns
    -------
    pandas.Series
        Rows of ``trace.works``, or jobs -> seconds.

    Raises
    ------
    ValueError
        If only one of ``begin`` and ``end`` is given, or the records have no such fact.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Server(Node):
    ...     def on_start(self):
    ...         self.record("submitted", job="report")
    ...         self.work(2.0, self.done)
    ...         self.work(1.0, self.done)
    ...     def done(self):
    ...         self.record("finished", job="report")
    >>> trace = Simulation(cluster(Server, 1)).run()
    >>> turnaround_times(trace).tolist()
    [2.0, 3.0]
    >>> turnaround_times(trace, begin="submitted", end="finished").to_dict()
    {'report': 3.0}
    """
    if begin is None and end is None:
        table = _done(trace, "turnaround_times", node, after, until)
        return (table["ended"] - table["arrived"]).rename("seconds")
    if begin is None or end is None:
        raise ValueError(f"begin and end go together; got begin={begin!r}, end={end!r}.")
    after, until = window(trace, after, until)
    records = trace.records[trace.records["node"].isin(chosen_nodes(trace, node))]
    records = records[records["event"].isin((begin, end))]
    if len(records) and key not in records.columns[3:]:
        facts = ", ".join(map(repr, records.columns[3:])) or "none"
        raise ValueError(f"key must be a fact of the records, which are: {facts}; got {key!r}.")
    if not len(records):
        return pd.Series([], dtype=np.float64, name="seconds")
    begun = records[records["event"] == begin].groupby(key, sort=False)["time"].min()
    begun = begun[(begun >= after) & (begun <= until)]
    ended = records[records["event"] == end].groupby(key, sort=False)["time"].max()
    seconds = ended.reindex(begun.index) - begun
    return seconds.dropna().rename("seconds")


def busy_time(
    trace: Trace, node: Any = None, *, after: float = 0.0, until: float | None = None
) -> pd.DataFrame:
    """How busy the workers of each node are.

    Parameters
    ----------
    trace
        A full trace.
    node
        One id, or several in a list; default: the nodes that were given work.
    after, until
        The window in seconds; ``until`` None is the end of the run.

    Returns
    -------
    pandas.DataFrame
        node; workers; busy and available, in worker-seconds (a crashed node's workers are not available);
        utilisation, a share.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Server(Node):
    ...     workers = 2
    ...     def on_start(self):
    ...         self.work(2.0, self.done)
    ...         self.work(1.0, self.done)
    ...     def done(self):
    ...         pass
    >>> busy_time(Simulation(cluster(Server, 1)).run(until=5.0))
       node  workers  busy  available  utilisation
    0     1        2   3.0       10.0          0.3
    """
    require_full(trace, "busy_time")
    after, until = window(trace, after, until)
    works = trace.works
    names = chosen_nodes(trace, node) if node is not None else _in_order(trace, works["node"])
    ends = work_ends(trace)
    starts = works["started"].to_numpy(dtype=np.float64)
    owners = works["node"].to_numpy()
    up = uptime(trace, list(names), after=after, until=until)["up"].to_list() if names else []
    rows = []
    for name, seconds in zip(names, up, strict=True):
        own = np.flatnonzero(owners == name)
        workers = _workers(trace, int(works["id"].iloc[own[0]])) if len(own) else Node.workers
        lengths, occupied = levels(starts[own], ends[own], after, until)
        busy = math.fsum(lengths * np.minimum(occupied, workers))
        available = workers * seconds
        rows.append((name, workers, busy, available, busy / available if available else math.nan))
    frame = pd.DataFrame(rows, columns=["node", "workers", "busy", "available", "utilisation"])
    return (
        frame if rows else frame.astype({"workers": np.int64} | dict.fromkeys(frame.columns[2:], np.float64))
    )


def utilisation(trace: Trace, node: Any = None, *, after: float = 0.0, until: float | None = None) -> float:
    """Busy worker-seconds as a share of the available ones; see :func:`busy_time` for the parameters.

    Returns
    -------
    float
        Between 0 and 1; NaN if no node was given work, unless one is named.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Server(Node):
    ...     def on_start(self):
    ...         self.work(2.0, self.done)
    ...     def done(self):
    ...         pass
    >>> utilisation(Simulation(cluster(Server, 1)).run(until=5.0))
    0.4
    """
    require_full(trace, "utilisation")
    table = busy_time(trace, node, after=after, until=until)
    available = math.fsum(table["available"])
    return math.fsum(table["busy"]) / available if available else math.nan


def work_ends(trace: Trace) -> NDArray[np.float64]:
    """When each piece of work left its node: done, destroyed by a crash, or there until the run ends."""
    works = trace.works
    ends = works["ended"].to_numpy(dtype=np.float64).copy()
    ends[np.isnan(ends)] = trace.end
    lost = np.flatnonzero((works["fate"] == "cancelled").to_numpy(dtype=bool))
    if len(lost):
        owners, arrived = works["node"].to_numpy(), works["arrived"].to_numpy(dtype=np.float64)
        crashes: dict[Any, list[float]] = {}
        for name, start, _ in sorted(trace.crashes, key=lambda crash: crash[1]):
            crashes.setdefault(name, []).append(start)
        for row in lost:
            downs = crashes[owners[row]]
            ends[row] = downs[int(np.searchsorted(downs, arrived[row]))]
    return ends


def _done(trace: Trace, function: str, node: Any, after: float, until: float | None) -> pd.DataFrame:
    require_full(trace, function)
    first, last = window(trace, after, until)
    works = trace.works
    keep = works["ended"].notna() & (works["arrived"] >= first) & (works["arrived"] <= last)
    if node is not None:
        keep &= works["node"].isin(chosen_nodes(trace, node))
    return works[keep]


def _workers(trace: Trace, row: int) -> int:
    """How many workers the node has that did this piece of work: a constant of its class."""
    return int(trace.event(row).payload.node.workers)


def _in_order(trace: Trace, column: pd.Series) -> tuple[Any, ...]:
    present = dict.fromkeys(column.to_list())
    return tuple(name for name in trace.nodes if name in present)
