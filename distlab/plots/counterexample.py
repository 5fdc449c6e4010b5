"""The figure of a failed check: the failing run, and the nearest run in which all is well."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D

from .lanes import lane_of
from .space_time import Sheet, lane_height
from .style import PALETTE, legend_below, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from distlab.check import Counterexample, Report
    from distlab.sim import Event, Trace

__all__ = ["counterexample"]


@styled
def counterexample(report: Report | Counterexample, *, max_messages: int = 60) -> Figure:
    """Draw the counterexample of a report as a space-time diagram, and under it the nearest passing run.

    The events that broke the property have rings. A star and a dashed line stand, in both runs, where they
    part for the first time. A long run is cut at its beginning, and the title says so.

    Parameters
    ----------
    report
        What :func:`distlab.check.check` answered, or its ``counterexample``.
    max_messages
        How many messages are drawn at most in each of the two.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the report has no counterexample.
    """
    from distlab.check.minimise import common_beginning

    found: Any = getattr(report, "counterexample", report)
    if found is None or not hasattr(found, "trace"):
        raise ValueError(
            f"report must have a counterexample to draw; its verdict is {getattr(report, 'verdict', None)!r}."
        )
    unit = (
        "step"
        if any(words.startswith("step ") for words, _ in found.setting) or "step" in found.code
        else "s"
    )
    failing = Sheet(found.trace, None, None, found.rows, (), max_messages, unit)
    sheets = [failing]
    if found.passing is not None:
        same = common_beginning(found.trace, found.passing)
        parted = [_events(trace)[same : same + 1] for trace in (found.trace, found.passing)]
        rows = [event.row for event in parted[1]]
        passing = Sheet(found.passing, None, None, rows if failing.first > 0 else (), (), max_messages, unit)
        passing.events = []
        sheets.append(passing)
        if failing.first == passing.first:  # the same time at the same place in both
            failing.right = passing.right = max(failing.right, passing.right)
    heights = [0.9 + lane_height(len(sheet.trace.nodes)) * len(sheet.trace.nodes) for sheet in sheets]
    sentence = fill(found.sentence, 88)
    figure, rows_of_axes = plt.subplots(
        len(sheets),
        1,
        figsize=(9.6, min(18.0, 1.3 + 0.2 * sentence.count("\n") + sum(heights))),
        layout="constrained",
        height_ratios=heights,
        squeeze=False,
    )
    figure.suptitle(sentence, x=0.01, ha="left", fontsize=12, fontweight="bold")
    titles = (f"The failing run ({found.minimal})", "The nearest run in which all is well")
    handles: dict[str, Any] = {}
    for number, (ax, sheet, title) in enumerate(zip(rows_of_axes[:, 0], sheets, titles, strict=False)):
        for handle in sheet.draw(ax, title, timers=True, records=True):
            handles.setdefault(handle.get_label(), handle)
        if found.passing is not None:
            mark = _part(ax, sheet.trace, parted[number])
            handles.setdefault(mark.get_label(), mark)
    legend_below(rows_of_axes[-1, 0], list(handles.values()))
    return figure


def _events(trace: Trace) -> list[Event]:
    return [event for event in trace.events() if event.kind != "fault"]


def _part(ax: Any, trace: Trace, events: list[Event]) -> Any:
    """Mark where the two runs part."""
    if not events:
        time, lane, text = trace.end, None, "the run ends here; the other goes on"
    else:
        time, lane, text = events[0].time, lane_of(trace).get(events[0].node), "the runs part here"
    ax.axvline(time, color=PALETTE["blue"], linewidth=1.4, linestyle=(0, (5, 3)), zorder=1, gid="parting")
    if lane is not None:
        ax.plot(
            [time],
            [lane],
            marker="*",
            markersize=15,
            color=PALETTE["blue"],
            markeredgecolor="white",
            zorder=6.5,
            gid="parting",
        )
    left, right = ax.get_xlim()
    late = time > (left + right) / 2
    ax.annotate(
        text,
        (time, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if late else 4, -2),
        textcoords="offset points",
        ha="right" if late else "left",
        va="bottom",
        fontsize=10,
        color=PALETTE["blue"],
        annotation_clip=False,
    )
    return Line2D(
        [],
        [],
        color=PALETTE["blue"],
        linewidth=1.4,
        linestyle=(0, (5, 3)),
        marker="*",
        markersize=12,
        markeredgecolor="white",
        label="where the runs part",
    )
