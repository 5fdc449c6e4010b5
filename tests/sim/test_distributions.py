"""Distributions of durations."""

import math
import re
from itertools import islice
from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distlab.sim import Constant, Distribution, Empirical, Exponential, LogNormal, Shifted, Uniform
from distlab.sim.distributions import as_distribution, seconds

ALL = [
    Constant(0.02),
    Uniform(0.01, 0.03),
    Exponential(0.02),
    LogNormal(0.02, 0.5),
    Empirical((0.01, 0.02, 0.06)),
    Shifted(0.01, Exponential(0.02)),
    Shifted(1, Uniform(0.0, 1.0)),
]


@pytest.mark.parametrize("distribution", ALL, ids=repr)
def test_draws_in_blocks_are_the_single_samples(distribution):
    """The iterator for hot loops gives what one draw after the other gives from the same stream."""
    blocks = list(islice(distribution.draws(Random(5)), 600))
    rng = Random(5)
    assert blocks == [distribution.sample(rng) for _ in range(600)]


@pytest.mark.parametrize("distribution", ALL, ids=repr)
def test_the_mean_is_that_of_the_draws(distribution):
    """200,000 draws have the stated mean within four standard errors."""
    draws = list(islice(distribution.draws(Random(1)), 200_000))
    mean = fmean(draws)
    error = math.sqrt(fmean([(draw - mean) ** 2 for draw in draws]) / len(draws))
    assert abs(mean - distribution.mean) <= 4 * error + 1e-12
    assert isinstance(distribution, Distribution)


def _quantiles(distribution, at):
    draws = sorted(islice(distribution.draws(Random(2)), 100_000))
    return [draws[int(q * len(draws))] for q in at]


def test_uniform_quantiles_are_linear():
    """A quarter of the draws lies in each quarter of the range."""
    assert _quantiles(Uniform(1.0, 2.0), (0.25, 0.5, 0.75)) == pytest.approx([1.25, 1.5, 1.75], abs=0.01)


def test_exponential_quantiles_are_logarithms():
    """The p-quantile of an exponential is -mean ln(1 - p)."""
    expected = [-math.log(1 - p) for p in (0.5, 0.9, 0.99)]
    assert _quantiles(Exponential(1.0), (0.5, 0.9, 0.99)) == pytest.approx(expected, rel=0.03)


def test_lognormal_quantiles_are_powers():
    """One standard deviation of the logarithm is a factor exp(sigma)."""
    expected = [2.0 * math.exp(-0.5), 2.0, 2.0 * math.exp(0.5)]
    assert _quantiles(LogNormal(2.0, 0.5), (0.1587, 0.5, 0.8413)) == pytest.approx(expected, rel=0.02)


def test_an_empirical_distribution_draws_each_value_equally_often():
    """Three values, a third of the draws each."""
    draws = list(islice(Empirical((1.0, 2.0, 4.0)).draws(Random(3)), 30_000))
    assert [draws.count(value) / 30_000 for value in (1.0, 2.0, 4.0)] == pytest.approx([1 / 3] * 3, abs=0.01)


def test_logarithms_are_rounded_to_a_nanosecond():
    """C libraries differ in the last bit; a nanosecond is the same everywhere."""
    for distribution in (Exponential(1.0), LogNormal(1.0, 1.0)):
        draws = list(islice(distribution.draws(Random(4)), 100))
        assert draws == [round(draw, 9) for draw in draws]


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.integers())
def test_uniform_stays_inside_its_bounds(low, high, seed):
    """No draw lies outside [low, high]."""
    low, high = sorted((low, high))
    assert all(low <= draw <= high for draw in islice(Uniform(low, high).draws(Random(seed)), 20))


def test_a_number_of_seconds_is_a_constant():
    """Where a distribution is wanted, a number will do."""
    assert as_distribution(1, "latency") == Constant(1.0)
    assert as_distribution(Uniform(0, 1), "latency") == Uniform(0, 1)


class Mine:
    """A distribution of somebody else's."""

    mean = 1.0

    def sample(self, rng):
        return 1.0

    def draws(self, rng):
        while True:
            yield 1.0


def test_anything_with_mean_sample_and_draws_is_a_distribution():
    """No base class is needed."""
    mine = Mine()
    assert as_distribution(mine, "latency") is mine
    assert Shifted(0.5, mine).mean == 1.5


NAN = float("nan")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Constant(-1), "Constant.seconds must be a number of seconds, 0 or more; got -1."),
        (lambda: Constant(NAN), "Constant.seconds must be a number of seconds, 0 or more; got nan."),
        (lambda: Constant("1"), "Constant.seconds must be a number of seconds, 0 or more; got '1'."),
        (lambda: Constant(True), "Constant.seconds must be a number of seconds, 0 or more; got True."),
        (lambda: Constant(math.inf), "Constant.seconds must be a number of seconds, 0 or more; got inf."),
        (lambda: Uniform(-1, 1), "Uniform.low must be a number of seconds, 0 or more; got -1."),
        (lambda: Uniform(0, None), "Uniform.high must be a number of seconds, 0 or more; got None."),
        (lambda: Uniform(2, 1), "Uniform needs low <= high; got low=2, high=1."),
        (lambda: Exponential(-0.1), "Exponential.mean must be a number of seconds, 0 or more; got -0.1."),
        (lambda: LogNormal(-1, 1), "LogNormal.median must be a number of seconds, 0 or more; got -1."),
        (lambda: LogNormal(1, -1), "LogNormal.sigma must be a number, 0 or more; got -1."),
        (lambda: LogNormal(1, "x"), "LogNormal.sigma must be a number, 0 or more; got 'x'."),
        (lambda: Empirical(()), "Empirical needs at least one measured duration; got none."),
        (
            lambda: Empirical([1, -1]),
            "each of Empirical.seconds must be a number of seconds, 0 or more; got -1.",
        ),
        (lambda: Shifted(-1, Constant(1)), "Shifted.by must be a number of seconds, 0 or more; got -1."),
        (
            lambda: Shifted(1, 0.5),
            "Shifted.rest must be a distribution such as Exponential(0.005); got 0.5.",
        ),
        (
            lambda: as_distribution("slow", "latency"),
            "latency must be a number of seconds or a distribution such as Uniform(0.005, 0.015); "
            "got 'slow'.",
        ),
        (lambda: as_distribution(-1, "latency"), "latency must be a number of seconds, 0 or more; got -1."),
        (lambda: seconds(0, "wait", "more than 0"), "wait must be a number of seconds, more than 0; got 0."),
    ],
)
def test_nonsense_is_answered_by_one_sentence(make, sentence):
    """The sentence names the argument, the value, and what would be right."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        make()
