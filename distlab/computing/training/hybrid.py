"""Hybrid parallel: groups of machines share the examples, and inside each group the layers are split.

J. Dean et al., "Large Scale Distributed Deep Networks", NIPS 2012, for model replicas that are split
themselves; here the groups are pipelines and their gradients meet in rings.

The rule::

    each group           a pipeline over its share of the batch
    a stage has its sum  ring all-reduce with the stages of the same number in the other groups
    the total is there   all of them take the same step

Cost: that of the pipeline inside the groups, and 2 (G-1)/G of a *stage's* parameters between them.
"""

from __future__ import annotations

from typing import Any

from distlab.sim import Network, Node, NodeId, Simulation, Trace

from .examples import whole
from .pipeline import Stage
from .ring_all_reduce import Ring
from .task import Task
from .vectors import Vector, payload

__all__ = ["HybridStage", "run_hybrid"]


class HybridStage(Stage, Ring):
    """A stage of one of several pipelines. Its id is (its group) * (number of stages) + (its stage) + 1.

    Parameters
    ----------
    task, steps, stage, stages, options
        As for :class:`Stage`; ``task.batches`` are the shares of the groups.
    """

    def __init__(self, task: Task, steps: int, stage: int, stages: int, **options: Any) -> None:
        Ring.__init__(self)
        Stage.__init__(self, task, steps, stage, stages, **options)

    def ring(self) -> tuple[NodeId, ...]:
        return tuple([group * self.stages + self.stage + 1 for group in range(self.task.workers)])

    def summed_up(self, gradient: Vector) -> None:
        self.all_reduce(self.version, gradient)

    def all_reduced(self, round: int, total: Vector) -> None:
        self.descend(total)


def run_hybrid(
    task: Task,
    steps: int,
    stages: int,
    micro: int,
    *,
    forward: float = 1.0,
    backward: float = 1.0,
    latency: float = 0.0,
    bandwidth: float | None = None,
) -> Trace:
    """Train a perceptron on several pipelines; as many groups as the task has shares.

    Parameters
    ----------
    task, steps, stages, micro, forward, backward, latency, bandwidth
        As for :func:`run_pipeline`; ``micro`` is per group.

    Examples
    --------
    >>> from distlab.computing.training import *
    >>> task = Task(Perceptron((2, 8, 8, 8, 1)), Examples("rings", features=2), (32, 32), Descent(0.5))
    >>> trace = run_hybrid(task, steps=2, stages=2, micro=4)
    >>> bool(abs(assembled(trace, task) - task.serial(2)[-1]).max() < 1e-12)
    True
    """
    nodes: dict[Any, Node] = {}
    for group in range(task.workers):
        for stage in range(whole(stages, "stages")):
            nodes[group * stages + stage + 1] = HybridStage(
                task, steps, stage, stages, micro=micro, forward=forward, backward=backward, group=group
            )
    return Simulation(nodes, Network(latency=latency, bandwidth=bandwidth, size=payload)).run()
