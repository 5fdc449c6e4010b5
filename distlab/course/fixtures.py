"""The numbers that the course itself works out, for a lesson to reproduce exactly."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from distlab.course.facts import read
from distlab.course.lectures import lecture_number

__all__ = ["Fixture", "fixtures"]


@dataclass(frozen=True)
class Fixture:
    """One worked example of a lecture."""

    lecture: str
    key: str
    what: str
    """The example in one sentence."""
    values: dict[str, Any]
    """What goes in and what comes out."""


def fixtures(number: int | str) -> dict[str, Fixture]:
    """Return the worked examples of a lecture by their key; empty, if the lecture works nothing out.

    Raises UnknownName, if there is no such lecture.

    >>> fixtures(4)["bully"].values["winner"]
    3
    >>> fixtures(5)
    {}
    """
    name = lecture_number(number)
    return {
        one["key"]: Fixture(lecture=name, key=one["key"], what=one["what"], values=deepcopy(one["values"]))
        for one in read(f"lectures/{name}").get("fixture", [])
    }
