"""Outbox: at least once, and once with an idempotent consumer."""

from itertools import pairwise

import pytest

from distlab.coordination.transaction import eventual_published
from distlab.coordination.transaction.eventual_published import deliveries
from distlab.coordination.transaction.eventual_scenarios import order_of_50, transfer
from distlab.coordination.transaction.outbox import Outbox
from distlab.course import compare, fixtures
from distlab.sim import Call, Crash, Cut, Simulation


@pytest.mark.parametrize("seed", range(3))
def test_tx_8(seed: int) -> None:
    """1000 messages: 1000 effects with numbers stored, 1000/(1-p) without, within 3 standard errors."""
    measured, errors = eventual_published.outbox(seed=seed)
    assert (compare("TX-8", measured, standard_errors=errors)["within tolerance"] == "yes").all()


def test_the_number_of_deliveries_is_geometric() -> None:
    """Of 1000 messages, about half are delivered once, a quarter twice, an eighth three times at p = 1/2."""
    counts = deliveries(0.5, 1000, idempotent=False, seed=1)
    assert min(counts) == 1
    for times, share in ((1, 0.5), (2, 0.25), (3, 0.125)):
        error = (share * (1 - share) / 1000) ** 0.5
        assert abs(counts.count(times) / 1000 - share) < 3 * error


def test_with_numbers_no_loss_makes_a_second_effect() -> None:
    """Each message has one effect, whatever p is."""
    for p in (0.0, 0.3, 0.9):
        assert deliveries(p, 50) == [1] * 50


def test_the_examples_of_the_course() -> None:
    """The transfer of 200, and the order of 50."""
    assert transfer("outbox").balances == fixtures(6)["transfer"].values["after"]
    assert order_of_50("outbox").balances == {"A": 100, "B": 50}


def test_while_the_consumer_cannot_be_reached_the_row_stays() -> None:
    """The money has left A, and is published every 100 ms until the link is back."""
    run = transfer("outbox", faults=[Cut("A", "B", at=0.0, until=1.0)])
    published = run.trace.records.query("event == 'publish'").time.tolist()
    assert all(0.0999 < later - earlier < 0.1201 for earlier, later in pairwise(published))
    assert 1.0 <= published[-1] < 1.13
    assert run.balances == {"A": 600, "B": 800}


def test_a_crash_before_the_commit_leaves_neither_effect_nor_row() -> None:
    """The local transaction takes 5 ms; who dies after 4 has done nothing."""
    run = transfer("outbox", faults=[Crash("A", at=0.004)])
    assert run.balances == {"A": 800, "B": 600}
    assert run.trace.messages.empty


def test_what_is_too_much_is_refused() -> None:
    """Nothing is stored and nothing is published."""
    sim = Simulation({"A": Outbox("A", balance=100)}, workload=[Call("A", 0.0, "act", (1, 200))])
    assert sim.run(until=1.0).messages.empty
    assert sim.nodes["A"].balance == 100
