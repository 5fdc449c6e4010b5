"""Stacked bars: how a whole is made up of parts, and how that changes."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

from matplotlib.patches import Patch
from pandas.api.types import is_numeric_dtype

from .lanes import Labels
from .style import axes, legend_below, styled
from .tints import TINTS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["stacked"]


@styled
def stacked(
    frame: pd.DataFrame,
    ax: Axes | None = None,
    *,
    xlabel: str = "",
    title: str | None = None,
) -> Axes:
    """Draw a horizontal bar per row, made up of a part per column, with the total at its end.

    Parameters
    ----------
    frame
        Numbers, 0 or more; the index names the bars, from the top down, the columns name the parts.
    ax
        Where to draw; None makes a figure.
    xlabel
        What is added up, with its unit, such as "mean response time (ms)".
    title
        None: "Made up of" and the parts.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there is nothing to draw, or a column is not of numbers, or a number is negative or missing.

    Examples
    --------
    >>> import pandas as pd
    >>> ax = stacked(pd.DataFrame({"wait": [1.0, 5.0], "work": [4.0, 4.0]}, index=["calm", "busy"]))
    >>> [text.get_text() for text in ax.get_yticklabels()], len(ax.patches)
    (['calm', 'busy'], 4)
    """
    if not len(frame.columns) or not len(frame):
        raise ValueError("frame must have at least one row and one column; it is empty.")
    for name in frame.columns:
        if not is_numeric_dtype(frame[name]) or not (frame[name] >= 0).all():
            raise ValueError(f"frame must hold numbers of 0 or more; the column {name!r} does not.")
    ax = axes(ax, 9.6, min(12.0, 1.5 + 0.5 * len(frame)))
    totals = frame.sum(axis=1)
    ax.set_xlim(0, float(totals.max()) * 1.1 or 1.0)
    ax.set_ylim(len(frame) - 0.45, -0.55)
    ax.set_yticks(range(len(frame)), [str(name) for name in frame.index])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    labels = Labels(ax, ax.get_xlim()[1], len(frame) + 0.1)
    for lane, values in enumerate(frame.itertuples(index=False, name=None)):
        left = 0.0
        for look, value in zip(cycle(TINTS), values, strict=False):
            ax.barh(lane, value, left=left, height=0.7, color=look.face, hatch=look.hatch,
                    edgecolor=look.edge, linewidth=1.2, zorder=2)  # fmt: skip
            text = f"{value:.3g}"
            if labels.width(text) * 1.5 <= value:
                ax.text(left + value / 2, lane, text, ha="center", va="center_baseline", zorder=4, gid="part",
                        bbox={"facecolor": look.face, "edgecolor": "none", "pad": 1.0})  # fmt: skip
            left += value
        ax.annotate(f"{left:.3g}", (left, lane), (6, 0), textcoords="offset points", va="center_baseline",
                    fontweight="bold", gid="total")  # fmt: skip
    ax.set_xlabel(xlabel)
    parts = ", ".join(str(name) for name in frame.columns)
    ax.set_title(f"Made up of {parts}" if title is None else title)
    legend_below(
        ax,
        [
            Patch(facecolor=look.face, hatch=look.hatch, edgecolor=look.edge, linewidth=1.2, label=str(name))
            for name, look in zip(frame.columns, cycle(TINTS), strict=False)
        ],
    )
    return ax
