"""Many transfers at once: what they cost and yield, with and without faults."""

import pytest

from distlab.coordination.transaction.eventual_experiments import burst, under_load
from distlab.coordination.transaction.eventual_mutants import ConsumesEveryDelivery, NeverChecksBack
from distlab.coordination.transaction.local_transactions import LocalTransactions
from distlab.coordination.transaction.transactional_messages import Broker, MessageConsumer
from distlab.sim import Call, NodeId, Outage, Simulation, message

COST = {"messages": 5.0, "outbox": 2.0, "saga": 4.0}
MIDDLE = {"messages": "broker", "outbox": "B", "saga": "saga", "tcc": "tcc"}


@pytest.mark.parametrize("pattern", COST)
def test_without_faults_a_transfer_costs_what_the_formula_says(pattern: str) -> None:
    """5 messages with a broker, 2 with an outbox, 2 per step of a saga; at half of the accounts' capacity."""
    found = under_load(pattern)
    assert found.messages == COST[pattern]
    assert (found.duplicates, found.effects_twice, found.lost_outcomes) == (0, 0, 0)
    assert found.conserved


@pytest.mark.parametrize("pattern", MIDDLE)
def test_an_outage_in_the_middle_delays_and_loses_nothing(pattern: str) -> None:
    """A second without the node that all rely on: in the end everybody has what is theirs."""
    found = under_load(pattern, faults=[Outage(MIDDLE[pattern], 1.0, 2.0)], loss=0.02)
    assert found.conserved
    assert (found.effects_twice, found.lost_outcomes) == (0, 0)
    assert found.slowest > 0.5 or found.stall > 0.9


def test_everybody_relies_on_the_queue() -> None:
    """Without the broker nobody begins anything; without the outbox's consumer the service goes on."""
    outage = {pattern: [Outage(MIDDLE[pattern], 1.0, 2.0)] for pattern in ("messages", "outbox")}
    assert under_load("messages", faults=outage["messages"]).stall > 0.9
    assert under_load("outbox", faults=outage["outbox"]).stall < 0.3


def test_loss_makes_duplicates_and_an_idempotent_consumer_makes_them_harmless() -> None:
    """The same losses with and without stored ids."""
    sound = under_load("messages", loss=0.1)
    broken = under_load("messages", loss=0.1, swap={MessageConsumer: ConsumesEveryDelivery})
    assert sound.duplicates > 0
    assert (sound.effects_twice, sound.conserved) == (0, True)
    assert broken.effects_twice > 0
    assert not broken.conserved


def test_without_check_back_outcomes_are_lost() -> None:
    """About as many as the share of messages that is lost."""
    sound = under_load("messages", loss=0.1)
    broken = under_load("messages", loss=0.1, swap={Broker: NeverChecksBack})
    assert (sound.lost_outcomes, sound.conserved) == (0, True)
    assert broken.lost_outcomes > 10
    assert not broken.conserved


def test_local_transactions_are_the_only_queue() -> None:
    """20 transfers at once on the same two accounts: 5 ms each, besides the way of the first."""
    assert burst("messages", 20) == pytest.approx(burst("messages", 1) + 19 * 0.005)
    assert burst("outbox", 20) == pytest.approx(burst("outbox", 1) + 20 * 0.005, abs=0.006)


def test_an_unknown_pattern_is_named() -> None:
    """The error lists the patterns."""
    with pytest.raises(ValueError, match=r'"messages", "outbox", "saga" or "tcc"; got \'xa\''):
        under_load("xa")


@message
class Deposit:
    """An amount comes in."""

    number: int


class Till(LocalTransactions):
    """Counts what comes in."""

    def receive(self, number: int) -> None:
        self.transact(self.add, Deposit(number), self.id)

    def add(self, msg: Deposit, sender: NodeId) -> None:
        self.balance += 1
        self.record("added", number=msg.number)


def test_local_transactions_take_turns_and_what_comes_twice_meanwhile_is_one() -> None:
    """Each takes 5 ms; the second deposit 1 comes while the first one waits, the third after it."""
    calls = [Call(1, at, "receive", (number,)) for at, number in ((0.0, 0), (0.0, 1), (0.001, 1), (0.02, 1))]
    sim = Simulation([Till()], workload=calls)
    added = sim.run().records
    assert added.time.round(6).tolist() == [0.005, 0.01, 0.025]
    assert sim.nodes[1].balance == 3


def test_a_crash_before_the_commit_leaves_nothing() -> None:
    """At 4 of 5 ms nothing has happened; afterwards the node works as before."""
    calls = [Call(1, 0.0, "receive", (0,)), Call(1, 0.05, "receive", (0,))]
    sim = Simulation([Till()], faults=[Outage(1, 0.004, 0.02)], workload=calls)
    assert sim.run().records.time.round(6).tolist() == [0.055]
