"""A lock."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from ..operation import Operation
from .model import Model

__all__ = ["Lock"]


class Lock(Model):
    """``acquire`` and ``release``. A result of False means refused; anything else, granted.

    A client that is granted an acquire holds the lock until its release. A release by a client that does not
    hold the lock is right only when it was refused.

    Parameters
    ----------
    reentrant : the holder may acquire again, and then has to release as often as it acquired.
    """

    noun: ClassVar[str] = "lock"
    operations: ClassVar[tuple[str, ...]] = ("acquire", "release")

    def __init__(self, reentrant: bool = False) -> None:
        self.reentrant = reentrant

    def step(self, state: Any, operation: Operation) -> tuple[bool, Any]:
        holder, depth = state or ((None,), 0)  # None: free
        mine = holder == (operation.client,)
        refused = operation.result is False and not operation.is_unknown
        if operation.operation == "acquire":
            grantable = depth == 0 or (mine and self.reentrant)
            if refused:
                return not grantable, state
            return grantable, ((operation.client,), depth + 1)
        if refused or (operation.is_unknown and not mine):
            return not mine, state
        return mine, (holder, depth - 1) if depth > 1 else None

    def effect(self, operation: Operation) -> Hashable:
        return operation.client, super().effect(operation)

    def is_observer(self, operation: Operation) -> bool:
        return operation.result is False and not operation.is_unknown

    def states(self, before: Sequence[Operation], after: Sequence[Operation]) -> list[Any]:
        if self.reentrant:
            return []
        clients = dict.fromkeys(operation.client for operation in before)
        return [None, *(((client,), 1) for client in clients)]

    def groups(self, operations: Sequence[Operation]) -> list[list[Operation]]:
        # A tenure, from acquire to release, can go when nobody was refused anything.
        if any(self.is_observer(operation) for operation in operations):
            return []
        tenures: dict[Hashable, list[list[Operation]]] = {}
        for operation in operations:
            if operation.operation == "acquire" and not self.reentrant:
                tenures.setdefault(operation.client, []).append([operation])
            elif operation.client in tenures:
                tenures[operation.client][-1].append(operation)
        return [tenure for client in tenures.values() for tenure in client if len(tenure) == 2]

    def answers(self, operation: Operation, operations: Sequence[Operation]) -> list[Any]:
        return [True, False]

    def describe(self, operation: Operation) -> str:
        name = self.object_name(operation)
        if operation.result is False and not operation.is_unknown:
            return f"was refused to {operation.operation} {name}"
        return f"{operation.operation}d {name}"

    def __repr__(self) -> str:
        return f"Lock({'reentrant=True' if self.reentrant else ''})"
