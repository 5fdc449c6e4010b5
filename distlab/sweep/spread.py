"""The summary of many runs: one row per point and measure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from distlab.sweep.intervals import check_confidence, t_interval, wilson_interval

STATISTICS = (
    *("count", "missing", "mean", "ci_low", "ci_high", "std"),
    *("min", "p05", "median", "p95", "p99", "max"),
)


def summary(
    runs: pd.DataFrame,
    by: str | Sequence[str] | None = None,
    measures: str | Sequence[str] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Summarise a table with one row per run, such as ``sweep(..., raw=True)`` returns.

    Parameters
    ----------
    runs:
        One row per run.
    by:
        The columns that name a point; rows that agree in them are summarised together. None: all columns to
        the left of ``seed``.
    measures:
        The columns to summarise. None: all columns to the right of ``seed``.
    confidence:
        Of the intervals, between 0 and 1.

    Returns
    -------
    One row per point and measure, in the order of ``runs``: the columns of ``by``; ``measure``, unless the
    only one is ``value``; ``count`` and ``missing``, the runs with and without a number; and of those with
    one the ``mean``, its confidence interval from ``ci_low`` to ``ci_high``, ``std`` (of the sample),
    ``min``, ``p05``, ``median``, ``p95``, ``p99`` (percentiles, interpolated linearly) and ``max``.

    Of a bool the mean is the share of true, with Wilson's interval. Of a number it has Student's interval,
    which needs two runs, and holds when the mean of so many runs is about normal. Missing runs are left out,
    not counted as 0: look at ``missing`` before comparing means.

    Raises
    ------
    ValueError
        A column is not there or not of numbers, or the confidence is not between 0 and 1.

    Examples
    --------
    >>> runs = pd.DataFrame({"n": [3, 3, 3, 3], "seed": range(4), "won": [True, True, True, False]})
    >>> summary(runs)[["n", "measure", "count", "mean", "ci_low", "ci_high"]].round(3)
       n measure  count  mean  ci_low  ci_high
    0  3     won      4  0.75   0.301    0.954
    """
    check_confidence(confidence)
    names = list(runs.columns)
    if "seed" not in names and (by is None or measures is None):
        raise ValueError(f"runs has no column 'seed': name the columns in by= and measures=, out of {names}")
    seed = names.index("seed") if "seed" in names else 0
    point = names[:seed] if by is None else [by] if isinstance(by, str) else list(by)
    chosen = (
        names[seed + 1 :] if measures is None else [measures] if isinstance(measures, str) else list(measures)
    )
    _check(runs, point, chosen)

    group = np.zeros(len(runs), dtype=int)
    if point:
        group = runs.groupby(point, sort=False, dropna=False, observed=True).ngroup().to_numpy()
    first_rows = np.unique(group, return_index=True)[1]
    points = runs[point].iloc[first_rows].reset_index(drop=True)
    tables = []
    for name in chosen:
        table = points.copy()
        if chosen != ["value"]:
            table["measure"] = name
        tables.append(table.join(_spread(runs[name], group, confidence)))
    return pd.concat(tables).sort_index(kind="stable").reset_index(drop=True)


def _check(runs: pd.DataFrame, point: list[str], chosen: list[str]) -> None:
    names = list(runs.columns)
    if not chosen:
        raise ValueError(f"measures is empty: name at least one column, out of {names}")
    for argument, columns in (("by", point), ("measures", chosen)):
        for name in columns:
            if name not in names:
                raise ValueError(
                    f"{argument} has {name!r}, which is not a column of runs: give one out of {names}"
                )
    for name in point:
        if name in STATISTICS or name == "measure":
            raise ValueError(f"by has {name!r}, which is also a column of the summary: rename it in runs")
    for name in chosen:
        if not pd.api.types.is_numeric_dtype(runs[name]):
            raise ValueError(
                f"measures has {name!r}, a column of {runs[name].dtype}: give one of numbers or bools"
            )


def _spread(values: pd.Series, group: np.ndarray, confidence: float) -> pd.DataFrame:
    """Make one row of statistics per group."""
    is_share = pd.api.types.is_bool_dtype(values)
    grouped = pd.Series(values.to_numpy(dtype=float, na_value=np.nan)).groupby(group)
    with np.errstate(invalid="ignore"):  # among infinite values, what has no value becomes NaN
        table = grouped.agg(["count", "mean", "std", "min", "median", "max"])
        for name, share in (("p05", 0.05), ("p95", 0.95), ("p99", 0.99)):
            table[name] = grouped.quantile(share)
    table["missing"] = grouped.size() - table["count"]
    rows = zip(table["count"].tolist(), table["mean"].tolist(), table["std"].tolist(), strict=True)
    ends = [
        wilson_interval(round(mean * count) if count else 0, count, confidence)
        if is_share
        else t_interval(mean, std, count, confidence)
        for count, mean, std in rows
    ]
    table["ci_low"] = [low for low, _ in ends]
    table["ci_high"] = [high for _, high in ends]
    return table[list(STATISTICS)]
