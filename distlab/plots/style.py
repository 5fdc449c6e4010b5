"""The one style of all figures: colours that colour-blind readers can tell apart, and a second cue for each.

The palette is that of Okabe and Ito (2008), *Color Universal Design*. A colour never stands alone: bars carry
hatches, arrows carry markers, curves carry dashes. The style holds inside a drawing function only; importing
this package or drawing with it leaves matplotlib's settings as they were.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.legend import Legend
from matplotlib.transforms import ScaledTranslation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "CURVES",
    "FAULT",
    "INK",
    "LEADERLESS",
    "PALETTE",
    "STYLE",
    "Curve",
    "axes",
    "legend_below",
    "styled",
    "text_width",
]

P = ParamSpec("P")
R = TypeVar("R")

PALETTE = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
    "grey": "#9A9A9A",
}
"""Okabe and Ito's eight colours, and a grey for what is not there."""

INK = "#222222"
FAULT = PALETTE["vermillion"]
LEADERLESS = "#FBE3D2"

STYLE: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#666666",
    "axes.grid": False,
    "axes.labelcolor": INK,
    "axes.labelsize": 11,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.8,
    "hatch.linewidth": 0.8,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "lines.linewidth": 2.0,
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelsize": 10,
    "ytick.color": INK,
    "ytick.labelsize": 10,
}
"""What differs from matplotlib's own settings."""


class Curve(NamedTuple):
    """What one of several curves or bars looks like."""

    color: str
    dash: Any
    marker: str
    hatch: str


CURVES = (
    Curve(PALETTE["blue"], "-", "o", ""),
    Curve(PALETTE["vermillion"], (0, (6, 2)), "s", "//"),
    Curve(PALETTE["green"], (0, (2, 1.5)), "^", ".."),
    Curve(PALETTE["purple"], (0, (6, 2, 1.5, 2)), "D", "\\\\"),
    Curve(PALETTE["orange"], (0, (1, 1)), "v", "xx"),
    Curve(PALETTE["sky"], (0, (9, 3)), "P", "--"),
    Curve(PALETTE["black"], (0, (4, 1.5, 1, 1.5, 1, 1.5)), "X", "++"),
    Curve("#808080", (0, (3, 3)), "*", "oo"),
)
"""The looks of the first, second, ... of several things in one figure; after the last it begins again."""


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Let a function draw in the style of this package, and leave the settings of matplotlib as they were."""

    @wraps(draw)
    def drawing(*args: P.args, **kwargs: P.kwargs) -> R:
        with matplotlib.rc_context(STYLE):
            return draw(*args, **kwargs)

    return drawing


def axes(ax: Axes | None, width: float, height: float) -> Axes:
    """The Axes to draw on: the given one, or that of a new figure of so many inches."""
    if ax is not None:
        return ax
    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def text_width(text: str, size: float = 10) -> float:
    """About how wide a text is, in points.

    >>> text_width("term 12")
    42.0
    """
    return round(0.6 * size * max(map(len, text.split("\n"))), 6)


def legend_below(
    ax: Axes, handles: list[Any], offset: float = 42, columns: int | None = None
) -> Legend | None:
    """Put a legend under the axes, ``offset`` points below them, in as many columns as fit."""
    if not handles:
        return None
    figure = ax.get_figure()
    assert figure is not None
    box = ax.get_window_extent()
    if columns is None:
        widest = max(text_width(handle.get_label()) for handle in handles) + 44
        columns = max(1, min(len(handles), int(1.25 * box.width * 72 / ax.figure.dpi / widest)))
    below = ax.transAxes + ScaledTranslation(0, -offset / 72, figure.dpi_scale_trans)
    return ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=below,
        ncols=columns,
        borderaxespad=0,
        borderpad=0,
        columnspacing=1.6,
        handlelength=2.2,
    )
