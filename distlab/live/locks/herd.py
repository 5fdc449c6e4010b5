"""The herd, counted on a real ensemble: how often waiters are told that a lock is free (Hunt et al. 2010)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..experiments import Experiment
from ..servers import ZooKeeper, zookeeper
from ..waiting import wait_until
from .contender import Contender, Task
from .kinds import KINDS

__all__ = ["HERD", "count_notifications", "lock_herd"]

PATIENCE = 60.0  # seconds
LEASE = 4.0  # seconds: a session's time-out


def count_notifications(kind: str, clients: int, ensemble: ZooKeeper) -> int:
    """Let clients want one lock, once each, and count the notifications that they get.

    Each holder leaves when all others wait: the servers say how many nodes are watched.

    Parameters
    ----------
    kind
        "zookeeper-herd" or "zookeeper-predecessor".
    clients
        How many processes.
    ensemble
        Where; nobody else may be watching anything there.

    Examples
    --------
    >>> from distlab.live import is_available, zookeeper
    >>> if is_available("zookeeper"):
    ...     with zookeeper(servers=1) as ensemble:
    ...         assert count_notifications("zookeeper-herd", 2, ensemble) == 1
    """
    where = ensemble.addresses
    tasks = [Task(f"client {n}", kind, where, lease=LEASE, until_told=True) for n in range(1, clients + 1)]
    waiting = [Contender(task) for task in tasks]
    for contender in waiting:
        contender.wait_until_ready(PATIENCE)
        contender.go()
    done = []
    while waiting:
        wait_until(lambda: any(one.is_inside() for one in waiting), PATIENCE, "Nobody got the lock")
        inside = next(one for one in waiting if one.is_inside())
        waiting.remove(inside)
        wait_until(lambda: ensemble.watches() == len(waiting), PATIENCE, "The others did not all wait")
        inside.leave()
        done.append(inside)
    for contender in done:
        contender.wait(PATIENCE)
    return sum(contender.report()["notifications"] for contender in done)


def lock_herd(clients: int = 10) -> Mapping[str, Any]:
    """Count the notifications of both recipes.

    Parameters
    ----------
    clients
        How many processes want the lock.

    Returns
    -------
    dict
        "rows": per recipe the clients, the notifications counted, and what the closed form says:
        n (n - 1) / 2 if all watch the lock, n - 1 if each watches the one before.
    """
    formulas = {"zookeeper-herd": clients * (clients - 1) // 2, "zookeeper-predecessor": clients - 1}
    with zookeeper() as ensemble:
        rows = [
            {
                "recipe": KINDS[kind].lock.title,
                "clients": clients,
                "notifications": count_notifications(kind, clients, ensemble),
                "closed form": formula,
            }
            for kind, formula in formulas.items()
        ]
    return {"rows": rows}


HERD = Experiment(
    name="lock_herd",
    what="Processes want one ZooKeeper lock at the same time; counted is how often they hear of a release.",
    needs=("zookeeper",),
    run=lock_herd,
)
