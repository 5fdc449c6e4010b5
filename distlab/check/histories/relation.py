"""A relation "comes before" that grows edge by edge, stays transitive, and remembers why."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Edge", "Relation", "bits"]


@dataclass(frozen=True, slots=True)
class Edge:
    """A step from a to b: "program" (same client), "read" (b read from a), "time", or "implied" by a read."""

    a: int
    b: int
    kind: str
    by: int = -1  # the read that implies it
    stamp: int = 0


class Relation:
    """A transitive relation on 0..n-1. ``before[i]``: all that comes before i, as bits of a number."""

    __slots__ = ("before", "into", "stamp")

    def __init__(self, size: int) -> None:
        self.before = [0] * size
        self.into: list[list[Edge]] = [[] for _ in range(size)]
        self.stamp = 0

    def add(self, a: int, b: int, kind: str, by: int = -1) -> bool:
        """Let a come before b. True when that is new. In a circle, an element comes before itself."""
        if self.before[b] >> a & 1:
            return False
        self.stamp += 1
        self.into[b].append(Edge(a, b, kind, by, self.stamp))
        news = self.before[a] | 1 << a
        bit = 1 << b
        self.before[b] |= news
        for i, before in enumerate(self.before):
            if before & bit:
                self.before[i] = before | news
        return True

    def precedes(self, a: int, b: int) -> bool:
        """True when a comes before b."""
        return bool(self.before[b] >> a & 1)

    def copy(self) -> Relation:
        """A relation that can grow on its own."""
        copied = Relation(0)
        copied.before = list(self.before)
        copied.into = [list(edges) for edges in self.into]
        copied.stamp = self.stamp
        return copied

    def path(self, a: int, b: int, older_than: int | None = None) -> list[Edge]:
        """The fewest steps from a to b, of those older than a stamp. Empty when there is no way."""
        limit = self.stamp + 1 if older_than is None else older_than
        step_from: dict[int, Edge] = {}
        queue = deque([b])
        while queue:
            here = queue.popleft()
            for edge in self.into[here]:
                if edge.stamp < limit and edge.a not in step_from:
                    step_from[edge.a] = edge
                    if edge.a == a:
                        steps = [edge]
                        while steps[-1].b != b:
                            steps.append(step_from[steps[-1].b])
                        return steps
                    queue.append(edge.a)
        return []


def bits(number: int) -> Iterator[int]:
    """The positions of the ones in a number, lowest first.

    >>> list(bits(0b1010))
    [1, 3]
    """
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
