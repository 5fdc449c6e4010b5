"""What a node remembers, in the untimed world: copies of it, and hashable pictures of it.

A copy keeps who shares what with whom. A picture is equal for equal memories: equal contents in the same
order (a dict's order is part of it, because an algorithm can see it), the same sharing, the same timers.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Mapping
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from distlab.sim import ContractError, Message, Node
from distlab.sim.shown import shown

__all__ = ["Handle", "Pending", "attributes", "copied", "pictured", "resorted", "told"]

_ATOMS = frozenset({int, float, str, bool, bytes, type(None), complex})
_FIXED = (Enum, type, FunctionType, BuiltinFunctionType, ModuleType)


class Pending:
    """A timer in the untimed world: it is running or not."""

    __slots__ = ("args", "box", "delay", "method", "origin", "repeats", "work")

    def __init__(
        self,
        box: list[Pending],
        method: str,
        args: tuple[Any, ...],
        delay: float,
        repeats: bool,
        work: bool = False,
    ) -> None:
        self.box = box
        self.method = method
        self.args = args
        self.delay = delay
        self.repeats = repeats
        self.work = work
        self.origin = -1  # which running timer of the state before it is; -1: set anew in this step
        box.append(self)

    @property
    def pending(self) -> bool:
        """Is it running?"""
        return any(timer is self for timer in self.box)

    def cancel(self) -> None:
        """Stop it."""
        if self.work:
            raise ContractError("work cannot be cancelled once it is queued.")
        self.stop()

    def stop(self) -> None:
        """Take it out of the running timers."""
        self.box[:] = [timer for timer in self.box if timer is not self]

    def reset(self, delay: float | None = None) -> None:
        """Start it again."""
        if self.work:
            raise ContractError("work cannot be reset; call self.work(...) again.")
        if delay is not None:
            if not delay >= 0:
                raise ContractError(f"a timer's delay must be 0 seconds or more; got {delay!r}.")
            self.delay = delay
        self.stop()
        self.origin = -1
        self.box.append(self)

    def sort_key(self) -> tuple[bool, str]:
        """Running timers stand in this order, equal ones in the order in which they were set; then work, in
        the order in which it came.
        """
        return (self.work, "" if self.work else repr((self.method, told(self.args), self.repeats)))


class Handle:
    """A client operation that is under way."""

    __slots__ = ("node", "number", "open")

    def __init__(self, node: Node, number: int) -> None:
        self.node = node
        self.number = number
        self.open = True

    def complete(self, result: Any = None) -> None:
        """It took effect."""
        self._end("ok", result)

    def fail(self, reason: Any = None) -> None:
        """It did not take effect."""
        self._end("failed", reason)

    def unknown(self, reason: Any = None) -> None:
        """Nobody knows."""
        self._end("unknown", reason)

    def _end(self, status: str, result: Any) -> None:
        if not self.open:
            raise ContractError(f"{self.node!r} ended the same operation twice.")
        self.open = False
        self.node._driver.returned(self.node, self.number, status, result)  # type: ignore[attr-defined]


def told(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Arguments of a timer as a script can print them: what is not plain data becomes ``"..."``.

    >>> told((3, ("a", 1.5), object()))
    (3, ('a', 1.5), '...')
    """
    return tuple([arg if _plain(arg) else "..." for arg in args])


def _plain(value: Any) -> bool:
    if value.__class__ in _ATOMS:
        return True
    if value.__class__ in (tuple, list):
        return all(_plain(item) for item in value)
    return isinstance(value, Message) and all(_plain(item) for item in value._values())


class _Copy:
    __slots__ = ("handles", "memo", "names", "node")

    def __init__(self, node: Node | None, names: Mapping[Any, Any] | None) -> None:
        self.node = node
        self.names = names
        self.memo: dict[int, Any] = {}
        self.handles: list[Handle] = []

    def of(self, value: Any) -> Any:
        kind = value.__class__
        if kind in _ATOMS:
            return value if self.names is None or kind is not str else self.names.get(value, value)
        if isinstance(value, tuple):
            items = [self.of(item) for item in value]
            return tuple(items) if kind is tuple else tuple.__new__(kind, items)
        known = self.memo.get(id(value))
        if known is not None:
            return known
        if isinstance(value, _FIXED):
            return value
        if isinstance(value, Message):
            return value if self.names is None else kind(*[self.of(item) for item in value._values()])
        if isinstance(value, Node):
            return self._self(value)
        if kind is Pending:
            return self._timer(value)
        if kind is Handle:
            return self._handle(value)
        if kind is frozenset:
            return frozenset([self.of(item) for item in value])
        return self._object(value, kind)

    def _self(self, value: Node) -> Node:
        if self.node is not None and value is not self.node:
            raise ContractError(f"{self.node!r} holds another node itself; keep its id and send it messages.")
        return value

    def _timer(self, value: Pending) -> Pending:
        new = self.memo[id(value)] = object.__new__(Pending)
        new.method, new.delay, new.repeats = value.method, value.delay, value.repeats
        new.work, new.origin = value.work, value.origin
        new.args = self.of(value.args)
        new.box = self.of(value.box)
        return new

    def _handle(self, value: Handle) -> Handle:
        new = self.memo[id(value)] = object.__new__(Handle)
        new.node, new.number, new.open = value.node, value.number, value.open
        self.handles.append(new)
        return new

    def _object(self, value: Any, kind: type) -> Any:
        new: Any
        if isinstance(value, list | deque):
            new = self.memo[id(value)] = [] if kind is list else _emptied(value)
            new.extend([self.of(item) for item in value])
        elif isinstance(value, dict):
            new = self.memo[id(value)] = {} if kind is dict else _emptied(value)
            for key, item in value.items():
                new[self.of(key)] = self.of(item)
        elif isinstance(value, set):
            new = self.memo[id(value)] = set() if kind is set else _emptied(value)
            new.update([self.of(item) for item in value])
        elif kind is MethodType:
            new = MethodType(value.__func__, self.of(value.__self__))
        elif self.names is None and _frozen(value):
            new = value
        elif _is_plain(kind):
            new = self.memo[id(value)] = object.__new__(kind)
            for name, item in attributes(value).items():
                object.__setattr__(new, name, self.of(item))
        else:
            try:
                new = self.memo[id(value)] = copy.deepcopy(value, self.memo)
            except TypeError as error:
                raise ContractError(
                    f"{self.node!r} keeps a {kind.__name__}, which cannot be copied ({error}); what a node "
                    "remembers must be plain data: numbers, texts, lists, dicts, sets, messages, timers."
                ) from None
        return new


def copied(
    value: Any, node: Node | None = None, names: Mapping[Any, Any] | None = None
) -> tuple[Any, list[Handle]]:
    """A deep copy that keeps who shares what, and the operations under way that were found on the way.

    Parameters
    ----------
    value
        Plain data: numbers, containers, messages, timers, objects.
    node
        The node that remembers it; a reference to it stays one.
    names
        Old id -> new id: ids (texts) are renamed on the way.
    """
    copier = _Copy(node, names)
    return copier.of(value), copier.handles


def _is_plain(kind: Any) -> bool:
    """Is everything that an object of this class remembers in its attributes?"""
    return kind.__new__ is object.__new__ and not hasattr(kind, "__deepcopy__")


def _emptied(value: Any) -> Any:
    new = copy.copy(value)
    new.clear()
    return new


def _frozen(value: Any) -> bool:
    """Is it a frozen dataclass all through, such as a distribution?"""
    parameters = getattr(value, "__dataclass_params__", None)
    if parameters is None or not parameters.frozen:
        return False
    try:
        hash(value)
    except TypeError:
        return False
    return True


def attributes(value: Any) -> dict[str, Any]:
    """What an object remembers: its attributes, in slots or not."""
    found: dict[str, Any] = {}
    for base in type(value).__mro__:
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                found[name] = getattr(value, name)
    found.update(getattr(value, "__dict__", {}))
    return found


class _Picture:
    __slots__ = ("delays", "index", "seen")

    def __init__(self, timers: list[Pending], delays: bool) -> None:
        self.index = {id(timer): place for place, timer in enumerate(timers)}
        self.delays = delays
        self.seen: dict[int, int] = {}

    def of(self, value: Any) -> Any:
        kind = value.__class__
        if kind in _ATOMS:
            return value
        if isinstance(value, tuple):
            return (kind.__name__, *[self.of(item) for item in value])
        if isinstance(value, Message):
            return (kind, *[self.of(item) for item in value._values()])
        if kind is frozenset:
            return ("set", *sorted([self.of(item) for item in value], key=repr))
        if kind is FunctionType and value.__closure__:
            return (value.__code__, *[self.of(cell.cell_contents) for cell in value.__closure__])
        if isinstance(value, _FIXED):
            return (kind, value)
        if isinstance(value, Node):
            return ("node", value.id)
        known = self.seen.get(id(value))
        if known is not None:
            return ("again", known)
        self.seen[id(value)] = len(self.seen)
        return self._object(value, kind)

    def _object(self, value: Any, kind: type) -> Any:
        if kind is Pending:
            return self._timer(value)
        if kind is Handle:
            return (kind, value.number, value.open)
        if isinstance(value, list | deque):
            return (kind, *[self.of(item) for item in value])
        if isinstance(value, dict):
            return (kind, *[(self.of(key), self.of(item)) for key, item in value.items()])
        if isinstance(value, set):
            return (kind, *sorted([self.of(item) for item in value], key=repr))
        if kind is MethodType:
            return (value.__func__, self.of(value.__self__))
        if hasattr(value, "tobytes"):
            return (kind, getattr(value, "shape", None), value.tobytes())
        if hasattr(value, "getstate"):
            return (kind, value.getstate())
        inside = attributes(value)
        if inside:
            return (kind, *[(name, self.of(inside[name])) for name in sorted(inside)])
        return (kind, shown(value))

    def _timer(self, value: Pending) -> Any:
        place = self.index.get(id(value))
        return ("timer", place) if place is not None else ("idle", *self.spec(value))

    def spec(self, timer: Pending) -> tuple[Any, ...]:
        delay = timer.delay if self.delays else None
        return (timer.method, self.of(timer.args), timer.repeats, timer.work, delay)


def pictured(memory: Mapping[str, Any], timers: list[Pending], delays: bool) -> Any:
    """A hashable picture of a node's attributes and its running timers.

    Parameters
    ----------
    memory
        The attributes.
    timers
        The running timers, in their order.
    delays
        Whether it matters how long a timer was set to (if not, any timer fires at any time).
    """
    picture = _Picture(timers, delays)
    names = sorted(memory)
    return (
        tuple([(name, picture.of(memory[name])) for name in names]),
        tuple([picture.spec(timer) for timer in timers]),
    )


def resorted(memory: Any) -> Any:
    """Tuples of tuples that are kept sorted by ``repr``, sorted again, at every depth.

    >>> resorted(((2, "b"), (1, "a")))
    ((1, 'a'), (2, 'b'))
    """
    if isinstance(memory, tuple):
        items = [resorted(item) for item in memory]
        if type(memory) is not tuple:
            return tuple.__new__(type(memory), items)
        if items and all(isinstance(item, tuple) for item in items):
            items.sort(key=repr)
        return tuple(items)
    return memory
