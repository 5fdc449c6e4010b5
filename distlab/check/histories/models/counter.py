"""A counter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..operation import Operation, shown
from .model import Model

__all__ = ["Counter"]


class Counter(Model):
    """A number with ``increment`` and ``decrement`` (value: by how much, None for 1) and ``read``.

    The result of increment and decrement is the number afterwards, or None when it was not reported.

    Parameters
    ----------
    initial : the number at the start.
    """

    noun: ClassVar[str] = "counter"
    operations: ClassVar[tuple[str, ...]] = ("increment", "decrement", "read")
    observers: ClassVar[tuple[str, ...]] = ("read",)
    only_grows = False

    def __init__(self, initial: int = 0) -> None:
        self.initial = initial

    def step(self, state: Any, operation: Operation) -> tuple[bool, Any]:
        if operation.operation == "read":
            return operation.is_unknown or operation.result == state, state
        after = state + self.change(operation)
        return operation.is_unknown or operation.result is None or operation.result == after, after

    def too_late(self, state: Any, operation: Operation) -> bool:
        if not self.only_grows or operation.result is None or operation.is_unknown:
            return False
        return operation.result < state + self.change(operation)

    def fitted(self, operations: Sequence[Operation]) -> Counter:
        fitted = Counter(self.initial)
        fitted.only_grows = all(self.change(operation) >= 0 for operation in operations)
        return fitted

    def change(self, operation: Operation) -> int:
        """By how much the operation changes the number."""
        amount: int = 1 if operation.value is None else operation.value
        return {"increment": amount, "decrement": -amount, "read": 0}[operation.operation]

    def answers(self, operation: Operation, operations: Sequence[Operation]) -> list[Any]:
        if operation.operation != "read" or operation.is_unknown:
            return []
        least, most = self.bounds([], operations)
        near = int(operation.result)
        return [number for number in range(near - 100, near + 101) if least <= number <= most]

    def likely_answers(self, operation: Operation, operations: Sequence[Operation]) -> list[Any]:
        if operation.operation != "read":
            return []
        over = [other for other in operations if other.deadline < operation.invoked]
        least, most = self.bounds(
            over, [other for other in operations if other.deadline >= operation.invoked]
        )
        return list(range(int(least), int(most) + 1)) if most - least < 100 else []

    def bounds(self, sure: Sequence[Operation], possible: Sequence[Operation]) -> tuple[float, float]:
        """The least and the greatest number there can be after what was surely and what was possibly done."""
        number = self.initial + sum(self.change(operation) for operation in sure)
        changes = [self.change(operation) for operation in possible]
        return number + sum(min(one, 0) for one in changes), number + sum(max(one, 0) for one in changes)

    def check(self, operation: Operation) -> None:
        super().check(operation)
        if operation.operation == "read":
            if operation.status == "ok" and not isinstance(operation.result, (int, float)):
                raise ValueError(
                    f"the result of reading a counter must be a number, not {operation.result!r} "
                    f"of client {operation.client}"
                )
        elif not isinstance(operation.value, (int, float, type(None))):
            raise ValueError(
                f"the value of {operation.operation!r} must be a number or None, not {operation.value!r} "
                f"of client {operation.client}"
            )

    def describe(self, operation: Operation) -> str:
        name = self.object_name(operation)
        if operation.operation == "read":
            return f"read {name} = {shown(operation.result)}"
        verb = "added" if operation.operation == "increment" else "subtracted"
        amount = 1 if operation.value is None else operation.value
        to = "to" if operation.operation == "increment" else "from"
        told = "" if operation.result is None else f" and was told {shown(operation.result)}"
        return f"{verb} {shown(amount)} {to} {name}{told}"

    def __repr__(self) -> str:
        return f"Counter({self.initial or ''})"
