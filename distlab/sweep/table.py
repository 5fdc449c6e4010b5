"""What came back from a sweep: one row per run."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd

from distlab.sweep.grid import Plan
from distlab.sweep.scenario import Outcome, ScenarioError, reason


class Results:
    """The outcomes by the number of their run, in whatever order they arrive."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.outcomes: list[Outcome] = [None] * len(plan)

    def take(self, number: int, outcome: Outcome) -> None:
        """Keep the outcome of a run."""
        self.outcomes[number] = outcome

    def failed(self, number: int, why: Exception | str) -> ScenarioError:
        """Make the error that names the run."""
        text = why if isinstance(why, str) else reason(why)
        return ScenarioError(f"scenario failed at {self.plan.where(number)}: {text}", *self.plan.run(number))

    def table(self) -> pd.DataFrame:
        """Return one row per run, by point and then by seed."""
        points, seeds = self.plan.labels, self.plan.seeds
        table = pd.DataFrame(points, index=range(len(points)))
        table = table.loc[np.repeat(np.arange(len(points)), len(seeds))].reset_index(drop=True)
        table["seed"] = seeds * len(points)
        by_point = [self.outcomes[point :: len(points)] for point in range(len(points))]
        outcomes = list(itertools.chain.from_iterable(by_point))
        if not self._are_mappings():
            table["value"] = _column(outcomes)
            return table
        found = [outcome if isinstance(outcome, dict) else {} for outcome in outcomes]
        for name in dict.fromkeys(itertools.chain.from_iterable(found)):
            table[name] = _column([outcome.get(name) for outcome in found])
        return table

    def _are_mappings(self) -> bool:
        present = [number for number, outcome in enumerate(self.outcomes) if outcome is not None]
        plain = [number for number in present if not isinstance(self.outcomes[number], dict)]
        if plain and len(plain) < len(present):
            raise self.failed(
                plain[0], "it returned a number here and a mapping elsewhere; return one kind only"
            )
        return bool(present) and not plain


def _column(values: list[Any]) -> Any:
    """Make a column. With missing values a column of bools is nullable and one of whole numbers is float."""
    missing = [value is None or value != value for value in values]
    present = [value for value, gone in zip(values, missing, strict=True) if not gone]
    if present and all(isinstance(value, bool) for value in present):
        known = [None if gone else value for value, gone in zip(values, missing, strict=True)]
        return pd.array(known, "boolean") if any(missing) else np.array(known, dtype=bool)
    if not any(missing) and all(isinstance(value, int) and abs(value) < 2**63 for value in present):
        return np.array(values, dtype=np.int64)
    return np.array([math.nan if gone else float(value) for value, gone in zip(values, missing, strict=True)])
