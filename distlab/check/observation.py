"""What a property sees of a run: a stream of observations, the same from a timed trace and from the
exhaustive search.

An observation is something that a node said (a role, a record, the begin or the end of a client operation) or
that happened to it (down, up). Messages are not observed: a property speaks about what nodes do, not about
how they get there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from distlab.sim import Trace
from distlab.sim.events import Invoked, Record, Returned, RoleChange

__all__ = ["Observation", "observations"]


class Observation(NamedTuple):
    """One thing seen.

    Attributes
    ----------
    kind : str
        "role", "record", "invoke", "return", "down" or "up".
    node
        Where.
    name : str
        The role, the record's event, the operation, or the status of a returned operation.
    facts : dict
        What the node added: ``term=3``.
    time : float
        Simulated seconds; in an untimed search, the number of the step.
    row : int
        The row of the trace in which the event stands that did it; -1 if there is no trace.
    """

    kind: str
    node: Any
    name: str
    facts: dict[str, Any]
    time: float = 0.0
    row: int = -1


def of_payload(payload: Any, node: Any, time: float, row: int) -> Observation | None:
    """The observation that a journal entry stands for, or None."""
    kind = payload.__class__
    if kind is RoleChange:
        return Observation("role", node, payload.role, payload.facts, time, row)
    if kind is Record:
        return Observation("record", node, payload.event, payload.facts, time, row)
    if kind is Invoked:
        facts = {"number": payload.number, "key": payload.key, "value": payload.value}
        return Observation("invoke", node, payload.operation, facts, time, row)
    if kind is Returned:
        return Observation(
            "return", node, payload.status, {"number": payload.number, "result": payload.result}, time, row
        )
    return None


def observations(trace: Trace) -> list[Observation]:
    """All observations of a trace in the order in which they were made.

    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Herald(Node):
    ...     def on_start(self):
    ...         self.become("leader", term=1)
    >>> [(seen.kind, seen.node, seen.name) for seen in observations(Simulation(cluster(Herald, 1)).run())]
    [('role', 1, 'leader')]
    """
    return [seen for _, seen in sorted(_keyed(trace), key=lambda pair: pair[0])]


def _keyed(trace: Trace) -> Iterator[tuple[tuple[float, int, int], Observation]]:
    for row, cause, time, node, payload in trace.instants():
        seen = of_payload(payload, node, time, cause)
        if seen is not None:
            yield (time, cause, row), seen
    for node, time, what, row in trace.lives():
        yield (time, row, -1), Observation(what, node, what, {}, time, row)
