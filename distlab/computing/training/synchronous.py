"""Synchronous descent: a step ends when all gradients are there, or the first of them (backup workers).

J. Chen et al., "Revisiting Distributed Synchronous SGD", 2016, for backup workers.

The rule::

    begin a step       Parameters to all workers
    on Push            of this step, and the worker's first: keep it; else drop it
    ``need`` are here  step along their mean gradient, and begin the next
    no ``need`` in ``patience``     do with what is here; nothing is here: send Parameters again

A worker that gets the parameters of a later step gives up the one that it is at.

Cost: a step takes as long as the slowest of the first ``need`` workers. If each computes for an exponential
time of mean 1 s, that is H_(N+B) - H_B s for N of N + B workers; H is the harmonic number.
"""

from __future__ import annotations

from typing import Any

from distlab.sim import NodeId
from distlab.sim.distributions import seconds

from .examples import whole
from .parameter_server import ParameterServer, Push
from .task import Task
from .vectors import Vector, unpack

__all__ = ["SynchronousServer"]


class SynchronousServer(ParameterServer):
    """A server at whose barrier all workers wait for each other.

    Parameters
    ----------
    task, steps, options
        As for :class:`ParameterServer`.
    need
        How many gradients end a step; None: all. The others are backup workers: what comes late is dropped.
    patience
        Seconds after which a step ends with the gradients that are there; None: wait for ever.

    Raises
    ------
    ValueError
        If ``need`` is more than there are workers.

    Examples
    --------
    >>> from distlab.computing.training import *
    >>> task = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.5))
    >>> trace = train(SynchronousServer, task, steps=2)
    >>> losses(trace, task).round(3).values.tolist()
    [[0.0, 0.693], [1.0, 0.563], [2.0, 0.478]]
    """

    def __init__(
        self,
        task: Task,
        steps: int,
        *,
        need: int | None = None,
        patience: float | None = None,
        **options: Any,
    ) -> None:
        super().__init__(task, steps, **options)
        self.need = task.workers if need is None else whole(need, "need")
        if self.need > task.workers:
            raise ValueError(f"need must be at most the number of workers, {task.workers}; got {need!r}.")
        self.patience = None if patience is None else seconds(patience, "patience", "more than 0")
        self.gathered: list[tuple[NodeId, Push]] = []

    def begin(self) -> None:
        self.gathered = []
        if self.version == self.steps:
            self.record("finished")
            return
        for worker in self.workers_ids:
            self.grant(worker, self.version)
        if self.patience is not None:
            self.after(self.patience, self.lose_patience, self.version)

    def next_step(self, worker: NodeId) -> int | None:
        return self.version if self.version < self.steps else None

    # --- rules

    def take_in(self, msg: Push, sender: NodeId) -> None:
        if not self.is_of_this_step(msg) or self.is_counted(sender):
            self.drop(msg, sender)
            return
        self.gathered.append((sender, msg))
        if self.is_complete():
            self.end_step()

    def is_of_this_step(self, msg: Push) -> bool:
        return msg.step == self.version and self.version < self.steps

    def is_counted(self, worker: NodeId) -> bool:
        return any(worker == other for other, _ in self.gathered)

    def is_complete(self) -> bool:
        return len(self.gathered) >= self.need

    def end_step(self) -> None:
        place = self.workers_ids.index
        pushes = [push for _, push in sorted(self.gathered, key=lambda pair: place(pair[0]))]
        late = max([self.version - push.version for push in pushes])
        self.descend(self.average(pushes), sum([push.samples for push in pushes]), late)
        self.begin()

    def average(self, pushes: list[Push]) -> Vector:
        """Shares may be of different sizes: what counts is an example, not a worker."""
        total = sum([unpack(push.values) for push in pushes], start=0.0 * self.theta)
        return total / sum([push.samples for push in pushes])

    def lose_patience(self, step: int) -> None:
        if step != self.version:
            return
        if self.gathered:
            self.end_step()
        else:
            self.begin()
