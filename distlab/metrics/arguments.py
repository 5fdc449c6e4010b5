"""What every function of a trace asks of its arguments, and the answers to wrong ones."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from distlab.sim import SimulationError

if TYPE_CHECKING:
    from distlab.sim import Trace

__all__ = ["chosen_nodes", "number", "require_full", "window"]


def require_full(trace: Trace, function: str) -> None:
    """Raise a clear error if the trace is an outline, which has no messages, timers and work."""
    if not trace.full:
        raise SimulationError(
            f'{function} needs a full trace; build the simulation with trace="full" instead of "outline".'
        )


def window(trace: Trace, after: float, until: float | None) -> tuple[float, float]:
    """The part of the run to measure, in seconds; ``until`` None is the end of the run.

    >>> from distlab.sim import Node, Simulation, cluster
    >>> window(Simulation(cluster(Node, 1)).run(until=5.0), 1.0, None)
    (1.0, 5.0)
    """
    if not 0 <= after <= trace.end:
        raise ValueError(
            f"after must be a time within the run, from 0 to {trace.end:g} seconds; got {after!r}."
        )
    if until is None:
        return float(after), trace.end
    if not after <= until <= trace.end:
        raise ValueError(
            f"until must be a time from after={after:g} to the end of the run, {trace.end:g} seconds; "
            f"got {until!r}."
        )
    return float(after), float(until)


def chosen_nodes(trace: Trace, node: Any) -> tuple[Any, ...]:
    """The nodes that an argument names: one id, several ids in a list or tuple, or all of them (None).

    >>> from distlab.sim import Node, Simulation, cluster
    >>> trace = Simulation(cluster(Node, 3)).run()
    >>> chosen_nodes(trace, 2), chosen_nodes(trace, [3, 1]), chosen_nodes(trace, None)
    ((2,), (3, 1), (1, 2, 3))
    """
    if node is None:
        return trace.nodes
    named = tuple(node) if isinstance(node, list | tuple | range) else (node,)
    if not named:
        raise ValueError("node must name at least one node, or be None for all of them; got none.")
    for name in named:
        if name not in trace.nodes:
            raise ValueError(f"there is no node {name!r}; the nodes are: {_listed(trace.nodes)}.")
    return tuple(dict.fromkeys(named))


def number(name: str, value: float, low: float = 0.0, high: float = math.inf, above: bool = False) -> float:
    """``value`` if it lies between ``low`` (``above``: more than it) and ``high``; else a clear error.

    >>> number("load", 0.5)
    0.5
    >>> number("servers", 0, low=1)
    Traceback (most recent call last):
        ...
    ValueError: servers must be a number of 1 or more; got 0.
    """
    fits = (value > low if above else value >= low) and value <= high if _is_real(value) else False
    if not fits:
        if high < math.inf:
            right = f"between {low:g} and {high:g}"
        else:
            right = f"of more than {low:g}" if above else f"of {low:g} or more"
        raise ValueError(f"{name} must be a number {right}; got {value!r}.")
    return float(value)


def _is_real(value: Any) -> bool:
    try:
        return not isinstance(value, bool | str) and not math.isnan(value)
    except TypeError:
        return False


def _listed(names: Iterable[Any]) -> str:
    shown = [repr(name) for name in names]
    return ", ".join(shown[:8]) + (", ..." if len(shown) > 8 else "")
