"""Durations that a node is built with, checked."""

from __future__ import annotations

__all__ = ["seconds"]


def seconds(value: float, name: str) -> float:
    """``value`` if it is a duration of more than 0 seconds; a clear error otherwise.

    >>> seconds(0.2, "timeout")
    0.2
    >>> seconds(0, "timeout")
    Traceback (most recent call last):
        ...
    ValueError: timeout must be a number of seconds, more than 0; got 0.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ValueError(f"{name} must be a number of seconds, more than 0; got {value!r}.")
    return value
