"""The figure of a failed check: the failing run, and the nearest run in which all is well."""

from __future__ import annotations

import re
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
    part for the first time. Of a long run only
    the end is drawn, from a little before they part, and the title says so.

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
    counted = [name for name, _ in found.setting] + [found.sentence]
    unit = "step" if any(re.search(r"\bstep \d", words) for words in counted) else "s"
    runs = [found.trace] if found.passing is None else [found.trace, found.passing]
    same = common_beginning(*runs) if len(runs) > 1 else 0
    parted = [_events(trace)[same : same + 1] for trace in runs]
    start = None
    if unit == "s" and len(runs) > 1:  # a little before the runs part, if that leaves out enough
        parting = min(
            events[0].time if events else trace.end for events, trace in zip(parted, runs, strict=True)
        )
        start = parting - 0.35 * (found.trace.end - parting)
        start = start if 0.3 * found.trace.end < start < found.trace.end else None
    sheets = [Sheet(found.trace, start, None, found.rows, (), max_messages, unit)]
    if found.passing is not None:
        failing, end = sheets[0], found.passing.end
        first = failing.first if failing.first < end else None
        last = min(failing.last, end) if first is not None else None
        last = last if first is not None and last is not None and last > first else None
        sheets.append(Sheet(found.passing, first, last, (), (), 2 * max_messages, unit))
        if first is not None:  # the same time at the same place in both
            sheets[1].left = failing.left
            failing.right = sheets[1].right = max(failing.right, sheets[1].right)
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
        (time, 0),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if late else 4, 3),
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
