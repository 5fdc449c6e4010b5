"""Locks with one safeguard switched off at a time.

Each shows what a safeguard is for; the checker must catch each of them, and none of the sound classes, under
the faults that it ``needs``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from distlab.coordination.election.mutant import Mutant
from distlab.sim import Node, NodeId

from .client import LockClient
from .clusters import database_cluster, redis_cluster, redlock_cluster, zookeeper_cluster
from .database import DatabaseClient, DatabaseServer, InsertRow
from .redis import (
    CompareAndDelete,
    CompareAndExpire,
    DurableRedis,
    Extended,
    KeyDeleted,
    RedisClient,
    RedisServer,
    SetNxPx,
    SetReply,
)
from .redlock import RedlockClient
from .store import Read, Store
from .zookeeper import Children, Pong, ZooKeeperServer
from .zookeeper_lock import ReadWriteClient, ZooKeeperClient

__all__ = [
    "BY_LEASE",
    "FENCED",
    "MUTANTS",
    "ONE_HOLDER",
    "ONE_WAKE_UP",
    "SERVED",
    "SHARED",
    "LockMutant",
]

ONE_HOLDER = "one client believes that it holds the lock"
BY_LEASE = "one client holds the lock by its lease"
SERVED = "everybody is served"
SHARED = "a writer is alone"
FENCED = "no update is lost"
ONE_WAKE_UP = "one wake-up for one release"

_FOR_EVER = 1e9


@dataclass(frozen=True)
class LockMutant(Mutant):
    """A mutant of one part of a lock, and the rest of the lock around it.

    Parameters
    ----------
    part
        What the broken class replaces: "client", "server" or "guard" (the store).
    cluster
        The function that makes the nodes.
    options
        Its other arguments.
    needs
        What has to go wrong to show it: "nothing", "pauses", "crashes", "messages" or "everything".

    Examples
    --------
    >>> MUTANTS[0].part, MUTANTS[0].needs
    ('server', 'nothing')
    """

    part: str = "client"
    cluster: Callable[..., dict[NodeId, Node]] = redis_cluster
    options: Mapping[str, Any] = field(default_factory=dict)
    needs: str = "nothing"

    def build(self, n: int | None = None) -> dict[NodeId, Node]:
        """The nodes of a run with the broken class, and n clients (default: ``nodes``)."""
        return self._make(self.kind, n)

    def build_sound(self, n: int | None = None) -> dict[NodeId, Node]:
        """The same with the sound class."""
        return self._make(self.base, n)

    def _make(self, kind: type[Node], n: int | None) -> dict[NodeId, Node]:
        chosen: dict[str, Any] = {**_BUSY, **self.options, self.part: kind}
        return self.cluster(self.nodes if n is None else n, **chosen)


_BUSY = {"rounds": 12, "hold": 0.03, "think": 0.02}

# --- a lock in a database


class InsertsAnyRow(DatabaseServer):
    def is_taken(self, msg: InsertRow) -> bool:
        return False


class DeletesAnyRow(DatabaseServer):
    def owns(self, owner: str, lock: str) -> bool:
        return True


class ForgetsItsRows(DatabaseServer):
    stable = ("number",)


class RowsForEver(DatabaseServer):
    def deadline(self) -> None:
        return None


class TakesNothingBack(DatabaseClient):
    def take_back(self) -> None:
        self.hopes = False
        self.try_later()


# --- a lock in Redis


class DeletesAnyKey(DurableRedis):
    def compare_and_delete(self, msg: CompareAndDelete, sender: NodeId) -> None:
        self.remove(msg.key)
        self.send(sender, KeyDeleted(msg.token))


class SetsAnyKey(DurableRedis):
    def set_nx_px(self, msg: SetNxPx, sender: NodeId) -> None:
        self.remove(msg.key)
        super().set_nx_px(msg, sender)


class ForgetsItsKeys(DurableRedis):
    stable = ("fence",)


class SetsNoExpiry(RedisClient):
    def taking(self) -> SetNxPx:
        return SetNxPx(self.lock, self.owner, _FOR_EVER)


class ExpiresInASecondStep(SetsNoExpiry):
    """SETNX, and then EXPIRE: a crash in between leaves a key that lasts for ever."""

    def on_set_reply(self, msg: SetReply, sender: NodeId) -> None:
        if msg.ok and msg.token == self.owner and self.hopes:
            self.send(self.server, CompareAndExpire(self.lock, self.owner, self.period))
        else:
            super().on_set_reply(msg, sender)

    def on_extended(self, msg: Extended, sender: NodeId) -> None:
        self.attempt_ended(msg.token, msg.ok, None)


class RenewsInItsHead(RedisClient):
    def renew_lease(self, visit: int) -> None:
        if self.state == "holding" and visit == self.visit:
            self.extended(self.period)
            self.after(self.period / 3, self.renew_lease, visit)


class IgnoresTheEndOfItsLease(RedisClient):
    def lost(self, visit: int) -> None:
        pass


class CountsFromTheAnswer(RedisClient):
    def time_left(self) -> float | None:
        return self.ttl


class TakesLateAnswers(RedisClient):
    def attempt_ended(self, owner: str, ok: bool, token: int | None) -> None:
        self.hopes = self.hopes or (ok and self.state == "waiting")
        super().attempt_ended(owner, ok, token)


# --- Redlock


class HalfIsEnough(RedlockClient):
    def holds(self, grants: int, valid: float) -> bool:
        return grants >= len(self.servers) // 2 and valid > 0


class ForgetsTheElapsedTime(RedlockClient):
    def time_left(self) -> float:
        return self.ttl


class AnswersAtOnceAfterACrash(RedisServer):
    def on_recover(self) -> None:
        self.on_start()


# --- ZooKeeper


class SessionsNeverExpire(ZooKeeperServer):
    def expire(self, session: int) -> None:
        pass


class WatchesTheFirst(ZooKeeperClient):
    def to_wait_for(self, lower: list[str]) -> str | None:
        return lower[0] if lower else None


class NoticesNothingMissed(ZooKeeperClient):
    def on_pong(self, msg: Pong, sender: NodeId) -> None:
        super().on_pong(Pong(msg.session, self.connection, self.heard), sender)


class CreatesWithoutLooking(ZooKeeperClient):
    def create(self) -> None:
        super().create()
        assert self.unanswered is not None
        self.unanswered.cancel()
        self.unanswered = self.after(self.patience, self.line_up)


class TakesEveryAnswer(ZooKeeperClient):
    def is_fresh(self, msg: Children) -> bool:
        return True


class WritersWaitForReadersOnly(ReadWriteClient):
    """The rule as it is printed in the lecture: a writer waits until no read has a smaller number.

    Examples
    --------
    >>> WritersWaitForReadersOnly(reads=0.0).is_in_the_way("/stock/5c-write-0000000001")
    False
    """

    def is_in_the_way(self, path: str) -> bool:
        return ("-write-" if self.shares else "-read-") in path


class ReadersWaitForNobody(ReadWriteClient):
    def is_in_the_way(self, path: str) -> bool:
        return not self.shares


# --- the store


class LooksAtNoToken(Store):
    def admits(self, token: int | None) -> bool:
        return True


class CountsOnlyTheTokensOfWrites(Store):
    def on_read(self, msg: Read, sender: NodeId) -> None:
        highest = self.highest
        super().on_read(msg, sender)
        self.highest = highest


def _mutant(
    kind: Any, name: str, safeguard: str, source: str, breaks: str = ONE_HOLDER, **more: Any
) -> LockMutant:
    base = kind.__mro__[1]
    if kind is ExpiresInASecondStep:
        base = RedisClient
    part = "guard" if issubclass(kind, Store) else "client" if issubclass(kind, LockClient) else "server"
    return LockMutant(name, kind, base, safeguard, source, breaks, part=part, **more)


_COURSE = "the course, lecture 07"
_REDIS = "Redis documentation, Distributed Locks with Redis"
_HUNT = "Hunt et al. 2010, section 2.4"
_KLEPPMANN = "Kleppmann 2016"
_TABLE: dict[str, Any] = {"cluster": database_cluster}
_DURABLE: dict[str, Any] = {"cluster": redis_cluster, "options": {"server": DurableRedis}}
_LONG = {"server": DurableRedis, "hold": 0.3, "ttl": 0.2, "rounds": 3}
_ZOOKEEPER: dict[str, Any] = {"cluster": zookeeper_cluster}
_READ_WRITE: dict[str, Any] = {"cluster": zookeeper_cluster, "options": {"reads": 0.5}, "breaks": SHARED}
_CARELESS = {"server": DurableRedis, "watch_lease": False, "guarded": True, "fencing": True, "rounds": 20}

MUTANTS = (
    _mutant(
        InsertsAnyRow, "inserts a second row", "the name of the lock is a primary key", _COURSE, **_TABLE
    ),
    _mutant(
        DeletesAnyRow,
        "deletes the row of another client",
        "only the owner deletes the row",
        _COURSE,
        BY_LEASE,
        cluster=database_cluster,
        options={"ttl": 0.3},
        needs="pauses",
    ),
    _mutant(
        ForgetsItsRows, "forgets the rows in a crash", "rows are on disk", _COURSE, needs="crashes", **_TABLE
    ),
    _mutant(
        RowsForEver,
        "has no expiry",
        "a row has a deadline",
        _COURSE,
        SERVED,
        cluster=database_cluster,
        options={"ttl": 0.3},
        needs="crashes",
    ),
    _mutant(
        TakesNothingBack,
        "leaves what it asked for in vain",
        "what may have been granted is given back",
        "for lost messages",
        SERVED,
        needs="messages",
        **_TABLE,
    ),
    _mutant(SetsAnyKey, "sets a key that is there", "NX: only if there is none", _REDIS, **_DURABLE),
    _mutant(
        DeletesAnyKey,
        "deletes without comparing the token",
        "a key is deleted by who wrote it",
        _REDIS,
        BY_LEASE,
        needs="pauses",
        cluster=redis_cluster,
    ),
    _mutant(ForgetsItsKeys, "forgets the keys in a crash", "keys are on disk", _REDIS, needs="crashes"),
    _mutant(
        SetsNoExpiry, "sets no expiry", "PX: the key expires", _REDIS, SERVED, needs="crashes", **_DURABLE
    ),
    _mutant(
        ExpiresInASecondStep,
        "sets the key, and the expiry in a second step",
        "key and expiry are set in one step",
        _REDIS,
        SERVED,
        needs="crashes",
        **_DURABLE,
    ),
    _mutant(
        RenewsInItsHead,
        "renews nothing",
        "a lease is renewed at the server",
        "Redis documentation, Distributed Locks with Redis: extending the lock",
        cluster=redis_cluster,
        options={**_LONG, "renew": True},
    ),
    _mutant(
        IgnoresTheEndOfItsLease,
        "works on after its lease",
        "who holds a lease stops when it is over",
        _REDIS,
        cluster=redis_cluster,
        options=_LONG,
    ),
    _mutant(
        CountsFromTheAnswer,
        "counts its lease from the answer",
        "a lease counts from the question",
        _REDIS,
        BY_LEASE,
        needs="pauses",
        cluster=redis_cluster,
        options={"server": DurableRedis, "ttl": 0.2, "patience": 1.0},
    ),
    _mutant(
        TakesLateAnswers,
        "takes a lock that it is giving back",
        "an attempt that was given up is over",
        "for lost messages",
        BY_LEASE,
        needs="pauses",
        **_DURABLE,
    ),
    _mutant(
        HalfIsEnough, "holds with two of five", "a majority grants", _REDIS, cluster=redlock_cluster, nodes=2
    ),
    _mutant(
        ForgetsTheElapsedTime,
        "takes ttl for the validity",
        "validity = ttl - elapsed - drift",
        _REDIS,
        cluster=redlock_cluster,
        options={"ttl": 0.1, "hold": 0.3, "servers": "ABC"},
        needs="messages",
    ),
    _mutant(
        AnswersAtOnceAfterACrash,
        "answers at once after a crash",
        "who forgot its keys is silent for the longest ttl",
        _REDIS,
        cluster=redlock_cluster,
        options={"restart_delay": 0.5, "servers": "ABC", "hold": 0.1},
        needs="crashes",
    ),
    _mutant(
        SessionsNeverExpire,
        "lets no session expire",
        "ephemeral nodes end with their session",
        "Hunt et al. 2010, section 2.1",
        SERVED,
        needs="crashes",
        **_ZOOKEEPER,
    ),
    _mutant(
        WatchesTheFirst,
        "watches the first instead of the predecessor",
        "each watches the node before its own",
        _HUNT,
        ONE_WAKE_UP,
        **_ZOOKEEPER,
    ),
    _mutant(
        NoticesNothingMissed,
        "does not ask again after a lost notification",
        "a new connection watches anew",
        "Hunt et al. 2010, section 2.3",
        SERVED,
        needs="crashes",
        **_ZOOKEEPER,
    ),
    _mutant(
        CreatesWithoutLooking,
        "creates a second node when there is no answer",
        "who got no answer looks for its node",
        "Apache Curator, protected creation",
        SERVED,
        needs="messages",
        **_ZOOKEEPER,
    ),
    _mutant(
        TakesEveryAnswer,
        "takes the answer to an earlier question",
        "an answer counts only for the last question",
        "for answers that come late",
        SERVED,
        needs="everything",
        **_ZOOKEEPER,
    ),
    _mutant(
        WritersWaitForReadersOnly,
        "lets a writer wait for smaller reads only",
        "a writer waits for all smaller nodes",
        _HUNT,
        **_READ_WRITE,
    ),
    _mutant(
        ReadersWaitForNobody,
        "lets a reader in at once",
        "a reader waits for smaller writes",
        _HUNT,
        **_READ_WRITE,
    ),
    _mutant(
        LooksAtNoToken,
        "does not check the token",
        "a write with an old token is refused",
        _KLEPPMANN,
        FENCED,
        cluster=redis_cluster,
        options=_CARELESS,
        needs="pauses",
    ),
    _mutant(
        CountsOnlyTheTokensOfWrites,
        "does not count the tokens of reads",
        "the highest token seen, in reads and in writes",
        _KLEPPMANN,
        FENCED,
        cluster=redis_cluster,
        options=_CARELESS,
        needs="pauses",
    ),
)
