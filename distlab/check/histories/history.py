"""A history: all operations of all clients, in the order of their calls."""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from .operation import Operation, seconds

__all__ = ["History"]

COLUMNS = ("client", "operation", "key", "value", "invoked", "returned", "result", "status")


class History:
    """What the clients of a shared object did and were told.

    Parameters
    ----------
    operations : iterable of `Operation`, in any order. They are kept in the order of their calls;
        of two calls at the same time, the one given first comes first.

    A client does one operation at a time: the next one may begin when the last one has returned. After an
    operation whose outcome is unknown, the client may go on at any time.

    Raises
    ------
    ValueError : when two operations of one client overlap.

    Examples
    --------
    >>> history = History([
    ...     Operation("Ann", "write", "x", 1, invoked=0.0, returned=1.0),
    ...     Operation("Bob", "read", "x", None, invoked=0.5, returned=2.0, result=1),
    ... ])
    >>> print(history)
    Ann: write x = 1 [0, 1]
    Bob: read x -> 1 [0.5, 2]
    >>> history.clients
    ('Ann', 'Bob')
    """

    __slots__ = ("operations",)

    operations: tuple[Operation, ...]

    def __init__(self, operations: Iterable[Operation] = ()) -> None:
        given = list(operations)
        for operation in given:
            if not isinstance(operation, Operation):
                raise TypeError(
                    f"a History is made of Operation records, not {operation!r}; "
                    "use History.from_rows for dictionaries or a DataFrame"
                )
        # An operation without duration comes before the next one of its client, perhaps in the same instant.
        self.operations = tuple(sorted(given, key=lambda op: (op.invoked, op.invoked != op.returned)))
        if len({id(operation) for operation in self.operations}) < len(self.operations):
            self.operations = tuple(replace(operation) for operation in self.operations)  # one record each
        self._refuse_overlaps()

    def _refuse_overlaps(self) -> None:
        last: dict[Hashable, Operation] = {}
        for operation in self.operations:
            before = last.get(operation.client)
            if (
                before is not None
                and not before.is_unknown
                and before.returned is not None
                and operation.invoked < before.returned
            ):
                raise ValueError(
                    f"client {operation.client} has two operations at once: {before.operation!r} during "
                    f"[{seconds(before.invoked)}, {seconds(before.returned)}] and {operation.operation!r} "
                    f"invoked at {seconds(operation.invoked)}; give each thread of a client its own name"
                )
            last[operation.client] = operation

    @classmethod
    def of(cls, source: Any) -> History:
        """A history from what holds one: a History, a trace with ``operations``, a table, operations or rows.

        >>> len(History.of([Operation("Ann", "read", invoked=0, returned=1)]))
        1
        """
        if isinstance(source, History):
            return source
        if hasattr(source, "operations") and not hasattr(source, "columns"):
            return cls.from_trace(source)
        if not hasattr(source, "columns"):
            source = list(source)
            if all(isinstance(item, Operation) for item in source):
                return cls(source)
        return cls.from_rows(source)

    @classmethod
    def from_trace(cls, trace: Any) -> History:
        """The history of the clients in a simulated run: its table ``trace.operations``.

        A node that has several operations open at once counts as several clients: 3, 3#2, 3#3 and so on.
        """
        busy: dict[tuple[Hashable, int], float] = {}
        made = []
        for operation in sorted(_operations(trace.operations), key=lambda operation: operation.invoked):
            thread = 1
            while busy.get((operation.client, thread), -math.inf) > operation.invoked:
                thread += 1
            returned = operation.invoked if operation.returned is None else operation.returned
            busy[operation.client, thread] = operation.invoked if operation.is_unknown else returned
            name = operation.client if thread == 1 else f"{operation.client}#{thread}"
            made.append(replace(operation, client=name))
        return cls(made)

    @classmethod
    def from_rows(cls, rows: Any) -> History:
        """A history from a pandas DataFrame, or from an iterable of dictionaries.

        Parameters
        ----------
        rows : the columns ``client``, ``operation`` and ``invoked`` must be there; ``key``, ``value``,
            ``returned``, ``result`` and ``status`` may be; others are ignored. Missing values (None, NaN)
            mean None. Times are in seconds.

        >>> print(History.from_rows([
        ...     {"client": 1, "operation": "write", "key": "x", "value": 5, "invoked": 0.1, "returned": 0.2},
        ... ]))
        1: write x = 5 [0.1, 0.2]
        """
        return cls(_operations(rows))

    @classmethod
    def from_json_lines(cls, text: str) -> History:
        """A history from text with one JSON object a line, with the columns of `from_rows`.

        >>> print(History.from_json_lines('{"client": 1, "operation": "read", "invoked": 0, "returned": 1}'))
        1: read -> None [0, 1]
        """
        rows = []
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip():
                try:
                    rows.append(json.loads(line))
                except json.JSONDecodeError as error:
                    raise ValueError(f"line {number} of the history is not JSON: {error}") from None
        return cls.from_rows(rows)

    def rows(self) -> list[dict[str, Any]]:
        """The operations as dictionaries, in the order of their calls, for example for a DataFrame."""
        return [{name: getattr(operation, name) for name in COLUMNS} for operation in self.operations]

    def to_json_lines(self) -> str:
        """The history as text that `from_json_lines` reads back; sets are written as sorted lists."""
        return "".join(json.dumps(row, default=_sorted_list) + "\n" for row in self.rows())

    @property
    def clients(self) -> tuple[Hashable, ...]:
        """The clients, in the order of their first call."""
        return tuple(dict.fromkeys(operation.client for operation in self.operations))

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """The keys, in the order of their first call."""
        return tuple(dict.fromkeys(operation.key for operation in self.operations))

    def __len__(self) -> int:
        return len(self.operations)

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.operations)

    def __getitem__(self, index: int) -> Operation:
        return self.operations[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, History) and self.operations == other.operations

    def __hash__(self) -> int:
        return hash(self.operations)

    def __str__(self) -> str:
        return "\n".join(map(str, self.operations))

    def __repr__(self) -> str:
        return f"<History of {len(self)} operations by {len(self.clients)} clients>"


def _operations(rows: Any) -> list[Operation]:
    if hasattr(rows, "columns") and hasattr(rows, "to_dict"):
        rows = rows.to_dict("records")
    made = []
    for number, row in enumerate(rows):
        lacking = [name for name in ("client", "operation", "invoked") if name not in row]
        if lacking:
            raise ValueError(
                f"row {number} of the history has no {lacking[0]!r}; the columns are {', '.join(COLUMNS)}"
            )
        made.append(Operation(**{name: _present(row[name]) for name in COLUMNS if name in row}))
    return made


def _present(value: Any) -> Any:
    """None for the missing values that tables put into columns of numbers or texts."""
    if isinstance(value, float) and value != value:
        return None
    return None if type(value).__name__ in ("NAType", "NaTType") else value


def _sorted_list(value: Any) -> list[Any]:
    if isinstance(value, frozenset):
        return sorted(value, key=repr)
    raise TypeError(f"{value!r} cannot be written as JSON")
