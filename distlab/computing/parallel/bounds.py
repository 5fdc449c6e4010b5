"""Closed forms: what the runs of this package are held against.

Amdahl's and Gustafson's laws are in ``distlab.metrics``.
"""

from __future__ import annotations

import math

from .job import Job

__all__ = [
    "batch_makespan",
    "best_number_of_pieces",
    "graham_bound",
    "least_makespan",
    "skewed_speed_up",
    "split_makespan",
]


def least_makespan(job: Job, workers: int) -> float:
    """No schedule is shorter: neither than the span, nor than the work divided by the workers.

    >>> from distlab.computing.parallel import report
    >>> [least_makespan(report(), m) for m in (1, 2)]
    [27.0, 14.0]
    """
    return max(job.span, job.work / workers)


def graham_bound(job: Job, workers: int) -> float:
    """No list schedule is longer: W/m + (1 - 1/m) S, with the work W and the span S.

    So list scheduling is within 2 - 1/m of the optimum (R. L. Graham 1966).

    >>> from distlab.computing.parallel import report
    >>> [graham_bound(report(), m) for m in (1, 2)]
    [27.0, 20.5]
    """
    return job.work / workers + (1 - 1 / workers) * job.span


def batch_makespan(jobs: int, seconds: float, workers: int) -> float:
    """Equal jobs that are not cut: ceil(J/n) W.

    >>> [batch_makespan(6, 27.0, n) for n in (1, 4, 6, 8)]
    [162.0, 54.0, 27.0, 27.0]
    """
    return math.ceil(jobs / workers) * seconds


def split_makespan(work: float, pieces: int, split: float, merge: float = 0.0, latency: float = 0.0) -> float:
    """One job in equal shares, a worker for each: W/n + 2 L + a + b + (n - 1) max(a, b).

    The dispatcher cuts out one share after the other (a seconds each) and merges one result after the other
    (b seconds each). If merging takes time at all, the last share has to be sent before the first result
    comes back: (n - 1) a <= W/n + 2 L.

    Parameters
    ----------
    work
        Seconds on one worker.
    pieces
        Shares, and workers.
    split, merge
        Seconds per share.
    latency
        Seconds per message.

    Raises
    ------
    ValueError
        If results are merged while shares are still cut out: then there is no such simple form.

    Examples
    --------
    >>> split_makespan(100.0, 10, split=0.5)
    15.0
    """
    share = work / pieces
    if merge and (pieces - 1) * split > share + 2 * latency:
        raise ValueError(
            f"split must be at most (work / pieces + 2 * latency) / (pieces - 1) seconds for this form; "
            f"got {split!r}."
        )
    return share + 2 * latency + split + merge + (pieces - 1) * max(split, merge)


def best_number_of_pieces(work: float, split: float) -> float:
    """With a worker for each share, W/n + a n is least at n = sqrt(W/a).

    >>> best_number_of_pieces(100.0, split=0.25)
    20.0
    """
    if not (work > 0 and split > 0):
        raise ValueError(f"work and split must be more than 0 seconds; got {work!r} and {split!r}.")
    return math.sqrt(work / split)


def skewed_speed_up(pieces: int, skew: float) -> float:
    """Shares in proportion to k ** -skew, a worker for each: the sum of all over the largest.

    With a skew of 1 that is the harmonic number, which grows like the logarithm of n.

    >>> round(skewed_speed_up(10, 1.0), 3), skewed_speed_up(10, 0.0)
    (2.929, 10.0)
    """
    return math.fsum(k**-skew for k in range(1, pieces + 1))
