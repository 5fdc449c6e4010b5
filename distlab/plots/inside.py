"""How many requests are inside a system over time: those that wait and those that are served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Patch

from distlab.metrics import littles_law
from distlab.metrics.levels import levels

from .faults import pauses
from .style import CURVES, FAULT, INK, axes, legend_below, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from distlab.sim import Trace

__all__ = ["inside"]


@styled
def inside(trace: Trace, ax: Axes | None = None, *, title: str | None = None) -> Axes:
    """Draw how many client operations are open over time, and their mean over the run.

    The area under the steps is the time that all requests together spent inside, so the mean is L = lambda W.
    Times in which a node was down or stood still are shaded.

    Parameters
    ----------
    trace
        Any trace with client operations; pauses are shaded in full traces only.
    ax
        Where to draw; None makes a figure.
    title
        None: "Requests inside".

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from distlab.reliability import Client, Server
    >>> from distlab.sim import Call, Constant, Network, Simulation
    >>> nodes = {"client": Client(), "server": Server(Constant(1.0))}
    >>> calls = [Call("client", 0.0, "ask"), Call("client", 0.0, "ask")]
    >>> trace = Simulation(nodes, Network(latency=0.0), workload=calls).run()
    >>> inside(trace).get_legend().get_texts()[1].get_text()
    'mean 1.5'
    """
    table = trace.operations
    begun = table["invoked"].to_numpy(dtype=float)
    ended = table["returned"].to_numpy(dtype=float, na_value=np.nan)
    lengths, open_requests = levels(begun, np.where(np.isnan(ended), trace.end, ended), 0.0, trace.end)
    times = np.concatenate(([0.0], np.cumsum(lengths)))
    counts = np.concatenate((open_requests, open_requests[-1:] if len(open_requests) else [0]))
    mean = littles_law(trace, "operations").jobs_inside
    ax = axes(ax, 8.0, 3.2)
    look = CURVES[0]
    handles: list[Any] = []
    area = ax.fill_between(times, counts, step="post", color=look.color, alpha=0.25, linewidth=0)
    handles += ax.plot(
        times, counts, drawstyle="steps-post", color=look.color, linewidth=1.2, label="requests inside"
    )
    area.set_gid("area")
    if mean == mean:
        line = ax.axhline(mean, color=INK, linestyle=(0, (4, 3)), linewidth=1.5, label=f"mean {mean:.3g}")
        handles.append(line)
    handles += _shade(ax, "down", [(start, end) for _, start, end in trace.crashes], "//")
    if trace.full:
        handles += _shade(ax, "stands still", [(start, end) for _, start, end in pauses(trace)], "..")
    ax.set_xlim(0, trace.end or 1.0)
    ax.set_ylim(0, max(float(np.max(counts, initial=0)) * 1.08, 1.0))
    ax.set_xlabel("time (s)")
    ax.set_ylabel("requests")
    ax.set_title("Requests inside" if title is None else title)
    ax.grid(True, axis="y")
    legend_below(ax, handles)
    return ax


def _shade(ax: Axes, label: str, spans: list[tuple[float, float]], hatch: str) -> list[Any]:
    for start, end in spans:
        ax.axvspan(
            start, end, facecolor="none", edgecolor=FAULT, hatch=hatch, alpha=0.6, linewidth=0, gid=label
        )
    return [Patch(facecolor="none", edgecolor=FAULT, hatch=hatch, label=label)] if spans else []
