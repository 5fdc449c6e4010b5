"""TCC: reservations, empty cancels, suspended tries."""

import pytest

from distlab.coordination.transaction import eventual_published
from distlab.coordination.transaction.eventual_measures import reservation_times, transactions
from distlab.coordination.transaction.eventual_scenarios import (
    order_of_50,
    suspended_try,
    t_shirts,
    transfer,
)
from distlab.coordination.transaction.tcc import Reserving, TccCoordinator
from distlab.course import compare, fixtures
from distlab.sim import Call, Crash, Simulation

FIXTURES = fixtures(6)


@pytest.mark.parametrize("seed", range(5))
def test_tx_7(seed: int) -> None:
    """Under loss, doubling and reordering: late tries are refused, confirm and cancel have one effect."""
    assert (compare("TX-7", eventual_published.tcc(seed=seed))["within tolerance"] == "yes").all()


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_commit_costs_4n_messages(n: int) -> None:
    """Try, tried, confirm, confirmed at each participant."""
    names = [f"P{place}" for place in range(n)]
    nodes = {"tcc": TccCoordinator(names), **{name: Reserving(10, -1) for name in names}}
    sim = Simulation(nodes, workload=[Call("tcc", 0.0, "start", (1,))])
    assert len(sim.run().messages) == 4 * n
    assert [sim.nodes[name].balance for name in names] == [9] * n


def test_the_transfer_of_the_course() -> None:
    """200 move from A to B; each account is reserved for 25 ms: confirm and its way."""
    run = transfer("tcc")
    assert run.balances == FIXTURES["transfer"].values["after"]
    assert reservation_times(run.trace) == pytest.approx([0.025, 0.025])


def test_the_order_of_50() -> None:
    """A balance of 150 pays for it."""
    values = FIXTURES["order"].values
    assert order_of_50("tcc").balances == {"A": values["balance"] - values["ordered"], "B": values["ordered"]}


def test_the_t_shirts_of_the_course() -> None:
    """80 in stock: the try is refused, and the order is cancelled before anybody could see it."""
    run = t_shirts("tcc")
    assert run.balances == {"order": 0, "stock": 80}
    assert [one.outcome for one in transactions(run.trace)] == ["abort"]
    assert "do" not in run.trace.records.event.tolist()


def test_a_suspended_try_is_refused() -> None:
    """The cancel came first, stored that it did, and so the late try reserves nothing."""
    run = suspended_try()
    at_b = run.trace.records.query("node == 'B'")
    assert at_b.event.tolist() == ["empty cancel", "late try"]
    assert run.balances == {"A": 800, "B": 600}


def test_a_reservation_blocks_only_what_it_reserves() -> None:
    """Three transactions of 200 at once on 500: two are confirmed, the third is refused at once."""
    nodes = {"tcc": TccCoordinator(["A", "B"]), "A": Reserving(500, -200), "B": Reserving(0, 200)}
    calls = [Call("tcc", 0.0, "start", (number,)) for number in (1, 2, 3)]
    sim = Simulation(nodes, workload=calls)
    outcomes = [one.outcome for one in transactions(sim.run())]
    assert outcomes == ["commit", "commit", "abort"]
    assert (sim.nodes["A"].balance, sim.nodes["B"].balance) == (100, 400)


def test_a_coordinator_that_stays_down_leaves_reservations() -> None:
    """TCC blocks, too: what is reserved stays so until somebody decides."""
    run = transfer("tcc", faults=[Crash("tcc", at=0.02)])
    assert run.trace.records.event.tolist().count("reserve") == 2
    assert run.balances == {"A": 800, "B": 600}
    assert reservation_times(run.trace) == []


def test_wrong_arguments_are_named() -> None:
    """Each error names the argument."""
    with pytest.raises(ValueError, match="participants must name at least one node"):
        TccCoordinator([])
    with pytest.raises(ValueError, match="deadline"):
        TccCoordinator(["A"], deadline=0)
    with pytest.raises(ValueError, match="takes"):
        Reserving(takes=-1)
