"""Mistakes during a run and in its arguments: one clear sentence each."""

import pickle
import re

import pytest

from distlab.sim import (
    Arrivals,
    ContractError,
    EndlessRun,
    Network,
    Node,
    Simulation,
    SimulationError,
    cluster,
    message,
)


@message
class Ping:
    pass


@message
class Entries:
    items: object
    term: int = 1


class Quiet(Node):
    def on_ping(self, msg, sender):
        pass

    def on_entries(self, msg, sender):
        self.got = msg


NETWORKS = {"plain": None, "careful": Network(fifo=True)}


def refused(act, network=None, trace="full", nodes=3, kind=Quiet, **options):
    """The sentence with which something that a node does is refused."""

    class Learner(kind):
        def on_start(self):
            if self.id == 1:
                act(self)

    with pytest.raises(ContractError) as error:
        Simulation(cluster(Learner, nodes), network, trace=trace, **options).run(until=5.0)
    return str(error.value)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("trace", ["full", "outline"])
class TestSending:
    """The same sentences on every path."""

    def test_an_unknown_receiver(self, network, trace):
        """The nodes that there are stand in the sentence."""
        text = "Learner 1 tried to send Ping() to {}, but there is no node {}; the nodes are: 1, 2, 3."
        assert refused(lambda node: node.send(9, Ping()), network, trace) == text.format(9, 9)
        assert refused(lambda node: node.send(None, Ping()), network, trace) == text.format(None, None)
        assert refused(lambda node: node.send([2], Ping()), network, trace) == text.format([2], [2])
        assert refused(lambda node: node.broadcast(Ping(), to=[2, 9]), network, trace) == text.format(9, 9)

    def test_of_many_nodes_some_are_named(self, network, trace):
        """The sentence stays short."""
        text = refused(lambda node: node.send(99, Ping()), network, trace, nodes=20)
        assert text.endswith("the nodes are: 1, 2, 3, 4, 5, 6, 7, 8 and 12 more.")

    @pytest.mark.parametrize(
        ("thing", "shown"),
        [
            ("hello", "'hello'"),
            (3, "3"),
            (None, "None"),
            ({"a"}, "{'a'}"),
            (object(), "<object object>"),
            (int, "<class 'int'>"),
        ],
    )
    def test_something_that_is_not_a_message(self, network, trace, thing, shown):
        """A learner may send a text first."""
        text = (
            f"Learner 1 tried to send {shown}, which is not a message; "
            "declare its class with @message and send an instance."
        )
        assert refused(lambda node: node.send(2, thing), network, trace) == text
        assert refused(lambda node: node.broadcast(thing), network, trace) == text

    def test_a_class_in_place_of_a_message(self, network, trace):
        """The brackets are missing."""
        text = "Learner 1 tried to send the class Ping; send a message of it: Ping(...)."
        assert refused(lambda node: node.send(2, Ping), network, trace) == text
        assert refused(lambda node: node.broadcast(Ping), network, trace) == text

    @pytest.mark.parametrize(
        "make",
        [
            lambda items: Entries(items),
            lambda items: Entries((items,)),
            lambda items: Entries({"log": items}),
            lambda items: Entries(Entries(items)),
        ],
        ids=["list", "in a tuple", "in a dict", "in a message"],
    )
    @pytest.mark.parametrize("when", [0.0, 1.0], ids=["at once", "after its arrival"])
    @pytest.mark.parametrize("verb", ["send", "broadcast"])
    def test_a_message_changed_after_it_was_sent(self, network, trace, make, when, verb):
        """A list inside is shared by sender and receiver: found also when it is changed long after."""

        class Sharing(Quiet):
            def later(self):
                self.log.append(2)

        def act(node):
            node.log = [1]
            if verb == "send":
                node.send(2, make(node.log))
            else:
                node.broadcast(make(node.log))
            node.after(when, node.later)

        assert refused(act, network, trace, kind=Sharing) == (
            f"a message was changed after it was sent: what node 1 sent at t = 0 s is now {make([1, 2])!r}. "
            f"Sender and receiver share its lists and dicts, which real machines never do; "
            f"send a copy that cannot change, such as tuple(self.log)."
        )

    def test_a_message_that_nobody_changes(self, network, trace):
        """A list in a message is allowed as long as it stays as it is."""

        class Learner(Quiet):
            def on_start(self):
                self.broadcast(Entries([self.id]))

        Simulation(cluster(Learner, 3), network, trace=trace).run()


def test_a_message_changed_by_its_receiver():
    """Whoever changes it, the other one sees it."""

    class Careless(Quiet):
        def on_start(self):
            if self.id == 1:
                self.send(2, Entries([1]))

        def on_entries(self, msg, sender):
            msg.items.append(2)

    with pytest.raises(ContractError, match="a message was changed after it was sent"):
        Simulation(cluster(Careless, 2)).run()
    sim = Simulation(cluster(Careless, 2))
    for _ in range(3):
        sim.step()
    with pytest.raises(ContractError, match="a message was changed after it was sent"):
        sim.step()


def test_assigning_to_a_field_is_found_where_it_happens():
    """Not only at the next look."""

    class Careless(Quiet):
        def on_start(self):
            if self.id == 1:
                self.send(2, Entries((1,)))

        def on_entries(self, msg, sender):
            msg.term = 2

    with pytest.raises(
        ContractError, match=r"^Entries\(items=\(1,\), term=1\) cannot be changed: what was sent"
    ):
        Simulation(cluster(Careless, 2)).run()


def test_old_messages_are_not_watched_for_ever():
    """After some ten thousand rows a message is left alone, so that long runs stay fast."""

    class Chatty(Quiet):
        def on_start(self):
            self.every(0.001, self.chat)

        def chat(self):
            self.send(self.id, Entries([1]))

    sim = Simulation(cluster(Chatty, 1))
    sim.run(until=40.0)
    assert len(sim.trace._guards) < 20_000


# --- runs without an end


class Echo(Node):
    def on_start(self):
        self.broadcast(Ping())

    def on_ping(self, msg, sender):
        self.send(sender, Ping())


class Spinner(Node):
    def on_start(self):
        self.after(0, self.spin)

    def spin(self):
        self.after(0, self.spin)


def test_an_endless_run_is_stopped_by_its_budget():
    """The sentence says what was going on; the trace so far is kept, and the run can be continued."""
    sim = Simulation(cluster(Echo, 2))
    with pytest.raises(EndlessRun) as error:
        sim.run(max_events=10_000)
    assert str(error.value) == (
        "the run used up its budget of 10,000 events at t = 49.99 s and was still going; waiting: Ping. "
        "Give run(until=...), mend the loop, or raise max_events."
    )
    assert error.value.trace is sim.trace
    assert len(sim.trace.messages.query("fate == 'received'")) == 10_000 - 2
    assert sim.run(until=60.0).end == 60.0


@pytest.mark.parametrize("until", [None, 10.0])
def test_a_loop_without_delay_is_stopped_too(until):
    """Simulated time does not go on, so ``until`` never comes."""
    sim = Simulation(cluster(Spinner, 1), trace="outline")
    with pytest.raises(EndlessRun) as error:
        sim.run(until=until, max_events=50_000)
    assert str(error.value) == (
        "the run used up its budget of 50,000 events at t = 0 s and was still going "
        "(simulated time stood still: something answers itself without any delay); "
        "waiting: the timer of spin(). "
        "Give run(until=...), mend the loop, or raise max_events."
    )


def test_without_an_end_two_million_events_are_enough():
    """The default budget answers a learner in a second or two."""
    with pytest.raises(EndlessRun, match="its budget of 2,000,000 events"):
        Simulation(cluster(Echo, 2), trace="outline").run()


def test_an_endless_run_in_another_process_comes_back_with_its_trace():
    """The error can be pickled, as process pools do."""
    sim = Simulation([PicklableSpinner()])
    with pytest.raises(EndlessRun) as error:
        sim.run(max_events=100)
    back = pickle.loads(pickle.dumps(error.value))
    assert str(back) == str(error.value)
    assert back.trace.digest() == sim.trace.digest()


class PicklableSpinner(Spinner):
    pass


# --- arguments


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Simulation({}), "a simulation needs at least one node; got none."),
        (lambda: Simulation(5), "nodes must be {id: node} or a list of nodes; got 5."),
        (
            lambda: Simulation({1: Quiet}),
            "node 1 must be an instance of a Node class; got <class 'test_mistakes.Quiet'>.",
        ),
        (lambda: Simulation([3]), "node 1 must be an instance of a Node class; got 3."),
        (
            lambda: Simulation({None: Quiet()}),
            "a node's id must not be None, which stands for the world outside.",
        ),
        (
            lambda: Simulation([Quiet()], network=0.01),
            "network must be a Network, such as Network(latency=0.01); got 0.01.",
        ),
        (lambda: Simulation([Quiet()], seed=1.5), "seed must be a whole number; got 1.5."),
        (lambda: Simulation([Quiet()], seed="x"), "seed must be a whole number; got 'x'."),
        (lambda: Simulation([Quiet()], trace="half"), 'trace must be "full" or "outline"; got \'half\'.'),
        (
            lambda: Simulation([Quiet()]).run(until="noon"),
            "run(until=...) must be a time in seconds; got 'noon'.",
        ),
        (lambda: Simulation([Quiet()]).run(until=-1), "run(until=...) must be a time in seconds; got -1."),
        (
            lambda: Simulation([Quiet()]).run(until=float("nan")),
            "run(until=...) must be a time in seconds; got nan.",
        ),
        (
            lambda: Simulation([Quiet()]).run(max_events=0),
            "run(max_events=...) must be a whole number, 1 or more; got 0.",
        ),
    ],
)
def test_arguments_that_make_no_sense_are_refused(make, sentence):
    """The sentence names the argument and the value."""
    with pytest.raises((ValueError, SimulationError)) as error:
        make()
    assert str(error.value).replace("tests.sim.", "") == sentence


def test_time_does_not_run_backwards():
    """A run may go on, not back."""
    sim = Simulation([Quiet()])
    sim.run(until=2.0)
    sim.run(until=2.0)
    with pytest.raises(
        ValueError, match=f"^{re.escape('run(until=1.0) lies in the past: the simulation is at 2 s.')}$"
    ):
        sim.run(until=1.0)


def test_a_seed_of_numpy_is_a_whole_number_like_any_other():
    """Sweeps take their seeds from arrays."""
    import numpy as np

    runs = [
        Simulation(cluster(Echo, 2), Network(fifo=True, loss=0.2), seed=seed).run(until=1.0)
        for seed in (3, np.int64(3))
    ]
    assert runs[0].digest() == runs[1].digest()


def test_an_arrival_at_an_unknown_node_is_refused():
    """Workloads are checked when the simulation is built."""
    with pytest.raises(SimulationError, match="names a node that does not exist; the nodes are: 1, 2"):
        Simulation(cluster(Quiet, 2), workload=[Arrivals(1.0, "on_start", until=2.0, nodes=[7])])


def test_asking_for_an_unknown_node_names_those_that_exist():
    """``sim.node`` is what faults use."""
    with pytest.raises(SimulationError, match=r"^there is no node 9; the nodes are: 1, 2\.$"):
        Simulation(cluster(Quiet, 2)).node(9)
