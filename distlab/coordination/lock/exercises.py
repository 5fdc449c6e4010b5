"""The rest of a run around one class of a learner's, for the exercises of lesson 07.

>>> from distlab.coordination.lock import ReadWriteClient
>>> list(readers_and_writers(3, ReadWriteClient))
[1, 2, 3, 'zookeeper']
"""

from __future__ import annotations

from distlab.sim import Node, NodeId

from .clusters import redis_cluster, zookeeper_cluster
from .redis import DurableRedis
from .store import Store
from .zookeeper_lock import ReadWriteClient

__all__ = ["fenced_store", "readers_and_writers"]


def readers_and_writers(n: int, client: type[ReadWriteClient]) -> dict[NodeId, Node]:
    """Clients of a class that read as often as they write, eight times each.

    >>> readers_and_writers(2, ReadWriteClient)[1].reads
    0.5
    """
    return zookeeper_cluster(n, client=client, reads=0.5, rounds=8)


def fenced_store(n: int, store: type[Store]) -> dict[NodeId, Node]:
    """A store of a class, which is to look at tokens, and clients of Redis that do not watch their leases.

    >>> fenced_store(2, Store)["store"].fencing
    True
    """
    return redis_cluster(
        n,
        server=DurableRedis,
        guard=store,
        fencing=True,
        watch_lease=False,
        rounds=8,
        hold=0.03,
        ttl=0.2,
    )
