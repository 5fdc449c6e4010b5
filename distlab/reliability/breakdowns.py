"""Machines that break down and are repaired at random: fault schedules for a given MTBF and MTTR.

Up times and down times are exponential. So the share of time that a machine is up is MTBF / (MTBF + MTTR),
and the probability that it runs for t seconds without a failure is exp(-t / MTBF).
"""

from __future__ import annotations

from collections.abc import Sequence

from distlab.sim import Exponential, NodeId, Outage, stream

__all__ = ["breakdowns"]


def breakdowns(
    nodes: Sequence[NodeId],
    mtbf: float,
    mttr: float,
    until: float,
    seed: int = 0,
    together: bool = False,
) -> list[Outage]:
    """Outages of some nodes, each at random and in balance from the beginning.

    Parameters
    ----------
    nodes
        Ids of the nodes.
    mtbf
        Mean up time between failures, in seconds.
    mttr
        Mean time to restoration, in seconds.
    until
        The end of the schedule in seconds; no outage begins later.
    seed
        Whole number; same arguments, same schedule.
    together
        If true, all nodes fail and recover at the same times (they share a rack, a switch, a release);
        else independently of each other.

    Returns
    -------
    list of Outage
        In order of time.

    Raises
    ------
    ValueError
        If a time is not more than 0 seconds, or there are no nodes.

    Examples
    --------
    >>> schedule = breakdowns([1, 2], mtbf=9.0, mttr=1.0, until=40.0, seed=1)
    >>> schedule[0]
    Outage(node=1, at=0.0, until=0.291669225)
    """
    for name, value in (("mtbf", mtbf), ("mttr", mttr), ("until", until)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
            raise ValueError(f"{name} must be more than 0 seconds; got {value!r}.")
    if not nodes:
        raise ValueError("nodes must name at least one node; got none.")
    schedule: list[Outage] = []
    groups = [tuple(nodes)] if together else [(node,) for node in nodes]
    for number, group in enumerate(groups):
        for at, end in _outages(mtbf, mttr, until, seed, number):
            schedule += [Outage(node, at, end) for node in group]
    return sorted(schedule, key=lambda outage: outage.at)


def _outages(mtbf: float, mttr: float, until: float, seed: int, number: int) -> list[tuple[float, float]]:
    rng = stream(seed, "breakdowns", number)
    running, repair = Exponential(mtbf).draws(rng), Exponential(mttr).draws(rng)
    time = 0.0 if rng.random() < mttr / (mtbf + mttr) else next(running)
    found = []
    while time < until:
        end = round(time + max(next(repair), 1e-6), 9)
        found.append((round(time, 9), end))
        time = end + next(running)
    return found
