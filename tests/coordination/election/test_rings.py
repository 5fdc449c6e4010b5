"""The ring elections beside Chang and Roberts 1979 and Hirschberg and Sinclair 1980."""

from collections.abc import Iterable, Iterator
from itertools import permutations
from math import ceil, log2
from statistics import mean

import pytest

from distlab.coordination.election.chang_roberts import ChangRoberts
from distlab.coordination.election.hirschberg_sinclair import HirschbergSinclair
from distlab.coordination.election.mutant import Mutant
from distlab.coordination.election.ring_mutants import A_LEADER, MUTANTS
from distlab.coordination.election.rings import RingNode, ring
from distlab.sim import Crash, Network, Node, NodeId, Partition, Recover, Simulation, Trace, Uniform, stream
from tests.coordination.election.schedules import crash_only, disagreement, reigns, storm, two_at_once

BOTH = pytest.mark.parametrize("kind", [ChangRoberts, HirschbergSinclair])


def election(kind: type[RingNode], order: Iterable[int]) -> Trace:
    """An election in which all start at once and nothing goes wrong."""
    return Simulation(ring(kind, order, heartbeat=None)).run()


def cost(kind: type[RingNode], order: Iterable[int]) -> int:
    """Election messages, without those that tell who was elected."""
    ids = tuple(order)
    return sum(event.kind == "message" for event in election(kind, ids).events()) - len(ids)


def random_orders(n: int, runs: int) -> Iterator[list[int]]:
    """Rings of ``n`` in random order."""
    for seed in range(runs):
        order = list(range(n))
        stream(seed, "order", n).shuffle(order)
        yield order


def harmonic(n: int) -> float:
    """1 + 1/2 + ... + 1/n."""
    return sum(1 / k for k in range(1, n + 1))


# --- Chang and Roberts


@pytest.mark.parametrize("n", range(1, 9))
def test_chang_roberts_best_worst_and_mean_case(n: int) -> None:
    """Over all orders of the ring: best 2n - 1, worst n (n + 1) / 2, mean n H_n messages, exactly."""
    # Turning the ring changes nothing, so the largest id may stand first in all of them.
    costs = [cost(ChangRoberts, (n, *rest)) for rest in permutations(range(1, n))]
    assert min(costs) == 2 * n - 1
    assert max(costs) == n * (n + 1) // 2
    assert mean(costs) == pytest.approx(n * harmonic(n), rel=1e-12)


@pytest.mark.parametrize(("n", "runs", "published"), [(16, 4000, 54.0917), (100, 1000, 518.738)])
def test_chang_roberts_mean_of_large_rings(n: int, runs: int, published: float) -> None:
    """The mean over random orders is n H_n within 1 %."""
    assert n * harmonic(n) == pytest.approx(published, abs=0.001)
    assert mean(cost(ChangRoberts, order) for order in random_orders(n, runs)) == pytest.approx(
        published, rel=0.01
    )


def test_chang_roberts_extreme_orders() -> None:
    """Ids that ascend along the ring cost 2n - 1 messages, ids that descend n (n + 1) / 2."""
    for n in (2, 10, 50):
        assert cost(ChangRoberts, range(1, n + 1)) == 2 * n - 1
        assert cost(ChangRoberts, range(n, 0, -1)) == n * (n + 1) // 2


def test_chang_roberts_count_does_not_depend_on_delays() -> None:
    """On links that keep the order of messages the count depends on the order of the ring alone."""
    order = [3, 7, 1, 5, 2, 6, 4]
    for seed in range(20):
        network = Network(latency=Uniform(0.001, 0.1), fifo=True)
        trace = Simulation(ring(ChangRoberts, order, heartbeat=None), network, seed=seed).run()
        assert len(trace.messages) - 7 == cost(ChangRoberts, order)


def test_one_initiator_is_enough() -> None:
    """If only the smallest starts, larger nodes take its place on the way, and the largest leads."""
    for kind in (ChangRoberts, HirschbergSinclair):
        nodes: dict[NodeId, Node] = {
            id: kind(order=(4, 2, 1, 3), heartbeat=None, starts=id == 1) for id in (1, 2, 3, 4)
        }
        sim = Simulation(nodes)
        sim.run()
        assert disagreement(sim) is None
        assert sim.nodes[4].role == "leader"


# --- Hirschberg and Sinclair


@pytest.mark.parametrize("n", range(1, 8))
def test_hirschberg_sinclair_bound_over_all_orders(n: int) -> None:
    """No order of the ring costs more than 8 n (1 + ceil(log2 n)) messages, every hop counted."""
    bound = 8 * n * (1 + ceil(log2(n)))
    assert max(cost(HirschbergSinclair, (n, *rest)) for rest in permutations(range(1, n))) <= bound


@pytest.mark.parametrize("n", [16, 64, 128])
def test_hirschberg_sinclair_bound_in_large_rings(n: int) -> None:
    """The bound holds in large rings, in random orders and in the one that keeps most candidates longest."""
    bound = 8 * n * (1 + ceil(log2(n)))
    digits = ceil(log2(n))
    reversed_bits = [int(f"{position:0{digits}b}"[::-1], 2) for position in range(n)]
    orders = [*random_orders(n, 20), reversed_bits, list(range(n))]
    assert max(cost(HirschbergSinclair, order) for order in orders) <= bound


def test_hirschberg_sinclair_beats_chang_roberts_where_ids_descend() -> None:
    """Chang and Roberts' worst order is no bad one for Hirschberg and Sinclair."""
    order = range(128, 0, -1)
    assert cost(HirschbergSinclair, order) < cost(ChangRoberts, order) / 4


# --- both


@BOTH
def test_the_largest_leads_and_everybody_knows(kind: type[RingNode]) -> None:
    """In every order of five nodes the largest leads, the others follow it, and n messages tell them."""
    for rest in permutations(range(1, 5)):
        sim = Simulation(ring(kind, (5, *rest), heartbeat=None))
        trace = sim.run()
        assert disagreement(sim) is None
        assert sim.nodes[5].role == "leader"
        assert (trace.messages.type == "Elected").sum() == 5
        assert (trace.roles.role == "leader").sum() == 1


@BOTH
def test_papers_version_sends_nothing_else(kind: type[RingNode]) -> None:
    """With heartbeat=None there are no pings, and the run ends by itself."""
    assert not set(election(kind, [2, 3, 1]).messages.type) & {"Ping", "Pong"}


@BOTH
def test_dead_leader_is_replaced_and_takes_over_when_it_returns(kind: type[RingNode]) -> None:
    """The next largest leads while the largest is down; the largest leads again when it comes back."""
    faults = [Crash(5, at=1.0), Recover(5, at=2.0)]
    sim = Simulation(ring(kind, [5, 2, 4, 1, 3]), faults=faults)
    sim.run(until=4.0)
    assert [node for _, _, node in reigns(sim)] == [5, 4, 5]
    assert disagreement(sim) is None


@BOTH
def test_dead_neighbours_are_skipped(kind: type[RingNode]) -> None:
    """Two dead nodes side by side do not stop an election."""
    faults = [Crash(2, at=0.5), Crash(4, at=0.6), Crash(5, at=1.0)]
    sim = Simulation(ring(kind, [5, 2, 4, 1, 3]), faults=faults)
    sim.run(until=3.0)
    assert disagreement(sim) is None
    assert sim.nodes[3].role == "leader"


@BOTH
def test_partition_makes_two_rings_and_they_merge(kind: type[RingNode]) -> None:
    """Each side of a partition closes to a ring with its own leader; afterwards the largest leads all."""
    split = Partition([[1, 2], [3, 4, 5]], at=1.0, until=3.0)
    sim = Simulation(ring(kind, [1, 2, 3, 4, 5]), faults=[split])
    sim.run(until=2.9)
    assert [sim.nodes[id].role for id in (2, 5)] == ["leader", "leader"]
    sim.run(until=5.0)
    assert disagreement(sim) is None
    assert sim.nodes[5].role == "leader"


@BOTH
@pytest.mark.parametrize("n", [2, 3, 5, 7])
def test_once_faults_stop_the_largest_live_node_leads(kind: type[RingNode], n: int) -> None:
    """Under 60 fault schedules each, all live nodes follow the largest one within two seconds of quiet."""
    for seed, order in enumerate(random_orders(n, 60)):
        sim = storm(ring(kind, [id + 1 for id in order]), seed)
        assert disagreement(sim) is None, f"seed {seed}: {disagreement(sim)}"
        assert sim.nodes[max(id for id in sim.nodes if sim.up(id))].role == "leader", f"seed {seed}"
        assert sim.trace.roles.start.max() < 5.0, f"seed {seed}: {sim.trace.roles.iloc[-1].to_dict()}"


@BOTH
def test_one_leader_at_a_time_while_nodes_only_crash(kind: type[RingNode]) -> None:
    """With bounded delays and crashes that last, no two nodes ever lead at the same moment."""
    for seed, order in enumerate(random_orders(5, 150)):
        sim = crash_only(ring(kind, [id + 1 for id in order]), seed)
        assert two_at_once(sim) is None, f"seed {seed}: {two_at_once(sim)}"
        assert disagreement(sim) is None, f"seed {seed}: {disagreement(sim)}"


def wrong_leader(sim: Simulation) -> str | None:
    """None if all live nodes follow the largest of them."""
    highest = max(id for id in sim.nodes if sim.up(id))
    return disagreement(sim) or (None if sim.nodes[highest].role == "leader" else f"{highest} does not lead")


def broken(mutant: Mutant, sound: bool, seed: int) -> str | None:
    """What goes wrong in one run, if what the mutant breaks does."""
    build = mutant.build_sound if sound else mutant.build
    sim = crash_only(build(), seed)
    if mutant.breaks != A_LEADER:
        return two_at_once(sim)
    return wrong_leader(sim) or wrong_leader(storm(build(), seed))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_every_safeguard_is_needed(mutant: Mutant) -> None:
    """With a safeguard off, one of 200 runs breaks what the mutant says; the sound class passes that run."""
    seed = next((seed for seed in range(200) if broken(mutant, False, seed) is not None), None)
    assert seed is not None
    assert broken(mutant, True, seed) is None


@pytest.mark.parametrize("order", [[1, 2, 1], []])
def test_order_names_each_node_once(order: list[int]) -> None:
    """An order with a repeated id, or with none, is refused."""
    with pytest.raises(ValueError, match="order must name each node of the ring once"):
        ring(ChangRoberts, order)


def test_timeout_must_exceed_heartbeat() -> None:
    """A time-out that no answer could meet is refused."""
    with pytest.raises(ValueError, match=r"timeout must be more than heartbeat=0\.3; got 0\.2"):
        HirschbergSinclair(heartbeat=0.3)
