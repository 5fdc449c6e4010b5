"""From a history that is not linearizable to the few operations that show it.

Something is left out only where leaving it out cannot make a correct history wrong, so that what remains is
wrong for a reason that is in the whole history as well. In turn: what came after the first answer that cannot
be explained; what came before a time from which on things go wrong whatever the state was; operations that
only look; and changes that nobody noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from .models import Model
from .operation import Operation
from .order import time_order
from .search import explain_in_order

__all__ = ["CHECK", "Checks", "drop_in_turn", "first_wrong", "known_between", "shrink"]


CHECK, ALL_CHECKS = 5_000, 100_000  # states to explore at most, in one check and together


class Checks:
    """Checks of parts of a history, with little effort for each and for all of them."""

    def __init__(self, model: Model, limit: int, size: int) -> None:
        self.model = model
        self.each = min(limit, CHECK + 5 * size)
        self.left = min(limit, ALL_CHECKS)
        self.states = 0
        self.cut_short = False

    def fail(self, operations: Sequence[Operation], initial: Sequence[Any] = ()) -> bool:
        """True when the operations certainly cannot be explained."""
        if self.left <= 0:
            self.cut_short = True
            return False
        found = explain_in_order(operations, self.model, time_order, self.each, initial)
        self.states += found.states
        self.left -= found.states + len(operations)
        self.cut_short = self.cut_short or found.cut_short
        return found.impossible


def first_wrong(operations: Sequence[Operation], checks: Checks) -> list[Operation]:
    """The answered operations, by their returns, up to the first whose answer cannot be explained.

    The operations are on one object and not linearizable. The answer is the first for certain if no check was
    cut short.
    """
    known = sorted((op for op in operations if not op.is_unknown), key=lambda op: op.deadline)

    def fails(n: int) -> bool:
        return checks.fail(list(known_between(operations, known[: n + 1], None, checks.model).values()))

    return known[: _first(len(known), fails) + 1]


def shrink(operations: Sequence[Operation], answered: Sequence[Operation], checks: Checks) -> list[Operation]:
    """A few operations that are not linearizable, given the answers up to the first wrong one."""
    model, culprit = checks.model, answered[-1]

    def since(start: float) -> tuple[dict[int, Operation], list[Any]]:
        seen = known_between(operations, answered, start, model)
        return seen, model.states([op for op in operations if op.invoked < start], list(seen.values()))

    def fails_since(n: int) -> bool:
        seen, initial = since(starts[n])
        return bool(initial) and checks.fail(list(seen.values()), initial)

    starts = sorted({op.invoked for op in operations if op.invoked <= culprit.deadline}, reverse=True)
    seen, initial = since(starts[_first(len(starts), fails_since)])
    kept = drop_in_turn(
        list(seen),
        lambda members: _may_go(members, seen, model, culprit),
        lambda members: checks.fail([seen[i] for i in members], initial),
    )
    return [operations[i] for i in kept]


def known_between(
    operations: Sequence[Operation], answered: Sequence[Operation], start: float | None, model: Model
) -> dict[int, Operation]:
    """What is known when the last of the answers has come, about what happened since the start.

    Operations that were still open then, or already open at the start, may have had their effect or not.
    """
    told = {id(op) for op in answered}
    horizon = answered[-1].deadline
    seen: dict[int, Operation] = {}
    for i, op in enumerate(operations):
        if op.invoked > horizon or (start is not None and op.deadline < start):
            continue
        if id(op) not in told or (start is not None and op.invoked < start):
            if model.is_observer(op):
                continue
            if not op.is_unknown:
                op = replace(op, status="unknown")
        seen[i] = op
    return seen


def _may_go(
    members: Sequence[int], seen: dict[int, Operation], model: Model, culprit: Operation
) -> list[list[int]]:
    """What can be left out, in groups: all that only looks; and changes that the others can do without."""
    numbers = {id(seen[i]): i for i in members}
    looking = [[i] for i in members if model.is_observer(seen[i])]
    groups = [[numbers[id(op)] for op in group] for group in model.groups([seen[i] for i in members])]
    return [group for group in looking + groups if all(seen[i] is not culprit for i in group)]


def drop_in_turn(
    members: list[int],
    may_go: Callable[[Sequence[int]], list[list[int]]],
    fails: Callable[[Sequence[int]], bool],
) -> list[int]:
    """Leave out groups of members, many at a time and then fewer, as long as the rest still fails."""
    progress = True
    while progress:
        progress = False
        groups = may_go(members)
        size = len(groups)
        while size:
            start = 0
            while start < len(groups):
                gone = {i for group in groups[start : start + size] for i in group}
                rest = [i for i in members if i not in gone]
                if fails(rest):
                    members, progress = rest, True
                    del groups[start : start + size]
                else:
                    start += size
            size = min(size // 2, len(groups))
    return members


def _first(count: int, true: Callable[[int], bool]) -> int:
    """The first number below count for which a statement is true, if it stays true once it is."""
    low, high = 0, count - 1
    while low < high:
        middle = (low + high) // 2
        if true(middle):
            high = middle
        else:
            low = middle + 1
    return low
