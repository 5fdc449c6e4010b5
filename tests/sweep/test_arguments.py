import re

import pandas as pd
import pytest

from distlab.sweep import ScenarioError, summary, sweep


def scenario(n, seed):
    """Return a number."""
    return n + seed


class Opaque:
    pass


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"scenario": 3}, TypeError, "scenario is an int, 3: give a function"),
        ({"grid": {"m": [1]}}, TypeError, "scenario takes (n, seed), but the grid calls it with m, seed: "),
        ({"grid": {}}, TypeError, "missing a required argument: 'n'"),
        (
            {"grid": 5},
            TypeError,
            "grid is an int, 5: give a mapping from names to lists of values, or a list",
        ),
        (
            {"grid": [3, 5]},
            TypeError,
            "grid is a list: give a mapping from names to lists of values, or a list",
        ),
        ({"grid": []}, ValueError, "grid is an empty list: give at least one point"),
        ({"grid": [{"n": 1}, {"m": 1}]}, ValueError, "grid has points with different names: ['n'] and ['m']"),
        ({"grid": {"n": 3}}, TypeError, "grid['n'] is an int, 3: give a list of values, such as [3]"),
        (
            {"grid": {"n": "Raft"}},
            TypeError,
            "grid['n'] is a str, 'Raft': give a list of values, such as ['Raft']",
        ),
        ({"grid": {"n": {3, 5}}}, TypeError, "grid['n'] is a set, which has no order: give a list"),
        ({"grid": {"n": []}}, ValueError, "grid['n'] is empty: give at least one value"),
        ({"grid": {"n": [3, 5, 3]}}, ValueError, "grid has n=3 twice: leave one out, or label the values"),
        (
            {"grid": {"n": [Opaque()]}},
            ValueError,
            "grid['n'] has an Opaque without a readable text: label it",
        ),
        ({"grid": {"seed": [1]}}, ValueError, "grid has a parameter 'seed', which is a column of the result"),
        (
            {"grid": {"count": [1]}},
            ValueError,
            "grid has a parameter 'count', which is a column of the result",
        ),
        (
            {"grid": {3: [1]}},
            TypeError,
            "grid has the parameter name 3: give a Python identifier as a string",
        ),
        ({"seeds": 0}, ValueError, "seeds=0: give at least 1, or a list of seeds"),
        ({"seeds": 2.5}, TypeError, "seeds=2.5: give how many, or a list of whole numbers"),
        ({"seeds": True}, TypeError, "seeds=True: give how many, or a list of whole numbers"),
        ({"seeds": "12"}, TypeError, "seeds='12': give how many, or a list of whole numbers"),
        ({"seeds": []}, ValueError, "seeds is empty: give at least one seed"),
        ({"seeds": [4, 9, 4]}, ValueError, "seeds has 4 twice: a repeated run adds no evidence"),
        ({"executor": 4}, TypeError, "executor is an int, 4: give a concurrent.futures executor such as"),
        ({"confidence": 95}, ValueError, "confidence=95: give a number between 0 and 1, such as 0.95"),
    ],
)
def test_a_bad_argument_is_named_before_anything_runs(arguments, error, sentence):
    """One sentence names the argument, the value, and what would be right."""
    with pytest.raises(error, match=re.escape(sentence)):
        sweep(**{"scenario": scenario, "grid": {"n": [1, 2]}, "seeds": 2, **arguments})


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (pd.DataFrame(), "TypeError: it returned a DataFrame; return a number, None for a missing one, or a"),
        ("leader", "TypeError: it returned a str, 'leader'; return a number"),
        ([1, 2], "TypeError: it returned a list; return a number"),
        (1j, "TypeError: it returned a complex; return a number"),
        ({}, "TypeError: it returned an empty mapping; return at least one measure"),
        ({3: 1}, "TypeError: it named a measure 3; name measures by strings"),
        ({"log": [1]}, "TypeError: its measure 'log' is a list; return a number"),
        ({"n": 1}, "ValueError: it named a measure 'n', which is another column of the table; rename it"),
        (
            {"seed": 1},
            "ValueError: it named a measure 'seed', which is another column of the table; rename it",
        ),
    ],
)
def test_a_scenario_that_returns_something_else_than_numbers_is_told_so(result, sentence):
    """Tables, traces and simulations stay in the worker; only numbers come back."""
    with pytest.raises(ScenarioError, match=re.escape(f"scenario failed at n=5, seed=0: {sentence}")):
        sweep(lambda n, seed: result, {"n": [5]}, seeds=2)


def test_a_scenario_returns_numbers_or_mappings_but_not_both():
    """The table has either one value or several measures."""
    with pytest.raises(ScenarioError, match="n=5, seed=1: it returned a number here and a mapping elsewhere"):
        sweep(lambda n, seed: seed if seed == 1 else {"a": seed}, {"n": [5]}, seeds=3)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"by": "m"},
            "by has 'm', which is not a column of runs: give one out of ['n', 'seed', 'won', 'who']",
        ),
        ({"measures": ["x"]}, "measures has 'x', which is not a column of runs: give one out of"),
        ({"measures": "who"}, "measures has 'who', a column of"),
        ({"measures": []}, "measures is empty: name at least one column"),
        ({"confidence": 0}, "confidence=0: give a number between 0 and 1"),
    ],
)
def test_a_bad_argument_of_the_summary_is_named(arguments, sentence):
    """One sentence names the argument, the value, and what exists."""
    runs = pd.DataFrame({"n": [3], "seed": [0], "won": [True], "who": ["a"]})
    with pytest.raises(ValueError, match=re.escape(sentence)):
        summary(runs, **{"measures": "won", **arguments})


def test_a_table_without_seeds_needs_names():
    """Without the column that separates points from measures, both must be named."""
    runs = pd.DataFrame({"n": [3, 3], "won": [True, False]})
    with pytest.raises(ValueError, match="runs has no column 'seed': name the columns in by= and measures="):
        summary(runs)
    assert summary(runs, by="n", measures="won")["mean"].tolist() == [0.5]
