"""The messages of a space-time diagram: an arrow each, a cross where one ended early, names of types."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from .style import FAULT, Curve

if TYPE_CHECKING:
    import pandas as pd

    from distlab.sim import Event

    from .view import View

__all__ = ["Arrows"]

_MANY = 90  # with more messages than this only the legend names their types
_NOT_THERE = ("lost", "cut", "dropped")


class Arrows:
    """The messages of a table, drawn in the looks of their types."""

    def __init__(self, view: View, table: pd.DataFrame, types: Mapping[str, Curve]) -> None:
        self.view, self.table, self.types = view, table, types
        self.extra: list[Any] = []
        self.names: list[tuple[str, float, float, float, float, tuple[int, str]]] = []
        self.used: dict[str, None] = {}

    def draw(self, events: Sequence[Event]) -> int:
        """The arrows; returns how many messages were drawn."""
        guilty = {event.row for event in events if event.kind == "message"}
        trace, table = self.view.trace, self.table
        sent = table["sent"].to_numpy(dtype=float)
        near = table[(sent <= self.view.last)]
        typical = (
            float(np.nanmedian(table["received"] - table["sent"])) if table["received"].notna().any() else 0.0
        )
        stub = 0.35 if self.view.unit == "step" else max(typical, 0.02 * (self.view.last - self.view.first))
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
            to = float(self.view.lane[receiver])
            start = float(self.view.lane.get(sender, to - 0.4))
            due = end if end == end else trace.event(row).time
            if due < self.view.first:
                continue
            look = self.types[kind]
            far = not due <= max(trace.end, self.view.last)
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
                    part = min(1.0, (self.view.right - begin) / (due - begin)) if due > begin else 1.0
                    x, y = begin + part * (due - begin), start + part * (to - start)
            shown += 1
            self.used[kind] = None
            self._arrow((begin, start), (x, y), look, fate, row in guilty)
            tails.setdefault(kind, []).append((begin, start))
            self.names.append((kind, begin, start, x, y, (cause, kind)))
        for kind, points in tails.items():
            xs, ys = zip(*points, strict=True)
            look = self.types[kind]
            self.view.ax.scatter(
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
            self.view.ax.scatter(
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
        self.view.ax.add_patch(
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

    def name_types(self) -> None:
        """The type beside an arrow, once for those sent together, where there is room."""
        if len(self.names) > _MANY:
            return
        far = 0.18 * (self.view.right - self.view.left) if self.view.unit != "step" else 0.0
        done = set()
        named: dict[str, list[float]] = {}
        for kind, x, y, to_x, to_y, group in self.names:
            if group in done or any(abs(x - other) < far for other in named.get(kind, ())):
                continue
            for part in (0.5, 0.38, 0.62, 0.28, 0.72):
                at = (x + part * (to_x - x), y + part * (to_y - y))
                wide = self.view.labels.width(kind)
                if not self.view.left <= at[0] - wide / 2 <= at[0] + wide / 2 <= self.view.right:
                    continue
                if abs(at[1] - round(at[1])) < 0.2 or not self.view.labels.place(kind, *at):
                    continue
                done.add(group)
                named.setdefault(kind, []).append(x)
                self.view.ax.text(
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


def _dark(color: str) -> str:
    """A colour dark enough to be read as text on white."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    light = (0.299 * red + 0.587 * green + 0.114 * blue) / 255
    factor = min(1.0, 0.42 / light) if light else 1.0
    return "#" + "".join(f"{int(part * factor):02X}" for part in (red, green, blue))
