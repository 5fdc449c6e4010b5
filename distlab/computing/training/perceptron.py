"""A multi-layer perceptron, layer by layer, so that its layers can lie on different machines."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from random import Random

import numpy as np

from .examples import whole
from .models import log_loss, sigmoid
from .vectors import Vector

__all__ = ["Perceptron"]


@dataclass(frozen=True)
class Perceptron:
    """Layers of tanh, and a logistic one at the end.

    Parameters
    ----------
    widths
        Numbers per example, then neurons per layer; the last is 1: ``(2, 16, 16, 1)`` has three layers.
    seed
        Of the initial weights.

    Raises
    ------
    ValueError
        If there is no layer, a width is not a whole number above 0, or the last is not 1.

    Examples
    --------
    >>> model = Perceptron((2, 3, 1))
    >>> model.size, [model.of_layer(layer) for layer in range(model.layers)]
    (13, [slice(0, 9, None), slice(9, 13, None)])
    """

    widths: tuple[int, ...]
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))
        if len(self.widths) < 2 or self.widths[-1] != 1:
            raise ValueError(f"widths must be two or more numbers, the last of them 1; got {self.widths!r}.")
        for width in self.widths:
            whole(width, "each of the widths")

    @property
    def layers(self) -> int:
        """How many layers of weights."""
        return len(self.widths) - 1

    @property
    def size(self) -> int:
        return sum([(wide + 1) * narrow for wide, narrow in pairwise(self.widths)])

    def of_layer(self, layer: int) -> slice:
        """Where the parameters of one layer stand in the vector of all; layers count from 0."""
        sizes = [(wide + 1) * narrow for wide, narrow in pairwise(self.widths)]
        return slice(sum(sizes[:layer]), sum(sizes[: layer + 1]))

    def initial(self) -> Vector:
        rng = Random(self.seed)
        weights: list[float] = []
        for wide, narrow in pairwise(self.widths):
            weights += [rng.gauss(0.0, wide**-0.5) for _ in range(wide * narrow)] + [0.0] * narrow
        return np.array(weights)

    # --- one layer: weights and biases are one vector

    def forward(self, layer: int, theta: Vector, x: Vector) -> Vector:
        """What comes out of one layer; ``theta`` are its own parameters, ``x`` what goes in."""
        matrix, bias = self.matrix(layer, theta)
        z = x @ matrix + bias
        return z if layer == self.layers - 1 else np.tanh(z)

    def backward(
        self, layer: int, theta: Vector, x: Vector, out: Vector, above: Vector
    ) -> tuple[Vector, Vector]:
        """The gradient of one layer, summed over the examples, and what goes back to the layer below.

        ``x`` went in, ``out`` came out, ``above`` is the derivative of the loss by ``out``.
        """
        matrix, _ = self.matrix(layer, theta)
        delta = above if layer == self.layers - 1 else above * (1.0 - out**2)
        own = np.concatenate([(x.T @ delta).ravel(), delta.sum(axis=0)])
        return own, delta @ matrix.T

    def matrix(self, layer: int, theta: Vector) -> tuple[Vector, Vector]:
        """The parameters of a layer as weights (in x out) and biases."""
        wide, narrow = self.widths[layer : layer + 2]
        return theta[: wide * narrow].reshape(wide, narrow), theta[wide * narrow :]

    def error(self, out: Vector, y: Vector) -> Vector:
        """The derivative of each example's loss by what comes out of the last layer."""
        return sigmoid(out) - y.reshape(-1, 1)

    # --- the whole model

    def loss(self, theta: Vector, x: Vector, y: Vector) -> float:
        for layer in range(self.layers):
            x = self.forward(layer, theta[self.of_layer(layer)], x)
        return float(np.mean(log_loss(x[:, 0], y)))

    def gradient(self, theta: Vector, x: Vector, y: Vector) -> Vector:
        outs = [x]
        for layer in range(self.layers):
            outs.append(self.forward(layer, theta[self.of_layer(layer)], outs[-1]))
        above = self.error(outs[-1], y)
        parts: list[Vector] = []
        for layer in reversed(range(self.layers)):
            own, above = self.backward(
                layer, theta[self.of_layer(layer)], outs[layer], outs[layer + 1], above
            )
            parts.insert(0, own)
        return np.concatenate(parts)
