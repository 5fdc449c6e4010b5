"""A holder stands still past the end of its lease: what fencing is for, on real servers (Kleppmann 2016).

One process gets the lock, reads the stock, finds its lease good, and is stopped (SIGSTOP). The service gives
the lock to a second one, which sells and leaves. Then the first goes on and writes what it has worked out.
Without fencing its write destroys the second one's; with fencing the store refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from distlab.coordination.lock import double_holders

from ..experiments import Experiment
from ..laboratory import new_folder
from .contender import Contender, Task
from .guarded_store import GuardedStore
from .kinds import KINDS, service

__all__ = ["PAUSE", "lock_pause", "pause_past_lease"]

STOCK = 10
WITH_LEASE = ("sqlite", "postgres", "redis", "zookeeper")


def pause_past_lease(
    kind: str, fencing: bool, lease: float = 1.0, patience: float = 20.0, *, where: Any = None
) -> dict[str, Any]:
    """Stop the holder of a lock until another has had it, and see what becomes of its write.

    Parameters
    ----------
    kind
        The lock, a key of ``KINDS``.
    fencing
        Whether the store looks at tokens.
    lease
        Seconds. The first process is stopped for as long as it takes the second to get the lock.
    patience
        Seconds that the second process waits for the lock at most.
    where
        A service that runs already; None starts one.

    Returns
    -------
    dict
        "lock"; "fencing"; "tokens grow" (None if there are no tokens); "second waited": as a share of the
        lease, None if it never got the lock; "late write": "accepted", "refused"; "sold": sales that the
        clients believe in; "stock" at the end; "lost updates"; "double holders": how often two believed that
        they held the lock; "first gave back": whether the first still had something to give back.

    Raises
    ------
    ServerNotFound
        If the server is not installed.
    LiveError
        If a client fails.

    Examples
    --------
    >>> row = pause_past_lease("sqlite", fencing=False, lease=0.5)
    >>> row["late write"], row["sold"], row["stock"], row["lost updates"]
    ('accepted', 2, 9, 1)
    """
    if where is None:
        with service(kind) as started:
            return pause_past_lease(kind, fencing, lease, patience, where=started)
    path = str(new_folder("store") / "store.db")
    store = GuardedStore(path, stock=STOCK, fencing=fencing)
    first = Contender(Task("first", kind, where, lease=lease, rounds=5, store=path, pause=True))
    second = Contender(Task("second", kind, where, lease=30.0, timeout=patience, rounds=1, store=path))
    for client in (first, second):
        client.wait_until_ready()
    first.go()
    first.wait_until_paused()
    second.go()
    second.wait(patience + 60.0)
    first.process.resume()
    first.wait()
    return _row(kind, fencing, lease, first, second, store)


def _row(
    kind: str, fencing: bool, lease: float, first: Contender, second: Contender, store: GuardedStore
) -> dict[str, Any]:
    early, late = first.holds()[-1], second.holds()
    tokens = None
    if late and early.token is not None and late[0].token is not None:
        tokens = early.token < late[0].token
    [write] = [write for write in store.writes() if write.client == "first"]
    row = {
        "lock": KINDS[kind].lock.title,
        "fencing": fencing,
        "tokens grow": tokens,
        "second waited": round(late[0].waited / lease, 2) if late else None,
        "late write": "accepted" if write.accepted else "refused",
        "sold": first.report()["sold"] + second.report()["sold"],
        "stock": store.value(),
        "lost updates": sum(write.lost for write in store.writes()),
        "double holders": len(double_holders([early, *late])),
        "first gave back": first.report()["gave_back"] == [True],
    }
    store.close()
    return row


def lock_pause(kinds: Iterable[str] = WITH_LEASE, lease: float = 1.0) -> Mapping[str, Any]:
    """Run :func:`pause_past_lease` for several locks, without and with fencing, side by side.

    Parameters
    ----------
    kinds
        The locks, keys of ``KINDS``.
    lease
        Seconds.

    Returns
    -------
    dict
        "rows": those of :func:`pause_past_lease`. What is in them but "second waited" does not depend on the
        machine.
    """

    def without_and_with(kind: str) -> list[dict[str, Any]]:
        with service(kind) as where:
            return [pause_past_lease(kind, fencing, lease, where=where) for fencing in (False, True)]

    with ThreadPoolExecutor() as pool:  # most of the time is waiting
        rows = [row for rows in pool.map(without_and_with, kinds) for row in rows]
    return {"rows": rows, "settings": {"lease": lease, "stock": STOCK}}


PAUSE = Experiment(
    name="lock_pause",
    what=(
        "A real process holds a lock and is stopped (SIGSTOP) past its lease; a second one gets the lock and "
        "sells; the first goes on and writes."
    ),
    needs=("sqlite", "postgres", "redis", "zookeeper"),
    run=lock_pause,
)
