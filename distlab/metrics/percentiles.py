"""Percentiles: what a mean hides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

__all__ = ["percentiles"]


def percentiles(values: Iterable[float], percents: Sequence[float] = (50, 95, 99)) -> pd.Series:
    """Percentiles of some values, interpolated linearly between neighbours.

    Parameters
    ----------
    values
        Numbers, such as response times in seconds; NaN is left out.
    percents
        Between 0 and 100.

    Returns
    -------
    pandas.Series
        "p50", "p95", ... -> value in the unit of ``values``; NaN if there are none.

    Raises
    ------
    ValueError
        If a percentage is not between 0 and 100.

    References
    ----------
    R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50 (1996),
    definition 7.

    Examples
    --------
    >>> percentiles([1.0, 2.0, 3.0, 4.0, 5.0], (50, 90)).to_dict()
    {'p50': 3.0, 'p90': 4.6}
    """
    for percent in percents:
        if not 0 <= percent <= 100:
            raise ValueError(f"percents must lie between 0 and 100; got {percent!r}.")
    given = np.fromiter(values, dtype=np.float64)
    given = given[~np.isnan(given)]
    found = np.percentile(given, percents) if given.size else np.full(len(percents), np.nan)
    return pd.Series(found, index=[f"p{percent:g}" for percent in percents], dtype=np.float64)
