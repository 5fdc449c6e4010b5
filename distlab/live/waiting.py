"""Waiting for something outside, with a limit."""

from __future__ import annotations

import time
from collections.abc import Callable

from .errors import LiveError

__all__ = ["wait_until"]


def wait_until(
    happened: Callable[[], bool], patience: float, otherwise: str, *, interval: float = 0.01
) -> float:
    """Ask again and again until something has happened.

    Parameters
    ----------
    happened
        Asked every ``interval`` seconds.
    patience
        Seconds after which to give up.
    otherwise
        The beginning of the sentence that is raised then.
    interval
        Seconds between two questions.

    Returns
    -------
    float
        The seconds that it took.

    Raises
    ------
    LiveError
        If it has not happened within ``patience`` seconds.

    Examples
    --------
    >>> wait_until(lambda: True, 1.0, "Never") < 1.0
    True
    """
    begin = time.monotonic()
    while not happened():
        if time.monotonic() - begin > patience:
            raise LiveError(f"{otherwise} within {patience:g} s.")
        time.sleep(interval)
    return time.monotonic() - begin
