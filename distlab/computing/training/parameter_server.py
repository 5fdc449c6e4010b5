"""The parameter server: one node holds the parameters, workers send gradients and fetch parameters.

M. Li et al., "Scaling Distributed Machine Learning with the Parameter Server", OSDI 2014.

The rule::

    server               Parameters to every worker that may compute its next step
    worker, Parameters   compute the gradient of its examples of that step; Push it
    server, Push         count it once; what happens then is the kind of the server:
                         synchronous         wait for all (or the first ``need``), average, one step
                         asynchronous        one step at once, and the sender may go on
                         stale synchronous   one step at once; the sender may go on if it is not too far ahead
    server is back       read the checkpoint, begin a new life, and send Parameters to all: what was learnt
                         since the checkpoint is lost, and gradients of the life before do not count
    worker is back       Hello to the server, which answers with Parameters

Cost: one Push and one Parameters per worker and step. With N workers and S bytes of parameters, 2 N S bytes
go through the server in a step, in and out together. With ``line``, they go one after the other.

Assumed: messages arrive, however late, in any order, perhaps twice. With ``patience`` the synchronous server
does without those that stay away or whose messages are lost.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any, ClassVar

import numpy as np

from distlab.sim import Node, NodeId, message

from .examples import whole
from .task import Task
from .vectors import Vector, pack, unpack

__all__ = ["Hello", "ParameterServer", "Parameters", "Push"]


@message
class Parameters:
    """Compute this step with these parameters."""

    life: int
    step: int
    version: int
    values: bytes


@message
class Push:
    """The sum of the gradients over my examples of this step, and how many examples they were."""

    life: int
    step: int
    version: int
    samples: int
    values: bytes


@message
class Hello:
    """I am back, and know nothing."""


class ParameterServer(Node):
    """What all kinds of servers share: the parameters, the checkpoint and the line.

    Recorded is "updated" with ``version`` (how many steps of descent), ``values`` (the parameters as bytes),
    ``samples``, ``staleness`` (the largest number of steps that others made since the parameters of a
    gradient were sent) and ``life``; "checkpoint" (version); "dropped" for a gradient that does not count;
    "finished".

    Parameters
    ----------
    task
        What is trained.
    steps
        How many steps each worker computes.
    workers
        The ids of the workers, in the order of ``task.batches``; None: 1, 2, ...
    checkpoint
        After how many updates the parameters are written to disk; None: never.
    line
        Bytes per second through the server's network card, in and out together; None: no limit.
    """

    stable: ClassVar[tuple[str, ...]] = ("disk", "life")

    def __init__(
        self,
        task: Task,
        steps: int,
        *,
        workers: tuple[NodeId, ...] | None = None,
        checkpoint: int | None = None,
        line: float | None = None,
    ) -> None:
        self.task = task
        self.steps = whole(steps, "steps")
        self.workers_ids = tuple(range(1, task.workers + 1)) if workers is None else tuple(workers)
        if len(self.workers_ids) != task.workers:
            raise ValueError(f"workers must name {task.workers} nodes; got {self.workers_ids!r}.")
        self.checkpoint = None if checkpoint is None else whole(checkpoint, "checkpoint")
        if line is not None and not 0 < line < inf:
            raise ValueError(f"line must be more than 0 bytes per second, or None; got {line!r}.")
        self.line = line
        self.theta = task.model.initial()
        self.velocity = np.zeros(task.model.size)
        self.version = 0
        self.life = 0
        self.disk: Any = None

    def on_start(self) -> None:
        self.begin()

    def on_recover(self) -> None:
        self.life = self.next_life()
        if self.disk is not None:
            self.restore(self.disk)
        self.begin()

    # --- what the kinds of servers differ in

    def begin(self) -> None:
        """Let the workers compute, from what is known."""
        raise NotImplementedError

    def take_in(self, msg: Push, sender: NodeId) -> None:
        """A gradient of this life has come."""
        raise NotImplementedError

    def next_step(self, worker: NodeId) -> int | None:
        """What a worker that is back has to compute; None: nothing yet."""
        raise NotImplementedError

    # --- messages

    def on_push(self, msg: Push, sender: NodeId) -> None:
        self.through_the_line(msg.values, self.receive, msg, sender)

    def receive(self, msg: Push, sender: NodeId) -> None:
        if self.is_of_this_life(msg):
            self.take_in(msg, sender)
        else:
            self.drop(msg, sender)

    def on_hello(self, msg: Hello, sender: NodeId) -> None:
        step = self.next_step(sender)
        if step is not None:
            self.grant(sender, step)

    # --- rules

    def next_life(self) -> int:
        return self.life + 1

    def is_of_this_life(self, msg: Push) -> bool:
        return msg.life == self.life

    def drop(self, msg: Push, sender: NodeId) -> None:
        self.record("dropped", worker=sender, step=msg.step, late=self.version - msg.version)

    def grant(self, worker: NodeId, step: int) -> None:
        msg = Parameters(self.life, step, self.version, pack(self.theta))
        self.through_the_line(msg.values, self.send, worker, msg)

    def through_the_line(self, data: bytes, then: Callable[..., None], *arguments: Any) -> None:
        """One after the other over the network card; at once if it has no limit."""
        if self.line is None:
            then(*arguments)
        else:
            self.work(len(data) / self.line, then, *arguments)

    def descend(self, mean: Vector, samples: int, staleness: int, worker: Any = None) -> None:
        """One step of descent along the mean gradient of some examples."""
        self.theta, self.velocity = self.task.descent.step(self.theta, mean, self.velocity)
        self.version += 1
        facts = {"samples": samples, "staleness": staleness, "worker": worker, "life": self.life}
        self.record("updated", version=self.version, values=pack(self.theta), **facts)
        if self.checkpoint is not None and self.version % self.checkpoint == 0:
            self.disk = self.save()
            self.record("checkpoint", version=self.version)

    def save(self) -> Any:
        """What goes to disk: the parameters and the state of the optimiser."""
        return self.version, pack(self.theta), pack(self.velocity)

    def restore(self, disk: Any) -> None:
        self.version, theta, velocity = disk[:3]
        self.theta, self.velocity = unpack(theta), unpack(velocity)
