"""The columns of a table that a figure shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from pandas.api.types import is_numeric_dtype

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["column", "groups", "interval", "label"]


def column(frame: pd.DataFrame, name: str, argument: str, numbers: bool = False) -> pd.Series:
    """A column that is asked for by name.

    Raises
    ------
    ValueError
        If it is not there, or not of numbers though it must be.
    """
    if name not in frame.columns:
        listed = ", ".join(map(repr, frame.columns))
        raise ValueError(f"{argument} names {name!r}, which is no column; the columns are: {listed}.")
    if numbers and not is_numeric_dtype(frame[name]):
        raise ValueError(f"{argument}={name!r} must be a column of numbers; it is of {frame[name].dtype}.")
    return frame[name]


def groups(frame: pd.DataFrame, by: str | None, otherwise: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """(label, rows) for each value of a column, in the order of the first row of each."""
    if by is None:
        yield otherwise, frame
        return
    values = column(frame, by, "by")
    for value in dict.fromkeys(values):
        yield label(by, value), frame[values == value]


def label(by: str, value: Any) -> str:
    """What a group is called.

    >>> label("algorithm", "Raft"), label("n", 3), label("loss", 0.1)
    ('Raft', 'n = 3', 'loss = 0.1')
    """
    if isinstance(value, str):
        return value
    shown = f"{value:g}" if isinstance(value, float | np.floating) else str(value)
    return f"{by} = {shown}"


def interval(frame: pd.DataFrame, y: str) -> tuple[np.ndarray, np.ndarray] | None:
    """The ends of the confidence intervals of means, if the table has them."""
    if y != "mean" or "ci_low" not in frame or "ci_high" not in frame:
        return None
    return frame["ci_low"].to_numpy(dtype=float), frame["ci_high"].to_numpy(dtype=float)
