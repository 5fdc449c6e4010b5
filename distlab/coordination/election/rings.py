"""What elections on a ring share: who is next, who is missing, who has won, and trying again.

The papers assume that neighbours live and that no message is lost. Around their rules stands this::

    in every interval                ping the next node that answers, and those before it that do not
    a neighbour is silent (timeout)  skip it; start an election if it led or one is under way
    a skipped node answers           it is the neighbour again
    a ping names another leader      start an election; so all agree if all neighbours do
    an election takes too long       start it again
    a message would skip its origin  it has been around, and its origin is gone: discard it, start an election
    on Elected(X)                    X > own id:  follow X, pass it on
                                     X = own id:  it has been around
                                     X < own id:  start an election; a leader sends its own Elected

A node that passes on a larger id stops being leader at once. So when an id has been all around the ring,
nobody else leads. With ``heartbeat=None`` only the papers' rules are left, and only election messages are
sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from distlab.sim import Node, NodeId, Timer, message

from .durations import seconds

__all__ = ["Elected", "Ping", "Pong", "RingNode", "ring"]

CLOCKWISE, COUNTERCLOCKWISE = 1, -1


@message
class Elected:
    """The election is over. Goes once around the ring."""

    leader: int | str


@message
class Ping:
    """Are you there? Sent to a neighbour, with the sender's leader (None while it elects one)."""

    leader: int | str | None


@message
class Pong:
    """I am here."""


def ring(kind: Callable[..., RingNode], order: Iterable[NodeId], /, **arguments: Any) -> dict[NodeId, Node]:
    """Nodes on a ring, in the order given; each one's successor is the next, the last one's is the first.

    Parameters
    ----------
    kind
        A class of ring nodes, such as ``ChangRoberts``; called with ``order`` and ``arguments`` for each
        node.
    order
        The ids around the ring, clockwise.

    Returns
    -------
    dict
        Id -> node.

    Raises
    ------
    ValueError
        If an id stands twice in ``order``, or ``order`` is empty.

    Examples
    --------
    >>> from distlab.coordination.election import ChangRoberts
    >>> ring(ChangRoberts, [3, 1, 2])[3].order
    (3, 1, 2)
    """
    ids = _ring_order(order)
    return {id: kind(order=ids, **arguments) for id in ids}


def _ring_order(order: Iterable[NodeId]) -> tuple[NodeId, ...]:
    ids = tuple(order)
    if not ids or len(set(ids)) < len(ids):
        raise ValueError(f"order must name each node of the ring once, such as [3, 1, 2]; got {list(ids)!r}.")
    return ids


class RingNode(Node):
    """A node on a ring; subclasses say how an election runs.

    Roles are "candidate" (its own id is in the race), "leader", and "follower" with its ``leader`` (None:
    it has not heard of one, or a larger id has passed).

    Parameters
    ----------
    order
        All ids around the ring, clockwise; None: sorted.
    heartbeat
        Seconds between pings. None: no pings and no second try; the papers' version, for a ring that loses
        nothing.
    timeout
        Seconds without an answer after which a neighbour is skipped: more than ``heartbeat`` and a round
        trip.
    patience
        Seconds, times the number of nodes, after which an unfinished election starts again.
    starts
        Whether the node starts an election when the run begins. One that comes back after a crash does so in
        any case.

    Raises
    ------
    ValueError
        If a duration is not more than 0, ``timeout`` is not more than ``heartbeat``, or ``order`` is empty or
        names a node twice.
    """

    sides: ClassVar[tuple[int, ...]] = (CLOCKWISE,)

    def __init__(
        self,
        *,
        order: Iterable[NodeId] | None = None,
        heartbeat: float | None = 0.05,
        timeout: float = 0.2,
        patience: float = 0.1,
        starts: bool = True,
    ) -> None:
        self.order = () if order is None else _ring_order(order)
        self.heartbeat = None if heartbeat is None else seconds(heartbeat, "heartbeat")
        self.timeout = seconds(timeout, "timeout")
        self.patience = seconds(patience, "patience")
        self.starts = starts
        if not timeout > (heartbeat or 0):
            raise ValueError(f"timeout must be more than heartbeat={heartbeat!r}; got {timeout!r}.")
        self.leader: NodeId | None = None
        self.participant = False  # is an election under way, as far as it knows?
        self.neighbour: dict[int, NodeId] = {}  # side -> the nearest node that answers
        self.skipped: dict[int, list[NodeId]] = {}  # side -> the nodes before it, which do not
        self.silence: dict[int, Timer] = {}  # side -> runs until the neighbour is taken for dead
        self.retry: Timer | None = None

    def on_start(self) -> None:
        self.look_around()
        if self.starts:
            self.start_election()
        else:
            self.become("follower", leader=None)

    def on_recover(self) -> None:
        self.look_around()
        self.start_election()

    def look_around(self) -> None:
        if not self.order:
            self.order = tuple(sorted((*self.peers, self.id)))
        for side in self.sides:
            self.skipped[side] = []
            self.neighbour[side] = self.next_after(self.id, side)
            if self.heartbeat is not None:
                self.silence[side] = self.after(self.timeout, self.neighbour_is_silent, side)
        if self.heartbeat is not None:
            self.every(self.heartbeat, self.ping)

    # --- messages

    def on_ping(self, msg: Ping, sender: NodeId) -> None:
        self.send(sender, Pong())
        self.compare_leaders(msg.leader)

    def on_pong(self, msg: Pong, sender: NodeId) -> None:
        for side in self.sides:
            if sender == self.neighbour[side]:
                self.silence[side].reset()
            elif sender in self.skipped[side]:
                self.take_back(sender, side)

    def on_elected(self, msg: Elected, sender: NodeId) -> None:
        if msg.leader == self.id:
            return
        if self.is_gone(msg.leader, CLOCKWISE):
            self.start_election()
        elif msg.leader < self.id:
            self.object_to_smaller()
        else:
            self.follow(msg.leader)
            self.send(self.neighbour[CLOCKWISE], msg)

    # --- timers

    def ping(self) -> None:
        ahead = [id for side in self.sides for id in (*self.skipped[side], self.neighbour[side])]
        leader = None if self.participant else self.leader
        self.broadcast(Ping(leader), to=[id for id in dict.fromkeys(ahead) if id != self.id])

    def neighbour_is_silent(self, side: int) -> None:
        lost = self.neighbour[side]
        if lost == self.id:  # it is alone
            return
        self.skip(lost, side)
        self.silence[side].reset()
        if lost == self.leader or self.participant:
            self.start_election()

    # --- rules: the ring

    def next_after(self, id: NodeId, side: int) -> NodeId:
        return self.order[(self.order.index(id) + side) % len(self.order)]

    def skip(self, lost: NodeId, side: int) -> None:
        self.skipped[side].append(lost)
        self.neighbour[side] = self.next_after(lost, side)

    def take_back(self, returned: NodeId, side: int) -> None:
        self.skipped[side] = self.skipped[side][: self.skipped[side].index(returned)]
        self.neighbour[side] = returned
        self.silence[side].reset()

    def is_gone(self, origin: NodeId, side: int) -> bool:
        return origin in self.skipped[side]

    def pass_on(self, msg: Any, origin: NodeId, side: int) -> None:
        if self.is_gone(origin, side):
            self.start_election()
        else:
            self.send(self.neighbour[side], msg)

    # --- rules: the election

    def start_election(self) -> None:
        self.participant = True
        if self.role != "leader":
            self.leader = None
            self.become("candidate")
        self.try_again_later()
        self.run_for_election()

    def run_for_election(self) -> None:
        raise NotImplementedError

    def try_again_later(self) -> None:
        if self.heartbeat is None:
            return
        if self.retry is None:
            self.retry = self.after(self.patience * len(self.order), self.start_election)
        else:
            self.retry.reset()

    def in_the_race(self) -> bool:
        return self.participant and self.role != "follower"

    def meet_larger(self, id: NodeId) -> None:
        """A larger id runs; that is no news to a node that has a leader as large."""
        if self.leader is None or id > self.leader:
            self.lose()

    def lose(self) -> None:
        self.participant = True
        if self.role != "follower" or self.leader is not None:
            self.leader = None
            self.become("follower", leader=None)
        self.try_again_later()

    def compare_leaders(self, other: NodeId | None) -> None:
        if not self.participant and other is not None and other != self.leader:
            self.start_election()

    def object_to_smaller(self) -> None:
        """A smaller id runs or has won; that is in order only while this node runs, too."""
        if self.participant:
            return
        if self.role == "leader":
            self.proclaim()
        else:
            self.start_election()

    def win(self) -> None:
        self.end_election(self.id)
        if self.role != "leader":
            self.become("leader")
        self.proclaim()

    def proclaim(self) -> None:
        self.send(self.neighbour[CLOCKWISE], Elected(self.id))

    def follow(self, leader: NodeId) -> None:
        changed = self.role != "follower" or self.leader != leader
        self.end_election(leader)
        if changed:
            self.become("follower", leader=leader)

    def end_election(self, leader: NodeId) -> None:
        self.participant = False
        self.leader = leader
        if self.retry is not None:
            self.retry.cancel()
