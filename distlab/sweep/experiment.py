"""The whole of a sweep: grid and seeds in, table out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import pandas as pd

from distlab.sweep.execution import run_here_or_on_all_cores, run_on
from distlab.sweep.grid import make_plan
from distlab.sweep.intervals import check_confidence
from distlab.sweep.progress import Bar
from distlab.sweep.scenario import Scenario
from distlab.sweep.spread import summary
from distlab.sweep.table import Results


def sweep(
    scenario: Scenario,
    grid: Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Any]],
    seeds: int | Iterable[int] = 100,
    executor: Executor | None = None,
    *,
    progress: bool = True,
    confidence: float = 0.95,
    raw: bool = False,
) -> pd.DataFrame:
    """Run a scenario at every point of a grid with every seed, and return a tidy table of the spread.

    Parameters
    ----------
    scenario:
        Called as ``scenario(**point, seed=seed)``. Returns a number, a bool, None or NaN (counted as
        missing), or a mapping from names of measures to these.
    grid:
        Parameter name -> values. All combinations are run, the last name changing fastest. Instead of a list,
        the values can be a mapping ``{label: value}``: the table shows the label. For points that are no
        product, give a list of mappings that have the same names.
    seeds:
        ``n`` for the seeds 0 to n-1, or the seeds themselves. Every point gets the same seeds.
    executor:
        Where to run. None: here if it is short, else on all cores. Or any ``concurrent.futures`` executor,
        which stays open, or a Dask client.
    progress:
        Show a progress bar on work longer than a second.
    confidence:
        Of the intervals, between 0 and 1.
    raw:
        Return one row per run instead: the point's columns, ``seed``, then ``value`` or one column per
        measure.

    Returns
    -------
    One row per point, and per ``measure`` if the scenario returns a mapping: the point's columns, and those
    that `summary` describes. Numbers, bools and strings of the grid appear as they are, classes and functions
    by name, everything else as text.

    Raises
    ------
    ScenarioError
        A run failed, or returned something else than numbers. Of several failures the same one is reported on
        any number of workers.
    TypeError, ValueError
        An argument is not usable, and nothing was run.
    RuntimeError
        The executor could not run the scenario at all.

    Examples
    --------
    >>> from random import Random
    >>> def dice(n, seed):
    ...     return sum(Random(seed).choices(range(1, 7), k=n))
    >>> sweep(dice, {"n": [1, 2]}, seeds=300)[["n", "count", "mean", "ci_low", "ci_high"]].round(2)
       n  count  mean  ci_low  ci_high
    0  1    300  3.44    3.25     3.64
    1  2    300  6.97    6.71     7.23
    """
    check_confidence(confidence)
    plan = make_plan(scenario, grid, seeds)
    results = Results(plan)
    with Bar(len(plan), getattr(scenario, "__name__", "sweep"), progress) as bar:
        if executor is None:
            run_here_or_on_all_cores(plan, results, bar)
        else:
            run_on(executor, plan, results, bar)
    runs = results.table()
    return runs if raw else summary(runs, confidence=confidence)
