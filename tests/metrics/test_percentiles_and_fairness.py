import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distlab.metrics import jain_index, percentiles

amounts = st.lists(st.floats(0, 1e300, allow_subnormal=False), min_size=1, max_size=20)


def test_percentiles_are_interpolated_between_neighbours():
    """Of 0, 10, ..., 100 the 95th is in the middle of the last step."""
    assert percentiles(range(0, 101, 10)).to_dict() == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert percentiles([1.0], (0, 99.9)).to_dict() == {"p0": 1.0, "p99.9": 1.0}


def test_percentiles_leave_out_what_is_missing():
    """NaN is no value; without a value the answer is NaN."""
    assert percentiles([math.nan, 4.0], (50,)).tolist() == [4.0]
    assert percentiles([], (50, 99)).isna().all()


def test_a_percentage_is_between_0_and_100():
    """0.95 is a percentage as well, so only what lies outside is refused."""
    with pytest.raises(ValueError, match="percents must lie between 0 and 100; got 101"):
        percentiles([1.0], (101,))


def test_jain_index_of_the_papers_examples():
    """If k of n share equally and the others get nothing, it is k / n (Jain, Chiu and Hawe, 1984)."""
    assert jain_index([1.0] * 20 + [0.0] * 80) == pytest.approx(0.2)
    assert jain_index([1.0] * 100) == 1.0
    assert jain_index([50, 30, 50]) == pytest.approx(130**2 / (3 * (2500 + 900 + 2500)))


def test_jain_index_of_nothing_is_nan():
    """Nobody, or nobody with anything."""
    assert math.isnan(jain_index([]))
    assert math.isnan(jain_index([0.0, 0.0]))


def test_jain_index_refuses_negative_amounts():
    """The error names the value."""
    with pytest.raises(ValueError, match="values must be numbers of 0 or more; got -1"):
        jain_index([1.0, -1.0])


@given(amounts.filter(any), st.floats(1e-3, 1e3))
def test_jain_index_is_bounded_and_knows_no_unit(values, factor):
    """It lies between 1/n and 1 and does not change when everybody gets so many times as much."""
    index = jain_index(values)
    assert 1 / len(values) - 1e-9 <= index <= 1 + 1e-9
    scaled = np.asarray(values) * 1e-9
    assert jain_index(scaled * factor) == pytest.approx(jain_index(scaled))
