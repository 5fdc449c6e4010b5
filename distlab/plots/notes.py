"""Small things in the lanes of a space-time diagram: timers, records, and rings around marked events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from .roles import chosen
from .style import FAULT, INK

if TYPE_CHECKING:
    from distlab.sim import Event

    from .view import View

__all__ = ["draw_records", "draw_rings", "draw_timers"]


def draw_timers(view: View) -> list[Any]:
    """Ticks where timers fired."""
    table = view.trace.timers
    mine = table[(table["fate"] == "fired") & (table["due"] >= view.first) & (table["due"] <= view.last)]
    if not len(mine):
        return []
    view.ax.scatter(
        mine["due"],
        [view.lane[node] for node in mine["node"]],
        marker="|",
        s=150,
        color=INK,
        linewidth=1.6,
        zorder=3.8,
        gid="timer",
    )
    named = set()
    for due, node, method in zip(mine["due"], mine["node"], mine["method"], strict=True):
        if (node, method) not in named or view.unit == "step":
            named.add((node, method))
            view.write(method.replace("_", " "), due, view.lane[node] + 0.25, "#555555")
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


def draw_records(view: View) -> list[Any]:
    """Circles where nodes recorded something."""
    rows = [row for row in view.trace.records.to_dict("records") if view.first <= row["time"] <= view.last]
    if not rows:
        return []
    view.ax.scatter(
        [row["time"] for row in rows],
        [view.lane[row["node"]] for row in rows],
        marker="o",
        s=75,
        color="none",
        edgecolor=INK,
        linewidth=1.2,
        zorder=4.2,
        gid="record",
    )
    for row in reversed(rows) if len(rows) <= 60 else ():
        text = f"{row['event']} {chosen(row)}".rstrip()
        view.write(text if len(text) <= 28 else row["event"], row["time"], view.lane[row["node"]] + 0.25)
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


def draw_rings(view: View, events: Sequence[Event]) -> list[Any]:
    """Rings around marked events, and what they are."""
    here = [e for e in events if e.node in view.lane and view.first <= e.time <= view.last]
    if not here:
        return []
    view.ax.scatter(
        [event.time for event in here],
        [view.lane[event.node] for event in here],
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
        wide = view.labels.width(text) * 1.12
        ha = "left" if event.time + wide <= view.right else "right"
        heights = [view.lane[event.node] + step for step in (-0.47, 0.42, -0.6, 0.6)]
        y = next((y for y in heights if view.labels.place(text + "xxx", event.time, y, ha)), heights[0])
        view.ax.text(
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
    return [
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
    ]


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
