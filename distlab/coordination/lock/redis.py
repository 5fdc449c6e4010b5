"""A lock in Redis: one key that expires, written with SET NX PX and deleted only by who wrote it.

Redis documentation, "Distributed Locks with Redis", section "Correct implementation with a single instance".

The rule::

    to acquire     SET lock token NX PX ttl: write the token if there is no such key; it expires after ttl
    to release     a script, which runs as one step: if GET lock == token then DEL lock
    expiry         by the server's clock; a key past its time is gone when it is looked at

The token is drawn at random for each attempt, so that nobody deletes the key of another one. It has no order
and is no fencing token. For that, a counter beside the key is incremented in the same step (``fence``); it is
as durable as the server.

Redis runs one command at a time, in memory; a crash loses all keys (not those of :class:`DurableRedis`). With
``replica``, each change is sent on after the client has been answered: the replica is late by ``lag``, and a
crash in between loses what was answered.

Cost: 2 messages to acquire and 2 to release, 2 more for each failed attempt; nothing on disk.
"""

from __future__ import annotations

from typing import Any, ClassVar

from distlab.sim import Node, NodeId, message
from distlab.sim.distributions import seconds

from .polling import PollingClient

__all__ = [
    "CompareAndDelete",
    "CompareAndExpire",
    "DurableRedis",
    "Extended",
    "KeyDeleted",
    "Promote",
    "RedisClient",
    "RedisServer",
    "Replicate",
    "SetNxPx",
    "SetReply",
]


@message
class SetNxPx:
    """SET key token NX PX ttl, and increment the counter if it was set."""

    key: str
    token: str
    ttl: float


@message
class SetReply:
    """OK, or nil."""

    token: str
    ok: bool
    fence: int


@message
class CompareAndDelete:
    """If GET key == token then DEL key."""

    key: str
    token: str


@message
class KeyDeleted:
    """The key does not have this token (any more)."""

    token: str


@message
class CompareAndExpire:
    """If GET key == token then PEXPIRE key ttl."""

    key: str
    token: str
    ttl: float


@message
class Extended:
    """Whether the key had the token and lasts longer now."""

    token: str
    ok: bool


@message
class Replicate:
    """A change for the replica: the key has this token, of this client, until then; or is gone (None)."""

    key: str
    token: str | None
    owner: int | str | None
    deadline: float
    fence: int


@message
class Promote:
    """You are the master now."""


class RedisServer(Node):
    """A Redis server: ``keys`` maps a name to (token, client, deadline by this server's clock).

    The role is "redis"; of two that replicate, "master" or "replica". Recorded is "expired" (lock, holder)
    when a key is past its time.

    Parameters
    ----------
    command
        Seconds for one command.
    replica
        The server that gets each change; None: there is none.
    lag
        Seconds by which the changes are sent on later.
    is_replica
        Whether it begins as a replica, which answers no client.
    restart_delay
        Seconds for which it answers nobody after a crash.
    public
        Whether an expired key means that its client has lost the lock, so that it is recorded as "expired".
        At one of several independent servers it means less.

    Raises
    ------
    ValueError
        If a duration is not one.

    References
    ----------
    Redis documentation, "Distributed Locks with Redis"; "Redis replication".

    Examples
    --------
    >>> from distlab.sim import Simulation
    >>> nodes = {1: RedisClient(rounds=2), 2: RedisClient(rounds=2), "redis": RedisServer()}
    >>> len(Simulation(nodes).run().records.query("event == 'acquired'"))
    4
    """

    def __init__(
        self,
        *,
        command: float = 0.00002,
        replica: NodeId | None = None,
        lag: float = 0.005,
        is_replica: bool = False,
        restart_delay: float = 0.0,
        public: bool = True,
    ) -> None:
        self.command = seconds(command, "command")
        self.replica = replica
        self.lag = seconds(lag, "lag")
        self.is_replica = is_replica
        self.restart_delay = seconds(restart_delay, "restart_delay")
        self.public = public
        self.serves = True
        self.keys: dict[str, tuple[str, NodeId, float]] = {}
        self.fence = 32  # of the last lock: the paper's example goes on with 33

    def on_start(self) -> None:
        self.become("replica" if self.is_replica else "master" if self.replica is not None else "redis")

    def on_recover(self) -> None:
        self.on_start()
        if self.restart_delay:
            self.serves = False
            self.after(self.restart_delay, self.serve)
        for key in self.keys:
            self.expire_later(key)

    def serve(self) -> None:
        self.serves = True

    # --- commands: one at a time

    def on_set_nx_px(self, msg: SetNxPx, sender: NodeId) -> None:
        self.run(self.set_nx_px, msg, sender)

    def on_compare_and_delete(self, msg: CompareAndDelete, sender: NodeId) -> None:
        self.run(self.compare_and_delete, msg, sender)

    def on_compare_and_expire(self, msg: CompareAndExpire, sender: NodeId) -> None:
        self.run(self.compare_and_expire, msg, sender)

    def run(self, command: Any, msg: Any, sender: NodeId) -> None:
        if self.serves and self.role != "replica":
            self.work(self.command, command, msg, sender)

    def set_nx_px(self, msg: SetNxPx, sender: NodeId) -> None:
        ok = self.get(msg.key) is None
        if ok:
            self.fence += 1
            self.put(msg.key, msg.token, sender, msg.ttl)
        self.send(sender, SetReply(msg.token, ok, self.fence))

    def compare_and_delete(self, msg: CompareAndDelete, sender: NodeId) -> None:
        if self.get(msg.key) == msg.token:
            self.remove(msg.key)
        self.send(sender, KeyDeleted(msg.token))

    def compare_and_expire(self, msg: CompareAndExpire, sender: NodeId) -> None:
        ok = self.get(msg.key) == msg.token
        if ok:
            self.put(msg.key, msg.token, sender, msg.ttl)
        self.send(sender, Extended(msg.token, ok))

    # --- keys and their expiry

    def get(self, key: str) -> str | None:
        self.expire(key)
        return self.keys[key][0] if key in self.keys else None

    def put(self, key: str, token: str, owner: NodeId, ttl: float) -> None:
        self.keys[key] = (token, owner, self.now + ttl)
        self.expire_later(key)
        self.replicate(key)

    def remove(self, key: str) -> None:
        self.keys.pop(key, None)
        self.replicate(key)

    def expire(self, key: str) -> None:
        """A key past its time is gone."""
        if key in self.keys and self.now >= self.keys[key][2]:
            if self.public:
                self.record("expired", lock=key, holder=self.keys[key][1])
            self.remove(key)

    def expire_later(self, key: str) -> None:
        self.after(max(0.0, self.keys[key][2] - self.now), self.expire, key)

    # --- replication

    def replicate(self, key: str) -> None:
        if self.replica is not None and self.role == "master":
            token, owner, deadline = self.keys.get(key, (None, None, 0.0))
            change = Replicate(key, token, owner, deadline, self.fence)
            self.after(self.lag, self.send, self.replica, change)

    def on_replicate(self, msg: Replicate, sender: NodeId) -> None:
        if self.role != "replica":
            return
        self.fence = max(self.fence, msg.fence)
        if msg.token is None or msg.owner is None:
            self.keys.pop(msg.key, None)
        else:
            self.keys[msg.key] = (msg.token, msg.owner, msg.deadline)

    def on_promote(self, msg: Promote, sender: NodeId) -> None:
        self.become("master")
        for key in self.keys:
            self.expire_later(key)


class DurableRedis(RedisServer):
    """A Redis server whose keys are on disk before it answers (appendfsync always).

    Examples
    --------
    >>> DurableRedis.stable
    ('fence', 'keys')
    """

    stable: ClassVar[tuple[str, ...]] = ("fence", "keys")


class RedisClient(PollingClient):
    """A client of one Redis server.

    Parameters
    ----------
    server
        The server's id.
    ttl
        Seconds that the key lasts.
    renew
        Whether a watchdog makes the key last longer, three times per ``ttl``, for as long as the work takes.
    options
        Those of :class:`PollingClient`.

    Examples
    --------
    >>> RedisClient(ttl=2.0).ttl
    2.0
    """

    def __init__(
        self, *, server: NodeId = "redis", ttl: float = 0.5, renew: bool = False, **options: Any
    ) -> None:
        super().__init__(server=server, ttl=ttl, **options)
        self.period = seconds(ttl, "ttl", "more than 0")
        self.renew = renew
        self.renewed_at = 0.0

    def taking(self) -> SetNxPx:
        return SetNxPx(self.lock, self.owner, self.period)

    def on_set_reply(self, msg: SetReply, sender: NodeId) -> None:
        self.attempt_ended(msg.token, msg.ok, msg.fence)

    def giving(self) -> CompareAndDelete:
        return CompareAndDelete(self.lock, self.owner)

    def on_key_deleted(self, msg: KeyDeleted, sender: NodeId) -> None:
        self.name_is_gone(msg.token)

    # --- the watchdog

    def use(self) -> None:
        if self.renew:
            self.after(self.period / 3, self.renew_lease, self.visit)
        super().use()

    def renew_lease(self, visit: int) -> None:
        if self.state == "holding" and visit == self.visit:
            self.renewed_at = self.now
            self.send(self.server, CompareAndExpire(self.lock, self.owner, self.period))
            self.after(self.period / 3, self.renew_lease, visit)

    def on_extended(self, msg: Extended, sender: NodeId) -> None:
        if self.state == "holding" and msg.token == self.owner and msg.ok:
            self.extended(self.period - (self.now - self.renewed_at))
