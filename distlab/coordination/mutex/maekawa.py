"""Maekawa's square root algorithm: ask a quorum; each member locks for one request at a time.

M. Maekawa, *A sqrt(N) Algorithm for Mutual Exclusion in Decentralized Systems*, ACM Transactions on
Computer Systems 3(2), 1985, with the paper's messages. Where a request overtakes another in a queue, B. A.
Sanders, *The Information Structure of Distributed Mutual Exclusion Algorithms*, ACM Transactions on
Computer Systems 5(3), 1987, found a Failed missing; without it, nodes can wait for each other for ever.

The rule; requests are ordered by (time stamp, id)::

    to request:      Request to all of the quorum
    on Request:      not locked:                       lock for it, Locked
                     the locked or a queued one comes first:       queue it, Failed
                     else:                             queue it, Inquire to the locked one (once per lock),
                                                       Failed to the one that headed the queue until now
    on Inquire:      inside: ignore.  Once a Failed has come, and was not followed by a Locked: Relinquish;
                     it counts as Failed
    on Relinquish:   queue the locked one, lock for the first in the queue, Locked
    to enter:        all of the quorum have locked
    to release:      Release to all of the quorum;  on Release: lock for the first in the queue, Locked

Any two quorums share a member, and a member locks for one at a time, so two nodes cannot be inside. Quorums
here: the nodes stand in a grid, and a node asks its row and its column. A member that is this node itself
needs no message. What a member has locked and queued is on disk. A node that comes back releases what it
held.

Cost: alone 3(K-1) messages per entry, K = 2 sqrt(n) - 1; with contention on average at most 5(K-1). The
delay from an exit to the next entry is two messages.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from math import isqrt
from typing import Any, ClassVar

from distlab.sim import NodeId, handler_name, message

from .contender import Contender

__all__ = ["Failed", "Inquire", "Locked", "Maekawa", "Release", "Relinquish", "Request", "grid_quorum"]


@message
class Request:
    """Will you lock for me?"""

    timestamp: int


@message
class Locked:
    """I have locked for your request."""

    timestamp: int


@message
class Failed:
    """Another request comes before yours."""

    timestamp: int


@message
class Inquire:
    """A request that comes before yours has arrived. Will you succeed?"""

    timestamp: int


@message
class Relinquish:
    """I give the lock back, and wait for it in your queue."""

    timestamp: int


@message
class Release:
    """I have left, or do not want to enter any more."""

    timestamp: int


def grid_quorum(node: NodeId, nodes: Sequence[NodeId]) -> list[NodeId]:
    """The row and the column of a node in a grid, the node itself included.

    The grid is filled row by row and as wide as the square root of the number of nodes, rounded up. Its
    last row may be short. Any two of these quorums share a member.

    Parameters
    ----------
    node
        Whose quorum.
    nodes
        All nodes, in the order of the grid.

    Examples
    --------
    >>> grid_quorum(5, [1, 2, 3, 4, 5, 6, 7, 8, 9])
    [2, 4, 5, 6, 8]
    """
    width = isqrt(len(nodes) - 1) + 1
    row, column = divmod(list(nodes).index(node), width)
    return [other for place, other in enumerate(nodes) if place // width == row or place % width == column]


class Maekawa(Contender):
    """A node of Maekawa's algorithm, as one that asks and as a member of others' quorums.

    Parameters
    ----------
    hold
        Seconds inside the critical section, for requests that do not say it themselves.

    References
    ----------
    Maekawa 1985, section 3; Sanders 1987.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation, cluster
    >>> trace = Simulation(cluster(Maekawa, 16), workload=[Call(6, at=0.0, method="request")]).run()
    >>> trace.messages.type.value_counts().to_dict()
    {'Request': 6, 'Locked': 6, 'Release': 6}
    """

    stable: ClassVar[tuple[str, ...]] = ("clock", "locked_for", "queue", "inquired")

    def __init__(self, *, hold: float = 0.01) -> None:
        super().__init__(hold=hold)
        self.clock = 0
        # as a member of others' quorums
        self.locked_for: tuple[int, NodeId] | None = None  # (time stamp, node)
        self.queue: list[tuple[int, NodeId]] = []  # sorted
        self.inquired = False  # has the one that is locked for been asked whether it will succeed?
        # as one that asks
        self.timestamp = 0
        self.locked: set[NodeId] = set()  # who has locked for this node
        self.failed: set[NodeId] = set()  # who has said that another comes first
        self.inquiries: set[NodeId] = set()  # whose Inquire is not answered yet

    def on_recover(self) -> None:
        super().on_recover()
        self.timestamp = self.clock
        self.release()

    # --- to enter and to leave

    def acquire(self) -> None:
        self.clock += 1
        self.timestamp = self.clock
        self.wait(timestamp=self.timestamp)
        self.locked, self.failed, self.inquiries = set(), set(), set()
        self.tell_quorum(Request(self.timestamp))

    def release(self) -> None:
        self.tell_quorum(Release(self.timestamp))

    # --- messages to a member of a quorum

    def on_request(self, msg: Request, sender: NodeId) -> None:
        self.clock = max(self.clock, msg.timestamp)
        request = (msg.timestamp, sender)
        insort(self.queue, request)
        if self.locked_for is None:
            self.lock_for_the_first()
        elif self.locked_for < request or self.queue[0] < request:
            self.tell(sender, Failed(msg.timestamp))
        else:
            self.fail_the_overtaken()
            self.inquire()

    def on_relinquish(self, msg: Relinquish, sender: NodeId) -> None:
        if self.locked_for == (msg.timestamp, sender):
            insort(self.queue, self.locked_for)
            self.lock_for_the_first()

    def on_release(self, msg: Release, sender: NodeId) -> None:
        self.queue = [one for one in self.queue if one[1] != sender or one[0] > msg.timestamp]
        if (
            self.locked_for is not None
            and self.locked_for[1] == sender
            and self.locked_for[0] <= msg.timestamp
        ):
            self.locked_for = None
            self.lock_for_the_first()

    # --- messages to one that asks

    def on_locked(self, msg: Locked, sender: NodeId) -> None:
        if self.is_wanted(msg.timestamp):
            self.locked.add(sender)
            self.failed.discard(sender)
            if self.has_quorum():
                self.enter()
            else:
                self.answer_inquiries()
        elif msg.timestamp < self.timestamp or self.state == "idle":
            self.tell(sender, Release(msg.timestamp))

    def on_failed(self, msg: Failed, sender: NodeId) -> None:
        if self.is_wanted(msg.timestamp) and sender not in self.locked:
            self.failed.add(sender)
            self.answer_inquiries()

    def on_inquire(self, msg: Inquire, sender: NodeId) -> None:
        if self.is_wanted(msg.timestamp):
            self.inquiries.add(sender)
            self.answer_inquiries()

    # --- rules: a member

    def lock_for_the_first(self) -> None:
        self.inquired = False
        self.locked_for = self.queue.pop(0) if self.queue else None
        if self.locked_for is not None:
            timestamp, node = self.locked_for
            self.tell(node, Locked(timestamp))

    def inquire(self) -> None:
        if not self.inquired and self.locked_for is not None:
            self.inquired = True
            timestamp, node = self.locked_for
            self.tell(node, Inquire(timestamp))

    def fail_the_overtaken(self) -> None:
        if len(self.queue) > 1 and self.locked_for is not None and self.queue[1] < self.locked_for:
            timestamp, node = self.queue[1]
            self.tell(node, Failed(timestamp))

    # --- rules: one that asks

    def is_wanted(self, timestamp: int) -> bool:
        return self.state == "waiting" and timestamp == self.timestamp

    def quorum(self) -> list[NodeId]:
        return grid_quorum(self.id, self.everybody())

    def has_quorum(self) -> bool:
        return len(self.locked) == len(self.quorum())

    def answer_inquiries(self) -> None:
        if self.failed:
            for member in sorted(self.inquiries & self.locked):
                self.relinquish(member)

    def relinquish(self, member: NodeId) -> None:
        self.inquiries.discard(member)
        self.locked.discard(member)
        self.failed.add(member)
        self.tell(member, Relinquish(self.timestamp))

    # --- messages, also to itself

    def tell_quorum(self, msg: Any) -> None:
        for member in self.quorum():
            self.tell(member, msg)

    def tell(self, node: NodeId, msg: Any) -> None:
        if node == self.id:
            getattr(self, handler_name(type(msg)))(msg, self.id)
        else:
            self.send(node, msg)
