"""The searches that the tests of mutual exclusion share: workloads, fault budgets, properties."""

from collections.abc import Callable, Mapping
from typing import Any

from distlab.check import FaultBudget, MutualExclusion, Report, check
from distlab.check.explore import Exploration, breadth_first, deep_walks
from distlab.check.property import RunEnd
from distlab.check.untimed import Budget, World
from distlab.coordination.mutex import Lamport, RicartAgrawala
from distlab.sim import Arrivals, Call, Network, Node, NodeId, Poisson, Uniform

CALM = FaultBudget(crashes=0, partitions=0, pauses=0, loss_bursts=0, slow_links=0)
CRASHES = FaultBudget(crashes=3, partitions=0, pauses=0, loss_bursts=0, slow_links=0, until=2.0)
EVERYTHING = FaultBudget()

#: 20 requests a second for two seconds, each for 20 ms
LOAD = Poisson(20.0, "request", until=2.0, args=(0.02,))

#: keyword arguments that switch the remedies on
STANDBY = {"coordinators": (1, 2, 3), "heartbeat": 0.05, "timeout": 0.2}
SKIPPING = {"patience": 0.1}
REGENERATION = {"timeout": 0.1, "late": 0.6}


class OneAtATime(MutualExclusion):
    """Only the safety part: never two inside. What is lost in a fault may block whoever waits for it."""

    def at_end(self, memory: Any, end: RunEnd) -> None:
        pass


def promise(kind: type[Node]) -> MutualExclusion:
    """What an algorithm promises if nothing fails."""
    return MutualExclusion(order="timestamp" if kind in (Lamport, RicartAgrawala) else None)


def network(kind: type[Node], latency: Uniform = Uniform(0.001, 0.015)) -> Network:  # noqa: B008 - fixed
    """Random delays; FIFO links where the paper asks for them."""
    return Network(latency=latency, fifo=issubclass(kind, Lamport))


def random_runs(
    build: Callable[..., Any],
    property: MutualExclusion,
    kind: type[Node],
    runs: int,
    faults: FaultBudget = CALM,
    nodes: int = 5,
    arguments: Mapping[str, Any] | None = None,
    load: Arrivals = LOAD,
) -> Report:
    """Runs with random delays and a workload."""
    return check(
        build,
        property,
        nodes=nodes,
        runs=runs,
        faults=faults,
        bounds=None,
        network=network(kind),
        workload=[load],
        arguments=arguments,
        progress=False,
    )


def crowded(n: int) -> Arrivals:
    """Many short requests: 15 a second for each node, each for 5 ms, for one second."""
    return Poisson(15.0 * n, "request", until=1.0, args=(0.005,))


def every_order(
    nodes: Mapping[NodeId, Node],
    property: MutualExclusion,
    asking: tuple[NodeId, ...],
    crashes: int = 0,
    fifo: bool = False,
    states: int = 60_000,
) -> Exploration:
    """Every order of messages, exits and requests (one for each in ``asking``), with crashes and returns."""
    return breadth_first(_world(nodes, property, asking, crashes, fifo), states=states, progress=False)


def deep(
    nodes: Mapping[NodeId, Node],
    property: MutualExclusion,
    asking: tuple[NodeId, ...],
    crashes: int = 0,
    fifo: bool = False,
    walks: int = 300,
) -> Exploration:
    """Walks through the same world that go deep, where it is too large to see all of it."""
    return deep_walks(_world(nodes, property, asking, crashes, fifo), walks, progress=False)


def _world(
    nodes: Mapping[NodeId, Node],
    property: MutualExclusion,
    asking: tuple[NodeId, ...],
    crashes: int,
    fifo: bool,
) -> World:
    calls = [Call(node, 0.0, "request") for node in asking]
    return World(nodes, property, Budget(crashes, crashes), fifo=fifo, calls=calls)
