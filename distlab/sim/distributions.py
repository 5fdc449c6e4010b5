"""Distributions of durations: latencies, service times, time-outs.

Each is a small frozen dataclass that can be shown, compared and drawn from. ``draws(rng)`` is an endless
iterator for hot loops; ``sample(rng)`` is one draw; both take the same numbers from ``rng``, so they give
the same values. Logarithms and exponentials differ in the last bit between C libraries, so draws that use
them are rounded to a nanosecond: the same seed gives the same trace on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from random import Random
from typing import Any, Protocol, runtime_checkable

__all__ = [
    "Constant",
    "Distribution",
    "Empirical",
    "Exponential",
    "LogNormal",
    "Shifted",
    "Uniform",
    "as_distribution",
    "checked_draws",
    "seconds",
]

_BLOCK = 256  # draws made at a time


@runtime_checkable
class Distribution(Protocol):
    """Anything that can be drawn from: durations in seconds.

    >>> isinstance(Constant(0.01), Distribution)
    True
    """

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
    """Draws made in blocks: small ones first, because a short run needs few."""

    def sample(self, rng: Random) -> float:
        raise NotImplementedError

    def block(self, rng: Random, size: int) -> list[float]:
        return [self.sample(rng) for _ in range(size)]

    def draws(self, rng: Random) -> Iterator[float]:
        return chain.from_iterable(self._blocks(rng))

    def _blocks(self, rng: Random) -> Iterator[list[float]]:
        size = 8
        while True:
            yield self.block(rng, size)
            size = min(2 * size, _BLOCK)


def seconds(value: Any, name: str, smallest: str = "0 or more") -> float:
    """Return ``value`` if it is a duration in seconds; a clear error that names it otherwise.

    >>> seconds(0.5, "latency")
    0.5
    >>> seconds("soon", "latency")
    Traceback (most recent call last):
        ...
    ValueError: latency must be a number of seconds, 0 or more; got 'soon'.
    """
    try:
        right = not isinstance(value, bool) and 0 <= value < math.inf
    except TypeError:
        right = False
    if not right or (smallest != "0 or more" and value == 0):
        raise ValueError(f"{name} must be a number of seconds, {smallest}; got {value!r}.")
    return float(value)


@dataclass(frozen=True)
class Constant(_Draws):
    """Always the same duration, in seconds.

    >>> Constant(0.01).mean
    0.01
    """

    seconds: float

    def __post_init__(self) -> None:
        seconds(self.seconds, "Constant.seconds")

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
        seconds(self.low, "Uniform.low")
        seconds(self.high, "Uniform.high")
        if self.high < self.low:
            raise ValueError(f"Uniform needs low <= high; got low={self.low!r}, high={self.high!r}.")

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2

    def sample(self, rng: Random) -> float:
        return self.low + (self.high - self.low) * rng.random()

    def block(self, rng: Random, size: int) -> list[float]:
        low, span, random = self.low, self.high - self.low, rng.random
        return [low + span * random() for _ in range(size)]


@dataclass(frozen=True)
class Exponential(_Draws):
    """Memoryless, with the given mean in seconds.

    >>> round(Exponential(2.0).sample(Random(1)), 3)
    0.289
    """

    mean: float

    def __post_init__(self) -> None:
        seconds(self.mean, "Exponential.mean")

    def sample(self, rng: Random) -> float:
        return round(-math.log(1.0 - rng.random()) * self.mean, 9)

    def block(self, rng: Random, size: int) -> list[float]:
        mean, log, random = self.mean, math.log, rng.random
        return [round(-log(1.0 - random()) * mean, 9) for _ in range(size)]


@dataclass(frozen=True)
class LogNormal(_Draws):
    """Log-normal, by its median in seconds and the sigma of its logarithm; a good fit for real round trips.

    >>> LogNormal(median=0.05, sigma=0.0).sample(Random(1))
    0.05
    """

    median: float
    sigma: float

    def __post_init__(self) -> None:
        seconds(self.median, "LogNormal.median")
        if (
            isinstance(self.sigma, bool)
            or not isinstance(self.sigma, int | float)
            or not 0 <= self.sigma < 100
        ):
            raise ValueError(f"LogNormal.sigma must be a number, 0 or more; got {self.sigma!r}.")

    @property
    def mean(self) -> float:
        return self.median * math.exp(self.sigma**2 / 2)

    def sample(self, rng: Random) -> float:
        return round(self.median * math.exp(self.sigma * rng.gauss(0.0, 1.0)), 9)

    def block(self, rng: Random, size: int) -> list[float]:
        median, sigma, exp, gauss = self.median, self.sigma, math.exp, rng.gauss
        return [round(median * exp(sigma * gauss(0.0, 1.0)), 9) for _ in range(size)]


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
            seconds(value, "each of Empirical.seconds")

    @property
    def mean(self) -> float:
        return sum(self.seconds) / len(self.seconds)

    def sample(self, rng: Random) -> float:
        return self.seconds[int(rng.random() * len(self.seconds))]


@dataclass(frozen=True)
class Shifted(_Draws):
    """A fixed part plus a random part.

    ``Shifted(0.03, Exponential(0.005))`` is a long cable: never faster than light, but with a tail.

    >>> Shifted(1.0, Constant(0.5)).mean
    1.5
    """

    by: float
    rest: Distribution

    def __post_init__(self) -> None:
        seconds(self.by, "Shifted.by")
        if not isinstance(self.rest, Distribution):
            raise ValueError(
                f"Shifted.rest must be a distribution such as Exponential(0.005); got {self.rest!r}."
            )

    @property
    def mean(self) -> float:
        return self.by + self.rest.mean

    def sample(self, rng: Random) -> float:
        return self.by + self.rest.sample(rng)

    def draws(self, rng: Random) -> Iterator[float]:
        return map(float(self.by).__add__, self.rest.draws(rng))


def as_distribution(value: float | Distribution, name: str) -> Distribution:
    """A number of seconds means a constant; anything with ``draws`` is taken as it is.

    Parameters
    ----------
    value
        Seconds, or a distribution of seconds.
    name
        What to call it in an error.

    Returns
    -------
    Distribution
        Something to draw from.

    Raises
    ------
    ValueError
        If it is neither, or negative.

    Examples
    --------
    >>> as_distribution(0.01, "latency")
    Constant(seconds=0.01)
    """
    if isinstance(value, _Draws):
        return value  # type: ignore[return-value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Constant(seconds(value, name))
    if isinstance(value, Distribution):
        return value
    raise ValueError(
        f"{name} must be a number of seconds or a distribution such as Uniform(0.005, 0.015); got {value!r}."
    )


def checked_draws(distribution: Distribution, rng: Random) -> Iterator[float]:
    """Draws that are durations, also of a distribution that somebody else wrote.

    >>> next(checked_draws(Constant(0.5), Random(1)))
    0.5
    """
    draws = distribution.draws(rng)
    return draws if isinstance(distribution, _Draws) else _each_checked(draws, distribution)


def _each_checked(draws: Iterator[float], distribution: Distribution) -> Iterator[float]:
    for drawn in draws:
        yield seconds(drawn, f"a draw of {distribution!r}")
