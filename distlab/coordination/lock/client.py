"""What all clients of a lock share: wishes, the stay inside, and what is recorded.

The rule, whatever the lock is made of::

    idle      asked:                  acquire(), the recipe's entry
    waiting   granted(token):         the lock is this client's; use what it guards
    holding   the work is done:       leave(): the belief ends first, then release(), the recipe's exit
              the lease is over:      lost(): stop at once, write nothing
    leaving   given_back():           the service knows; then the next wish

A client whose lock has a lease counts the lease from when it *asked*, on its own clock: the service began to
count later than that. It stops when the lease is over (``watch_lease``). That helps as long as the client
runs; one that stands still stops nothing, and no client can call back a message that is under way.

What the lock guards is either nothing (the client works for ``hold`` seconds) or a store: the client reads a
value, works, and writes what it has made of it, each with its fencing token.
"""

from __future__ import annotations

from typing import Any, ClassVar

from distlab.sim import Node, NodeId, Timer
from distlab.sim.distributions import seconds

from .store import Read, Value, Write, Written

__all__ = ["LockClient", "NoLock"]


class LockClient(Node):
    """A client that takes a lock, does something, and gives it back; subclasses say how.

    Roles are "idle", "waiting", "holding" and "leaving". Recorded are "asked" (lock), "acquired" (lock,
    token), "released" (lock, and ``kept=False`` if it was lost before) and, with a store, "sold" (quantity)
    and "sold out".

    Parameters
    ----------
    lock
        The lock's name.
    hold
        Seconds of work inside.
    rounds
        How often the client wants the lock by itself, from the start on; the outside world may call
        ``request()`` besides.
    think
        Seconds between giving the lock back and wanting it again; the first wish comes after ``start``.
    start
        Seconds until the first wish.
    store
        The node that the lock guards; None: nothing is guarded.
    wants
        How much to take from the store in one go.
    entries
        How often the client enters the lock, one inside the other, for one wish.
    reentrant
        Whether it counts its entries itself. If not, the second entry waits for the first to end.
    watch_lease
        Whether it stops when its lease is over by its own clock.
    patience
        Seconds after which a question without an answer is asked again.

    Raises
    ------
    ValueError
        If a duration is not one, or a number is not a whole one.

    Examples
    --------
    >>> from distlab.sim import Simulation
    >>> trace = Simulation([NoLock(hold=0.5, rounds=2, think=1.0)]).run()
    >>> trace.records[["time", "event"]].values.tolist()[1:4]
    [[0.0, 'acquired'], [0.5, 'released'], [1.5, 'asked']]
    """

    workers: ClassVar[int] = 16  # what was begun under a lost lease does not delay what comes after

    def __init__(
        self,
        *,
        lock: str = "stock",
        hold: float = 0.01,
        rounds: int = 0,
        think: float = 0.01,
        start: float = 0.0,
        store: NodeId | None = None,
        wants: int = 1,
        entries: int = 1,
        reentrant: bool = True,
        watch_lease: bool = True,
        patience: float = 0.2,
    ) -> None:
        for name, number, least in ("rounds", rounds, 0), ("wants", wants, 0), ("entries", entries, 1):
            if isinstance(number, bool) or not isinstance(number, int) or number < least:
                raise ValueError(f"{name} must be a whole number of {least} or more; got {number!r}.")
        self.lock = lock
        self.hold = seconds(hold, "hold")
        self.rounds = rounds
        self.think = seconds(think, "think")
        self.start = seconds(start, "start")
        self.store = store
        self.wants = wants
        self.entries = entries
        self.reentrant = reentrant
        self.watch_lease = watch_lease
        self.patience = seconds(patience, "patience", "more than 0")
        self.state = "idle"
        self.wishes = 0
        self.depth = 0  # entries that are not left yet
        self.token: int | None = None  # the fencing token of the present hold
        self.visit = 0  # its number at this client, so that old work and old answers are known
        self.asked_at = 0.0
        self.lease: Timer | None = None
        self.unanswered: Timer | None = None

    def on_start(self) -> None:
        self.become("idle")
        if self.rounds:
            self.after(self.start, self.next_round, self.rounds)

    # --- for the outside world

    def request(self) -> None:
        """Want the lock once."""
        self.wishes += 1
        if self.state == "idle":
            self.begin()

    def next_round(self, left: int) -> None:
        self.rounds = left - 1
        self.request()

    # --- for the recipe

    def begin(self) -> None:
        self.wishes -= 1
        self.state = "waiting"
        self.become("waiting")
        self.record("asked", lock=self.lock)
        self.acquire()

    def granted(self, token: int | None, lasts: float | None = None, **facts: Any) -> None:
        """The lock is ours, for ``lasts`` seconds from now; None: until we give it back."""
        self.depth += 1
        self.record("acquired", lock=self.lock, token=token, **facts)
        if self.depth < self.entries:
            self.enter_again(token, lasts, **facts)
            return
        self.state = "holding"
        self.token = token
        self.visit += 1
        self.become("holding", token=token)
        if lasts is not None and self.watch_lease:
            self.lease = self.after(max(0.0, lasts), self.lost, self.visit)
        self.use()

    def enter_again(self, token: int | None, lasts: float | None, **facts: Any) -> None:
        if self.reentrant:
            self.granted(token, lasts, **facts)
        else:
            self.acquire()

    def extended(self, lasts: float) -> None:
        """The lease is now good for ``lasts`` seconds more."""
        if self.lease is not None and self.lease.pending:
            self.lease.reset(max(0.0, lasts))

    def lost(self, visit: int) -> None:
        """The lease is over: the lock may be another client's by now."""
        if self.state == "holding" and visit == self.visit:
            self.stop(kept=False)

    def stop(self, **facts: Any) -> None:
        self.state = "leaving"
        self.become("leaving")
        if self.lease is not None:
            self.lease.cancel()
        self.settle()
        for _ in range(self.depth):
            self.record("released", lock=self.lock, **facts)
        self.depth = 0
        self.release()

    def given_back(self) -> None:
        """The service knows that we have left."""
        self.settle()
        self.state = "idle"
        self.become("idle")
        if self.wishes:
            self.begin()
        elif self.rounds:
            self.after(self.think, self.next_round, self.rounds)

    def ask(self, to: NodeId, msg: Any) -> None:
        """Send a question, and send it again until ``settle`` is called."""
        self.settle()
        self.send(to, msg)
        self.unanswered = self.after(self.patience, self.ask, to, msg)

    def settle(self) -> None:
        if self.unanswered is not None:
            self.unanswered.cancel()

    # --- what is done inside

    def use(self) -> None:
        if self.store is None:
            self.work(self.hold, self.leave, self.visit)
        else:
            self.ask(self.store, Read(self.visit, self.token))

    def on_value(self, msg: Value, sender: NodeId) -> None:
        if self.state != "holding" or msg.visit != self.visit:
            return
        self.settle()
        if msg.value is None:  # the store has seen a later token
            self.leave(self.visit)
        elif msg.value < self.wants:
            self.record("sold out")
            self.leave(self.visit)
        else:
            self.work(self.hold, self.put, self.visit, msg.value - self.wants, msg.version)

    def put(self, visit: int, value: int, version: int) -> None:
        if self.state == "holding" and visit == self.visit:
            assert self.store is not None
            self.ask(self.store, Write(visit, value, version, self.token))

    def on_written(self, msg: Written, sender: NodeId) -> None:
        if msg.visit != self.visit or self.state != "holding":
            return
        if msg.accepted:
            self.record("sold", quantity=self.wants)
        self.leave(msg.visit)

    def leave(self, visit: int) -> None:
        if self.state == "holding" and visit == self.visit:
            self.stop()

    # --- what the recipe says

    def acquire(self) -> None:
        raise NotImplementedError(f"{type(self).__name__} must say in acquire() how it gets the lock.")

    def release(self) -> None:
        """The recipe's exit; it ends with ``given_back``."""
        self.given_back()


class NoLock(LockClient):
    """A client that takes no lock at all: what happens then is what locks are for.

    Examples
    --------
    >>> from distlab.coordination.lock import Store
    >>> from distlab.sim import Simulation
    >>> nodes = {1: NoLock(store="stock", rounds=1), "stock": Store(stock=2)}
    >>> Simulation(nodes).run().records.query("event == 'sold'").quantity.tolist()
    [1.0]
    """

    def acquire(self) -> None:
        self.granted(None)
