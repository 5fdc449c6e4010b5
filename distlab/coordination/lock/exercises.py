"""The rest of a run around one class of a learner's, for the exercises of lesson 07.

>>> from distlab.coordination.lock import ReadWriteClient
>>> list(readers_and_writers(3, ReadWriteClient))
[1, 2, 3, 'zookeeper']
"""

from __future__ import annotations

from distlab.sim import Node, NodeId

from .clusters import redis_cluster, zookeeper_cluster
from .redis import DurableRedis
from .store import Read, Store, Value
from .zookeeper_lock import ReadWriteClient

__all__ = ["Inspector", "fenced_store", "readers_and_writers"]


class Inspector(Node):
    """Counts the stock now and then. It holds no lock, has no token, and writes nothing.

    Recorded is "counted" (refused).

    >>> from distlab.sim import Simulation
    >>> trace = Simulation({"inspector": Inspector(), "store": Store(fencing=True)}).run(until=0.5)
    >>> trace.records.refused.tolist()
    [False, False, False, False]
    """

    def on_start(self) -> None:
        self.become("inspector")
        self.every(0.1, self.count)

    def count(self) -> None:
        self.send("store", Read(0, None))

    def on_value(self, msg: Value, sender: NodeId) -> None:
        self.record("counted", refused=msg.value is None)


def readers_and_writers(n: int, client: type[ReadWriteClient]) -> dict[NodeId, Node]:
    """Clients of a class that read as often as they write, eight times each, for 50 ms.

    >>> readers_and_writers(2, ReadWriteClient)[1].reads
    0.5
    """
    return zookeeper_cluster(n, client=client, reads=0.5, rounds=8, hold=0.05)


def fenced_store(n: int, store: type[Store]) -> dict[NodeId, Node]:
    """A store of a class, which is to look at tokens, and clients of Redis that do not watch their leases.

    An :class:`Inspector` without a token reads besides.

    >>> list(fenced_store(2, Store))
    [1, 2, 'redis', 'store', 'inspector']
    """
    nodes = redis_cluster(
        n,
        server=DurableRedis,
        guard=store,
        fencing=True,
        watch_lease=False,
        rounds=8,
        hold=0.03,
        ttl=0.2,
    )
    return {**nodes, "inspector": Inspector()}
