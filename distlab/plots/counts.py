"""Message counts: bars by type, or curves over the number of nodes, beside a formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .columns import column
from .curves import draw_curves, set_log
from .style import CURVES, INK, PALETTE, axes, legend_below, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["message_counts"]


@styled
def message_counts(
    counts: pd.DataFrame | Mapping[Any, Any],
    formula: Any = None,
    ax: Axes | None = None,
    *,
    by: str | None = None,
    value: str | None = None,
    log: bool | str = False,
    title: str | None = None,
) -> Axes:
    """Draw how many messages there were: bars by type, or curves over the number of nodes.

    Parameters
    ----------
    counts
        For bars: ``{type: number}``, or what :func:`distlab.metrics.message_counts` returns. For curves:
        ``{n: number}``, ``{label: {n: number}}``, or a table with a column ``n``, such as
        :func:`distlab.sweep.sweep` returns.
    formula
        For bars: ``{type: expected number}``, drawn as a black line across the bar. For curves: a function of
        n, or ``{label: function}``, drawn as wide grey lines under the curves.
    ax
        Where to draw; None makes a figure.
    by
        For tables: the column that names the bars ("type" if there is one) or tells the curves apart.
    value
        For tables: the column with the numbers; None: "sent", or "mean".
    log
        Whether the axis of counts is logarithmic; for curves also "x" or "both".
    title
        None: "Messages by type" or "Messages over the number of nodes".

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there is nothing to draw, or a column is missing.

    Examples
    --------
    >>> ax = message_counts({"Election": 10, "Alive": 6, "Victory": 4}, formula={"Election": 10})
    >>> len(ax.patches), ax.get_xlabel()
    (3, 'messages')
    >>> ax = message_counts({3: 6, 5: 20}, formula={"n(n-1)": lambda n: n * (n - 1)})
    >>> len(ax.lines), ax.get_xlabel()
    (2, 'number of nodes n')
    """
    if not len(counts):
        raise ValueError("counts must hold at least one number of messages; it is empty.")
    if isinstance(counts, pd.DataFrame):
        chosen = value or next(
            (name for name in ("sent", "mean", "messages", "count") if name in counts), "sent"
        )
        if "n" in counts and by != "n":
            return _curves(counts, chosen, by, formula, ax, log, title)
        rows = by or ("type" if "type" in counts else str(counts.columns[0]))
        column(counts, rows, "by")
        column(counts, chosen, "value", numbers=True)
        summed = counts.groupby(rows, sort=False)[chosen].sum()
        return _bars(
            {str(name): float(number) for name, number in summed.items()}, rows, formula, ax, log, title
        )
    first = next(iter(counts.values()))
    if isinstance(first, Mapping):
        table = pd.DataFrame(
            [(label, n, number) for label, numbers in counts.items() for n, number in numbers.items()],
            columns=["label", "n", "messages"],
        )
        return _curves(table, "messages", "label", formula, ax, log, title)
    if all(isinstance(n, Real) for n in counts):
        table = pd.DataFrame({"n": list(counts), "messages": list(counts.values())})
        return _curves(table, "messages", None, formula, ax, log, title, "measured")
    numbers = {str(getattr(kind, "__name__", kind)): float(number) for kind, number in counts.items()}
    return _bars(numbers, "type", formula, ax, log, title)


def _curves(
    table: pd.DataFrame,
    value: str,
    by: str | None,
    formula: Any,
    ax: Axes | None,
    log: bool | str,
    title: str | None,
    label: str | None = None,
) -> Axes:
    ax = axes(ax, 8.0, 4.4)
    handles = draw_curves(ax, table, "n", value, by, formula)
    if label is not None:
        handles[0].set_label(label)
    set_log(ax, log)
    ax.set_xlabel("number of nodes n")
    ax.set_ylabel("messages")
    ax.set_title("Messages over the number of nodes" if title is None else title)
    if table["n"].nunique() <= 12:
        ticks = sorted(dict.fromkeys(table["n"]))
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
    ax.grid(True, axis="y")
    legend_below(ax, handles)
    return ax


def _bars(
    numbers: dict[str, float],
    what: str,
    formula: Mapping[str, float] | Callable[[Any], float] | None,
    ax: Axes | None,
    log: bool | str,
    title: str | None,
) -> Axes:
    if formula is not None and not isinstance(formula, Mapping):
        raise ValueError(f"formula must be {{type: expected number}} for bars; got {formula!r}.")
    expected = {
        str(getattr(kind, "__name__", kind)): float(number) for kind, number in (formula or {}).items()
    }
    unknown = [kind for kind in expected if kind not in numbers]
    if unknown:
        raise ValueError(f"formula names {unknown[0]!r}, but the bars are: {', '.join(numbers)}.")
    ax = axes(ax, 7.6, 1.5 + 0.42 * len(numbers) + (0.3 if expected else 0))
    places = range(len(numbers))
    for place, (kind, number) in zip(places, numbers.items(), strict=True):
        look = CURVES[place % len(CURVES)]
        ax.barh(
            place,
            number,
            height=0.66,
            color=look.color,
            hatch=look.hatch,
            edgecolor="white",
            linewidth=0.5,
            gid=kind,
            zorder=2,
        )
        ax.annotate(
            f"{number:,.10g}",
            (max(number, expected.get(kind, number)), place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center_baseline",
            fontsize=10,
        )
        if kind in expected:
            ax.vlines(
                expected[kind], place - 0.43, place + 0.43, color=INK, linewidth=2.6, zorder=4, gid="formula"
            )
    ax.set_yticks(places, list(numbers))
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(numbers) - 0.4, -0.6)
    if log in (True, "x", "both"):
        ax.set_xlim(
            0.8 * min([1.0, *[number for number in numbers.values() if number > 0]]),
            2 * max(numbers.values()),
        )
        set_log(ax, "x")
    ax.margins(x=0.1)
    ax.set_xlabel("messages")
    ax.set_title(f"Messages by {what}" if title is None else title)
    ax.grid(True, axis="x")
    if expected:
        legend_below(
            ax,
            [
                Patch(facecolor=PALETTE["grey"], label="measured"),
                Line2D(
                    [],
                    [],
                    linestyle="",
                    marker="|",
                    markersize=13,
                    markeredgewidth=2.6,
                    color=INK,
                    label="formula",
                ),
            ],
        )
    return ax
