"""Faults in a figure with lanes: those of one node stand in its lane, those of the network above all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .lanes import Labels, lane_of, name
from .style import FAULT, INK, PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from distlab.sim import Trace

__all__ = ["Mark", "Span", "draw_marks", "draw_spans", "draw_walls", "marks", "pauses", "spans", "stack"]

NETWORK = "#EBD3E1"
WALL = "#A0457A"


@dataclass(frozen=True)
class Mark:
    """Something that hit a node at an instant: kind is "crash", "recover" or "fault"."""

    time: float
    node: Any
    kind: str
    text: str


@dataclass(frozen=True)
class Span:
    """A fault that lasts; ``groups`` are the sides of a partition."""

    start: float
    end: float
    text: str
    groups: tuple[tuple[Any, ...], ...] = ()


_IN_LANES = ("Crash", "Recover", "Outage", "Pause", "Heal", "ClockJump", "ClockDrift")


class _Happened(NamedTuple):
    time: float
    fault: Any
    node: Any  # that it hit, if it is one
    until: float  # or the end of the run


def _happened(trace: Trace) -> list[_Happened]:
    """The faults that happened, in order."""
    table = trace.faults
    events = (event for event in trace.events() if event.kind == "fault")
    ids = {node: node for node in trace.nodes}  # a column with gaps has made 3.0 of 3
    found = []
    for time, kind, node, until in zip(
        table["time"], table["fault"], table["node"], table["until"], strict=True
    ):
        fault = next(event.payload for event in events if type(event.payload).__name__ == kind)
        end = min(until, trace.end) if until == until else trace.end
        found.append(_Happened(time, fault, ids.get(node), end))
    return found


def marks(trace: Trace) -> list[Mark]:
    """Crashes, recoveries, and what else hit one node at an instant."""
    found = [
        Mark(time, node, "crash" if what == "down" else "recover", "")
        for node, time, what, _ in trace.lives()
    ]
    for time, fault, node, _ in _happened(trace):
        text = {
            "ClockJump": lambda fault: f"clock {fault.by:+g} s",
            "ClockDrift": lambda fault: f"clock ×{fault.rate:g}",
        }.get(type(fault).__name__)
        if text is not None and node is not None:
            found.append(Mark(time, node, "fault", text(fault)))
    return sorted(found, key=lambda mark: mark.time)


def pauses(trace: Trace) -> list[tuple[Any, float, float]]:
    """(node, from, to) for each time that a node stood still."""
    return [
        (node, time, until)
        for time, fault, node, until in _happened(trace)
        if type(fault).__name__ == "Pause" and node is not None
    ]


def spans(trace: Trace) -> list[Span]:
    """Faults of the network and lying nodes: from when to when, and what to call them."""
    found = []
    for time, fault, node, until in _happened(trace):
        kind = type(fault).__name__
        if kind not in _IN_LANES:
            groups = _sides(trace, fault, node)
            found.append(Span(time, until, _words(kind, fault, node, groups), groups))
    return found


def _sides(trace: Trace, fault: Any, node: Any) -> tuple[tuple[Any, ...], ...]:
    kind = type(fault).__name__
    if kind == "Isolate":
        named = [[node]]
    elif kind == "Partition":
        named = [list(group) for group in fault.groups]
        if "leader" in fault.named and "leader" not in trace.nodes:  # it left the others for that group
            named = [[id for id in group if id != node] for group in named]
            named = [[node if id == "leader" else id for id in group] for group in named]
    else:
        return ()
    named = [group for group in named if group]
    seen = [id for group in named for id in group]
    rest = [id for id in trace.nodes if id not in seen]
    return tuple(tuple(group) for group in ([*named, rest] if rest else named))


def _words(kind: str, fault: Any, node: Any, groups: tuple[tuple[Any, ...], ...]) -> str:
    def link(sender: Any, receiver: Any) -> str:
        if sender is None and receiver is None:
            return ""
        if receiver is None:
            return f" from {sender}"
        return f" to {receiver}" if sender is None else f" {sender} → {receiver}"

    if kind == "Partition":
        sides = " | ".join("{" + ", ".join(map(str, group)) + "}" for group in groups)
        return f"{'one-way partition' if fault.one_way else 'partition'} {sides}"
    if kind == "Isolate":
        return f"{name(node)} cut off"
    if kind == "Cut":
        return f"link {fault.sender} {'↔' if fault.both else '→'} {fault.receiver} cut"
    if kind == "LossBurst":
        return f"loss {fault.probability:.0%}{link(fault.sender, fault.receiver)}"
    if kind == "SlowLink":
        factor = f" ×{fault.factor:g}" if fault.factor != 1 else ""
        extra = f" +{fault.extra:g} s" if fault.extra else ""
        return f"slow{link(fault.sender, fault.receiver)}{factor}{extra}"
    if kind == "Silence":
        return f"{name(node)} silent"
    if kind == "Equivocate":
        return f"{name(node)} equivocates"
    if kind == "Forge":
        return f"{name(node)} forges {name(fault.pretend)}"
    return f"{kind} {name(node)}" if node is not None else kind


def stack(found: list[Span], labels: Labels, start: float, end: float) -> list[tuple[Span, int]]:
    """Those that are seen in the window, each with a row above the lanes, so that none covers another."""
    rows: list[float] = []
    placed = []
    for span in found:
        if span.start >= end or span.end < start:
            continue
        left = max(span.start, start)
        right = max(min(span.end, end), min(left + labels.width(span.text), end))
        left = min(left, right - labels.width(span.text))
        row = next((row for row, taken in enumerate(rows) if taken <= left), len(rows))
        rows[row : row + 1] = [right + labels.width("x")]
        placed.append((span, row))
    return placed


def draw_spans(
    ax: Axes, placed: list[tuple[Span, int]], labels: Labels, start: float, end: float, step: float
) -> list[Any]:
    """Bars with names above the lanes; returns what belongs into the legend."""
    for span, row in placed:
        left, right = max(span.start, start), min(span.end, end)
        y = -0.5 - step * (row + 0.55)
        ax.barh(
            y,
            right - left,
            left=left,
            height=0.7 * step,
            color=NETWORK,
            edgecolor=WALL,
            linewidth=0.8,
            gid="network fault",
        )
        wide = labels.width(span.text)
        outside = left + wide > end
        ax.text(
            end if outside else left + 0.4 * labels.width("x"),
            y,
            span.text,
            ha="right" if outside else "left",
            va="center_baseline",
            fontsize=10,
            clip_on=True,
        )
    return [Patch(facecolor=NETWORK, edgecolor=WALL, label="network fault")] if placed else []


def draw_walls(ax: Axes, trace: Trace, placed: list[tuple[Span, int]], start: float, end: float) -> list[Any]:
    """Dashed walls between lanes that a partition separates; returns what belongs into the legend."""
    known = lane_of(trace)
    any_wall = False
    for span, _ in placed:
        side = {node: index for index, group in enumerate(span.groups) for node in group}
        left, right = max(span.start, start), min(span.end, end)
        lanes = [
            known[above] + 0.52
            for above, below in zip(trace.nodes, trace.nodes[1:], strict=False)
            if side.get(above) != side.get(below)
        ]
        if lanes:
            any_wall = True
            ax.hlines(lanes, left, right, color=WALL, linewidth=2.2, linestyle=(0, (4, 1.5)), zorder=2.5)
    if not any_wall:
        return []
    return [
        Line2D([], [], color=WALL, linewidth=2.2, linestyle=(0, (4, 1.5)), label="partition between lanes")
    ]


MARKERS = {
    "crash": ("X", FAULT, "crash"),
    "recover": ("^", "white", "recovery"),
    "fault": ("D", PALETTE["yellow"], "clock fault"),
}


def draw_marks(
    ax: Axes, trace: Trace, labels: Labels, start: float, end: float, middle: float, above: float
) -> list[Any]:
    """Crashes, recoveries and other instants in the lanes; returns what belongs into the legend."""
    known = lane_of(trace)
    shown = [mark for mark in marks(trace) if start <= mark.time <= end]
    handles = []
    for kind, (marker, color, label) in MARKERS.items():
        chosen = [mark for mark in shown if mark.kind == kind]
        if not chosen:
            continue
        ax.scatter(
            [mark.time for mark in chosen],
            [known[mark.node] + middle for mark in chosen],
            marker=marker,
            s=75,
            color=color,
            edgecolor=INK,
            linewidth=0.9,
            zorder=6,
            clip_on=False,
            gid=label,
        )
        handles.append(
            Line2D(
                [],
                [],
                linestyle="",
                marker=marker,
                markersize=8.5,
                color=color,
                markeredgecolor=INK,
                label=label,
            )
        )
        for mark in chosen:
            x = mark.time + 7 / labels.x_scale
            for y in (known[mark.node] - above, known[mark.node] + 0.44, known[mark.node] + middle):
                if mark.text and labels.place(mark.text, x, y, "left"):
                    ax.text(x, y, mark.text, ha="left", va="center_baseline", fontsize=10, zorder=7)
                    break
    return handles
