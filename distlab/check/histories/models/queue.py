"""A queue: first in, first out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from ..operation import Operation, shown
from .model import Model

__all__ = ["Queue"]


class Queue(Model):
    """``enqueue`` (value: the item) and ``dequeue`` (result: the oldest item, or None when there is none)."""

    noun: ClassVar[str] = "queue"
    operations: ClassVar[tuple[str, ...]] = ("enqueue", "dequeue")
    initial: Any = ()
    kept: frozenset[Any] = frozenset()  # items that a dequeue of unknown outcome did not take
    removable: float = math.inf  # how many other items such dequeues may have taken

    def step(self, state: Any, operation: Operation) -> tuple[bool, Any]:
        items: tuple[Any, ...] = state
        if operation.operation == "enqueue":
            stuck = (
                operation.value in self.kept and sum(item not in self.kept for item in items) > self.removable
            )
            return not stuck, (*items, operation.value)
        if operation.is_unknown:
            return not items or items[0] not in self.kept, items[1:]
        if operation.result is None:
            return not items, items
        return bool(items) and items[0] == operation.result, items[1:]

    def is_observer(self, operation: Operation) -> bool:
        return operation.operation == "dequeue" and operation.result is None and not operation.is_unknown

    def puts(self, operation: Operation) -> tuple[Any, ...]:
        return (operation.value,) if operation.operation == "enqueue" else ()

    def takes(self, operation: Operation) -> tuple[Any, ...]:
        known = operation.operation == "dequeue" and operation.result is not None and not operation.is_unknown
        return (operation.result,) if known else ()

    def fitted(self, operations: Sequence[Operation]) -> Queue:
        puts = Counter(item for operation in operations for item in self.puts(operation))
        taken = {item for operation in operations for item in self.takes(operation)}
        fitted = type(self)()
        if all(count == 1 for count in puts.values()):
            fitted.kept = frozenset(taken)
            fitted.removable = sum(
                operation.operation == "dequeue" and operation.is_unknown for operation in operations
            )
        return fitted

    def groups(self, operations: Sequence[Operation]) -> list[list[Operation]]:
        # Without an item, nobody who enqueued or dequeued another one can tell the difference.
        items: dict[Hashable, list[Operation]] = {}
        for operation in operations:
            for item in self.puts(operation) or self.takes(operation):
                items.setdefault(item, []).append(operation)
        return list(items.values())

    def answers(self, operation: Operation, operations: Sequence[Operation]) -> list[Any]:
        if operation.operation != "dequeue":
            return []
        items = (other.value for other in operations if other.operation == "enqueue")
        return list(dict.fromkeys((*items, None)))

    def likely_answers(self, operation: Operation, operations: Sequence[Operation]) -> list[Any]:
        taken = {item: op for op in operations for item in self.takes(op) if op is not operation}
        puts = {item: op for op in operations for item in self.puts(op)}
        inside = {
            item: put
            for item, put in puts.items()
            if item not in taken or taken[item].deadline >= operation.invoked
        }
        # What is in front of the others cannot be passed.
        staying = [put for item, put in inside.items() if item not in taken]
        front = min((put.deadline for put in staying), default=math.inf)
        likely: list[Any] = [item for item, put in inside.items() if put.invoked <= front]
        return likely if front < operation.invoked else [*likely, None]

    def describe(self, operation: Operation) -> str:
        name = self.object_name(operation)
        if operation.operation == "enqueue":
            return f"put {shown(operation.value)} into {name}"
        return (
            f"found {name} empty"
            if operation.result is None
            else f"took {shown(operation.result)} from {name}"
        )
