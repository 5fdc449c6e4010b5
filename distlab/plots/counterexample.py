"""The figure of a failed check: the failing run, and the nearest run in which all is well."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt

from distlab.check.minimise import common_beginning

from .lanes import lane_of
from .space_time import space_time
from .style import PALETTE, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from distlab.check import Report
    from distlab.sim import Event, Trace

__all__ = ["counterexample"]


@styled
def counterexample(report: Report | Any, *, max_messages: int = 60) -> Figure:
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
    found = getattr(report, "counterexample", report)
    if found is None or not hasattr(found, "trace"):
        raise ValueError(
            f"report must have a counterexample to draw; its verdict is {getattr(report, 'verdict', None)!r}."
        )
    unit = (
        "step"
        if any(words.startswith("step ") for words, _ in found.setting) or "step" in found.code
        else "s"
    )
    traces: list[Trace] = [found.trace] + ([found.passing] if found.passing is not None else [])
    lane = min(0.95, max(0.3, 4.5 / len(found.trace.nodes)))
    heights = [1.5 + lane * len(trace.nodes) for trace in traces]
    figure, rows = plt.subplots(
        len(traces), 1, figsize=(9.6, min(16.0, 0.9 + 0.5 * len(traces) + sum(heights))), layout="constrained",
        height_ratios=heights, squeeze=False,
    )  # fmt: skip
    figure.suptitle(fill(found.sentence, 88), x=0.01, ha="left", fontsize=12, fontweight="bold")
    axes = rows[:, 0]
    space_time(
        found.trace, axes[0], highlight=found.rows, max_messages=max_messages, unit=unit,
        title=f"The failing run ({found.minimal})",
    )  # fmt: skip
    if found.passing is not None:
        same = common_beginning(found.trace, found.passing)
        there = _events(found.passing)
        parting = there[same : same + 1]
        space_time(
            found.passing, axes[1], highlight=(), max_messages=max_messages, unit=_unit(found.passing, unit),
            start=None, title="The nearest run in which all is well",
        )  # fmt: skip
        _part(axes[0], found.trace, _events(found.trace)[same : same + 1])
        _part(axes[1], found.passing, parting)
    return figure


def _unit(trace: Trace, unit: str) -> str:
    return unit if float(trace.end).is_integer() else "s"


def _events(trace: Trace) -> list[Event]:
    return [event for event in trace.events() if event.kind != "fault"]


def _part(ax: Any, trace: Trace, events: list[Event]) -> None:
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
        )
    left, right = ax.get_xlim()
    late = time > (left + right) / 2
    ax.annotate(
        text, (time, 1), xycoords=("data", "axes fraction"), xytext=(-4 if late else 4, -2), textcoords="offset points",
        ha="right" if late else "left", va="bottom", fontsize=10, color=PALETTE["blue"], annotation_clip=False,
    )  # fmt: skip
