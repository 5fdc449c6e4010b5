"""Distributions of durations: latencies, service times, time-outs.

Each is a small frozen dataclass that can be shown, compared and drawn from. ``draws(rng)`` is an endless iterator for hot
loops; ``sample(rng)`` is one draw. Logarithms and exponentials differ in the last bit between C libraries, so draws that
use them are rounded to a nanosecond: the same seed gives the same trace on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from random import Random
from typing import Protocol, runtime_checkable

__all__ = [
    "Constant",
    "Distribution",
    "Empirical",
    "Exponential",
    "LogNormal",
    "Shifted",
    "Uniform",
    "as_distribution",
]

_BLOCK = 256  # draws made at a time


@runtime_checkable
class Distribution(Protocol):
    """Anything that can be drawn from: durations in seconds."""

    @property
    def mean(self) -> float:
        """The expected value in seconds."""
        ...

    def sample(self, rng: Random) -> float:
        """One draw in seconds."""
        ...

    def draws(self, rng: Random) -> Iterator[float]:
        """An endless iterator of draws in seconds."""
        ...


class _Draws:
    def sample(self, rng: Random) -> float:
        raise NotImplementedError

    def draws(self, rng: Random) -> Iterator[float]:
        while True:
            yield self.sample(rng)


def _seconds(name: str, value: float) -> None:
    if not (isinstance(value, int | float) and 0 <= value < math.inf):
        raise ValueError(f"{name} must be a number of seconds, 0 or more; got {value!r}.")


@dataclass(frozen=True)
class Constant(_Draws):
    """Always the same duration.

    >>> Constant(0.01).mean
    0.01
    """

    seconds: float

    def __post_init__(self) -> None:
        _seconds("Constant.seconds", self.seconds)

    @property
    def mean(self) -> float:
        return self.seconds

    def sample(self, rng: Random) -> float:
        return self.seconds

    def draws(self, rng: Random) -> Iterator[float]:
        return repeat(self.seconds)


@dataclass(frozen=True)
class Uniform(_Draws):
    """Evenly between ``low`` and ``high`` seconds.

    >>> Uniform(0.005, 0.015).mean
    0.01
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _seconds("Uniform.low", self.low)
        _seconds("Uniform.high", self.high)
        if self.high < self.low:
            raise ValueError(f"Uniform needs low <= high; got low={self.low!r}, high={self.high!r}.")

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2

    def sample(self, rng: Random) -> float:
        return self.low + (self.high - self.low) * rng.random()

    def draws(self, rng: Random) -> Iterator[float]:
        return chain.from_iterable(self._blocks(rng))

    def _blocks(self, rng: Random) -> Iterator[list[float]]:
        low, span, random, block = self.low, self.high - self.low, rng.random, 8
        while True:
            yield [low + span * random() for _ in range(block)]
            block = min(2 * block, _BLOCK)


@dataclass(frozen=True)
class Exponential(_Draws):
    """Memoryless, with the given mean in seconds.

    >>> round(Exponential(2.0).sample(Random(1)), 3)
    0.288
    """

    mean: float

    def __post_init__(self) -> None:
        _seconds("Exponential.mean", self.mean)

    def sample(self, rng: Random) -> float:
        return round(-math.log(1.0 - rng.random()) * self.mean, 9)


@dataclass(frozen=True)
class LogNormal(_Draws):
    """Log-normal, by its median in seconds and the sigma of its logarithm; a good fit for real round trips.

    >>> LogNormal(median=0.05, sigma=0.0).sample(Random(1))
    0.05
    """

    median: float
    sigma: float

    def __post_init__(self) -> None:
        _seconds("LogNormal.median", self.median)
        _seconds("LogNormal.sigma", self.sigma)

    @property
    def mean(self) -> float:
        return self.median * math.exp(self.sigma**2 / 2)

    def sample(self, rng: Random) -> float:
        return round(self.median * math.exp(self.sigma * rng.gauss(0.0, 1.0)), 9)


@dataclass(frozen=True)
class Empirical(_Draws):
    """Drawn from measured durations in seconds, each equally likely.

    >>> Empirical((0.001, 0.003)).mean
    0.002
    """

    seconds: Sequence[float]

    def __post_init__(self) -> None:
        object.__setattr__(self, "seconds", tuple(self.seconds))
        if not self.seconds:
            raise ValueError("Empirical needs at least one measured duration; got none.")
        for value in self.seconds:
            _seconds("each of Empirical.seconds", value)

    @property
    def mean(self) -> float:
        return sum(self.seconds) / len(self.seconds)

    def sample(self, rng: Random) -> float:
        return self.seconds[int(rng.random() * len(self.seconds))]


@dataclass(frozen=True)
class Shifted(_Draws):
    """A fixed part plus a random part: ``Shifted(0.03, Exponential(0.005))`` never beats light, but has a tail.

    >>> Shifted(1.0, Constant(0.5)).mean
    1.5
    """

    by: float
    rest: Distribution

    def __post_init__(self) -> None:
        _seconds("Shifted.by", self.by)

    @property
    def mean(self) -> float:
        return self.by + self.rest.mean

    def sample(self, rng: Random) -> float:
        return self.by + self.rest.sample(rng)


def as_distribution(value: float | Distribution, name: str) -> Distribution:
    """A number of seconds means a constant; anything with ``draws`` is taken as it is.

    >>> as_distribution(0.01, "latency")
    Constant(seconds=0.01)
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        _seconds(name, value)
        return Constant(float(value))
    if isinstance(value, Distribution):
        return value
    raise ValueError(
        f"{name} must be a number of seconds or a distribution such as Uniform(0.005, 0.015); got {value!r}."
    )
