"""A Redis master, a replica, and a sentinel that puts the replica in the master's place.

Redis documentation, "High availability with Redis Sentinel"; "Distributed Locks with Redis", section "Why
failover-based implementations are not enough".

The rule::

    the master     answers first, and sends the change to the replica afterwards
    the sentinel   pings the master; no answer for ``down_after``: Promote to the replica,
                   and NewMaster to the clients
    a client       goes on with the new master

What the master had answered and not yet sent on is lost: the new master gives the same lock away again. The
sentinel is one node here; real ones are several, and vote.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from distlab.sim import Node, NodeId, message
from distlab.sim.distributions import seconds

from .redis import Promote, RedisClient, RedisServer

__all__ = ["FailoverClient", "MasterAlive", "NewMaster", "PingMaster", "ReplicatedRedis", "Sentinel"]


@message
class PingMaster:
    """Are you there?"""


@message
class MasterAlive:
    """Yes."""


@message
class NewMaster:
    """The master is now this one."""

    master: int | str


class ReplicatedRedis(RedisServer):
    """A Redis server that a sentinel watches; the options are those of :class:`RedisServer`.

    Examples
    --------
    >>> ReplicatedRedis(replica="B", lag=0.01).replica
    'B'
    """

    def on_recover(self) -> None:
        self.is_replica = True  # a sentinel makes an old master the replica of the new one
        super().on_recover()

    def on_ping_master(self, msg: PingMaster, sender: NodeId) -> None:
        self.send(sender, MasterAlive())


class Sentinel(Node):
    """The one that watches. Recorded is "failover" (master).

    Parameters
    ----------
    master, replica
        Ids of the two servers.
    clients
        Who is told.
    down_after
        Seconds of silence after which the master is taken for dead; it is pinged five times as often.

    Raises
    ------
    ValueError
        If ``down_after`` is not a duration.

    Examples
    --------
    >>> Sentinel(master="A", replica="B", clients=[1, 2], down_after=0.5).down_after
    0.5
    """

    def __init__(
        self, *, master: NodeId, replica: NodeId, clients: Sequence[NodeId], down_after: float = 0.25
    ) -> None:
        self.master = master
        self.replica = replica
        self.clients = tuple(clients)
        self.down_after = seconds(down_after, "down_after", "more than 0")

    def on_start(self) -> None:
        self.become("sentinel")
        self.pings = self.every(self.down_after / 5, self.ping)
        self.silence = self.after(self.down_after, self.fail_over)

    def ping(self) -> None:
        self.send(self.master, PingMaster())

    def on_master_alive(self, msg: MasterAlive, sender: NodeId) -> None:
        if self.silence.pending:
            self.silence.reset(self.down_after)

    def fail_over(self) -> None:
        self.pings.cancel()
        self.record("failover", master=self.replica)
        self.send(self.replica, Promote())
        self.broadcast(NewMaster(self.replica), to=self.clients)


class FailoverClient(RedisClient):
    """A Redis client that is told who the master is; the options are those of :class:`RedisClient`.

    Examples
    --------
    >>> FailoverClient(server="A").server
    'A'
    """

    def on_new_master(self, msg: NewMaster, sender: NodeId) -> None:
        self.server = msg.master
        question: Any = self.giving() if self.state == "leaving" else None
        if question is not None:
            self.ask(self.server, question)
