"""Search for one sequence of all operations in which every answer is right.

The search of Wing and Gong 1993 takes, again and again, an operation that nothing left comes before, and goes
back when no answer fits. Lowe 2017 adds the memory: what was done and the state it led to need to be tried
only once. Further, here:

- an operation that only looks, and whose answer is right now, is taken at once;
- of operations with equal effects, only the one with the most behind it is tried;
- an operation that may never have happened is not taken if without it the same point was reached and failed;
- what the answers say about the order is known beforehand (`order_by_values`, `order_by_items`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .models import Model
from .operation import Operation
from .order import Contradiction, Order
from .problem import Problem
from .write_order import order_writes

__all__ = ["Found", "explain_in_order"]

WRITE_ORDERS = 200  # decisions on the order of two writes before going over to single operations
Ordering = Callable[[Sequence[Operation], Sequence[bool]], Order]


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome of a search: a sequence of operations; None when there is none, or it was cut short."""

    sequence: tuple[Operation, ...] | None
    states: int
    cut_short: bool = False

    @property
    def impossible(self) -> bool:
        """True when no sequence exists."""
        return self.sequence is None and not self.cut_short


def explain_in_order(
    operations: Sequence[Operation],
    model: Model,
    ordering: Ordering,
    limit: int,
    initial: Sequence[Any] = (),
) -> Found:
    """Look for a sequence of the operations that respects the ordering and in which every answer is right.

    Parameters
    ----------
    operations : none of status "failed". Those of status "unknown" may be left out of the sequence.
    model : what the object does; its parts are independent objects.
    ordering : `time_order` or `client_order`.
    limit : the number of states to explore before giving up.
    initial : states to start from, instead of the model's initial one; any of them will do.
    """
    operations = [op for op in operations if not (op.is_unknown and _idle(op, model, operations))]
    required = [not op.is_unknown for op in operations]
    if not any(required):
        return Found((), 0)
    starts = tuple(initial) or (model.initial,)
    while True:
        order = ordering(operations, required)
        problem = Problem(operations, required, model, order)
        try:
            happened = problem.happened() or problem.add_implied(starts)
        except Contradiction:
            return Found(None, 0)
        if not happened:
            break
        for i in happened:
            required[i] = True
    if len(starts) == 1 and len(problem.parts) > 1:
        registers = problem.values(starts)
        if len(registers) == len(problem.parts):
            try:
                ordered = order_writes(order, registers, problem.rank, WRITE_ORDERS)
            except Contradiction:
                return Found(None, 0)
            if ordered is not None:
                found = _Search(problem, ordered).run(starts[0], min(limit, 10 * len(operations)))
                if found.sequence is not None:
                    return found
    states = 0
    for start in starts:
        found = _Search(problem, order).run(start, limit - states)
        states += found.states
        if not found.impossible:
            break
    return replace(found, states=states)


def _idle(operation: Operation, model: Model, operations: Sequence[Operation]) -> bool:
    """True when an unknown operation explains nothing: it only looks, or puts in what nobody took out."""
    if model.is_observer(operation):
        return True
    return any(
        all(
            item not in model.takes(other)
            for other in operations
            if model.part(other) == model.part(operation)
        )
        for item in model.puts(operation)
    )


Choice = tuple[int, tuple[Any, ...]]  # an operation, and the states of the objects after it


class _Search:
    """Depth first: take an operation that nothing left comes before; go back where none fits.

    A point of the search is: how far each chain has been done, which optional operations were taken, and the
    states of the objects.
    """

    def __init__(self, problem: Problem, order: Order) -> None:
        self.problem = problem
        self.chains = order.chains
        self.lengths = [len(members) for members in order.chains]
        self.needs = [order.needs(i) for i in range(len(problem.operations))]
        self.chain = order.chain
        self.bit = {i: 1 << number for number, i in enumerate(problem.optional)}
        self.path: list[int] = []
        # For how far the chains were done, and the states: with which optional operations it was tried.
        self.tried: dict[tuple[tuple[int, ...], tuple[Any, ...]], list[int]] = {}

    def run(self, start: Any, limit: int) -> Found:
        """Search from one state of all objects, through at most as many points as the limit says."""
        total, count = sum(self.lengths), 0
        heads, used, states = [0] * len(self.chains), 0, (start,) * len(self.problem.parts)
        frames: list[tuple[list[Choice], tuple[int, ...], int, int]] = []
        while True:
            count += 1
            enabled = self.look_around(heads, states)
            if sum(heads) == total:
                return Found(tuple(self.problem.operations[i] for i in self.path), count)
            here, choices = tuple(heads), []
            if enabled is not None and self.is_new(here, states, used):
                if count >= limit:
                    return Found(None, count, cut_short=True)
                choices = self.choices(heads, states, used, enabled)
            frames.append((choices, here, used, len(self.path)))
            while frames and not frames[-1][0]:
                frames.pop()
            if not frames:
                return Found(None, count)
            choices, here, used, length = frames[-1]
            i, states = choices.pop()
            del self.path[length:]
            self.path.append(i)
            heads = list(here)
            if self.problem.required[i]:
                heads[self.chain[i]] += 1
            else:
                used |= self.bit[i]

    def look_around(self, heads: list[int], states: tuple[Any, ...]) -> list[Choice] | None:
        """Take all that only looks and is right; return what else can be next, or None if it is too late."""
        problem, serve, harmless = self.problem, self.problem.serve, self.problem.harmless
        moved = True
        while moved:
            moved = False
            enabled: list[Choice] = []
            for chain, length in enumerate(self.lengths):
                while heads[chain] < length:
                    i = self.chains[chain][heads[chain]]
                    for other, least in self.needs[i]:
                        if heads[other] < least:
                            break
                    else:
                        right, after = serve(states, i)
                        if right and harmless[i]:
                            heads[chain] += 1
                            self.path.append(i)
                            moved = True
                            continue
                        if right:
                            enabled.append((i, after))
                        elif problem.models[problem.part[i]].too_late(
                            states[problem.part[i]], problem.served[i]
                        ):
                            return None
                    break
        return enabled

    def is_new(self, heads: tuple[int, ...], states: tuple[Any, ...], used: int) -> bool:
        """False when this point, or one with fewer optional operations used up, has been tried."""
        earlier = self.tried.setdefault((heads, states), [])
        if any(less & used == less for less in earlier):
            return False
        earlier.append(used)
        return True

    def choices(
        self, heads: Sequence[int], states: tuple[Any, ...], used: int, enabled: Sequence[Choice]
    ) -> list[Choice]:
        """What to try next, the best last: required operations before optional ones, urgent ones first."""
        problem = self.problem
        optional: list[Choice] = []
        kinds: set[int] = set()
        for i in problem.optional:
            if used & self.bit[i] or problem.kind[i] in kinds:
                continue
            if all(heads[other] >= least for other, least in self.needs[i]):
                kinds.add(problem.kind[i])
                right, after = problem.serve(states, i)
                if right and after != states:
                    optional.append((i, after))
        others = [i for i, _ in enabled]
        first = [choice for choice in enabled if not problem.can_wait(choice[0], others)]
        first.sort(key=lambda choice: problem.rank[choice[0]], reverse=True)
        return optional[::-1] + first
