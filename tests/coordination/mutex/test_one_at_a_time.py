"""Never two inside; without faults, every request is granted, some in timestamp order (MX-7)."""

from typing import Any

import pytest

from distlab.check import check
from distlab.coordination.mutex import (
    Centralised,
    Lamport,
    Maekawa,
    NaimiTrehel,
    Raymond,
    RicartAgrawala,
    RoucairolCarvalho,
    SuzukiKasami,
    TokenRing,
    TwoLayerRing,
)
from distlab.coordination.mutex.measures import overlaps
from distlab.coordination.mutex.mutex_experiments import ALGORITHMS
from distlab.coordination.mutex.mutex_mutants import ByTheWallClock
from distlab.sim import Call, ClockJump, Network, Simulation, Uniform, cluster

from .searches import EVERYTHING, OneAtATime, crowded, deep, every_order, network, promise, random_runs

KINDS = list(ALGORITHMS.values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("n", "runs"), [(2, 20), (5, 300), (9, 20)])
def test_random_delays(kind: Any, n: int, runs: int) -> None:
    """With random delays, never two are inside, every request is granted, and in the promised order."""
    report = random_runs(kind, promise(kind), kind, runs, nodes=n)
    assert report.verdict == "passed", str(report)


@pytest.mark.parametrize("kind", KINDS)
def test_faults_block_but_let_nobody_in(kind: Any) -> None:
    """Crashes, returns, cuts, losses, pauses and slow links never bring two inside."""
    report = random_runs(kind, OneAtATime(), kind, runs=200, faults=EVERYTHING)
    assert report.verdict == "passed", str(report)


@pytest.mark.parametrize("kind", KINDS)
def test_every_order_of_three_nodes(kind: Any) -> None:
    """Three nodes ask, one of them twice: in every order of all messages all enter, one at a time."""
    fifo = kind is Lamport
    result = every_order(cluster(kind, 3), promise(kind), (1, 2, 2, 3), fifo=fifo, states=150_000)
    assert (result.violation, result.cut, result.reached) == (None, "", True)


@pytest.mark.parametrize("kind", KINDS)
def test_every_order_with_a_crash(kind: Any) -> None:
    """A crash and a return at any moment never bring two inside."""
    result = every_order(cluster(kind, 3), OneAtATime(), (2, 2, 1), crashes=1, fifo=kind is Lamport)
    assert (result.violation, result.reached) == (None, True)
    assert result.used[0] == 1


@pytest.mark.parametrize("kind", [Centralised, Raymond, NaimiTrehel, TokenRing, TwoLayerRing])
def test_every_order_of_four_nodes(kind: Any) -> None:
    """The algorithms with few messages, with four nodes that all ask."""
    result = every_order(cluster(kind, 4), promise(kind), (1, 2, 3, 4))
    assert (result.violation, result.cut, result.reached) == (None, "", True)


@pytest.mark.parametrize("kind", [Lamport, Maekawa, SuzukiKasami, RicartAgrawala, RoucairolCarvalho])
def test_deep_walks_of_four_nodes(kind: Any) -> None:
    """Where four nodes have too many orders to see all, walks that go deep find nothing either."""
    result = deep(cluster(kind, 4), promise(kind), (1, 2, 3, 4), fifo=kind is Lamport)
    assert (result.violation, result.reached) == (None, True)


def test_lamport_needs_fifo_links() -> None:
    """If messages of one link overtake each other, Lamport's algorithm lets two in."""
    result = every_order(cluster(Lamport, 2), OneAtATime(), (1, 2, 2), fifo=False)
    assert result.violation is not None
    assert "entered the critical section" in result.violation.sentence


def test_wall_clocks_do_not_order_requests() -> None:
    """With the wall clock for a sequence number all is well until one clock is wrong."""
    load = [
        Call(node, 0.001 + 0.1 * node + 0.05 * turn, "request") for turn in range(40) for node in (1, 2, 3)
    ]
    for jumps, verdict in ([], "passed"), ([ClockJump(3, at=0.0, by=-0.5)], "failed"):
        report = check(
            ByTheWallClock,
            OneAtATime(),
            nodes=3,
            runs=20,
            faults=jumps,
            bounds=None,
            network=Network(latency=Uniform(0.001, 0.04)),
            workload=load,
            progress=False,
        )
        assert report.verdict == verdict, str(report)


def test_the_network_of_these_tests_reorders() -> None:
    """Messages can overtake each other, except where links must be FIFO."""
    assert network(Lamport).fifo
    assert not network(RicartAgrawala).fifo


@pytest.mark.parametrize(
    ("kind", "bears_it"),
    [(kind, True) for kind in (Centralised, Lamport, RicartAgrawala, RoucairolCarvalho)]
    + [(kind, False) for kind in (SuzukiKasami, Raymond, NaimiTrehel, TokenRing, TwoLayerRing)],
)
def test_messages_that_arrive_twice(kind: Any, bears_it: bool) -> None:
    """A permission is for one request, and a second copy does no harm; a second token lets two in."""
    network = Network(latency=Uniform(0.001, 0.015), fifo=kind is Lamport, duplication=0.3)
    found = 0
    for seed in range(20):
        sim = Simulation(cluster(kind, 5), network=network, workload=[crowded(6)], seed=seed, trace="outline")
        found += overlaps(sim.run(until=0.4))  # a ring has thousands of tokens by then
    assert (found == 0) == bears_it
