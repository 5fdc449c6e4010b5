"""The lanes of a space-time diagram: roles, their names where they begin, gaps where a node was down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from .faults import pauses
from .roles import PAUSED, known_roles, looks, patch, terms
from .style import INK

if TYPE_CHECKING:
    from .view import View

__all__ = ["draw_lanes", "name_roles"]


def draw_lanes(view: View) -> list[Any]:
    """Lanes in the colours of the roles, with gaps where a node was down."""
    trace, ax, first, last = view.trace, view.ax, view.first, view.last
    down = {node: [(a, b) for id, a, b in trace.crashes if id == node] for node in trace.nodes}
    for node, lane in view.lane.items():
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
    end = view.right if view.unit == "step" and last >= trace.end else last
    for role in style:
        mine = [row for row in rows if row["role"] == role and row["start"] <= last and row["end"] >= first]
        if not mine:
            continue
        look = style[role]
        left = [max(row["start"], first) for row in mine]
        right = [end if row["end"] >= last and _lives(view, row) else row["end"] for row in mine]
        ax.barh(
            [view.lane[row["node"]] for row in mine],
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
    handles.sort(key=lambda handle: order.index(handle.get_label()) if handle.get_label() in order else 99)
    if any(a < last and b > first for times in down.values() for a, b in times):
        handles.append(Line2D([], [], color="#999999", linewidth=1.2, linestyle=(0, (1, 2)), label="down"))
    still = [(node, max(a, first), min(b, last)) for node, a, b in pauses(trace) if a < last and b > first]
    if still:
        ax.barh(
            [view.lane[node] for node, _, _ in still],
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


def name_roles(view: View) -> None:
    """The names of roles where they begin; leaders first."""
    rows = []
    before: dict[Any, tuple[str, str]] = {}
    for row in view.trace.roles.to_dict("records"):
        now = (row["role"], terms(row)[0])
        if row["start"] > 0 and before.get(row["node"]) != now and view.first <= row["start"] <= view.last:
            rows.append(row)
        before[row["node"]] = now
    rows.sort(key=lambda row: row["role"] not in ("leader", "leading"))
    for row in rows:
        term = terms(row)[0]
        view.write(
            f"{row['role']}, {term}" if term else row["role"], row["start"], view.lane[row["node"]] - 0.24
        )


def _lives(view: View, row: Mapping[Any, Any]) -> bool:
    return not any(node == row["node"] and a == row["end"] for node, a, _ in view.trace.crashes)
