"""The herd, counted on a real ensemble: how often waiters are told that a lock is free (Hunt et al. 2010)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..experiments import Experiment
from ..servers import zookeeper
from .contest import contest
from .kinds import KINDS

__all__ = ["HERD", "lock_herd"]


def lock_herd(clients: int = 10, hold: float = 1.0) -> Mapping[str, Any]:
    """Let clients want one lock at the same time, once each, and count the notifications that they get.

    Parameters
    ----------
    clients
        How many processes.
    hold
        Seconds that each holds the lock: long enough for all others to have come, and to watch again.

    Returns
    -------
    dict
        "rows": per recipe the clients, the notifications counted, and what the closed form says:
        n (n - 1) / 2 if all watch the lock, n - 1 if each watches the one before.
    """
    rows = []
    with zookeeper() as ensemble:
        for kind, formula in (
            ("zookeeper-herd", clients * (clients - 1) // 2),
            ("zookeeper-predecessor", clients - 1),
        ):
            done = contest(kind, clients, 1, hold, guarded=False, where=ensemble.addresses)
            rows.append(
                {
                    "recipe": KINDS[kind].lock.title,
                    "clients": clients,
                    "notifications": done.notifications,
                    "closed form": formula,
                }
            )
    return {"rows": rows, "settings": {"hold": hold}}


HERD = Experiment(
    name="lock_herd",
    what="Processes want one ZooKeeper lock at the same time; counted is how often they hear of a release.",
    needs=("zookeeper",),
    run=lock_herd,
)
