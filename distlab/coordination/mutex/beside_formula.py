"""Messages per entry, counted in a run, beside the closed form."""

from __future__ import annotations

from math import nan

from . import closed_forms
from .mutex_experiments import one_at_a_time, saturated

__all__ = ["messages_per_entry"]


def messages_per_entry(load: str, algorithm: str, n: int, seed: int = 0) -> dict[str, float]:
    """One run under light or full load, and what :func:`closed_forms.messages_per_entry` says.

    Parameters
    ----------
    load
        "light": 100 requests, one at a time, by nodes drawn at random; "full": two entries per node while
        each asks again as soon as it has left.
    algorithm, n
        As for :func:`mutex_experiments.contenders`.
    seed
        Whole number; the run depends on it.

    Returns
    -------
    dict
        "measured" and "formula"; both NaN for a ring under light load, whose token never rests.

    Raises
    ------
    ValueError
        If there is no such algorithm or load.

    Examples
    --------
    >>> messages_per_entry("full", "Suzuki-Kasami", 5)
    {'measured': 5.0, 'formula': 5}
    """
    formula = closed_forms.messages_per_entry(algorithm, n, load)
    if load == "full":
        return {
            "measured": saturated(algorithm, n, rounds=2, seed=seed).messages_per_entry,
            "formula": formula,
        }
    if formula != formula:
        return {"measured": nan, "formula": nan}
    return {
        "measured": one_at_a_time(algorithm, n, requests=100, seed=seed).messages_per_entry,
        "formula": formula,
    }
