"""What the tests of consensus share: a property of replicated services, and searches for mutants."""

from collections.abc import Callable
from typing import Any

from distlab.check import (
    AllOf,
    Bounds,
    Consensus,
    FaultBudget,
    Linearizable,
    Property,
    Register,
    Report,
    StateMachineSafety,
    Violation,
    check,
)
from distlab.coordination.consensus import MultiPaxos, Paxos, pbft_cluster
from distlab.sim import Exponential, Network, Node, NodeId, Uniform

CALM = FaultBudget(crashes=0, partitions=0, pauses=0, loss_bursts=0, slow_links=0)
RESTARTS = FaultBudget(crashes=4, duplication=0.1, stay_down=0)
EVERYTHING = FaultBudget(crashes=4, duplication=0.1)
STORM = Network(latency=Exponential(0.02), loss=0.1, duplication=0.1)

Build = Callable[[int], dict[NodeId, Node]]


class Served(Property):
    """No honest replica executes a request twice, and every client that lives has its last one answered."""

    within = 6.0
    needs_trace = True

    def __init__(self, liars: tuple[NodeId, ...] = ()) -> None:
        self.liars = liars

    @property
    def goal(self) -> str:
        return "a request was executed"

    def begin(self, nodes: tuple[NodeId, ...]) -> Any:
        return ((), ())

    def see(self, memory: Any, seen: Any) -> Any:
        done, returned = memory
        if seen.kind == "up":
            return (done, (*returned, (seen.node, seen.time)))
        if seen.kind != "record" or seen.name != "execute" or seen.node in self.liars:
            return memory
        request = (seen.node, seen.facts["client"], seen.facts["timestamp"])
        if request in done:
            raise Violation(
                f"executed twice: node {seen.node!r}, {request[1:]!r}.", (seen.row,), (seen.node,)
            )
        return ((*done, request), returned)

    def at_end(self, memory: Any, end: Any) -> None:
        returned = dict(memory[1])
        for client, asked in end.trace.operations.groupby("client", sort=False):
            last = asked.iloc[-1]
            lost = returned.get(client, -1.0) > last.invoked
            if client in end.live and last.status != "ok" and not lost:
                raise Violation(f"client {client!r} was not served at t = {end.time:.3g} s.", nodes=(client,))

    def reached(self, memory: Any) -> bool:
        return bool(memory[0])


def replicated(liars: tuple[NodeId, ...] = ()) -> Property:
    """What a replicated register promises: to itself, to its clients, and in the end."""
    return AllOf(StateMachineSafety(liars=liars), Served(liars), Linearizable(Register()))


def paxos(kind: type[Paxos], proposers: tuple[NodeId, ...] | None = None, **arguments: Any) -> Build:
    """A cluster in which these propose at once; None: all."""
    return lambda n: {
        id: kind(proposes=proposers is None or id in proposers, **arguments) for id in range(1, n + 1)
    }


def rivals(
    kind: type[Paxos], proposers: tuple[NodeId, ...], n: int = 3, states: int = 100_000, **bounds: Any
) -> Report:
    """Every order of the messages of these proposers."""
    return check(
        paxos(kind, proposers),
        Consensus(terminates=False),
        nodes=n,
        runs=0,
        bounds=Bounds(nodes=n, states=states, **{"timeouts": 0, **bounds}),
        progress=False,
    )


def multi_paxos(kind: type[MultiPaxos] = MultiPaxos, commands: int = 5, **arguments: Any) -> Build:
    """Replicas whose clients write and read in turn, each value once."""
    return lambda n: {
        id: kind([("write", (id, k)) if k % 2 else ("read",) for k in range(1, commands + 1)], **arguments)
        for id in range(1, n + 1)
    }


def pbft(n: int = 4, commands: int = 6, **arguments: Any) -> Build:
    """Replicas, and two clients that write and read in turn; a checkpoint after every third number."""
    operations = [("write", k) if k % 2 else ("read",) for k in range(1, commands + 1)]
    settings = {"interval": 3, "window": 6, "patience": 0.1, **arguments}
    return lambda _: pbft_cluster(n, 2, operations, **settings)


def runs(
    build: Build,
    property: Property,
    n: int,
    runs: int,
    faults: FaultBudget = RESTARTS,
    network: Network | None = None,
    seed: int = 0,
    within: float | None = None,
) -> Report:
    """Random runs, and no other search."""
    return check(
        build,
        property,
        nodes=n,
        runs=runs,
        faults=faults,
        bounds=None,
        network=network,
        seed=seed,
        within=within,
        progress=False,
    )


FAST = {"timeout": Uniform(0.1, 0.2)}
