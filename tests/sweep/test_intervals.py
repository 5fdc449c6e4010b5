import math
from random import Random

import pytest

from distlab.sweep import t_interval, wilson_interval
from distlab.sweep.intervals import _t_quantile


def test_t_quantiles_agree_with_the_printed_table():
    """Student's t to three decimals, as in the tables at the end of every book on statistics."""
    table = {
        1: (6.314, 12.706, 63.657),
        2: (2.920, 4.303, 9.925),
        3: (2.353, 3.182, 5.841),
        4: (2.132, 2.776, 4.604),
        5: (2.015, 2.571, 4.032),
        9: (1.833, 2.262, 3.250),
        10: (1.812, 2.228, 3.169),
        19: (1.729, 2.093, 2.861),
        29: (1.699, 2.045, 2.756),
        60: (1.671, 2.000, 2.660),
        120: (1.658, 1.980, 2.617),
    }
    for freedom, row in table.items():
        found = tuple(round(_t_quantile(confidence, freedom), 3) for confidence in (0.90, 0.95, 0.99))
        assert found == row, freedom


@pytest.mark.parametrize("confidence", [0.01, 0.5, 0.9, 0.95, 0.99, 0.9999])
def test_t_quantiles_agree_with_the_closed_forms(confidence):
    """For 1, 2 and 4 degrees of freedom the quantile of Student's t has a closed form."""
    one = math.tan(math.pi * confidence / 2)
    two = confidence * math.sqrt(2 / (1 - confidence**2))
    alpha = 1 - confidence**2  # 4 p (1 - p)
    four = 2 * math.sqrt(math.cos(math.acos(math.sqrt(alpha)) / 3) / math.sqrt(alpha) - 1)
    assert _t_quantile(confidence, 1) == pytest.approx(one, rel=1e-11)
    assert _t_quantile(confidence, 2) == pytest.approx(two, rel=1e-11)
    assert _t_quantile(confidence, 4) == pytest.approx(four, rel=1e-11)


@pytest.mark.parametrize("freedom", [3, 6, 17, 50, 999])
def test_t_quantile_encloses_the_confidence_of_the_density(freedom):
    """Integrating the density of Student's t up to the quantile gives the confidence back."""
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)
    end, steps = _t_quantile(0.95, freedom), 2000

    def density(t):
        return scale * (1 + t * t / freedom) ** (-(freedom + 1) / 2)

    width = end / steps
    simpson = (
        sum((4 if i % 2 else 2) * density(i * width) for i in range(1, steps)) + density(0) + density(end)
    )
    assert 2 * simpson * width / 3 == pytest.approx(0.95, abs=1e-9)


def test_t_quantile_of_many_values_is_the_normal_one():
    """With 100,000 degrees of freedom the 95 % quantile is 1.95996 and a little more."""
    assert _t_quantile(0.95, 100_000) == pytest.approx(1.959988, abs=1e-6)


def test_t_interval_covers_the_mean_as_often_as_it_says():
    """Of 4,000 intervals from five normal values each, 90 % cover the true mean, within three sigma."""
    random = Random(7)
    covered = 0
    for _ in range(4000):
        sample = [random.gauss(10, 3) for _ in range(5)]
        mean = sum(sample) / 5
        std = math.sqrt(sum((x - mean) ** 2 for x in sample) / 4)
        low, high = t_interval(mean, std, 5, confidence=0.9)
        covered += low <= 10 <= high
    assert abs(covered / 4000 - 0.9) < 3 * math.sqrt(0.9 * 0.1 / 4000)


def test_t_interval_needs_two_values():
    """One value says nothing about its spread."""
    assert all(map(math.isnan, t_interval(5.0, math.nan, 1)))


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_agrees_with_newcombe(successes, trials, low, high):
    """Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3."""
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_wilson_interval_is_symmetric_and_stays_within_0_and_1():
    """The interval of the failures mirrors that of the successes, and touches 0 and 1 only at the ends."""
    for successes in range(31):
        low, high = wilson_interval(successes, 30, 0.99)
        other_low, other_high = wilson_interval(30 - successes, 30, 0.99)
        assert (low, high) == pytest.approx((1 - other_high, 1 - other_low))
        assert (low == 0) == (successes == 0)
        assert (high == 1) == (successes == 30)
        assert 0 <= low <= successes / 30 <= high <= 1


def test_wilson_interval_without_trials_is_unknown():
    """No trials, no interval."""
    assert all(map(math.isnan, wilson_interval(0, 0)))


def test_impossible_arguments_are_refused():
    """A confidence in per cent and more successes than trials get a sentence."""
    with pytest.raises(ValueError, match="confidence=95: give a number between 0 and 1"):
        t_interval(1.0, 1.0, 5, confidence=95)
    with pytest.raises(ValueError, match="successes=6: give a number from 0 to trials=5"):
        wilson_interval(6, 5)
