"""Vector clocks and happens-before, compared with the definition."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distlab.sim import (
    Call,
    Crash,
    Network,
    Node,
    Outage,
    Pause,
    Simulation,
    SimulationError,
    Uniform,
    cluster,
    message,
)


@message
class Gossip:
    hops: int


class Gossiper(Node):
    """Passes each message on to random peers, a few hops far."""

    def on_start(self):
        self.after(self.rng.uniform(0.0, 0.5), self.begin)

    def begin(self):
        self.become("teller")
        self.send(self.rng.choice(self.peers), Gossip(3))
        self.work(0.05, self.rest)

    def rest(self):
        self.record("rest")

    def on_gossip(self, msg, sender):
        self.record("heard", hops=msg.hops)
        if msg.hops:
            for _ in range(self.rng.randrange(3)):
                self.send(self.rng.choice((self.id, *self.peers)), Gossip(msg.hops - 1))


def gossip(seed, nodes=4, latency=None):
    """A run with lost and doubled messages, an outage and a pause."""
    return Simulation(
        cluster(Gossiper, nodes),
        Network(latency=latency or Uniform(0.0, 0.1), loss=0.1, duplication=0.1),
        faults=[Outage(1, 0.2, 0.4), Pause(2, 0.1, 0.3)],
        workload=[Call(2, 0.15, "begin")],
        seed=seed,
    ).run(until=1.0)


def reachable(trace):
    """Row -> the rows of all events that happened before it, by Lamport's definition alone."""
    events = [
        e
        for e in trace.events()
        if e.node is not None and e.kind not in ("role", "record", "invoke", "return")
    ]
    happened = {event.row for event in events}
    before = {}
    latest = {}
    for event in events:
        direct = [latest[event.node]] if event.node in latest else []
        if event.cause in happened:
            direct.append(event.cause)
        before[event.row] = set(direct).union(*[before[row] for row in direct])
        latest[event.node] = event.row
    return before


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(2, 5))
def test_happens_before_is_the_transitive_closure(seed, nodes):
    """For every pair of events: their clocks say the same as the paths between them."""
    trace = gossip(seed, nodes)
    before = reachable(trace)
    assert set(before) == set(trace.clocks)
    for first in before:
        for second in before:
            assert trace.happens_before(first, second) == (first in before[second])


@settings(max_examples=30)
@given(st.integers(0, 10**6))
def test_a_clock_counts_the_events_that_happened_before(seed):
    """Entry by entry: how many events of each node are in the past of this one, itself included."""
    trace = gossip(seed)
    before = reachable(trace)
    for row, clock in trace.clocks.items():
        counted = {}
        for past in (*before[row], row):
            node = trace.event(past).node
            counted[node] = counted.get(node, 0) + 1
        assert clock == counted


def test_lamports_figure():
    """Two processes, one message: what is not connected by it is concurrent."""

    class P(Node):
        def on_start(self):
            self.after(1.0, self.tick)
            self.after(3.0, self.tick)

        def tick(self):
            self.record("tick")
            if self.id == 1 and self.now == 1.0:
                self.send(2, Gossip(0))

        def on_gossip(self, msg, sender):
            self.record("got")

    trace = Simulation(cluster(P, 2), Network(latency=1.0)).run()
    rows = {
        (row.node, row.event, row.time): i
        for i, row in zip([r for r, *_ in trace.instants()], trace.records.itertuples(), strict=True)
    }
    sent, got = rows[1, "tick", 1.0], rows[2, "got", 2.0]
    late1, early2, late2 = rows[1, "tick", 3.0], rows[2, "tick", 1.0], rows[2, "tick", 3.0]
    assert trace.happens_before(sent, got)
    assert trace.happens_before(sent, late2)
    assert trace.happens_before(early2, got)
    assert not trace.happens_before(got, sent)
    for one, other in ((sent, early2), (late1, got), (late1, late2)):
        assert not trace.happens_before(one, other)
        assert not trace.happens_before(other, one)
    assert trace.clocks[trace.event(got).cause] == {1: 2, 2: 3}


def test_what_is_noted_inside_an_event_has_its_place():
    """Two notes of one event are in the order of writing; a note is after what its event is after."""
    trace = gossip(1)
    for row, cause, *_ in trace.instants():
        assert trace.happens_before(cause, row)
        assert not trace.happens_before(row, cause)


def test_what_did_not_happen_has_no_place():
    """A lost message, a fault, a timer to come."""
    trace = gossip(2)
    rows = [event.row for event in trace.events(False) if not event.happened or event.kind == "fault"]
    assert rows
    for row in rows[:5]:
        with pytest.raises(SimulationError) as error:
            trace.happens_before(row, 0)
        assert str(error.value).endswith(
            "did not happen at a node, so it has no place in the order of events."
        )


def test_a_crash_does_not_undo_the_past():
    """What a node does after its recovery comes after what it did before."""
    trace = gossip(3)
    restart = next(event.row for event in trace.events() if event.kind == "restart")
    start = next(event.row for event in trace.events() if event.kind == "start" and event.node == 1)
    assert trace.happens_before(start, restart)


def test_an_outline_has_no_clocks():
    """The messages are missing."""
    outline = Simulation(cluster(Gossiper, 2), faults=[Crash(1, 1.0)], trace="outline").run(until=2.0)
    with pytest.raises(SimulationError, match=r"^trace.happens_before needs a full trace"):
        outline.happens_before(1, 1)
