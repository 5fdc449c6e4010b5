"""Pipeline parallel: the layers lie on different machines, and micro-batches follow each other.

Y. Huang et al., "GPipe: Efficient Training of Giant Neural Networks using Pipeline Parallelism",
NeurIPS 2019.

The rule, with K stages and a batch that is cut into M micro-batches::

    first stage       forward all micro-batches, one after the other
    a stage, Forward  forward it through the own layers; send what comes out to the next stage
    last stage        when all M are through: backward them, the last first
    a stage, Backward the gradient of the own layers, added up; send the derivative to the stage before
    all M are back    step along the sum: the parameters are those of one machine with the whole batch

Cost: with unit time per micro-batch and direction a step takes 2 (M + K - 1), of which each stage works 2 M:
the bubble is (K-1)/(M+K-1) of the time. Activations travel, not parameters: per step and cut 2 B w numbers
for a batch of B and a layer of w neurons. Each stage keeps the activations of M micro-batches.

Layer parallel without micro-batches is M = 1: one stage works while the others wait.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from distlab.sim import Network, Node, NodeId, Simulation, Trace, message
from distlab.sim.distributions import seconds

from .examples import whole
from .perceptron import Perceptron
from .task import Task
from .vectors import Vector, pack, payload, unpack

__all__ = ["Backward", "Forward", "Stage", "layers_of", "run_pipeline"]


@message
class Forward:
    """What came out of the layers before."""

    step: int
    micro: int
    values: bytes


@message
class Backward:
    """The derivative of the loss by that."""

    step: int
    micro: int
    values: bytes


class Stage(Node):
    """One machine of a pipeline: some layers of a perceptron.

    Recorded is "computed" with ``step``, ``micro`` (counted from 1), ``job`` ("forward" or "backward") and
    ``begun`` (seconds); "updated" with ``version``, ``stage`` and ``values`` (its parameters as bytes).

    Parameters
    ----------
    task
        What is trained; the model is a :class:`Perceptron`. ``task.batches`` are those of the groups: a
        pipeline alone is one group.
    steps
        How many.
    stage, stages
        Which one this is, counted from 0, and how many there are.
    micro
        Into how many micro-batches the group's batch is cut.
    forward, backward
        Seconds that a micro-batch takes in this stage.
    group
        Which share of the examples is its own, counted from 0.
    """

    def __init__(
        self,
        task: Task,
        steps: int,
        stage: int,
        stages: int,
        *,
        micro: int = 1,
        forward: float = 1.0,
        backward: float = 1.0,
        group: int = 0,
    ) -> None:
        if not isinstance(task.model, Perceptron):
            raise ValueError(f"a pipeline needs a Perceptron, whose layers can be cut; got {task.model!r}.")
        self.task, self.model = task, task.model
        self.steps = whole(steps, "steps")
        self.stage, self.stages = stage, whole(stages, "stages")
        self.layers = layers_of(self.model, stage, stages)
        self.micro = whole(micro, "micro")
        if self.micro > task.batches[group]:
            raise ValueError(
                f"micro must be at most the {task.batches[group]} examples of a batch; got {micro!r}."
            )
        self.forward = seconds(forward, "forward")
        self.backward = seconds(backward, "backward")
        self.group = group
        self.own = slice(self.model.of_layer(self.layers[0]).start, self.model.of_layer(self.layers[-1]).stop)
        self.theta = self.model.initial()[self.own]
        self.velocity = 0.0 * self.theta
        self.version = 0
        self.held: list[Forward] = []  # of a step that this stage has not begun
        self.empty()

    def empty(self) -> None:
        """Nothing of the step is here yet."""
        self.kept: dict[int, list[Vector]] = {}  # micro-batch -> what went into each layer, and came out
        self.gradients: dict[int, Vector] = {}
        self.forwarded = 0

    def on_start(self) -> None:
        self.begin_step()

    def on_recover(self) -> None:
        """It has forgotten its layers, and nobody else has them."""

    def begin_step(self) -> None:
        self.empty()
        if self.stage == 0:
            for number, piece in enumerate(self.pieces()):
                self.accept(Forward(self.version, number, pack(self.task.examples.x[piece])))
        held, self.held = self.held, []
        for msg in held:
            self.on_forward(msg, None)

    def pieces(self) -> list[slice]:
        """The examples of each micro-batch."""
        piece = self.task.piece(self.group, self.version)
        cuts = np.linspace(piece.start, piece.stop, self.micro + 1).round().astype(int).tolist()
        return [slice(begin, end) for begin, end in pairwise(cuts)]

    def neighbour(self, direction: int) -> NodeId:
        """The id of the stage after (+1) or before (-1)."""
        return self.id + direction

    # --- forward

    def on_forward(self, msg: Forward, sender: Any) -> None:
        if msg.step > self.version:
            self.held.append(msg)
        elif self.is_new(msg):
            self.accept(msg)

    def is_new(self, msg: Forward) -> bool:
        return msg.step == self.version and msg.micro not in self.kept

    def accept(self, msg: Forward) -> None:
        wide = self.model.widths[self.layers[0]]
        self.kept[msg.micro] = [unpack(msg.values, columns=wide)]
        self.work(self.forward, self.through, msg.micro)

    def through(self, micro: int) -> None:
        """A micro-batch is through the layers of this stage."""
        self.note("forward", micro, self.forward)
        outs = self.kept[micro]
        for layer in self.layers:
            outs.append(self.model.forward(layer, self.of_layer(layer), outs[-1]))
        self.forwarded += 1
        if self.stage < self.stages - 1:
            self.send(self.neighbour(+1), Forward(self.version, micro, pack(outs[-1])))
        elif self.forwarded == self.micro:
            for number in reversed(range(self.micro)):
                self.work(self.backward, self.back, number, self.error(number))

    def error(self, micro: int) -> bytes:
        piece = self.pieces()[micro]
        return pack(self.model.error(self.kept[micro][-1], self.task.examples.y[piece]))

    # --- backward

    def on_backward(self, msg: Backward, sender: NodeId) -> None:
        if msg.step == self.version and msg.micro not in self.gradients and msg.micro in self.kept:
            self.gradients[msg.micro] = np.zeros(0)  # it is under way
            self.work(self.backward, self.back, msg.micro, msg.values)

    def back(self, micro: int, values: bytes) -> None:
        """The gradient of a micro-batch by the parameters of this stage is known."""
        self.note("backward", micro, self.backward)
        above = unpack(values, columns=self.model.widths[self.layers[-1] + 1])
        outs = self.kept[micro]
        parts: list[Vector] = []
        for place, layer in reversed(list(enumerate(self.layers))):
            own, above = self.model.backward(layer, self.of_layer(layer), outs[place], outs[place + 1], above)
            parts.insert(0, own)
        self.gradients[micro] = np.concatenate(parts)
        if self.stage > 0:
            self.send(self.neighbour(-1), Backward(self.version, micro, pack(above)))
        if self.is_complete():
            self.summed_up(
                sum([self.gradients[number] for number in range(self.micro)], start=0.0 * self.theta)
            )

    def is_complete(self) -> bool:
        return all(self.gradients.get(number, self.theta[:0]).size for number in range(self.micro))

    def summed_up(self, gradient: Vector) -> None:
        """The gradient of the whole batch is there."""
        self.descend(gradient)

    def descend(self, gradient: Vector) -> None:
        mean = gradient / self.task.batch
        self.theta, self.velocity = self.task.descent.step(self.theta, mean, self.velocity)
        self.version += 1
        self.record("updated", version=self.version, stage=self.stage, values=pack(self.theta), life=0)
        if self.version < self.steps:
            self.begin_step()
        else:
            self.record("finished")

    def of_layer(self, layer: int) -> Vector:
        part = self.model.of_layer(layer)
        return self.theta[part.start - self.own.start : part.stop - self.own.start]

    def note(self, job: str, micro: int, took: float) -> None:
        self.record("computed", step=self.version, micro=micro + 1, job=job, begun=self.now - took, life=0)


def layers_of(model: Perceptron, stage: int, stages: int) -> range:
    """The layers of one stage; the cuts are as even as can be.

    >>> [list(layers_of(Perceptron((2, 8, 8, 8, 1)), stage, 2)) for stage in (0, 1)]
    [[0, 1], [2, 3]]
    """
    if stages > model.layers:
        raise ValueError(f"stages must be at most the number of layers, {model.layers}; got {stages!r}.")
    cuts = [round(model.layers * place / stages) for place in range(stages + 1)]
    return range(cuts[stage], cuts[stage + 1])


def run_pipeline(
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
    """Train a perceptron on a pipeline of machines with the ids 1, 2, ...

    Parameters
    ----------
    task, steps, stages, micro, forward, backward
        See :class:`Stage`.
    latency, bandwidth
        Seconds per message and bytes per second of each link.

    Examples
    --------
    >>> from distlab.computing.training import *
    >>> task = Task(Perceptron((2, 8, 8, 8, 1)), Examples("rings", features=2), (64,), Descent(0.5))
    >>> trace = run_pipeline(task, steps=1, stages=4, micro=8)
    >>> trace.end, round(idle_share(trace), 4)
    (22.0, 0.2727)
    """
    nodes: dict[Any, Node] = {
        stage + 1: Stage(task, steps, stage, stages, micro=micro, forward=forward, backward=backward)
        for stage in range(whole(stages, "stages"))
    }
    return Simulation(nodes, Network(latency=latency, bandwidth=bandwidth, size=payload)).run()
