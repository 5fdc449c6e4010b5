"""The space-time diagram: what each node did, and each message from sending to arrival (Lamport 1978)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from .faults import draw_marks, draw_spans, draw_walls, pauses, spans, stack
from .lanes import Labels, about, lane_of, seconds, set_lanes, window
from .roles import PAUSED, chosen, known_roles, looks, patch, terms
from .style import CURVES, FAULT, INK, Curve, axes, legend_below, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from distlab.sim import Event, Trace

__all__ = ["space_time"]

UNITS = {"s": 1.0, "ms": 1000.0, "step": 1.0}
_MANY = 90  # with more messages than this only the legend names their types
_NOT_THERE = ("lost", "cut", "dropped")


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
        self.lane = lane_of(trace)
        self.extra: list[Any] = []
        self.names: list[tuple[str, float, float, float, float, tuple[int, str]]] = []
        self.used: dict[str, None] = {}
        self.first, self.last = self._cut(
            *window(trace, start, end), max_messages, start is None, end is None
        )
        margin = 0.02 * (self.last - self.first)
        before, after = (0.3, 0.7) if unit == "step" else (margin, margin)
        self.left, self.right = self.first - before, self.last + after

    def draw(self, ax: Axes, title: str, timers: bool, records: bool) -> list[Any]:
        """Draw it, from ``self.left`` to ``self.right``; returns what belongs into the legend."""
        trace, count = self.trace, len(self.trace.nodes)
        self.ax = ax
        placed = stack(spans(trace), Labels(ax, self.right - self.left, 1), self.left, self.right)
        rows = 1 + max((row for _, row in placed), default=-1)
        step = min(1.0, 0.36 / lane_height(count))
        ax.set_xlim(self.left, self.right)
        self.labels = labels = Labels(ax, self.right - self.left, set_lanes(ax, trace, rows, step))
        handles = self.lanes()
        handles += draw_marks(ax, trace, labels, self.first, self.last, 0.0, 0.32)
        handles += draw_spans(ax, placed, labels, self.left, self.right, step)
        handles += draw_walls(ax, trace, placed, self.first, self.last)
        shown = self.messages()
        self.guilty()
        self.role_names()
        small = self.records() if records else []
        self.type_names()
        small += self.timers() if timers else []

        scale = UNITS[self.unit]
        ax.set_xlabel("step" if self.unit == "step" else f"time ({self.unit})")
        if self.unit == "step":
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        elif scale != 1:
            ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x * scale:g}"))
        ax.set_title("\n".join([title, *self.announce(shown)]))
        return [*self.legend(), *handles, *small]

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

    # --- lanes

    def lanes(self) -> list[Any]:
        """Lanes in the colours of the roles, with gaps where a node was down."""
        trace, ax, first, last = self.trace, self.ax, self.first, self.last
        down = {node: [(a, b) for id, a, b in trace.crashes if id == node] for node in trace.nodes}
        for node, lane in self.lane.items():
            at = first
            for a, b in [*down[node], (last, last)]:
                if min(a, last) > at:
                    ax.hlines(lane, at, min(a, last), color="#555555", linewidth=1.2, zorder=1.5)
                at = max(at, b)
            for a, b in down[node]:
                if a < last and b > first:
                    ax.hlines(
                        lane,
                        max(a, first),
                        min(b, last),
                        color="#999999",
                        linewidth=1.2,
                        linestyle=(0, (1, 2)),
                    )
        handles = []
        table = trace.roles
        style = looks(table["role"])
        rows = table.to_dict("records")
        end = self.right if self.unit == "step" and last >= trace.end else last
        for role in style:
            mine = [
                row for row in rows if row["role"] == role and row["start"] <= last and row["end"] >= first
            ]
            if not mine:
                continue
            look = style[role]
            left = [max(row["start"], first) for row in mine]
            right = [end if row["end"] >= last and self._lives(row) else row["end"] for row in mine]
            ax.barh(
                [self.lane[row["node"]] for row in mine],
                [b - a for a, b in zip(left, right, strict=True)],
                left=left,
                height=0.36 * look.height,
                color=look.color,
                hatch=look.hatch,
                edgecolor="#666666",
                linewidth=0.5,
                zorder=2,
                gid=role,
            )
            handles.append(patch(look, role))
        order = known_roles()
        handles.sort(
            key=lambda handle: order.index(handle.get_label()) if handle.get_label() in order else 99
        )
        if any(a < last and b > first for times in down.values() for a, b in times):
            handles.append(
                Line2D([], [], color="#999999", linewidth=1.2, linestyle=(0, (1, 2)), label="down")
            )
        still = [
            (node, max(a, first), min(b, last)) for node, a, b in pauses(trace) if a < last and b > first
        ]
        if still:
            ax.barh(
                [self.lane[node] for node, _, _ in still],
                [b - a for _, a, b in still],
                left=[a for _, a, _ in still],
                height=0.36,
                color=PAUSED.color,
                hatch=PAUSED.hatch,
                edgecolor=INK,
                linewidth=0.8,
                zorder=2.4,
                gid="paused",
            )
            handles.append(patch(PAUSED, "paused"))
        return handles

    def _lives(self, row: Mapping[Any, Any]) -> bool:
        return not any(node == row["node"] and a == row["end"] for node, a, _ in self.trace.crashes)

    def role_names(self) -> None:
        """The names of roles where they begin; leaders first."""
        rows = []
        before: dict[Any, tuple[str, str]] = {}
        for row in self.trace.roles.to_dict("records"):
            now = (row["role"], terms(row)[0])
            if (
                row["start"] > 0
                and before.get(row["node"]) != now
                and self.first <= row["start"] <= self.last
            ):
                rows.append(row)
            before[row["node"]] = now
        rows.sort(key=lambda row: row["role"] not in ("leader", "leading"))
        for row in rows:
            term = terms(row)[0]
            self._write(
                f"{row['role']}, {term}" if term else row["role"], row["start"], self.lane[row["node"]] - 0.24
            )

    def _write(self, text: str, x: float, y: float, color: str = INK) -> bool:
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

    # --- messages

    def messages(self) -> int:
        """The arrows; returns how many messages were drawn."""
        guilty = {event.row for event in self.events if event.kind == "message"}
        trace, table = self.trace, self.table
        sent = table["sent"].to_numpy(dtype=float)
        near = table[(sent <= self.last)]
        typical = (
            float(np.nanmedian(table["received"] - table["sent"])) if table["received"].notna().any() else 0.0
        )
        stub = 0.35 if self.unit == "step" else max(typical, 0.02 * (self.last - self.first))
        shown = 0
        tails: dict[str, list[tuple[float, float]]] = {}
        crosses: list[tuple[float, float, str]] = []
        for row, kind, sender, receiver, begin, end, fate, cause in zip(
            near["id"].to_list(),
            near["type"],
            near["sender"],
            near["receiver"],
            near["sent"],
            near["received"],
            near["fate"],
            near["cause"],
            strict=True,
        ):
            to = float(self.lane[receiver])
            start = float(self.lane.get(sender, to - 0.4))
            due = end if end == end else trace.event(row).time
            if due < self.first:
                continue
            look = self.types[kind]
            far = not due <= max(trace.end, self.last)
            x, y = due, to
            if fate in _NOT_THERE:
                part = 0.55 if not far else min(0.55, stub / max(due - begin, 1e-12))
                x = begin + part * (due - begin)
                y = start + 0.55 * (to - start)
                crosses.append((x, y, fate))
            elif fate == "down":
                y = to + (0.13 if start > to else -0.13)
                crosses.append((x, y, fate))
            elif fate == "in flight":
                if far and due > trace.end + 1e6 * max(stub, 1e-9):
                    x, y = begin + stub, start + 0.42 * math.copysign(1, to - start)
                else:
                    part = min(1.0, (self.right - begin) / (due - begin)) if due > begin else 1.0
                    x, y = begin + part * (due - begin), start + part * (to - start)
            shown += 1
            self.used[kind] = None
            self._arrow((begin, start), (x, y), look, fate, row in guilty)
            tails.setdefault(kind, []).append((begin, start))
            self.names.append((kind, begin, start, x, y, (cause, kind)))
        for kind, points in tails.items():
            xs, ys = zip(*points, strict=True)
            look = self.types[kind]
            self.ax.scatter(
                xs,
                ys,
                marker=look.marker,
                s=26,
                color=look.color,
                edgecolor="white",
                linewidth=0.5,
                zorder=4,
                gid=kind,
            )
        if crosses:
            self.ax.scatter(
                [x for x, _, _ in crosses],
                [y for _, y, _ in crosses],
                marker="x",
                s=55,
                color=FAULT,
                linewidth=2.2,
                zorder=4.5,
                gid="not received",
            )
            fates = [
                fate for fate in ("lost", "cut", "down", "dropped") if any(c[2] == fate for c in crosses)
            ]
            words = {"lost": "lost", "cut": "cut off", "down": "receiver down", "dropped": "dropped"}
            self.extra.append(
                Line2D(
                    [],
                    [],
                    color="#777777",
                    linewidth=1.3,
                    linestyle=(0, (4, 2)),
                    marker="x",
                    markersize=7,
                    markeredgewidth=2.2,
                    markeredgecolor=FAULT,
                    label=" / ".join(words[fate] for fate in fates),
                )
            )
        return shown

    def _arrow(
        self, tail: tuple[float, float], tip: tuple[float, float], look: Curve, fate: str, bold: bool
    ) -> None:
        dash: Any = "-"
        style = "-|>"
        if fate in (*_NOT_THERE, "down"):
            dash, style = (0, (4, 2)), "-"
        elif fate == "in flight":
            dash, style = (0, (1, 1.5)), "->"
            self._once("still under way", dash)
        elif fate == "duplicate":
            dash = (0, (6, 1.5, 1, 1.5))
            self._once("copy made by the network", dash)
        bend = 0.0 if tail[1] != tip[1] else -0.35
        self.ax.add_patch(
            FancyArrowPatch(
                tail,
                tip,
                arrowstyle=style,
                mutation_scale=16 if bold else 11,
                color=look.color,
                linewidth=3.2 if bold else 1.4,
                linestyle=dash,
                shrinkA=0,
                shrinkB=0,
                zorder=3.6 if bold else 3,
                connectionstyle=f"arc3,rad={bend}",
                gid="bold arrow" if bold else "arrow",
            )
        )

    def _once(self, label: str, dash: Any) -> None:
        if all(handle.get_label() != label for handle in self.extra):
            self.extra.append(Line2D([], [], color="#777777", linewidth=1.4, linestyle=dash, label=label))

    def type_names(self) -> None:
        """The type beside an arrow, once for those sent together, where there is room."""
        if len(self.names) > _MANY:
            return
        far = 0.18 * (self.right - self.left) if self.unit != "step" else 0.0
        done = set()
        named: dict[str, list[float]] = {}
        for kind, x, y, to_x, to_y, group in self.names:
            if group in done or any(abs(x - other) < far for other in named.get(kind, ())):
                continue
            for part in (0.5, 0.38, 0.62, 0.28, 0.72):
                at = (x + part * (to_x - x), y + part * (to_y - y))
                wide = self.labels.width(kind)
                if not self.left <= at[0] - wide / 2 <= at[0] + wide / 2 <= self.right:
                    continue
                if abs(at[1] - round(at[1])) < 0.2 or not self.labels.place(kind, *at):
                    continue
                done.add(group)
                named.setdefault(kind, []).append(x)
                self.ax.text(
                    *at,
                    kind,
                    ha="center",
                    va="center_baseline",
                    fontsize=10,
                    color=_dark(self.types[kind].color),
                    zorder=4.8,
                    gid="type",
                    bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5},
                )
                break

    def legend(self) -> list[Any]:
        """The types that were drawn, and what became of messages that did not arrive."""
        return [
            Line2D(
                [],
                [],
                color=self.types[kind].color,
                linewidth=1.6,
                marker=self.types[kind].marker,
                markersize=6,
                markeredgecolor="white",
                markeredgewidth=0.5,
                label=kind,
            )
            for kind in self.types
            if kind in self.used
        ] + self.extra

    # --- the rest

    def timers(self) -> list[Any]:
        """Ticks where timers fired."""
        table = self.trace.timers
        mine = table[(table["fate"] == "fired") & (table["due"] >= self.first) & (table["due"] <= self.last)]
        if not len(mine):
            return []
        self.ax.scatter(
            mine["due"],
            [self.lane[node] for node in mine["node"]],
            marker="|",
            s=150,
            color=INK,
            linewidth=1.6,
            zorder=3.8,
            gid="timer",
        )
        named = set()
        for due, node, method in zip(mine["due"], mine["node"], mine["method"], strict=True):
            if (node, method) not in named or self.unit == "step":
                named.add((node, method))
                self._write(method.replace("_", " "), due, self.lane[node] + 0.25, "#555555")
        return [
            Line2D(
                [],
                [],
                linestyle="",
                marker="|",
                markersize=12,
                markeredgewidth=1.6,
                color=INK,
                label="timer fires",
            )
        ]

    def records(self) -> list[Any]:
        """Circles where nodes recorded something."""
        rows = [
            row for row in self.trace.records.to_dict("records") if self.first <= row["time"] <= self.last
        ]
        if not rows:
            return []
        self.ax.scatter(
            [row["time"] for row in rows],
            [self.lane[row["node"]] for row in rows],
            marker="o",
            s=75,
            color="none",
            edgecolor=INK,
            linewidth=1.2,
            zorder=4.2,
            gid="record",
        )
        for row in rows if len(rows) <= 60 else ():
            text = f"{row['event']} {chosen(row)}".rstrip()
            self._write(text if len(text) <= 28 else row["event"], row["time"], self.lane[row["node"]] + 0.25)
        return [
            Line2D(
                [],
                [],
                linestyle="",
                marker="o",
                markersize=8.5,
                color="none",
                markeredgecolor=INK,
                label="record",
            )
        ]

    def guilty(self) -> None:
        """Rings around marked events, and what they are."""
        here = [e for e in self.events if e.node in self.lane and self.first <= e.time <= self.last]
        if not here:
            return
        self.ax.scatter(
            [event.time for event in here],
            [self.lane[event.node] for event in here],
            marker="o",
            s=330,
            color="none",
            edgecolor=FAULT,
            linewidth=2.6,
            zorder=6,
            gid="highlight",
        )
        for event in here:
            text = _what(event)
            wide = self.labels.width(text) * 1.12
            ha = "left" if event.time + wide <= self.right else "right"
            heights = [self.lane[event.node] + step for step in (-0.42, 0.42, -0.6, 0.6)]
            y = next((y for y in heights if self.labels.place(text + "xxx", event.time, y, ha)), heights[0])
            self.ax.text(
                event.time,
                y,
                text,
                ha=ha,
                va="center_baseline",
                fontsize=10,
                fontweight="bold",
                color="#A64300",
                zorder=7,
                gid="highlight",
                bbox={"facecolor": "white", "edgecolor": FAULT, "linewidth": 0.8, "pad": 2},
            )
        self.extra.append(
            Line2D(
                [],
                [],
                linestyle="",
                marker="o",
                markersize=13,
                color="none",
                markeredgecolor=FAULT,
                markeredgewidth=2.4,
                label="event to look at",
            )
        )

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


def _what(event: Event) -> str:
    payload = event.payload
    text = {
        "message": lambda: (
            repr(payload) if len(repr(payload)) <= 44 else f"{type(payload).__name__} from {event.sender}"
        ),
        "timer": lambda: f"timer {payload.method.__name__}".replace("_", " "),
        "role": lambda: ", ".join(
            [f"becomes {payload.role}", *[f"{k} {v}" for k, v in payload.facts.items()]]
        ),
        "record": lambda: " ".join([payload.event, *[f"{k}={v}" for k, v in payload.facts.items()]]),
    }.get(event.kind, lambda: repr(payload))()
    return text if len(text) <= 60 else text[:57] + "..."


def _dark(color: str) -> str:
    """A colour dark enough to be read as text on white."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    light = (0.299 * red + 0.587 * green + 0.114 * blue) / 255
    factor = min(1.0, 0.42 / light) if light else 1.0
    return "#" + "".join(f"{int(part * factor):02X}" for part in (red, green, blue))
