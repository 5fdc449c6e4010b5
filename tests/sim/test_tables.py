"""The tables of a trace."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distlab.sim import Crash, Network, Node, Outage, Pause, Simulation, Uniform, cluster, message


@message
class Ping:
    number: int


class Random(Node):
    """Does something random every now and then."""

    workers = 2

    def on_start(self):
        self.alarm = None
        self.every(0.1, self.act)

    def act(self):
        what = self.rng.randrange(6)
        if what == 0:
            self.broadcast(Ping(self.rng.randrange(100)))
        elif what == 1:
            self.become(self.rng.choice(["a", "b"]), number=self.rng.randrange(10))
        elif what == 2:
            self.work(self.rng.uniform(0.0, 0.3), self.note)
        elif what == 3:
            self.alarm = self.after(self.rng.uniform(0.0, 0.5), self.note)
        elif what == 4 and self.alarm is not None:
            self.alarm.reset()
        else:
            self.invoke("read", self.id).complete(what)

    def note(self):
        self.record("note", value=self.rng.random())

    def on_ping(self, msg, sender):
        if msg.number < 50:
            self.send(sender, Ping(msg.number + 50))


def play(seed, until=4.0):
    """A run with an outage, a pause and a crash."""
    return Simulation(
        cluster(Random, 4),
        Network(latency=Uniform(0.01, 0.2), loss=0.1, duplication=0.1),
        faults=[Outage(1, 1.0, 2.0), Pause(2, 0.5, 1.0), Crash(3, 3.0)],
        seed=seed,
    ).run(until=until)


def same(one, other):
    """Equal, or both not a number."""
    return one == other or (one != one and other != other)


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.floats(0.5, 4.0))
def test_the_tables_say_what_the_events_say(seed, until):
    """Tables are made column by column, events one by one: they must agree."""
    trace = play(seed, until)
    for table, kind, when in (
        ("messages", "message", "sent"),
        ("timers", "timer", "set"),
        ("works", "work", "arrived"),
    ):
        rows = getattr(trace, table).to_dict("records")
        events = [event for event in map(trace.event, range(len(trace))) if event.kind == kind]
        assert [row["id"] for row in rows] == [event.row for event in events]
        for row, event in zip(rows, events, strict=True):
            assert same(row[when], event.sent)
            assert row["fate"] == ("done" if event.fate == "fired" and kind == "work" else event.fate)
            if kind == "message":
                assert (row["type"], row["sender"], row["receiver"]) == ("Ping", event.sender, event.node)
                assert (row["cause"], row["message"]) == (event.cause, event.payload)
                assert same(row["received"], event.time if event.happened else float("nan"))
            else:
                assert (row["node"], row["method"]) == (event.node, event.payload.method.__name__)
            if kind == "timer":
                assert (row["due"], row["cause"]) == (event.time, event.cause)
            if kind == "work":
                assert same(row["ended"], event.time if event.happened else float("nan"))
                if event.happened:
                    assert row["arrived"] <= row["started"] <= row["ended"] <= trace.end


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_roles_of_a_node_do_not_overlap(seed):
    """Each lasts until the next one, a crash, or the end of the run."""
    trace = play(seed)
    downs = {}
    for node, start, _ in trace.crashes:
        downs.setdefault(node, []).append(start)
    for node, rows in trace.roles.groupby("node"):
        starts, ends = rows.start.tolist(), rows.end.tolist()
        for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
            possible = [
                trace.end,
                *starts[index + 1 : index + 2],
                *[down for down in downs.get(node, []) if down >= start],
            ]
            assert end == min(possible)


def test_two_roles_in_one_event():
    """The first one lasts no time at all."""

    class Quick(Node):
        def on_start(self):
            self.become("a")
            self.become("b")

    trace = Simulation(cluster(Quick, 1), faults=[Crash(1, 1.0)]).run(until=2.0)
    assert trace.roles[["role", "start", "end"]].values.tolist() == [["a", 0.0, 0.0], ["b", 0.0, 1.0]]


def test_a_role_taken_at_the_time_of_a_crash():
    """Whether it is taken before or after the recovery shows in its end."""

    class Riser(Node):
        def on_start(self):
            self.become("up")

    faults = [Outage(1, 1.0, 2.0), Crash(1, 2.5)]
    trace = Simulation(cluster(Riser, 1), faults=faults).run(until=3.0)
    assert trace.roles[["start", "end"]].values.tolist() == [[0.0, 1.0], [2.0, 2.5]]


@pytest.mark.parametrize("table", ["messages", "timers", "works", "roles", "records", "faults", "operations"])
def test_an_empty_table_has_its_columns(table):
    """So that code that reads it need not ask."""
    empty = getattr(Simulation(cluster(Node, 1)).run(), table)
    assert len(empty) == 0
    assert (
        list(empty.columns)
        == {
            "messages": ["id", "type", "sender", "receiver", "sent", "received", "fate", "cause", "message"],
            "timers": ["id", "node", "method", "set", "due", "fate", "cause"],
            "works": ["id", "node", "method", "arrived", "started", "ended", "fate"],
            "roles": ["node", "role", "start", "end"],
            "records": ["time", "node", "event"],
            "faults": ["time", "fault", "node", "until", "detail"],
            "operations": ["client", "operation", "key", "value", "invoked", "returned", "result", "status"],
        }[table]
    )


def test_ids_of_nodes_are_numbers_if_all_of_them_are():
    """Otherwise objects: a table of names can be compared with names."""
    assert play(1).messages.sender.dtype == np.int64

    class Mixed(Random):
        pass

    trace = Simulation({1: Mixed(), "b": Mixed()}, seed=1).run(until=3.0)
    assert trace.messages.sender.dtype == object
    assert set(trace.messages.sender) == {1, "b"}


def test_values_of_operations_stay_what_they_are():
    """A None is not a NaN, and a 1 beside it is not 1.0."""

    class Client(Node):
        def on_start(self):
            self.invoke("read", "x").complete(None)
            self.invoke("write", "x", 1).complete([1, 2])

    table = Simulation(cluster(Client, 1)).run().operations
    assert table.value.tolist() == [None, 1]
    assert table.result.tolist() == [None, [1, 2]]
    assert isinstance(table.value[1], int)
