"""A hashable picture of a value, equal for equal contents.

Used to see whether a message was changed after it was sent, and by the checker to recognise a state it has
seen.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from .message import Message
from .shown import shown

__all__ = ["changeable", "freeze"]

_ATOMS = frozenset({int, float, str, bool, bytes, type(None), complex})
_FIXED = (Enum, type, FunctionType, BuiltinFunctionType, MethodType)


def changeable(value: Any) -> bool:
    """Could somebody change this value, or something in it, in place?

    >>> changeable((1, "a", (2.5, None)))
    False
    >>> changeable((1, [2]))
    True
    """
    kind = value.__class__
    if kind in _ATOMS:
        return False
    if kind is tuple or kind is frozenset:
        return any(changeable(item) for item in value)
    if isinstance(value, Message):
        return value._fragile and any(changeable(item) for item in value._values())
    frozen = getattr(kind, "__dataclass_params__", None)
    if frozen is not None and frozen.frozen:
        return any(changeable(getattr(value, name)) for name in kind.__dataclass_fields__)
    return not isinstance(value, _FIXED)


def freeze(value: Any) -> Any:
    """Turn lists, dicts, sets, messages and plain objects into nested tuples.

    Parameters
    ----------
    value
        Plain data: numbers, strings, containers, messages, objects with attributes or slots.

    Returns
    -------
    Any
        A hashable value; equal for equal contents, whatever the order of sets and dicts.

    Examples
    --------
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
    if isinstance(value, bytearray):
        return ("bytearray", bytes(value))
    if isinstance(value, _FIXED):
        return ("function", shown(value))
    if hasattr(value, "tobytes"):  # arrays
        return (kind.__qualname__, value.tobytes())
    slots = [name for base in kind.__mro__ for name in _slots(base) if hasattr(value, name)]
    attributes = {name: getattr(value, name) for name in slots if name not in ("__dict__", "__weakref__")}
    attributes.update(getattr(value, "__dict__", {}))
    if attributes:
        return (kind.__qualname__, freeze(attributes))
    return (kind.__qualname__, shown(value))


def _slots(base: type) -> tuple[str, ...]:
    slots = base.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)
