"""Examples to learn from, generated from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from random import Random

import numpy as np

from .vectors import Vector

__all__ = ["Examples"]

_SHAPES = ("clouds", "line", "rings")


@dataclass(frozen=True)
class Examples:
    """A set of examples: the same arguments give the same numbers on every machine.

    Parameters
    ----------
    shape
        "clouds": two overlapping clouds of points, labels 0 and 1; "rings": a disc (label 0) in a ring
        (label 1), which no straight line tells apart; "line": a number that is a sum of the features, and
        noise.
    samples, features
        How many examples, and numbers in each.
    seed
        Whole number.

    Attributes
    ----------
    x : array of shape (samples, features)
    y : array of shape (samples,)

    Raises
    ------
    ValueError
        If a size is not a whole number above 0, or there is no such shape.

    Examples
    --------
    >>> examples = Examples("clouds", samples=100, features=2, seed=1)
    >>> examples.x.shape, sorted(set(examples.y.tolist()))
    ((100, 2), [0.0, 1.0])
    """

    shape: str = "clouds"
    samples: int = 512
    features: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        if self.shape not in _SHAPES:
            raise ValueError(f"shape must be one of {', '.join(map(repr, _SHAPES))}; got {self.shape!r}.")
        for name in ("samples", "features"):
            whole(getattr(self, name), name)

    @property
    def x(self) -> Vector:
        return _drawn(self)[0]

    @property
    def y(self) -> Vector:
        return _drawn(self)[1]


def whole(value: int, name: str, least: int = 1) -> int:
    """Return a whole number that is large enough; a sentence that names the argument otherwise.

    >>> whole(0, "samples")
    Traceback (most recent call last):
        ...
    ValueError: samples must be a whole number of 1 or more; got 0.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be a whole number of {least} or more; got {value!r}.")
    return value


@lru_cache(maxsize=32)
def _drawn(examples: Examples) -> tuple[Vector, Vector]:
    rng = Random(f"{examples.shape} {examples.samples} {examples.features} {examples.seed}")
    normal = [[rng.gauss(0.0, 1.0) for _ in range(examples.features)] for _ in range(examples.samples)]
    x = np.array(normal)
    label = np.array([float(rng.random() < 0.5) for _ in range(examples.samples)])
    noise = np.array([rng.gauss(0.0, 1.0) for _ in range(examples.samples)])
    if examples.shape == "line":
        y = x @ np.linspace(1.0, -1.0, examples.features) + 0.1 * noise
    elif examples.shape == "clouds":
        x = x + np.outer(2.0 * label - 1.0, np.full(examples.features, 1.2 / np.sqrt(examples.features)))
        y = label
    else:
        radius = np.where(label > 0, 2.0, 0.8) + 0.25 * noise
        x = x / np.linalg.norm(x, axis=1, keepdims=True) * radius[:, None]
        y = label
    for each in (x, y):
        each.flags.writeable = False
    return x, y
