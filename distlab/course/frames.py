"""The DataFrame of this package: texts are shown in full, to the left, the same under any display option.

This module imports pandas, so the others import it only when a table is asked for.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

__all__ = ["FactTable", "fact_table"]

_STYLE = (
    "<style scoped>\n"
    "    .dataframe.facts td, .dataframe.facts th {\n"
    "        text-align: left; vertical-align: top; white-space: normal;\n"
    "    }\n"
    "</style>"
)


_NOTHING_CUT_OFF: tuple[Any, ...] = (
    "display.colheader_justify", "right",
    "display.expand_frame_repr", False,
    "display.large_repr", "truncate",
    "display.max_columns", None,
    "display.max_colwidth", None,
    "display.max_rows", None,
    "display.show_dimensions", False,
    "display.unicode.east_asian_width", True,
    "display.width", 80,
)  # fmt: skip


class FactTable(pd.DataFrame):
    """A DataFrame of short texts, whose text and HTML forms cut nothing off.

    >>> table = fact_table([["a sentence that is longer than the fifty characters pandas shows"]], ["text"])
    >>> "pandas shows" in repr(table)
    True
    """

    @property
    def _constructor(self) -> type["FactTable"]:
        return FactTable

    def __repr__(self) -> str:
        with pd.option_context(*_NOTHING_CUT_OFF):
            return super().__repr__()

    def _repr_html_(self) -> str:
        with pd.option_context(*_NOTHING_CUT_OFF):
            return f"<div>\n{_STYLE}\n{self.to_html(classes='facts')}\n</div>"


def fact_table(
    rows: Sequence[Sequence[object]], columns: Sequence[str], index: Sequence[str] | None = None
) -> FactTable:
    """Return the rows as a table of plain objects, which every pandas version shows alike.

    >>> fact_table([["Bully", 19]], ["algorithm", "messages"], index=["n = 5"])
          algorithm messages
    n = 5     Bully       19
    """
    labels = None if index is None else pd.Index(list(index), dtype=object)
    return FactTable(list(rows), columns=pd.Index(list(columns), dtype=object), index=labels, dtype=object)
