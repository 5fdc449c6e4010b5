"""Put the writes of several registers in order: try one order of two writes, and see what follows from it.

With several registers and no real time, trying operations one after the other loses itself in the many ways
to interleave registers that have nothing to do with each other. Deciding the order of two writes of one
register, and seeing at once what follows for the others, does not.
"""

from __future__ import annotations

from collections.abc import Sequence

from .implied_by_values import Values, order_by_values
from .order import Contradiction, Order

__all__ = ["order_writes"]


def order_writes(
    order: Order, registers: Sequence[Values], rank: Sequence[float], budget: int
) -> Order | None:
    """An order in which nothing is open between the writes of each register, and no read is seen to be wrong.

    Parameters
    ----------
    order : what is known; from `order_by_values`.
    registers : what was read and written. All operations are reads and writes of them.
    rank : operations of lower rank are put first where nothing else is known.
    budget : how many decisions to try. When they are used up, the answer is None.

    Raises
    ------
    Contradiction : when there is no such order.
    """
    register_of = {write: number for number, values in enumerate(registers) for write in values.writes}
    order = order.copy()
    undone: list[tuple[Order, tuple[int, int]]] = []
    for _ in range(budget):
        sequence = _sequence(order, rank)
        open_pairs = _open_pairs(order, sequence, register_of)
        if not open_pairs:
            return order
        guess = order.copy()
        try:
            _decide(guess, registers, open_pairs)
            order = guess
            continue
        except Contradiction:
            first, second = open_pairs[0]
        undone.append((order.copy(), (second, first)))
        pair = first, second
        while True:
            try:
                _decide(order, registers, [pair])
                break
            except Contradiction:
                if not undone:
                    raise
                order, pair = undone.pop()
    return None


def _decide(order: Order, registers: Sequence[Values], pairs: Sequence[tuple[int, int]]) -> None:
    for first, second in pairs:
        order.add(first, second)
    order_by_values(order, registers)


def _open_pairs(order: Order, sequence: Sequence[int], register_of: dict[int, int]) -> list[tuple[int, int]]:
    """The writes next to each other, among those of their register, whose order is not certain."""
    last: dict[int, int] = {}
    pairs = []
    for i in sequence:
        register = register_of.get(i)
        if register is not None:
            if register in last and not order.precedes(last[register], i):
                pairs.append((last[register], i))
            last[register] = i
    return pairs


def _sequence(order: Order, rank: Sequence[float]) -> list[int]:
    """All operations of the chains in an order that keeps what is known, lowest rank first."""
    needs = {i: order.needs(i) for members in order.chains for i in members}
    heads = [0] * len(order.chains)
    sequence: list[int] = []
    while len(sequence) < len(needs):
        ready = [
            members[heads[chain]]
            for chain, members in enumerate(order.chains)
            if heads[chain] < len(members)
            and all(heads[other] >= count for other, count in needs[members[heads[chain]]])
        ]
        i = min(ready, key=lambda i: (rank[i], i))
        heads[order.chain[i]] += 1
        sequence.append(i)
    return sequence
