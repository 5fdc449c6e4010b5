"""One timed run under a property's eyes."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Any

from distlab.sim import ContractError, EndlessRun, Network, Node, Simulation, SimulationError, Trace

from .observation import Observation, observations, of_payload
from .property import Property, RunEnd, Violation

__all__ = ["Outcome", "Setting", "watch"]


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
    kind: str  # "passed", "property" (violated), "error" (the algorithm broke), "contract" (it broke a rule)
    reached: bool
    time: float  # of the violation, or the end

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
    """Run once and judge: safety after every event, the rest at the end."""
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
    memory: Any = property.begin(tuple(sim.nodes))
    violation: Violation | None = None
    kind = "passed"
    row = -1
    try:
        if isinstance(sim, Watched):
            _step_through(sim, setting)
        else:
            sim.run(until=setting.until, max_events=setting.max_events)
    except Violation as found:
        violation, kind = found, "property"
    except ContractError as error:
        violation, kind = Violation(str(error), (sim._cause,)), "contract"
    except EndlessRun as error:
        violation, kind = Violation(str(error)), "error"
    except Exception as error:
        violation, kind = Violation(_story(error), (sim._cause,)), "error"
    time = sim.time
    if isinstance(sim, Watched):
        memory = sim.memory
    else:
        for seen in observations(sim.trace):
            try:
                memory = property.see(memory, seen)
            except Violation as found:
                violation, kind, time, row = found, "property", seen.time, seen.row
                break
    if violation is None:
        try:
            property.at_end(memory, _end(sim, setting))
        except Violation as found:
            violation, kind = found, "property"
    if violation is not None and row >= 0 and not violation.rows:
        violation.rows = (row,)
    return Outcome(setting, sim.trace, violation, kind, property.reached(memory), time)


class Unusable(Exception):
    """The algorithm cannot even be started."""


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


def _story(error: Exception) -> str:
    """An exception in a handler, in one sentence that names the method and the line."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "/distlab/sim/" not in frame.filename.replace("\\", "/")
    ]
    frames = [frame for frame in frames if "/distlab/check/" not in frame.filename.replace("\\", "/")]
    where = f" in {frames[-1].name}(), line {frames[-1].lineno}" if frames else ""
    note = f" ({error.__notes__[0].rstrip('.')})" if getattr(error, "__notes__", None) else ""
    return f"the algorithm broke with {type(error).__name__}: {error}{where}{note}."
