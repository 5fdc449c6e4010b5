"""Real servers beside the models: started on loopback in a temporary directory, ended with all they left.

A server is a context manager, and what a lesson does to it is a method::

    with live.zookeeper(servers=3) as ensemble:
        ensemble.leader().kill()          # or pause(), resume(), restart()
        print(ensemble.leader())

Nothing here touches a server that it did not start. ``live.available()`` says which servers are installed;
where one is missing, ``live.live_or_recorded(name)`` shows what was recorded.

    keeper.py           the process that ends the servers, whatever happens to this one
    laboratory.py       the line to it, and the processes that it keeps
    ports.py            ports that nobody else uses
    programs.py         what is installed, and what to install
    server.py           a server, an ensemble of servers
    servers/            PostgreSQL, Redis, ZooKeeper, etcd
    experiments.py      what is done with them, by name
    recordings.py       what came out: just now, or when it was recorded (record.py)
    elections/          etcd and ZooKeeper lose their leader (lecture 04)
    two_phase_commit/   databases that commit together (lecture 06)
    locks/              one lock over four services, and what breaks it (lecture 07)
    training/           processes that train together (lecture 08)
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
