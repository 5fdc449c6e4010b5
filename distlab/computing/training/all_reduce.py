"""All-reduce: every node begins with a vector of its own, and ends with the sum of all of them.

How the sum comes about is the other half of a class: a ring, a tree, or an idea of your own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from distlab.sim import Node

from .vectors import Vector, pack

__all__ = ["AllReduce", "first_vectors"]

FIRST = ((2.0, 5.0, 7.0), (2.0, 5.0, 7.0), (3.0, 1.0, 8.0), (1.0, 4.0, 6.0))


def first_vectors(n: int) -> list[Vector]:
    """What ``n`` nodes begin with if nothing is said: no function of the id, two of them equal, and different
    numbers in each place, so that a sum that is right by chance is rare.

    >>> [vector.tolist() for vector in first_vectors(3)]
    [[2.0, 5.0, 7.0], [2.0, 5.0, 7.0], [3.0, 1.0, 8.0]]
    """
    return [np.array(FIRST[rank % len(FIRST)]) for rank in range(n)]


class AllReduce(Node):
    """A node that adds its vector to those of all others, once.

    Write ``all_reduce``, which begins, and what handles your messages; call ``all_reduced`` with the sum.
    Recorded is "reduced" with ``values``: the sum, as bytes.

    Parameters
    ----------
    values
        What this node adds; None: its own of :func:`first_vectors`.
    """

    def __init__(self, values: Any = None) -> None:
        self.values = None if values is None else tuple([float(value) for value in values])

    def on_start(self) -> None:
        members = sorted((self.id, *self.peers))
        own = first_vectors(len(members))[members.index(self.id)]
        self.all_reduce(0, own if self.values is None else np.array(self.values))

    def on_recover(self) -> None:
        """It has forgotten what it knew, and nobody waits to tell it."""

    def all_reduce(self, round: int, values: Vector) -> None:
        """Begin to add up."""
        raise NotImplementedError(f"{type(self).__name__} must say how it adds up.")

    def all_reduced(self, round: int, total: Vector) -> None:
        """The sum is there."""
        self.record("reduced", values=pack(total))
