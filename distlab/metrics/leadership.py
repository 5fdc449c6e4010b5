"""Who leads, when nobody does, and when several do.

A node leads while it has one of the leader's roles, "leader" or "leading" (ZAB), and is up; a paused or
cut-off leader still leads in this sense, because it believes so. A reign is the time from its taking the role
to its losing it; roles taken anew without a gap are one reign. Times are half-open: at the instant a reign
ends, its node leads no more.

All functions work on outlines too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from .arguments import number, window

if TYPE_CHECKING:
    from distlab.sim import Trace

__all__ = [
    "LEADER_ROLES",
    "leader_changes",
    "leaderless_intervals",
    "leaderless_time",
    "leaders_at",
    "reigns",
    "simultaneous_leaders",
    "time_to_leader",
]

LEADER_ROLES = ("leader", "leading")
"""The roles that count as leading."""


class _Reign(NamedTuple):
    node: Any
    start: float
    end: float
    lasted: bool
    fact: Any = None


def reigns(trace: Trace, roles: Sequence[str] = LEADER_ROLES) -> pd.DataFrame:
    """All reigns in the order of their beginning.

    Parameters
    ----------
    trace
        Any trace.
    roles
        The roles that count as leading.

    Returns
    -------
    pandas.DataFrame
        node, start and end in seconds, seconds, and lasted: whether the node still led when the run ended.

    Examples
    --------
    >>> from distlab.sim import Crash, Node, Simulation, cluster
    >>> class First(Node):
    ...     def on_start(self):
    ...         self.after(0.5 * self.id, self.lead)
    ...     def lead(self):
    ...         self.become("leader")
    >>> trace = Simulation(cluster(First, 2), faults=[Crash(1, at=2.0)]).run(until=4.0)
    >>> reigns(trace)
       node  start  end  seconds  lasted
    0     1    0.5  2.0      1.5   False
    1     2    1.0  4.0      3.0    True
    """
    found = _reigns(trace, roles)
    return pd.DataFrame(
        {
            "node": pd.Series([reign.node for reign in found], dtype=None if found else object),
            "start": np.array([reign.start for reign in found], dtype=np.float64),
            "end": np.array([reign.end for reign in found], dtype=np.float64),
            "seconds": np.array([reign.end - reign.start for reign in found], dtype=np.float64),
            "lasted": np.array([reign.lasted for reign in found], dtype=bool),
        }
    )


def leaders_at(trace: Trace, time: float, roles: Sequence[str] = LEADER_ROLES) -> tuple[Any, ...]:
    """The nodes that lead at an instant, in the order of the trace's nodes.

    Parameters
    ----------
    trace
        Any trace.
    time
        Seconds since the beginning. At the end of the run, whoever leads then.
    roles
        The roles that count as leading.

    Raises
    ------
    ValueError
        If the time lies outside the run.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster
    >>> class First(Node):
    ...     def on_start(self):
    ...         self.become("leader")
    >>> leaders_at(Simulation(cluster(First, 2)).run(until=1.0), 0.5)
    (1, 2)
    """
    if not 0 <= time <= trace.end:
        raise ValueError(f"time must lie within the run, from 0 to {trace.end:g} seconds; got {time!r}.")
    leading = [
        reign.node
        for reign in _reigns(trace, roles)
        if reign.start <= time < reign.end or (reign.lasted and time == trace.end)
    ]
    return _in_order(trace, leading)


def time_to_leader(
    trace: Trace, after: float = 0.0, *, stay: float = 0.0, roles: Sequence[str] = LEADER_ROLES
) -> float:
    """Seconds from ``after`` to the first instant at which some node leads.

    Parameters
    ----------
    trace
        Any trace.
    after
        Seconds since the beginning: the time of a crash, for instance.
    stay
        Only a leader counts that goes on to lead for at least so many seconds, or until the run ends;
        ``math.inf``: only one that leads until the run ends.
    roles
        The roles that count as leading.

    Returns
    -------
    float
        0 if there is a leader already; NaN if there never is one.

    Raises
    ------
    ValueError
        If ``after`` lies outside the run or ``stay`` is negative.

    Examples
    --------
    >>> from distlab.sim import Crash, Node, Simulation, cluster
    >>> class First(Node):
    ...     def on_start(self):
    ...         self.after(0.25, self.become, "leader")
    >>> trace = Simulation(cluster(First, 1), faults=[Crash(1, at=2.0)]).run(until=4.0)
    >>> time_to_leader(trace), time_to_leader(trace, stay=3.0)
    (0.25, nan)
    """
    after, _ = window(trace, after, None)
    number("stay", stay)
    for reign in _reigns(trace, roles):
        if reign.end <= after and not reign.lasted:
            continue
        begins = max(reign.start, after)
        if reign.lasted or reign.end - begins >= stay:
            return begins - after
    return math.nan


def leaderless_intervals(
    trace: Trace, after: float = 0.0, until: float | None = None, *, roles: Sequence[str] = LEADER_ROLES
) -> pd.DataFrame:
    """The stretches of time in which no node leads.

    Parameters
    ----------
    trace
        Any trace.
    after, until
        The window in seconds; ``until`` None is the end of the run.
    roles
        The roles that count as leading.

    Returns
    -------
    pandas.DataFrame
        start, end, seconds; empty if somebody always leads.

    Examples
    --------
    >>> from distlab.sim import Crash, Node, Simulation, cluster
    >>> class First(Node):
    ...     def on_start(self):
    ...         self.after(0.25, self.become, "leader")
    >>> trace = Simulation(cluster(First, 1), faults=[Crash(1, at=2.0)]).run(until=4.0)
    >>> leaderless_intervals(trace)
       start   end  seconds
    0    0.0  0.25     0.25
    1    2.0  4.00     2.00
    """
    after, until = window(trace, after, until)
    gaps = []
    covered = after
    for reign in _reigns(trace, roles):
        if reign.start >= until:
            break
        if reign.start > covered:
            gaps.append((covered, reign.start))
        covered = max(covered, reign.end)
    if covered < until:
        gaps.append((covered, until))
    frame = pd.DataFrame(gaps, columns=["start", "end"], dtype=np.float64)
    return frame.assign(seconds=frame["end"] - frame["start"])


def leaderless_time(
    trace: Trace, after: float = 0.0, until: float | None = None, *, roles: Sequence[str] = LEADER_ROLES
) -> float:
    """Seconds in which no node leads; see :func:`leaderless_intervals` for the parameters.

    >>> from distlab.sim import Node, Simulation, cluster
    >>> leaderless_time(Simulation(cluster(Node, 1)).run(until=5.0), after=1.0)
    4.0
    """
    return math.fsum(leaderless_intervals(trace, after, until, roles=roles)["seconds"])


def leader_changes(
    trace: Trace, after: float = 0.0, until: float | None = None, *, roles: Sequence[str] = LEADER_ROLES
) -> int:
    """How often another node than the last leader begins to lead.

    The first leader of the run is no change, nor is a leader who loses the role and wins it back before
    anybody else has it. Reigns that begin within the window count, its ends included.

    Parameters
    ----------
    trace
        Any trace.
    after, until
        The window in seconds; ``until`` None is the end of the run.
    roles
        The roles that count as leading.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Turn(Node):
    ...     def on_start(self):
    ...         self.after(self.id, self.become, "leader")
    >>> leader_changes(Simulation(cluster(Turn, 3)).run())
    2
    """
    after, until = window(trace, after, until)
    found = _reigns(trace, roles)
    return sum(
        before.node != reign.node and after <= reign.start <= until for before, reign in pairwise(found)
    )


def simultaneous_leaders(
    trace: Trace,
    after: float = 0.0,
    until: float | None = None,
    *,
    within: str | None = None,
    roles: Sequence[str] = LEADER_ROLES,
) -> pd.DataFrame:
    """The stretches of time in which two or more nodes lead.

    Parameters
    ----------
    trace
        Any trace.
    after, until
        The window in seconds; ``until`` None is the end of the run.
    within
        The name of a fact that was given to ``become``, such as "term": only leaders for whom it is the same
        count together. In Raft an old leader that is cut off may lead in an old term; two in one term would
        be an error.
    roles
        The roles that count as leading.

    Returns
    -------
    pandas.DataFrame
        start, end, seconds, leaders (a tuple of ids); with ``within`` also that fact; empty if there is never
        more than one.

    Raises
    ------
    ValueError
        If no role has the fact.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Turn(Node):
    ...     def on_start(self):
    ...         self.after(self.id, self.become, "leader")
    >>> simultaneous_leaders(Simulation(cluster(Turn, 2)).run(until=5.0))
       start  end  seconds leaders
    0    2.0  5.0      3.0  (1, 2)
    """
    after, until = window(trace, after, until)
    found = _reigns(trace, roles, within)
    facts = list(dict.fromkeys(reign.fact for reign in found))
    rows = [
        (fact, *crowd)
        for fact in facts
        for crowd in _crowds(trace, [reign for reign in found if reign.fact == fact], after, until)
    ]
    rows.sort(key=lambda row: row[1])
    frame = pd.DataFrame(
        {
            "start": np.array([row[1] for row in rows], dtype=np.float64),
            "end": np.array([row[2] for row in rows], dtype=np.float64),
            "seconds": np.array([row[2] - row[1] for row in rows], dtype=np.float64),
            "leaders": pd.Series([row[3] for row in rows], dtype=object),
        }
    )
    if within is not None:
        frame.insert(0, within, pd.Series([row[0] for row in rows], dtype=None if rows else object))
    return frame


def _crowds(
    trace: Trace, found: list[_Reign], after: float, until: float
) -> Iterator[tuple[float, float, tuple[Any, ...]]]:
    """(start, end, leaders) of each stretch with two or more of these reigns."""
    spans = [(max(reign.start, after), reign.end, reign.node) for reign in found]
    spans = [span for span in spans if span[0] < span[1]]
    # At one instant reigns end before others begin: the last instant of a reign is not part of it.
    steps = sorted(
        [(start, 1, node) for start, _, node in spans] + [(end, 0, node) for _, end, node in spans],
        key=lambda step: step[:2],
    )
    leading: list[Any] = []
    since = after
    for time, begins, node in steps:
        time = min(time, until)
        if len(leading) >= 2 and since < time:
            yield since, time, _in_order(trace, leading)
        since = time
        if begins:
            leading.append(node)
        else:
            leading.remove(node)


def _reigns(trace: Trace, roles: Sequence[str], fact: str | None = None) -> list[_Reign]:
    """Reigns in the order of their beginning; with ``fact``, a new one begins when its value changes."""
    wanted = (roles,) if isinstance(roles, str) else tuple(roles)
    if not wanted:
        raise ValueError(f"roles must name at least one role, such as {LEADER_ROLES!r}; got none.")
    table = trace.roles
    leads = table["role"].isin(wanted).to_numpy(dtype=bool)
    if not leads.any():
        return []
    if fact is not None and fact not in table.columns[4:]:
        facts = ", ".join(map(repr, table.columns[4:])) or "none"
        raise ValueError(f"within must be a fact of the roles, which are: {facts}; got {fact!r}.")
    still = _still_leading(trace, table["node"].to_numpy(), table["start"].to_numpy(dtype=float))
    table = table[leads]
    values = fact_values(table[fact]) if fact is not None else [None] * len(table)
    found: list[_Reign] = []
    latest: dict[Any, int] = {}
    for row, node, start, end, value in zip(
        table.index, table["node"], table["start"], table["end"], values, strict=True
    ):
        lasted = still.get(node) == row and end == trace.end
        if end == start and not lasted:
            continue
        before = latest.get(node)
        if before is not None and found[before].end == start and found[before].fact == value:
            found[before] = found[before]._replace(end=end, lasted=lasted)
        else:
            latest[node] = len(found)
            found.append(_Reign(node, float(start), float(end), bool(lasted), value))
    return sorted(found, key=lambda reign: reign.start)


def _still_leading(trace: Trace, nodes: np.ndarray, starts: np.ndarray) -> dict[Any, int]:
    """Node -> the row of the role that it has when the run ends; nodes that are down have none."""
    last = {node: row for row, node in enumerate(nodes)}
    for node, time, what, _ in trace.lives():
        if node in last and what == "down" and time > starts[last[node]]:
            del last[node]
    return last


def fact_values(column: pd.Series) -> list[Any]:
    """The values of a fact as they were given: pandas makes 3.0 of 3 where other roles lack the fact.

    >>> fact_values(pd.Series([1.0, float("nan")]))
    [1, None]
    """
    if column.dtype == np.float64:
        return [
            None if math.isnan(value) else int(value) if value.is_integer() else value
            for value in column.to_list()
        ]
    return [None if value is pd.NA else value for value in column.to_list()]


def _in_order(trace: Trace, nodes: list[Any]) -> tuple[Any, ...]:
    place = {node: index for index, node in enumerate(trace.nodes)}
    return tuple(sorted(dict.fromkeys(nodes), key=place.__getitem__))
