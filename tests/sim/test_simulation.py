"""Running: run, step, stop, pending, drop, acting by hand, order of events."""

import gc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distlab.sim import (
    Call,
    ClockDrift,
    ContractError,
    Crash,
    LossBurst,
    Network,
    Node,
    Partition,
    Pause,
    Poisson,
    Recover,
    Simulation,
    SimulationError,
    Uniform,
    cluster,
    message,
)


@message
class Ping:
    number: int


@message
class Pong:
    number: int


class Player(Node):
    """Pings a random peer every 0.1 to 0.3 s, works for 20 ms on each ping, then answers."""

    stable = ("pings",)

    def __init__(self):
        self.pings = 0

    def on_start(self):
        self.become("player")
        self.wait()

    def wait(self):
        self.timer = self.after(self.rng.uniform(0.1, 0.3), self.ping)

    def ping(self):
        self.pings += 1
        self.send(self.rng.choice(self.peers), Ping(self.pings))
        self.wait()

    def on_ping(self, msg, sender):
        self.work(0.02, self.answer, sender, msg.number)

    def answer(self, sender, number):
        self.send(sender, Pong(number))

    def on_pong(self, msg, sender):
        self.timer.reset()
        self.record("pong", number=msg.number)
        if msg.number == 5:
            self.become("champion")


def game(trace="full", seed=4):
    """A run with most things in it."""
    return Simulation(
        cluster(Player, 5),
        network=Network(latency=Uniform(0.01, 0.05), loss=0.05, duplication=0.05),
        faults=[
            Crash(1, 1.0),
            Recover(1, 2.0),
            Pause(2, 0.9, 0.4),
            Partition([[1, 2], [3, 4, 5]], 1.5, 2.5),
            LossBurst(0.5, 2.0, 2.5),
            ClockDrift(3, 0.5, 1.5),
        ],
        workload=[Poisson(3.0, "ping", until=4.0)],
        seed=seed,
        trace=trace,
    )


# --- run and step


def test_runs_of_equal_simulations_are_equal():
    """Same arguments, same trace; another seed, another trace."""
    assert game().run(until=4.0).digest() == game().run(until=4.0).digest()
    assert game().run(until=4.0).digest() != game(seed=5).run(until=4.0).digest()


@settings(max_examples=25)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("step"), st.integers(1, 40)),
            st.tuples(st.just("run"), st.floats(0.0, 1.0)),
            st.tuples(st.just("stop"), st.just("pong")),
            st.tuples(st.just("look"), st.just(0)),
        ),
        max_size=8,
    )
)
def test_steps_and_runs_in_any_order_make_the_same_run(plan):
    """The trace is that of one run in one piece."""
    whole = game().run(until=4.0)
    sim = game()
    for what, value in plan:
        if what == "step":
            for _ in range(value):
                sim.step(until=4.0)
        elif what == "run":
            sim.run(until=min(sim.time + value, 4.0))
        elif what == "stop":
            sim.run(until=4.0, stop_at=value)
        else:
            assert len(sim.trace.messages) == len([e for e in sim.trace.events(False) if e.kind == "message"])
    assert sim.run(until=4.0).digest() == whole.digest()


def test_a_step_executes_one_event_and_says_which():
    """The rows of all steps are the events of the run in their order, without what nodes noted."""
    sim = game()
    rows = []
    while (row := sim.step(until=4.0)) is not None:
        assert sim.trace.event(row).time == sim.time == sim.trace.end
        rows.append(row)
    trace = game().run(until=4.0)
    happened = [
        event.row
        for event in trace.events(happened=False)
        if event.kind not in ("role", "record", "invoke", "return")
        and (event.happened or event.fate == "down")
    ]
    assert rows == happened


def test_a_step_after_a_run_goes_on_from_there():
    """Also the other way round."""
    sim = Simulation(cluster(Player, 2), seed=1)
    sim.run(until=0.5)
    assert sim.time == sim.trace.end == 0.5
    row = sim.step()
    assert sim.time == sim.trace.event(row).time > 0.5
    assert sim.step(until=sim.time) is None or sim.trace.end == sim.time
    sim.run(until=0.9)
    assert sim.trace.end == 0.9


def test_stepping_to_the_end():
    """When nothing is left, there is no next step and time stays."""
    sim = Simulation(cluster(Node, 2))
    assert [sim.step(), sim.step(), sim.step()] == [0, 1, None]
    assert sim.time == 0.0


def test_run_until_includes_what_is_due_at_that_time():
    """A timer of exactly ``until`` fires."""

    class Ticker(Node):
        def on_start(self):
            self.every(1.0, self.tick)

        def tick(self):
            self.record("tick")

    sim = Simulation(cluster(Ticker, 1))
    assert len(sim.run(until=3.0).records) == 3
    assert sim.run(until=3.5).end == sim.time == 3.5


def test_a_run_without_an_end_ends_with_its_last_event():
    """Nothing is left to happen."""
    sim = Simulation(cluster(Node, 2), faults=[Crash(1, 7.0)])
    assert sim.run().end == 7.0
    assert sim.run(until=float("inf")).end == 7.0
    assert sim.run(until=9.0).end == 9.0


@pytest.mark.parametrize("trace", ["full", "outline"])
def test_a_run_can_stop_at_a_role_or_a_record(trace):
    """Right after the event in which it is taken or noted; going on changes nothing."""
    sim = game(trace)
    sim.run(until=4.0, stop_at="champion")
    first = sim.trace.roles.query("role == 'champion'")
    assert len(first) == 1
    assert sim.time == first.start.iloc[0] < 4.0
    count = len(sim.trace.records)
    sim.run(until=4.0, stop_at=["nothing", "pong"])
    assert len(sim.trace.records) == count + 1
    assert sim.run(until=4.0).digest() == game(trace).run(until=4.0).digest()


def test_what_is_due_at_the_moment_of_a_stop_has_not_happened():
    """Two messages arrive at the same time; after the first the run stops, and the second is in flight."""

    class Pair(Node):
        def on_start(self):
            if self.id == 1:
                self.send(2, Ping(1))
                self.send(2, Ping(2))

        def on_ping(self, msg, sender):
            self.record("first")

    sim = Simulation(cluster(Pair, 2))
    trace = sim.run(stop_at="first")
    assert trace.messages.fate.tolist() == ["received", "in flight"]
    assert trace.messages.received.isna().tolist() == [False, True]
    assert [event.fate for event in trace.events(False) if event.kind == "message"] == [
        "received",
        "in flight",
    ]
    sim.step()
    assert sim.trace.messages.fate.tolist() == ["received", "received"]
    again = Simulation(cluster(Pair, 2))
    for _ in range(3):
        again.step()
    assert again.trace.messages.fate.tolist() == ["received", "in flight"]


def test_the_tables_grow_with_every_step():
    """A table is never older than the trace, and belongs to whoever asked for it."""
    sim = game()
    sim.run(until=1.0)
    table = sim.trace.messages
    table["mine"] = 1
    assert "mine" not in sim.trace.messages
    before = len(table)
    while len(sim.trace.messages) == before:
        sim.step()
    assert len(sim.trace.messages) > before


def test_the_garbage_collector_is_left_as_it_was():
    """It rests during a run only."""
    assert gc.isenabled()
    game().run(until=1.0)
    assert gc.isenabled()
    gc.disable()
    try:
        game().run(until=1.0)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_an_outline_keeps_what_is_said_and_nothing_else():
    """Roles, records, faults and crashes are the same as in a full trace; messages are not there."""
    full, outline = game().run(until=4.0), game("outline").run(until=4.0)
    for table in ("roles", "records", "faults", "operations"):
        assert getattr(full, table).equals(getattr(outline, table))
    assert (full.crashes, full.end) == (outline.crashes, outline.end)
    assert len(outline) < len(full) / 3
    assert repr(outline).startswith("<Trace of Player: 5 nodes, ")
    assert "(outline)" in repr(outline)
    for table in ("messages", "timers", "works", "clocks"):
        with pytest.raises(SimulationError) as error:
            getattr(outline, table)
        assert str(error.value) == (
            f'trace.{table} needs a full trace; build the simulation with trace="full" instead of "outline".'
        )


def test_an_outline_of_a_plain_network_is_the_same_run():
    """The fast path draws the same latencies."""
    runs = [
        Simulation(cluster(Player, 4), Network(latency=Uniform(0.01, 0.05)), seed=2, trace=t)
        for t in ("full", "outline")
    ]
    full, outline = [sim.run(until=5.0) for sim in runs]
    assert full.records.equals(outline.records)
    assert len(full.records) > 50


def test_plain_and_careful_paths_are_the_same_run():
    """A careful network in which nothing goes wrong gives the same trace as a plain one."""
    plain = Network(latency=Uniform(0.01, 0.05))
    careful = Network(
        latency=Uniform(0.01, 0.05), topology={i: [j for j in range(1, 5) if j != i] for i in range(1, 5)}
    )
    assert not careful.plain
    runs = [Simulation(cluster(Player, 4), network, seed=2).run(until=5.0) for network in (plain, careful)]
    assert runs[0].digest() == runs[1].digest()


# --- what is under way


def test_pending_says_what_will_happen():
    """In order: time, row, node, sender, payload; stale settings of timers are left out."""

    class Waiter(Node):
        def on_start(self):
            if self.id == 1:
                self.send(2, Ping(1))
                self.timer = self.after(5.0, self.ring)
                self.timer.reset(1.0)
                self.timer.reset(2.0)
                self.after(3.0, self.ring).cancel()

        def ring(self):
            pass

        def on_ping(self, msg, sender):
            pass

    sim = Simulation(cluster(Waiter, 2), faults=[Crash(2, 9.0)], workload=[Call(1, 4.0, "ring")])
    sim.step()
    shown = [(time, node, sender, repr(payload)) for time, _, node, sender, payload in sim.pending()]
    assert shown == [
        (0.0, 2, None, "Start()"),
        (0.01, 2, 1, "Ping(number=1)"),
        (2.0, 1, None, "Timer(ring())"),
        (4.0, 1, None, "Call(node=1, at=4.0, method='ring', args=())"),
        (9.0, None, None, "Crash(node=2, at=9.0)"),
    ]
    for time, row, *_ in sim.pending():
        assert sim.trace.event(row).time == time


@settings(max_examples=20)
@given(st.floats(0.0, 3.9), st.integers(0, 50))
def test_what_is_pending_is_what_happens(until, seed):
    """Row by row: everything pending happens or is cancelled, and nothing else that was known before."""
    sim = game(seed=seed)
    sim.run(until=until)
    pending = [row for _, row, *_ in sim.pending()]
    known = len(sim.trace)
    trace = sim.run(until=6.0)
    for row in range(known):
        event = trace.event(row)
        if event.happened and event.kind not in ("role", "record") and event.time > until:
            assert row in pending


def test_pending_shows_held_events_at_the_end_of_the_pause():
    """A paused node handles them then."""

    class Sleeper(Node):
        def on_start(self):
            self.after(1.0, self.ring)

        def ring(self):
            pass

    sim = Simulation(cluster(Sleeper, 1), faults=[Pause(1, 0.5, 2.0)])
    sim.run(until=1.5)
    assert [(time, repr(payload)) for time, _, _, _, payload in sim.pending()] == [(2.5, "Timer(ring())")]


def test_a_message_under_way_can_be_dropped():
    """It never arrives, and the trace says why."""
    sim = Simulation(cluster(Player, 2), seed=1)
    while not (rows := [row for _, row, *_, payload in sim.pending() if isinstance(payload, Ping)]):
        sim.step()
    sim.drop(rows[0])
    assert sim.trace.event(rows[0]).fate == "dropped"
    sim.run(until=3.0)
    assert sim.trace.messages.fate.iloc[0] == "dropped"
    assert sim.trace.messages.received.isna().iloc[0]
    assert (sim.trace.messages.fate == "dropped").sum() == 1
    for wrong in (rows[0], 0, 10**6):
        with pytest.raises(SimulationError) as error:
            sim.drop(wrong)
        assert str(error.value) == f"row {wrong} is not a message under way; see pending()."


# --- by hand


class Teller(Node):
    """Sends when it is asked to."""

    def tell(self, number):
        self.send(2, Ping(number))
        self.broadcast(Pong(number))
        self.become("teller")
        self.record("told", number=number)
        self.after(1.0, self.ring)

    def ring(self):
        self.record("rang")

    def on_ping(self, msg, sender):
        self.record("ping", sender=sender)

    def on_pong(self, msg, sender):
        self.record("pong", sender=sender)


@pytest.mark.parametrize("trace", ["full", "outline"])
@pytest.mark.parametrize("network", [None, Network(fifo=True)], ids=["plain", "careful"])
def test_a_node_can_be_called_by_hand_while_the_run_rests(trace, network):
    """What it does then has the time of the simulation and a call from outside as its cause."""
    sim = Simulation(cluster(Teller, 3), network, trace=trace)
    sim.run(until=2.0)
    sim.nodes[1].tell(7)
    assert sim.trace.roles.values.tolist() == [[1, "teller", 2.0, 2.0]]
    if trace == "full":
        table = sim.trace.messages
        assert table[["sender", "receiver", "sent", "fate"]].values.tolist() == [
            [1, 2, 2.0, "in flight"],
            [1, 2, 2.0, "in flight"],
            [1, 3, 2.0, "in flight"],
        ]
        assert [sim.trace.event(cause).kind for cause in table.cause] == ["call"] * 3
        assert [sim.trace.event(cause).fate for cause in table.cause] == ["done"] * 3
    sim.run(until=4.0)
    found = sim.trace.records[["time", "node", "event"]].round(9).values.tolist()
    assert found == [
        [2.0, 1, "told"],
        [2.01, 2, "ping"],
        [2.01, 2, "pong"],
        [2.01, 3, "pong"],
        [3.0, 1, "rang"],
    ]


def test_a_node_can_be_called_by_hand_between_steps():
    """The player does so."""
    sim = Simulation(cluster(Teller, 3))
    sim.step()
    sim.nodes[1].tell(7)
    assert sim.trace.messages.sender.tolist() == [1, 1, 1]
    starts = [event.fate for event in sim.trace.events(False) if event.kind == "start"]
    assert starts == ["done", "pending", "pending"]
    sim.run()
    assert sim.trace.messages.fate.tolist() == ["received"] * 3


def test_a_mistake_by_hand_is_a_mistake():
    """The same sentence."""
    sim = Simulation(cluster(Teller, 2))
    with pytest.raises(ContractError, match="Teller 1 tried to send 'x', which is not a message"):
        sim.nodes[1].send(2, "x")
    with pytest.raises(ContractError, match="Teller 1 tried to send"):
        sim.nodes[1].send(9, Ping(1))


# --- order


def test_events_of_one_time_happen_in_the_order_in_which_they_were_scheduled():
    """Whatever they are: messages, timers, work, restarts."""
    seen = []

    class Busy(Node):
        def on_start(self):
            if self.id == 1:
                self.after(0.01, self.note, "timer 1")
                self.send(1, Ping(1))
                self.work(0.01, self.note, "work")
                self.send(1, Ping(2))
                self.after(0.01, self.note, "timer 2")

        def note(self, what):
            seen.append(what)

        def on_ping(self, msg, sender):
            seen.append(f"ping {msg.number}")

    Simulation(cluster(Busy, 1)).run()
    assert seen == ["timer 1", "ping 1", "work", "ping 2", "timer 2"]


def test_time_never_goes_back():
    """Neither in a run nor in its trace."""
    sim = game()
    last = 0.0
    while sim.step(until=4.0) is not None:
        assert sim.time >= last
        last = sim.time
    times = [event.time for event in sim.trace.events()]
    assert times == sorted(times)
    for event in sim.trace.events():
        if event.cause >= 0:
            assert event.sent <= event.time


def test_after_an_error_the_trace_tells_what_happened_up_to_it():
    """The event in which the handler failed is the last one."""

    class Fragile(Node):
        def on_start(self):
            self.after(1.0, self.fail)
            self.after(2.0, self.fail)

        def fail(self):
            raise RuntimeError("no")

    sim = Simulation(cluster(Fragile, 2))
    with pytest.raises(RuntimeError, match="no"):
        sim.run()
    assert sim.trace.end == 1.0
    assert sim.trace.timers.fate.tolist() == ["fired", "pending", "pending", "pending"]


def test_an_error_before_the_first_event_is_not_hidden():
    """A fault of the very beginning that fails says what it was."""

    class Broken:
        pass

    with pytest.raises(
        SimulationError, match=r"^faults must be a list of faults such as Crash\(3, at=1.0\); got"
    ):
        Simulation(cluster(Node, 1), faults=[Broken()])


def test_a_simulation_shows_where_it_is():
    """Algorithm, nodes, time."""
    sim = Simulation(cluster(Player, 3))
    sim.run(until=1.5)
    assert repr(sim) == "<Simulation of Player: 1, 2, 3; at 1.5 s>"


def test_running_when_nothing_is_left_does_nothing():
    """Neither an error nor an event."""
    sim = Simulation(cluster(Node, 2))
    rows = len(sim.run())
    assert (len(sim.run()), sim.time) == (rows, 0.0)
    assert (len(sim.run(until=2.0)), sim.time) == (rows, 2.0)


@pytest.mark.parametrize("until", [None, 5.0])
def test_a_budget_that_is_just_enough_is_enough(until):
    """Ten nodes start: ten events."""
    assert len(Simulation(cluster(Node, 10)).run(until=until, max_events=10)) == 10


def test_many_nodes():
    """A thousand nodes start, and each is found."""
    sim = Simulation(cluster(Node, 1000))
    assert len(sim.run()) == 1000
    assert sim.node(1000).id == 1000
