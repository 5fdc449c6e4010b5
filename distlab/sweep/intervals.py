"""Confidence intervals of a mean and of a proportion."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np


def t_interval(mean: float, std: float, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Student's confidence interval of a mean.

    Parameters
    ----------
    mean, std:
        Of the sample; ``std`` with the divisor n - 1.
    count:
        Size n of the sample.
    confidence:
        Between 0 and 1.

    Returns
    -------
    The lower and the upper end; two NaN for fewer than two values.

    Raises
    ------
    ValueError
        The confidence is not between 0 and 1.

    References
    ----------
    Student, "The probable error of a mean", Biometrika 6 (1908).

    Examples
    --------
    >>> [round(end, 3) for end in t_interval(mean=10.0, std=2.0, count=4)]
    [6.818, 13.182]
    """
    check_confidence(confidence)
    if count < 2:
        return math.nan, math.nan
    half = _t_quantile(confidence, count - 1) * std / math.sqrt(count)
    return mean - half, mean + half


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's confidence interval of a proportion, which holds also near 0 and 1 and for few trials.

    Parameters
    ----------
    successes:
        How many of the trials succeeded.
    trials:
        How many there were.
    confidence:
        Between 0 and 1.

    Returns
    -------
    The lower and the upper end, within 0 and 1; two NaN without trials.

    Raises
    ------
    ValueError
        The successes are not between 0 and the trials, or the confidence is not between 0 and 1.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
    American Statistical Association 22 (1927).

    Examples
    --------
    >>> [round(end, 3) for end in wilson_interval(0, 20)]
    [0.0, 0.161]
    """
    check_confidence(confidence)
    if not 0 <= successes <= trials:
        raise ValueError(f"successes={successes}: give a number from 0 to trials={trials}")
    if trials == 0:
        return math.nan, math.nan
    square = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    share = successes / trials
    centre = share + square / (2 * trials)
    half = math.sqrt(square * (share * (1 - share) / trials + square / (4 * trials**2)))
    scale = 1 + square / trials
    # At both ends the formula gives exactly 0 or 1, but its rounded terms do not.
    low = 0.0 if successes == 0 else (centre - half) / scale
    high = 1.0 if successes == trials else (centre + half) / scale
    return low, high


def check_confidence(confidence: float) -> None:
    """Refuse what is no share between 0 and 1, such as 95."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence}: give a number between 0 and 1, such as 0.95")


@lru_cache(maxsize=4096)
def _t_quantile(confidence: float, freedom: int) -> float:
    """Return the t with P(|T| <= t) = confidence, for Student's T with so many degrees of freedom.

    With t = sqrt(freedom) tan(angle) the probability is a finite sum in the angle (Abramowitz and Stegun,
    Handbook of Mathematical Functions, 26.7.3 and 26.7.4). It is concave, and the normal quantile lies below
    t, so that Newton's method climbs to the root and never passes it.
    """
    odd = freedom % 2
    k = np.arange(1, (freedom - odd) // 2)
    ratios = 2 * k / (2 * k + 1) if odd else (2 * k - 1) / (2 * k)
    coefficients = np.cumprod(np.concatenate(([1.0], ratios)))
    slope_at_0 = 2 / math.sqrt(math.pi) * math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2))
    angle = math.atan(NormalDist().inv_cdf((1 + confidence) / 2) / math.sqrt(freedom))
    for _ in range(100):
        sine, cosine = math.sin(angle), math.cos(angle)
        series = float(coefficients @ cosine ** (2 * np.arange(len(coefficients))))
        if freedom == 1:
            within = 2 / math.pi * angle
        elif odd:
            within = 2 / math.pi * (angle + sine * cosine * series)
        else:
            within = sine * series
        step = (confidence - within) / (slope_at_0 * cosine ** (freedom - 1))
        angle += step
        if abs(step) <= 1e-14 * angle:
            break
    return math.sqrt(freedom) * math.tan(angle)
