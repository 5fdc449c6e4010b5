"""Distributed locks: where the mark of a lock lives, and what happens when its holder crashes or pauses.

Where things are
----------------
holds           who held a lock from when to when, and what follows; for models and real servers alike
client          what all clients share: wishes, the stay inside, records; ``polling`` those that try again
store           what a lock guards, and fencing tokens
database        a row that is unique
redis           a key that expires; ``old_redis`` the lecture's recipe; ``failover`` a replica and a sentinel
redlock         a majority of independent Redis servers
zookeeper       sessions, ephemeral sequential nodes, watches; ``zookeeper_lock`` the recipes on them

Messages are in the module of their service: ``redis.SetNxPx``, ``zookeeper.WatchEvent``.
"""

from .client import LockClient, NoLock
from .database import DatabaseClient, DatabaseServer
from .failover import FailoverClient, ReplicatedRedis, Sentinel
from .holds import (
    Hold,
    Overlap,
    double_holders,
    fairness,
    holds_of,
    overtaken,
    stuck_times,
    summary,
    throughput,
    wait,
    waits,
)
from .old_redis import OldRedis, SetnxClient
from .polling import PollingClient
from .redis import DurableRedis, RedisClient, RedisServer
from .redlock import RedlockClient, default_drift, is_held, servers_needed, validity
from .store import Store
from .zookeeper import ZooKeeperServer
from .zookeeper_lock import HerdClient, ReadWriteClient, ZooKeeperClient

__all__ = [
    "DatabaseClient",
    "DatabaseServer",
    "DurableRedis",
    "FailoverClient",
    "HerdClient",
    "Hold",
    "LockClient",
    "NoLock",
    "OldRedis",
    "Overlap",
    "PollingClient",
    "ReadWriteClient",
    "RedisClient",
    "RedisServer",
    "RedlockClient",
    "ReplicatedRedis",
    "Sentinel",
    "SetnxClient",
    "Store",
    "ZooKeeperClient",
    "ZooKeeperServer",
    "default_drift",
    "double_holders",
    "fairness",
    "holds_of",
    "is_held",
    "overtaken",
    "servers_needed",
    "stuck_times",
    "summary",
    "throughput",
    "validity",
    "wait",
    "waits",
]
