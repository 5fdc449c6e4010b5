"""Processes contend for one lock: the test of mutual exclusion, over real servers.

Each client is a process of its own that wants the lock some times, sells one from a stock that the lock
guards, and gives the lock back. If no two were inside at the same time, no sale is lost: the stock says so,
and the holds say so, by the functions that judge the models too (:mod:`distlab.coordination.lock.holds`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from distlab.coordination.lock import Hold

from ..laboratory import new_folder
from .contender import Contender, Task, run_all
from .guarded_store import GuardedStore
from .kinds import service

__all__ = ["Contest", "contest"]


class Contest(NamedTuple):
    """What came of it: the holds of all clients, and what is left in the store."""

    holds: list[Hold]
    stock: int
    sold: int
    lost: int  # writes that destroyed another
    notifications: int  # ZooKeeper only


def contest(
    kind: str,
    clients: int = 4,
    rounds: int = 10,
    hold: float = 0.0,
    lease: float = 30.0,
    *,
    think: float = 0.0,
    stock: int = 1000,
    guarded: bool = True,
    where: Any = None,
) -> Contest:
    """Let processes contend for a lock.

    Parameters
    ----------
    kind
        The lock, a key of ``KINDS``.
    clients, rounds
        How many processes, and how often each of them wants the lock.
    hold
        Seconds of work inside.
    lease
        Seconds. Long enough that no lease ends by itself, unless that is what is wanted.
    think
        Seconds between two wishes of a client.
    stock
        What is in the store at the beginning.
    guarded
        Whether a store is used at all; without one, the lock itself is measured.
    where
        A service that runs already; None starts one for this contest.

    Returns
    -------
    Contest

    Raises
    ------
    ServerNotFound
        If the server is not installed.
    LiveError
        If a client fails.

    Examples
    --------
    >>> done = contest("sqlite", clients=2, rounds=3, stock=10)
    >>> len(done.holds), done.stock, done.lost
    (6, 4, 0)
    """
    if where is None:
        with service(kind) as started:
            return contest(
                kind, clients, rounds, hold, lease, think=think, stock=stock, guarded=guarded, where=started
            )
    path = str(new_folder("store") / "store.db")
    store = GuardedStore(path, stock=stock, fencing=True)
    contenders = [
        Contender(
            Task(
                f"client {number}",
                kind,
                where,
                lease=lease,
                rounds=rounds,
                hold=hold,
                think=think,
                store=path if guarded else "",
            )
        )
        for number in range(1, clients + 1)
    ]
    run_all(contenders, patience=120.0)
    return _gathered(contenders, store)


def _gathered(contenders: Sequence[Contender], store: GuardedStore) -> Contest:
    reports = [contender.report() for contender in contenders]
    holds = [hold for contender in contenders for hold in contender.holds()]
    done = Contest(
        sorted(holds, key=lambda hold: hold.acquired),
        store.value(),
        sum(report["sold"] for report in reports),
        sum(write.lost for write in store.writes()),
        sum(report["notifications"] for report in reports),
    )
    store.close()
    return done
