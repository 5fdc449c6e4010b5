"""The lectures' comparison tables, and the join of what was measured to what is claimed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal

from distlab.course.errors import UnknownName, unknown
from distlab.course.facts import read
from distlab.course.lectures import lecture_number

if TYPE_CHECKING:
    import pandas as pd

    from distlab.course.frames import FactTable

__all__ = ["Cell", "ClaimTable", "Label", "claim_tables", "claims", "spell"]

Language = Literal["en", "zh", "both"]

NOT_MEASURED = "not measured"


def in_language(en: str, zh: str, lang: str) -> str:
    """Return the English text, the Chinese one, or both with a dot between them.

    >>> in_language("highest id wins", "最大者当选", "both")
    'highest id wins · 最大者当选'
    """
    if lang == "en":
        return en
    if lang == "zh":
        return zh
    if lang == "both":
        return en if en == zh else f"{en} · {zh}"
    raise ValueError(f"lang must be 'en', 'zh' or 'both'; got {lang!r}.")


def spell(value: object) -> str:
    """Return a measured value as a short text: a float with four digits, or without a fraction from 1000 on.

    >>> spell(0.123456), spell(19), spell(54321.6), spell(True), spell("2 of 5")
    ('0.1235', '19', '54322', 'yes', '2 of 5')
    """
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, Real):
        number = float(value)
        return f"{number:.0f}" if 1000 <= abs(number) < 1e15 else f"{number:.4g}"
    return str(value)


@dataclass(frozen=True)
class Label:
    """The name of a row or a column."""

    key: str
    en: str
    zh: str

    def answers_to(self, name: object) -> bool:
        """Whether this row or column is meant by a name: its key or one of its labels, in any case."""
        return isinstance(name, str) and name.casefold() in {
            self.key.casefold(), self.en.casefold(), self.zh.casefold(),
        }  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One claim of a table."""

    en: str
    zh: str
    measure: str | None = None
    """The quantity of the lecture that can confirm or refute the claim; None, if no run can."""


@dataclass(frozen=True)
class ClaimTable:
    """One comparison table of a lecture: what the lecture claims, with room for what was measured.

    >>> from distlab import course
    >>> table = course.claims(4)
    >>> table.cell("messages", "bully").en
    'O(n^2) at worst'
    """

    lecture: str
    name: str
    title: str
    title_zh: str
    rows: tuple[Label, ...]
    columns: tuple[Label, ...]
    cells: tuple[tuple[Cell, ...], ...]
    """One tuple per row, one cell per column."""
    measures: Mapping[str, str]
    """What each measurable quantity of the lecture counts, in a sentence."""

    def __repr__(self) -> str:
        shape = f"{len(self.rows)} rows, columns {', '.join(column.en for column in self.columns)}"
        return f"<ClaimTable {self.name!r} of lecture {self.lecture}: {self.title}; {shape}>"

    def _repr_html_(self) -> str:
        return self.frame()._repr_html_()

    def cell(self, row: str, column: str) -> Cell:
        """Return one cell, its row and column named by key or by label.

        Raises UnknownName, if there is no such row or column.
        """
        return self.cells[self._row(row)][self._column(column)]

    def measurable(self) -> tuple[tuple[str, str], ...]:
        """Return the (row key, column key) pairs of the claims that a run can confirm or refute.

        >>> from distlab import course
        >>> ("messages", "raft") in course.claims(4).measurable()
        True
        """
        return tuple((row.key, column.key) for row, column, cell in self._walk() if cell.measure)

    def frame(self, lang: Language = "both", *, labels: bool = True) -> "FactTable":
        """Return the table as a DataFrame of texts.

        Parameters: lang, "en", "zh", or "both" for the English with the Chinese; labels, False to name rows
        and columns by their short keys.

        >>> from distlab import course
        >>> list(course.claims(4).frame("en").columns)
        ['Bully', 'Raft', 'ZAB']
        """
        from distlab.course.frames import fact_table

        texts = [[in_language(cell.en, cell.zh, lang) for cell in row] for row in self.cells]
        return fact_table(
            texts, self._names(self.columns, lang, labels), index=self._names(self.rows, lang, labels)
        )

    def with_measurements(
        self,
        measurements: "Mapping[Any, Any] | pd.DataFrame",
        *,
        lang: Language = "both",
        layout: Literal["columns", "cells"] = "columns",
        only_measured: bool = False,
    ) -> "FactTable":
        """Return the table with what was measured beside what is claimed.

        A claim that a run could confirm and that got no measurement says "not measured".

        Parameters: measurements, one of {(row, column): value}, {row: {column: value}}, or a DataFrame whose
        index names rows and whose columns name columns (empty entries are left out); rows and columns are
        named by key or by label. lang, as in frame. layout, "columns" for a claim and a measured column per
        column, "cells" for one cell "claim | measured". only_measured, True to leave out the rows in which
        nothing was measured.
        Raises UnknownName for a row or a column that the table does not have; TypeError for measurements of
        another form; ValueError for two values of one cell.

        >>> from distlab import course
        >>> joined = course.claims(4).with_measurements({("messages", "Bully"): 19}, lang="en")
        >>> joined.loc["messages", "Bully: measured"]
        '19'
        """
        from distlab.course.frames import fact_table

        if layout not in ("columns", "cells"):
            raise ValueError(f"layout must be 'columns' or 'cells'; got {layout!r}.")
        measured = self._place(measurements)
        kept = [
            at for at in range(len(self.rows))
            if not only_measured or any((at, column) in measured for column in range(len(self.columns)))
        ]  # fmt: skip
        rows = []
        for at in kept:
            texts: list[str] = []
            for column, cell in enumerate(self.cells[at]):
                claim = in_language(cell.en, cell.zh, lang)
                value = measured.get((at, column), NOT_MEASURED if cell.measure else "")
                if layout == "columns":
                    texts += [claim, value]
                else:
                    texts.append(f"{claim} | {value}" if value else claim)
            rows.append(texts)
        heads = self._names(self.columns, lang, True)
        if layout == "columns":
            heads = [text for head in heads for text in (f"{head}: claim", f"{head}: measured")]
        index = self._names([self.rows[at] for at in kept], lang, True)
        return fact_table(rows, heads, index=index)

    def _walk(self) -> Iterator[tuple[Label, Label, Cell]]:
        for row, cells in zip(self.rows, self.cells, strict=True):
            for column, cell in zip(self.columns, cells, strict=True):
                yield row, column, cell

    def _names(self, some: Sequence[Label], lang: Language, labels: bool) -> list[str]:
        return [in_language(one.en, one.zh, lang) if labels else one.key for one in some]

    def _row(self, name: object) -> int:
        return self._find(name, "row", self.rows, "column", self.columns)

    def _column(self, name: object) -> int:
        return self._find(name, "column", self.columns, "row", self.rows)

    def _find(
        self, name: object, kind: str, some: Sequence[Label], other_kind: str, others: Sequence[Label]
    ) -> int:
        for at, label in enumerate(some):
            if label.answers_to(name):
                return at
        table = f"Table {self.name!r} of lecture {self.lecture}"
        error = unknown(table, kind, name, [label.key for label in some])
        if any(label.answers_to(name) for label in others):
            raise UnknownName(f"{error} {name!r} is a {other_kind}: name the row first, then the column.")
        raise error

    def _place(self, measurements: "Mapping[Any, Any] | pd.DataFrame") -> dict[tuple[int, int], str]:
        """Return the measurements as texts by row and column number."""
        placed: dict[tuple[int, int], str] = {}
        for row, column, value in _entries(measurements):
            where = (self._row(row), self._column(column))
            if value is None or value != value:  # NaN is the only value that differs from itself
                continue
            if where in placed:
                raise ValueError(f"The cell ({row!r}, {column!r}) was given two measurements.")
            placed[where] = spell(value)
        return placed


def _entries(measurements: "Mapping[Any, Any] | pd.DataFrame") -> Iterator[tuple[Any, Any, Any]]:
    """Go through measurements of any accepted form as (row, column, value)."""
    if isinstance(measurements, Mapping):
        for name, value in measurements.items():
            if isinstance(name, tuple) and len(name) == 2:
                yield *name, value
            elif isinstance(value, Mapping):
                for column, inner in value.items():
                    yield name, column, inner
            else:
                raise TypeError(
                    f"measurements[{name!r}] is {value!r}; write {{(row, column): value}} "
                    "or {row: {column: value}}."
                )
    elif hasattr(measurements, "columns"):
        for column in measurements.columns:  # by column: a row would turn whole numbers into fractions
            for row, value in measurements[column].items():
                yield row, column, value
    else:
        raise TypeError(
            "measurements must be {(row, column): value}, {row: {column: value}} or a DataFrame with rows "
            f"in its index and columns in its columns; got a {type(measurements).__name__}."
        )


def _own(number: str) -> list[ClaimTable]:
    facts = read(f"lectures/{number}")
    return [_table(number, one, facts.get("measures", {})) for one in facts.get("table", [])]


def _table(number: str, facts: Mapping[str, Any], measures: Mapping[str, str]) -> ClaimTable:
    columns = tuple(Label(**one) for one in facts["columns"])
    rows = tuple(Label(one["key"], **one["label"]) for one in facts["row"])
    cells = tuple(
        tuple(
            Cell(en=row[column.key]["en"], zh=row[column.key]["zh"],
                 measure=row[column.key].get("measure", row.get("measure")) or None)
            for column in columns
        )
        for row in facts["row"]
    )  # fmt: skip
    return ClaimTable(
        number, facts["key"], facts["title"], facts["title_zh"], rows, columns, cells, dict(measures)
    )


def claim_tables(number: int | str) -> dict[str, ClaimTable]:
    """Return all comparison tables of a lecture by name: its own first, then those it shares.

    >>> list(claim_tables(5))
    ['ledgers', 'consistency_and_consensus']
    """
    name = lecture_number(number)
    tables = {table.name: table for table in _own(name)}
    for shared in read(f"lectures/{name}").get("shares", []):
        other, key = shared.split("/")
        tables[key] = next(table for table in _own(other) if table.name == key)
    return tables


def claims(number: int | str, table: str | None = None) -> ClaimTable:
    """Return a comparison table of a lecture.

    Parameters: number, the lecture's; table, the table's name, None for the lecture's first.
    Raises UnknownName, if there is no such lecture or table.

    >>> claims(4)
    <ClaimTable 'algorithms' of lecture 04: Three election algorithms; 9 rows, columns Bully, Raft, ZAB>
    >>> claims(23, "cap_and_acid").cell("a", "acid").en
    'atomicity: all or nothing'
    """
    tables = claim_tables(number)
    if table is None:
        return next(iter(tables.values()))
    if table not in tables:
        raise unknown(f"Lecture {lecture_number(number)}", "table", table, tables)
    return tables[table]
