"""What more machines bring: speed-up, efficiency, and the three laws of scaling.

Each function takes one number or a numpy array of numbers, and gives the same back.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from ..arguments import number

__all__ = ["amdahl", "efficiency", "gustafson", "scalability_peak", "speed_up", "universal_scalability"]

Numbers = TypeVar("Numbers", float, np.ndarray)


def speed_up(alone: Numbers, together: Numbers, by: str = "time") -> Numbers:
    """How many times as fast ``together`` is as ``alone``.

    Parameters
    ----------
    alone, together
        Measured on one machine and on several: seconds to completion, or jobs per second.
    by
        "time": alone / together. "throughput": together / alone.

    Raises
    ------
    ValueError
        If a measurement is not more than 0, or ``by`` is neither of the two.

    Examples
    --------
    >>> speed_up(12.0, 3.0), speed_up(100.0, 250.0, by="throughput")
    (4.0, 2.5)
    """
    _require("alone", alone, np.asarray(alone) > 0, "more than 0")
    _require("together", together, np.asarray(together) > 0, "more than 0")
    if by not in ("time", "throughput"):
        raise ValueError(f'by must be "time" or "throughput"; got {by!r}.')
    return alone / together if by == "time" else together / alone


def efficiency(speed_up: Numbers, n: Numbers) -> Numbers:
    """The speed-up per machine: 1 is linear scaling.

    Parameters
    ----------
    speed_up
        See :func:`speed_up`.
    n
        Machines, 1 or more.

    Examples
    --------
    >>> efficiency(6.0, 8)
    0.75
    """
    _require_machines(n)
    return speed_up / n


def amdahl(n: Numbers, parallel: float) -> Numbers:
    """Amdahl's law, the same job on n machines: 1 / ((1 - p) + p / n).

    Parameters
    ----------
    n
        Machines, 1 or more; ``math.inf`` gives the limit.
    parallel
        p, the share of the job, in time on one machine, that can be spread; between 0 and 1.

    Returns
    -------
    float or numpy.ndarray
        The speed-up.

    References
    ----------
    G. M. Amdahl, "Validity of the single processor approach to achieving large scale computing capabilities",
    AFIPS 1967.

    Examples
    --------
    >>> [round(amdahl(n, parallel=0.95), 3) for n in (10, 100, math.inf)]
    [6.897, 16.807, 20.0]
    """
    _require_machines(n)
    number("parallel", parallel, high=1.0)
    return 1 / ((1 - parallel) + parallel / n)


def gustafson(n: Numbers, parallel: float) -> Numbers:
    """Gustafson's law, a job that grows with the n machines: (1 - p) + p n.

    Parameters
    ----------
    n
        Machines, 1 or more.
    parallel
        p, the share of the time on n machines that is spent on what is spread; between 0 and 1.

    Returns
    -------
    float or numpy.ndarray
        The scaled speed-up.

    References
    ----------
    J. L. Gustafson, "Reevaluating Amdahl's law", Communications of the ACM 31 (1988).

    Examples
    --------
    >>> [round(gustafson(n, parallel=0.95), 2) for n in (10, 100)]
    [9.55, 95.05]
    """
    _require_machines(n)
    number("parallel", parallel, high=1.0)
    return (1 - parallel) + parallel * n


def universal_scalability(n: Numbers, contention: float, coherency: float) -> Numbers:
    """Gunther's law: n / (1 + alpha (n - 1) + beta n (n - 1)); with beta more machines end up slower.

    Parameters
    ----------
    n
        Machines, 1 or more.
    contention
        alpha, the share of the work that is done by one at a time; 0 or more. With beta = 0 this is Amdahl's
        law.
    coherency
        beta, the cost of keeping each pair of machines in agreement; 0 or more.

    Returns
    -------
    float or numpy.ndarray
        The relative capacity: throughput on n machines / throughput on one.

    References
    ----------
    N. J. Gunther, *Guerrilla Capacity Planning*, Springer, 2007, chapter 4.

    Examples
    --------
    >>> [round(universal_scalability(n, contention=0.05, coherency=0.001), 2) for n in (1, 31, 100)]
    [1.0, 9.04, 6.31]
    """
    _require_machines(n)
    number("contention", contention)
    number("coherency", coherency)
    return n / (1 + contention * (n - 1) + coherency * n * (n - 1))


def scalability_peak(contention: float, coherency: float) -> float:
    """The number of machines with the largest capacity by Gunther's law: sqrt((1 - alpha) / beta).

    See :func:`universal_scalability` for the parameters.

    Returns
    -------
    float
        1 if a second machine already costs more than it brings; infinite if there is no coherency cost.

    Examples
    --------
    >>> round(scalability_peak(contention=0.05, coherency=0.001), 1)
    30.8
    """
    number("contention", contention)
    number("coherency", coherency)
    if contention >= 1:
        return 1.0
    return max(1.0, math.sqrt((1 - contention) / coherency)) if coherency else math.inf


def _require_machines(n: float | np.ndarray) -> None:
    _require("n", n, np.asarray(n) >= 1, "1 or more")


def _require(name: str, value: float | np.ndarray, fits: np.ndarray, right: str) -> None:
    if not np.all(fits):
        raise ValueError(f"{name} must be {right}; got {value!r}.")
