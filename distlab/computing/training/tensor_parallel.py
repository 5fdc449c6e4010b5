"""Tensor parallel: one layer is split over machines, and their partial outputs are added up.

M. Shoeybi et al., "Megatron-LM: Training Multi-Billion Parameter Language Models Using Model Parallelism",
2019, section 3.

The rule, for a perceptron with one hidden layer whose neurons are shared out::

    each machine       the whole batch through its own neurons: a partial sum for every example
    ring all-reduce    of these sums: now everybody knows what the model says
    each machine       the gradient of its own neurons' weights, and the step, without another message

Cost: 2 (N-1)/N numbers per example and machine, whatever the size of the model; each holds an N-th of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from distlab.sim import Network, Node, Simulation, Trace
from distlab.sim.distributions import seconds

from .examples import whole
from .perceptron import Perceptron
from .ring_all_reduce import Ring
from .task import Task
from .vectors import Vector, pack, payload

__all__ = ["TensorSlice", "run_tensor"]


class TensorSlice(Ring):
    """A machine with some of the hidden neurons.

    Recorded is "computed" with ``step`` and ``begun`` (seconds), "updated" with ``version``, ``places``
    (where its parameters stand in the vector of all) and ``values`` (as bytes).

    Parameters
    ----------
    task
        What is trained; the model is a :class:`Perceptron` with one hidden layer.
    steps
        How many.
    part, parts
        Which share of the neurons is its own, counted from 0, of how many.
    compute
        Seconds for its share of a batch.
    """

    def __init__(self, task: Task, steps: int, part: int, parts: int, *, compute: float = 1.0) -> None:
        super().__init__()
        if not isinstance(task.model, Perceptron) or task.model.layers != 2:
            raise ValueError(f"task.model must be a Perceptron with one hidden layer; got {task.model!r}.")
        self.task, self.model = task, task.model
        self.steps = whole(steps, "steps")
        if not whole(parts, "parts") <= self.model.widths[1]:
            raise ValueError(f"parts must be at most the {self.model.widths[1]} neurons; got {parts!r}.")
        self.compute = seconds(compute, "compute")
        self.places = places_of(self.model, part, parts)
        self.theta = self.model.initial()[self.places]
        self.velocity = 0.0 * self.theta
        self.version = 0

    def on_start(self) -> None:
        self.work(self.compute, self.forward)

    def on_recover(self) -> None:
        """It has forgotten its neurons, and nobody else has them."""

    def split(self) -> tuple[Vector, Vector, Vector, float]:
        """Weights in, their biases, weights out, and the bias of the output, which everybody has."""
        features = self.model.widths[0]
        neurons = (self.theta.size - 1) // (features + 2)
        into, bias, out = np.split(self.theta[:-1], [features * neurons, (features + 1) * neurons])
        return into.reshape(features, neurons), bias, out, float(self.theta[-1])

    def forward(self) -> None:
        begun = self.now - self.compute
        self.record("computed", step=self.version, begun=begun, life=0)
        into, bias, out, _ = self.split()
        self.hidden = np.tanh(self.x() @ into + bias)
        self.all_reduce(self.version, self.hidden @ out)

    def x(self) -> Vector:
        return self.task.examples.x[self.task.window(self.version)]

    def all_reduced(self, round: int, total: Vector) -> None:
        """What the whole model says about each example, without the last bias."""
        _, _, out, last = self.split()
        y = self.task.examples.y[self.task.window(self.version)]
        error = self.model.error((total + last).reshape(-1, 1), y)[:, 0]
        delta = np.outer(error, out) * (1.0 - self.hidden**2)
        gradient = np.concatenate(
            [(self.x().T @ delta).ravel(), delta.sum(axis=0), self.hidden.T @ error, [error.sum()]]
        )
        mean = gradient / self.task.batch
        self.theta, self.velocity = self.task.descent.step(self.theta, mean, self.velocity)
        self.version += 1
        places = tuple(self.places.tolist())
        self.record("updated", version=self.version, values=pack(self.theta), places=places, life=0)
        if self.version < self.steps:
            self.work(self.compute, self.forward)
        else:
            self.record("finished")


def places_of(model: Perceptron, part: int, parts: int) -> Any:
    """Where the parameters of some of the hidden neurons stand in the vector of all."""
    features, neurons = model.widths[0], model.widths[1]
    mine = np.array_split(np.arange(neurons), parts)[part]
    into = np.arange(features * neurons).reshape(features, neurons)[:, mine].ravel()
    bias = features * neurons + mine
    out = (features + 1) * neurons + mine
    return np.concatenate([into, bias, out, [model.size - 1]])


def run_tensor(
    task: Task,
    steps: int,
    parts: int,
    *,
    compute: float = 1.0,
    latency: float = 0.0,
    bandwidth: float | None = None,
) -> Trace:
    """Train a perceptron whose hidden layer is split over machines with the ids 1, 2, ...

    Parameters
    ----------
    task, steps, parts, compute
        See :class:`TensorSlice`.
    latency, bandwidth
        Seconds per message and bytes per second of each link.

    Examples
    --------
    >>> from distlab.computing.training import *
    >>> task = Task(Perceptron((2, 8, 1)), Examples("rings", features=2), (64,), Descent(0.5))
    >>> trace = run_tensor(task, steps=3, parts=4)
    >>> bool(abs(assembled(trace, task) - task.serial(3)[-1]).max() < 1e-12)
    True
    """
    nodes: dict[Any, Node] = {
        part + 1: TensorSlice(task, steps, part, parts, compute=compute)
        for part in range(whole(parts, "parts"))
    }
    return Simulation(nodes, Network(latency=latency, bandwidth=bandwidth, size=payload)).run()
