"""Distributions of times, as cumulative shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from .curves import set_log
from .style import CURVES, INK, axes, legend_below, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["cdf"]

UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6}


@styled
def cdf(
    samples: Mapping[str, Iterable[float]] | Iterable[float],
    ax: Axes | None = None,
    published: Mapping[str, float | tuple[float, float]] | None = None,
    unit: str = "ms",
    *,
    what: str = "time",
    of: str = "run",
    log: bool = False,
    title: str | None = None,
) -> Axes:
    """Draw cumulative distributions: at each time, the share of the runs that took no longer.

    A marker on each curve shows its median, and the legend tells it. What never ended (``inf``, NaN) counts:
    such a curve does not reach 100 %.

    Parameters
    ----------
    samples
        Times in seconds, or ``{label: times}``.
    ax
        Where to draw; None makes a figure.
    published
        What a paper reports, ``{label: seconds}`` for a median, or ``{label: (seconds, share)}`` with a share
        from 0 to 1. Drawn as black rings with a line down to the axis.
    unit
        Of the axis: "s", "ms" or "us".
    what
        What the times are: "time to leader", for instance.
    of
        What each time is of, as one word: "run", "lock".
    log
        Whether the time axis is logarithmic.
    title
        None: "Distribution of ...".

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there are no samples, or the unit is unknown.

    Examples
    --------
    >>> ax = cdf({"150-300 ms": [0.2, 0.3, 0.4]}, published={"paper's median": 0.287})
    >>> ax.get_xlabel(), ax.get_legend().get_texts()[0].get_text()
    ('time (ms)', '150-300 ms: median 300 ms, 3 runs')
    """
    if unit not in UNITS:
        raise ValueError(f'unit must be one of "s", "ms" and "us"; got {unit!r}.')
    named = samples if isinstance(samples, Mapping) else {"": samples}
    if not named:
        raise ValueError("samples must hold at least one distribution; it is empty.")
    scale = UNITS[unit]
    shown = "µs" if unit == "us" else unit
    ax = axes(ax, 8.0, 3.9 + 0.22 * (len(named) + len(published or {})))
    handles: list[Any] = []
    for number, (label, times) in enumerate(named.items()):
        values = np.array(list(times), dtype=float) * scale
        if not len(values):
            raise ValueError(f"samples must hold at least one time for {label!r}; it is empty.")
        look = CURVES[number % len(CURVES)]
        ended = np.sort(values[np.isfinite(values)])
        shares = np.arange(1, len(ended) + 1) / len(values)
        begin = ended[:1]
        ax.step(
            np.concatenate([begin, ended]),
            np.concatenate([np.zeros(len(begin)), shares]) * 100,
            where="post",
            color=look.color,
            linestyle=look.dash,
            linewidth=2.0,
            zorder=3,
            label=str(label),
        )
        name = f"{label}: " if label != "" else ""
        never = len(values) - len(ended)
        half = float(np.median(np.where(np.isfinite(values), values, np.inf)))
        middle = f"median {half:.4g} {shown}" if np.isfinite(half) else "no median"
        runs = f"{len(values):,} {of}{'s' if len(values) != 1 else ''}" + (
            f", {never:,} never ended" if never else ""
        )
        if np.isfinite(half):
            ax.plot(
                [half],
                [50],
                marker=look.marker,
                markersize=8,
                color=look.color,
                markeredgecolor="white",
                zorder=5,
                gid="median",
            )
        handles.append(
            Line2D(
                [],
                [],
                color=look.color,
                linestyle=look.dash,
                marker=look.marker,
                markersize=7,
                markeredgecolor="white",
                label=f"{name}{middle}, {runs}",
            )
        )
    for number, (label, point) in enumerate((published or {}).items()):
        time, share = point if isinstance(point, tuple) else (point, 0.5)
        marker = "odsv^"[number % 5]
        ax.vlines(time * scale, 0, share * 100, color=INK, linewidth=1.0, linestyle=(0, (2, 2)), zorder=2)
        ax.plot(
            [time * scale],
            [share * 100],
            marker=marker,
            markersize=11,
            markerfacecolor="none",
            markeredgecolor=INK,
            markeredgewidth=1.8,
            linestyle="",
            zorder=6,
            gid="published",
        )
        handles.append(
            Line2D(
                [],
                [],
                linestyle="",
                marker=marker,
                markersize=10,
                markerfacecolor="none",
                markeredgecolor=INK,
                markeredgewidth=1.8,
                label=f"published: {label} ({time * scale:.4g} {shown})",
            )
        )
    set_log(ax, "x" if log else False)
    ax.set_ylim(0, 102)
    ax.set_xlabel(f"{what} ({shown})")
    ax.set_ylabel(f"share of {of}s (%)")
    ax.set_title(f"Distribution of the {what}" if title is None else title)
    ax.grid(True)
    legend_below(ax, handles)
    return ax
