"""Clients and services put together, for simulations and for the checker.

Each function makes the nodes of one run: clients 1..n, the service under its name, and, if asked, the store
that the lock guards. ``client``, ``server`` and ``guard`` (the store) replace classes; all other options go
to the clients.

>>> list(redis_cluster(2, guarded=True))
[1, 2, 'redis', 'store']
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distlab.sim import Network, Node, NodeId, Uniform

from .client import LockClient, NoLock
from .database import DatabaseClient, DatabaseServer
from .failover import FailoverClient, ReplicatedRedis, Sentinel
from .old_redis import OldRedis, SetnxClient
from .redis import RedisClient, RedisServer
from .redlock import RedlockClient
from .store import Store
from .zookeeper import ZooKeeperServer
from .zookeeper_lock import ZooKeeperClient

__all__ = [
    "NETWORK",
    "database_cluster",
    "failover_cluster",
    "old_redis_cluster",
    "redis_cluster",
    "redlock_cluster",
    "unlocked_cluster",
    "zookeeper_cluster",
]

NETWORK = Network(latency=Uniform(0.0005, 0.0015), fifo=True)
"""One connection between any two: half to one and a half milliseconds, and what is sent first is first."""


def _cluster(
    n: int,
    kind: type[LockClient],
    services: Mapping[NodeId, Node],
    guarded: bool,
    fencing: bool,
    guard: type[Store],
    stock: int,
    options: Mapping[str, Any],
) -> dict[NodeId, Node]:
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueError(f"n must be a number of clients, 1 or more; got {n!r}.")
    store: dict[NodeId, Node] = {"store": guard(stock=stock, fencing=fencing)} if guarded or fencing else {}
    if store:
        options = {"store": "store", **options}
    return {**{id: kind(**options) for id in range(1, n + 1)}, **services, **store}


def unlocked_cluster(
    n: int,
    *,
    client: type[LockClient] = NoLock,
    guarded: bool = True,
    fencing: bool = False,
    guard: type[Store] = Store,
    stock: int = 1000,
    **options: Any,
) -> dict[NodeId, Node]:
    """Clients without a lock, and a store.

    >>> list(unlocked_cluster(2))
    [1, 2, 'store']
    """
    return _cluster(n, client, {}, guarded, fencing, guard, stock, options)


def database_cluster(
    n: int,
    *,
    client: type[LockClient] = DatabaseClient,
    server: type[DatabaseServer] = DatabaseServer,
    ttl: float | None = None,
    disk: float = 0.005,
    guarded: bool = False,
    fencing: bool = False,
    guard: type[Store] = Store,
    stock: int = 1000,
    **options: Any,
) -> dict[NodeId, Node]:
    """Clients of a lock table.

    >>> list(database_cluster(2))
    [1, 2, 'database']
    """
    services = {"database": server(ttl=ttl, disk=disk)}
    return _cluster(n, client, services, guarded, fencing, guard, stock, {"ttl": ttl, **options})


def redis_cluster(
    n: int,
    *,
    client: type[LockClient] = RedisClient,
    server: type[RedisServer] = RedisServer,
    guarded: bool = False,
    fencing: bool = False,
    guard: type[Store] = Store,
    stock: int = 1000,
    **options: Any,
) -> dict[NodeId, Node]:
    """Clients of one Redis server.

    >>> list(redis_cluster(2))
    [1, 2, 'redis']
    """
    return _cluster(n, client, {"redis": server()}, guarded, fencing, guard, stock, options)


def old_redis_cluster(
    n: int,
    *,
    client: type[LockClient] = SetnxClient,
    server: type[OldRedis] = OldRedis,
    guarded: bool = False,
    fencing: bool = False,
    guard: type[Store] = Store,
    stock: int = 1000,
    **options: Any,
) -> dict[NodeId, Node]:
    """Clients of the lecture's recipe.

    >>> list(old_redis_cluster(2))
    [1, 2, 'redis']
    """
    return _cluster(n, client, {"redis": server()}, guarded, fencing, guard, stock, options)


def failover_cluster(
    n: int,
    *,
    client: type[LockClient] = FailoverClient,
    lag: float = 0.005,
    down_after: float = 0.25,
    guarded: bool = False,
    fencing: bool = False,
    guard: type[Store] = Store,
    stock: int = 1000,
    **options: Any,
) -> dict[NodeId, Node]:
    """Clients of a Redis master "A" with a replica "B" and a sentinel.

    >>> list(failover_cluster(2))
    [1, 2, 'A', 'B', 'sentinel']
    """
    services: dict[NodeId, Node] = {
        "A": ReplicatedRedis(replica="B", lag=lag),
        "B": ReplicatedRedis(is_replica=True),
        "sentinel": Sentinel(master="A", replica="B", clients=range(1, n + 1), down_after=down_after),
    }
    return _cluster(n, client, services, guarded, fencing, guard, stock, {"server": "A", **options})


def redlock_cluster(
    n: int,
    *,
    client: type[LockClient] = RedlockClient,
    server: type[RedisServer] = RedisServer,
    servers: str = "ABCDE",
    restart_delay: float = 0.0,
    guarded: bool = False,
    fencing: bool = False,
    guard: type[Store] = Store,
    stock: int = 1000,
    **options: Any,
) -> dict[NodeId, Node]:
    """Clients of independent Redis servers, one for each letter of ``servers``.

    >>> list(redlock_cluster(2))
    [1, 2, 'A', 'B', 'C', 'D', 'E']
    """
    services = {name: server(restart_delay=restart_delay, public=False) for name in servers}
    return _cluster(
        n, client, services, guarded, fencing, guard, stock, {"servers": tuple(servers), **options}
    )


def zookeeper_cluster(
    n: int,
    *,
    client: type[LockClient] = ZooKeeperClient,
    server: type[ZooKeeperServer] = ZooKeeperServer,
    commit: float = 0.002,
    guarded: bool = False,
    fencing: bool = False,
    guard: type[Store] = Store,
    stock: int = 1000,
    **options: Any,
) -> dict[NodeId, Node]:
    """Clients of a ZooKeeper service; with ``client=HerdClient`` or ``ReadWriteClient`` of the other recipes.

    >>> list(zookeeper_cluster(2))
    [1, 2, 'zookeeper']
    """
    return _cluster(n, client, {"zookeeper": server(commit=commit)}, guarded, fencing, guard, stock, options)
