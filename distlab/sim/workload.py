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

from .distributions import Distribution, Exponential, as_distribution
from .errors import ContractError, SimulationError

if TYPE_CHECKING:
    from .node import Node
    from .simulation import Simulation

__all__ = ["Arrivals", "Call", "Poisson", "Workload"]


class Workload(Protocol):
    """Anything that can be turned into calls."""

    def calls(self, rng: Random, sim: Simulation) -> list[Call]:
        """The calls, in any order."""
        ...


@dataclass(frozen=True)
class Call:
    """At ``at`` seconds, call ``method(*args)`` of a node (``"leader"``: whoever leads then). A crashed node misses it."""

    node: Any
    at: float
    method: str
    args: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.at < inf:
            raise ValueError(f"Call.at must be a time in seconds, 0 or more; got {self.at!r}.")
        object.__setattr__(self, "args", tuple(self.args))

    def calls(self, rng: Random, sim: Simulation) -> list[Call]:
        return [self]

    def check(self, sim: Simulation) -> None:
        """Raise a clear error if the node or its method does not exist."""
        if self.node == "leader":
            return
        if self.node not in sim.nodes:
            shown = ", ".join(map(repr, list(sim.nodes)[:8]))
            raise SimulationError(f"{self!r} names a node that does not exist; the nodes are: {shown}.")
        node = sim.nodes[self.node]
        if not callable(getattr(type(node), self.method, None)):
            raise ContractError(f"{self!r}: {type(node).__name__} has no method {self.method}().")

    def apply(self, sim: Simulation) -> None:
        node = sim.node(self.node)
        if node is not None:
            sim._schedule(sim.time, node, None, replace(self, node=node.id))

    def moved(self, at: float) -> Call:
        """The same call at another time."""
        return replace(self, at=at)

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
    nodes
        Who is called, each equally likely; default: all.
    start, until
        First and last possible time in seconds.
    args
        The arguments, or a function call number -> arguments.
    """

    gap: float | Distribution
    method: str
    until: float
    nodes: Sequence[Any] | None = None
    start: float = 0.0
    args: tuple[Any, ...] | Callable[[int], tuple[Any, ...]] = ()

    def calls(self, rng: Random, sim: Simulation) -> list[Call]:
        gaps = as_distribution(self.gap, "Arrivals.gap")
        if not gaps.mean > 0:
            raise ValueError("Arrivals.gap must be more than 0 seconds on average.")
        nodes = list(sim.nodes) if self.nodes is None else list(self.nodes)
        calls: list[Call] = []
        time = self.start + gaps.sample(rng)
        while time <= self.until:
            node = nodes[int(rng.random() * len(nodes))] if len(nodes) > 1 else nodes[0]
            args = self.args(len(calls)) if callable(self.args) else self.args
            calls.append(Call(node, time, self.method, args))
            time += gaps.sample(rng)
        return calls


def Poisson(rate: float, method: str, until: float, **options: Any) -> Arrivals:  # noqa: N802 - reads as the name of the process
    """A Poisson process of calls, ``rate`` per second; see :class:`Arrivals` for the options.

    >>> Poisson(5.0, "request", until=2.0).gap
    Exponential(mean=0.2)
    """
    if not 0 < rate < inf:
        raise ValueError(f"Poisson.rate must be more than 0 calls per second; got {rate!r}.")
    return Arrivals(Exponential(1.0 / rate), method, until, **options)
