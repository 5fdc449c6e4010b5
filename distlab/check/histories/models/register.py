"""Registers: one value that is read and written, and changed by comparing and setting."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

from ..operation import Operation, shown
from .model import Model

__all__ = ["CASRegister", "KeyValue", "Register"]


class Register(Model):
    """A value with ``read`` (result: the value) and ``write`` (value: the new value).

    Parameters
    ----------
    initial : the value before the first write.
    """

    noun: ClassVar[str] = "register"
    operations: ClassVar[tuple[str, ...]] = ("read", "write")
    observers: ClassVar[tuple[str, ...]] = ("read",)

    def __init__(self, initial: Any = None) -> None:
        self.initial = initial

    def step(self, state: Any, operation: Operation) -> tuple[bool, Any]:
        if operation.operation == "write":
            return True, operation.value
        return operation.is_unknown or operation.result == state, state

    def reads(self, operation: Operation) -> tuple[Any, ...]:
        return (operation.result,) if operation.operation == "read" and not operation.is_unknown else ()

    def writes(self, operation: Operation) -> tuple[Any, ...]:
        return (operation.value,) if operation.operation == "write" else ()

    def groups(self, operations: Sequence[Operation]) -> list[list[Operation]]:
        # A change to a value that nobody reads can go: what was there before then lasts longer. That matters
        # only to those who saw that the register did not hold some value, and to changes that depend on it.
        if not all(self.reads(op) or self.writes(op) for op in operations):
            return []
        readers = Counter(value for op in operations for value in self.reads(op))
        return [
            [op]
            for op in operations
            if self.writes(op) and readers[self.writes(op)[0]] == (self.writes(op) == self.reads(op))
        ]

    def states(self, before: Sequence[Operation], after: Sequence[Operation]) -> list[Any]:
        if any(not self.is_observer(op) and not self.writes(op) for op in (*before, *after)):
            return []
        read = {value for op in after for value in (*self.reads(op), *self.refused(op))}
        left = list(dict.fromkeys((self.initial, *(value for op in before for value in self.writes(op)))))
        return [value for value in left if value in read] + [value for value in left if value not in read][:1]

    def refused(self, operation: Operation) -> tuple[Any, ...]:
        """``(v,)`` when the answer is right only in states other than v, else ``()``."""
        return ()

    def answers(self, operation: Operation, operations: Sequence[Operation]) -> list[Any]:
        if operation.operation not in ("read", "get"):
            return []
        return list(dict.fromkeys((self.initial, *(value for op in operations for value in self.writes(op)))))

    def likely_answers(self, operation: Operation, operations: Sequence[Operation]) -> list[Any]:
        writes = [op for op in operations if self.writes(op)]
        over = [op.invoked for op in writes if op.deadline < operation.invoked]
        current = [op for op in writes if op.deadline >= max(over, default=-math.inf)]
        values = [value for op in current for value in self.writes(op)]
        return list(dict.fromkeys(values if over else (self.initial, *values)))

    def describe(self, operation: Operation) -> str:
        name = self.object_name(operation)
        if operation.operation in ("read", "get"):
            return f"read {name} = {shown(operation.result)}"
        if operation.operation in ("write", "put"):
            return f"wrote {name} = {shown(operation.value)}"
        return super().describe(operation)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'' if self.initial is None else repr(self.initial)})"


class CASRegister(Register):
    """A register that also has ``cas``: value (expected, new); sets new if the register holds expected.

    The result of ``cas`` is True or None when it set the new value, False when the register held another one.
    """

    operations: ClassVar[tuple[str, ...]] = ("read", "write", "cas")

    def step(self, state: Any, operation: Operation) -> tuple[bool, Any]:
        if operation.operation != "cas":
            return super().step(state, operation)
        expected, new = operation.value
        holds = state == expected
        if operation.is_unknown:
            return True, new if holds else state
        if operation.result is False:
            return not holds, state
        return holds, new

    def is_observer(self, operation: Operation) -> bool:
        return super().is_observer(operation) or _refused(operation)

    def reads(self, operation: Operation) -> tuple[Any, ...]:
        if operation.operation == "cas":
            return () if _refused(operation) else (operation.value[0],)
        return super().reads(operation)

    def writes(self, operation: Operation) -> tuple[Any, ...]:
        if operation.operation == "cas":
            return () if _refused(operation) else (operation.value[1],)
        return super().writes(operation)

    def answers(self, operation: Operation, operations: Sequence[Operation]) -> list[Any]:
        return [True, False] if operation.operation == "cas" else super().answers(operation, operations)

    def likely_answers(self, operation: Operation, operations: Sequence[Operation]) -> list[Any]:
        return (
            [True, False] if operation.operation == "cas" else super().likely_answers(operation, operations)
        )

    def refused(self, operation: Operation) -> tuple[Any, ...]:
        return (operation.value[0],) if _refused(operation) else ()

    def check(self, operation: Operation) -> None:
        super().check(operation)
        if operation.operation == "cas" and not (
            isinstance(operation.value, tuple) and len(operation.value) == 2
        ):
            raise ValueError(
                f"the value of a cas must be a pair (expected, new), not {operation.value!r} "
                f"of client {operation.client}"
            )

    def describe(self, operation: Operation) -> str:
        if operation.operation != "cas":
            return super().describe(operation)
        name, (expected, new) = self.object_name(operation), operation.value
        if _refused(operation):
            return f"was told that {name} is not {shown(expected)} and cannot be set to {shown(new)}"
        return f"set {name} from {shown(expected)} to {shown(new)}"


class KeyValue(CASRegister):
    """A register for every key, with the names of a store: ``get``, ``put``, ``delete``, ``append``, ``cas``.

    ``get`` answers None for a key that is absent; ``append`` adds to a text or tuple, and starts one for an
    absent key. ``read`` and ``write`` mean get and put.
    """

    noun: ClassVar[str] = "value"
    operations: ClassVar[tuple[str, ...]] = ("get", "put", "delete", "append", "cas", "read", "write")
    observers: ClassVar[tuple[str, ...]] = ("get", "read")

    def step(self, state: Any, operation: Operation) -> tuple[bool, Any]:
        name = operation.operation
        if name == "get" or name == "read":
            return operation.is_unknown or operation.result == state, state
        if name == "put" or name == "write":
            return True, operation.value
        if name == "delete":
            return True, None
        if name == "append":
            return True, operation.value if state is None else state + operation.value
        return super().step(state, operation)

    def reads(self, operation: Operation) -> tuple[Any, ...]:
        if operation.operation in self.observers:
            return () if operation.is_unknown else (operation.result,)
        return super().reads(operation)

    def writes(self, operation: Operation) -> tuple[Any, ...]:
        if operation.operation == "put":
            return (operation.value,)
        return (None,) if operation.operation == "delete" else super().writes(operation)

    def describe(self, operation: Operation) -> str:
        if operation.operation == "delete":
            return f"deleted {self.object_name(operation)}"
        if operation.operation == "append":
            return f"appended {shown(operation.value)} to {self.object_name(operation)}"
        return super().describe(operation)


def _refused(operation: Operation) -> bool:
    return operation.operation == "cas" and operation.result is False and not operation.is_unknown
