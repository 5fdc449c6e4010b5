"""The spans of one request as a waterfall: what was done for it, where, from when to when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .columns import column
from .lanes import seconds
from .style import FAULT, INK, axes, legend_below, styled
from .tints import TINTS, Tint

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["waterfall"]

_MS = 1000.0
_ASIDE = "nobody waits for it"


@styled
def waterfall(
    spans: pd.DataFrame,
    ax: Axes | None = None,
    *,
    layers: Sequence[str] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw a bar per span, in the order of their beginning, as tools for tracing do.

    Filled bars lie on the path that the response waited for; their lengths add up to the response time, and
    the legend says how much of it each layer takes. Empty bars with a dashed edge lie beside it. A cross is a
    message that never arrived.

    Parameters
    ----------
    spans
        The spans of one request: the columns layer, what, start and end (seconds), on_path (True or False),
        fate ("done" or how a message ended), such as :func:`distlab.communication.stack.spans` returns.
    ax
        Where to draw; None makes a figure.
    layers
        All layers in the order of their colours; None: those in the table, in the order of their appearance.
    title
        None: "Trace of request 1: 24 ms".

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there are no spans, they are of several requests, or a column or a layer is missing.

    References
    ----------
    B. H. Sigelman and others, "Dapper, a large-scale distributed systems tracing infrastructure", Google
    technical report, 2010, figure 2.

    Examples
    --------
    >>> from distlab.communication import stack
    >>> ax = waterfall(stack.spans(stack.one_request()), layers=stack.LAYERS)
    >>> ax.get_title(loc="left"), len(ax.patches)
    ('Trace of request 1: 24 ms', 12)
    """
    look = _looks(spans, layers)
    begin = float(spans["start"].min())
    path = spans[spans["on_path"].astype(bool)]
    last = (float(spans["end"].max()) - begin) * _MS
    ax = axes(ax, 9.6, min(12.0, 1.5 + 0.3 * len(spans)))
    ax.set_xlim(0, last * 1.08 or 1.0)
    ax.set_ylim(len(spans) - 0.4, -0.6)
    ax.set_yticks(range(len(spans)), list(spans["what"]))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(True, axis="x")
    for lane, row in enumerate(spans.to_dict("records")):
        start = (row["start"] - begin) * _MS
        _bar(ax, lane, start, (row["end"] - row["start"]) * _MS, row, look[row["layer"]])
    _steps(ax, spans, begin)
    ax.set_xlabel("time since the request came (ms)")
    handles = _legend(spans, path, look)
    took = ""
    if len(path):
        total = (float(path["end"].max()) - begin) * _MS
        ax.axvline(total, color=INK, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1.5, gid="end")
        took = f"{seconds(total)} ms"
    else:
        took = "no response"
    name = f" of request {spans['request'].iloc[0]}" if "request" in spans else ""
    ax.set_title(f"Trace{name}: {took}" if title is None else title)
    legend_below(ax, handles)
    return ax


def _looks(spans: pd.DataFrame, layers: Sequence[str] | None) -> dict[str, Tint]:
    for name in ("layer", "what", "start", "end", "fate", "on_path"):
        column(spans, name, name, numbers=name in ("start", "end"))
    if not len(spans):
        raise ValueError("spans must hold at least one span; it is empty.")
    if "request" in spans and spans["request"].nunique() > 1:
        numbers = ", ".join(map(str, spans["request"].unique()[:5]))
        raise ValueError(f"spans must be those of one request; they are of the requests {numbers}.")
    chosen = list(dict.fromkeys(spans["layer"])) if layers is None else list(layers)
    missing = [layer for layer in spans["layer"] if layer not in chosen]
    if missing:
        raise ValueError(
            f"layers must name all layers of the spans; {missing[0]!r} is missing in {chosen!r}."
        )
    return {layer: TINTS[place % len(TINTS)] for place, layer in enumerate(chosen)}


def _bar(ax: Axes, lane: int, start: float, length: float, row: Mapping[Any, Any], look: Tint) -> None:
    if row["on_path"]:
        ax.barh(lane, length, left=start, height=0.7, color=look.face, hatch=look.hatch, edgecolor=look.edge,
                linewidth=1.2, zorder=2.5, gid="path")  # fmt: skip
    else:
        ax.barh(lane, length, left=start, height=0.5, color="white", edgecolor="#999999", linewidth=1.0,
                linestyle=(0, (3, 2)), zorder=2.2, gid="aside")  # fmt: skip
    if row["fate"] != "done":
        ax.plot(start + length, lane, marker="X", markersize=9, color=FAULT, markeredgecolor="white",
                linestyle="", zorder=5, gid="lost")  # fmt: skip
    text = seconds(length) if row["fate"] == "done" else row["fate"]
    ax.annotate(text, (start + length, lane), (6, 0), textcoords="offset points", va="center_baseline",
                color=INK if row["on_path"] else "#777777", fontsize=9.5, zorder=4,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5})  # fmt: skip


def _steps(ax: Axes, spans: pd.DataFrame, begin: float) -> None:
    """Thin lines from the end of each step of the path to the beginning of the next."""
    lanes = [lane for lane, on_path in enumerate(spans["on_path"]) if on_path]
    ends = list(spans["end"])
    for one, other in pairwise(lanes):
        ax.vlines(
            (ends[one] - begin) * _MS, one + 0.35, other - 0.35, color="#666666", linewidth=1.0, zorder=2.4
        )


def _legend(spans: pd.DataFrame, path: pd.DataFrame, look: dict[str, Tint]) -> list[Any]:
    spent = {layer: 0.0 for layer in look}
    for layer, start, end in zip(path["layer"], path["start"], path["end"], strict=True):
        spent[layer] += (end - start) * _MS
    total = sum(spent.values())
    handles: list[Any] = [
        Patch(facecolor=look[layer].face, hatch=look[layer].hatch, edgecolor=look[layer].edge, linewidth=1.2,
              label=f"{layer}: {seconds(spent[layer])} ms ({spent[layer] / total:.0%})")
        for layer in look
        if spent[layer] > 0
    ]  # fmt: skip
    if not spans["on_path"].all():
        handles.append(
            Patch(facecolor="white", edgecolor="#999999", linestyle=(0, (3, 2)), linewidth=1.0, label=_ASIDE)
        )
    if (spans["fate"] != "done").any():
        handles.append(
            Line2D([], [], linestyle="", marker="X", markersize=9, color=FAULT, label="never arrived")
        )
    return handles
