"""The text of a value, the same in every process.

``repr`` is not: a set is printed in the order of its hash table, which differs from process to process for
strings, and an object without a ``__repr__`` of its own prints its address in memory.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

__all__ = ["first_few", "shown"]

_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


def shown(value: Any) -> str:
    """Like ``repr``, but sets are sorted, functions are given by name, and no address in memory appears.

    >>> shown({"votes": {"n2", "n1"}})
    "{'votes': {'n1', 'n2'}}"
    >>> shown(object())
    '<object object>'
    >>> shown((1, [2.5, None]))
    '(1, [2.5, None])'
    """
    kind = value.__class__
    show = _SHOW.get(kind)
    if show is not None:
        return show(value)
    if hasattr(kind, "__dataclass_fields__") and _generated(kind):
        return _dataclass(value)
    return _ADDRESS.sub("", repr(value))


def first_few(values: Iterable[Any], most: int = 8) -> str:
    """The first few of some values, and how many more there are.

    >>> first_few(range(1, 13))
    '1, 2, 3, 4, 5, 6, 7, 8 and 4 more'
    """
    texts = [shown(value) for value in values]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def _brackets(opening: str, closing: str, value: Any) -> str:
    return opening + ", ".join(map(shown, value)) + closing


def _tuple(value: tuple[Any, ...]) -> str:
    return f"({shown(value[0])},)" if len(value) == 1 else _brackets("(", ")", value)


def _dict(value: dict[Any, Any]) -> str:
    return "{" + ", ".join(f"{shown(key)}: {shown(item)}" for key, item in value.items()) + "}"


def _set(value: set[Any]) -> str:
    return "{" + ", ".join(sorted(map(shown, value))) + "}" if value else "set()"


def _frozenset(value: frozenset[Any]) -> str:
    return f"frozenset({_set(set(value)) if value else ''})"


def _generated(kind: type) -> bool:
    """Is the class's ``__repr__`` the one that ``@dataclass`` writes?"""
    owner = next(base for base in kind.__mro__ if "__repr__" in base.__dict__)
    return "__dataclass_fields__" in owner.__dict__ and hasattr(owner.__repr__, "__wrapped__")


def _dataclass(value: Any) -> str:
    fields = [
        f"{field.name}={shown(getattr(value, field.name))}"
        for field in dataclasses.fields(value)
        if field.repr
    ]
    return f"{value.__class__.__qualname__}({', '.join(fields)})"


def _function(value: Any) -> str:
    return str(value.__qualname__)


_SHOW: dict[type, Callable[[Any], str]] = {
    int: int.__repr__,
    float: float.__repr__,
    str: str.__repr__,
    tuple: _tuple,
    list: partial(_brackets, "[", "]"),
    dict: _dict,
    set: _set,
    frozenset: _frozenset,
    FunctionType: _function,
    MethodType: _function,
    BuiltinFunctionType: _function,
}
