"""Independence of chances: what is switched on in one place does not move anything elsewhere."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distlab.sim import (
    Cut,
    Exponential,
    Isolate,
    Link,
    LossBurst,
    Network,
    Node,
    Partition,
    Simulation,
    SlowLink,
    Uniform,
    cluster,
    message,
)

LATENCY = Uniform(0.01, 0.05)


@message
class Note:
    number: int


class Sender(Node):
    """Every node sends a numbered note to each peer every 100 ms, whatever it receives."""

    def __init__(self, gamble=False):
        self.gamble = gamble

    def on_start(self):
        self.number = 0
        self.every(0.1, self.write)

    def write(self):
        if self.gamble and self.id == 1:
            self.rng.random()
        self.number += 1
        self.broadcast(Note(self.number))
        self.record("drew", value=self.rng.random())

    def on_note(self, msg, sender):
        pass


def write(seed=1, nodes=3, faults=(), gamble=False, until=3.05, **options):
    """A run of senders."""
    network = Network(**{"latency": LATENCY, **options})
    sim = Simulation(cluster(Sender, nodes, gamble=gamble), network, faults=faults, seed=seed)
    return sim.run(until=until)


def latencies(trace):
    """(sender, receiver, number) -> latency, of what was received as an original."""
    table = trace.messages.query("fate == 'received'")
    return {
        (row.sender, row.receiver, row.message.number): round(row.received - row.sent, 9)
        for row in table.itertuples()
    }


SWITCHES = {
    "loss": {"loss": 0.3},
    "duplication": {"duplication": 0.3},
    "loss of one link": {"links": {(1, 2): Link(loss=0.5)}},
    "a loss burst": {"faults": [LossBurst(0.5, 1.0, 2.0)]},
    "a partition": {"faults": [Partition([[1], [2, 3]], 1.0, 2.0)]},
    "an isolated node": {"faults": [Isolate(2, 1.0, 2.0)]},
    "a cut link": {"faults": [Cut(1, 2, 1.0, 2.0)]},
    "a topology of all links": {"topology": {1: (2, 3), 2: (1, 3), 3: (1, 2)}},
    "FIFO links": {"fifo": True},
    "other draws of a node": {"gamble": True},
}


@pytest.mark.parametrize("name", SWITCHES)
def test_switching_something_on_does_not_move_the_latencies_of_what_arrives(name):
    """Each message that still arrives takes as long as before; none is overtaken, so FIFO changes nothing."""
    before, after = latencies(write()), latencies(write(**SWITCHES[name]))
    assert after
    assert after == {key: before[key] for key in after}
    if name in ("loss", "a loss burst", "a partition", "an isolated node", "a cut link", "loss of one link"):
        assert len(after) < len(before)


def test_a_reordered_message_does_not_move_the_others():
    """Only those that are held back take longer."""
    before, after = latencies(write()), latencies(write(reordering=0.2, hold=2))
    moved = [key for key in after if after[key] != before[key]]
    assert 0.1 < len(moved) / len(after) < 0.3
    assert all(after[key] > before[key] for key in moved)


def test_a_slow_link_moves_only_its_own_messages():
    """By exactly its factor and extra time."""
    before, after = (
        latencies(write()),
        latencies(write(faults=[SlowLink(1, 2, 0.0, factor=2.0, extra=0.001)])),
    )
    for key, delay in after.items():
        slow = key[:2] == (1, 2)
        assert delay == pytest.approx(before[key] * 2 + 0.001 if slow else before[key], abs=2e-9)


def test_a_link_with_its_own_latency_takes_nothing_from_the_stream_of_the_network():
    """Its latencies are drawn elsewhere, whatever their distribution."""
    one = latencies(write(links={(1, 2): Link(latency=Exponential(0.01))}))
    other = latencies(write(links={(1, 2): Link(latency=0.02)}))
    assert {key: delay for key, delay in one.items() if key[:2] != (1, 2)} == {
        key: delay for key, delay in other.items() if key[:2] != (1, 2)
    }


def drawn(trace, node):
    """What a node drew from its own stream."""
    table = trace.records
    return table[table.node == node].value.tolist()


def test_one_nodes_draws_do_not_shift_anothers():
    """Node 1 draws twice as often; nodes 2 and 3 get the same numbers as before."""
    before, after = write(), write(gamble=True)
    for node in (2, 3):
        assert drawn(before, node) == drawn(after, node)
    assert drawn(before, 1) != drawn(after, 1)


def test_a_node_draws_the_same_in_a_larger_cluster():
    """Its stream depends on the seed and its id only."""
    assert drawn(write(nodes=2), 2) == drawn(write(nodes=5), 2)


def test_another_seed_is_another_run():
    """All streams change."""
    assert latencies(write(seed=1)) != latencies(write(seed=2))
    assert write(seed=1).records.value.tolist() != write(seed=2).records.value.tolist()


@settings(max_examples=20)
@given(st.floats(0, 0.9), st.floats(0, 0.9), st.integers(0, 1000))
def test_losses_of_independent_causes_leave_the_rest_untouched(loss, duplication, seed):
    """Any loss together with any duplication: what arrives takes its own latency."""
    before = latencies(write(seed=seed, until=0.55))
    after = latencies(write(seed=seed, loss=loss, duplication=duplication, until=0.55))
    assert after == {key: before[key] for key in after}
