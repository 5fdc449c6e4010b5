"""One run of a scenario, wherever it happens, and how it fails."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

Scenario = Callable[..., Any]
Number = bool | int | float | None
Outcome = Number | dict[str, Number]


class ScenarioError(RuntimeError):
    """A run of a sweep failed; the original exception is its cause.

    ``scenario(**error.point, seed=error.seed)`` repeats the run.

    Parameters
    ----------
    message:
        What went wrong and where.
    point:
        Parameter name -> value of the run.
    seed:
        Seed of the run.

    Examples
    --------
    >>> str(ScenarioError("scenario failed at n=0, seed=7: ...", point={"n": 0}, seed=7))
    'scenario failed at n=0, seed=7: ...'
    """

    def __init__(self, message: str, point: dict[str, Any], seed: int) -> None:
        super().__init__(message, point, seed)  # all three, or it could not be pickled
        self.point = point
        self.seed = seed

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass
class Chunk:
    """What comes back from a worker: the outcomes of consecutive runs, and the failure that ended them."""

    outcomes: list[Outcome] = field(default_factory=list)
    failure: Exception | None = None
    seconds: float = 0.0


def run_chunk(scenario: Scenario, runs: list[tuple[dict[str, Any], int]]) -> Chunk:
    """Run consecutive runs in a worker."""
    chunk = Chunk()
    start = perf_counter()
    try:
        for point, seed in runs:
            chunk.outcomes.append(run_once(scenario, point, seed))
    except Exception as error:
        chunk.failure = _portable(error)
    chunk.seconds = perf_counter() - start
    return chunk


def run_once(scenario: Scenario, point: dict[str, Any], seed: int) -> Outcome:
    """Run the scenario once, and check and simplify what it returns."""
    result = scenario(**point, seed=seed)
    if not isinstance(result, Mapping):
        return _number(result, "it returned")
    if not result:
        raise TypeError("it returned an empty mapping; return at least one measure")
    for name in result:
        if not isinstance(name, str):
            raise TypeError(f"it named a measure {name!r}; name measures by strings")
        if name in point or name in ("seed", "measure"):
            raise ValueError(f"it named a measure {name!r}, which is another column of the table; rename it")
    return {name: _number(value, f"its measure {name!r} is") for name, value in result.items()}


def reason(error: BaseException) -> str:
    """Return the type of an exception and what it says."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def kind(value: Any) -> str:
    """Name a value in an error: its type, and itself if it is short."""
    name = type(value).__name__
    text = f"{'an' if name[0].lower() in 'aeio' else 'a'} {name}"
    shown = isinstance(value, (str, int, float)) and len(repr(value)) <= 40
    return f"{text}, {value!r}" if shown else text


def _number(value: Any, what: str) -> Number:
    if value is None or value is pd.NA:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    raise TypeError(
        f"{what} {kind(value)}; return a number, None for a missing one, or a mapping from names to numbers"
    )


def _portable(error: Exception) -> Exception:
    """Copy an exception into a form that survives the way back, with the worker's traceback as a note."""
    note = "In the worker:\n" + "".join(traceback.format_exception(error)).rstrip()
    try:
        copy = pickle.loads(pickle.dumps(error))
    except Exception:  # an exception can refuse in any way
        copy = None
    if type(copy) is not type(error):
        copy = RuntimeError(reason(error))
    copy.add_note(note)
    return copy
