"""The lock of the lecture: SETNX with a time in it. Shown as what not to do.

The course, lecture 07: ``setnx(key, current time + timeout)``; the Redis documentation of SETNX describes it
as a pattern that is discouraged in favour of SET NX PX.

The rule::

    to acquire     SETNX lock (now + ttl), by the client's clock: set: the lock is ours
                   else v = GET lock;  v < now: it has run out, by the client's clock:
                        old = GETSET lock (now + ttl);  old == v: the lock is ours
                   else try again after a random delay
    to release     DEL lock

Three things are wrong with it. Whether the lock has run out is judged by the clock of whoever asks, so the
clocks of all clients must agree. GETSET overwrites the time of whoever won, even for those who lose. And DEL
deletes whatever is there, also the lock of the next holder.
"""

from __future__ import annotations

from typing import Any

from distlab.sim import NodeId, message

from .polling import PollingClient
from .redis import RedisServer

__all__ = [
    "Del",
    "DelReply",
    "Get",
    "GetReply",
    "GetSet",
    "GetSetReply",
    "OldRedis",
    "SetNx",
    "SetNxReply",
    "SetnxClient",
]


@message
class SetNx:
    """SETNX key value; ``name`` is the client's, for the answer."""

    key: str
    value: float
    name: str


@message
class SetNxReply:
    """1 or 0."""

    name: str
    ok: bool


@message
class Get:
    """GET key."""

    key: str
    name: str


@message
class GetReply:
    """The value; None: no such key."""

    name: str
    value: float | None


@message
class GetSet:
    """GETSET key value."""

    key: str
    value: float
    name: str


@message
class GetSetReply:
    """The value before."""

    name: str
    value: float | None


@message
class Del:
    """DEL key."""

    key: str
    name: str


@message
class DelReply:
    """It is not there (any more)."""

    name: str


class OldRedis(RedisServer):
    """A Redis server of the time before SET NX PX; the options are those of :class:`RedisServer`.

    Examples
    --------
    >>> from distlab.sim import Simulation
    >>> nodes = {1: SetnxClient(rounds=2), 2: SetnxClient(rounds=2), "redis": OldRedis()}
    >>> len(Simulation(nodes).run().records.query("event == 'acquired'"))
    4
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.values: dict[str, float] = {}

    def on_set_nx(self, msg: SetNx, sender: NodeId) -> None:
        self.run(self.set_nx, msg, sender)

    def set_nx(self, msg: SetNx, sender: NodeId) -> None:
        ok = msg.key not in self.values
        if ok:
            self.values[msg.key] = msg.value
        self.send(sender, SetNxReply(msg.name, ok))

    def on_get(self, msg: Get, sender: NodeId) -> None:
        self.run(self.read, msg, sender)

    def read(self, msg: Get, sender: NodeId) -> None:
        self.send(sender, GetReply(msg.name, self.values.get(msg.key)))

    def on_get_set(self, msg: GetSet, sender: NodeId) -> None:
        self.run(self.get_set, msg, sender)

    def get_set(self, msg: GetSet, sender: NodeId) -> None:
        before = self.values.get(msg.key)
        self.values[msg.key] = msg.value
        self.send(sender, GetSetReply(msg.name, before))

    def on_del(self, msg: Del, sender: NodeId) -> None:
        self.run(self.forget, msg, sender)

    def forget(self, msg: Del, sender: NodeId) -> None:
        self.values.pop(msg.key, None)
        self.send(sender, DelReply(msg.name))


class SetnxClient(PollingClient):
    """A client of the lecture's recipe.

    Parameters
    ----------
    server
        The server's id.
    ttl
        Seconds that are added to the client's clock.
    options
        Those of :class:`PollingClient`.

    Examples
    --------
    >>> SetnxClient(ttl=2.0).ttl
    2.0
    """

    def __init__(self, *, server: NodeId = "redis", ttl: float = 0.5, **options: Any) -> None:
        super().__init__(server=server, ttl=ttl, **options)
        self.period = ttl
        self.seen: float | None = None

    def taking(self) -> SetNx:
        return SetNx(self.lock, self.now + self.period, self.owner)

    def on_set_nx_reply(self, msg: SetNxReply, sender: NodeId) -> None:
        if msg.ok or msg.name != self.owner or not self.hopes:
            self.attempt_ended(msg.name, msg.ok, None)
        else:
            self.send(self.server, Get(self.lock, self.owner))

    def on_get_reply(self, msg: GetReply, sender: NodeId) -> None:
        if msg.name != self.owner or not self.hopes:
            return
        self.seen = msg.value
        if msg.value is not None and msg.value < self.now:
            self.send(self.server, GetSet(self.lock, self.now + self.period, self.owner))
        else:
            self.attempt_ended(msg.name, False, None)

    def on_get_set_reply(self, msg: GetSetReply, sender: NodeId) -> None:
        self.attempt_ended(msg.name, msg.value == self.seen, None)

    def giving(self) -> Del:
        return Del(self.lock, self.owner)

    def on_del_reply(self, msg: DelReply, sender: NodeId) -> None:
        self.name_is_gone(msg.name)

    def take_back(self) -> None:
        """Nobody knows whether the key is ours; it will run out."""
        self.hopes = False
        self.try_later()
