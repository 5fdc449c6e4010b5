"""The terms of the course: English, Chinese, and one sentence each."""

from typing import TYPE_CHECKING

from distlab.course.facts import names, read
from distlab.course.lectures import lecture_number

if TYPE_CHECKING:
    from distlab.course.frames import FactTable

__all__ = ["glossary"]


def glossary(lecture: int | str | None = None) -> "FactTable":
    """Return the terms, sorted by the English term: all of them, or those that one lecture introduces.

    Parameters: lecture, its number; None for all.
    Raises UnknownName, if there is no such lecture.

    >>> glossary(4).loc["leader", "中文"]
    '主节点'
    """
    from distlab.course.frames import fact_table

    terms = [term for station in names("glossary") for term in read(f"glossary/{station}")["terms"]]
    if lecture is not None:
        wanted = lecture_number(lecture)
        terms = [term for term in terms if term["lecture"] == wanted]
    terms.sort(key=lambda term: (term["en"].casefold(), term["en"]))
    rows = [[term["zh"], term["definition"], term["lecture"]] for term in terms]
    return fact_table(rows, ["中文", "definition", "lecture"], index=[term["en"] for term in terms])
