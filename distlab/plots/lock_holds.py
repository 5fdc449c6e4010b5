"""Who waited for a lock and who held it, one lane per client: models and real runs alike."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from distlab.coordination.lock.holds import Hold, double_holders, holds_of
from distlab.sim import Pause, Trace

from .style import FAULT, INK, LEADERLESS, PALETTE, axes, legend_below, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["lock_holds"]

_HOLDS = PALETTE["blue"]
_WAITS = "#BFD9EA"
_OVER = "#F6C7A6"
_WRITE: dict[bool, dict[str, Any]] = {
    True: {"marker": "o", "markersize": 10, "color": PALETTE["green"], "markeredgecolor": "white"},
    False: {
        "marker": "o",
        "markersize": 8,
        "color": FAULT,
        "markerfacecolor": "white",
        "markeredgewidth": 2.5,
    },
}


@styled
def lock_holds(
    source: Trace | Iterable[Hold],
    ax: Axes | None = None,
    *,
    start: float = 0.0,
    end: float | None = None,
    legend: bool | Iterable[Trace | Iterable[Hold]] = True,
    title: str | None = None,
) -> Axes:
    """Draw who waited for a lock, who held it, who only believed so, and what was written with which token.

    The time in which two clients believe that they hold one lock is shaded. Of a trace, writes to the store
    are drawn too, with their tokens: a disc if the store accepted it, a ring if it refused; and clients that
    stand still.

    Parameters
    ----------
    source
        The trace of a run with locks, or holds from anywhere.
    ax
        Where to draw; None makes a figure.
    start, end
        The window of time in seconds; None: to the last thing that happened.
    legend
        Whether to explain the looks that occur; or the sources of several charts, for one legend below the
        last of them.
    title
        None: "Lock: 3 holds by 2 clients".

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the window is empty.

    Examples
    --------
    >>> paused = Hold(1, "stock", 0.0, 0.5, released=4.0, ended="expired", expires=2.0)
    >>> ax = lock_holds([paused, Hold(2, "stock", 1.0, 2.0, released=3.0)])
    >>> [text.get_text() for text in ax.get_yticklabels()], ax.get_title(loc="left")
    (['client 1', 'client 2'], 'Lock: 2 holds by 2 clients, 1 time two at once')
    """
    source = source if isinstance(source, Trace) else list(source)
    holds, writes = _holds(source), _writes(source)
    clients = sorted({hold.client for hold in holds}, key=lambda client: (str(type(client)), client))
    lanes = {client: lane for lane, client in enumerate(clients)}
    last = end if end is not None else _last(holds, writes)
    if not last > start:
        raise ValueError(f"end must be later than start={start:g} seconds; got {end!r}.")
    ax = axes(ax, 9.6, 1.6 + 0.5 * max(len(lanes), 1))
    ax.spines[["left", "right", "top"]].set_visible(False)
    ax.set_xlim(start, last)
    ax.set_ylim(max(len(lanes), 1) - 0.4, -0.6)
    ax.set_yticks(range(len(lanes)), [f"client {client}" for client in clients])
    ax.tick_params(axis="y", length=0)
    overlaps = double_holders(holds)
    for overlap in overlaps:
        ax.axvspan(
            overlap.start, min(overlap.end, last), color=LEADERLESS, hatch="..", zorder=0.5, gid="two holders"
        )
    for hold in holds:
        _bars(ax, hold, lanes[hold.client], last)
    for time, client, token, accepted in writes:
        if client in lanes and start <= time <= last:
            ax.plot(time, lanes[client], linestyle="", zorder=5, gid="write", **_WRITE[accepted])
            if token:
                ax.annotate(str(token), (time, lanes[client] - 0.28), (0, 2), textcoords="offset points",
                            ha="center", va="bottom", zorder=6, fontsize=9)  # fmt: skip
    for client, begin, until in _pauses(source, lanes):
        ax.hlines(lanes[client], begin, min(until, last), color=INK, linewidth=3.0, zorder=4, gid="pause")
    if not holds:
        ax.text(0.5, 0.5, "nobody got the lock", transform=ax.transAxes, ha="center", color="#777777")
    ax.set_xlabel("time (s)")
    ax.set_title(_title(holds, len(clients), len(overlaps)) if title is None else title)
    if legend:
        legend_below(ax, _legend([source] if legend is True else list(legend)))
    return ax


def _bars(ax: Axes, hold: Hold, lane: int, last: float) -> None:
    until = min(hold.valid_until, last)
    if hold.acquired > hold.asked:
        ax.barh(lane, hold.waited, left=hold.asked, height=0.18, color=_WAITS, zorder=2, gid="waits")
    look: dict[str, Any] = {"height": 0.56, "edgecolor": "#666666", "linewidth": 0.7, "zorder": 3}
    ax.barh(lane, until - hold.acquired, left=hold.acquired, color=_HOLDS, gid="holds", **look)
    if hold.believed_until > until:
        rest = min(hold.believed_until, last) - until
        ax.barh(lane, rest, left=until, color=_OVER, hatch="///", gid="lease over", **look)
    if hold.ended == "crashed":
        ax.plot(hold.believed_until, lane, marker="X", markersize=11, color=FAULT, markeredgecolor="white",
                linestyle="", zorder=5, gid="crash")  # fmt: skip


def _holds(source: Trace | Iterable[Hold]) -> list[Hold]:
    return holds_of(source) if isinstance(source, Trace) else sorted(source, key=lambda hold: hold.acquired)


def _pauses(source: Any, clients: Container[Any]) -> list[tuple[Any, float, float]]:
    if not isinstance(source, Trace):
        return []
    faults = [event.payload for event in source.events() if isinstance(event.payload, Pause)]
    return [(pause.node, pause.at, pause.end) for pause in faults if pause.node in clients]


def _writes(source: Any) -> list[tuple[float, Any, int, bool]]:
    if not isinstance(source, Trace):
        return []
    records = source.records
    if "accepted" not in records:
        return []
    found = records[records["event"] == "write"]
    return [
        (time, client, int(token), accepted is True or accepted == 1)
        for time, client, token, accepted in zip(
            found["time"], found["client"], found["token"], found["accepted"], strict=True
        )
    ]


def _last(holds: list[Hold], writes: list[tuple[float, Any, int, bool]]) -> float:
    times = [hold.acquired if hold.released is None else hold.released for hold in holds]
    return 1.05 * max([*times, *(time for time, *_ in writes)], default=1.0) or 1.0


def _title(holds: list[Hold], clients: int, overlaps: int) -> str:
    said = f"Lock: {len(holds)} hold{'s' if len(holds) != 1 else ''} by {clients} client"
    said += "s" if clients != 1 else ""
    return said + (f", {overlaps} time{'s' if overlaps != 1 else ''} two at once" if overlaps else "")


def _legend(sources: list[Any]) -> list[Any]:
    each = [_holds(source) for source in sources]
    holds = [hold for some in each for hold in some]
    accepted = [taken for source in sources for *_, taken in _writes(source)]
    handles: list[Any] = []
    if any(hold.waited > 0 for hold in holds):
        handles.append(Patch(facecolor=_WAITS, label="waits"))
    handles.append(Patch(facecolor=_HOLDS, edgecolor="#666666", label="holds the lock"))
    if any(hold.believed_until > hold.valid_until for hold in holds):
        handles.append(
            Patch(facecolor=_OVER, edgecolor="#666666", hatch="///", label="believes so, lease over")
        )
    if any(_pauses(source, {hold.client for hold in holds}) for source in sources):
        handles.append(Line2D([], [], color=INK, linewidth=3.0, label="stands still"))
    if any(double_holders(some) for some in each):
        handles.append(Patch(facecolor=LEADERLESS, hatch="..", edgecolor="white", label="two believe so"))
    for wanted, text in (True, "write accepted (token)"), (False, "write refused (token)"):
        if wanted in accepted:
            handles.append(Line2D([], [], linestyle="", label=text, **_WRITE[wanted]))
    if any(hold.ended == "crashed" for hold in holds):
        handles.append(Line2D([], [], marker="X", color=FAULT, linestyle="", markersize=9, label="crash"))
    return handles
