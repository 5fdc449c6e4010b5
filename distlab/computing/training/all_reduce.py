"""All-reduce: every node begins with a vector of its own, and ends with the sum of all of them.

How the sum comes about is the other half of a class: a ring, a tree, or an idea of your own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from distlab.sim import Node

from .vectors import Vector, pack

__all__ = ["AllReduce"]


class AllReduce(Node):
    """A node that adds its vector to those of all others, once.

    Write ``all_reduce``, which begins, and what handles your messages; call ``all_reduced`` with the sum.
    Recorded is "reduced" with ``values``: the sum, as bytes.

    Parameters
    ----------
    values
        What this node adds; None: its id, three times.
    """

    def __init__(self, values: Any = None) -> None:
        self.values = None if values is None else tuple([float(value) for value in values])

    def on_start(self) -> None:
        self.all_reduce(0, np.array((float(self.id),) * 3 if self.values is None else self.values))

    def on_recover(self) -> None:
        """It has forgotten what it knew, and nobody waits to tell it."""

    def all_reduce(self, round: int, values: Vector) -> None:
        """Begin to add up."""
        raise NotImplementedError(f"{type(self).__name__} must say how it adds up.")

    def all_reduced(self, round: int, total: Vector) -> None:
        """The sum is there."""
        self.record("reduced", values=pack(total))
