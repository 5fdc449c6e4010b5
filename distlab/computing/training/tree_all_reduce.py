"""Tree all-reduce: sums go up a binary tree, and the total comes down again.

R. Thakur, R. Rabenseifner and W. Gropp, "Optimization of Collective Communication Operations in MPICH",
International Journal of High Performance Computing Applications 19 (2005), for trees beside rings.

The rule, for node r of N (0 is the root, 2r+1 and 2r+2 are the children of r)::

    all children's sums are here   add the own vector; send the sum to the parent
    the root has all               this is the total: send it to the children
    the total arrives              send it on to the children

Cost: 2 floor(log2 N) messages one after the other, each with all S bytes: with a seconds per message and b
seconds per byte 2 floor(log2 N) (a + S b) seconds. An inner node sends up to 3 S bytes.

Assumed: nobody stops, and messages arrive, however late, in any order, perhaps twice.
"""

from __future__ import annotations

from typing import Any

from distlab.sim import Node, NodeId, message

from .all_reduce import AllReduce
from .vectors import Vector, pack, unpack

__all__ = ["Down", "Tree", "TreeAllReduce", "Up"]


@message
class Up:
    """The sum of everything below and at the sender."""

    round: int
    values: bytes


@message
class Down:
    """The sum of everything."""

    round: int
    values: bytes


class Tree(Node):
    """A member of a tree that can add up vectors: ``all_reduce`` begins, ``all_reduced`` is called at the
    end.
    """

    def __init__(self) -> None:
        self.round = -1  # none yet
        self.handed = -1  # the last round whose total is known
        self.own: Vector | None = None  # while it waits for the children
        self.sums: dict[tuple[int, NodeId], bytes] = {}  # (round, child) -> its sum

    def tree(self) -> tuple[NodeId, ...]:
        """The members: the root, its children, their children, ..."""
        return tuple(sorted((self.id, *self.peers)))

    def parent(self) -> NodeId | None:
        rank = self.tree().index(self.id)
        return self.tree()[(rank - 1) // 2] if rank else None

    def children(self) -> tuple[NodeId, ...]:
        rank = self.tree().index(self.id)
        return self.tree()[2 * rank + 1 : 2 * rank + 3]

    def all_reduced(self, round: int, total: Vector) -> None:
        """The sum is there."""
        raise NotImplementedError

    # --- the algorithm

    def all_reduce(self, round: int, values: Vector) -> None:
        """Begin: everybody calls it with the same round, and a vector of the same length."""
        self.round, self.own = round, values
        self.send_up()

    def on_up(self, msg: Up, sender: NodeId) -> None:
        self.sums[msg.round, sender] = msg.values  # the same again, if it comes twice
        self.send_up()

    def send_up(self) -> None:
        if self.own is None or not self.has_all_sums():
            return
        total = self.own
        for child in self.children():
            if (self.round, child) in self.sums:
                total = total + unpack(self.sums.pop((self.round, child)))
        self.own = None
        parent = self.parent()
        if parent is None:
            self.hand_down(pack(total))
        else:
            self.send(parent, Up(self.round, pack(total)))

    def has_all_sums(self) -> bool:
        return all((self.round, child) in self.sums for child in self.children())

    def on_down(self, msg: Down, sender: NodeId) -> None:
        if self.is_awaited(msg):
            self.hand_down(msg.values)

    def is_awaited(self, msg: Down) -> bool:
        """Else it has come twice."""
        return msg.round == self.round and self.handed != msg.round

    def hand_down(self, total: bytes) -> None:
        self.handed = self.round
        self.broadcast(Down(self.round, total), to=self.children())
        self.all_reduced(self.round, unpack(total))


class TreeAllReduce(Tree, AllReduce):
    """One all-reduce: each node begins with a vector of its own.

    Recorded is "reduced" with ``values``: the sum, as bytes.

    Parameters
    ----------
    values
        What this node adds; None: its own of ``first_vectors``.

    Examples
    --------
    >>> from distlab.computing.training import unpack
    >>> from distlab.sim import Simulation
    >>> trace = Simulation([TreeAllReduce([float(n)]) for n in (1, 2, 3, 4)]).run()
    >>> [unpack(data).tolist() for data in trace.records["values"]]
    [[10.0], [10.0], [10.0], [10.0]]
    """

    all_reduced = AllReduce.all_reduced

    def __init__(self, values: Any = None) -> None:
        Tree.__init__(self)
        AllReduce.__init__(self, values)
