"""The map of the course: layers lie, lines stand, and each lecture has its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from matplotlib.patches import FancyBboxPatch, Patch
from matplotlib.textpath import TextPath

from .style import INK, axes, legend_below, styled
from .tints import TINTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["course_map"]

# All lengths are in hundredths of the width of the picture.
_BAND, _GAP, _CARD = 12.6, 1.4, 7.6
_FLOOR, _PILLARS, _RIGHT = 14.5, 54.5, 100.0
_INCHES, _SMALL = 10.2, 8  # the width of a picture of its own; the size of titles, in points
_GREY, _PILLAR, _BLUE = "#8A8A8A", "white", "#0072B2"
_COUNTS = ("No", "One", "Two", "Three", "Four", "Five", "Six")


class _Lecture(Protocol):
    """What is needed of a lecture; a :class:`distlab.course.Lecture` has it."""

    @property
    def number(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def station(self) -> str: ...
    @property
    def has_lesson(self) -> bool: ...


class _Station(NamedTuple):
    """One row of the table."""

    key: str
    lectures: list[_Lecture]
    layer: str
    line: str


@styled
def course_map(
    lectures: Iterable[_Lecture],
    table: Any,
    ax: Axes | None = None,
    *,
    layers: Sequence[str] | None = None,
    untaught: Mapping[str, str | None] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the layers as bands, the lines as pillars across them, and the lectures as cards on both.

    A white card with a thick edge is a lecture whose lesson is there, one with a thin edge a lecture whose
    lesson is still to come.
    Lectures that belong to a layer and to a line lie in the band; the pillar names them where it crosses.

    Parameters
    ----------
    lectures
        All lectures: number, title, station, has_lesson; such as :func:`distlab.course.lectures` returns.
    table
        The map as a table of claims, with a row per station and the columns lectures ("09-14"), layer and
        line ("-": none, "all ...": all); ``distlab.course.claims(0)``.
    ax
        Where to draw; None makes a figure.
    layers
        The keys of the rows that are layers, from the bottom up; None: in the order of the table.
    untaught
        What is on the map without a lecture -> the line that it shares, or None for a line of its own.
    title
        None: "Four horizontals, four verticals", or as many as there are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If ``layers`` does not name the rows that are layers, or ``untaught`` a line that is not there.

    Examples
    --------
    >>> from distlab import course
    >>> ax = course_map(course.lectures(), course.claims(0), untaught={"deployment": None})
    >>> ax.get_title(loc="left")
    'Four horizontals, four verticals'
    """
    known = {lecture.number: lecture for lecture in lectures}
    stations = _stations(table, known)
    bands = _bands(stations, layers)
    lines = _lines(stations, untaught or {})
    ceiling = _FLOOR + len(bands) * (_BAND + _GAP)
    ax = axes(ax, _INCHES, _INCHES * (ceiling + 14.5) / 100)
    ax.set_xlim(-0.5, 100.5)
    ax.set_ylim(0, ceiling + 14)
    ax.set_axis_off()
    names = f"{_COUNTS[len(bands)]} horizontals, {_COUNTS[len(lines)].lower()} verticals"
    ax.set_title(names if title is None else title)
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]  # now the axes have their width, which titles need
    for place, station in enumerate(bands):
        _band(ax, station, _floor(place), TINTS[place % len(TINTS)].face)
    wide = (_RIGHT - _PILLARS) / max(len(lines), 1)
    for place, (line, notes) in enumerate(lines.items()):
        left = _PILLARS + place * wide
        _pillar(ax, line, left + 0.5, wide - 0.8, ceiling)
        _on_pillar(ax, stations, bands, line, notes, left + 1.1, wide - 2.0, ceiling)
    before, after = _around(stations, known)
    _row(ax, before, 0.4)
    _row(ax, after, ceiling + 2.6)
    legend_below(ax, _legend(known.values(), bool(untaught)), offset=10)
    return ax


def _stations(table: Any, known: Mapping[str, _Lecture]) -> list[_Station]:
    found = []
    for row in table.rows:
        first, _, last = table.cell(row.key, "lectures").en.partition("-")
        numbers = [f"{number:02d}" for number in range(int(first), int(last or first) + 1)]
        layer, line = (table.cell(row.key, column).en for column in ("layer", "line"))
        found.append(_Station(row.key, [known[number] for number in numbers], _one(layer), _one(line)))
    return found


def _one(name: str) -> str:
    """The name of one layer or line; empty if there is none, or if all are meant."""
    return "" if name == "-" or name.startswith("all ") else name


def _bands(stations: Sequence[_Station], layers: Sequence[str] | None) -> list[_Station]:
    lying = {station.key: station for station in stations if station.layer}
    chosen = list(lying) if layers is None else list(layers)
    if sorted(chosen) != sorted(lying):
        raise ValueError(f"layers must name each of {', '.join(lying)} once; got {', '.join(chosen)}.")
    return [lying[key] for key in chosen]


def _lines(stations: Sequence[_Station], untaught: Mapping[str, str | None]) -> dict[str, list[str]]:
    """Each line with what it holds besides its lectures."""
    lines: dict[str, list[str]] = {station.line: [] for station in stations if station.line}
    for what, line in untaught.items():
        if line is None:
            lines[what] = []
        elif line in lines:
            lines[line].append(what)
        else:
            raise ValueError(
                f"untaught[{what!r}] must be None or one of the lines {', '.join(lines)}; got {line!r}."
            )
    return lines


def _around(
    stations: Sequence[_Station], known: Mapping[str, _Lecture]
) -> tuple[dict[str, list[_Lecture]], dict[str, list[_Lecture]]]:
    """What comes before the map, and what comes after it: name -> lectures."""
    placed = [lecture.number for station in stations for lecture in station.lectures]
    before: dict[str, list[_Lecture]] = {}
    after = {
        station.lectures[0].station: station.lectures
        for station in stations
        if not station.layer and not station.line
    }
    for number, lecture in known.items():
        if number not in placed:
            side = before if number < min(placed) else after
            side.setdefault(lecture.station, []).append(lecture)
    return before, after


def _floor(place: int) -> float:
    return _FLOOR + place * (_BAND + _GAP)


def _band(ax: Axes, station: _Station, y: float, face: str) -> None:
    _box(ax, 0, y, _RIGHT, _BAND, face, "none", gid="band", zorder=1)
    ax.text(
        1.2, y + _BAND - 1.9, station.layer, fontsize=11, fontweight="bold", va="center_baseline", gid="layer"
    )
    _cards(ax, station.lectures, 1.0, y + 0.9, (_PILLARS - 2.0) / 6)


def _pillar(ax: Axes, line: str, x: float, wide: float, ceiling: float) -> None:
    bottom, top = _FLOOR - 1.2, ceiling + 4.2
    _box(ax, x, bottom, wide, top - bottom, _PILLAR, _GREY, gid="pillar", zorder=2)
    name = "\n".join(wrap(line, 14))
    ax.text(x + wide / 2, top - 2.4, name, fontsize=10, fontweight="bold", ha="center", va="center",
            linespacing=1.0, zorder=4, gid="line")  # fmt: skip


def _on_pillar(
    ax: Axes,
    stations: Sequence[_Station],
    bands: Sequence[_Station],
    line: str,
    notes: Sequence[str],
    x: float,
    wide: float,
    ceiling: float,
) -> None:
    """The cards of a line, from the top down; a sign where it crosses the band that holds them."""
    standing = [s for s in stations if s.line == line]
    upright = [lecture for station in standing if station not in bands for lecture in station.lectures]
    signs = list(notes) if standing else [line]
    room = (ceiling - _FLOOR + 0.4) / max(len(upright) + len(signs), 6)
    for place, lecture in enumerate(upright):
        _card(ax, lecture, x, ceiling + 0.4 - (place + 1) * room, wide, room - 0.8)
    for place, what in enumerate(signs):
        y = ceiling + 0.4 - (len(upright) + place + 1) * room
        _sign(ax, "not taught" if what == line else f"{what}:\nnot taught", x, y, wide, room - 0.8)
    for station in standing:
        if station in bands:
            first, last = station.lectures[0].number, station.lectures[-1].number
            y = _floor(list(bands).index(station)) + 0.9
            _sign(ax, f"{first} to {last}:\nin this layer", x, y, wide, _CARD, dashed=False)


def _row(ax: Axes, groups: Mapping[str, Sequence[_Lecture]], y: float) -> None:
    """Groups of cards beside each other, each under its name."""
    x = 1.0
    for name, lectures in groups.items():
        ax.text(
            x + 0.2, y + _CARD + 1.9, name, fontsize=10, fontweight="bold", va="center_baseline", gid="group"
        )
        wide = (_PILLARS - 2.0) / 6 * 1.4
        _cards(ax, lectures, x, y, wide)
        x += max(len(lectures) * wide, 0.9 * len(name)) + 3


def _cards(ax: Axes, lectures: Sequence[_Lecture], x: float, y: float, wide: float) -> None:
    for place, lecture in enumerate(lectures):
        _card(ax, lecture, x + place * wide, y, wide - 0.5, _CARD)


def _card(ax: Axes, lecture: _Lecture, x: float, y: float, wide: float, high: float) -> None:
    there = lecture.has_lesson
    _box(ax, x, y, wide, high, "white" if there else "none", _BLUE if there else "#9A9A9A",
         gid="lesson" if there else "lecture", zorder=5, linewidth=1.8 if there else 0.8)  # fmt: skip
    lines = _wrapped(lecture.title, (wide - 1.0) * ax.get_window_extent().width / ax.figure.dpi * 72 / 101)
    ax.text(x + 0.5, y + high - 1.3, lecture.number, fontsize=9, fontweight="bold",
            color=_BLUE if there else "#555555", va="center_baseline", zorder=6, gid="number")  # fmt: skip
    ax.text(x + 0.5, y + high - 2.3, "\n".join(lines), fontsize=_SMALL, color=INK if there else "#555555",
            va="top", linespacing=1.05, zorder=6, gid="title")  # fmt: skip


def _wrapped(title: str, points: float) -> list[str]:
    """The title in lines that are no wider than so many points, unless a single word is."""
    lines = [""]
    for word in title.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and TextPath((0, 0), longer, size=_SMALL).get_extents().width > points:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _sign(ax: Axes, text: str, x: float, y: float, wide: float, high: float, dashed: bool = True) -> None:
    style: Any = (0, (3, 2)) if dashed else "-"
    _box(ax, x, y, wide, high, "none" if dashed else "white", _GREY, gid="untaught" if dashed else "crossing",
         zorder=5, linestyle=style)  # fmt: skip
    ax.text(x + wide / 2, y + high / 2, text, fontsize=8.5, style="italic", color="#555555", ha="center",
            va="center", zorder=6, gid="sign")  # fmt: skip


def _box(
    ax: Axes, x: float, y: float, wide: float, high: float, face: str, edge: str, *, gid: str, **looks: Any
) -> None:
    corner = "round,pad=0,rounding_size=0.8"
    ax.add_patch(
        FancyBboxPatch((x, y), wide, high, boxstyle=corner, facecolor=face, edgecolor=edge, gid=gid, **looks)
    )


def _legend(lectures: Iterable[_Lecture], untaught: bool) -> list[Any]:
    there = {lecture.has_lesson for lecture in lectures}
    handles: list[Any] = []
    if True in there:
        handles.append(Patch(facecolor="white", edgecolor=_BLUE, linewidth=1.8, label="the lesson is there"))
    if False in there:
        handles.append(
            Patch(facecolor="none", edgecolor="#9A9A9A", linewidth=0.8, label="the lesson is to come")
        )
    if untaught:
        handles.append(
            Patch(facecolor="none", edgecolor=_GREY, linestyle=(0, (3, 2)), label="on the map, not taught")
        )
    return handles
