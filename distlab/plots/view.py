"""What the parts of a space-time diagram need to know: the trace, the window, the Axes, where texts are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .lanes import Labels
from .style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from distlab.sim import Trace

__all__ = ["View"]


@dataclass
class View:
    """A diagram being drawn: ``first`` to ``last`` is the window, ``left`` to ``right`` the axis."""

    trace: Trace
    ax: Axes
    labels: Labels
    lane: dict[Any, int]
    first: float
    last: float
    left: float
    right: float
    unit: str

    def write(self, text: str, x: float, y: float, color: str = INK) -> bool:
        """A text that begins at a time, or ends there, if there is room for it."""
        for ha in ("left", "right"):
            wide = self.labels.width(text)
            inside = x + wide <= self.right if ha == "left" else x - wide >= self.left
            at = x + (2 if ha == "left" else -5) / self.labels.x_scale
            if inside and self.labels.place(text, at, y, ha):
                self.ax.text(
                    at,
                    y,
                    text,
                    ha=ha,
                    va="center_baseline",
                    fontsize=10,
                    color=color,
                    zorder=5,
                    bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.5},
                )
                return True
        return False
