"""Orders that follow from what was taken out of a queue: first in, first out.

For items that were put in once: an item is put in before it is taken out; of two items, the one that went in
first comes out first; an item that never comes out went in after all that did; and while the queue was found
empty, nothing was in it (Henzinger, Sezgin and Vafeiadis 2013 decide queues by such patterns).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

from .order import Order

__all__ = ["Items", "order_by_items"]


@dataclass(slots=True)
class Items:
    """The operations on the items of one queue that were put in exactly once."""

    came_out: list[tuple[int, int]] = field(
        default_factory=list
    )  # where it was put in, where it was taken out
    stayed: list[int] = field(default_factory=list)  # where an item was put in that nobody took
    found_empty: list[int] = field(default_factory=list)


def order_by_items(order: Order, queues: Iterable[Items]) -> None:
    """Add the orders that follow. Raises Contradiction when an item cannot have come out when it did."""
    for items in queues:
        for put, take in items.came_out:
            order.add(put, take)
        for put in items.stayed:
            for earlier in _last_before(order, [put for put, _ in items.came_out], None):
                order.add(earlier, put)
            for empty in items.found_empty:
                order.add(empty, put)
        while _add_pairs(order, items):
            pass


def _add_pairs(order: Order, items: Items) -> bool:
    """One round over all items. True when something new was found."""
    puts = _by_chain(order, [put for put, _ in items.came_out])
    takes = _by_chain(order, [take for _, take in items.came_out])
    taken_at, put_at = dict(items.came_out), {take: put for put, take in items.came_out}
    news = False
    for put, take in items.came_out:
        for following in _first_after(order, put, puts):
            news = order.add(take, taken_at[following]) or news
        for following in _first_after(order, take, takes):
            news = order.add(put, put_at[following]) or news
    for empty in items.found_empty:
        for put in _last_before(order, taken_at, empty):
            news = order.add(taken_at[put], empty) or news
        for take in _first_after(order, empty, takes):
            news = order.add(empty, put_at[take]) or news
    return news


def _by_chain(order: Order, operations: Iterable[int]) -> dict[int, list[int]]:
    places: dict[int, list[int]] = {}
    for i in sorted(operations, key=lambda i: order.place[i]):
        places.setdefault(order.chain[i], []).append(order.place[i])
    return places


def _first_after(order: Order, i: int, places: dict[int, list[int]]) -> list[int]:
    """The first operation of each chain, among the given places, that i precedes."""
    found = []
    for chain, mine in places.items():
        index = bisect_left(mine, order.first_after(i, chain))
        if index < len(mine):
            found.append(order.chains[chain][mine[index]])
    return found


def _last_before(order: Order, operations: Iterable[int], i: int | None) -> list[int]:
    """The last operation of each chain, among the given ones, that precedes i; the very last if i is None."""
    found = []
    for chain, mine in _by_chain(order, operations).items():
        index = len(mine) if i is None else bisect_left(mine, order.clock[i][chain])
        if index:
            found.append(order.chains[chain][mine[index - 1]])
    return found
