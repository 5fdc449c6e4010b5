"""A worker of a parameter server: fetch, compute, push."""

from __future__ import annotations

from typing import Any

import numpy as np

from distlab.sim import Node, NodeId, Timer
from distlab.sim.distributions import Distribution, as_distribution, seconds

from .examples import whole
from .parameter_server import Hello, Parameters, Push
from .task import Task
from .vectors import pack, unpack

__all__ = ["Learner", "Worker"]


class Learner(Node):
    """A node that computes gradients of its share of the examples, for a while each.

    Recorded is "computed" with ``step``, ``begun`` (seconds) and ``life``, or "given up" with the same.

    Parameters
    ----------
    task
        What is trained.
    worker
        Which share is its own; the first is 0.
    compute
        Seconds that a gradient takes: a number, or a distribution.
    slow
        All times are longer by this factor.
    """

    def __init__(
        self, task: Task, worker: int, *, compute: float | Distribution = 1.0, slow: float = 1.0
    ) -> None:
        self.task = task
        self.worker = whole(worker, "worker", 0)
        if worker >= task.workers:
            raise ValueError(f"worker must be below the number of workers, {task.workers}; got {worker!r}.")
        self.compute = as_distribution(compute, "compute")
        self.slow = seconds(slow, "slow", "more than 0")
        self.busy: Timer | None = None
        self.at = (0, 0, 0.0)  # life, step, when it began
        self.theta = task.model.initial()

    def begin_computing(self, life: int, step: int) -> None:
        self.give_up()
        self.at = (life, step, self.now)
        self.busy = self.after(self.compute.sample(self.rng) * self.slow, self.finish_computing)

    def give_up(self) -> None:
        """The work on an older step is for nothing."""
        if self.busy is not None and self.busy.pending:
            self.busy.cancel()
            self.note("given up")

    def finish_computing(self) -> None:
        self.note("computed")
        self.computed(self.task.gradient(self.worker, self.at[1], self.theta))

    def note(self, event: str) -> None:
        life, step, begun = self.at
        self.record(event, step=step, begun=begun, life=life)

    def computed(self, gradient: np.ndarray) -> None:
        """What becomes of a gradient (the sum over the worker's examples)."""
        raise NotImplementedError


class Worker(Learner):
    """Computes what the server asks for.

    Parameters
    ----------
    task, worker, options
        As for :class:`Learner`.
    server
        The id of the server.
    """

    def __init__(self, task: Task, worker: int, *, server: NodeId = "server", **options: Any) -> None:
        super().__init__(task, worker, **options)
        self.server = server
        self.newest = (-1, -1)
        self.version = 0
        self.pushed: Push | None = None  # once the step is computed

    def on_recover(self) -> None:
        self.send(self.server, Hello())

    def on_parameters(self, msg: Parameters, sender: NodeId) -> None:
        if self.is_asked_again(msg):
            self.push_again()
        if self.is_old(msg):
            return
        self.newest = (msg.life, msg.step)
        self.version, self.theta, self.pushed = msg.version, unpack(msg.values), None
        self.record("holds", version=msg.version, values=msg.values, life=msg.life)
        self.begin_computing(msg.life, msg.step)

    def is_asked_again(self, msg: Parameters) -> bool:
        """The server has seen nothing of what this worker has sent; or the message has come twice."""
        return (msg.life, msg.step) == self.newest

    def push_again(self) -> None:
        if self.pushed is not None:
            self.send(self.server, self.pushed)

    def is_old(self, msg: Parameters) -> bool:
        """Of a step that it knows, or of a life of the server that is over."""
        return (msg.life, msg.step) <= self.newest

    def computed(self, gradient: np.ndarray) -> None:
        life, step, _ = self.at
        samples = self.task.batches[self.worker]
        self.pushed = Push(life, step, self.version, samples, pack(gradient))
        self.send(self.server, self.pushed)
