"""Which layer is to blame? Judges an answer by incidents in which it is known.

The layer that grew most need not be the one that is broken: whatever makes a request hold its slot longer
makes all others wait longer for theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from distlab.sim import Crash, SlowLink

from .assembly import serve
from .spans import LAYERS, layers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["misdiagnosed"]


class _Incident(NamedTuple):
    what: str
    to_blame: str
    options: dict[str, Any]


_HEALTHY = _Incident("nothing is broken", "", {})
_INCIDENTS = (
    _Incident("the computation takes 15 ms instead of 10", "computing", {"compute": 0.015}),
    _Incident("two slots are left of three", "resources", {"slots": 2}),
    _Incident(
        "the link to the server is 3 ms slower",
        "communication",
        {"faults": (SlowLink("front", "server", at=0.0, extra=0.003),)},
    ),
    _Incident("the near copy is down", "storage", {"faults": (Crash("store 2", at=0.0),)}),
    _Incident("the computation takes 28 ms instead of 10", "computing", {"compute": 0.028}),
)


def misdiagnosed(diagnose: Callable[[pd.Series, pd.Series], str]) -> str | None:
    """None if a function names the broken layer in each of five incidents; else a sentence about one.

    Parameters
    ----------
    diagnose
        Gets the mean milliseconds per layer of healthy runs and of runs in the incident, and answers with
        one of :data:`~distlab.communication.stack.spans.LAYERS`.

    Returns
    -------
    str or None
        The first incident in which the answer is wrong, and why; also if the function breaks.

    Examples
    --------
    >>> print(misdiagnosed(lambda before, after: "computing"))
    When two slots are left of three, it says 'computing', but that layer takes 10 ms as before.
    """
    healthy = _means(0)
    for place, incident in enumerate(_INCIDENTS, start=1):
        now = _means(place)
        try:
            answer = diagnose(healthy.copy(), now.copy())
        except Exception as error:
            return f"It broke with {type(error).__name__}: {error}."
        if not isinstance(answer, str) or answer not in LAYERS:
            return f"It must answer one of {', '.join(LAYERS)}; it answered {answer!r}."
        if answer != incident.to_blame:
            return f"When {incident.what}, it says {answer!r}, but {_why(answer, incident, healthy, now)}."
    return None


def _why(answer: str, incident: _Incident, healthy: pd.Series, now: pd.Series) -> str:
    grown = now - healthy
    if answer != "resources":
        if abs(grown[answer]) < 0.5:
            return f"that layer takes {now[answer]:.3g} ms as before"
        return f"{incident.to_blame!r} is broken"
    more, wait = grown[incident.to_blame], grown["resources"]
    return (
        f"{incident.to_blame!r} is broken: there each request takes {more:.3g} ms more. It holds its slot "
        f"for so much longer, and that is why the others wait {wait:.3g} ms more for theirs"
    )


@cache
def _means(place: int) -> pd.Series:
    """Mean milliseconds per layer, healthy (0) or in an incident (1, 2, ...)."""
    incident = (_HEALTHY, *_INCIDENTS)[place]
    return layers(serve(60.0, 5.0, seed=1, **incident.options)).mean() * 1000
