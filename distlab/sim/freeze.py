"""A hashable picture of a value, equal for equal contents.

Used to see whether a message was changed after it was sent, and by the checker to recognise a state it has seen.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import Any

from .message import Message

__all__ = ["freeze"]

_ATOMS = (int, float, str, bool, bytes, type(None), complex)


def freeze(value: Any) -> Any:
    """Turn lists, dicts, sets, messages and plain objects into nested tuples.

    >>> freeze({"log": [1, 2]}) == freeze({"log": [1, 2]})
    True
    >>> freeze([1, 2]) == freeze([1, 3])
    False
    """
    kind = value.__class__
    if kind in _ATOMS:
        return value
    if kind is tuple or kind is list or kind is deque:
        return (kind.__name__, *[freeze(item) for item in value])
    if isinstance(value, dict):
        return ("dict", *sorted([(freeze(key), freeze(item)) for key, item in value.items()], key=repr))
    if isinstance(value, set | frozenset):
        return ("set", *sorted([freeze(item) for item in value], key=repr))
    if isinstance(value, Message):
        return (kind.__qualname__, *[freeze(item) for item in value._values()])
    if isinstance(value, Enum):
        return (kind.__qualname__, value.name)
    if callable(value):
        return ("function", getattr(value, "__qualname__", repr(value)))
    slots = [name for base in kind.__mro__ for name in getattr(base, "__slots__", ()) if hasattr(value, name)]
    attributes = {name: getattr(value, name) for name in slots if name not in ("__dict__", "__weakref__")}
    attributes.update(getattr(value, "__dict__", {}))
    if attributes:
        return (kind.__qualname__, freeze(attributes))
    return (kind.__qualname__, repr(value))
