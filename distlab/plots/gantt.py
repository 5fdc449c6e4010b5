"""A schedule as a Gantt chart: one lane per worker, one bar per piece of work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .columns import column
from .lanes import Labels, seconds
from .style import FAULT, INK, axes, legend_below, styled, text_width

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["gantt"]

_OVERHEAD = ("split", "merge")
_TINTS = ("#CFE6F5", "#FBE3D2", "#D5EFE5", "#F3DDEA", "#FCEFCB", "#E3E3E3")
_HATCHES = ("", "//", "..", "\\\\", "xx", "--")
_NAMED = 8  # kinds of bars that a legend names


@styled
def gantt(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    by: str | None = "job",
    label: str | None = "task",
    workers: Sequence[Any] | None = None,
    highlight: Iterable[str] = (),
    until: float | None = None,
    legend: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw who did what from when to when.

    What was lost in a crash is crossed out, with a cross where the worker stopped. What a dispatcher does
    itself, the tasks "split" and "merge", is dark. A dashed line marks the end of the last piece, with its
    time beside it.

    Parameters
    ----------
    table
        A row per piece of work with the columns worker, start and end (seconds), and perhaps task, job and
        fate, such as :func:`distlab.computing.parallel.schedule` returns.
    ax
        Where to draw; None makes a figure.
    by
        The column that tells colours and hatches apart; None, or no such column: all bars look alike.
    label
        The column that is written into the bars where there is room; None: nothing.
    workers
        The lanes from top to bottom, for workers that had nothing to do too; None: those in the table.
    highlight
        Tasks whose bars get a thick frame, such as those of a critical path.
    until
        The end of the time axis in seconds, to compare several charts; None: the end of the last piece.
    legend
        Whether to explain the looks of the bars; of several charts, one is enough.
    title
        None: "Schedule: 12 pieces of work on 4 workers".

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a column is missing or a worker of the table is not among ``workers``.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(1, "read", 0.0, 2.0), (2, "write", 2.0, 5.0)]
    >>> ax = gantt(pd.DataFrame(rows, columns=["worker", "task", "start", "end"]))
    >>> ax.get_title(loc="left"), [text.get_text() for text in ax.get_yticklabels()]
    ('Schedule: 2 pieces of work on 2 workers', ['worker 1', 'worker 2'])
    """
    for name in ("worker", "start", "end"):
        column(table, name, name, numbers=name != "worker")
    lanes = _lanes(table, workers)
    end = float(table["end"].max()) if len(table) else 0.0
    ax = axes(ax, 9.6, min(12.0, 1.5 + 0.42 * len(lanes)))
    ax.spines[["left", "right", "top"]].set_visible(False)
    span = _span(ax, max(end, 0.0 if until is None else float(until)) or 1.0)
    ax.set_xlim(0, span)
    ax.set_ylim(len(lanes) - 0.45, -0.55)
    ax.set_yticks(range(len(lanes)), [_name(worker) for worker in lanes])
    ax.tick_params(axis="y", length=0)
    ax.hlines(range(len(lanes)), 0, span, color="#DDDDDD", linewidth=0.8, zorder=0.6)
    handles = _bars(ax, table, lanes, by, label, frozenset(highlight), span)
    if len(table):
        ax.axvline(end, color=INK, linewidth=1.2, linestyle=(0, (4, 3)), zorder=2.5, gid="end")
        beside: dict[str, Any] = {"xytext": (4, 0), "textcoords": "offset points", "ha": "left", "va": "top"}
        ax.annotate(f"{seconds(end)} s", (end, -0.5), gid="end", **beside)
    else:
        nothing = "nobody did anything"
        ax.text(0.5, 0.5, nothing, transform=ax.transAxes, ha="center", va="center", color="#777777")
    ax.set_xlabel("time (s)")
    count = f"{len(table)} piece{'s' if len(table) != 1 else ''} of work"
    crew = f"{len(lanes)} worker{'s' if len(lanes) != 1 else ''}"
    ax.set_title(f"Schedule: {count} on {crew}" if title is None else title)
    if legend:
        legend_below(ax, handles)
    return ax


def _span(ax: Axes, last: float) -> float:
    """How long the time axis is: room for a text beside ``last``, the same room whatever the text."""
    width = ax.get_window_extent().width * 72 / ax.figure.dpi
    room = text_width("12.34 s") + 8
    return last / (1 - min(room / max(width, 1.0), 0.5))


def _lanes(table: pd.DataFrame, workers: Sequence[Any] | None) -> dict[Any, int]:
    present = list(dict.fromkeys(table["worker"]))
    if workers is None:
        names = sorted((each for each in present if isinstance(each, str)), key=_natural)
        chosen = [*names, *sorted(each for each in present if not isinstance(each, str))]
    else:
        chosen = list(workers)
        missing = [worker for worker in present if worker not in chosen]
        if missing:
            raise ValueError(
                f"workers must name all workers of the table; {missing[0]!r} is missing in {chosen!r}."
            )
    return {worker: lane for lane, worker in enumerate(chosen)}


def _natural(name: str) -> tuple[str, int]:
    """So that "process 10" comes after "process 9"."""
    text = name.rstrip("0123456789")
    return text, int(name[len(text) :] or 0)


def _name(worker: Any) -> str:
    return worker if isinstance(worker, str) else f"worker {worker}"


def _bars(
    ax: Axes,
    table: pd.DataFrame,
    lanes: dict[Any, int],
    by: str | None,
    label: str | None,
    highlight: frozenset[str],
    span: float,
) -> list[Any]:
    labels = Labels(ax, span, len(lanes) + 0.1)
    if by not in table:
        by = None
    kinds = [None] if by is None else list(dict.fromkeys(table[by]))
    look = {kind: (_TINTS[at % len(_TINTS)], _HATCHES[at % len(_HATCHES)]) for at, kind in enumerate(kinds)}
    fates = list(table["fate"]) if "fate" in table else ["done"] * len(table)
    marked = False
    for row, fate in zip(table.to_dict("records"), fates, strict=True):
        lane, task = lanes[row["worker"]], row.get("task")
        kind = None if by is None else row[by]
        color, hatch = look[kind]
        group, edge, width = str(kind), "#666666", 0.7
        if task in _OVERHEAD:
            color, hatch, group = "#444444", "", "split or merge"
        if fate == "lost":
            color, hatch, group, edge = "white", "xxx", "lost", "#999999"
        if task in highlight:
            edge, width, marked = FAULT, 2.4, True
        ax.barh(lane, row["end"] - row["start"], left=row["start"], height=0.66, color=color, hatch=hatch,
                edgecolor=edge, linewidth=width, zorder=3 if task in highlight else 2, gid=group)  # fmt: skip
        if fate == "lost":
            ax.plot(row["end"], lane, marker="X", markersize=11, color=FAULT, markeredgecolor="white",
                    linestyle="", zorder=5, gid="crash")  # fmt: skip
        text = "" if label is None or task in _OVERHEAD else str(row.get(label, ""))
        if text and labels.width(text) <= row["end"] - row["start"]:
            box = {"facecolor": color, "edgecolor": "none", "pad": 1.0} if hatch else None
            ax.text(
                (row["start"] + row["end"]) / 2,
                lane,
                text,
                ha="center",
                va="center_baseline",
                bbox=box,
                zorder=4,
            )
    return _legend(table, by, look, fates, marked)


def _legend(
    table: pd.DataFrame, by: str | None, look: dict[Any, tuple[str, str]], fates: list[str], marked: bool
) -> list[Any]:
    handles: list[Any] = []
    plain = [kind for kind in look if kind is not None]
    if 1 < len(plain) <= _NAMED:
        for kind in plain:
            color, hatch = look[kind]
            text = kind if isinstance(kind, str) else f"{by} {kind}"
            handles.append(
                Patch(facecolor=color, hatch=hatch, edgecolor="#666666", linewidth=0.7, label=text)
            )
    if "task" in table and table["task"].isin(_OVERHEAD).any():
        handles.append(Patch(facecolor="#444444", label="split or merge"))
    if "lost" in fates:
        handles.append(Patch(facecolor="white", hatch="xxx", edgecolor="#999999", label="lost"))
        handles.append(
            Line2D([], [], linestyle="", marker="X", markersize=9, color=FAULT, label="worker stops")
        )
    if marked:
        handles.append(Patch(facecolor="white", edgecolor=FAULT, linewidth=2.4, label="critical path"))
    return handles
