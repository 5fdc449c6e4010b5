"""What timelines and space-time diagrams share: a lane per node, a window of time, names of nodes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .style import text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from distlab.sim import Trace

__all__ = ["Labels", "about", "lane_of", "name", "seconds", "set_lanes", "window"]


def window(trace: Trace, start: float | None, end: float | None) -> tuple[float, float]:
    """The window of time to draw, in seconds; without limits, the whole run.

    Raises
    ------
    ValueError
        If the window is empty or lies outside the run.
    """
    first = 0.0 if start is None else float(start)
    last = trace.end if end is None else min(float(end), trace.end)
    if not (0 <= first <= trace.end):
        raise ValueError(f"start must lie within the run, from 0 to {trace.end:g} seconds; got {start!r}.")
    if end is not None and not end > first:
        raise ValueError(f"end must be later than start={first:g} seconds; got {end!r}.")
    return (first, last) if last > first else (first, first + 1.0)


def name(node: Any) -> str:
    """What a lane is called.

    >>> name(3), name("coordinator")
    ('node 3', 'coordinator')
    """
    return str(node) if isinstance(node, str) else f"node {node}"


def seconds(time: float) -> str:
    """A time as short as it can be read.

    >>> seconds(0.5), seconds(12.3456), seconds(0.00012345)
    ('0.5', '12.35', '0.0001234')
    """
    return f"{time:.4g}"


def about(trace: Trace) -> str:
    """Algorithm, number of nodes and seed, for a title."""
    nodes = "1 node" if len(trace.nodes) == 1 else f"{len(trace.nodes)} nodes"
    return f"{trace.algorithm}, {nodes}, seed {trace.seed}"


def lane_of(trace: Trace) -> dict[Any, int]:
    """Node -> its lane, counted from the top."""
    return {node: lane for lane, node in enumerate(trace.nodes)}


def set_lanes(ax: Axes, trace: Trace, rows: int = 0, step: float = 1.0) -> float:
    """Name the lanes, the first node on top, with some rows for faults above them, each ``step`` lanes high.

    Returns how many lanes high the figure is.
    """
    places = [float(lane) for lane in range(len(trace.nodes))]
    names = [name(node) for node in trace.nodes]
    if rows:
        places.append(-0.5 - step * (rows / 2 + 0.05))
        names.append("faults")
    top, bottom = -0.55 - step * (rows + (0.15 if rows else 0.0)), max(len(trace.nodes), 1) - 0.45
    ax.set_yticks(places, names)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(bottom, top)
    ax.spines["left"].set_visible(False)
    return bottom - top


class Labels:
    """Places texts so that none covers another: what finds no room is left out.

    Positions are in data units, sizes in points; ``scale`` says how many points a data unit has.
    """

    def __init__(self, ax: Axes, x_span: float, y_span: float) -> None:
        box = ax.get_window_extent()
        inch = 72 / ax.figure.dpi
        self.x_scale = box.width * inch / x_span
        self.y_scale = box.height * inch / y_span
        self._taken: dict[tuple[int, int], list[tuple[float, float, float, float]]] = {}

    def width(self, text: str, size: float = 10) -> float:
        """The width of a text in data units."""
        return text_width(text, size) / self.x_scale

    def height(self, size: float = 10) -> float:
        """The height of a line of text in data units."""
        return 1.25 * size / self.y_scale

    def take(self, left: float, top: float, right: float, bottom: float) -> bool:
        """Reserve a box if it is free."""
        box = (left * self.x_scale, top * self.y_scale, right * self.x_scale, bottom * self.y_scale)
        cells = [
            (x, y)
            for x in range(math.floor(box[0] / 60), math.floor(box[2] / 60) + 1)
            for y in range(math.floor(box[1] / 60), math.floor(box[3] / 60) + 1)
        ]
        for cell in cells:
            for other in self._taken.get(cell, ()):
                if box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]:
                    return False
        for cell in cells:
            self._taken.setdefault(cell, []).append(box)
        return True

    def place(self, text: str, x: float, y: float, ha: str = "center", size: float = 10) -> bool:
        """Reserve room for a text that is centred vertically at ``y``; False if there is none."""
        wide, high = self.width(text, size), self.height(size)
        left = x - {"left": 0.0, "center": wide / 2, "right": wide}[ha]
        gap = 3 / self.x_scale
        return self.take(left - gap, y - high / 2, left + wide + gap, y + high / 2)
