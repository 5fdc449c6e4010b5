"""Models with one layer, least squares and logistic regression; and a bowl.

A model is data: its parameters are one flat vector that is handed in. ``gradient`` is the *sum* over the
examples, not the mean, so that the sums of shares of any sizes add up to the sum of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .examples import whole
from .vectors import Vector

__all__ = ["Bowl", "LeastSquares", "Logistic", "Model"]


class Model(Protocol):
    """What can be trained."""

    @property
    def size(self) -> int:
        """How many parameters."""
        ...

    def initial(self) -> Vector:
        """The parameters before the first step."""
        ...

    def loss(self, theta: Vector, x: Vector, y: Vector) -> float:
        """The mean loss over some examples."""
        ...

    def gradient(self, theta: Vector, x: Vector, y: Vector) -> Vector:
        """The sum of the gradients over some examples."""
        ...


@dataclass(frozen=True)
class LeastSquares:
    """Half the squared error of a weighted sum of the features.

    Parameters
    ----------
    features
        Numbers in each example; as many parameters.

    Examples
    --------
    >>> import numpy as np
    >>> LeastSquares(1).gradient(np.array([0.0]), np.array([[2.0], [1.0]]), np.array([3.0, 1.0])).tolist()
    [-7.0]
    """

    features: int

    def __post_init__(self) -> None:
        whole(self.features, "features")

    @property
    def size(self) -> int:
        return self.features

    def initial(self) -> Vector:
        return np.zeros(self.size)

    def loss(self, theta: Vector, x: Vector, y: Vector) -> float:
        return float(np.mean((x @ theta - y) ** 2) / 2)

    def gradient(self, theta: Vector, x: Vector, y: Vector) -> Vector:
        return np.asarray(x.T @ (x @ theta - y))


@dataclass(frozen=True)
class Logistic:
    """Logistic regression: the probability of the label 1, from a weighted sum of the features and a bias.

    Parameters
    ----------
    features
        Numbers in each example; one parameter more.

    Examples
    --------
    >>> import numpy as np
    >>> model = Logistic(2)
    >>> round(model.loss(model.initial(), np.ones((4, 2)), np.ones(4)), 4)  # log 2: a coin
    0.6931
    """

    features: int

    def __post_init__(self) -> None:
        whole(self.features, "features")

    @property
    def size(self) -> int:
        return self.features + 1

    def initial(self) -> Vector:
        return np.zeros(self.size)

    def loss(self, theta: Vector, x: Vector, y: Vector) -> float:
        return float(np.mean(log_loss(x @ theta[:-1] + theta[-1], y)))

    def gradient(self, theta: Vector, x: Vector, y: Vector) -> Vector:
        error = sigmoid(x @ theta[:-1] + theta[-1]) - y
        return np.append(x.T @ error, error.sum())


@dataclass(frozen=True)
class Bowl:
    """Half the sum of curvature times parameter squared, the same for every example: the simplest thing that
    can be descended, for statements about the descent itself. It begins at 1 in every direction.

    Parameters
    ----------
    curvatures
        One number above 0 per parameter.

    Examples
    --------
    >>> import numpy as np
    >>> Bowl((1.0, 4.0)).gradient(np.array([1.0, 1.0]), np.zeros((3, 1)), np.zeros(3)).tolist()
    [3.0, 12.0]
    """

    curvatures: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        object.__setattr__(self, "curvatures", tuple(self.curvatures))
        if not self.curvatures or not min(self.curvatures) > 0:
            raise ValueError(f"curvatures must be one or more numbers above 0; got {self.curvatures!r}.")

    @property
    def size(self) -> int:
        return len(self.curvatures)

    def initial(self) -> Vector:
        return np.ones(self.size)

    def loss(self, theta: Vector, x: Vector, y: Vector) -> float:
        return float(np.array(self.curvatures) @ theta**2 / 2)

    def gradient(self, theta: Vector, x: Vector, y: Vector) -> Vector:
        return len(x) * np.array(self.curvatures) * theta


def sigmoid(z: Vector) -> Vector:
    """1 / (1 + exp(-z)), without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * z))


def log_loss(z: Vector, y: Vector) -> Vector:
    """Minus the logarithm of the probability that the model gives to the label."""
    return np.asarray(np.logaddexp(0.0, z) - y * z)
