"""A simulation can be made again, and what is pending can be brought forward."""

import pickle

import pytest

from distlab.coordination.election import Bully, Raft
from distlab.sim import (
    Call,
    Crash,
    Network,
    Node,
    Outage,
    Pause,
    Poisson,
    Simulation,
    SimulationError,
    Uniform,
    cluster,
    message,
)


@message
class Note:
    number: int


class Chatty(Node):
    """Sends three notes to everybody, and writes down what it hears, in order."""

    def __init__(self, log=()):
        self.log = list(log)

    def on_start(self):
        if self.id == 1:
            for number in range(3):
                self.broadcast(Note(number))
        self.alarm = self.after(0.5, self.ring)

    def ring(self):
        self.record("rang")

    def on_note(self, msg, sender):
        self.log.append(msg.number)
        self.record("heard", number=msg.number)


def _raft():
    network = Network(latency=Uniform(0.005, 0.015), loss=0.1)
    return Simulation(cluster(Raft, 5), network, faults=[Outage("leader", 1.0, 2.0)], seed=3)


def test_a_simulation_made_again_runs_the_same():
    """Nodes, network, faults and seed are those of the first one, whether it has run or not."""
    sim = _raft()
    before = sim.again().run(until=3.0).digest()
    assert sim.run(until=3.0).digest() == before
    assert sim.trace.again().run(until=3.0).digest() == before


def test_arguments_that_a_run_changes_are_as_they_were():
    """A list given to a node is copied before the node can append to it."""
    sim = Simulation({1: Chatty(), 2: Chatty(log=[7])})
    sim.run()
    again = sim.again()
    assert again.nodes[2].log == [7]
    assert again.run().digest() == sim.trace.digest()


def test_workload_and_faults_injected_before_the_run_belong_to_it():
    """Generators are read once; an injected fault is injected again."""
    loads = (load for load in [Call(1, 0.2, "ring"), Poisson(5.0, "ring", until=1.0)])
    sim = Simulation(cluster(Chatty, 2), workload=loads, seed=2)
    sim.inject(Crash(2, at=0.3))
    assert sim.again().run().digest() == sim.run().digest()
    sim = Simulation(cluster(Chatty, 2))
    sim.step()
    sim.inject(Crash(2, at=0.3))  # in the middle of the run: not an argument
    assert len(sim.again().run().faults) == 0


def test_an_outline_is_made_again_in_full():
    """A trace that kept little can be had in full."""
    outline = Simulation(cluster(Bully, 3), trace="outline").run(until=1.0)
    full = outline.again()
    assert full.run(until=1.0).full
    assert full.trace.roles.equals(outline.roles)


def test_a_trace_from_elsewhere_says_that_it_does_not_know():
    """What went through pickle has no simulation behind it."""
    trace = pickle.loads(pickle.dumps(_raft().run(until=0.1)))
    with pytest.raises(SimulationError, match="came from another process"):
        trace.again()


def _heard(sim):
    return sim.trace.records.query("event == 'heard'").number.tolist()


def test_a_message_brought_forward_arrives_before_those_due_at_the_same_time():
    """With equal latencies the last of three messages is received first, the others keep their order."""
    sim = Simulation(cluster(Chatty, 2))
    sim.step()
    sim.step()
    rows = [row for _, row, node, _, payload in sim.pending() if isinstance(payload, Note)]
    assert sim.bring_forward(rows[2]) == rows[2]
    sim.run()
    assert _heard(sim) == [2, 0, 1]
    assert [event.row for event in sim.trace.events() if event.kind == "message"] == [rows[2], *rows[:2]]
    assert set(sim.trace.messages.fate) == {"received"}


def test_several_can_be_brought_forward_between_events_of_one_time():
    """The order of the trace is the order of happening, whatever the row numbers are."""
    sim = Simulation(cluster(Chatty, 2))
    sim.step()
    sim.step()
    rows = [row for _, row, node, _, payload in sim.pending() if isinstance(payload, Note)]
    assert sim.step() == rows[0]
    sim.bring_forward(rows[2])
    sim.bring_forward(rows[1])
    assert _heard(sim) == [0, 2, 1]
    received = [event.row for event in sim.trace.events() if event.kind == "message"]
    assert received == [rows[0], rows[2], rows[1]]
    assert list(sim.trace.messages.fate) == ["received"] * 3
    assert sim.time == pytest.approx(0.01)


def test_a_fault_brought_forward_strikes_before_what_is_due_now():
    """A crash injected now, and brought forward, keeps messages of this moment from arriving."""
    sim = Simulation(cluster(Chatty, 2))
    sim.step()
    sim.step()
    first = sim.step()
    sim.inject(Crash(2, at=sim.time))
    fault = next(row for _, row, node, _, payload in sim.pending() if isinstance(payload, Crash))
    sim.bring_forward(fault)
    sim.run()
    assert _heard(sim) == [0]
    assert sim.trace.messages.fate.tolist() == ["received", "down", "down"]
    assert first < fault


def test_a_timer_brought_forward_runs_out_once():
    """It fires now and not again; a timer that was reset is found by its latest setting."""
    sim = Simulation(cluster(Chatty, 2))
    sim.step()
    sim.step()
    sim.nodes[1].alarm.reset(0.8)
    row = next(row for _, row, node, _, payload in sim.pending() if node == 1 and "ring" in repr(payload))
    sim.bring_forward(row)
    sim.run()
    rang = sim.trace.records.query("event == 'rang'")
    assert rang.node.tolist() == [1, 2]
    assert rang.time.round(9).tolist() == [0.0, 0.5]


def test_what_waits_for_a_node_that_stands_still_cannot_be_brought_forward():
    """The pause goes on; the error says so."""
    sim = Simulation(cluster(Chatty, 2), faults=[Pause(2, at=0.005, duration=1.0)])
    for _ in range(3):
        sim.step()
    row = next(row for _, row, _, _, payload in sim.pending() if isinstance(payload, Note))
    with pytest.raises(SimulationError, match="Chatty 2 stands still"):
        sim.bring_forward(row)


def test_what_is_not_pending_cannot_be_brought_forward():
    """The error names the row."""
    sim = Simulation(cluster(Chatty, 2))
    with pytest.raises(SimulationError, match="row 99 cannot be brought forward"):
        sim.bring_forward(99)
