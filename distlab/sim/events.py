"""What can stand in the journal besides messages: starts, timers, work, roles, records, operations.

Everything that is scheduled says in ``_arrive(node, payload, source)`` what it does to its node when its
time has come; messages are handled by the node class itself. So the event loop needs no ``if``.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappush, heapreplace
from math import inf, nan
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from .errors import ContractError
from .shown import shown

if TYPE_CHECKING:
    from .node import Node
    from .simulation import Simulation

__all__ = [
    "Invoked",
    "Record",
    "Restart",
    "Returned",
    "RoleChange",
    "SimOperation",
    "SimTimer",
    "Start",
    "Work",
]


class Start:
    """A node begins."""

    __slots__ = ()

    @staticmethod
    def _arrive(node: Node, payload: Start, source: Any) -> None:
        node.on_start()

    def __repr__(self) -> str:
        return "Start()"


class Restart:
    """A node comes back after a crash."""

    __slots__ = ()

    @staticmethod
    def _arrive(node: Node, payload: Restart, source: Any) -> None:
        node.on_recover()

    def __repr__(self) -> str:
        return "Restart()"


class SimTimer:
    """A timer in the simulator.

    A reset or a cancel costs no heap operation: the entry stays in the heap, and when it comes up, it is
    thrown away or put back at the new time. ``row`` is the journal row of the present setting (-1: not
    running), ``queued`` the row under which the one live heap entry was pushed, ``queued_at`` the time of
    that entry.
    """

    __slots__ = ("args", "delay", "due", "method", "node", "queued", "queued_at", "repeats", "row", "sim")

    def __init__(
        self,
        sim: Simulation,
        node: Node,
        delay: float,
        method: Callable[..., None],
        args: tuple[Any, ...],
        repeats: bool,
    ) -> None:
        self.sim = sim
        self.node = node
        self.delay = delay
        self.method = method
        self.args = args
        self.repeats = repeats
        self.row = self.queued = -1
        self.due = self.queued_at = 0.0

    @property
    def pending(self) -> bool:
        return self.row >= 0

    def cancel(self) -> None:
        if self.row >= 0:
            self.sim._cancel(self.row)
            self.row = -1

    def reset(self, delay: float | None = None) -> None:
        if delay is None:
            delay = self.delay
        else:
            self.delay = delay = self._checked(delay)
        sim = self.sim
        node = self.node
        if self.row >= 0:
            sim._cancel(self.row)
        if sim._clocks:
            delay = sim._real_delay(node, delay)
        due = sim.time + delay
        self.row = row = next(sim._rows)
        self.due = due
        sim._note((sim._cause, due, node.id, self))
        if self.queued < 0 or due < self.queued_at:
            self.queued = row
            self.queued_at = due
            heappush(sim._heap, (due, row, node, None, self))

    def _checked(self, delay: Any) -> float:
        try:
            right = (delay > 0 if self.repeats else delay >= 0) and delay < inf
        except TypeError:
            right = False
        if not right:
            least = "more than 0 seconds" if self.repeats else "0 seconds or more"
            raise ContractError(f"{self.node!r} called reset({delay!r}): a timer's delay must be {least}.")
        return delay

    @staticmethod
    def _arrive(node: Node, timer: SimTimer, source: Any) -> None:
        sim = timer.sim
        row = sim._cause
        if row == timer.row:
            timer.row = timer.queued = -1
            if timer.repeats:
                timer.reset()
            timer.method(*timer.args)
        else:
            timer._settle(row)
            sim.time = sim._previous  # nothing happened, so no time has passed

    def _settle(self, row: int) -> None:
        """Deal with a heap entry whose setting is no longer the present one: put back, or thrown away."""
        if row == self.queued:
            if self.row >= 0:
                self.queued = self.row
                self.queued_at = self.due
                heappush(self.sim._heap, (self.due, self.row, self.node, None, self))
            else:
                self.queued = -1

    def __reduce__(self) -> tuple[Any, ...]:
        """In another process a timer is only something to look at."""
        return _past, (type(self), self.method.__name__, self.args, self.delay, self.repeats)

    def __repr__(self) -> str:
        return f"Timer({self.method.__name__}({', '.join(map(shown, self.args))}))"


class Work(SimTimer):
    """A piece of work that occupies one of the node's workers until it is done."""

    __slots__ = ("started",)

    def __init__(
        self,
        sim: Simulation,
        node: Node,
        delay: float,
        method: Callable[..., None],
        args: tuple[Any, ...],
        lanes: list[float],
    ) -> None:
        super().__init__(sim, node, delay, method, args, repeats=False)
        self.started = max(sim.time, lanes[0])
        heapreplace(lanes, self.started + delay)

    def reset(self, delay: float | None = None) -> None:
        raise ContractError(f"{self.node!r}: work cannot be reset; call self.work(...) again.")

    def cancel(self) -> None:
        raise ContractError(f"{self.node!r}: work cannot be cancelled once it is queued.")

    def _lost(self, time: float) -> None:
        """The node crashed: what had not been begun never will be."""
        if self.started > time:
            self.started = nan

    def __reduce__(self) -> tuple[Any, ...]:
        return _past, (type(self), self.method.__name__, self.args, self.delay, False, self.started)

    def __repr__(self) -> str:
        return f"Work({self.method.__name__}({', '.join(map(shown, self.args))}), {self.delay:g} s)"


def _past(
    kind: type[SimTimer], name: str, args: tuple[Any, ...], delay: float, repeats: bool, started: float = nan
) -> SimTimer:
    """A timer of a trace that was read back: it has a name and arguments, but no simulation."""
    timer = kind.__new__(kind)
    timer.method = SimpleNamespace(__name__=name)  # type: ignore[assignment]
    timer.args, timer.delay, timer.repeats = args, delay, repeats
    timer.row = timer.queued = -1
    timer.due = timer.queued_at = nan
    if isinstance(timer, Work):
        timer.started = started
    return timer


class RoleChange:
    """A node took on a role."""

    __slots__ = ("facts", "role")

    def __init__(self, role: str, facts: dict[str, Any]) -> None:
        self.role = role
        self.facts = facts

    def __repr__(self) -> str:
        return f"become({_listed(self.role, self.facts)})"


class Record:
    """A node noted something."""

    __slots__ = ("event", "facts")

    def __init__(self, event: str, facts: dict[str, Any]) -> None:
        self.event = event
        self.facts = facts

    def __repr__(self) -> str:
        return f"record({_listed(self.event, self.facts)})"


class Invoked:
    """A client operation began."""

    __slots__ = ("key", "number", "operation", "value")

    def __init__(self, number: int, operation: str, key: Any, value: Any) -> None:
        self.number = number
        self.operation = operation
        self.key = key
        self.value = value

    def __repr__(self) -> str:
        return f"invoke({self.operation!r}, key={shown(self.key)}, value={shown(self.value)})"


class Returned:
    """A client operation ended: status "ok", "failed" or "unknown"."""

    __slots__ = ("number", "result", "status")

    def __init__(self, number: int, status: str, result: Any) -> None:
        self.number = number
        self.status = status
        self.result = result

    def __repr__(self) -> str:
        return f"return({self.status}, {shown(self.result)})"


class SimOperation:
    """The handle of a client operation in the simulator."""

    __slots__ = ("node", "number", "open", "sim")

    def __init__(self, sim: Simulation, node: Node, number: int) -> None:
        self.sim = sim
        self.node = node
        self.number = number
        self.open = True

    def complete(self, result: Any = None) -> None:
        self._end("ok", result)

    def fail(self, reason: Any = None) -> None:
        self._end("failed", reason)

    def unknown(self, reason: Any = None) -> None:
        self._end("unknown", reason)

    def _end(self, status: str, result: Any) -> None:
        if not self.open:
            raise ContractError(f"{self.node!r} ended the same operation twice.")
        self.open = False
        self.sim.returned(self.node, self.number, status, result)


def _listed(name: str, facts: dict[str, Any]) -> str:
    return ", ".join([shown(name), *[f"{fact}={shown(value)}" for fact, value in facts.items()]])
