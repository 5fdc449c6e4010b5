"""How many spans of time are open at once, and for how long."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["levels"]


def levels(
    starts: ArrayLike, ends: ArrayLike, after: float, until: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Cut a window of time into pieces during which the same number of spans is open.

    Parameters
    ----------
    starts, ends
        Of each span, in seconds; a span is open from its start to just before its end.
    after, until
        The window, in seconds.

    Returns
    -------
    tuple
        The lengths of the pieces in seconds, and the number of open spans in each.

    Examples
    --------
    >>> lengths, open_spans = levels([0.0, 1.0], [2.0, 4.0], after=0.0, until=5.0)
    >>> lengths.tolist(), open_spans.tolist()
    ([1.0, 1.0, 2.0, 1.0], [1, 2, 1, 0])
    """
    begins = np.clip(np.asarray(starts, dtype=np.float64), after, until)
    closes = np.clip(np.asarray(ends, dtype=np.float64), after, until)
    inside = begins < closes
    begins, closes = begins[inside], closes[inside]
    times = np.concatenate(([after], begins, closes, [until]))
    steps = np.concatenate(([0], np.ones_like(begins), -np.ones_like(closes), [0])).astype(np.int64)
    order = np.argsort(times, kind="stable")
    lengths = np.diff(times[order])
    open_spans = np.cumsum(steps[order])[:-1]
    lasts = lengths > 0
    return lengths[lasts], open_spans[lasts]
