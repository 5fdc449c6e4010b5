"""What can go wrong, in words: one exception per kind of mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .trace import Trace

__all__ = ["ContractError", "EndlessRun", "SimulationError"]


class SimulationError(Exception):
    """Anything that a simulation refuses to do; the text says what would be right.

    >>> from distlab.sim import Crash, Node, Simulation, cluster
    >>> try:
    ...     Simulation(cluster(Node, 2), faults=[Crash(7, at=1.0)])
    ... except SimulationError as error:
    ...     print(error)
    Crash(node=7, at=1.0) names a node that does not exist; the nodes are: 1, 2.
    """


class ContractError(SimulationError):
    """A node broke the rules that every algorithm in the laboratory keeps (see :class:`distlab.sim.Node`).

    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Impatient(Node):
    ...     def on_start(self):
    ...         self.after(-1, self.on_start)
    >>> try:
    ...     Simulation(cluster(Impatient, 1)).run()
    ... except ContractError as error:
    ...     print(error)
    Impatient 1 called after(-1, ...): the duration must be 0 seconds or more.
    """


class EndlessRun(SimulationError):
    """A run used up its event budget. ``trace`` holds everything that happened so far.

    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Busy(Node):
    ...     def on_start(self):
    ...         self.every(0.001, self.on_start)
    >>> try:
    ...     Simulation(cluster(Busy, 1)).run(max_events=100)
    ... except EndlessRun as error:
    ...     error.trace
    <Trace of Busy: 1 node, 200 rows, 0.007 s, seed 0>
    """

    def __init__(self, text: str, trace: Trace) -> None:
        super().__init__(text)
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.trace)
