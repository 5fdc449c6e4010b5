"""Stale synchronous descent: nobody waits for anybody, unless it is too far ahead.

Q. Ho et al., "More Effective Distributed ML via a Stale Synchronous Parallel Parameter Server", NIPS 2013.
Without a bound it is asynchronous descent.

The rule::

    on Push        the worker's next one: step along its gradient; the worker's clock ticks
    to go on       a worker with clock c may begin its next step while c - (the smallest clock) <= s

The clock of a worker is the number of steps that it has finished, so two clocks are never more than s + 1
apart. With s = 0 everybody waits for everybody: bulk synchronous. Without a bound a worker waits for nobody.

Cost: as for every parameter server, 2 N S bytes for N gradients. The price is staleness: between fetching
the parameters and handing in the gradient, others make steps. Their mean number is N - 1, whatever the
speeds: each step of the server is stale news for the N - 1 others.
"""

from __future__ import annotations

from math import inf
from typing import Any

from distlab.sim import NodeId

from .parameter_server import ParameterServer, Push
from .task import Task
from .vectors import unpack

__all__ = ["AsynchronousServer", "StaleSynchronousServer"]


class StaleSynchronousServer(ParameterServer):
    """A server that lets a worker go on if it is at most ``bound`` steps ahead of the slowest.

    Each gradient is a step of its own. N of them move the parameters as far as one synchronous step does if
    the rate is an N-th.

    Parameters
    ----------
    task, steps, options
        As for :class:`ParameterServer`.
    bound
        s, a whole number of 0 or more; ``math.inf``: no bound.

    Raises
    ------
    ValueError
        If ``bound`` is not one.

    Examples
    --------
    >>> from distlab.computing.training import *
    >>> task = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.5 / 4))
    >>> slow = {4: 3.0}  # worker 4 takes three times as long
    >>> trace = train(StaleSynchronousServer, task, steps=6, bound=1, slow=slow)
    >>> largest_gap(trace)
    2
    """

    def __init__(self, task: Task, steps: int, *, bound: float = 0, **options: Any) -> None:
        super().__init__(task, steps, **options)
        if isinstance(bound, bool) or not (bound == inf or (isinstance(bound, int) and bound >= 0)):
            raise ValueError(f"bound must be a whole number of 0 or more, or math.inf; got {bound!r}.")
        self.bound = bound
        self.clocks = dict.fromkeys(self.workers_ids, 0)
        self.waiting = list(self.workers_ids)

    def begin(self) -> None:
        self.waiting = list(self.workers_ids)
        self.let_go_on()

    def next_step(self, worker: NodeId) -> int | None:
        busy = worker not in self.waiting and self.clocks[worker] < self.steps
        return self.clocks[worker] if busy else None

    # --- rules

    def take_in(self, msg: Push, sender: NodeId) -> None:
        if self.is_counted(sender, msg.step):
            self.drop(msg, sender)
            return
        self.clocks[sender] += 1
        self.descend(unpack(msg.values) / msg.samples, msg.samples, self.version - msg.version, worker=sender)
        self.waiting.append(sender)
        self.let_go_on()
        if min(self.clocks.values()) == self.steps:
            self.record("finished")

    def is_counted(self, worker: NodeId, step: int) -> bool:
        return step < self.clocks[worker]

    def let_go_on(self) -> None:
        able = [worker for worker in self.waiting if self.may_go_on(worker)]
        self.waiting = [worker for worker in self.waiting if worker not in able]
        for worker in able:
            if self.clocks[worker] < self.steps:
                self.grant(worker, self.clocks[worker])

    def may_go_on(self, worker: NodeId) -> bool:
        return self.clocks[worker] - min(self.clocks.values()) <= self.bound

    # --- the checkpoint holds the clocks, too

    def save(self) -> Any:
        return (*super().save(), tuple(self.clocks.values()))

    def restore(self, disk: Any) -> None:
        super().restore(disk)
        self.clocks = dict(zip(self.workers_ids, disk[3], strict=True))


class AsynchronousServer(StaleSynchronousServer):
    """A server that makes a step whenever a gradient comes (Downpour SGD: Dean et al., NIPS 2012).

    Examples
    --------
    >>> from distlab.computing.training import *
    >>> task = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.5 / 4))
    >>> trace = train(AsynchronousServer, task, steps=3)
    >>> staleness(trace).tolist()
    [0, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3]
    """

    def __init__(self, task: Task, steps: int, **options: Any) -> None:
        super().__init__(task, steps, bound=inf, **options)
