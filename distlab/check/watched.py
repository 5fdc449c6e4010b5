"""One timed run under a property's eyes."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any

from distlab.sim import ContractError, EndlessRun, Network, Node, Simulation, SimulationError, Trace

from .observation import Observation, observations, of_payload
from .property import Property, PropertyBroke, RunEnd, Violation
from .watchdog import EndlessHandler, now_running

__all__ = ["Outcome", "Setting", "Unusable", "Watched", "never_ends", "story", "watch"]


@dataclass(frozen=True)
class Setting:
    """Everything that one timed run depends on, besides the algorithm and the property."""

    nodes: int
    faults: tuple[Any, ...]
    network: Network
    workload: tuple[Any, ...]
    seed: int
    until: float
    quiet_since: float
    max_events: int = 200_000


@dataclass
class Outcome:
    """How a run ended: a violation or None, and what is needed to tell a vacuous run from a real one."""

    setting: Setting
    trace: Trace
    violation: Violation | None
    kind: str  # "passed", or the kind of the violation; "endless": a handler never ended
    reached: bool
    time: float  # of the violation, or the end
    late: bool = False  # did it fail what must hold in the end?
    rows: int = 0  # how much was scheduled and noted
    memory: Any = None  # what the property remembered
    endless: bool = False  # did it use up its budget of events?

    @property
    def failed(self) -> bool:
        return self.violation is not None


class Watched(Simulation):
    """A simulation that hands what nodes note to the property at once, and lets it look at the nodes after
    each event.
    """

    def __init__(self, nodes: dict[Any, Node], property: Property, **options: Any) -> None:
        self.seen: list[Observation] = []
        super().__init__(nodes, **options)
        self.property = property
        self.memory = property.begin(tuple(self.nodes))

    def _write(self, node: Node, what: Any) -> None:
        super()._write(node, what)
        seen = of_payload(what, node.id, self.time, self._cause)
        if seen is not None:
            self.seen.append(seen)

    def crash(self, id: Any) -> None:
        if self.up(id):
            self.seen.append(Observation("down", id, "down", {}, self.time, self._cause))
        super().crash(id)

    def recover(self, id: Any) -> None:
        if not self.up(id):
            self.seen.append(Observation("up", id, "up", {}, self.time, self._cause))
        super().recover(id)

    def judge(self) -> None:
        """Give the property what has been seen since the last time; raises Violation."""
        seen, self.seen = self.seen, []
        for one in seen:
            self.memory = self.property.see(self.memory, one)
        if self.property.needs_nodes:
            self.memory = self.property.look(self.memory, self.nodes)


def watch(nodes: dict[Any, Node], property: Property, setting: Setting, full: bool = False) -> Outcome:
    """Run once and judge: safety after every event, the rest at the end.

    Raises
    ------
    Unusable
        If the run cannot even begin: a class breaks a rule, a fault or a call names what does not exist.
    PropertyBroke
        If the property cannot be evaluated.
    """
    options: dict[str, Any] = {
        "network": setting.network,
        "faults": setting.faults,
        "workload": setting.workload,
        "seed": setting.seed,
        "trace": "full" if full or property.needs_trace else "outline",
    }
    try:
        sim: Simulation = (
            Watched(nodes, property, **options) if property.needs_nodes else Simulation(nodes, **options)
        )
    except (ContractError, SimulationError) as error:
        raise Unusable(str(error)) from error
    now_running(lambda: (sim._cause, sim.time) if sim._cause >= 0 else None)
    violation = _run(sim, setting)
    time = sim.time
    memory = sim.memory if isinstance(sim, Watched) else property.begin(tuple(sim.nodes))
    if not isinstance(sim, Watched):
        for seen in observations(sim.trace):
            try:
                memory = property.see(memory, seen)
            except Violation as found:
                violation, time = found, seen.time
                break
    late = violation is None
    if violation is None:
        try:
            property.at_end(memory, _end(sim, setting))
        except Violation as found:
            violation = found
    kind = "passed" if violation is None else violation.kind
    reached = property.reached(memory)
    endless = violation is not None and isinstance(violation.__cause__, EndlessRun)
    rows = sim._next_row()
    return Outcome(setting, sim.trace, violation, kind, reached, time, late, rows, memory, endless)


class Unusable(Exception):
    """The algorithm cannot even be started."""


def _run(sim: Simulation, setting: Setting) -> Violation | None:
    """Run to the end, or to the first violation that shows while running."""
    try:
        if isinstance(sim, Watched):
            _step_through(sim, setting)
        else:
            sim.run(until=setting.until, max_events=setting.max_events)
    except Violation as found:
        return found
    except PropertyBroke:
        raise
    except ContractError as error:
        return Violation(str(error), _row(error), kind="contract")
    except EndlessRun as error:
        used_up = Violation(str(error), kind="error")
        used_up.__cause__ = error
        return used_up
    except EndlessHandler as error:
        return Violation(never_ends(error), kind="endless")
    except Exception as error:
        return Violation(story(error), _row(error), kind="error")
    return None


def _row(error: Exception) -> tuple[int, ...]:
    """The row of the event in whose handler an exception was raised, as the simulation noted it."""
    found = [re.search(r"\(row (\d+)\)", note) for note in getattr(error, "__notes__", ())]
    return tuple([int(each.group(1)) for each in found if each is not None])[:1]


def _step_through(sim: Watched, setting: Setting) -> None:
    for _ in range(setting.max_events):
        if sim.step(setting.until) is None:
            sim.run(until=setting.until)
            return
        sim.judge()
    raise EndlessRun(
        f"the run used up its budget of {setting.max_events:,} events at t = {sim.time:.6g} s.", sim.trace
    )


def _end(sim: Simulation, setting: Setting) -> RunEnd:
    live = tuple([id for id in sim.nodes if sim.up(id)])
    return RunEnd(sim.time, setting.quiet_since, live, {id: sim.nodes[id].role for id in live}, sim.trace)


def _frames(error: BaseException) -> list[Any]:
    """The frames of an exception that are neither the laboratory's nor Python's own library's."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if not module.startswith(("distlab.sim", "distlab.check")) and module.split(".")[0] not in _LIBRARY:
            frames.append(trace)
        trace = trace.tb_next
    return frames


_LIBRARY = frozenset(sys.stdlib_module_names) - {"__main__"}


def story(error: BaseException, note: str = "") -> str:
    """An exception in a handler, in one sentence that names the method and the line."""
    frames = _frames(error)
    where = f" in {frames[-1].tb_frame.f_code.co_name}(), line {frames[-1].tb_lineno}" if frames else ""
    note = note or next(iter(getattr(error, "__notes__", ())), "")
    note = f" ({note.rstrip('.')})" if note else ""
    said = str(error)
    return f"the algorithm broke with {type(error).__name__}{': ' if said else ''}{said}{where}{note}."


def never_ends(error: BaseException) -> str:
    """A handler that never ended, in one sentence."""
    frames = _frames(error)
    if not frames:
        return "a handler of the algorithm never ends: it was still running after a second."
    frame = frames[0].tb_frame
    node = frame.f_locals.get("self")
    who = f" of {node!r}" if isinstance(node, Node) else ""
    return (
        f"{frame.f_code.co_name}(){who} never ends: it was still running after a second. A handler must "
        "come back; to wait, set a timer with self.after(...) or let a message wake the node."
    )
