"""What happened before what, from the causes in a trace.

Lamport, "Time, clocks, and the ordering of events in a distributed system" (1978): an event happens before
another if it comes earlier at the same node, or is the sending of the message that the other one receives,
or through a chain of these. Vector clocks (Fidge 1988, Mattern 1989) answer the question by comparing
numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import SimulationError

if TYPE_CHECKING:
    from .trace import Trace

__all__ = ["happens_before", "vector_clocks"]

_NOTED = ("role", "record", "invoke", "return")


def vector_clocks(trace: Trace) -> dict[int, dict[Any, int]]:
    """The vector clock of each event that happened at a node: row -> {node: number of its events seen}."""
    latest: dict[Any, dict[Any, int]] = {}
    clocks: dict[int, dict[Any, int]] = {}
    for event in trace.events():
        if event.node is None or event.kind in _NOTED:
            continue
        clock = dict(latest.get(event.node, {}))
        for node, count in clocks.get(event.cause, {}).items():
            if count > clock.get(node, 0):
                clock[node] = count
        clock[event.node] = clock.get(event.node, 0) + 1
        latest[event.node] = clocks[event.row] = clock
    return clocks


def happens_before(trace: Trace, first: int, second: int) -> bool:
    """Did the event of row ``first`` happen before that of row ``second``?"""
    one, other = _standing(trace, first), _standing(trace, second)
    if one == other:
        return first < second
    node = trace.event(one).node
    return trace.clocks[one][node] <= trace.clocks[other].get(node, 0)


def _standing(trace: Trace, row: int) -> int:
    """The event that a row stands for: itself, or the one inside which it was noted."""
    event = trace.event(row)
    if event.kind in _NOTED:
        row = event.cause
    if row not in trace.clocks:
        raise SimulationError(
            f"row {row} did not happen at a node, so it has no place in the order of events."
        )
    return row
