"""What to run: the points of a grid, the seeds, and the order of the runs."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from distlab.sweep.scenario import Scenario, kind
from distlab.sweep.spread import STATISTICS

RESERVED = ("seed", "measure", "value", *STATISTICS)


@dataclass(frozen=True)
class Plan:
    """All runs. Run number i has seed ``i // len(points)`` and point ``i % len(points)``."""

    scenario: Scenario
    points: list[dict[str, Any]]  # what the scenario gets
    labels: list[dict[str, Any]]  # what the table shows of each point
    seeds: list[int]

    def __len__(self) -> int:
        return len(self.points) * len(self.seeds)

    def run(self, number: int) -> tuple[dict[str, Any], int]:
        """Return the point and the seed of a run."""
        seed, point = divmod(number, len(self.points))
        return self.points[point], self.seeds[seed]

    def where(self, number: int) -> str:
        """Name a run: its parameters and its seed."""
        seed, point = divmod(number, len(self.points))
        return _where({**self.labels[point], "seed": self.seeds[seed]})


@dataclass(frozen=True)
class Choice:
    """A value of a parameter, beside the number, bool or string that stands for it in the table."""

    label: Any
    value: Any


def make_plan(
    scenario: Scenario,
    grid: Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Any]],
    seeds: int | Iterable[int],
) -> Plan:
    """Check the arguments of a sweep and lay out its runs."""
    rows = _product(grid) if isinstance(grid, Mapping) else _listed(grid)
    _check_names(rows[0])
    labels = [{name: choice.label for name, choice in row.items()} for row in rows]
    points = [{name: choice.value for name, choice in row.items()} for row in rows]
    _check_all_different(labels)
    _check_call(scenario, points[0])
    return Plan(scenario, points, labels, _seeds(seeds))


def _product(grid: Mapping[str, Any]) -> list[dict[str, Choice]]:
    axes = [_axis(name, values) for name, values in grid.items()]
    return [dict(zip(grid, choices, strict=True)) for choices in itertools.product(*axes)]


def _axis(name: str, values: Any) -> list[Choice]:
    if isinstance(values, Set):
        raise TypeError(f"grid[{name!r}] is a set, which has no order: give a list")
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TypeError(f"grid[{name!r}] is {kind(values)}: give a list of values, such as [{values!r}]")
    if isinstance(values, Mapping):
        choices = [Choice(_plain(label), value) for label, value in values.items()]
    else:
        choices = [_choice(name, value) for value in values]
    if not choices:
        raise ValueError(f"grid[{name!r}] is empty: give at least one value")
    return choices


def _listed(grid: Any) -> list[dict[str, Choice]]:
    rows = list(grid) if isinstance(grid, Iterable) and not isinstance(grid, (str, bytes, Set)) else None
    if rows is None or not all(isinstance(row, Mapping) for row in rows):
        raise TypeError(
            f"grid is {kind(grid)}: give a mapping from names to lists of values, or a list of points, "
            "each a mapping from names to values"
        )
    if not rows:
        raise ValueError("grid is an empty list: give at least one point")
    names = list(rows[0])
    for row in rows:
        if row.keys() != rows[0].keys():
            raise ValueError(f"grid has points with different names: {names} and {list(row)}")
    return [{name: _choice(name, row[name]) for name in names} for row in rows]


def _choice(name: str, value: Any) -> Choice:
    value = _plain(value)
    if isinstance(value, (bool, int, float, str)):
        return Choice(value, value)
    if isinstance(value, type) or inspect.isroutine(value):
        return Choice(value.__name__, value)
    text = repr(value)
    if re.search(r" at 0x[0-9a-fA-F]+", text):
        raise ValueError(
            f"grid[{name!r}] has {kind(value)} without a readable text: label it, "
            f"as in {{{name!r}: {{'a label': value}}}}"
        )
    return Choice(text, value)


def _plain(value: Any) -> Any:
    """NumPy's numbers become Python's, so that a scenario gets the same from a list and from an array."""
    return value.item() if isinstance(value, np.generic) else value


def _check_names(row: Mapping[str, Choice]) -> None:
    for name in row:
        if not isinstance(name, str) or not name.isidentifier():
            raise TypeError(f"grid has the parameter name {name!r}: give a Python identifier as a string")
        if name in RESERVED:
            raise ValueError(
                f"grid has a parameter {name!r}, which is a column of the result: give it another name"
            )


def _check_all_different(labels: list[dict[str, Any]]) -> None:
    seen: set[tuple[Any, ...]] = set()
    for row in labels:
        key = tuple(row.values())
        if key in seen:
            raise ValueError(
                f"grid has {_where(row)} twice: leave one out, or label the values, {{label: value}}"
            )
        seen.add(key)


def _check_call(scenario: Scenario, point: dict[str, Any]) -> None:
    if not callable(scenario):
        raise TypeError(f"scenario is {kind(scenario)}: give a function")
    try:
        signature = inspect.signature(scenario)
    except ValueError:  # some built-in functions have none
        return
    try:
        signature.bind(**point, seed=0)
    except TypeError as problem:
        names = ", ".join([*point, "seed"])
        raise TypeError(
            f"scenario takes {signature}, but the grid calls it with {names}: {problem}"
        ) from None


def _seeds(seeds: int | Iterable[int]) -> list[int]:
    if isinstance(seeds, Integral) and not isinstance(seeds, bool):
        if seeds < 1:
            raise ValueError(f"seeds={seeds}: give at least 1, or a list of seeds")
        return list(range(int(seeds)))
    listed = isinstance(seeds, Iterable) and not isinstance(seeds, (str, bytes, Set, Mapping))
    chosen = list(seeds) if listed else None  # type: ignore[arg-type]
    if chosen is None or not all(isinstance(seed, Integral) for seed in chosen):
        raise TypeError(f"seeds={seeds!r}: give how many, or a list of whole numbers")
    if not chosen:
        raise ValueError("seeds is empty: give at least one seed")
    unique = list(dict.fromkeys(chosen))
    if len(unique) < len(chosen):
        twice = next(seed for seed in unique if chosen.count(seed) > 1)
        raise ValueError(f"seeds has {twice} twice: a repeated run adds no evidence")
    return [int(seed) for seed in chosen]


def _where(labels: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={label}" for name, label in labels.items()) or "a point without parameters"
