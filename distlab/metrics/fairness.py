"""How evenly something is shared."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

__all__ = ["jain_index"]


def jain_index(values: Iterable[float]) -> float:
    """Jain's fairness index: 1 if all have the same, 1/n if one of n has everything.

    (sum of x)^2 / (n * sum of x^2)

    Parameters
    ----------
    values
        What each one got, 0 or more.

    Returns
    -------
    float
        Between 1/n and 1; NaN if nobody got anything or there is nobody.

    Raises
    ------
    ValueError
        If a value is negative or not a number.

    References
    ----------
    R. Jain, D. Chiu and W. Hawe, "A quantitative measure of fairness and discrimination for resource
    allocation in shared computer systems", DEC-TR-301, 1984.

    Examples
    --------
    >>> jain_index([1, 1, 1, 1]), jain_index([1, 0, 0, 0])
    (1.0, 0.25)
    """
    shares = np.fromiter(values, dtype=np.float64)
    if not (shares >= 0).all():
        wrong = shares[~(shares >= 0)][0]
        raise ValueError(f"values must be numbers of 0 or more; got {wrong:g}.")
    largest = float(np.max(shares, initial=0.0))
    if largest == 0:
        return math.nan
    shares = shares / largest  # so that no square is too large or too small for a float
    return float(shares.sum() ** 2 / (len(shares) * np.dot(shares, shares)))
