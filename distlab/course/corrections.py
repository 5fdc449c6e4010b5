"""What a lecture says, what the literature says, and what was measured."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from distlab.course.claims import NOT_MEASURED, spell
from distlab.course.errors import unknown
from distlab.course.facts import read
from distlab.course.lectures import lecture_number

if TYPE_CHECKING:
    from distlab.course.frames import FactTable

__all__ = ["corrections"]


def corrections(number: int | str, measured: Mapping[str, object] | None = None) -> "FactTable":
    """Return the lecture's statements that the literature contradicts, one row each, by a short key.

    The column "measured by" names the quantity that shows the difference in a run; it is "-" where the
    matter is one of record. With `measured`, the column "we measured" takes its place.

    Parameters: number, the lecture's; measured, what was found, by the key of the correction.
    Raises UnknownName, if there is no such lecture or correction.

    >>> corrections(4).loc["no_quorum", "measured by"]
    'simultaneous_leaders'
    >>> found = corrections(4, measured={"no_quorum": "Bully 2, Raft 1, ZAB 1"})
    >>> found.loc["no_quorum", "we measured"]
    'Bully 2, Raft 1, ZAB 1'
    """
    from distlab.course.frames import fact_table

    name = lecture_number(number)
    facts = read(f"lectures/{name}").get("correction", [])
    keys = [one["key"] for one in facts]
    for key in measured or {}:
        if key not in keys:
            raise unknown(f"Lecture {name}", "correction", key, keys)
    rows = []
    for one in facts:
        measure = one.get("measured_by", "-")
        if measured is None:
            last = measure
        elif one["key"] in measured:
            last = spell(measured[one["key"]])
        else:
            last = "-" if measure == "-" else NOT_MEASURED
        rows.append([one["says"], one["literature"], one["citation"], last])
    heading = "measured by" if measured is None else "we measured"
    return fact_table(rows, ["the lecture says", "the literature says", "source", heading], index=keys)
