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

clusters          clients, service and store of one run, for simulations and for the checker
promises          what must hold, as questions to a trace
schedules         the published schedules: herd, clock jump, pause past the lease, restart
lock_experiments  contention, crashes, pauses, fail-over, clocks, the hair-dryers
exercises         what runs around a learner's class
lock_mutants      each lock with one safeguard switched off at a time

Messages are in the module of their service: ``redis.SetNxPx``, ``zookeeper.WatchEvent``.

What holds: one client at a time believes that it has the lock, whatever crashes or gets lost, if no client
stands still for longer than its lease and, for Redlock, clocks run alike. If one does, one client at a time
holds the lock by its lease, and the store has to look at tokens. Two things are taken for granted: between
any two nodes, what is sent first arrives first; and servers keep what they promised in a crash (a table and
ZooKeeper do, Redis only as :class:`DurableRedis`, a server of Redlock by its silence).
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
from .lock_mutants import MUTANTS
from .old_redis import OldRedis, SetnxClient
from .polling import PollingClient
from .redis import DurableRedis, RedisClient, RedisServer
from .redlock import RedlockClient, default_drift, is_held, servers_needed, validity
from .store import Store
from .zookeeper import ZooKeeperServer
from .zookeeper_lock import HerdClient, ReadWriteClient, ZooKeeperClient

__all__ = [
    "MUTANTS",
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
