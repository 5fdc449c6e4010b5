"""The trace: rows, fates, events, pickles, digests."""

import pickle

import pytest

from distlab.sim import (
    Call,
    Crash,
    Cut,
    Event,
    LossBurst,
    Network,
    Node,
    Pause,
    Recover,
    Silence,
    Simulation,
    SimulationError,
    Trace,
    Uniform,
    cluster,
    message,
)


@message
class Ping:
    number: int


@message
class Bag:
    things: frozenset


class Pinger(Node):
    """Pings node 2 at 0.5, 1.5, ...; a timer that is always reset; one that is cancelled."""

    def on_start(self):
        self.number = 0
        if self.id == 1:
            self.every(1.0, self.ping)
            self.alarm = self.after(1.2, self.ring)
            self.never = self.after(0.7, self.ring)

    def ping(self):
        self.number += 1
        self.send(2, Ping(self.number))
        self.alarm.reset()
        self.never.cancel()

    def on_ping(self, msg, sender):
        self.record("ping", number=msg.number)

    def ring(self):
        self.record("ring")


def run(*faults, until=5.25, latency=0.1, **options):
    """A run of three pingers under some faults."""
    return Simulation(cluster(Pinger, 3), Network(latency=latency, **options), faults=faults).run(until=until)


def test_the_fates_of_messages():
    """Received, lost, cut, down, duplicate, in flight: each has its cause."""
    faults = [LossBurst(1.0, 1.5, 2.5), Cut(1, 2, 2.5, 3.5), Crash(2, 3.9), Recover(2, 4.5)]
    trace = run(*faults, until=6.05)
    assert trace.messages.fate.tolist() == ["received", "lost", "cut", "down", "received", "in flight"]
    table = trace.messages
    assert table.received.round(9).fillna(-1).tolist() == [1.1, -1, -1, -1, 5.1, -1]
    assert table.sent.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert table.message.tolist() == [Ping(number) for number in range(1, 7)]
    for row in table.itertuples():
        event = trace.event(row.id)
        assert (event.kind, event.fate, event.sender, event.node) == ("message", row.fate, 1, 2)
        assert (event.sent, event.cause, event.payload) == (row.sent, row.cause, row.message)
        assert event.happened == (row.fate == "received")


def test_a_copy_under_way_at_the_end_is_in_flight():
    """A duplicate is called one when it has arrived."""
    trace = run(until=1.15, duplication=1.0)
    assert trace.messages.fate.tolist() == ["received", "in flight"]
    trace = run(until=1.25, duplication=1.0)
    assert trace.messages.fate.tolist() == ["received", "duplicate"]
    assert [event.fate for event in trace.events() if event.kind == "message"] == ["received", "duplicate"]


def test_a_copy_that_meets_a_dead_node_is_down():
    """Its last fate counts."""
    trace = run(Crash(2, 1.15), until=1.5, duplication=1.0)
    assert trace.messages.fate.tolist() == ["received", "down"]


def test_the_fates_of_timers():
    """Every setting has a row: fired, cancelled by a cancel or a reset, pending at the end."""
    trace = run(until=2.5)
    table = trace.timers
    assert table[["method", "set", "due", "fate"]].values.tolist() == [
        ["ping", 0.0, 1.0, "fired"],
        ["ring", 0.0, 1.2, "cancelled"],
        ["ring", 0.0, 0.7, "fired"],
        ["ping", 1.0, 2.0, "fired"],
        ["ring", 1.0, 2.2, "cancelled"],
        ["ping", 2.0, 3.0, "pending"],
        ["ring", 2.0, 3.2, "pending"],
    ]
    assert [trace.event(row).fate for row in table.id] == table.fate.tolist()
    assert table.node.tolist() == [1] * 7
    assert trace.event(int(table.cause[3])).payload.method.__name__ == "ping"


def test_a_timer_cancelled_before_its_node_crashed_stays_cancelled():
    """That its old place in the queue comes up at a dead node changes nothing."""
    trace = run(Crash(1, 1.1), until=3.0)
    assert trace.timers.query("due > 1.1").fate.tolist() == ["cancelled", "cancelled", "cancelled"]


def test_events_come_in_the_order_of_happening():
    """By time, then row; what was noted inside an event stands right behind it."""
    trace = run(until=1.15)
    assert [(event.kind, event.time, event.node) for event in trace.events()] == [
        ("start", 0.0, 1),
        ("start", 0.0, 2),
        ("start", 0.0, 3),
        ("timer", 0.7, 1),
        ("record", 0.7, 1),
        ("timer", 1.0, 1),
        ("message", 1.1, 2),
        ("record", 1.1, 2),
    ]
    assert {event.fate for event in trace.events(happened=False)} == {
        "done",
        "fired",
        "received",
        "cancelled",
        "pending",
    }


def test_every_kind_of_event_has_a_name():
    """The names are those of the documentation."""

    class All(Node):
        def on_start(self):
            self.become("x")
            self.record("y")
            self.invoke("z").complete()
            self.work(0.1, self.noop)
            self.after(0.1, self.noop)
            self.send(self.id, Ping(1))

        def noop(self):
            pass

        def on_ping(self, msg, sender):
            pass

    faults = [Crash(1, 1.0), Recover(1, 2.0)]
    trace = Simulation(cluster(All, 1), faults=faults, workload=[Call(1, 0.5, "noop")]).run()
    kinds = {event.kind for event in trace.events()}
    assert kinds == {
        "start", "restart", "message", "timer", "work", "call", "role", "record", "invoke", "return", "fault"
    }  # fmt: skip
    for kind in kinds:
        assert f'"{kind}"' in Event.__doc__
    for fate in ("received", "fired", "duplicate", "done", "lost", "cut", "down", "dropped", "cancelled"):
        assert f'"{fate}"' in Event.__doc__


def test_rows_are_numbers_from_zero():
    """Asking for another row says how many there are."""
    trace = run(until=1.15)
    assert [trace.event(row).row for row in range(len(trace))] == list(range(len(trace)))
    for row in (-1, len(trace)):
        with pytest.raises(SimulationError) as error:
            trace.event(row)
        assert str(error.value) == f"there is no row {row}; the trace has rows 0 to {len(trace) - 1}."


def test_an_outline_keeps_the_numbers_of_its_rows():
    """A row that it did not keep is an error."""
    full = run(until=1.15)
    sim = Simulation(cluster(Pinger, 3), Network(latency=0.1), trace="outline")
    outline = sim.run(until=1.15)
    kept = [row for row, *_ in outline.instants()]
    assert kept == [row for row, *_ in full.instants()]
    assert [outline.event(row).payload.event for row in kept] == ["ring", "ping"]
    with pytest.raises(SimulationError, match=r"^there is no row 0; the trace has an outline of 2 rows\.$"):
        outline.event(0)


def test_the_text_of_a_trace_says_what_it_is():
    """Algorithm, nodes, rows, end, seed."""
    assert repr(run(until=1.15)) == "<Trace of Pinger: 3 nodes, 11 rows, 1.15 s, seed 0>"
    assert repr(Simulation({1: Pinger(), 2: Node()}, seed=3).run(until=0.1)) == (
        "<Trace of Pinger, Node: 2 nodes, 5 rows, 0.1 s, seed 3>"
    )


def test_a_row_takes_a_few_dozen_bytes():
    """24 bytes of columns per row, and the payload."""
    trace = run(until=500.0)
    assert trace.nbytes <= 24 * len(trace) + 8 * len(trace.timers)


@pytest.mark.parametrize("outline", [False, True])
def test_a_trace_travels_between_processes(outline):
    """Everything that can be asked of it has the same answer there."""
    sim = Simulation(
        cluster(Traveller, 3),
        Network(latency=Uniform(0.01, 0.1), loss=0.1, duplication=0.1),
        faults=[
            Crash(2, 1.0),
            Recover(2, 2.0),
            Pause(1, 1.5, 0.5),
            Silence(3, 2.0, 2.5),
            Crash("leader", 3.0),
        ],
        trace="outline" if outline else "full",
    )
    trace = sim.run(until=5.0)
    tables = ["roles", "records", "faults", "operations"] + (
        [] if outline else ["messages", "timers", "works"]
    )
    before = {table: getattr(trace, table) for table in tables}
    back = pickle.loads(pickle.dumps(trace))
    assert isinstance(back, Trace)
    assert back.digest() == trace.digest()
    assert repr(back) == repr(trace)
    for table in tables:
        assert getattr(back, table).equals(before[table])
    assert (back.crashes, back.nodes, back.network) == (trace.crashes, trace.nodes, trace.network)
    assert [str(event) for event in back.events(False)] == [str(event) for event in trace.events(False)]
    if not outline:
        assert back.clocks == trace.clocks
    assert len(pickle.dumps(trace)) < 200 * len(trace) + 5000


class Traveller(Pinger):
    """Module level, so that it can be found from another process."""

    stable = ("log",)

    def __init__(self):
        self.log = ()

    def on_start(self):
        super().on_start()
        self.become("leader" if self.id == 1 else "follower", term=1)
        self.invoke("write", "x", self.id).complete(True)
        self.work(0.3, self.ring)


def test_crashes_and_lives():
    """The rows are those of the faults."""
    trace = run(Crash(2, 1.0), Recover(2, 2.0), Crash(3, 3.0))
    assert trace.lives() == [(2, 1.0, "down", 0), (2, 2.0, "up", 1), (3, 3.0, "down", 2)]
    assert trace.crashes == [(2, 1.0, 2.0), (3, 3.0, 5.25)]
    assert [repr(trace.event(row).payload)[:7] for *_, row in trace.lives()] == [
        "Crash(n",
        "Recover",
        "Crash(n",
    ]


# --- digests


def test_the_digest_sees_every_difference():
    """Another time, payload, receiver, fate or end gives another digest."""
    digests = [
        run().digest(),
        run(until=5.3).digest(),
        run(latency=0.11).digest(),
        run(Crash(3, 1.0)).digest(),
        run(Cut(1, 2, 1.0)).digest(),
        run(LossBurst(1.0, 1.0)).digest(),
        run(duplication=1.0).digest(),
    ]
    assert len(set(digests)) == len(digests)
    assert run().digest() == digests[0]


def test_the_digest_does_not_depend_on_addresses_or_the_order_of_sets():
    """Functions and sets in payloads are written in the same way in every process."""

    class Bagger(Node):
        def on_start(self):
            self.send(self.id, Bag(frozenset({"a", "b", "c"})))
            self.record("object", thing=object(), function=len, names={"x", "y"})

        def on_bag(self, msg, sender):
            pass

    traces = [
        Simulation(cluster(Bagger, 1), workload=[Call(1, 1.0, "on_bag", (object(), print))]).run()
        for _ in (1, 2)
    ]
    assert traces[0].digest() == traces[1].digest()
    assert "0x" not in traces[0].to_jsonl()
    assert "frozenset({'a', 'b', 'c'})" in traces[0].to_jsonl()
