"""Which operations certainly come before which: vector clocks over chains of operations.

A chain is a sequence of operations each of which comes before the next. Every operation knows, for each
chain, how many of its first operations come before it: a vector clock (Fidge 1988, Mattern 1989). Two orders
to start from: real time, for linearizability, and each client's own order, for everything weaker.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Sequence

from .operation import Operation

__all__ = ["Contradiction", "Order", "client_order", "time_order"]


class Contradiction(Exception):
    """An operation would have to come before itself."""


class Order:
    """A partial order of operations 0..n-1, some of which are laid out in chains.

    Attributes
    ----------
    chains : the operations of each chain, first to last.
    chain, place : for each operation the number of its chain (-1 when it is in none) and its place there.
    clock : for each operation and each chain, how many operations of that chain come before it.
    """

    __slots__ = ("chain", "chains", "clock", "place")

    def __init__(self, chains: list[list[int]], size: int) -> None:
        self.chains = chains
        self.chain = [-1] * size
        self.place = [0] * size
        self.clock = [[0] * len(chains) for _ in range(size)]
        for number, members in enumerate(chains):
            for place, i in enumerate(members):
                self.chain[i], self.place[i] = number, place
                self.clock[i][number] = place

    def copy(self) -> Order:
        """An order that can grow on its own."""
        copied = Order([], 0)
        copied.chains, copied.chain, copied.place = self.chains, self.chain, self.place
        copied.clock = list(self.clock)  # clocks are replaced, never changed
        return copied

    def precedes(self, a: int, b: int) -> bool:
        """True when a, of a chain, certainly comes before b."""
        return self.clock[b][self.chain[a]] > self.place[a]

    def first_after(self, a: int, chain: int) -> int:
        """The place in a chain of the first operation that a precedes; its length if there is none."""
        mine, place = self.chain[a], self.place[a]
        return bisect_left(self.chains[chain], place + 1, key=lambda i: self.clock[i][mine])

    def add(self, a: int, b: int) -> bool:
        """Let a come before b, both of chains. True when that is new; Contradiction when b precedes a."""
        if self.precedes(a, b):
            return False
        if a == b or self.precedes(b, a):
            raise Contradiction
        changed = [(b, self._with(a))]
        while changed:
            i, news = changed.pop()
            clock = list(map(max, self.clock[i], news))
            if clock == self.clock[i]:
                continue
            self.clock[i] = clock
            onwards = self._with(i)
            for number, members in enumerate(self.chains):
                place = self.first_after(i, number)
                if place < len(members):
                    changed.append((members[place], onwards))
        return True

    def _with(self, i: int) -> list[int]:
        """The clock of what comes directly after operation i."""
        clock = list(self.clock[i])
        clock[self.chain[i]] = self.place[i] + 1
        return clock

    def needs(self, i: int) -> list[tuple[int, int]]:
        """The clock of i as (chain, count), less what follows from the other entries and its own chain."""
        clock, mine = self.clock[i], self.chain[i]
        direct = [(chain, count) for chain, count in enumerate(clock) if count and chain != mine]
        known = [self.clock[self.chains[chain][count - 1]] for chain, count in enumerate(clock) if count]
        return [(chain, count) for chain, count in direct if all(other[chain] < count for other in known)]


def time_order(operations: Sequence[Operation], required: Sequence[bool]) -> Order:
    """Real time: a comes before b when a returned before b was invoked, or a is an earlier one of b's client.

    Operations that touch in one instant are concurrent, unless they are of one client. Those that are not
    required (their outcome is unknown) are in no chain; they come after others, and before none.
    """
    chains: list[list[int]] = []
    chain_of: dict[Hashable, int] = {}
    for i, operation in enumerate(operations):
        if not required[i]:
            continue
        mine = chain_of.get(operation.client)
        if mine is None or chains[mine][-1] != _last(chains, mine, operations, operation):
            mine = next(
                (
                    c
                    for c, members in enumerate(chains)
                    if operations[members[-1]].deadline < operation.invoked
                ),
                None,
            )
        if mine is None:
            mine = len(chains)
            chains.append([])
        chains[mine].append(i)
        chain_of[operation.client] = mine
    order = Order(chains, len(operations))
    for number, members in enumerate(chains):
        ends = [operations[j].deadline for j in members]
        for i, operation in enumerate(operations):
            if order.chain[i] == number:
                continue
            count = bisect_left(ends, operation.invoked)
            while (
                count < len(members)
                and members[count] < i
                and ends[count] == operation.invoked
                and operations[members[count]].client == operation.client
            ):
                count += 1  # touching operations of one client
            order.clock[i][number] = count
    return order


def _last(chains: list[list[int]], chain: int, operations: Sequence[Operation], operation: Operation) -> int:
    """The last operation of the chain if the operation may follow it there, else -1."""
    last = chains[chain][-1]
    before = operations[last]
    follows = before.deadline < operation.invoked or (
        before.client == operation.client and before.deadline <= operation.invoked
    )
    return last if follows else -1


def client_order(operations: Sequence[Operation], required: Sequence[bool]) -> Order:
    """Each client's own order: an operation comes after all earlier ones of its client with a known outcome.

    An operation whose outcome is unknown may take effect after all others of its client.
    """
    chains: list[list[int]] = []
    chain_of: dict[Hashable, int] = {}
    behind: list[tuple[int, int, int]] = []
    for i, operation in enumerate(operations):
        mine = chain_of.get(operation.client)
        if operation.is_unknown:
            if mine is not None:
                behind.append((i, mine, len(chains[mine])))
            if required[i]:
                chains.append([i])
            continue
        if mine is None:
            mine = chain_of[operation.client] = len(chains)
            chains.append([])
        chains[mine].append(i)
    order = Order(chains, len(operations))
    for i, chain, count in behind:
        order.clock[i][chain] = count
    return order
