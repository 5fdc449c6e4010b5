"""Redlock: a lock at a majority of N independent Redis servers.

S. Sanfilippo, "The Redlock algorithm", Redis documentation, "Distributed Locks with Redis"; criticism: M.
Kleppmann, "How to do distributed locking", 2016.

The rule::

    to acquire     start = now; SET lock token NX PX ttl at all N servers, the same token at each
                   wait for all answers, but no longer than ``patience``, which is short against ttl
                   elapsed = now - start;   validity = ttl - elapsed - drift
                   at least N/2 + 1 granted it, and validity > 0:    held for ``validity`` seconds
                   else:    delete the key at all servers, and try again after a random delay
    to release     delete the key at all servers, also where no answer came from
    a server       that comes back after a crash without its keys answers nobody for the longest ttl

Any two majorities share a server, and a server has one holder at a time. So two clients hold the lock
together only if a server in both majorities lost the key before its time: it forgot in a crash, or its clock
ran fast or jumped. ``drift`` covers clocks that run a little differently. The documentation gives no number;
1 % of ttl and 2 ms is what its client libraries take, redlock-rb first (``ClockDriftFactor`` 0.01, and 2 ms
for the precision of Redis's expiry and for short ttls).

Redlock has no fencing token: a majority's random token has no order.

Cost: 2N messages to acquire and 2N to release.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from distlab.sim import NodeId
from distlab.sim.distributions import seconds

from .client import LockClient
from .redis import CompareAndDelete, KeyDeleted, SetNxPx, SetReply

__all__ = ["RedlockClient", "default_drift", "is_held", "servers_needed", "validity"]


def servers_needed(n: int) -> int:
    """How many of n servers must grant: more than half.

    >>> servers_needed(5), servers_needed(4)
    (3, 3)
    """
    return n // 2 + 1


def validity(ttl: float, elapsed: float, drift: float) -> float:
    """Seconds for which the lock is good, counted from the last answer.

    >>> validity(ttl=10.0, elapsed=2.0, drift=0.5)
    7.5
    """
    return ttl - elapsed - drift


def is_held(grants: int, n: int, valid: float) -> bool:
    """Whether the client has the lock.

    >>> is_held(3, 5, 7.5), is_held(2, 5, 7.5), is_held(3, 5, -0.5)
    (True, False, False)
    """
    return grants >= servers_needed(n) and valid > 0


def default_drift(ttl: float) -> float:
    """What to allow for clocks that run differently: 1 % of ttl and 2 ms, as redlock-rb does.

    >>> round(default_drift(10.0), 3)
    0.102
    """
    return 0.01 * ttl + 0.002


class RedlockClient(LockClient):
    """A client of N independent Redis servers.

    Recorded besides is "validity" (grants, elapsed, validity) at the end of each attempt.

    Parameters
    ----------
    servers
        Their ids.
    ttl
        Seconds that the keys last.
    drift
        Seconds to allow for clocks; None: :func:`default_drift`.
    retry
        Seconds between two attempts, on average: uniformly from half of it to one and a half.
    options
        Those of :class:`LockClient`; ``patience`` is how long it waits for the servers' answers.

    Raises
    ------
    ValueError
        If there are no servers or a duration is not one.

    References
    ----------
    Redis documentation, "Distributed Locks with Redis", section "The Redlock algorithm".

    Examples
    --------
    >>> from distlab.coordination.lock import RedisServer
    >>> from distlab.sim import Simulation
    >>> nodes = {1: RedlockClient(rounds=1), **{name: RedisServer(public=False) for name in "ABCDE"}}
    >>> Simulation(nodes).run().records.query("event == 'validity'").grants.tolist()
    [5.0]
    """

    def __init__(
        self,
        *,
        servers: Sequence[NodeId] = ("A", "B", "C", "D", "E"),
        ttl: float = 0.5,
        drift: float | None = None,
        retry: float = 0.02,
        patience: float = 0.05,
        **options: Any,
    ) -> None:
        super().__init__(patience=patience, **options)
        self.servers = tuple(servers)
        if not self.servers:
            raise ValueError("servers must name at least one server; got none.")
        self.ttl = seconds(ttl, "ttl", "more than 0")
        self.drift = default_drift(ttl) if drift is None else seconds(drift, "drift")
        self.retry = seconds(retry, "retry")
        self.name = ""
        self.answers: dict[NodeId, bool] = {}
        self.counting = False
        self.deadline: Any = None

    # --- to acquire

    def acquire(self) -> None:
        self.name = f"{self.id}-{self.rng.getrandbits(32):08x}"
        self.asked_at = self.now
        self.answers = {}
        self.counting = True
        self.broadcast(SetNxPx(self.lock, self.name, self.ttl), to=self.servers)
        self.deadline = self.after(self.patience, self.count)

    def on_set_reply(self, msg: SetReply, sender: NodeId) -> None:
        if msg.token == self.name and self.counting:
            self.answers[sender] = msg.ok
            if len(self.answers) == len(self.servers):
                self.count()

    def count(self) -> None:
        self.counting = False
        self.deadline.cancel()
        grants = sum(self.answers.values())
        valid = self.time_left()
        self.record("validity", grants=grants, elapsed=round(self.elapsed(), 9), validity=round(valid, 9))
        if self.holds(grants, valid):
            self.granted(None, valid)
        else:
            self.delete_everywhere()
            self.after(self.pause(), self.acquire)

    def time_left(self) -> float:
        return validity(self.ttl, self.elapsed(), self.drift)

    def elapsed(self) -> float:
        return self.now - self.asked_at

    def holds(self, grants: int, valid: float) -> bool:
        return is_held(grants, len(self.servers), valid)

    def pause(self) -> float:
        return self.retry * self.rng.uniform(0.5, 1.5)

    # --- to release

    def release(self) -> None:
        self.delete_everywhere()
        self.given_back()

    def delete_everywhere(self) -> None:
        self.broadcast(CompareAndDelete(self.lock, self.name), to=self.servers)

    def on_key_deleted(self, msg: KeyDeleted, sender: NodeId) -> None:
        pass
