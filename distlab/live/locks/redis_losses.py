"""How real Redis loses a lock that somebody holds: fail-over to a late replica, and a restart without a disk.

Kleppmann 2016 and Redis's documentation, "Distributed Locks with Redis": replication is asynchronous, so a
replica may be promoted that has not heard of the lock; and in Redlock a server that restarts empty may say
yes a second time. A log of commands helps against the second, and so does a restart that waits for the
longest lease. The same schedules run on the models in :mod:`distlab.coordination.lock.schedules`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from ..experiments import Experiment
from ..servers import Redis, redis
from ..waiting import wait_until
from .lock import Lock, LockTimeout
from .redis_lock import RedisLock
from .redlock import Redlock

__all__ = ["LOSSES", "lock_losses"]

LONG = 30.0  # seconds: a lease that does not end meanwhile
SHORT = 1.0  # seconds: a lease that is waited for
PATIENCE = 30.0
REMEMBERS = {"appendonly": "yes", "appendfsync": "always"}


def lock_losses() -> Mapping[str, Any]:
    """Let one client hold a lock, do something to the servers, and let a second one ask.

    Returns
    -------
    dict
        "rows": per schedule what happened, whether the second got the lock, and whether the first still
        believed in it, by its own clock. None of it depends on the machine.
    """
    schedules: list[tuple[str, str, Callable[[ExitStack], tuple[Lock, Lock]]]] = [
        ("Redis with a replica", "fail-over; the replica is up to date", lambda r: _fail_over(r, late=False)),
        ("Redis with a replica", "fail-over; the replica was cut off", lambda r: _fail_over(r, late=True)),
        ("Redlock", "one of three restarts, empty", lambda r: _restart(r, {}, LONG)),
        ("Redlock", "one of three restarts, with its log", lambda r: _restart(r, REMEMBERS, LONG)),
        (
            "Redlock",
            "one of three restarts, empty, after the lease",
            lambda r: _restart(r, {}, SHORT, late=True),
        ),
    ]

    def run(lock: str, happened: str, schedule: Callable[[ExitStack], tuple[Lock, Lock]]) -> dict[str, Any]:
        with ExitStack() as running:
            first, second = schedule(running)
            got, believes = _gets(second), first.held
            first.close()
            second.close()
        return {
            "lock": lock,
            "what happens": happened,
            "second gets the lock": got,
            "first still believes": believes,
            "two holders": got and believes,
        }

    with ThreadPoolExecutor() as pool:  # most of the time is waiting
        rows = list(pool.map(run, *zip(*schedules, strict=True)))
    return {"rows": rows, "settings": {"lease": LONG, "lease that is waited for": SHORT}}


def _fail_over(running: ExitStack, late: bool) -> tuple[Lock, Lock]:
    """The first gets the lock from the master; the master dies; the replica takes its place."""
    master = running.enter_context(redis())
    settings = {"replicaof": f"127.0.0.1 {master.port}", "masterauth": master.password}
    replica = running.enter_context(redis(settings))
    wait_until(lambda: _is_in_step(replica), PATIENCE, "The replica did not follow its master")
    if late:  # what is cut must not wait in a buffer, so the connection ends before the lock is taken
        replica.pause()
        master.client().client_kill_filter(_type="replica")
    first = RedisLock(master.url, lease=LONG)
    first.acquire(PATIENCE)
    if not late:
        assert master.client().wait(1, round(PATIENCE * 1000)) == 1
    master.kill()
    if late:
        replica.resume()
    replica.client().replicaof("NO", "ONE")
    return first, RedisLock(replica.url, lease=LONG)


def _restart(
    running: ExitStack, settings: Mapping[str, object], lease: float, late: bool = False
) -> tuple[Lock, Lock]:
    """The first gets the lock from A, B, C while D, E are down; C restarts; the second asks C, D, E."""
    servers = [running.enter_context(redis(settings)) for _ in range(5)]
    urls = [server.url for server in servers]
    for server in servers[3:]:
        server.kill()
    first = Redlock(urls, lease=lease)
    first.acquire(PATIENCE)
    servers[2].kill()
    if late:
        time.sleep(lease)
    for server in servers[2:]:
        server.restart()
    for server in servers[:2]:  # the second does not reach them
        server.kill()
    return first, Redlock(urls, lease=LONG)


def _is_in_step(replica: Redis) -> bool:
    said = replica.client().info("replication")
    return said["master_link_status"] == "up" and not said["master_sync_in_progress"]


def _gets(lock: Lock) -> bool:
    try:
        lock.acquire(timeout=2.0)
    except LockTimeout:
        return False
    return True


LOSSES = Experiment(
    name="lock_losses",
    what="One client holds a lock on real Redis servers; something happens to them; a second client asks.",
    needs=("redis",),
    run=lock_losses,
)
