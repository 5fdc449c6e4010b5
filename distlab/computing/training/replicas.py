"""Data parallel without a server: every worker holds the whole model, and all-reduce adds up the gradients.

The rule, for each worker::

    compute the gradient of the own examples
    all-reduce: the sum of all gradients
    every worker takes the same step along it, so that all stay equal

Cost: that of the all-reduce, and of waiting for the slowest worker in every step.

Assumed: nobody stops. One worker that does stops all: there is nobody who could do without it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .examples import whole
from .ring_all_reduce import Ring
from .task import Task
from .tree_all_reduce import Tree
from .vectors import Vector, pack
from .worker import Learner

__all__ = ["Replica", "RingReplica", "TreeReplica"]


class Replica(Learner):
    """A worker that holds the whole model; how gradients are added up is the other half of its class.

    Recorded is "updated" with ``version``, ``values`` (the parameters as bytes), ``samples``, ``staleness``
    (0) and ``life`` (0); "finished".

    Parameters
    ----------
    task, worker, options
        As for :class:`Learner`.
    steps
        How many.
    """

    def __init__(self, task: Task, worker: int, steps: int, **options: Any) -> None:
        super().__init__(task, worker, **options)
        self.steps = whole(steps, "steps")
        self.velocity = np.zeros(task.model.size)
        self.version = 0

    def on_start(self) -> None:
        self.begin_computing(0, 0)

    def on_recover(self) -> None:
        """It has forgotten the model, and nobody waits to tell it."""

    def all_reduce(self, round: int, values: Vector) -> None:
        """Add up with all others."""
        raise NotImplementedError

    def computed(self, gradient: Vector) -> None:
        self.all_reduce(self.version, gradient)

    def all_reduced(self, round: int, total: Vector) -> None:
        self.theta, self.velocity = self.task.descent.step(self.theta, self.mean(total), self.velocity)
        self.version += 1
        facts = {"samples": self.task.batch, "staleness": 0, "life": 0}
        self.record("updated", version=self.version, values=pack(self.theta), **facts)
        if self.version < self.steps:
            self.begin_computing(0, self.version)
        else:
            self.record("finished")

    def mean(self, total: Vector) -> Vector:
        """What counts is an example, not a worker."""
        return total / self.task.batch


class RingReplica(Replica, Ring):
    """Data parallel with ring all-reduce.

    Examples
    --------
    >>> from distlab.computing.training import *
    >>> task = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.5))
    >>> trace = train(RingReplica, task, steps=2)
    >>> losses(trace, task).round(3).values.tolist()
    [[0.0, 0.693], [1.0, 0.563], [2.0, 0.478]]
    """

    all_reduce = Ring.all_reduce

    def __init__(self, task: Task, worker: int, steps: int, **options: Any) -> None:
        Ring.__init__(self)
        Replica.__init__(self, task, worker, steps, **options)


class TreeReplica(Replica, Tree):
    """Data parallel with tree all-reduce.

    Examples
    --------
    >>> from distlab.computing.training import *
    >>> task = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.5))
    >>> losses(train(TreeReplica, task, steps=2), task).loss.round(3).tolist()
    [0.693, 0.563, 0.478]
    """

    all_reduce = Tree.all_reduce

    def __init__(self, task: Task, worker: int, steps: int, **options: Any) -> None:
        Tree.__init__(self)
        Replica.__init__(self, task, worker, steps, **options)
