"""Queues in closed form: how long jobs wait, if they arrive at random.

Letters as in Kendall's notation: M is memoryless (Poisson arrivals, exponential service), D deterministic, G
any law; then the number of servers. All queues are first come, first served, and have room for everybody. A
queue whose servers cannot keep up (utilisation 1 or more) grows without bound: its lengths and times are
infinite, and everybody waits.

Rates are per second, times in seconds.

References
----------
L. Kleinrock, *Queueing Systems, Volume 1: Theory*, Wiley, 1975.
D. Gross and others, *Fundamentals of Queueing Theory*, Wiley, 4th edition 2008.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ..arguments import number

__all__ = ["Queue", "erlang_b", "erlang_c", "ggc", "md1", "mg1", "mm1", "mm1_percentile", "mmc"]


class Queue(NamedTuple):
    """What is expected of a queue in the long run."""

    utilisation: float
    """rho: the share of time that a server is busy; 1 if it cannot keep up."""
    waiting_probability: float
    """The share of jobs that do not start at once."""
    waiting_time: float
    """Wq: mean seconds before service begins."""
    response_time: float
    """W: mean seconds from arrival to the end of service."""
    waiting_jobs: float
    """Lq: mean number of jobs that wait."""
    jobs_inside: float
    """L: mean number of jobs that wait or are served."""


def mm1(arrival_rate: float, service_rate: float = 1.0) -> Queue:
    """One server, Poisson arrivals, exponential service: W = 1 / (mu - lambda).

    Parameters
    ----------
    arrival_rate, service_rate
        lambda and mu, per second.

    Raises
    ------
    ValueError
        If a rate is not a number of 0 or more (service: more than 0).

    Examples
    --------
    >>> [round(mm1(rho).response_time, 9) for rho in (0.5, 0.8, 0.9)]
    [2.0, 5.0, 10.0]
    """
    return mmc(arrival_rate, 1, service_rate)


def mm1_percentile(percent: float, arrival_rate: float, service_rate: float = 1.0) -> float:
    """A percentile of the response time of M/M/1, which is exponential: -ln(1 - percent / 100) W seconds.

    Parameters
    ----------
    percent
        Between 0 and 100.
    arrival_rate, service_rate
        lambda and mu, per second.

    Examples
    --------
    >>> round(mm1_percentile(99, 0.5) / mm1(0.5).response_time, 3)
    4.605
    """
    share = number("percent", percent, high=100.0) / 100
    if share == 0:
        return 0.0
    mean = mm1(arrival_rate, service_rate).response_time
    return -math.log1p(-share) * mean if share < 1 else math.inf


def mmc(arrival_rate: float, servers: int, service_rate: float = 1.0) -> Queue:
    """Several servers, one line, Poisson arrivals, exponential service: Wq = Erlang's C / (c mu - lambda).

    Parameters
    ----------
    arrival_rate
        lambda, per second.
    servers
        c, 1 or more.
    service_rate
        mu, per second and server.

    Raises
    ------
    ValueError
        If a rate is not a number of 0 or more (service: more than 0), or ``servers`` no whole number of 1 or
        more.

    References
    ----------
    A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic
    telephone exchanges", 1917.

    Examples
    --------
    >>> [round(figure, 5) for figure in mmc(8, servers=10)[1:3]]
    [0.40918, 0.20459]
    """
    number("arrival_rate", arrival_rate)
    number("service_rate", service_rate, above=True)
    load = arrival_rate / service_rate
    waits = erlang_c(load, servers)
    spare = servers * service_rate - arrival_rate
    wait = waits / spare if spare > 0 else math.inf
    return _queue(arrival_rate, servers, 1 / service_rate, waits, wait)


def md1(arrival_rate: float, service_time: float = 1.0) -> Queue:
    """One server, Poisson arrivals, service that always takes the same time: half the waiting of M/M/1.

    Parameters
    ----------
    arrival_rate
        lambda, per second.
    service_time
        Seconds.

    Examples
    --------
    >>> round(md1(0.5).waiting_time, 9), round(mm1(0.5).waiting_time, 9)
    (0.5, 1.0)
    """
    number("service_time", service_time, above=True)
    return mg1(arrival_rate, service_time, service_time**2)


def mg1(arrival_rate: float, mean: float, second_moment: float) -> Queue:
    """One server, Poisson arrivals, any law of service: Wq = lambda E[S^2] / (2 (1 - rho)).

    The formula of Pollaczek and Khinchine.

    Parameters
    ----------
    arrival_rate
        lambda, per second.
    mean, second_moment
        E[S] in seconds and E[S^2] in seconds squared, of the service time.

    Raises
    ------
    ValueError
        If the second moment is less than the square of the mean, which no law allows.

    References
    ----------
    F. Pollaczek, "Ueber eine Aufgabe der Wahrscheinlichkeitstheorie", Mathematische Zeitschrift 32 (1930).

    Examples
    --------
    >>> mg1(0.5, mean=1.0, second_moment=2.0).waiting_time
    1.0
    """
    number("arrival_rate", arrival_rate)
    number("mean", mean, above=True)
    number("second_moment", second_moment)
    if second_moment < mean**2 * (1 - 1e-12):
        raise ValueError(
            f"second_moment must be at least the square of the mean, {mean**2:g}; got {second_moment!r}."
        )
    rho = arrival_rate * mean
    if rho >= 1:
        return _queue(arrival_rate, 1, mean, 1.0, math.inf)
    return _queue(arrival_rate, 1, mean, rho, arrival_rate * second_moment / (2 * (1 - rho)))


def ggc(
    arrival_rate: float,
    servers: int,
    mean: float = 1.0,
    *,
    arrival_variation: float,
    service_variation: float,
) -> Queue:
    """Several servers, any laws, approximately: the waiting of M/M/c x the mean of the squared variations.

    Exact for M/M/c, M/G/1 and D/D/c; else an approximation that is best when the servers are busy. The
    probability of waiting is that of M/M/c.

    Parameters
    ----------
    arrival_rate
        lambda, per second.
    servers
        c, 1 or more.
    mean
        Of the service time, in seconds.
    arrival_variation, service_variation
        Squared coefficients of variation, variance / mean^2, of the gaps between arrivals and of the service
        times: 0 for a constant, 1 for exponential.

    References
    ----------
    A. O. Allen, *Probability, Statistics, and Queueing Theory*, Academic Press, 1978 (the Allen-Cunneen
    formula). J. F. C. Kingman, "The single server queue in heavy traffic", Proc. Cambridge Philosophical
    Society 57 (1961).

    Examples
    --------
    >>> ggc(0.5, 1, arrival_variation=1.0, service_variation=0.0) == md1(0.5)
    True
    """
    number("mean", mean, above=True)
    number("arrival_variation", arrival_variation)
    number("service_variation", service_variation)
    memoryless = mmc(arrival_rate, servers, 1 / mean)
    factor = (arrival_variation + service_variation) / 2
    wait = memoryless.waiting_time
    if factor > 0 and wait < math.inf:
        wait *= factor
    elif factor == 0 and arrival_rate * mean <= servers:
        wait = 0.0
    return _queue(arrival_rate, servers, mean, memoryless.waiting_probability, wait)


def erlang_b(load: float, servers: int) -> float:
    """Erlang's B: the share of jobs that find all servers busy, if those jobs go away.

    Parameters
    ----------
    load
        Offered load, arrival rate x mean service time (in erlang).
    servers
        0 or more.

    References
    ----------
    A. K. Erlang, 1917 (see :func:`mmc`).

    Examples
    --------
    >>> erlang_b(1.0, 1)
    0.5
    """
    number("load", load)
    blocked = 1.0
    for server in range(1, _whole("servers", servers, 0) + 1):
        blocked = load * blocked / (server + load * blocked)
    return blocked


def erlang_c(load: float, servers: int) -> float:
    """Erlang's C: the share of jobs that find all servers busy, if those jobs wait.

    Parameters
    ----------
    load
        Offered load, arrival rate x mean service time (in erlang).
    servers
        1 or more.

    Returns
    -------
    float
        1 if the load is as much as the servers can do, or more.

    References
    ----------
    A. K. Erlang, 1917 (see :func:`mmc`).

    Examples
    --------
    >>> [round(erlang_c(load, servers), 5) for load, servers in ((8, 10), (9, 10), (1.6, 2))]
    [0.40918, 0.66873, 0.71111]
    """
    blocked = erlang_b(load, _whole("servers", servers, 1))
    if load >= servers:
        return 1.0
    return servers * blocked / (servers - load * (1 - blocked))


def _queue(arrival_rate: float, servers: int, service: float, waits: float, wait: float) -> Queue:
    """The other figures by Little's law."""
    return Queue(
        utilisation=min(1.0, arrival_rate * service / servers),
        waiting_probability=waits,
        waiting_time=wait,
        response_time=wait + service,
        waiting_jobs=arrival_rate * wait if wait else 0.0,
        jobs_inside=arrival_rate * (wait + service),
    )


def _whole(name: str, value: int, low: int) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < low:
        raise ValueError(f"{name} must be a whole number of {low} or more; got {value!r}.")
    return int(value)
