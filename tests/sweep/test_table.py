import math
import statistics
from fractions import Fraction
from random import Random

import numpy as np
import pandas as pd
import pytest

from distlab.sweep import summary, sweep


class Bully:
    pass


class Raft:
    pass


def draw(n, seed):
    """Return a number near n."""
    return Random(1000 * n + seed).gauss(n, 1)


def election(n, algorithm, seed):
    """Return a count, a time that may be missing, and a yes or no."""
    random = Random(f"{n} {algorithm.__name__} {seed}")
    return {
        "messages": random.randrange(n * n),
        "time": random.random() if random.random() < 0.8 else None,
        "split": random.random() < 0.3,
    }


def test_a_row_per_point_in_the_order_of_the_grid():
    """The last name of the grid changes fastest, and nothing is sorted."""
    table = sweep(lambda n, algorithm, seed: 1, {"n": [7, 3], "algorithm": ["Raft", "Bully"]}, seeds=2)
    assert list(zip(table.n, table.algorithm, strict=True)) == [
        (7, "Raft"),
        (7, "Bully"),
        (3, "Raft"),
        (3, "Bully"),
    ]
    assert " ".join(table.columns) == (
        "n algorithm count missing mean ci_low ci_high std min p05 median p95 p99 max"
    )


def test_a_row_per_run_by_point_and_then_by_seed():
    """The raw table has the point, the seed and the value of every run."""
    runs = sweep(lambda n, seed: 100 * n + seed, {"n": [5, 3]}, seeds=[9, 4], raw=True)
    expected = pd.DataFrame({"n": [5, 5, 3, 3], "seed": [9, 4, 9, 4], "value": [509, 504, 309, 304]})
    pd.testing.assert_frame_equal(runs, expected)


def test_the_scenario_is_called_with_every_point_and_seed_once():
    """First seed of every point, then the second: a point that cannot work shows up at once."""
    calls = []
    sweep(lambda n, seed: calls.append((n, seed)), {"n": [3, 5]}, seeds=3)
    assert calls == [(3, 0), (5, 0), (3, 1), (5, 1), (3, 2), (5, 2)]


def test_statistics_agree_with_the_standard_library():
    """Mean, deviation, median and percentiles of a point are those of its values."""
    row = sweep(draw, {"n": [3]}, seeds=101).iloc[0]
    values = sorted(draw(3, seed) for seed in range(101))
    assert row["count"] == 101
    assert row["missing"] == 0
    assert row["mean"] == pytest.approx(statistics.fmean(values))
    assert row["std"] == pytest.approx(statistics.stdev(values))
    assert [row["min"], row["p05"], row["median"], row["p95"], row["p99"], row["max"]] == pytest.approx(
        [values[i] for i in (0, 5, 50, 95, 99, 100)]
    )
    half = 1.983972 * statistics.stdev(values) / math.sqrt(101)  # t for 100 degrees of freedom
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(
        (row["mean"] - half, row["mean"] + half), rel=1e-6
    )


def test_a_wider_confidence_gives_a_wider_interval():
    """The confidence is used, and only for the interval."""
    narrow, wide = (sweep(draw, {"n": [3]}, seeds=20, confidence=c).iloc[0] for c in (0.5, 0.99))
    assert wide.ci_low < narrow.ci_low < narrow["mean"] < narrow.ci_high < wide.ci_high
    assert narrow["std"] == wide["std"]


def test_a_mapping_gives_a_row_per_measure():
    """Measures follow each other within a point, in the order of the mapping."""
    table = sweep(election, {"n": [3, 5], "algorithm": [Bully, Raft]}, seeds=50)
    assert table.measure.tolist() == ["messages", "time", "split"] * 4
    assert table.algorithm.tolist() == (["Bully"] * 3 + ["Raft"] * 3) * 2
    assert (table["count"] + table.missing == 50).all()
    assert table[table.measure == "time"].missing.between(1, 49).all()


def test_the_summary_of_the_runs_is_the_sweep():
    """Two steps give what one gives."""
    grid = {"n": [3, 5], "algorithm": [Bully, Raft]}
    runs = sweep(election, grid, seeds=30, raw=True)
    pd.testing.assert_frame_equal(summary(runs), sweep(election, grid, seeds=30))


def test_the_summary_can_pool_points_and_pick_measures():
    """By one column only, the runs of all other columns come together."""
    runs = sweep(election, {"n": [3, 5], "algorithm": [Bully, Raft]}, seeds=30, raw=True)
    table = summary(runs, by="algorithm", measures="messages")
    assert table[["algorithm", "measure", "count"]].to_numpy().tolist() == [
        ["Bully", "messages", 60],
        ["Raft", "messages", 60],
    ]
    assert table["mean"][0] == pytest.approx(runs[runs.algorithm == "Bully"].messages.mean())
    assert summary(runs, by=[], measures=["messages"])["count"].tolist() == [120]


def test_a_bool_is_a_proportion_with_wilsons_interval():
    """Never split in 20 runs does not mean never: Wilson's upper end is 0.161."""
    row = sweep(lambda seed: False, {}, seeds=20).iloc[0]
    assert (row["mean"], row["ci_low"]) == (0, 0)
    assert row["ci_high"] == pytest.approx(0.1611, abs=5e-5)


def test_missing_values_are_counted_and_left_out():
    """None, NaN and a measure that is not there count as missing, for numbers and bools."""
    outcomes = [{"a": 1, "b": True}, {"a": None, "b": None}, {"a": math.nan, "b": math.nan}, {"a": 4}, None]
    runs = sweep(lambda seed: outcomes[seed], {}, seeds=5, raw=True)
    assert runs.b.dtype == "boolean"
    table = summary(runs)
    assert table["measure"].tolist() == ["a", "b"]
    assert table["count"].tolist() == [2, 1]
    assert table["missing"].tolist() == [3, 4]
    assert table["mean"].tolist() == [2.5, 1.0]


def test_a_point_without_any_value_has_no_mean():
    """A scenario that never comes to a result is a row of its own, not an error."""
    row = sweep(lambda seed: None, {}, seeds=4).iloc[0]
    assert (row["count"], row["missing"]) == (0, 4)
    assert row.drop(["count", "missing"]).isna().all()


def test_one_run_has_no_interval():
    """One seed gives a mean, but neither a deviation nor an interval."""
    row = sweep(draw, {"n": [3]}, seeds=1).iloc[0]
    assert row["mean"] == row["median"] == draw(3, 0)
    assert math.isnan(row["std"])
    assert math.isnan(row["ci_low"])


def test_infinite_values_stay_infinite(recwarn):
    """A leader that never comes may be infinity: the median stands, the mean is infinite, nothing warns."""
    row = sweep(lambda seed: math.inf if seed == 0 else 1.0, {}, seeds=5).iloc[0]
    assert (row["median"], row["mean"], row["max"]) == (1.0, math.inf, math.inf)
    assert not recwarn.list


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, 2], "int64"),
        ([1, 2.5], "float64"),
        ([True, False], "bool"),
        ([True, 2], "int64"),
        ([1, None], "float64"),
        ([2**70, 1], "float64"),
        ([np.int32(1), np.int64(2)], "int64"),
        ([np.float32(1), Fraction(1, 2)], "float64"),
        ([np.True_, pd.NA], "boolean"),
    ],
)
def test_columns_keep_the_kind_of_their_values(values, dtype):
    """Whole numbers stay whole and bools stay bools, Python's and NumPy's alike."""
    assert sweep(lambda seed: values[seed], {}, seeds=2, raw=True).value.dtype == dtype


def test_values_of_the_grid_are_shown_as_what_they_are_called():
    """Numbers, bools and strings as they are, classes and functions by name, the rest as text."""
    values = [3, 0.5, True, "lan", Bully, draw, None, (1, 2)]
    given = []
    table = sweep(lambda x, seed: given.append(x), {"x": values}, seeds=1)
    assert table.x.tolist() == [3, 0.5, True, "lan", "Bully", "draw", "None", "(1, 2)"]
    assert given == values


def test_values_of_the_grid_can_be_labelled():
    """A mapping of labels to values shows the labels and hands over the values."""
    grid = {"x": {"slow": lambda: 30, "fast": lambda: 1}}
    table = sweep(lambda x, seed: x(), grid, seeds=2)
    assert table[["x", "mean"]].to_numpy().tolist() == [["slow", 30.0], ["fast", 1.0]]


def test_numbers_of_numpy_become_numbers_of_python():
    """A scenario gets the same from np.arange and from range."""
    kinds = []
    sweep(lambda n, seed: kinds.append((type(n), type(seed))), {"n": np.arange(2)}, seeds=np.arange(1))
    assert kinds == [(int, int)] * 2


def test_points_that_are_no_product():
    """A list of mappings gives just these points."""
    points = [{"n": 3, "f": 1}, {"f": 2, "n": 5}]
    runs = sweep(lambda n, f, seed: 10 * n + f, points, seeds=1, raw=True)
    assert runs.to_numpy().tolist() == [[3, 1, 0, 31], [5, 2, 0, 52]]


def test_a_grid_without_parameters_is_one_point():
    """Many seeds of one and the same run."""
    table = sweep(lambda seed: seed, {}, seeds=[1, 2, 6])
    assert table[["count", "mean", "max"]].to_numpy().tolist() == [[3, 3.0, 6.0]]
    assert table.columns[0] == "count"


def test_parameters_with_defaults_need_not_be_in_the_grid():
    """A scenario can have more parameters than the grid."""
    assert sweep(lambda n, patience=2, *, seed: n * patience, {"n": [4]}, seeds=1)["mean"][0] == 8
