"""Curves over a parameter, with bands of confidence, beside formulas."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from .columns import column, groups, interval
from .style import CURVES, axes, legend_below, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["curve", "draw_curves", "heading", "set_log"]

Formula = Callable[[Any], float] | Mapping[str, Callable[[Any], float]]


@styled
def curve(
    frame: pd.DataFrame,
    x: str,
    y: str = "mean",
    by: str | None = None,
    ax: Axes | None = None,
    *,
    formula: Formula | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
    scale: float = 1.0,
    log: bool | str = False,
    title: str | None = None,
) -> Axes:
    """Draw one curve per group over a parameter.

    Parameters
    ----------
    frame
        A row per point, such as :func:`distlab.sweep.sweep` returns. If it has ``ci_low`` and ``ci_high`` and
        ``y`` is "mean", the confidence interval is drawn as a band.
    x, y
        The columns for the axes.
    by
        The column that tells the curves apart; None: one curve.
    ax
        Where to draw; None makes a figure.
    formula
        Something to compare with: a function of x, or {label: function}. Drawn as wide grey lines under the
        curves, so that a curve which agrees lies in the middle of one.
    xlabel, ylabel
        With units, such as "time to leader (ms)"; None: the names of the columns.
    scale
        What values are multiplied with: 1000 shows seconds as milliseconds.
    log
        True or "y": a logarithmic y axis; "x" or "both": also possible.
    title
        None: "y over x".

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a column is not there, or x or y is not of numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"n": [3, 5, 7], "mean": [6.0, 20.0, 42.0]})
    >>> ax = curve(table, "n", formula={"n(n-1)": lambda n: n * (n - 1)}, ylabel="messages")
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['mean', 'n(n-1)']
    """
    ax = axes(ax, 8.0, 4.4)
    handles = draw_curves(ax, frame, x, y, by, formula, scale)
    set_log(ax, log)
    ax.set_xlabel(x if xlabel is None else xlabel)
    ax.set_ylabel(y if ylabel is None else ylabel)
    ax.set_title(heading(ylabel or y, "over", xlabel or x) if title is None else title)
    ax.grid(True, axis="y")
    legend_below(ax, handles)
    return ax


def set_log(ax: Axes, log: bool | str) -> None:
    """Make axes logarithmic: True or "y", "x", "both"."""
    if log not in (False, True, "x", "y", "both"):
        raise ValueError(f'log must be False, True, "x", "y" or "both"; got {log!r}.')
    for axis, chosen in ((ax.xaxis, ("x", "both")), (ax.yaxis, (True, "y", "both"))):
        if log in chosen:
            (ax.set_xscale if axis is ax.xaxis else ax.set_yscale)("log")
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
            axis.set_minor_formatter(NullFormatter())
            low, high = sorted(axis.get_view_interval())
            if low > 0 and high / low < 100:
                axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))


def heading(y: str, between: str, x: str) -> str:
    """A title made of the labels of the axes, without their units.

    >>> heading("time to leader (s)", "over", "n")
    'Time to leader over n'
    """
    plain, other = (re.sub(r" \([^)]*\)$", "", label) for label in (y, x))
    return f"{plain[:1].upper()}{plain[1:]} {between} {other}"


def draw_curves(
    ax: Axes, frame: pd.DataFrame, x: str, y: str, by: str | None, formula: Formula | None, scale: float = 1.0
) -> list[Any]:
    """The curves and formulas; returns what belongs into the legend."""
    column(frame, x, "x", numbers=True)
    column(frame, y, "y", numbers=True)
    handles: list[Any] = []
    for number, (label, part) in enumerate(groups(frame, by, y)):
        look = CURVES[number % len(CURVES)]
        part = part.sort_values(x, kind="stable")
        at = part[x].to_numpy(dtype=float)
        (line,) = ax.plot(
            at,
            part[y].to_numpy(dtype=float) * scale,
            color=look.color,
            linestyle=look.dash,
            marker=look.marker,
            markersize=6.5,
            markeredgecolor="white",
            markeredgewidth=0.6,
            label=label,
            zorder=3,
        )
        handles.append(line)
        ends = interval(part, y)
        if ends is not None:
            ax.fill_between(
                at,
                ends[0] * scale,
                ends[1] * scale,
                color=look.color,
                alpha=0.18,
                linewidth=0,
                gid="interval",
            )
    ticks = sorted(dict.fromkeys(frame[x]))
    if len(ticks) <= 12 and all(float(tick).is_integer() for tick in ticks):
        ax.set_xticks(ticks)
    return handles + _formulas(ax, frame[x].to_numpy(dtype=float), formula, scale)


def _formulas(ax: Axes, at: np.ndarray, formula: Formula | None, scale: float) -> list[Any]:
    if formula is None:
        return []
    named = formula if isinstance(formula, Mapping) else {"formula": formula}
    whole = bool(np.all(at == np.round(at)))
    points: list[Any] = [int(value) if whole else value for value in np.unique(at)]
    handles: list[Any] = []
    dashes: list[Any] = ["-", (0, (2.5, 0.8)), (0, (0.8, 0.8))]
    for number, (label, function) in enumerate(named.items()):
        (line,) = ax.plot(
            points,
            [float(function(point)) * scale for point in points],
            color="#BDBDBD",
            linestyle=dashes[number % 3],
            linewidth=6,
            dash_capstyle="butt",
            label=label,
            zorder=2.5,
            gid="formula",
        )
        handles.append(line)
    return handles
