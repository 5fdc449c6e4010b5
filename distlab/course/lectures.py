"""The list of lectures: number, titles, station, notebook, modules, question."""

from dataclasses import dataclass
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING

from distlab.course.errors import UnknownName
from distlab.course.facts import data_directory, names, read

if TYPE_CHECKING:
    from distlab.course.frames import FactTable

__all__ = ["Lecture", "contents", "lecture", "lecture_number", "lectures"]


@dataclass(frozen=True)
class Lecture:
    """One lecture of the course, and the lesson that goes with it."""

    number: str
    """Two digits, or S1 and S2 for the specials."""
    title: str
    title_zh: str
    station: str
    """The part of the course that the lecture belongs to."""
    station_zh: str
    notebook: str
    """File name of the lesson in notebooks/."""
    modules: tuple[str, ...]
    """The parts of distlab that the lesson uses."""
    question: str
    """What the lecture answers, as one question."""

    @property
    def notebook_path(self) -> Path:
        """Where the lesson is in a checkout; a wheel carries no lessons."""
        return data_directory().parent / "notebooks" / self.notebook

    @property
    def has_lesson(self) -> bool:
        """Whether the lesson is there: looked up on disk, never stored."""
        return self.notebook_path.is_file()


def lecture_number(number: int | str) -> str:
    """Return the two-character number of a lecture, which may be written 4, "4", "04" or "s1".

    Raises UnknownName, if there is no such lecture.

    >>> lecture_number(4), lecture_number("4"), lecture_number("s1")
    ('04', '04', 'S1')
    """
    if isinstance(number, str):
        written = number.upper()
    elif isinstance(number, bool) or not hasattr(number, "__index__"):
        raise UnknownName(f"A lecture is named by its number, such as 4, '04' or 'S1'; got {number!r}.")
    else:
        written = str(index(number))
    known = names("lectures")
    form = written.zfill(2) if written.isdigit() else written
    if form in known and len(written) <= 2:
        return form
    raise UnknownName(f"There is no lecture {number!r}; the lectures are 00 to 34, S1 and S2.")


def lecture(number: int | str) -> Lecture:
    """Return one lecture.

    Parameters: number, as 4, "4", "04" or "S1".
    Raises UnknownName, if there is no such lecture.

    >>> lecture(4).title_zh
    '分布式选举：国不可一日无君'
    >>> lecture("S1").notebook
    'S1_consistency.ipynb'
    """
    facts = read(f"lectures/{lecture_number(number)}")
    station = read("stations")[facts["station"]]
    return Lecture(
        number=facts["number"],
        title=facts["title"],
        title_zh=facts["title_zh"],
        station=station["en"],
        station_zh=station["zh"],
        notebook=facts["notebook"],
        modules=tuple(facts["modules"]),
        question=facts["question"],
    )


def lectures() -> tuple[Lecture, ...]:
    """Return all lectures in the order of the course: 00 to 34, then S1 and S2.

    >>> len(lectures())
    37
    """
    return tuple(lecture(number) for number in names("lectures"))


def contents() -> "FactTable":
    """Return the course's table of contents: one row per lecture, with its station, titles and question.

    >>> contents().loc["04", "title"]
    'Leader election'
    """
    from distlab.course.frames import fact_table

    rows = [
        [one.title, one.title_zh, f"{one.station} · {one.station_zh}", one.question, one.notebook]
        for one in lectures()
    ]
    columns = ["title", "标题", "station", "question", "notebook"]
    return fact_table(rows, columns, index=[one.number for one in lectures()])
