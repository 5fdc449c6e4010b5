"""One operation of one client: what it asked, what it was told, and when."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

__all__ = ["STATUSES", "Operation", "freeze", "seconds", "shown"]

STATUSES = ("ok", "failed", "unknown")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as its client saw it.

    Parameters
    ----------
    client : who called. One client has one operation at a time.
    operation : what was called, for example ``"read"``, ``"write"``, ``"cas"``, ``"enqueue"``.
    key : the object it was called on; None when there is only one.
    value : the argument; for ``"cas"`` the pair (expected, new).
    invoked : time of the call, in seconds.
    returned : time of the answer, in seconds; None when no answer came.
    result : the answer; None when the operation has none to give.
    status : ``"ok"`` (answered), ``"failed"`` (certainly did not happen) or ``"unknown"`` (timed out or its
        client crashed: it may take effect at any time after the call, or never). Left out, it is ``"ok"``
        for an operation that returned and ``"unknown"`` for one that did not.

    Lists, sets and dictionaries among key, value and result are kept as tuples and frozen sets.

    Raises
    ------
    ValueError : when a time or the status makes no sense.

    Examples
    --------
    >>> print(Operation("Ann", "write", "x", 1, 0.0, 0.5))
    Ann: write x = 1 [0, 0.5]
    >>> Operation("Bob", "write", "x", 2, 1.0).status
    'unknown'
    """

    client: Hashable
    operation: str
    key: Hashable = None
    value: Any = None
    invoked: float = 0.0
    returned: float | None = None
    result: Any = None
    status: str | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        for field in ("client", "key", "value", "result"):
            put(self, field, freeze(getattr(self, field)))
        if not isinstance(self.operation, str) or not self.operation:
            raise ValueError(
                f"operation must be a name such as 'read', not {self.operation!r} (client {self.client})"
            )
        put(self, "invoked", _time("invoked", self.invoked, self))
        if self.returned is not None:
            returned = _time("returned", self.returned, self)
            put(self, "returned", None if math.isinf(returned) else returned)
        if math.isinf(self.invoked):
            raise ValueError(
                f"invoked of {self._name()} must be a finite time in seconds, not {self.invoked}"
            )
        if self.status is None:
            put(self, "status", "unknown" if self.returned is None else "ok")
        if self.status not in STATUSES:
            raise ValueError(
                f"status of {self._name()} must be 'ok', 'failed' or 'unknown', not {self.status!r}"
            )
        if self.returned is None:
            if self.status == "ok":
                raise ValueError(
                    f"{self._name()} has status 'ok' but no returned time; give the time of its answer, "
                    "or status 'unknown'"
                )
        elif self.returned < self.invoked:
            raise ValueError(
                f"{self._name()} returned at {seconds(self.returned)} s, before it was invoked at "
                f"{seconds(self.invoked)} s; give times with invoked <= returned"
            )

    @property
    def is_unknown(self) -> bool:
        """True when nobody knows whether it took effect."""
        return self.status == "unknown"

    @property
    def deadline(self) -> float:
        """The latest time at which it can have taken effect, in seconds: its return, or infinity."""
        return math.inf if self.returned is None or self.status == "unknown" else self.returned

    def _name(self) -> str:
        return f"{self.operation!r} of client {self.client}"

    def __str__(self) -> str:
        what = self.operation + ("" if self.key is None else f" {self.key}")
        if self.value is not None:
            what += f" = {shown(self.value)}" if self.operation == "write" else f" {shown(self.value)}"
        if self.status != "ok":
            what += f" -> {self.status}"
        elif self.result is not None or self.value is None:
            what += f" -> {shown(self.result)}"
        end = "..." if self.returned is None else seconds(self.returned)
        return f"{self.client}: {what} [{seconds(self.invoked)}, {end}]"


def seconds(time: float) -> str:
    """A time in seconds as text, to the microsecond.

    >>> seconds(2.50)
    '2.5'
    """
    text = f"{time:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def shown(value: Any) -> str:
    """A value as text: 1.0, which tables make of 1, is shown as 1, and sets are shown in one order.

    >>> shown(1.0), shown(("a", 2.0)), shown(frozenset({3, 1}))
    ('1', '(a, 2)', '{1, 3}')
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, tuple):
        return f"({', '.join(map(shown, value))})"
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(map(shown, value))) + "}"
    return str(value)


def freeze(value: Any) -> Hashable:
    """The value as something that can be compared and hashed: NaN becomes None, containers become immutable.

    >>> freeze([1, [2, float("nan")]])
    (1, (2, None))
    """
    if value is None or isinstance(value, (str, bytes, bool, int)):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if type(value).__name__ in (
        "NAType",
        "NaTType",
    ):  # the missing values of pandas, which is not imported here
        return None
    if isinstance(value, Mapping):
        return tuple((freeze(key), freeze(item)) for key, item in value.items())
    if isinstance(value, Set):
        return frozenset(freeze(item) for item in value)
    if isinstance(value, Sequence):
        return tuple(freeze(item) for item in value)
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return freeze(value.tolist())
    try:
        hash(value)
    except TypeError:
        raise ValueError(
            f"{value!r} cannot be kept in a history; give a number, a text, or a list, set or mapping of them"
        ) from None
    return value


def _time(name: str, time: Any, operation: Operation) -> float:
    try:
        number = float(time)
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number):
        raise ValueError(f"{name} of {operation._name()} must be a time in seconds, not {time!r}")
    return number
