"""What a simulation was made from, so that it can be made again: by the step-through player, for instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import SimulationError
from .node import _copied

if TYPE_CHECKING:
    from .simulation import Simulation

__all__ = ["Made", "Unknown"]


class Unknown:
    """The origin of a trace that came from elsewhere, or of a simulation that is still being made."""

    def injected(self, sim: Simulation, fault: Any) -> None:
        """Nothing to note."""

    def again(self, trace: str) -> Simulation:
        """Say that it cannot be done."""
        raise SimulationError(
            "this trace does not know what it was made from: it came from another process or from a script "
            "of moves. Build its simulation again and run that."
        )


class Made(Unknown):
    """The arguments of a simulation, and what was injected by hand before it ran."""

    __slots__ = ("faults", "later", "network", "nodes", "seed", "workload")

    def __init__(self, sim: Simulation, faults: list[Any], workload: list[Any]) -> None:
        self.nodes = {id: (type(node), node._born) for id, node in sim.nodes.items()}
        self.network, self.seed = sim.network, sim.seed
        self.faults, self.workload = faults, workload
        self.later: list[Any] = []

    def injected(self, sim: Simulation, fault: Any) -> None:
        """A fault or a call was added from outside; before the run it belongs to the arguments."""
        if sim._done < 0 and sim.time == 0:
            self.later.append(fault)

    def again(self, trace: str) -> Simulation:
        """Make it again, with new nodes."""
        from .simulation import Simulation

        nodes = {}
        for id, (kind, born) in self.nodes.items():
            args, kwargs = _copied(born)
            nodes[id] = kind(*args, **kwargs)
        sim = Simulation(nodes, self.network, self.faults, self.workload, self.seed, trace)
        for fault in self.later:
            sim.inject(fault)
        return sim
