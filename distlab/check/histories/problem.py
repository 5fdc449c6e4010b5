"""The operations as numbers, with all that the search asks about them prepared."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

from .implied_by_items import Items, order_by_items
from .implied_by_values import Values, order_by_values
from .models import Model
from .operation import Operation
from .order import Contradiction, Order

__all__ = ["Problem"]


class Problem:
    """Operations to be put in order.

    Attributes
    ----------
    operations, required : the operations, and whether each has to be in the order.
    order : what certainly comes before what.
    served : the operations as they are served: an unknown one that is required had its effect.
    part, models : the number of the object that each operation is about, and the model of each object.
    rank : what to try first: the operation that has to be done soonest; an item, by when it is taken out.
    harmless : the operation only looks, so that it can be taken as soon as its answer is right.
    kind : equal for operations with equal effects.
    """

    def __init__(
        self, operations: Sequence[Operation], required: Sequence[bool], model: Model, order: Order
    ) -> None:
        self.operations = operations
        self.model = model
        self.order = order
        self.required = required
        self.optional = [i for i, must in enumerate(required) if not must]
        self.served = [
            replace(op, status="ok", returned=op.invoked, result=None) if must and op.is_unknown else op
            for op, must in zip(operations, required, strict=True)
        ]
        self.parts = list(model.parts(operations).values())
        self.models = [model.fitted(part) for part in self.parts]
        numbers = {id(op): i for i, op in enumerate(operations)}
        self.members = [[numbers[id(op)] for op in part] for part in self.parts]
        self.part = [0] * len(operations)
        for number, members in enumerate(self.members):
            for i in members:
                self.part[i] = number
        self.rank = [math.inf if model.puts(op) else op.deadline for op in operations]
        self.harmless = [
            model.is_observer(op) or (model.reads(op) != () and model.reads(op) == model.writes(op))
            for op in self.served
        ]
        effects: dict[Hashable, list[int]] = {}
        for i, op in enumerate(self.served):
            effects.setdefault((self.part[i], model.effect(op)), []).append(i)
        self.kind = [0] * len(operations)
        self._behind: dict[int, list[int]] = {}
        for number, alike in enumerate(effects.values()):
            for i in alike:
                self.kind[i] = number
                if required[i] and len(alike) > 1:
                    self._behind[i] = self._where_others_follow(i)

    def _where_others_follow(self, i: int) -> list[int]:
        """From which place on i precedes the members of each chain; 0 for each optional one it precedes."""
        order = self.order
        follow = [order.first_after(i, chain) for chain in range(len(order.chains))]
        return follow + [not order.precedes(i, other) for other in self.optional]

    def can_wait(self, i: int, others: Sequence[int]) -> bool:
        """True when one of the others has the same effect, and precedes all that i precedes, or more."""
        mine = self._behind.get(i)
        if mine is None:
            return False
        for j in others:
            if j != i and self.kind[j] == self.kind[i]:
                theirs = self._behind[j]
                if all(a <= b for a, b in zip(theirs, mine, strict=True)) and (theirs != mine or j < i):
                    return True
        return False

    def serve(self, states: tuple[Any, ...], i: int) -> tuple[bool, tuple[Any, ...]]:
        """Whether the answer is right when the objects are in these states, and the states afterwards."""
        number = self.part[i]
        right, after = self.models[number].step(states[number], self.served[i])
        if after == states[number]:
            return right, states
        return right, (*states[:number], after, *states[number + 1 :])

    def add_implied(self, starts: Sequence[Any]) -> list[int]:
        """Order the operations as their answers demand. Returns unknown ones that must have happened."""
        happened = order_by_values(self.order, self.values(starts))
        if not happened:
            order_by_items(self.order, self.items())
        return happened

    def happened(self) -> list[int]:
        """Unknown operations that put in an item which was taken out, and which nobody else put in."""
        found = []
        for members in self.members:
            putting = self._putting(members)
            for i in members:
                for item in self.model.takes(self.served[i]):
                    sources = putting.get(item, [])
                    if not sources:
                        raise Contradiction
                    if len(sources) == 1 and not self.required[sources[0]]:
                        found.append(sources[0])
        return found

    def _putting(self, members: Sequence[int]) -> dict[Hashable, list[int]]:
        putting: dict[Hashable, list[int]] = {}
        for i in members:
            for item in self.model.puts(self.served[i]):
                putting.setdefault(item, []).append(i)
        return putting

    def items(self) -> list[Items]:
        """What was put in once, for the parts that are queues."""
        listed = []
        for members in self.members:
            items = Items()
            putting = {item: found[0] for item, found in self._putting(members).items() if len(found) == 1}
            taking: dict[Hashable, list[int]] = {}
            someone_unknown = False
            for i in members:
                op = self.served[i]
                if self.model.takes(op):
                    taking.setdefault(self.model.takes(op)[0], []).append(i)
                elif not self.model.puts(op):
                    if self.required[i]:
                        items.found_empty.append(i)
                    else:
                        someone_unknown = True
            for item, put in putting.items():
                takes = taking.get(item, [])
                if len(takes) > 1:
                    raise Contradiction
                if takes:
                    items.came_out.append((put, takes[0]))
                    self.rank[put] = self.operations[takes[0]].deadline
                elif self.required[put] and not someone_unknown:
                    items.stayed.append(put)
            if putting:
                listed.append(items)
        return listed

    def values(self, starts: Sequence[Any]) -> list[Values]:
        """What was read and written, for the parts whose state is a single value."""
        listed = []
        for members in self.members:
            values = Values(starts)
            for i in members:
                op = self.served[i]
                read, written = self.model.reads(op), self.model.writes(op)
                if not read and not written and not self.model.is_observer(op):
                    break  # a change that depends on the state
                if self.required[i]:
                    if read:
                        values.reads[i] = read[0]
                    if written and written != read:
                        values.writes[i] = written[0]
                elif written:
                    values.maybe.setdefault(written[0], []).append(i)
            else:
                listed.append(values)
        return listed
