"""What clients see: throughput, response times, and the share of requests that were served.

They are taken from ``trace.operations``, so a node that plays the client must call ``invoke`` and
``complete``. All functions work on outlines too, unless they are asked about work.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .arguments import number, require_full, window

if TYPE_CHECKING:
    from distlab.sim import Trace

__all__ = ["request_availability", "response_times", "throughput"]


def throughput(
    trace: Trace,
    of: str = "operations",
    *,
    operation: str | None = None,
    event: str | None = None,
    after: float = 0.0,
    until: float | None = None,
) -> float:
    """How much is done per second.

    Parameters
    ----------
    trace
        Any trace; a full one for work.
    of
        "operations": client operations that returned "ok"; "works": pieces of ``work`` that were done;
        "records": what nodes noted.
    operation
        Only client operations with this name: "read" gives what is often called QPS, "write" TPS.
    event
        For "records": the name of the record.
    after, until
        The window in seconds in which it was done, both ends included; ``until`` None is the end of the run.

    Returns
    -------
    float
        Per second; 0 if nothing was done, NaN for a window without length.

    Raises
    ------
    ValueError
        If ``of`` is none of the three, or an argument does not go with it.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Client(Node):
    ...     def on_start(self):
    ...         self.every(0.25, self.ask)
    ...     def ask(self):
    ...         self.invoke("read").complete()
    >>> throughput(Simulation(cluster(Client, 1)).run(until=10.0))
    4.0
    """
    after, until = window(trace, after, until)
    if operation is not None and of != "operations":
        raise ValueError(f'operation goes with of="operations"; got of={of!r}.')
    if (event is not None) != (of == "records"):
        raise ValueError(
            f'of="records" needs event=name of the record, and only that; got of={of!r}, event={event!r}.'
        )
    if of == "operations":
        done = _chosen(trace, operation)
        times = done.loc[done["status"] == "ok", "returned"]
    elif of == "works":
        require_full(trace, 'throughput(of="works")')
        times = trace.works["ended"]
    elif of == "records":
        times = trace.records.loc[trace.records["event"] == event, "time"]
    else:
        raise ValueError(f'of must be "operations", "works" or "records"; got {of!r}.')
    count = int(((times >= after) & (times <= until)).sum())
    return count / (until - after) if until > after else math.nan


def response_times(
    trace: Trace,
    operation: str | None = None,
    *,
    after: float = 0.0,
    until: float | None = None,
) -> pd.Series:
    """Seconds from request to reply of the client operations that returned "ok".

    Parameters
    ----------
    trace
        Any trace.
    operation
        Only operations with this name.
    after, until
        Only operations that were invoked in this window, in seconds.

    Returns
    -------
    pandas.Series
        The rows of ``trace.operations`` -> seconds. Operations that failed, or whose fate nobody knows, are
        not in it: see :func:`request_availability`.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Client(Node):
    ...     def on_start(self):
    ...         self.asked = self.invoke("read")
    ...         self.after(0.5, self.answer)
    ...     def answer(self):
    ...         self.asked.complete()
    >>> response_times(Simulation(cluster(Client, 1)).run()).tolist()
    [0.5]
    """
    after, until = window(trace, after, until)
    table = _chosen(trace, operation)
    table = table[(table["status"] == "ok") & (table["invoked"] >= after) & (table["invoked"] <= until)]
    seconds = table["returned"].astype(np.float64) - table["invoked"].astype(np.float64)
    return seconds.rename("seconds")


def request_availability(
    trace: Trace,
    operation: str | None = None,
    *,
    deadline: float | None = None,
    after: float = 0.0,
    until: float | None = None,
) -> float:
    """The share of client operations that were served.

    Operations that failed or ended with nobody knowing are not served. Those that are still open when the run
    ends are not counted, unless they are open for longer than the deadline.

    Parameters
    ----------
    trace
        Any trace.
    operation
        Only operations with this name.
    deadline
        Seconds: what is answered later was not served.
    after, until
        Only operations that were invoked in this window, in seconds.

    Returns
    -------
    float
        Between 0 and 1; NaN if no operation counts.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Client(Node):
    ...     def on_start(self):
    ...         self.invoke("read").complete()
    ...         self.invoke("read").fail("nobody answers")
    >>> request_availability(Simulation(cluster(Client, 1)).run())
    0.5
    """
    after, until = window(trace, after, until)
    table = _chosen(trace, operation)
    table = table[(table["invoked"] >= after) & (table["invoked"] <= until)]
    invoked = table["invoked"].to_numpy(dtype=np.float64)
    returned = table["returned"].to_numpy(dtype=np.float64)
    is_open = np.isnan(returned)
    taken = np.where(is_open, trace.end, returned) - invoked
    served = (table["status"] == "ok").to_numpy(dtype=bool)
    counts = ~is_open
    if deadline is not None:
        number("deadline", deadline)
        served = served & (taken <= deadline)
        counts = counts | (taken > deadline)
    return int(served.sum()) / int(counts.sum()) if counts.any() else math.nan


def _chosen(trace: Trace, operation: str | None) -> pd.DataFrame:
    table = trace.operations
    return table if operation is None else table[table["operation"] == operation]
