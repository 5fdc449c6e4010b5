"""All locks by name, and the servers that each of them needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from ..laboratory import new_folder
from ..servers import postgres, redis, zookeeper
from .lock import Lock
from .postgres_lock import PostgresAdvisoryLock, PostgresRowLock
from .redis_lock import RedisLock
from .redlock import Redlock
from .sqlite_lock import SqliteLock
from .zookeeper_lock import HerdLock, PredecessorLock, ZooKeeperLock

__all__ = ["KINDS", "Kind", "open_lock", "service"]


class Kind(NamedTuple):
    """A lock: its class, and the server that it is on, by its name in ``available()``."""

    lock: type[Lock]
    needs: str


KINDS: Mapping[str, Kind] = {
    "sqlite": Kind(SqliteLock, "sqlite"),
    "postgres": Kind(PostgresRowLock, "postgres"),
    "postgres-advisory": Kind(PostgresAdvisoryLock, "postgres"),
    "redis": Kind(RedisLock, "redis"),
    "redlock": Kind(Redlock, "redis"),
    "zookeeper": Kind(ZooKeeperLock, "zookeeper"),
    "zookeeper-predecessor": Kind(PredecessorLock, "zookeeper"),
    "zookeeper-herd": Kind(HerdLock, "zookeeper"),
}
REDLOCK_SERVERS = 5


def open_lock(kind: str, where: Any, name: str = "stock", lease: float = 10.0, **options: Any) -> Lock:
    """Make a lock of a kind.

    Parameters
    ----------
    kind
        A key of ``KINDS``.
    where
        The service; ``service(kind)`` starts one.
    name, lease, options
        Those of :class:`Lock`.

    Raises
    ------
    ValueError
        If there is no such kind.

    Examples
    --------
    >>> with service("sqlite") as where:
    ...     open_lock("sqlite", where, lease=1.0)
    <SQLite lock 'stock': not held>
    """
    return _kind(kind).lock(where, name, lease, **options)


@contextmanager
def service(kind: str) -> Iterator[Any]:
    """Start the servers of a kind of lock; gives what its clients connect by.

    Parameters
    ----------
    kind
        A key of ``KINDS``. Redlock gets five Redis servers, ZooKeeper an ensemble of three.

    Raises
    ------
    ServerNotFound
        If the server is not installed.
    ValueError
        If there is no such kind.

    Examples
    --------
    >>> with service("sqlite") as where:
    ...     open_lock("sqlite", where).acquire()
    1
    """
    _kind(kind)
    with ExitStack() as running:
        if kind == "sqlite":
            yield str(new_folder("locks") / "locks.db")
        elif kind == "redlock":
            yield [running.enter_context(redis()).url for _ in range(REDLOCK_SERVERS)]
        elif kind == "redis":
            yield running.enter_context(redis()).url
        elif kind.startswith("postgres"):
            yield running.enter_context(postgres()).dsn
        else:
            yield running.enter_context(zookeeper()).addresses


def _kind(kind: str) -> Kind:
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(map(repr, KINDS))}; got {kind!r}.")
    return KINDS[kind]
