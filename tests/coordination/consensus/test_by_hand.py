"""Runs by hand: what is asked for happens, and what cannot happen is said."""

import pytest

from distlab.coordination.consensus import ByHand, Paxos
from distlab.coordination.consensus.paxos import Accept, Prepare, Promise
from distlab.sim import Call, Constant, Network, Node, Simulation, message


def started() -> ByHand:
    """Three nodes, one of which has proposed."""
    run = ByHand({id: Paxos(proposes=False) for id in (1, 2, 3)})
    run.call(1, "propose", "a")
    return run


def test_only_what_is_let_happen_happens() -> None:
    """A delivered message is handled, the others wait, and the answer waits too."""
    run = started()
    run.deliver(Prepare, 1, 2)
    assert run.under_way() == [
        "Prepare(ballot=(1, 1)) from 1 to 3",
        "Promise(ballot=(1, 1), accepted=None) from 2 to 1",
    ]
    assert run.under_way(Promise) == ["Promise(ballot=(1, 1), accepted=None) from 2 to 1"]
    assert run.node(3).promised == (0, 0)


def test_the_whole_run_is_that_of_the_simulator() -> None:
    """In the order of sending, the same class decides the same with as many messages."""
    run = started()
    run.deliver_all()
    nodes = {id: Paxos(proposes=False) for id in (1, 2, 3)}
    calls = [Call(1, 0.0, "propose", ("a",))]
    trace = Simulation(nodes, Network(latency=Constant(0.01)), workload=calls).run()
    assert (
        [event for _, event, _ in run.records].count("decide") == (trace.records.event == "decide").sum() == 3
    )
    assert len(run.steps) == 1 + len(trace.messages)


def test_what_is_lost_doubled_crashed_and_fired_is_noted() -> None:
    """The steps are a story that can be read."""
    run = started()
    run.drop(Prepare, 1, 3)
    run.duplicate(Prepare, 1, 2)
    run.deliver(Prepare, 1, 2)
    run.crash(2)
    run.recover(2)
    run.fire(2, "propose")
    assert run.steps == [
        "node 1 is called: propose('a')",
        "Prepare(ballot=(1, 1)) from 1 to 3 is lost",
        "Prepare(ballot=(1, 1)) from 1 to 2 is doubled",
        "Prepare(ballot=(1, 1)) from 1 arrives at 2",
        "node 2 crashes",
        "node 2 comes back",
        "node 2: its timer calls propose()",
    ]
    assert run.node(2).ballot == (2, 2)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (
            lambda run: run.deliver(Accept, 1, 2),
            "no Accept from 1 to 2 is under way; under way are: P",
        ),
        (lambda run: run.deliver((Accept, Promise), 1, 2), "no Accept or Promise from 1 to 2"),
        (lambda run: run.deliver(Prepare, 1, 9), "there is no node 9; the nodes are: 1, 2, 3"),
        (lambda run: run.fire(1, "rest"), "has no running timer that calls 'rest'; it has: propose"),
        (lambda run: run.recover(1), "node 1 is not down"),
        (lambda run: (run.crash(2), run.deliver(Prepare, 1, 2)), "node 2 is down"),
        (lambda run: run.deliver_all(most=2), "most=2 messages were not enough"),
    ],
)
def test_what_cannot_happen_is_said(act, said) -> None:
    """One sentence that says what is under way instead."""
    with pytest.raises(ValueError, match=said):
        act(started())


@message
class Ping:
    """A word."""


class Lost(Node):
    """Sends to nobody."""

    def on_start(self):
        self.send(9, Ping())


def test_a_message_to_nobody_is_a_mistake_of_the_algorithm() -> None:
    """As in the simulator."""
    with pytest.raises(Exception, match="which does not exist"):
        ByHand({1: Lost()})
