"""A primary with copies and a quorum: the storage layer of the stack.

D. K. Gifford, *Weighted voting for replicated data*, SOSP 1979, in its simplest form: one vote
each, one writer.

The rule::

    the primary, on Write:      write to its own disk; Append to all copies
    a copy, on Append:          write to its disk; then Ack to the primary
    to write to disk:           a number that is there already is not stored again
    the primary, once a quorum  of replicas has the number (itself counts):  Written to the writer

The primary never changes: what happens when it dies for good is the matter of lecture 04.

Cost with n replicas, quorum q: 2 messages to the writer and 2 (n-1) between the replicas. In time: the
round trip to the (q-1)-th nearest copy and its disk; with q = 1 the own disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from distlab.sim import Node, NodeId, message
from distlab.sim.distributions import seconds

__all__ = ["Ack", "Append", "Primary", "Replica", "Write", "Written"]


@message
class Write:
    """Keep the result of this request."""

    number: int


@message
class Written:
    """It is kept by a quorum."""

    number: int


@message
class Append:
    """Keep it too."""

    number: int


@message
class Ack:
    """It is on my disk."""

    number: int


class Replica(Node):
    """A copy of the store. Recorded is "stored" (number), whenever it adds something to its log.

    Parameters
    ----------
    disk
        Seconds for one write to disk; the disk does one after the other.

    Raises
    ------
    ValueError
        If ``disk`` is negative.
    """

    stable: ClassVar[tuple[str, ...]] = ("log",)

    def __init__(self, disk: float = 0.002) -> None:
        self.disk = seconds(disk, "disk")
        self.log: list[int] = []

    def on_append(self, msg: Append, sender: NodeId) -> None:
        self.write_to_disk(msg.number, sender)

    def write_to_disk(self, number: int, writer: NodeId) -> None:
        self.work(self.disk, self.save, number, writer)

    def save(self, number: int, writer: NodeId) -> None:
        if self.is_new(number):
            self.log.append(number)
            self.record("stored", number=number)
        self.saved(number, writer)

    def is_new(self, number: int) -> bool:
        return number not in self.log

    def saved(self, number: int, writer: NodeId) -> None:
        self.send(writer, Ack(number))


class Primary(Replica):
    """The replica that takes writes, and answers when a quorum has them.

    Parameters
    ----------
    copies
        Ids of the other replicas.
    quorum
        How many replicas must have a write before it is confirmed; the primary counts as one.
    disk
        As for :class:`Replica`.

    Raises
    ------
    ValueError
        If there are not so many replicas.
    """

    def __init__(self, copies: Sequence[NodeId] = (), quorum: int = 1, disk: float = 0.002) -> None:
        super().__init__(disk)
        self.copies = tuple(copies)
        replicas = len(self.copies) + 1
        if isinstance(quorum, bool) or not isinstance(quorum, int) or not 1 <= quorum <= replicas:
            raise ValueError(f"quorum must be 1 to {replicas}, the number of replicas; got {quorum!r}.")
        self.quorum = quorum
        self.writers: dict[int, NodeId] = {}  # who waits for Written
        self.have: dict[int, list[NodeId]] = {}  # which replicas have a number on disk

    def on_write(self, msg: Write, sender: NodeId) -> None:
        self.writers[msg.number] = sender
        self.write_to_disk(msg.number, self.id)
        self.broadcast(Append(msg.number), to=self.copies)

    def saved(self, number: int, writer: NodeId) -> None:
        self.count(number, self.id)

    def on_ack(self, msg: Ack, sender: NodeId) -> None:
        self.count(msg.number, sender)

    def count(self, number: int, replica: NodeId) -> None:
        have = self.have.setdefault(number, [])
        if replica not in have:
            have.append(replica)
        if len(have) >= self.quorum and number in self.writers:
            self.send(self.writers.pop(number), Written(number))
