"""What a node is and may do."""

import copy
import re

import pytest

from distlab.sim import ContractError, Crash, Node, Recover, Simulation, Uniform, cluster, message


@message
class Ping:
    number: int


class Quiet(Node):
    def on_ping(self, msg, sender):
        self.record("ping", sender=sender)


def run(act, nodes=3, kind=Quiet, **options):
    """Run a cluster whose node 1 does one thing at the start."""

    class Actor(kind):
        def on_start(self):
            if self.id == 1:
                act(self)

    return Simulation(cluster(Actor, nodes), **options).run(until=10.0)


def test_a_cluster_numbers_its_nodes_from_one():
    """Each node gets the same arguments."""

    class Configured(Node):
        def __init__(self, patience):
            self.patience = patience

    nodes = cluster(Configured, 3, patience=0.2)
    assert list(nodes) == [1, 2, 3]
    assert {node.patience for node in nodes.values()} == {0.2}
    assert len({id(node) for node in nodes.values()}) == 3


@pytest.mark.parametrize("n", [0, -1, 2.5, "3", True])
def test_a_cluster_has_a_whole_number_of_nodes(n):
    """The sentence names the value."""
    with pytest.raises(
        ValueError,
        match=f"^{re.escape(f'a cluster needs a whole number of nodes, 1 or more; got n={n!r}.')}$",
    ):
        cluster(Node, n)


def test_a_cluster_needs_a_class():
    """Not one node of it."""
    with pytest.raises(
        ValueError, match=r"^cluster needs a node class, such as cluster\(Bully, 5\); got Quiet\(...\)\.$"
    ):
        cluster(Quiet(), 3)


def test_what_an_algorithm_stores_is_in_its_dict_and_nothing_else():
    """So a checker's state of a node is that dict."""
    sim = Simulation(cluster(Quiet, 2))
    sim.run()
    assert sim.nodes[1].__dict__ == {"role": None}
    assert (sim.nodes[1].id, sim.nodes[1].peers, repr(sim.nodes[1])) == (1, (2,), "Quiet 1")
    assert repr(Quiet()) == "Quiet(...)"


def test_nodes_may_have_any_names():
    """Numbers or texts; a list of nodes is numbered from 1."""
    trace = Simulation({"a": Quiet(), "b": Quiet()}).run()
    assert trace.nodes == ("a", "b")
    assert Simulation([Quiet(), Quiet()]).run().nodes == (1, 2)


def test_a_broadcast_goes_to_all_peers_or_to_some():
    """One message after the other, in the order given."""
    assert run(lambda node: node.broadcast(Ping(1))).messages.receiver.tolist() == [2, 3]
    assert run(lambda node: node.broadcast(Ping(1), to=[3, 1, 2])).messages.receiver.tolist() == [3, 1, 2]
    assert run(lambda node: node.broadcast(Ping(1), to=())).messages.empty


def test_a_broadcast_to_a_set_is_in_sorted_order():
    """The order of a set differs from process to process."""
    assert run(lambda node: node.broadcast(Ping(1), to={3, 2, 1})).messages.receiver.tolist() == [1, 2, 3]
    mixed = {"b": Quiet(), 1: Quiet(), "a": Quiet()}

    class Sender(Quiet):
        def on_start(self):
            self.broadcast(Ping(1), to=frozenset(["b", 1, "a"]))

    trace = Simulation({**mixed, 0: Sender()}).run()
    assert trace.messages.receiver.tolist() == ["a", "b", 1]


def test_a_role_is_an_attribute_and_a_row_of_the_trace():
    """Facts are columns."""

    def act(node):
        node.become("leader", term=3)
        node.record("role", now=node.role)

    trace = run(act)
    assert trace.roles.values.tolist() == [[1, "leader", 0.0, 10.0, 3]]
    assert trace.records.now.tolist() == ["leader"]


def test_facts_are_kept_as_they_are_at_that_moment():
    """What a node changes later does not change the trace."""

    def act(node):
        log = [1]
        node.record("log", log=log, deep=(log,), text="x")
        node.become("writer", log=log)
        operation = node.invoke("append", "log", log)
        log.append(2)
        operation.complete(log)
        log.append(3)

    trace = run(act)
    assert trace.records[["log", "deep", "text"]].values.tolist() == [[[1], ([1],), "x"]]
    assert trace.roles.log.tolist() == [[1]]
    assert trace.operations[["value", "result"]].values.tolist() == [[[1], [1, 2]]]


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (
            lambda node: node.become("leader", node=3),
            "Actor 1 called become('leader', node=...): the trace has a column 'node' already; "
            "choose another name.",
        ),
        (
            lambda node: node.record("vote", time=3),
            "Actor 1 called record('vote', time=...): the trace has a column 'time' already; "
            "choose another name.",
        ),
    ],
)
def test_facts_may_not_take_the_names_of_columns(act, sentence):
    """They would hide the columns that every table has."""
    with pytest.raises(ContractError) as error:
        run(act)
    assert str(error.value) == sentence


def test_operations_end_once():
    """With a result, a failure, or nobody knows what."""

    def act(node):
        node.invoke("read", "x").complete(5)
        node.invoke("write", "x", 6).fail("refused")
        node.invoke("write", "x", 7).unknown("timeout")
        node.invoke("read", "y")

    columns = ["client", "operation", "key", "value", "result", "status"]
    assert run(act).operations[columns].values.tolist() == [
        [1, "read", "x", None, 5, "ok"],
        [1, "write", "x", 6, "refused", "failed"],
        [1, "write", "x", 7, "timeout", "unknown"],
        [1, "read", "y", None, None, "unknown"],
    ]

    def twice(node):
        operation = node.invoke("read")
        operation.complete()
        operation.fail()

    with pytest.raises(ContractError) as error:
        run(twice)
    assert str(error.value) == "Actor 1 ended the same operation twice."


@pytest.mark.parametrize(
    ("act", "used"),
    [
        (lambda node: node.send(2, Ping(1)), "send(...)"),
        (lambda node: node.broadcast(Ping(1), to=[2]), "broadcast(...)"),
        (lambda node: node.after(1.0, node.on_start), "after(...)"),
        (lambda node: node.every(1.0, node.on_start), "every(...)"),
        (lambda node: node.work(1.0, node.on_start), "work(...)"),
        (lambda node: node.become("leader"), "become(...)"),
        (lambda node: node.record("x"), "record(...)"),
        (lambda node: node.invoke("read"), "invoke(...)"),
        (lambda node: node.now, "now"),
        (lambda node: node.rng, "rng"),
        (lambda node: node.peers, "peers"),
    ],
)
def test_a_node_can_do_nothing_before_its_run(act, used):
    """The constructor is too early: the sentence says where to do it instead."""

    class Hasty(Node):
        def __init__(self):
            act(self)

    with pytest.raises(ContractError) as error:
        cluster(Hasty, 2)
    assert str(error.value) == (
        f"Hasty used self.{used} before its run began, without id and network; "
        "do it in on_start instead of __init__."
    )


def test_a_node_has_no_id_before_its_run():
    """Reading it in the constructor is a frequent mistake."""

    class Curious(Node):
        def __init__(self):
            self.mine = self.id

    with pytest.raises(ContractError) as error:
        cluster(Curious, 2)
    assert str(error.value) == (
        "Curious read self.id in __init__, but a node gets its id with the run; read it in on_start."
    )


def test_other_missing_attributes_are_ordinary_errors():
    """Only the id has a sentence of its own."""

    class Broken(Node):
        def __init__(self):
            self.mine = self.yours

    with pytest.raises(AttributeError, match="yours"):
        cluster(Broken, 2)


def test_a_node_belongs_to_one_run():
    """Its state would be left over from the first."""
    nodes = cluster(Quiet, 2)
    Simulation(nodes)
    with pytest.raises(ContractError) as error:
        Simulation(nodes)
    assert str(error.value) == (
        "Quiet 1 already belongs to a run; build new nodes for each run, for instance with cluster(Quiet, n)."
    )
    node = Quiet()
    with pytest.raises(ContractError, match="already belongs to a run"):
        Simulation([node, node])


def test_nodes_that_are_in_no_run_can_be_copied_and_sent_to_other_processes():
    """A copy can be run, and so can the original."""
    import pickle

    node = PicklableNode([1])
    for other in (copy.deepcopy(node), pickle.loads(pickle.dumps(node))):
        assert other.items == [1]
        Simulation([other]).run()
    Simulation([node]).run()


class PicklableNode(Node):
    def __init__(self, items):
        self.items = items


def test_arguments_that_nobody_can_change_are_not_copied():
    """Frozen dataclasses such as distributions are shared, which makes building nodes fast."""
    delay = Uniform(0.1, 0.2)

    class Patient(Node):
        def __init__(self, delay, names):
            self.delay = delay
            self.names = names

    assert Patient(delay, ("a",))._born[0][0] is delay
    names = ["a"]
    node = Patient(delay, names)
    sim = Simulation([node], faults=[Crash(1, 1.0), Recover(1, 2.0)])
    names.append("b")
    sim.run()
    assert (node.delay, node.names) == (delay, ["a"])


def test_handlers_are_looked_up_in_the_class_hierarchy():
    """A subclass overrides one handler and inherits the others."""

    class Loud(Quiet):
        def on_ping(self, msg, sender):
            super().on_ping(msg, sender)
            self.record("pong")

    trace = run(lambda node: node.send(2, Ping(1)), kind=Loud)
    assert trace.records.event.tolist() == ["ping", "pong"]


def test_the_random_stream_of_a_node_goes_on_after_a_crash():
    """It does not start again, or the node would repeat its draws."""

    class Gambler(Node):
        def on_start(self):
            self.record("drew", value=self.rng.random())

    trace = Simulation(cluster(Gambler, 1), faults=[Crash(1, 1.0), Recover(1, 2.0)]).run()
    assert trace.records.value.nunique() == 2
