"""What the outside world asks of the nodes: calls of their methods at given times.

A workload is data, like faults: a list of :class:`Call`, or a rule that makes one from a random stream.

>>> Call(1, at=0.5, method="request")
Call(node=1, at=0.5, method='request', args=())
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from .distributions import Distribution, Exponential, as_distribution, seconds
from .errors import ContractError, SimulationError
from .shown import first_few

if TYPE_CHECKING:
    from .node import Node
    from .simulation import Simulation

__all__ = ["Arrivals", "Call", "Poisson", "Workload"]


class Workload(Protocol):
    """Anything that can be turned into calls.

    >>> class Burst:
    ...     def calls(self, rng, sim):
    ...         return [Call(node, at=1.0, method="request") for node in sim.nodes]
    >>> burst: Workload = Burst()
    """

    def calls(self, rng: Random, sim: Simulation) -> list[Call]:
        """The calls, in any order; ``rng`` is a stream of this workload's own."""
        ...


@dataclass(frozen=True)
class Call:
    """At ``at`` seconds, call ``method(*args)`` of a node. A crashed node misses it.

    Parameters
    ----------
    node
        An id, or ``"leader"``: whoever leads then; nobody if nobody does.
    at
        Simulated seconds.
    method
        The name of one of the node's methods.
    args
        Its arguments.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Shop(Node):
    ...     def order(self, what):
    ...         self.record("ordered", what=what)
    >>> trace = Simulation(cluster(Shop, 1), workload=[Call(1, 0.5, "order", ("tea",))]).run()
    >>> trace.records.what.tolist()
    ['tea']
    """

    node: Any
    at: float
    method: str
    args: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        seconds(self.at, "Call.at")
        object.__setattr__(self, "args", _arguments(self.args, "Call.args"))

    def calls(self, rng: Random, sim: Simulation) -> list[Call]:
        """Itself: a call is the simplest workload."""
        return [self]

    def check(self, sim: Simulation) -> None:
        """Raise a clear error if the node or its method does not exist."""
        if self.node == "leader" and self.node not in sim.nodes:
            return
        if self.node not in sim.nodes:
            raise SimulationError(
                f"{self!r} names a node that does not exist; the nodes are: {first_few(sim.nodes)}."
            )
        self._require_method(sim.nodes[self.node])

    def apply(self, sim: Simulation) -> None:
        """Find out who leads, and call the method there."""
        node = sim.node(self.node)
        if node is not None:
            self._require_method(node)
            sim._schedule(sim.time, node, None, replace(self, node=node.id))

    def moved(self, at: float) -> Call:
        """The same call at another time."""
        return replace(self, at=at)

    def _require_method(self, node: Node) -> None:
        if not callable(getattr(node, str(self.method), None)):
            raise ContractError(f"{self!r}: {type(node).__name__} has no method {self.method}().")

    @staticmethod
    def _arrive(node: Node, call: Call, source: Any) -> None:
        getattr(node, call.method)(*call.args)


@dataclass(frozen=True)
class Arrivals:
    """Calls with independent gaps drawn from ``gap``, spread over ``nodes`` at random.

    Parameters
    ----------
    gap
        Seconds between two calls: a number or a distribution.
    method
        The method to call.
    until, start
        Last and first possible time in seconds.
    nodes
        Who is called, each equally likely; default: all. The times do not depend on it.
    args
        The arguments, or a function from the number of the call (0, 1, ...) to the arguments.

    Examples
    --------
    >>> from random import Random
    >>> from distlab.sim import Node, Simulation, cluster
    >>> sim = Simulation(cluster(Node, 1))
    >>> [call.at for call in Arrivals(0.5, "on_start", until=1.6).calls(Random(1), sim)]
    [0.5, 1.0, 1.5]
    """

    gap: float | Distribution
    method: str
    until: float
    nodes: Sequence[Any] | None = None
    start: float = 0.0
    args: tuple[Any, ...] | Callable[[int], tuple[Any, ...]] = ()

    def __post_init__(self) -> None:
        if not as_distribution(self.gap, "Arrivals.gap").mean > 0:
            raise ValueError(f"Arrivals.gap must be more than 0 seconds on average; got {self.gap!r}.")
        seconds(self.until, "Arrivals.until")
        seconds(self.start, "Arrivals.start")
        if self.nodes is not None and (isinstance(self.nodes, str) or not self.nodes):
            raise ValueError(f"Arrivals.nodes must be a list of at least one node; got {self.nodes!r}.")

    def calls(self, rng: Random, sim: Simulation) -> list[Call]:
        """The calls up to ``until``."""
        gaps = as_distribution(self.gap, "Arrivals.gap").draws(Random(rng.getrandbits(64)))
        nodes = list(sim.nodes) if self.nodes is None else list(self.nodes)
        calls: list[Call] = []
        time = self.start + next(gaps)
        while time <= self.until:
            args = self.args(len(calls)) if callable(self.args) else self.args
            node = nodes[int(rng.random() * len(nodes))]
            calls.append(Call(node, time, self.method, _arguments(args, "Arrivals.args")))
            time += next(gaps)
        return calls


def Poisson(rate: float, method: str, until: float, **options: Any) -> Arrivals:
    """A Poisson process of calls.

    Parameters
    ----------
    rate
        Calls per second, on average.
    method, until, options
        As for :class:`Arrivals`.

    Examples
    --------
    >>> Poisson(5.0, "request", until=2.0).gap
    Exponential(mean=0.2)
    """
    try:
        right = 0 < rate < inf
    except TypeError:
        right = False
    if not right:
        raise ValueError(f"Poisson.rate must be more than 0 calls per second; got {rate!r}.")
    return Arrivals(Exponential(1.0 / rate), method, until, **options)


def _arguments(args: Any, name: str) -> tuple[Any, ...]:
    if isinstance(args, list | tuple):
        return tuple(args)
    raise ValueError(f"{name} must be a tuple of arguments; write ({args!r},) for a single one.")
