"""A set."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from ..operation import Operation, shown
from .model import Model

__all__ = ["Set"]


class Set(Model):
    """``add``, ``remove`` and ``contains`` (value: the element), and ``read`` (result: all elements).

    The result of add is True when the element was new, of remove when it was there, of contains when it is
    there; None means that it was not reported.
    """

    noun: ClassVar[str] = "set"
    operations: ClassVar[tuple[str, ...]] = ("add", "remove", "contains", "read")
    observers: ClassVar[tuple[str, ...]] = ("contains", "read")
    initial: Any = frozenset()

    def step(self, state: Any, operation: Operation) -> tuple[bool, Any]:
        elements: frozenset[Any] = state
        if operation.operation == "read":
            read: tuple[Any, ...] = operation.result or ()
            return operation.is_unknown or (
                len(read) == len(elements) and frozenset(read) == elements
            ), elements
        there = operation.value in elements
        told = None if operation.is_unknown else operation.result
        if operation.operation == "add":
            right = told is None or told == (not there)
            return right, elements if there else elements | {operation.value}
        right = told is None or told == there
        if operation.operation == "remove":
            return right, elements - {operation.value} if there else elements
        return right, elements

    def parts(self, operations: Sequence[Operation]) -> dict[Hashable, list[Operation]]:
        # Elements come and go independently of each other, unless somebody reads the set as a whole.
        whole = {operation.key for operation in operations if operation.operation == "read"}
        divided: dict[Hashable, list[Operation]] = {}
        for operation in operations:
            element = None if operation.key in whole else (operation.value,)
            divided.setdefault((operation.key, element), []).append(operation)
        return divided

    def is_observer(self, operation: Operation) -> bool:
        told = not operation.is_unknown and operation.result is False
        return operation.operation in self.observers or told

    def states(self, before: Sequence[Operation], after: Sequence[Operation]) -> list[Any]:
        elements = {operation.value for operation in (*before, *after)}
        one = len(elements) == 1 and all(operation.operation != "read" for operation in (*before, *after))
        return [frozenset(), frozenset(elements)] if one else []

    def answers(self, operation: Operation, operations: Sequence[Operation]) -> list[Any]:
        return [] if operation.operation == "read" else [True, False]

    def check(self, operation: Operation) -> None:
        super().check(operation)
        if (
            operation.operation == "read"
            and operation.status == "ok"
            and not isinstance(operation.result, (tuple, frozenset, type(None)))
        ):
            raise ValueError(
                f"the result of reading a set must be a collection, not {operation.result!r} "
                f"of client {operation.client}"
            )

    def describe(self, operation: Operation) -> str:
        name, element = self.object_name(operation), shown(operation.value)
        if operation.operation == "read":
            return f"read {name} = {shown(frozenset(operation.result or ()))}"
        if operation.operation == "contains":
            return f"was told that {element} is {'in' if operation.result else 'not in'} {name}"
        known = not operation.is_unknown and operation.result is not None
        if operation.operation == "add":
            told = (
                f" and was told that it was {'new' if operation.result else 'there already'}" if known else ""
            )
            return f"added {element} to {name}{told}"
        told = f" and was told that it was {'there' if operation.result else 'not there'}" if known else ""
        return f"removed {element} from {name}{told}"
