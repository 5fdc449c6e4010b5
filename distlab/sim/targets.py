"""Where heap entries go when they are not simply handled by a running node.

The simulator executes every entry with ``target._on[payload.__class__](target, payload, source)``. A
running node's table is its class's inbox. Here are the tables for everything else: a crashed node loses
what arrives, a paused node holds it, and the control takes what is for no single node: faults, the end of a
pause, the end of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappush
from typing import TYPE_CHECKING, Any

from .events import SimTimer
from .node import Node, NodeId

if TYPE_CHECKING:
    from .simulation import Simulation

__all__ = ["DOWN", "PAUSED", "Control", "End", "Resume", "Stop"]


class End(Exception):
    """The run has come to its end; ``row`` is the last one that took place."""

    def __init__(self, row: int) -> None:
        super().__init__()
        self.row = row


class Stop:
    """Heap entry that ends a run behind a row."""

    __slots__ = ("row",)

    def __init__(self, row: int) -> None:
        self.row = row

    def apply(self, sim: Simulation) -> None:
        sim._stops -= 1
        raise End(self.row)


class Resume:
    """Heap entry that ends a pause."""

    __slots__ = ("node", "until")

    def __init__(self, node: NodeId, until: float) -> None:
        self.node = node
        self.until = until

    def apply(self, sim: Simulation) -> None:
        if sim._paused.get(self.node) == self.until:
            del sim._paused[self.node]
            sim._waiting.pop(self.node, None)
            sim.nodes[self.node]._on = type(sim.nodes[self.node])._inbox


class Control:
    """The target of entries that are not for one node: faults, calls of whoever leads, the end of the run."""

    __slots__ = ("_on", "sim")

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self._on = APPLIES


class _Applies(dict[type, Callable[..., None]]):
    """The table of the control: whatever comes is applied."""

    def __missing__(self, arrived: type) -> Callable[..., None]:
        return _apply


def _apply(control: Control, payload: Any, source: Any) -> None:
    payload.apply(control.sim)


class _Down(dict[type, Callable[..., None]]):
    """The table of a crashed node: whatever arrives is gone."""

    def __missing__(self, arrived: type) -> Callable[..., None]:
        return _gone


def _gone(node: Node, payload: Any, source: Any) -> None:
    sim: Simulation = node._driver  # type: ignore[assignment]
    if isinstance(payload, SimTimer):  # it went with the crash
        sim.time = sim._previous
    else:
        sim.trace._except(sim._cause, "down")


class _Paused(dict[type, Callable[..., None]]):
    """The table of a paused node: whatever arrives waits until the node goes on."""

    def __missing__(self, arrived: type) -> Callable[..., None]:
        return _hold


def _hold(node: Node, payload: Any, source: Any) -> None:
    sim: Simulation = node._driver  # type: ignore[assignment]
    row = sim._cause
    if isinstance(payload, SimTimer) and payload.row != row:
        payload._settle(row)
    else:
        until = sim._paused[node.id]
        if isinstance(payload, SimTimer):
            payload.queued_at = until
        sim._waiting.setdefault(node.id, []).append(row)
        sim.trace._hold(row, until)
        heappush(sim._heap, (until, row, node, source, payload))
    sim.time = sim._previous


APPLIES = _Applies()
DOWN = _Down()
PAUSED = _Paused()
