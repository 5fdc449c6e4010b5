"""Ring all-reduce through shared memory: the rule of :mod:`distlab.computing.training.ring_all_reduce` again,
with a slot of memory for each hop in place of a message, and a semaphore in place of its arrival.

A slot is free again when it is written next: by then its reader has answered through the whole ring.
"""

from __future__ import annotations

from multiprocessing.synchronize import Semaphore
from typing import Any

import numpy as np

from distlab.computing.training import Vector

from ..errors import LiveError

__all__ = ["SharedRing"]


class SharedRing:
    """One member of a ring of processes.

    Parameters
    ----------
    rank, members
        Which one this is, counted from 0, of how many.
    numbers
        The length of the vectors.
    slots
        Shared numbers: for each member and hop room for one chunk, ``members * hops * longest`` in all.
    arrived
        A semaphore per member: how many chunks have come for it.
    limit
        Seconds to wait for a chunk.
    """

    def __init__(
        self, rank: int, members: int, numbers: int, slots: Vector, arrived: list[Semaphore], limit: float
    ) -> None:
        self.rank, self.members, self.limit = rank, members, limit
        self.cuts = np.array_split(np.arange(numbers), members)
        self.slots = slots.reshape(members, max(self.hops(members), 1), -1)
        self.arrived: Any = arrived

    @staticmethod
    def hops(members: int) -> int:
        """How many hops an all-reduce takes."""
        return 2 * (members - 1)

    @staticmethod
    def room(members: int, numbers: int) -> int:
        """How many shared numbers the slots take.

        >>> SharedRing.room(2, 5)
        12
        """
        longest = -(-numbers // members)
        return members * max(SharedRing.hops(members), 1) * longest

    def all_reduce(self, values: Vector) -> Vector:
        """The sum over all members; every member calls it with a vector of its own.

        Raises
        ------
        LiveError
            If a chunk does not come in time.
        """
        total = values.copy()
        for hop in range(self.hops(self.members)):
            self.put(hop, total[self.cut(hop)])
            if not self.arrived[self.rank].acquire(timeout=self.limit):
                raise LiveError(f"worker {self.rank + 1} waited {self.limit:g} s for hop {hop} of the ring.")
            place = self.cut(hop + 1)
            chunk = self.slots[self.rank, hop, : len(place)]
            total[place] = chunk + total[place] if hop < self.members - 1 else chunk
        return total

    def cut(self, hop: int) -> Any:
        """Where the chunk stands that is sent in a hop; the one that is received is that of the hop after."""
        return self.cuts[(self.rank - hop) % self.members]

    def put(self, hop: int, chunk: Vector) -> None:
        following = (self.rank + 1) % self.members
        self.slots[following, hop, : len(chunk)] = chunk
        self.arrived[following].release()
