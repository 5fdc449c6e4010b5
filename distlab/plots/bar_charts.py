"""Grouped bars with intervals of confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .columns import column, groups, interval
from .curves import heading, set_log
from .style import CURVES, INK, axes, legend_below, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["bars"]


@styled
def bars(
    frame: pd.DataFrame,
    x: str,
    y: str = "mean",
    by: str | None = None,
    ax: Axes | None = None,
    *,
    xlabel: str | None = None,
    ylabel: str | None = None,
    scale: float = 1.0,
    log: bool = False,
    values: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw a bar per row, in groups.

    Parameters
    ----------
    frame
        A row per bar, such as :func:`distlab.sweep.sweep` returns. If it has ``ci_low`` and ``ci_high`` and
        ``y`` is "mean", the confidence interval is drawn as an error bar.
    x, y
        The column of the groups, and that of the heights.
    by
        The column that tells the bars of a group apart; None: one bar each.
    ax
        Where to draw; None makes a figure.
    xlabel, ylabel
        With units, such as "leaderless time (s)"; None: the names of the columns.
    scale
        What values are multiplied with: 1000 shows seconds as milliseconds.
    log
        Whether the y axis is logarithmic.
    values
        Whether to write the value above each bar, if there is room.
    title
        None: "y by x".

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a column is not there, y is not of numbers, or two rows belong to the same bar.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"algorithm": ["Bully", "Raft"], "mean": [5.0, 2.0]})
    >>> len(bars(table, "algorithm", ylabel="leader changes").patches)
    2
    """
    values_of_x = list(dict.fromkeys(column(frame, x, "x")))
    column(frame, y, "y", numbers=True)
    place = {value: index for index, value in enumerate(values_of_x)}
    parts = list(groups(frame, by, y))
    ax = axes(ax, 8.0, 4.2)
    width = 0.8 / max(len(parts), 1)
    ax.set_xlim(-0.6, max(len(values_of_x), 1) - 0.4)
    room = ax.get_window_extent().width * 72 / ax.figure.dpi / max(len(values_of_x) + 0.2, 1) * width
    handles: list[Any] = []
    for number, (label, part) in enumerate(parts):
        if part[x].duplicated().any():
            twice = part[x][part[x].duplicated()].iloc[0]
            raise ValueError(
                f"frame has several rows for {x} = {twice} in {label!r}; name their column in by=."
            )
        look = CURVES[number % len(CURVES)]
        at = np.array([place[value] for value in part[x]]) + (number - (len(parts) - 1) / 2) * width
        high = part[y].to_numpy(dtype=float) * scale
        drawn = ax.bar(
            at,
            high,
            width=width * 0.92,
            color=look.color,
            hatch=look.hatch,
            edgecolor="white",
            linewidth=0.5,
            label=label,
            zorder=2,
        )
        handles.append(drawn)
        ends = interval(part, y)
        tops = high
        if ends is not None:
            low, top = np.nan_to_num(high - ends[0] * scale), np.nan_to_num(ends[1] * scale - high)
            errors = np.clip([low, top], 0, None)
            ax.errorbar(
                at,
                high,
                yerr=errors,
                fmt="none",
                ecolor=INK,
                elinewidth=1.4,
                capsize=4,
                zorder=3,
                label="_interval",
            )
            tops = high + errors[1]
        texts = [f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}" for value in high]
        if values and room >= max((6.0 * len(text) for text in texts), default=0):
            for left, top, text, value in zip(at, tops, texts, high, strict=True):
                if np.isfinite(value):
                    ax.annotate(
                        text,
                        (left, top),
                        xytext=(0, 3),
                        textcoords="offset points",
                        ha="center",
                        va="bottom",
                        fontsize=10,
                    )
    set_log(ax, log)
    ax.margins(y=0.12)
    ax.set_xticks(range(len(values_of_x)), [str(value) for value in values_of_x])
    ax.tick_params(axis="x", length=0)
    ax.set_xlabel(x if xlabel is None else xlabel)
    ax.set_ylabel(y if ylabel is None else ylabel)
    ax.set_title(heading(ylabel or y, "by", xlabel or x) if title is None else title)
    ax.grid(True, axis="y")
    if len(parts) > 1:
        legend_below(ax, handles)
    return ax
