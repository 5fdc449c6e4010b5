"""A block tree over time: who wrote which block on which, and which blocks ended beside the main chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from distlab.coordination.consensus.ledger.measures import main_chain, tree_of
from distlab.sim import Trace

from .faults import spans as network_faults
from .style import CURVES, INK, PALETTE, axes, legend_below, styled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes

__all__ = ["block_tree"]


@styled
def block_tree(
    blocks: Trace | Iterable[Any],
    main: Sequence[Any] | None = None,
    ax: Axes | None = None,
    *,
    spans: Sequence[tuple[float, float, str]] | None = None,
    unit: str = "s",
    title: str | None = None,
) -> Axes:
    """Draw one mark per block at its time, in the lane of its writer, and a line to its parent.

    Parameters
    ----------
    blocks
        A trace of a ledger; or blocks with ``hash``, ``parent``, ``writer``, ``time`` and ``height``.
    main
        The blocks of the main chain: filled marks, joined by a thick line. The others are hollow, and their
        lines are dashed. None: of a trace, its heaviest chain; of blocks, none of them.
    ax
        Where to draw; None makes a figure.
    spans
        (begin, end, label) of times to shade. None: of a trace, the faults of its network, such as
        partitions.
    unit
        Of the blocks' times.
    title
        None: "Blocks and their parents".

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there is no block.

    Examples
    --------
    >>> from distlab.coordination.consensus.ledger import GENESIS, seal
    >>> a = seal(GENESIS, 1, 1.0)
    >>> b, c = seal(a, 2, 2.0), seal(a, 1, 2.1)
    >>> ax = block_tree([a, b, c], main=[a, b])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['main chain', 'stale']
    """
    if isinstance(blocks, Trace):
        if spans is None:
            spans = [(span.start, span.end, span.text) for span in network_faults(blocks)]
        main = main_chain(blocks) if main is None else main
        blocks = [block for block in tree_of(blocks).blocks.values() if block.height]
    shown = list(blocks)
    if not shown:
        raise ValueError("blocks must hold at least one block; got none.")
    writers = sorted(dict.fromkeys(block.writer for block in shown), key=str)
    lane = {writer: number for number, writer in enumerate(writers)}
    inside = {block.hash for block in main or ()}
    by_hash = {block.hash: block for block in shown}
    ax = axes(ax, 9.6, 0.55 * len(writers) + 1.6)
    for begin, end, label in spans or ():
        ax.axvspan(begin, end, facecolor="#EEEEEE", edgecolor="none", zorder=0, gid=label)
        ax.text((begin + end) / 2, -0.7, label, ha="center", va="center", fontsize=10)
    counted, stale = CURVES[0], CURVES[1]
    for block in shown:
        parent = by_hash.get(block.parent)
        is_main = block.hash in inside
        if parent is not None:
            ax.plot(
                [parent.time, block.time],
                [lane[parent.writer], lane[block.writer]],
                color=INK if is_main else PALETTE["grey"],
                linewidth=1.5 if is_main else 1.1,
                linestyle="-" if is_main else (0, (4, 2)),
                zorder=2,
                gid="link",
            )
        ax.plot(
            [block.time],
            [lane[block.writer]],
            marker=counted.marker if is_main else stale.marker,
            markersize=7,
            color=counted.color if is_main else "white",
            markeredgecolor=counted.color if is_main else stale.color,
            markeredgewidth=1.5,
            zorder=3,
            gid="main" if is_main else "stale",
        )
    ax.set_yticks(list(lane.values()), [f"node {writer}" for writer in lane])
    ax.set_ylim(len(writers) - 0.4, -1.0 if spans else -0.6)
    ax.set_xlabel(f"time ({unit})")
    ax.set_title("Blocks and their parents" if title is None else title)
    ax.grid(True, axis="x")
    handles = [
        Line2D([], [], color=INK, marker=counted.marker, markerfacecolor=counted.color, label="main chain")
    ]
    if any(block.hash not in inside for block in shown):
        handles.append(
            Line2D([], [], color=PALETTE["grey"], linestyle=(0, (4, 2)), marker=stale.marker,
                   markerfacecolor="white", markeredgecolor=stale.color, label="stale")
        )  # fmt: skip
    legend_below(ax, handles)
    return ax
