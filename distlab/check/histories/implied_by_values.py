"""Orders that follow from what was read: a read comes after its write, and before the next write.

Most reads can have read from one write only. Then every other write of that object comes before that write or
after the read. Adding these orders until nothing changes (as Gibbons and Korach 1997 do for registers whose
values are all different) leaves little for the search to try.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from .order import Contradiction, Order

__all__ = ["Values", "order_by_values"]


@dataclass(slots=True)
class Values:
    """What the operations of one object read and wrote, when its state is a single value."""

    initial: Sequence[Hashable]  # the values it may start with
    reads: dict[int, Hashable] = field(default_factory=dict)
    writes: dict[int, Hashable] = field(default_factory=dict)
    maybe: dict[Hashable, list[int]] = field(default_factory=dict)  # value -> writes that may never happen


def order_by_values(order: Order, objects: Iterable[Values]) -> list[int]:
    """Add the orders that follow from what was read, or name unknown writes that must have happened.

    Raises Contradiction when something was read that cannot have been there.
    """
    objects = list(objects)
    changed = True
    while changed:
        changed = False
        happened: list[int] = []
        for values in objects:
            places = _places(order, values.writes)
            for reader in values.reads:
                write, news = _order_read(order, values, places, reader)
                if write is not None:
                    happened.append(write)
                changed = changed or news
        if happened:
            return happened
    return []


def _places(order: Order, writes: Iterable[int]) -> dict[int, list[int]]:
    places: dict[int, list[int]] = {}
    for i in sorted(writes, key=lambda i: order.place[i]):
        places.setdefault(order.chain[i], []).append(order.place[i])
    return places


def _order_read(
    order: Order, values: Values, places: dict[int, list[int]], reader: int
) -> tuple[int | None, bool]:
    """Order a read if its source is certain. Returns a write that must have happened, and if it is news."""
    value = values.reads[reader]
    before: list[int] = []  # the last write of each chain that comes before the read
    concurrent: list[int] = []
    for chain, written in places.items():
        members = order.chains[chain]
        split = bisect_left(written, order.clock[reader][chain])
        if split:
            before.append(members[written[split - 1]])
        for place in written[split:]:
            writer = members[place]
            if writer == reader or order.precedes(reader, writer):
                break
            if values.writes[writer] == value:
                concurrent.append(writer)
    latest = [w for w in before if values.writes[w] == value and not _overwritten(order, w, before)]
    maybe = [w for w in values.maybe.get(value, ()) if not order.precedes(reader, w)]
    from_start = not before and value in values.initial
    sources = len(latest) + len(concurrent) + len(maybe) + from_start
    if sources == 0:
        raise Contradiction
    if sources > 1:
        return None, False
    if maybe:
        return maybe[0], False
    news = False
    source = None if from_start else (latest or concurrent)[0]
    if source is not None:
        news = order.add(source, reader)
        for other in before:
            if other != source:
                news = order.add(other, source) or news
    for chain, written in places.items():
        start = 0 if source is None else bisect_left(written, order.first_after(source, chain))
        following = [order.chains[chain][place] for place in written[start : start + 2]]
        following = [writer for writer in following if writer != reader]
        if following:
            news = order.add(reader, following[0]) or news
    return None, news


def _overwritten(order: Order, write: int, others: Sequence[int]) -> bool:
    return any(order.precedes(write, other) for other in others)
