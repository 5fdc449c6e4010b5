"""Real servers beside the models: started on loopback in a temporary directory, ended with all they left.

    keeper.py        the process that ends the servers, whatever happens to this one
    laboratory.py    the line to it, and the processes that it keeps
    ports.py         ports that nobody else uses
    programs.py      what is installed, and what to install
    server.py        a server, an ensemble of servers
    servers/         PostgreSQL, Redis, ZooKeeper, etcd
    experiments.py   what is done with them, by name
    recordings.py    what came out: just now, or when it was recorded (record.py)
    elections/       etcd and ZooKeeper lose their leader

Nothing here touches a server that it did not start.
"""

from .errors import LiveError, ServerNotFound
from .laboratory import Process, end_all
from .programs import available, is_available
from .recordings import Outcome, live_or_recorded, recorded
from .server import Ensemble, Server
from .servers import Etcd, Postgres, Redis, ZooKeeper, etcd, postgres, redis, zookeeper

__all__ = [
    "Ensemble",
    "Etcd",
    "LiveError",
    "Outcome",
    "Postgres",
    "Process",
    "Redis",
    "Server",
    "ServerNotFound",
    "ZooKeeper",
    "available",
    "end_all",
    "etcd",
    "is_available",
    "live_or_recorded",
    "postgres",
    "recorded",
    "redis",
    "zookeeper",
]
