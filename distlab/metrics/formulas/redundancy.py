"""What spare machines bring, and what many machines cost: availability, reliability, the tail of a fan-out.

All of them assume that machines fail or are slow independently of each other.
"""

from __future__ import annotations

import math

from ..arguments import number

__all__ = [
    "downtime",
    "fan_out_tail",
    "k_of_n_availability",
    "majority_availability",
    "nines",
    "reliability",
    "steady_availability",
]

_YEAR = 365.25 * 24 * 3600


def steady_availability(mtbf: float, mttr: float) -> float:
    """The share of time that a machine is up in the long run: MTBF / (MTBF + MTTR).

    Parameters
    ----------
    mtbf
        Mean operating time between failures, in seconds.
    mttr
        Mean time to restoration, in seconds.

    Raises
    ------
    ValueError
        If a time is negative, or both are 0.

    Examples
    --------
    >>> steady_availability(mtbf=9.0, mttr=1.0)
    0.9
    """
    number("mttr", mttr)
    number("mtbf", mtbf, above=mttr == 0)
    return 1.0 if math.isinf(mtbf) else mtbf / (mtbf + mttr)


def reliability(seconds: float, mtbf: float) -> float:
    """The probability of no failure at all in an interval, if failures come at random: exp(-seconds / MTBF).

    Availability is another thing: a machine that fails every minute and is back at once is available and not
    reliable.

    Parameters
    ----------
    seconds
        Length of the interval.
    mtbf
        Mean operating time between failures, in seconds.

    Examples
    --------
    >>> round(reliability(1.0, mtbf=10.0), 4)
    0.9048
    """
    return math.exp(-number("seconds", seconds) / number("mtbf", mtbf, above=True))


def k_of_n_availability(n: int, needed: int, up: float) -> float:
    """The probability that at least ``needed`` of ``n`` machines are up, each with probability ``up``.

    Parameters
    ----------
    n
        Machines, 1 or more. ``needed=n`` is a chain in which each one matters, ``needed=1`` one machine with
        spares.
    needed
        From 0 to n.
    up
        Between 0 and 1.

    Raises
    ------
    ValueError
        If a number is outside its range.

    Examples
    --------
    >>> [round(k_of_n_availability(3, needed, up=0.9), 3) for needed in (1, 2, 3)]
    [0.999, 0.972, 0.729]
    """
    _whole("n", n, 1)
    _whole("needed", needed, 0)
    if needed > n:
        raise ValueError(f"needed must be at most n={n}; got {needed!r}.")
    number("up", up, high=1.0)
    terms = [math.comb(n, k) * up**k * (1 - up) ** (n - k) for k in range(needed, n + 1)]
    return min(1.0, math.fsum(terms))


def majority_availability(n: int, up: float) -> float:
    """The probability that more than half of ``n`` machines are up, each with probability ``up``.

    Examples
    --------
    >>> [round(majority_availability(n, up=0.9), 6) for n in (3, 4, 5, 7)]
    [0.972, 0.9477, 0.99144, 0.997272]
    """
    return k_of_n_availability(n, _whole("n", n, 1) // 2 + 1, up)


def nines(availability: float) -> float:
    """How many nines an availability has: -log10(1 - availability), to nine decimal places; infinite for 1.

    Examples
    --------
    >>> nines(0.99), nines(0.9995)
    (2.0, 3.301029996)
    """
    missing = 1 - number("availability", availability, high=1.0)
    return round(-math.log10(missing), 9) + 0.0 if missing else math.inf


def downtime(availability: float, period: float = _YEAR) -> float:
    """The seconds of ``period`` in which a system of this availability is down.

    Parameters
    ----------
    availability
        Between 0 and 1.
    period
        Seconds; default: a year of 365.25 days.

    Examples
    --------
    >>> round(downtime(0.999) / 3600, 2)
    8.77
    """
    return (1 - number("availability", availability, high=1.0)) * number("period", period)


def fan_out_tail(leaves: int, slow: float) -> float:
    """The probability that a request which waits for all of its leaves is slow: 1 - (1 - slow)^leaves.

    Parameters
    ----------
    leaves
        How many machines are asked, 0 or more.
    slow
        The probability that one answer is slow, between 0 and 1.

    References
    ----------
    J. Dean and L. A. Barroso, "The tail at scale", Communications of the ACM 56 (2013).

    Examples
    --------
    >>> round(fan_out_tail(100, slow=0.01), 3), round(fan_out_tail(2000, slow=0.0001), 3)
    (0.634, 0.181)
    """
    _whole("leaves", leaves, 0)
    if number("slow", slow, high=1.0) == 1:
        return 1.0 if leaves else 0.0
    return -math.expm1(leaves * math.log1p(-slow))


def _whole(name: str, value: int, low: int) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < low:
        raise ValueError(f"{name} must be a whole number of {low} or more; got {value!r}.")
    return int(value)
