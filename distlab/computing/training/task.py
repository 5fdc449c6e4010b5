"""What is trained: a model, its examples, who takes which of them, and the rule of descent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from .examples import Examples, whole
from .models import Model
from .vectors import Vector

__all__ = ["Descent", "Task", "shares"]


@dataclass(frozen=True)
class Descent:
    """Gradient descent with momentum: v = momentum v + g, then theta = theta - rate v.

    Parameters
    ----------
    rate
        The learning rate, above 0.
    momentum
        From 0 (none) to below 1. With momentum the optimiser has a state of its own, v.

    Examples
    --------
    >>> import numpy as np
    >>> theta, v = Descent(0.1, momentum=0.5).step(np.array([1.0]), np.array([2.0]), np.array([4.0]))
    >>> theta.tolist(), v.tolist()
    ([0.6], [4.0])
    """

    rate: float
    momentum: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.rate, bool) or not isinstance(self.rate, int | float) or not 0 < self.rate < inf:
            raise ValueError(f"rate must be a number above 0; got {self.rate!r}.")
        if not isinstance(self.momentum, int | float) or not 0 <= self.momentum < 1:
            raise ValueError(f"momentum must be from 0 to below 1; got {self.momentum!r}.")

    def step(self, theta: Vector, gradient: Vector, velocity: Vector) -> tuple[Vector, Vector]:
        """The parameters and the velocity after a step along a mean gradient."""
        velocity = self.momentum * velocity + gradient
        return theta - self.rate * velocity, velocity


@dataclass(frozen=True)
class Task:
    """What is trained, and how a step's examples are shared out.

    In step t, worker k takes the k-th piece of the t-th window of the examples; the windows follow each other
    and start again at the end. So all workers together take what one machine with one big batch takes.

    Parameters
    ----------
    model, examples
        What learns, and from what.
    batches
        Examples per step of the first, second, ... worker. They need not be equal.
    descent
        The rule of descent.

    Examples
    --------
    >>> from distlab.computing.training import Logistic
    >>> task = Task(Logistic(8), Examples("clouds", samples=512), shares(64, 4), Descent(0.5))
    >>> task.batch, task.piece(1, step=0), task.piece(1, step=1)
    (64, slice(16, 32, None), slice(80, 96, None))
    """

    model: Model
    examples: Examples
    batches: tuple[int, ...]
    descent: Descent

    def __post_init__(self) -> None:
        object.__setattr__(self, "batches", tuple(self.batches))
        if not self.batches:
            raise ValueError("batches must name the examples per step of at least one worker; it is empty.")
        for batch in self.batches:
            whole(batch, "each of the batches")
        if self.examples.samples % self.batch:
            raise ValueError(
                f"the batches must add up to a divisor of the {self.examples.samples} examples; "
                f"they add up to {self.batch}."
            )

    @property
    def workers(self) -> int:
        """How many workers share a step's examples."""
        return len(self.batches)

    @property
    def batch(self) -> int:
        """Examples of all workers in one step."""
        return sum(self.batches)

    def piece(self, worker: int, step: int) -> slice:
        """The examples of one worker (counted from 0) in one step (counted from 0)."""
        window = step * self.batch % self.examples.samples
        begin = window + sum(self.batches[:worker])
        return slice(begin, begin + self.batches[worker])

    def window(self, step: int) -> slice:
        """The examples of all workers in one step."""
        begin = step * self.batch % self.examples.samples
        return slice(begin, begin + self.batch)

    def gradient(self, worker: int, step: int, theta: Vector) -> Vector:
        """The sum of the gradients over the examples of one worker in one step."""
        piece = self.piece(worker, step)
        return self.model.gradient(theta, self.examples.x[piece], self.examples.y[piece])

    def loss(self, theta: Vector) -> float:
        """The mean loss over all examples."""
        return self.model.loss(theta, self.examples.x, self.examples.y)

    def serial(self, steps: int) -> list[Vector]:
        """The parameters before each step and after the last, on one machine with one big batch.

        >>> from distlab.computing.training import Logistic
        >>> task = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.5))
        >>> [round(task.loss(theta), 3) for theta in task.serial(2)]
        [0.693, 0.563, 0.478]
        """
        theta = self.model.initial()
        velocity = np.zeros(self.model.size)
        path = [theta]
        for step in range(whole(steps, "steps", 0)):
            window = self.window(step)
            gradient = self.model.gradient(theta, self.examples.x[window], self.examples.y[window])
            theta, velocity = self.descent.step(theta, gradient / self.batch, velocity)
            path.append(theta)
        return path


def shares(total: int, workers: int, weights: Sequence[float] | None = None) -> tuple[int, ...]:
    """Cut a number of examples into shares, as equal as can be or in proportion to weights.

    >>> shares(64, 3), shares(64, 3, weights=(2, 1, 1))
    ((22, 21, 21), (32, 16, 16))
    """
    whole(workers, "workers")
    if not isinstance(total, int) or total < workers:
        raise ValueError(f"total must be a whole number of {workers} or more, one per worker; got {total!r}.")
    parts = [1.0] * workers if weights is None else [float(weight) for weight in weights]
    if len(parts) != workers or min(parts) <= 0:
        raise ValueError(f"weights must be {workers} numbers above 0; got {weights!r}.")
    exact = [total * part / sum(parts) for part in parts]
    cut = [max(1, int(share)) for share in exact]
    order = sorted(range(workers), key=lambda worker: cut[worker] - exact[worker])
    for turn in range(total - sum(cut)):
        cut[order[turn % workers]] += 1
    return tuple(cut)
