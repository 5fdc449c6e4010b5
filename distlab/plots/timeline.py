"""The election timeline: who had which role when, who voted, what went wrong, and when nobody led."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from distlab.metrics import leaderless_intervals

from .faults import draw_marks, draw_spans, draw_walls, pauses, spans, stack
from .lanes import Labels, about, lane_of, seconds, set_lanes, window
from .roles import DOWN, PAUSED, chosen, known_roles, looks, patch, terms
from .style import INK, LEADERLESS, axes, legend_below, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from distlab.sim import Trace

__all__ = ["timeline"]

_BAR = 0.09  # bars stand a little below the middle of their lane, votes above them


@styled
def timeline(
    trace: Trace,
    ax: Axes | None = None,
    start: float | None = None,
    end: float | None = None,
    *,
    votes: bool = True,
    leaderless: bool | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the roles of all nodes over time: one lane per node, the first node on top.

    Bars are roles, with the term (or epoch) written into them where there is room. Triangles are votes, with
    the candidate beside them. Crosses are crashes. Faults of the network stand above the lanes, and a dashed
    wall between two lanes means that a partition separates these nodes. The time in which nobody leads is
    shaded across all lanes.

    Parameters
    ----------
    trace
        Any trace, an outline too.
    ax
        Where to draw; None makes a figure.
    start, end
        The window in seconds; None is the beginning or the end of the run. A window that leaves something out
        is announced in the title.
    votes
        Whether to draw what nodes noted with ``record("vote", ...)``.
    leaderless
        Whether to shade the time without a leader; None: if the nodes have roles of a leader election.
    title
        None: algorithm, number of nodes and seed.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the window is empty or lies outside the run.

    Examples
    --------
    >>> from distlab.sim import Crash, Node, Simulation, cluster
    >>> class First(Node):
    ...     def on_start(self):
    ...         self.after(0.25 * self.id, self.become, "leader")
    >>> ax = timeline(Simulation(cluster(First, 2), faults=[Crash(1, at=2.0)]).run(until=4.0))
    >>> ax.get_title(loc="left"), ax.get_xlabel()
    ('Timeline: First, 2 nodes, seed 0', 'time (s)')
    """
    first, last = window(trace, start, end)
    found = spans(trace)
    count = len(trace.nodes)
    lane = 0.5 if count <= 8 else 0.36 if count <= 14 else 0.29
    ax = axes(ax, 9.6, min(12.0, 1.9 + lane * (count + min(len(found), 3))))
    placed = stack(found, Labels(ax, last - first, 1), first, last)
    step = min(1.0, 0.4 / lane)
    ax.set_xlim(first, last)
    high = set_lanes(ax, trace, 1 + max((row for _, row in placed), default=-1), step)
    labels = Labels(ax, last - first, high)

    roles = trace.roles
    election = leaderless if leaderless is not None else bool(roles["role"].isin(known_roles()).any())
    handles = _role_bars(ax, trace, labels, first, last)
    shaded = _shade(ax, trace, count, first, last) if election else []
    handles += _down_bars(ax, trace, first, last)
    handles += shaded
    handles += _votes(ax, trace, labels, first, last) if votes else []
    handles += draw_marks(ax, trace, labels, first, last, _BAR, 0.38)
    handles += draw_spans(ax, placed, labels, first, last, step)
    handles += draw_walls(ax, trace, placed, first, last)

    ax.set_xlabel("time (s)")
    cut = trace.end > 0 and (first > 0 or last < trace.end)
    part = f" (showing {seconds(first)} to {seconds(last)} s of {seconds(trace.end)} s)" if cut else ""
    ax.set_title((f"Timeline: {about(trace)}" if title is None else title) + part)
    if not len(roles):
        ax.text(
            0.5, 0.5, "no node took a role", transform=ax.transAxes, ha="center", va="center", color="#777777"
        )
    legend_below(ax, handles)
    return ax


def _role_bars(ax: Axes, trace: Trace, labels: Labels, first: float, last: float) -> list[Any]:
    table = trace.roles
    lanes = lane_of(trace)
    ax.hlines(
        [lane + _BAR for lane in lanes.values()], first, last, color="#BBBBBB", linewidth=0.8, zorder=0.6
    )
    rows = [
        row
        for row in table.to_dict("records")
        if row["end"] > first and row["start"] < last and row["end"] > row["start"]
    ]
    style = looks(table["role"])
    handles = []
    order = [role for role in known_roles() if role in style] + [
        role for role in style if role not in known_roles()
    ]
    for role in order:
        look = style[role]
        mine = [row for row in rows if row["role"] == role]
        if not mine:
            continue
        left = [max(row["start"], first) for row in mine]
        ax.barh(
            [lanes[row["node"]] + _BAR for row in mine],
            [min(row["end"], last) - begin for row, begin in zip(mine, left, strict=True)],
            left=left,
            height=look.height,
            color=look.color,
            hatch=look.hatch,
            edgecolor="#444444",
            linewidth=0.6,
            zorder=2,
            gid=role,
        )
        handles.append(patch(look, role))
        for row, begin in zip(mine, left, strict=True):
            room = min(row["end"], last) - begin
            text = next((text for text in terms(row) if text and labels.width(text + "i") <= room), "")
            if text:
                box = None if not look.hatch else {"facecolor": look.color, "edgecolor": "none", "pad": 1.0}
                ax.text(
                    begin + room / 2,
                    lanes[row["node"]] + _BAR,
                    text,
                    ha="center",
                    va="center_baseline",
                    fontsize=10,
                    color=look.ink,
                    bbox=box,
                    zorder=3,
                )
    return handles


def _down_bars(ax: Axes, trace: Trace, first: float, last: float) -> list[Any]:
    lanes = lane_of(trace)
    handles = []
    for look, label, times in ((DOWN, "down", trace.crashes), (PAUSED, "paused", pauses(trace))):
        seen = [
            (node, max(start, first), min(end, last))
            for node, start, end in times
            if start < last and end > first
        ]
        if seen:
            ax.barh(
                [lanes[node] + _BAR for node, _, _ in seen],
                [end - start for _, start, end in seen],
                left=[start for _, start, _ in seen],
                height=look.height,
                color=look.color,
                hatch=look.hatch,
                edgecolor="#777777" if look is DOWN else INK,
                linewidth=0.8,
                zorder=2.2,
                gid=label,
            )
            handles.append(patch(look, label))
    return handles


def _shade(ax: Axes, trace: Trace, count: int, first: float, last: float) -> list[Any]:
    last = min(last, trace.end)
    if last <= first:
        return []
    gaps = leaderless_intervals(trace, first, last)
    for start, end in zip(gaps["start"], gaps["end"], strict=True):
        ax.fill_between(
            [start, end], -0.5, count - 0.5, color=LEADERLESS, linewidth=0, zorder=0, gid="nobody leads"
        )
    return [Patch(facecolor=LEADERLESS, label="nobody leads")] if len(gaps) else []


def _votes(ax: Axes, trace: Trace, labels: Labels, first: float, last: float) -> list[Any]:
    records = trace.records
    votes = records[(records["event"] == "vote") & (records["time"] >= first) & (records["time"] <= last)]
    if not len(votes):
        return []
    lanes = lane_of(trace)
    y = [lanes[node] - 0.38 for node in votes["node"]]
    ax.scatter(
        votes["time"],
        y,
        marker="v",
        s=26,
        color="#0072B2",
        edgecolor="white",
        linewidth=0.5,
        zorder=5,
        clip_on=False,
        gid="vote",
    )
    beside = False
    rows = zip(votes.to_dict("records"), y, strict=True)
    for row, height in reversed(list(rows)):  # of several in a row the last counts
        text = chosen(row)
        if not text:
            continue
        x = row["time"] + labels.width("x") * 0.8
        if labels.place(text, x, height, "left"):
            beside = True
            ax.text(
                x,
                height,
                text,
                ha="left",
                va="center_baseline",
                fontsize=10,
                color="#0072B2",
                zorder=5,
                clip_on=True,
            )
    label = "vote, and for whom" if beside else "vote"
    return [Line2D([], [], linestyle="", marker="v", markersize=6, color="#0072B2", label=label)]
