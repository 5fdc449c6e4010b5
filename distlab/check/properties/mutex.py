"""Mutual exclusion.

What nodes say: ``record("request")`` when they want the critical section, ``record("enter")`` when they are
in, ``record("exit")`` when they leave. With several resources each record has ``lock=name``. For the order of
grants, ``request`` carries the logical ``timestamp``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..memory import resorted
from ..observation import Observation
from ..property import Property, RunEnd, Violation
from ..schedule import FaultBudget

__all__ = ["MutualExclusion"]


class _Memory(NamedTuple):
    inside: tuple[tuple[Any, Any], ...] = ()  # (lock, node)
    waiting: tuple[tuple[Any, Any, Any], ...] = ()  # (lock, node, timestamp)
    granted: tuple[tuple[Any, Any], ...] = ()  # (lock, (timestamp, node)) of the last grant
    ever: bool = False


class MutualExclusion(Property):
    """Never two nodes in the critical section; every request of a live node is granted; grants in the
    promised order.

    Parameters
    ----------
    within
        Seconds after the last fault by which all waiting requests must be granted.
    order
        None, or "timestamp": grants follow the requests' ``(timestamp, node)``, as Lamport and
        Ricart-Agrawala promise.
    crash_releases
        If true, a crashed node is no longer in the critical section (its lease has been taken back).

    Examples
    --------
    >>> MutualExclusion(order="timestamp").goal
    'somebody entered the critical section'
    """

    def __init__(self, within: float = 5.0, order: str | None = None, crash_releases: bool = True) -> None:
        if order not in (None, "timestamp"):
            raise ValueError(f'order must be None or "timestamp"; got {order!r}.')
        self.within = within
        self.order = order
        self.crash_releases = crash_releases

    @property
    def goal(self) -> str:
        return "somebody entered the critical section"

    def default_faults(self) -> FaultBudget:
        """The classical algorithms trust in nodes that live and messages that arrive, whenever that is."""
        return FaultBudget(crashes=0, partitions=0, pauses=2, loss_bursts=0, slow_links=2)

    def searches(self, memory: _Memory) -> list[dict[str, Any]]:
        return [
            {"timeouts": 4},
            {"timing": "synchronous", "settle": self.within, "samples": 100, "states": 5_000},
            {"nodes": 4, "timeouts": None, "walks": 300, "states": 10_000},
        ]

    def begin(self, nodes: tuple[Any, ...]) -> _Memory:
        return _Memory()

    def see(self, memory: _Memory, seen: Observation) -> _Memory:
        if seen.kind == "down":
            inside = (
                [pair for pair in memory.inside if pair[1] != seen.node]
                if self.crash_releases
                else memory.inside
            )
            waiting = [wait for wait in memory.waiting if wait[1] != seen.node]
            return memory._replace(inside=tuple(inside), waiting=tuple(waiting))
        if seen.kind != "record" or seen.name not in ("request", "enter", "exit"):
            return memory
        lock = seen.facts.get("lock")
        if seen.name == "request":
            wait = (lock, seen.node, seen.facts.get("timestamp"))
            return memory._replace(waiting=tuple(sorted((*memory.waiting, wait), key=repr)))
        if seen.name == "exit":
            if (lock, seen.node) not in memory.inside:
                raise Violation(
                    f"node {seen.node!r} left the critical section at t = {seen.time:.4g} s without being in "
                    "it.",
                    (seen.row,),
                    (seen.node,),
                )
            return memory._replace(
                inside=tuple([pair for pair in memory.inside if pair != (lock, seen.node)])
            )
        return self._enter(memory, lock, seen)

    def _enter(self, memory: _Memory, lock: Any, seen: Observation) -> _Memory:
        for held, holder in memory.inside:
            if held == lock:
                which = "" if lock is None else f" of {lock!r}"
                raise Violation(
                    f"node {seen.node!r} entered the critical section{which} at t = {seen.time:.4g} s "
                    f"while node {holder!r} was in it.",
                    (seen.row,),
                    (holder, seen.node),
                )
        mine = next((wait for wait in memory.waiting if wait[:2] == (lock, seen.node)), None)
        granted = memory.granted
        if self.order == "timestamp" and mine is not None:
            granted = self._in_order(memory, lock, mine, seen)
        waiting = list(memory.waiting)
        if mine is not None:
            waiting.remove(mine)
        inside = tuple(sorted((*memory.inside, (lock, seen.node)), key=repr))
        return _Memory(inside, tuple(waiting), granted, True)

    def _in_order(self, memory: _Memory, lock: Any, mine: Any, seen: Observation) -> Any:
        stamp = (mine[2], mine[1])
        last = dict(memory.granted).get(lock)
        if last is not None and stamp < last:
            raise Violation(
                f"node {seen.node!r}, whose request has the timestamp {stamp}, entered at t = "
                f"{seen.time:.4g} s "
                f"after the later request {last} of node {last[1]!r}.",
                (seen.row,),
                (seen.node, last[1]),
            )
        return tuple(sorted({**dict(memory.granted), lock: stamp}.items(), key=repr))

    def at_end(self, memory: _Memory, end: RunEnd) -> None:
        starving = [node for _, node, _ in memory.waiting if node in end.live]
        if starving:
            raise Violation(
                f"node {starving[0]!r} asked for the critical section and is still waiting at t = "
                f"{end.time:.3g} s, "
                f"{end.time - end.quiet_since:.3g} s after the last fault.",
                nodes=tuple(starving),
            )

    def tidy(self, memory: Any) -> Any:
        return resorted(memory)

    def reached(self, memory: _Memory) -> bool:
        return memory.ever
