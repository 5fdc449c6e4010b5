"""How long each job waits in a line, worked out without a simulator, for runs of millions of jobs.

    one server   W(1) = 0,  W(j+1) = max(0, W(j) + S(j) - T(j+1))          (Lindley)
    c servers    a job takes the server that is free first                 (Kiefer and Wolfowitz)

W is the waiting time of a job, S its service time, T the gap between its arrival and the one before it. A run
of the simulator waits exactly as these recursions say. A queue at 90 % of its capacity remembers for hundreds
of jobs, so a mean within a few per cent takes millions of them.

References
----------
D. V. Lindley, "The theory of queues with a single server", Proc. Cambridge Philosophical Society 48 (1952).
J. Kiefer and J. Wolfowitz, "On the theory of queues with many servers", Transactions of the American
Mathematical Society 78 (1955).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from distlab.sim import Constant, Distribution, Exponential, LogNormal, Shifted, Uniform

from .fan_out import NowAndThen

__all__ = ["LongRun", "line_waits", "long_run"]

Floats = NDArray[np.float64]

_FORGETS = 20_000  # jobs after which a line has forgotten that it began empty
_BLOCK = 250  # jobs per line that are drawn at once


class LongRun(NamedTuple):
    """Waiting and service times of many jobs, in seconds, the beginning of each line left out."""

    waits: Floats
    services: Floats

    @property
    def responses(self) -> Floats:
        """Seconds from arrival to the end of service."""
        return self.waits + self.services

    def figures(self) -> dict[str, float]:
        """What is usually asked of a queue.

        Returns
        -------
        dict
            "wait" and "response", means in seconds; "waits", the share of jobs that do not start at once;
            "p50" and "p99", percentiles of the response time in seconds.

        Examples
        --------
        >>> LongRun(np.array([0.0, 1.0]), np.array([2.0, 2.0])).figures()["response"]
        2.5
        """
        responses = self.responses
        p50, p99 = np.percentile(responses, (50, 99))
        return {
            "wait": float(self.waits.mean()),
            "waits": float((self.waits > 0).mean()),
            "response": float(responses.mean()),
            "p50": float(p50),
            "p99": float(p99),
        }


def line_waits(gaps: ArrayLike, services: ArrayLike, servers: int = 1) -> Floats:
    """The waiting time of each job, in order of arrival, first come, first served.

    Parameters
    ----------
    gaps, services
        Seconds between the arrival before and this one, and seconds of service: one number per job; or one
        row per job and one column per line, for many lines at once.
    servers
        How many jobs are served at once, 1 or more.

    Returns
    -------
    numpy.ndarray
        Seconds, in the shape of ``gaps``; each line begins empty.

    Raises
    ------
    ValueError
        If the two have different shapes, or ``servers`` is no whole number of 1 or more.

    Examples
    --------
    >>> line_waits([0.0, 1.0, 1.0], [2.0, 2.0, 2.0]).tolist()
    [0.0, 1.0, 2.0]
    >>> line_waits([0.0, 1.0, 1.0], [2.0, 2.0, 2.0], servers=2).tolist()
    [0.0, 0.0, 0.0]
    """
    between, work = np.asarray(gaps, dtype=np.float64), np.asarray(services, dtype=np.float64)
    if between.shape != work.shape:
        raise ValueError(
            f"gaps and services must have one shape; got {between.shape} and {work.shape} numbers."
        )
    _require_servers(servers)
    if servers == 1:
        steps = np.zeros_like(work)
        steps[1:] = work[:-1] - between[1:]
        walk = np.cumsum(steps, axis=0)
        return walk - np.minimum.accumulate(walk, axis=0)
    lines = between.reshape(len(between), -1)
    return _Lines(servers, lines.shape[1]).waits(lines, work.reshape(lines.shape)).reshape(work.shape)


class _Lines:
    """Many lines side by side, each in front of its own servers: the time, and when servers are free."""

    def __init__(self, servers: int, lines: int) -> None:
        self.now = np.zeros(lines)
        self.free = np.zeros((servers, lines))  # sorted: the first row is the server that is free first

    def waits(self, gaps: Floats, services: Floats) -> Floats:
        """Waiting times of the next jobs, one row per job."""
        now, free = self.now, self.free
        waits = np.empty_like(services)
        for job in range(len(gaps)):
            now += gaps[job]
            start = np.maximum(free[0], now)
            waits[job] = start - now
            end = start + services[job]
            for server in range(1, len(free)):  # insert the end where it belongs
                np.minimum(free[server], end, out=free[server - 1])
                end = np.maximum(free[server], end)
            free[-1] = end
        return waits


def long_run(
    gap: Distribution,
    service: Distribution,
    servers: int = 1,
    jobs: int = 1_000_000,
    seed: int = 0,
) -> LongRun:
    """Waiting times of many jobs in balance.

    The jobs are those of several independent lines, each after it has forgotten that it began empty.

    Parameters
    ----------
    gap
        Seconds between arrivals: ``Exponential(1 / rate)`` for Poisson arrivals.
    service
        Seconds of service.
    servers
        How many jobs are served at once, 1 or more.
    jobs
        How many jobs, at least.
    seed
        Whole number; same arguments, same times.

    Returns
    -------
    LongRun
        waits, services and responses.

    Raises
    ------
    ValueError
        If the servers cannot keep up, so that no balance exists; or a law is not one of Constant, Uniform,
        Exponential, LogNormal, Shifted and NowAndThen.

    Examples
    --------
    >>> run = long_run(Exponential(1.25), Exponential(1.0))  # M/M/1 at 80 %
    >>> float(abs(run.responses.mean() / 5.0 - 1).round(1))
    0.0
    """
    _require_servers(servers)
    if jobs < 1:
        raise ValueError(f"jobs must be a whole number of 1 or more; got {jobs!r}.")
    if service.mean >= servers * gap.mean:
        raise ValueError(
            f"{servers} servers at {service.mean:g} s a job cannot keep up with a job every {gap.mean:g} s: "
            "there is no balance. Give a larger gap or more servers."
        )
    rng = np.random.Generator(np.random.PCG64(seed))
    if servers == 1:
        size: tuple[int, ...] = (_FORGETS + jobs,)
        services = draw_many(service, rng, size)
        waits = line_waits(draw_many(gap, rng, size), services)
        return LongRun(waits[_FORGETS:], services[_FORGETS:])
    lines = max(500, math.isqrt(2 * jobs))  # many lines at once: few steps, each of which does much
    queue = _Lines(servers, lines)
    parts = []
    for steps, kept in ((_FORGETS // 10, False), (-(-jobs // lines), True)):
        for block in _blocks(steps):
            services = draw_many(service, rng, (block, lines))
            waits = queue.waits(draw_many(gap, rng, (block, lines)), services)
            if kept:
                parts.append((waits.ravel(), services.ravel()))
    return LongRun(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _blocks(steps: int) -> list[int]:
    """Numbers of steps whose draws fit well into memory."""
    return [min(_BLOCK, steps - begun) for begun in range(0, steps, _BLOCK)]


def draw_many(law: Distribution, rng: np.random.Generator, size: tuple[int, ...]) -> Floats:
    """Draws of a duration, in seconds, as an array.

    They are made from uniform numbers, which no version of numpy draws differently, and those that need a
    logarithm are rounded to a nanosecond, as in :mod:`distlab.sim.distributions`.

    >>> draw_many(Constant(0.5), np.random.default_rng(1), (2,)).tolist()
    [0.5, 0.5]
    """
    if isinstance(law, Constant):
        return np.full(size, law.seconds)
    if isinstance(law, Uniform):
        return law.low + (law.high - law.low) * rng.random(size)
    if isinstance(law, Exponential):
        return np.round(-np.log1p(-rng.random(size)) * law.mean, 9)
    if isinstance(law, LogNormal):
        normal = np.sqrt(-2 * np.log1p(-rng.random(size))) * np.cos(
            2 * np.pi * rng.random(size)
        )  # Box, Muller
        return np.round(law.median * np.exp(law.sigma * normal), 9)
    if isinstance(law, Shifted):
        return law.by + draw_many(law.rest, rng, size)
    if isinstance(law, NowAndThen):
        rare = rng.random(size) < law.share
        return np.where(rare, draw_many(law.rare, rng, size), draw_many(law.usual, rng, size))
    raise ValueError(
        f"a law must be Constant, Uniform, Exponential, LogNormal, Shifted or NowAndThen; got {law!r}."
    )


def _require_servers(servers: int) -> None:
    if isinstance(servers, bool) or not isinstance(servers, int) or servers < 1:
        raise ValueError(f"servers must be a whole number of 1 or more; got {servers!r}.")
