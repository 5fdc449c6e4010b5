"""Every lock keeps its promise under the faults for which it gives it, and under no others."""

from typing import Any

import pytest

from distlab.check import AllOf, Fencing, OneHolder
from distlab.coordination.lock import DurableRedis, HerdClient, ReadWriteClient
from distlab.coordination.lock.clusters import (
    database_cluster,
    failover_cluster,
    old_redis_cluster,
    redis_cluster,
    redlock_cluster,
    zookeeper_cluster,
)
from distlab.coordination.lock.promises import everybody_served, no_update_lost, readers_or_one_writer

from .searches import ALL_BUT_PAUSES, BUSY, CRASHES, EVERYTHING, MESSAGES, PAUSES, search

BELIEF, LEASE = OneHolder(), OneHolder(expiry_counts=True)
FENCED = AllOf(Fencing(), no_update_lost)
DISK = {"server": DurableRedis}
CARELESS = {"watch_lease": False, "fencing": True}

KEPT = {
    "a table without expiry, whatever fails": (database_cluster, BELIEF, EVERYTHING, {}),
    "a table without expiry serves all if nobody crashes": (database_cluster, everybody_served, MESSAGES, {}),
    "a table with expiry, if nobody stands still": (database_cluster, BELIEF, ALL_BUT_PAUSES, {"ttl": 0.5}),
    "a table with expiry, by the lease": (database_cluster, LEASE, EVERYTHING, {"ttl": 0.5}),
    "Redis on disk, if nobody stands still": (redis_cluster, BELIEF, ALL_BUT_PAUSES, DISK),
    "Redis on disk, by the lease": (redis_cluster, LEASE, EVERYTHING, DISK),
    "Redis serves all": (redis_cluster, everybody_served, EVERYTHING, {}),
    "Redis with fencing": (redis_cluster, FENCED, EVERYTHING, {**DISK, **CARELESS}),
    "a replica, if the master stays up": (failover_cluster, BELIEF, MESSAGES, {"down_after": 60.0}),
    "Redlock with silent restarts": (redlock_cluster, BELIEF, ALL_BUT_PAUSES, {"restart_delay": 0.5}),
    "ZooKeeper, if nobody stands still": (zookeeper_cluster, BELIEF, ALL_BUT_PAUSES, {}),
    "ZooKeeper, by the session": (zookeeper_cluster, LEASE, EVERYTHING, {}),
    "ZooKeeper serves all": (zookeeper_cluster, everybody_served, EVERYTHING, {}),
    "ZooKeeper with fencing": (zookeeper_cluster, FENCED, EVERYTHING, CARELESS),
    "the herd, by the session": (zookeeper_cluster, LEASE, EVERYTHING, {"client": HerdClient}),
    "the herd serves all": (zookeeper_cluster, everybody_served, EVERYTHING, {"client": HerdClient}),
    "read-write": (zookeeper_cluster, readers_or_one_writer, ALL_BUT_PAUSES, {"client": ReadWriteClient}),
    "read-write serves all": (zookeeper_cluster, everybody_served, EVERYTHING, {"client": ReadWriteClient}),
    "Redlock serves all": (redlock_cluster, everybody_served, EVERYTHING, {"restart_delay": 0.5}),
}

BROKEN = {
    "a table without expiry serves nobody after its owner crashed": (
        database_cluster,
        everybody_served,
        CRASHES,
        {},
    ),
    "a lease does not hold a client that stands still": (redis_cluster, BELIEF, PAUSES, DISK),
    "nor does a session": (zookeeper_cluster, BELIEF, PAUSES, {}),
    "Redis in memory forgets": (redis_cluster, BELIEF, CRASHES, {}),
    "a fail-over forgets": (
        failover_cluster,
        BELIEF,
        CRASHES,
        {"lag": 0.05, "down_after": 0.06, "hold": 0.3, "ttl": 1.0},
    ),
    "the lecture's recipe deletes the lock of another": (old_redis_cluster, LEASE, PAUSES, {"ttl": 0.2}),
    "without fencing an update is lost": (
        redis_cluster,
        no_update_lost,
        PAUSES,
        {**DISK, "guarded": True, "watch_lease": False},
    ),
}


@pytest.mark.parametrize("name", KEPT)
def test_promises_are_kept(name: str) -> None:
    """No violation in random runs under the faults for which the promise is given."""
    build, promise, faults, options = KEPT[name]
    arguments: dict[str, Any] = {**BUSY, **options}
    report = search(build, promise, faults, runs=40, **arguments)
    assert report.verdict == "passed", str(report)


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_promised_is_found_broken(name: str) -> None:
    """A counterexample under the faults for which no promise is given."""
    build, promise, faults, options = BROKEN[name]
    arguments: dict[str, Any] = {**BUSY, **options}
    report = search(build, promise, faults, runs=800, **arguments)
    assert report.verdict == "failed", str(report)
