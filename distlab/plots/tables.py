"""A table as a figure, with wrapped text."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from matplotlib.patches import Rectangle

from .style import INK, axes, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["comparison"]

_WIDTH = 9.6
_LETTER = 0.083  # inches, on the average, at 10 points
_LINE = 0.175
_PAD = 0.09


@styled
def comparison(
    frame: pd.DataFrame, ax: Axes | None = None, *, index: bool | None = None, title: str | None = None
) -> Axes:
    """Draw a comparison table, with its text wrapped so that all can be read.

    Parameters
    ----------
    frame
        A row per criterion, a column per thing compared. English: the fonts of figures have no Chinese.
    ax
        Where to draw; None makes a figure that is high enough.
    index
        Whether the index is the first column; None: unless it only counts rows.
    title
        None: no title.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the table is empty or holds Chinese text.

    Examples
    --------
    >>> import pandas as pd
    >>> ax = comparison(pd.DataFrame({"": ["time"], "Bully": ["short"], "Raft": ["fairly short"]}))
    >>> [text.get_text() for text in ax.texts]
    ['', 'Bully', 'Raft', 'time', 'short', 'fairly short']
    """
    if not len(frame.columns) or not len(frame):
        raise ValueError("frame must have at least one row and one column; it is empty.")
    if index is None:
        index = list(frame.index) != list(range(len(frame)))
    head = [*([str(frame.index.name or "")] if index else []), *[str(name) for name in frame.columns]]
    body = [
        [*([_spell(key)] if index else []), *[_spell(value) for value in row]]
        for key, row in zip(frame.index, frame.itertuples(index=False, name=None), strict=True)
    ]
    for text in (text for row in [head, *body] for text in row):
        if any(ord(letter) >= 0x2E80 for letter in text):
            raise ValueError(
                f'frame must be in English, because figures have no Chinese font: {text!r}; use lang="en".'
            )
    widths = _widths([head, *body])
    rows = [
        [
            wrap(text, max(1, int((width - 2 * _PAD) / _LETTER))) or [""]
            for text, width in zip(row, widths, strict=True)
        ]
        for row in [head, *body]
    ]
    heights = [max(map(len, row)) * _LINE + 2 * _PAD for row in rows]
    ax = axes(ax, _WIDTH, sum(heights) + (0.45 if title else 0.15))
    ax.set_xlim(0, _WIDTH)
    ax.set_ylim(sum(heights), 0)
    ax.axis("off")
    top = 0.0
    for number, (row, height) in enumerate(zip(rows, heights, strict=True)):
        color = "#0B3C5D" if number == 0 else "#F3F6F8" if number % 2 == 0 else "white"
        ax.add_patch(Rectangle((0, top), _WIDTH, height, facecolor=color, edgecolor="none", zorder=0))
        left = 0.0
        for place, (lines, width) in enumerate(zip(row, widths, strict=True)):
            ax.text(
                left + _PAD,
                top + _PAD,
                "\n".join(lines),
                ha="left",
                va="top",
                fontsize=10,
                color="white" if number == 0 else INK,
                fontweight="bold" if number == 0 or place == 0 else "normal",
                linespacing=1.15,
            )
            left += width
        top += height
        ax.plot([0, _WIDTH], [top, top], color="#C9D3DA", linewidth=0.8, zorder=1)
    if title:
        ax.set_title(title)
    return ax


def _spell(value: object) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _widths(rows: list[list[str]]) -> list[float]:
    """Inches of each column: no narrower than its longest word, the rest by how much text it has."""
    columns = list(zip(*rows, strict=True))
    least = [
        max(max((len(word) for text in texts for word in text.split()), default=1) + 1, 4) * _LETTER
        + 2 * _PAD
        for texts in columns
    ]
    wanted = [max(map(len, texts)) * _LETTER + 2 * _PAD for texts in columns]
    spare = _WIDTH - sum(least)
    if spare <= 0:
        return [width * _WIDTH / sum(least) for width in least]
    more = [max(0.0, want - width) ** 0.75 + 0.01 for want, width in zip(wanted, least, strict=True)]
    return [width + spare * part / sum(more) for width, part in zip(least, more, strict=True)]
