"""Ring all-reduce: everybody ends with the sum of what all had, and nobody sends much more than twice that.

P. Patarasuk and X. Yuan, "Bandwidth optimal all-reduce algorithms for clusters of workstations", Journal of
Parallel and Distributed Computing 69 (2009).

The rule, for node r of N, with a vector cut into N chunks::

    hop 0                      send chunk r to the next node
    a chunk of hop h arrives   h < N-1: add it to the own one of the same number  (reduce-scatter)
                               else:    put it in the place of the own one        (all-gather)
                               send it on, as hop h+1
    after hop 2N-3             every chunk is complete everywhere

Cost: 2(N-1) hops; each node sends 2(N-1)/N of its S bytes. With a seconds per message and b seconds per byte
it takes 2(N-1) a + 2(N-1)/N S b seconds, whatever N; a tree takes fewer hops, but each with all the bytes.

Assumed: nobody stops, and messages arrive, however late, in any order, perhaps twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from distlab.sim import Node, NodeId, message

from .all_reduce import AllReduce
from .vectors import Vector, pack, unpack

__all__ = ["Chunk", "Ring", "RingAllReduce"]


@message
class Chunk:
    """A chunk on its way around the ring."""

    round: int
    hop: int
    values: bytes


class Ring(Node):
    """A member of a ring that can add up vectors: ``all_reduce`` begins, ``all_reduced`` ends it.

    Rounds are numbered; a chunk that comes early, or twice, is known by its round and hop.
    """

    def __init__(self) -> None:
        self.round = -1  # none yet
        self.hop = 0  # the one that it waits for
        self.chunks: list[Vector] = []
        self.early: dict[tuple[int, int], bytes] = {}  # (round, hop) -> what came before its turn

    def ring(self) -> tuple[NodeId, ...]:
        """The members, in their order around the ring."""
        return tuple(sorted((self.id, *self.peers)))

    def all_reduced(self, round: int, total: Vector) -> None:
        """The sum is there."""
        raise NotImplementedError

    # --- the algorithm

    def all_reduce(self, round: int, values: Vector) -> None:
        """Begin: everybody calls it with the same round, and a vector of the same length."""
        self.round, self.hop = round, 0
        self.chunks = list(np.array_split(values, len(self.ring())))
        self.send_chunk()
        self.take_what_is_here()

    def on_chunk(self, msg: Chunk, sender: NodeId) -> None:
        if self.is_to_come(msg):
            self.early[msg.round, msg.hop] = msg.values
            self.take_what_is_here()

    def is_to_come(self, msg: Chunk) -> bool:
        """Else it has come twice."""
        return (msg.round, msg.hop) >= (self.round, self.hop)

    def take_what_is_here(self) -> None:
        while self.hop < self.hops() and (self.round, self.hop) in self.early:
            self.take(unpack(self.early.pop((self.round, self.hop))))
            self.hop += 1
            self.send_chunk()
        if self.hop == self.hops():
            self.hop += 1
            self.all_reduced(self.round, np.concatenate(self.chunks))

    def take(self, chunk: Vector) -> None:
        place = self.place(self.hop + 1)
        self.chunks[place] = chunk + self.chunks[place] if self.is_adding() else chunk

    def is_adding(self) -> bool:
        return self.hop < len(self.ring()) - 1

    def send_chunk(self) -> None:
        """What has just become complete, or the own chunk at first, goes on to the next node."""
        if self.hop < self.hops():
            members = self.ring()
            following = members[(members.index(self.id) + 1) % len(members)]
            self.send(following, Chunk(self.round, self.hop, pack(self.chunks[self.place(self.hop)])))

    def place(self, hop: int) -> int:
        """Which chunk is sent in a hop; the one that is received is that of the hop after."""
        members = self.ring()
        return (members.index(self.id) - hop) % len(members)

    def hops(self) -> int:
        return 2 * (len(self.ring()) - 1)


class RingAllReduce(Ring, AllReduce):
    """One all-reduce: each node begins with a vector of its own.

    Recorded is "reduced" with ``values``: the sum, as bytes.

    Parameters
    ----------
    values
        What this node adds; None: its own of ``first_vectors``.

    Examples
    --------
    >>> from distlab.computing.training import payload, unpack
    >>> from distlab.metrics import bytes_sent
    >>> from distlab.sim import Network, Simulation
    >>> nodes = [RingAllReduce([1.0, 2.0, 3.0, 4.0]), RingAllReduce([10.0, 20.0, 30.0, 40.0])]
    >>> trace = Simulation(nodes, Network(size=payload)).run()
    >>> [unpack(data).tolist() for data in trace.records["values"]]
    [[11.0, 22.0, 33.0, 44.0], [11.0, 22.0, 33.0, 44.0]]
    >>> bytes_sent(trace) / 2 / 32  # of each node, as a multiple of its 32 bytes
    1.0
    """

    all_reduced = AllReduce.all_reduced

    def __init__(self, values: Any = None) -> None:
        Ring.__init__(self)
        AllReduce.__init__(self, values)
