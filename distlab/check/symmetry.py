"""Symmetry: states of the untimed world that differ only by a renaming of the nodes count once.

The representative of a state is the smallest of its renamings in which the nodes stand in the order of their
*kinds*. A local state's kind is the smallest number among all its renamings, so it does not depend on who the
node is; where all kinds differ, only one renaming has to be looked at. That states which differ by a renaming
behave alike: C. N. Ip and D. L. Dill, *Better Verification Through Symmetry*, Formal Methods in System Design
9, 1996.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import permutations
from typing import TYPE_CHECKING, Any

from distlab.sim import Call

from .memory import copied

if TYPE_CHECKING:
    from .untimed import State, World

__all__ = ["Symmetry"]

Renaming = tuple[int, ...]  # place -> new place


class Symmetry:
    """Finds representatives; remembers what each local state, envelope and memory becomes under a renaming.

    Safe only if the algorithm never orders ids; ids must be texts that occur nowhere else.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._all: tuple[Renaming, ...] = tuple(permutations(range(len(world.ids))))
        self._same = self._all[0]
        self._names = {
            renaming: {world.ids[old]: world.ids[new] for old, new in enumerate(renaming)}
            for renaming in self._all
        }
        self._locals: dict[tuple[Renaming, int], int] = {}
        self._envelopes: dict[tuple[Renaming, int], int] = {}
        self._memories: dict[tuple[Renaming, int], int] = {}
        self._orders: dict[tuple[Renaming, int], tuple[int, ...]] = {}  # of timers, where it changes
        self._kinds: dict[int, int] = {}
        self._fitting: dict[tuple[int, ...], tuple[Renaming, ...]] = {}

    def smallest(self, state: State) -> State:
        """The representative of all states that are this one with the nodes renamed."""
        fitting = self._fitting.get(state.locals)
        if fitting is None:
            kinds = [self._kind(local) for local in state.locals]
            ranks = {kind: rank for rank, kind in enumerate(sorted(set(kinds)))}
            fitting = self._fitting[state.locals] = _sorting(tuple([ranks[kind] for kind in kinds]))
        best = self._renamed(state, fitting[0])
        for renaming in fitting[1:]:
            other = self._renamed(state, renaming)
            if other < best:
                best = other
        return best

    def _kind(self, local: int) -> int:
        kind = self._kinds.get(local)
        if kind is None:
            orbit = [self._local(renaming, local) for renaming in self._all]
            kind = min(orbit)
            for each in orbit:
                self._kinds[each] = kind
        return kind

    def _renamed(self, state: State, renaming: Renaming) -> State:
        if renaming == self._same:
            return state
        locals, flight, dues, memory, used = state
        new = [0] * len(renaming)
        known = self._locals
        for old, local in enumerate(locals):
            moved = known.get((renaming, local))
            new[renaming[old]] = self._local(renaming, local) if moved is None else moved
        envelopes = self._envelopes
        arrived = []
        for envelope in flight:
            other = envelopes.get((renaming, envelope))
            arrived.append(self._envelope(renaming, envelope) if other is None else other)
        if dues:
            turned: list[tuple[float, ...]] = [()] * len(renaming)
            for old, mine in enumerate(dues):
                order = self._orders.get((renaming, locals[old]))
                turned[renaming[old]] = mine if order is None else tuple([mine[index] for index in order])
            dues = tuple(turned)
        kept = self._memories.get((renaming, memory))
        if kept is None:
            kept = self._memory(renaming, memory)
        return state.__class__(tuple(new), self._world._in_order(arrived), dues, kept, used)

    def _local(self, renaming: Renaming, local: int) -> int:
        found = self._locals.get((renaming, local))
        if found is None:
            old = self._world._locals[local]
            (memory, timers), _ = copied((old.memory, old.timers), None, self._names[renaming])
            order = sorted(range(len(timers)), key=lambda index: timers[index].sort_key())
            if order != list(range(len(timers))):
                self._orders[renaming, local] = tuple(order)
                timers.sort(key=lambda timer: timer.sort_key())
            found = self._world._intern_local(renaming[old.node], memory, timers, old.down)
            self._locals[renaming, local] = found
        return found

    def _envelope(self, renaming: Renaming, envelope: int) -> int:
        world = self._world
        sender, receiver, msg = world._envelopes[envelope]
        if isinstance(msg, Call):
            args, _ = copied(msg.args, None, self._names[renaming])
            msg = replace(msg, node=world.ids[renaming[receiver]], args=args)
        else:
            sender, (msg, _) = renaming[sender], copied(msg, None, self._names[renaming])
        found = world._intern_envelope(sender, renaming[receiver], msg)
        self._envelopes[renaming, envelope] = found
        return found

    def _memory(self, renaming: Renaming, memory: int) -> int:
        world = self._world
        renamed: Any = copied(world._memories[memory], None, self._names[renaming])[0]
        found = world._intern_memory(world.property.tidy(renamed))
        self._memories[renaming, memory] = found
        return found


@cache
def _sorting(ranks: tuple[int, ...]) -> tuple[Renaming, ...]:
    """The renamings that put ranks into ascending order.

    >>> _sorting((1, 0))
    ((1, 0),)
    >>> len(_sorting((1, 1, 0)))
    2
    """
    order = sorted(ranks)
    return tuple(
        [
            renaming
            for renaming in permutations(range(len(ranks)))
            if all(order[new] == ranks[old] for old, new in enumerate(renaming))
        ]
    )
