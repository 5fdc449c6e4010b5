"""One door to all consistency levels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from .causal import check_causal, check_fifo
from .linearizable import check_linearizable
from .models import Model
from .sequential import check_sequential
from .sessions import (
    check_monotonic_reads,
    check_monotonic_writes,
    check_read_your_writes,
    check_writes_follow_reads,
)
from .verdict import Verdict

__all__ = ["LEVELS", "check_history"]

LEVELS: dict[str, Callable[..., Verdict]] = {
    "linearizable": check_linearizable,
    "sequential": check_sequential,
    "causal": check_causal,
    "weakly causal": partial(check_causal, kind="weak"),
    "causally convergent": partial(check_causal, kind="convergent"),
    "fifo": check_fifo,
    "read your writes": check_read_your_writes,
    "monotonic reads": check_monotonic_reads,
    "monotonic writes": check_monotonic_writes,
    "writes follow reads": check_writes_follow_reads,
}


def check_history(history: Any, model: Model, level: str = "linearizable", **options: Any) -> Verdict:
    """Check a history of clients' operations at a consistency level.

    Parameters
    ----------
    history : a `History`, or whatever `History.of` takes.
    model : what the object does; the levels below "sequential" need a register.
    level : one of `LEVELS`; case, hyphens and underscores do not matter.
    options : passed on, for example ``limit=``.

    What is linearizable is sequential; what is sequential is causal; what is causal is fifo, and its writes
    follow reads; and fifo brings "read your writes", "monotonic reads" and "monotonic writes".

    >>> from distlab.check.histories import Operation, Register
    >>> check_history([Operation("Ann", "read", "x", invoked=0, returned=1)], Register(), "sequential").ok
    True
    >>> check_history([], Register(), "eventual")
    Traceback (most recent call last):
    ...
    ValueError: level must be one of 'linearizable', 'sequential', 'causal', 'weakly causal', \
'causally convergent', 'fifo', 'read your writes', 'monotonic reads', 'monotonic writes', \
'writes follow reads', not 'eventual'
    """
    check = LEVELS.get(str(level).lower().replace("-", " ").replace("_", " "))
    if check is None:
        raise ValueError(f"level must be one of {', '.join(map(repr, LEVELS))}, not {level!r}")
    return check(history, model, **options)
