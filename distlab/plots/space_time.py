"""The space-time diagram: what each node did, and each message from sending to arrival (Lamport 1978)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from .arrows import Arrows
from .faults import draw_marks, draw_spans, draw_walls, spans, stack
from .lane_bars import draw_lanes, name_roles
from .lanes import Labels, about, lane_of, seconds, set_lanes, window
from .notes import draw_records, draw_rings, draw_timers
from .style import CURVES, Curve, axes, legend_below, styled
from .view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from distlab.sim import Trace

__all__ = ["Sheet", "lane_height", "space_time"]

UNITS = {"s": 1.0, "ms": 1000.0, "step": 1.0}


@styled
def space_time(
    trace: Trace,
    ax: Axes | None = None,
    start: float | None = None,
    end: float | None = None,
    *,
    highlight: Iterable[int] = (),
    leave_out: Iterable[Any] = (),
    max_messages: int = 80,
    unit: str = "s",
    timers: bool = True,
    records: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw lanes and messages: time goes to the right, an arrow goes from sender to receiver.

    A dashed arrow with a cross never arrived: it was lost or cut off on its way, or met a node that was down.
    A dotted one was still under way when the run ended. Lanes show the role by their colour; ticks are timers
    that fired, circles what nodes recorded. If there are too many messages, the window is made smaller, and
    the title says what was cut.

    Parameters
    ----------
    trace
        A full trace.
    ax
        Where to draw; None makes a figure.
    start, end
        The window in seconds (or steps); None is the beginning or the end of the run.
    highlight
        Rows of the trace to mark with a ring, a bold arrow and a text, such as a counterexample's ``rows``.
        Then a window that is too long is cut at its beginning.
    leave_out
        Message types, by class or by name, that are not drawn (heartbeats, for instance).
    max_messages
        How many messages are drawn at most.
    unit
        "s", "ms", or "step" for the trace of an untimed search, whose times are numbers of steps.
    timers, records
        Whether to draw timers that fired and what nodes recorded.
    title
        None: algorithm, number of nodes and seed.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the window is empty or lies outside the run, or an argument is none of those listed.
    SimulationError
        If the trace is an outline.

    References
    ----------
    L. Lamport, "Time, clocks, and the ordering of events in a distributed system", Communications of the ACM
    21 (1978), figures 1 and 2.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster, message
    >>> @message
    ... class Hello: ...
    >>> class Greeter(Node):
    ...     def on_start(self):
    ...         self.broadcast(Hello())
    ...     def on_hello(self, msg, sender): ...
    >>> ax = space_time(Simulation(cluster(Greeter, 3)).run(), unit="ms")
    >>> ax.get_xlabel(), len(ax.patches)
    ('time (ms)', 6)
    """
    sheet = Sheet(trace, start, end, highlight, leave_out, max_messages, unit)
    count = len(trace.nodes)
    ax = axes(ax, 9.6, min(12.0, 1.9 + lane_height(count) * count + 0.4 * min(len(spans(trace)), 3)))
    handles = sheet.draw(
        ax, f"Space-time diagram: {about(trace)}" if title is None else title, timers, records
    )
    legend_below(ax, handles)
    return ax


def lane_height(count: int) -> float:
    """How high a lane should be, in inches, if there are so many."""
    return min(0.95, max(0.3, 6.0 / max(count, 1)))


class Sheet:
    """One diagram: what is to be seen in it, and how it is drawn."""

    def __init__(
        self,
        trace: Trace,
        start: float | None,
        end: float | None,
        highlight: Iterable[int],
        leave_out: Iterable[Any],
        max_messages: int,
        unit: str,
    ) -> None:
        if unit not in UNITS:
            raise ValueError(f'unit must be one of "s", "ms" and "step"; got {unit!r}.')
        if max_messages < 1:
            raise ValueError(f"max_messages must be 1 or more; got {max_messages!r}.")
        self.trace = trace
        self.unit = unit
        self.events = [trace.event(row) for row in dict.fromkeys(highlight)]
        table = trace.messages
        self.types: dict[str, Curve] = {}
        for number, kind in enumerate(dict.fromkeys(table["type"])):
            look = CURVES[number % len(CURVES)]
            marker = CURVES[(number + number // len(CURVES)) % len(CURVES)].marker
            self.types[kind] = look._replace(marker=marker)
        self.left_out = _type_names(leave_out, self.types)
        self.total = len(table)
        self.table: pd.DataFrame = table[~table["type"].isin(self.left_out)]
        self.first, self.last = self._cut(
            *window(trace, start, end), max_messages, start is None, end is None
        )
        margin = 0.02 * (self.last - self.first)
        before, after = (0.3, 0.7) if unit == "step" else (margin, margin)
        self.left, self.right = self.first - before, self.last + after

    def draw(self, ax: Axes, title: str, timers: bool, records: bool) -> list[Any]:
        """Draw it, from ``self.left`` to ``self.right``; returns what belongs into the legend."""
        trace, left, right = self.trace, self.left, self.right
        placed = stack(spans(trace), Labels(ax, right - left, 1), left, right)
        step = min(1.0, 0.36 / lane_height(len(trace.nodes)))
        ax.set_xlim(left, right)
        high = set_lanes(ax, trace, 1 + max((row for _, row in placed), default=-1), step)
        labels = Labels(ax, right - left, high)
        view = View(trace, ax, labels, lane_of(trace), self.first, self.last, left, right, self.unit)
        arrows = Arrows(view, self.table, self.types)
        handles = draw_lanes(view)
        handles += draw_marks(ax, trace, labels, self.first, self.last, 0.0, 0.32)
        handles += draw_spans(ax, placed, labels, left, right, step)
        handles += draw_walls(ax, trace, placed, self.first, self.last)
        shown = arrows.draw(self.events)
        rings = draw_rings(view, self.events)  # what is placed first has the best room
        name_roles(view)
        small = draw_records(view) if records else []
        arrows.name_types()
        small += draw_timers(view) if timers else []

        scale = UNITS[self.unit]
        ax.set_xlabel("step" if self.unit == "step" else f"time ({self.unit})")
        if self.unit == "step":
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        elif scale != 1:
            ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x * scale:g}"))
        ax.set_title("\n".join([title, *self.announce(shown)]))
        return [*arrows.legend(), *rings, *handles, *small]

    def _cut(
        self, first: float, last: float, most: int, free_start: bool, free_end: bool
    ) -> tuple[float, float]:
        """A window with at most so many messages: the beginning, or what leads to the marked events."""
        sent = np.sort(self.table["sent"].to_numpy(dtype=float))
        inside = sent[(sent >= first) & (sent <= last)]
        if len(inside) <= most:
            return first, last
        if not self.events:
            end = float(inside[most])
            if free_start:  # the silence before the first message need not be long
                first = max(first, float(inside[0] - 0.15 * (end - inside[0])))
            if end > first:
                return first, end
            later = inside[inside > first]
            return first, float(later[0]) if len(later) else last
        latest = max(event.time for event in self.events)
        if free_end and latest < last:
            last = min(last, latest + 0.05 * (last - first))
            inside = inside[inside <= last]
        if len(inside) <= most:
            return first, last
        begin = float(inside[len(inside) - most])
        return (begin, last) if begin < last else (first, last)

    def announce(self, shown: int) -> list[str]:
        """What was cut off, in a line for the title."""
        end, unit = self.trace.end, self.unit
        parts = []
        scale = UNITS[unit]
        if end > 0 and (self.first > 0 or self.last < end):
            a, b, c = (seconds(time * scale) for time in (self.first, self.last, end))
            parts.append(
                f"showing steps {a} to {b} of {c}"
                if unit == "step"
                else f"showing t = {a} to {b} {unit} of {c} {unit}"
            )
        missing = self.total - shown
        if missing > 0:
            parts.append(f"{missing:,} message{'s' if missing != 1 else ''} not shown")
        if self.left_out:
            parts.append("without " + ", ".join(self.left_out))
        return ["; ".join(parts)] if parts else []


def _type_names(types: Iterable[Any], known: Iterable[str]) -> list[str]:
    listed = [types] if isinstance(types, str | type) else list(types)
    names = [kind if isinstance(kind, str) else kind.__name__ for kind in listed]
    for kind in names:
        if isinstance(kind, str) and kind not in known and all(isinstance(one, str) for one in listed):
            raise ValueError(f"leave_out names {kind!r}, but the messages are: {', '.join(known) or 'none'}.")
    return names
