"""The course's facts: lectures, comparison tables, corrections, published figures, glossary.

The facts are text files under ``data/`` (its README describes them); this package reads them and
joins them to what a lesson measured. Importing it loads no pandas: that comes with the first table.

    lectures.py      the list of lectures
    claims.py        the lectures' comparison tables, in English and Chinese, and the join to measurements
    corrections.py   what the lecture says, what the literature says, what was measured
    published.py     figures of papers with their tolerance, and the comparison with a measurement
    fixtures.py      the numbers that the course itself works out
    glossary.py      terms in English and Chinese
    facts.py         where the files are, and how they are read
    frames.py        the DataFrame that shows long texts in full
    errors.py        the answer to a name that does not exist

>>> from distlab import course
>>> course.lecture(4).title
'Leader election'
>>> course.published("RAFT-1/3").values["medians_ms"]["150-155"]
287
"""

from distlab.course.claims import Cell, ClaimTable, Label, claim_tables, claims
from distlab.course.corrections import corrections
from distlab.course.errors import UnknownName
from distlab.course.fixtures import Fixture, fixtures
from distlab.course.glossary import glossary
from distlab.course.lectures import Lecture, contents, lecture, lectures
from distlab.course.published import PublishedFigure, Tolerance, compare, published, published_figures

__all__ = [
    "Cell",
    "ClaimTable",
    "Fixture",
    "Label",
    "Lecture",
    "PublishedFigure",
    "Tolerance",
    "UnknownName",
    "claim_tables",
    "claims",
    "compare",
    "contents",
    "corrections",
    "fixtures",
    "glossary",
    "lecture",
    "lectures",
    "published",
    "published_figures",
]
