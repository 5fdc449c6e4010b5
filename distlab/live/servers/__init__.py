"""The servers of the live labs, one file each.

postgresql.py             PostgreSQL
redis_server.py           Redis
zookeeper_ensemble.py     ZooKeeper
etcd_cluster.py           etcd
"""

from .etcd_cluster import Etcd, EtcdMember, etcd
from .postgresql import Postgres, postgres
from .redis_server import Redis, redis
from .zookeeper_ensemble import ZooKeeper, ZooKeeperServer, zookeeper

__all__ = [
    "Etcd",
    "EtcdMember",
    "Postgres",
    "Redis",
    "ZooKeeper",
    "ZooKeeperServer",
    "etcd",
    "postgres",
    "redis",
    "zookeeper",
]
