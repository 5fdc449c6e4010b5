"""A matrix of outcomes: what became of a run, depending on the step at which something went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.patches import Patch, Rectangle

from .roles import STATES
from .style import INK, PALETTE, axes, legend_below, styled, text_width

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["OUTCOMES", "outcome_matrix"]


class _Look(NamedTuple):
    color: str
    hatch: str
    letter: str


OUTCOMES = {
    "committed": _Look(*STATES["committed"][:2], "C"),
    "aborted": _Look(*STATES["aborted"][:2], "A"),
    "blocked": _Look(*STATES["in doubt"][:2], "B"),
    "diverged": _Look(PALETTE["vermillion"], "xx", "D"),
}
"""The colour, the hatch and the letter of each outcome; what is wrong has a hatch."""


@styled
def outcome_matrix(frame: pd.DataFrame, ax: Axes | None = None, *, title: str | None = None) -> Axes:
    """Draw one row of cells per row of a table, one cell per column.

    Neighbouring columns of the same name stand under one label, such as before and after a step.

    Parameters
    ----------
    frame
        Its cells are "committed", "aborted", "blocked" or "diverged".
    ax
        Where to draw; None makes a figure.
    title
        None: "Outcome by step".

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the table is empty, or a cell is something else.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame([["aborted", "blocked"]], ["2PC"], ["send Prepare"] * 2)
    >>> ax = outcome_matrix(frame)
    >>> [label.get_text() for label in ax.get_xticklabels()], len(ax.patches)
    (['send Prepare'], 2)
    """
    if not frame.size:
        raise ValueError("frame must have at least one row and one column; got none.")
    seen = list(dict.fromkeys(frame.to_numpy().ravel().tolist()))
    for outcome in seen:
        if outcome not in OUTCOMES:
            raise ValueError(f"frame must hold {', '.join(map(repr, OUTCOMES))}; got {outcome!r}.")
    rows, columns = frame.shape
    names = [str(name) for name in frame.columns]
    ax = axes(ax, max(4.0, 0.36 * columns + 2.2), 0.5 * rows + 2.6)
    for row in range(rows):
        for column in range(columns):
            _cell(ax, row, column, str(frame.iat[row, column]))
    groups = _groups(names)
    for begin, _, _ in groups[1:]:
        ax.axvline(begin, color=INK, linewidth=0.8)
    ax.set_xlim(0, columns)
    ax.set_ylim(rows, 0)
    ax.set_xticks([(begin + end) / 2 for begin, end, _ in groups], [name for *_, name in groups])
    ax.tick_params(axis="both", length=0)
    for label in ax.get_xticklabels():
        label.set(rotation=50, ha="right", rotation_mode="anchor")
    ax.set_yticks([row + 0.5 for row in range(rows)], [str(name) for name in frame.index])
    ax.spines[:].set_visible(False)
    ax.set_title(title or "Outcome by step")
    handles: list[Any] = [
        Patch(facecolor=look.color, hatch=look.hatch, edgecolor=INK, label=f"{look.letter}  {outcome}")
        for outcome, look in OUTCOMES.items()
        if outcome in seen
    ]
    legend_below(ax, handles, offset=18 + 0.77 * max(map(text_width, names)))
    return ax


def _cell(ax: Axes, row: int, column: int, outcome: str) -> None:
    look = OUTCOMES[outcome]
    ax.add_patch(
        Rectangle(
            (column, row + 0.06),
            1,
            0.88,
            facecolor=look.color,
            hatch=look.hatch,
            edgecolor="white",
            gid=outcome,
        )
    )
    ax.text(
        column + 0.5,
        row + 0.5,
        look.letter,
        ha="center",
        va="center",
        fontsize=9,
        bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
    )


def _groups(names: list[str]) -> list[tuple[int, int, str]]:
    """Neighbours of the same name: (first column, column after the last, name)."""
    found: list[tuple[int, int, str]] = []
    for place, name in enumerate(names):
        if found and found[-1][2] == name:
            found[-1] = (found[-1][0], place + 1, name)
        else:
            found.append((place, place + 1, name))
    return found
