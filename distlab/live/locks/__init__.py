"""The locks of lecture 07 over real services, with one interface; processes that contend for them.

lock.py                the interface: acquire, token, lease, release
sqlite_lock.py         a unique row, embedded
postgres_lock.py       a unique row; an advisory lock
redis_lock.py          a key that expires
redlock.py             a majority of Redis servers
zookeeper_lock.py      ephemeral nodes: kazoo's recipe, an own one, the herd
kinds.py               all of them by name, with the servers that they need
guarded_store.py       what a lock guards, and fencing
contender.py           a client as a process of its own
contest.py             processes contend: mutual exclusion
pause.py               a holder stands still past its lease
herd.py                notifications, counted
redis_losses.py        fail-over and restarts that lose a lock
benchmark.py           real locks beside their models
"""

from .benchmark import BENCHMARK, lock_benchmark
from .contender import Contender, Task
from .contest import Contest, contest
from .guarded_store import GuardedStore, Refused
from .herd import HERD, lock_herd
from .kinds import KINDS, open_lock, service
from .lock import Grant, Lock, LockTimeout
from .pause import PAUSE, lock_pause, pause_past_lease
from .postgres_lock import PostgresAdvisoryLock, PostgresRowLock
from .redis_lock import RedisLock
from .redis_losses import LOSSES, lock_losses
from .redlock import Redlock
from .sqlite_lock import SqliteLock
from .zookeeper_lock import HerdLock, PredecessorLock, ZooKeeperLock

__all__ = [
    "BENCHMARK",
    "HERD",
    "KINDS",
    "LOSSES",
    "PAUSE",
    "Contender",
    "Contest",
    "Grant",
    "GuardedStore",
    "HerdLock",
    "Lock",
    "LockTimeout",
    "PostgresAdvisoryLock",
    "PostgresRowLock",
    "PredecessorLock",
    "RedisLock",
    "Redlock",
    "Refused",
    "SqliteLock",
    "Task",
    "ZooKeeperLock",
    "contest",
    "lock_benchmark",
    "lock_herd",
    "lock_losses",
    "lock_pause",
    "open_lock",
    "pause_past_lease",
    "service",
]
