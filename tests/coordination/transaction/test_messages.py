"""Transactional messages: half messages, check-back, redelivery, dead letters."""

from itertools import pairwise
from math import ceil

import pytest

from distlab.coordination.transaction import eventual_published
from distlab.coordination.transaction.eventual_measures import (
    convergence_times,
    duplicates,
    effects_twice,
    lost_outcomes,
    transactions,
)
from distlab.coordination.transaction.eventual_scenarios import (
    PATTERNS,
    crashed_at_every_moment,
    dead_letter,
    lost_acknowledgement,
    lost_outcome,
    order_of_50,
    t_shirts,
    transfer,
)
from distlab.coordination.transaction.transactional_messages import Broker, MessageConsumer, Producer
from distlab.course import fixtures
from distlab.sim import Call, Crash, LossBurst, Outage, Simulation

FIXTURES = fixtures(6)


def test_a_transfer_costs_five_messages() -> None:
    """Half, HalfStored, End, Deliver, Consumed; the accounts differ for 25 ms."""
    run = transfer("messages")
    assert run.trace.messages.type.tolist() == ["Half", "HalfStored", "End", "Deliver", "Consumed"]
    assert run.balances == FIXTURES["transfer"].values["after"]
    assert convergence_times(run.trace) == pytest.approx([0.025])


def test_the_order_of_50_and_the_t_shirts() -> None:
    """The order is paid; the T-shirts are not there, so the order, which was stored, is taken back."""
    assert order_of_50("messages").balances == {"A": 100, "B": 50}
    run = t_shirts("messages")
    assert run.balances == {"order": 0, "stock": 80}
    assert [one.outcome for one in transactions(run.trace)] == [FIXTURES["t_shirts"].values["outcome"]]
    with pytest.raises(ValueError, match="pattern must be"):
        t_shirts("outbox")


def test_a_half_message_is_delivered_to_nobody() -> None:
    """What the producer rolls back never reaches the consumer: Half, HalfStored, End and no more."""
    run = transfer("messages", amount=900)
    assert run.trace.messages.type.tolist() == ["Half", "HalfStored", "End"]
    assert run.balances == {"A": 800, "B": 600}


def test_check_back_finds_a_lost_outcome() -> None:
    """With it the transfer converges a check later; without it the money is gone."""
    found, lost = lost_outcome(), lost_outcome(checks=0)
    assert (found.balances, lost_outcomes(found.trace)) == ({"A": 600, "B": 800}, 0)
    assert (lost.balances, lost_outcomes(lost.trace)) == ({"A": 600, "B": 600}, 1)
    assert "CheckBack" in found.trace.messages.type.tolist()
    assert convergence_times(found.trace)[0] > 0.1


def test_who_is_asked_while_the_transaction_is_under_way_says_unknown() -> None:
    """The broker asks again until there is an outcome."""
    nodes = {
        "A": Producer("broker", "B", 800, takes=0.5),
        "broker": Broker("A", "B", check=0.1),
        "B": MessageConsumer(600),
    }
    sim = Simulation(nodes, workload=[Call("A", 0.0, "transfer", (1, 200))])
    trace = sim.run(until=2.0)
    said = [event.payload.outcome for event in trace.events() if type(event.payload).__name__ == "End"]
    assert said[0] == "unknown"
    assert said.count("unknown") == 4
    assert said[-1] == "commit"
    assert sim.nodes["B"].balance == 800


def test_a_crash_during_the_local_transaction_is_a_rollback() -> None:
    """The producer comes back, knows of nothing, and says so when it is asked."""
    run = transfer("messages", faults=[Outage("A", at=0.022, until=0.05)])
    said = [event.payload.outcome for event in run.trace.events() if type(event.payload).__name__ == "End"]
    assert said == ["rollback"]
    assert run.balances == {"A": 800, "B": 600}


def test_an_acknowledgement_that_is_lost_makes_a_duplicate() -> None:
    """With the stored id it has no effect; without it 200 are made of nothing."""
    once, twice = lost_acknowledgement(), lost_acknowledgement(idempotent=False)
    assert (duplicates(once.trace), effects_twice(once.trace)) == (1, 0)
    assert (effects_twice(twice.trace), sum(twice.balances.values())) == (1, 1600)


def test_redelivery_waits_twice_as_long_each_time() -> None:
    """50, 100, 200 ms, ... up to the longest; then a dead letter."""
    run = dead_letter(tries=5, until=2.0)
    delivered = run.trace.records.query("event == 'deliver'").time.tolist()
    gaps = [later - earlier for earlier, later in pairwise(delivered)]
    assert gaps == pytest.approx([0.05, 0.1, 0.2, 0.4])
    assert run.trace.records.event.tolist().count("dead letter") == 1


def test_by_rocketmqs_own_times() -> None:
    """As its documentation says: 16 retries in 4 hours and 46 minutes, then a dead letter; 15 check-backs."""
    measured = eventual_published.rocketmq()
    assert (measured["retries"], measured["dead_letters"]) == (16, 1)
    assert (measured["first_interval"], measured["last_interval"]) == (10, 2 * 3600)
    assert ceil(measured["seconds"] / 60) == 4 * 60 + 46
    assert (measured["check_backs"], measured["discarded"]) == (15, 1)


def test_a_consumer_that_says_no_for_the_last_time_is_not_asked_again() -> None:
    """The last delivery fails, and a dead letter it is at once."""
    records = dead_letter(tries=3).trace.records
    last = records[records.event == "fail"].time.max()
    assert records[records.event == "dead letter"].time.tolist() == pytest.approx([last + 0.01])


def test_a_dead_letter_is_compensated() -> None:
    """The consumer promises never to take it; then the money goes back."""
    run = dead_letter()
    events = run.trace.records.event.tolist()
    assert events.index("dead letter") < events.index("annul") < events.index("undo")
    assert run.balances == {"A": 800, "B": 600}


def test_a_dead_letter_that_was_consumed_is_not_given_back() -> None:
    """Only the acknowledgements were lost: whoever gave the money back would double it."""
    nodes = {
        "A": Producer("broker", "B", 800),
        "broker": Broker("A", "B", tries=2),
        "B": MessageConsumer(600),
    }
    lost = LossBurst(1.0, at=0.04, until=1.0, sender="B", receiver="broker")
    sim = Simulation(nodes, faults=[lost], workload=[Call("A", 0.0, "transfer", (1, 200))])
    trace = sim.run(until=2.0)
    assert "dead letter" in trace.records.event.tolist()
    assert [one.outcome for one in transactions(trace)] == ["commit"]
    assert (sim.nodes["A"].balance, sim.nodes["B"].balance) == (600, 800)


def test_a_consumer_that_is_down_blocks_nobody() -> None:
    """The producer has long gone on; the broker delivers when the consumer is back."""
    run = transfer("messages", faults=[Outage("B", at=0.0, until=1.0)])
    assert run.trace.records.query("event == 'do' and step == 1").time.iloc[0] < 0.03
    assert run.balances == {"A": 600, "B": 800}


def test_everything_relies_on_the_queue() -> None:
    """A broker that stays down: nothing moves, and nobody holds a lock."""
    run = transfer("messages", faults=[Crash("broker", at=0.0)])
    assert run.balances == {"A": 800, "B": 600}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_whoever_crashes_whenever_the_sum_is_kept(pattern: str) -> None:
    """Every node, at every second millisecond of a transfer: it is committed, taken back, or never began."""
    for row in crashed_at_every_moment(pattern):
        assert row.wrong_sums == 0
        assert row.committed + row.aborted + row.forgotten == row.moments


def test_an_unknown_pattern_is_named() -> None:
    """The error lists the patterns."""
    with pytest.raises(ValueError, match="'messages', 'outbox', 'saga', 'tcc'; got 'xa'"):
        transfer("xa")
    with pytest.raises(ValueError, match="tries must be a whole number of 1 or more, or None; got 0"):
        Broker("A", "B", tries=0)
