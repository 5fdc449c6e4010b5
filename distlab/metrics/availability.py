"""How long nodes are up, and how often they fail.

A node is down from its crash to its recovery; a paused node is up. The laboratory's terms: MTBF is the mean
operating time between failures (up time per failure) and MTTR the mean time to restoration (down time per
failure), so that availability = MTBF / (MTBF + MTTR). An outage that is still open at the end counts with the
seconds that were seen.

All functions work on outlines too.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .arguments import chosen_nodes, window
from .levels import levels

if TYPE_CHECKING:
    from distlab.sim import Trace

__all__ = ["availability", "mtbf", "mttr", "quorum_availability", "uptime"]


def uptime(trace: Trace, node: Any = None, *, after: float = 0.0, until: float | None = None) -> pd.DataFrame:
    """Up and down time of each node.

    Parameters
    ----------
    trace
        Any trace.
    node
        One id, or several in a list; default: all nodes.
    after, until
        The window in seconds; ``until`` None is the end of the run.

    Returns
    -------
    pandas.DataFrame
        node; up and down, in seconds; crashes, in number; availability, a share; mtbf and mttr in seconds,
        NaN for a node that never crashed.

    Raises
    ------
    ValueError
        If a node does not exist or the window lies outside the run.

    Examples
    --------
    >>> from distlab.sim import Crash, Node, Recover, Simulation, cluster
    >>> trace = Simulation(cluster(Node, 2), faults=[Crash(2, at=6.0), Recover(2, at=8.0)]).run(until=10.0)
    >>> uptime(trace)
       node    up  down  crashes  availability  mtbf  mttr
    0     1  10.0   0.0        0           1.0   NaN   NaN
    1     2   8.0   2.0        1           0.8   8.0   2.0
    """
    names = chosen_nodes(trace, node)
    after, until = window(trace, after, until)
    down = dict.fromkeys(names, 0.0)
    crashes = dict.fromkeys(names, 0)
    for name, start, end in trace.crashes:
        if name in down:
            down[name] += max(0.0, min(end, until) - max(start, after))
            crashes[name] += after <= start <= until
    frame = pd.DataFrame(
        {
            "node": pd.Series(list(names)),
            "up": [until - after - down[name] for name in names],
            "down": list(down.values()),
            "crashes": list(crashes.values()),
        }
    )
    failures = frame["crashes"].where(frame["crashes"] > 0)
    return frame.assign(
        availability=frame["up"] / (until - after) if until > after else math.nan,
        mtbf=frame["up"] / failures,
        mttr=frame["down"] / failures,
    )


def availability(trace: Trace, node: Any = None, *, after: float = 0.0, until: float | None = None) -> float:
    """The share of time that nodes are up, in node-seconds; see :func:`uptime` for the parameters.

    The share of *requests* that were served is :func:`~distlab.metrics.request_availability`.

    >>> from distlab.sim import Crash, Node, Simulation, cluster
    >>> trace = Simulation(cluster(Node, 2), faults=[Crash(2, at=6.0)]).run(until=10.0)
    >>> availability(trace, node=2), availability(trace)
    (0.6, 0.8)
    """
    table = uptime(trace, node, after=after, until=until)
    return _ratio(math.fsum(table["up"]), math.fsum(table["up"]) + math.fsum(table["down"]))


def mtbf(trace: Trace, node: Any = None, *, after: float = 0.0, until: float | None = None) -> float:
    """Mean operating time between failures in seconds: up time per crash; NaN without a crash.

    See :func:`uptime` for the parameters. (IEC 60050-192:2015.)

    >>> from distlab.sim import Crash, Node, Recover, Simulation, cluster
    >>> trace = Simulation(cluster(Node, 2), faults=[Crash(2, at=6.0), Recover(2, at=8.0)]).run(until=10.0)
    >>> mtbf(trace, node=2), mtbf(trace)
    (8.0, 18.0)
    """
    table = uptime(trace, node, after=after, until=until)
    return _ratio(math.fsum(table["up"]), int(table["crashes"].sum()))


def mttr(trace: Trace, node: Any = None, *, after: float = 0.0, until: float | None = None) -> float:
    """Mean time to restoration in seconds: down time per crash; NaN without a crash.

    See :func:`uptime` for the parameters. (IEC 60050-192:2015.)

    >>> from distlab.sim import Crash, Node, Recover, Simulation, cluster
    >>> trace = Simulation(cluster(Node, 2), faults=[Crash(2, at=6.0), Recover(2, at=8.0)]).run(until=10.0)
    >>> mttr(trace)
    2.0
    """
    table = uptime(trace, node, after=after, until=until)
    return _ratio(math.fsum(table["down"]), int(table["crashes"].sum()))


def quorum_availability(
    trace: Trace,
    needed: int | None = None,
    node: Any = None,
    *,
    after: float = 0.0,
    until: float | None = None,
) -> float:
    """The share of time in which at least ``needed`` nodes are up.

    Parameters
    ----------
    trace
        Any trace.
    needed
        How many; default: a majority.
    node
        The ids that belong to the group; default: all nodes.
    after, until
        The window in seconds; ``until`` None is the end of the run.

    Raises
    ------
    ValueError
        If ``needed`` is not a whole number from 1 to the size of the group.

    Examples
    --------
    >>> from distlab.sim import Crash, Node, Simulation, cluster
    >>> trace = Simulation(cluster(Node, 3), faults=[Crash(1, at=2.0), Crash(2, at=6.0)]).run(until=10.0)
    >>> quorum_availability(trace), quorum_availability(trace, needed=1)
    (0.6, 1.0)
    """
    names = chosen_nodes(trace, node)
    if needed is None:
        needed = len(names) // 2 + 1
    if isinstance(needed, bool) or not isinstance(needed, int | np.integer) or not 1 <= needed <= len(names):
        raise ValueError(
            f"needed must be a whole number from 1 to the {len(names)} nodes of the group; got {needed!r}."
        )
    after, until = window(trace, after, until)
    spans = [(start, end) for name, start, end in trace.crashes if name in names]
    lengths, down = levels([start for start, _ in spans], [end for _, end in spans], after, until)
    return _ratio(math.fsum(lengths[len(names) - down >= needed]), until - after)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
