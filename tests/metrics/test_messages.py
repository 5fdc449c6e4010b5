import pytest

from distlab.metrics import (
    busy_time,
    bytes_sent,
    littles_law,
    message_bytes,
    message_counts,
    messages_sent,
    reigns,
    simultaneous_leaders,
    uptime,
    utilisation,
)
from distlab.sim import (
    Crash,
    LossBurst,
    Network,
    Node,
    Partition,
    Silence,
    Simulation,
    SimulationError,
)


def as_dict(table, key, value="sent"):
    """One column of a table by another."""
    return dict(zip(table[key], table[value], strict=True))


@pytest.fixture
def chatter(play, note, beat):
    """Node 1 tells all, node 2 tells 1 and beats at all; node 3 is dead from 2 s on. Latency 0.5 s."""
    return play(
        (1.0, 1, "broadcast", note(1)),
        (2.5, 2, "send", 1, note(2)),
        (3.0, 2, "broadcast", beat()),
        (9.8, 1, "send", 2, note(3)),
        faults=[Crash(3, at=2.0)],
    )


def test_each_receiver_of_a_broadcast_counts_as_one_message(chatter):
    """Two notes of a broadcast and two single ones are four notes; a beat to two peers is two."""
    table = message_counts(chatter)
    assert table.columns.tolist() == ["type", "sent", "received"]
    assert table.values.tolist() == [["Note", 4, 3], ["Beat", 2, 1]]
    assert table["sent"].dtype == table["received"].dtype == "int64"


def test_messages_to_a_dead_node_and_under_way_count_as_sent(chatter):
    """The fates add up to all that was sent."""
    table = message_counts(chatter, by="fate")
    assert as_dict(table, "fate") == {"received": 4, "down": 1, "in flight": 1}
    assert as_dict(table, "fate", "received") == {"received": 4, "down": 0, "in flight": 0}


def test_by_node_says_what_each_sent_and_received(chatter):
    """All nodes are listed in their order, also those that sent nothing."""
    table = message_counts(chatter, by="node")
    assert table.values.tolist() == [[1, 3, 2], [2, 3, 1], [3, 0, 1]]


def test_by_sender_and_by_receiver_follow_the_messages(chatter):
    """What node 2 sent reached its receivers twice; node 3 was sent two messages and got one."""
    assert message_counts(chatter, by="sender").values.tolist() == [[1, 3, 2], [2, 3, 2], [3, 0, 0]]
    assert message_counts(chatter, by="receiver").values.tolist() == [[1, 2, 2], [2, 2, 1], [3, 2, 1]]


def test_several_columns_at_once(chatter):
    """Two columns give one row for each pair that occurs, as they first occur."""
    table = message_counts(chatter, by=["sender", "type"])
    assert table.values.tolist() == [[1, "Note", 3, 2], [2, "Note", 1, 1], [2, "Beat", 2, 1]]


def test_phases_by_type_keep_their_order_and_what_is_left_is_other(chatter):
    """A phase to which nothing belongs is shown with 0."""
    table = message_counts(chatter, by="phase", phases={"Vote": "election", "Beat": "upkeep"})
    assert as_dict(table, "phase") == {"election": 0, "upkeep": 2, "other": 4}


def test_phases_by_time_do_not_include_their_end(chatter):
    """A message sent at 3 s belongs to the phase that begins then."""
    table = message_counts(chatter, by="phase", phases={"before": (0.0, 3.0), "after": (3.0, 9.0)})
    assert as_dict(table, "phase") == {"before": 3, "after": 2, "other": 1}


def test_types_are_left_out_by_class_or_by_name(chatter, beat):
    """Without beats four messages are left, and they alone are two."""
    assert messages_sent(chatter) == 6
    assert messages_sent(chatter, leave_out=beat) == messages_sent(chatter, leave_out=["Beat"]) == 4
    assert messages_sent(chatter, only="Beat") == 2
    assert message_counts(chatter, leave_out="Beat")["type"].tolist() == ["Note"]


def test_a_window_counts_what_was_sent_in_it(chatter):
    """From 2.5 to 3 s one note and two beats were sent."""
    assert messages_sent(chatter, after=2.5, until=3.0) == 3
    assert messages_sent(chatter, after=9.9) == 0


def test_messages_to_oneself_can_be_left_out(play, note):
    """Some papers count them, others do not."""
    trace = play((1.0, 1, "send", 1, note()), (1.0, 1, "send", 2, note()))
    assert messages_sent(trace) == 2
    assert messages_sent(trace, to_self=False) == 1


def test_lost_and_cut_messages_count_as_sent(play, note):
    """The sender paid for them."""
    faults = [LossBurst(1.0, at=0.5, until=1.5), Partition([[1], [2, 3]], at=2.0)]
    trace = play((1.0, 1, "send", 2, note()), (3.0, 1, "send", 2, note()), faults=faults)
    assert message_counts(trace, by="fate").values.tolist() == [["lost", 1, 0], ["cut", 1, 0]]


def test_copies_made_by_the_network_are_received_but_not_sent(play, note):
    """Ten messages on a network that copies each are ten sent and twenty received."""
    script = [(0.1 * k, 1, "send", 2, note(k)) for k in range(10)]
    network = Network(latency=0.5, duplication=1.0)
    assert message_counts(play(*script, network=network)).values.tolist() == [["Note", 10, 20]]
    cut_short = play(*script, network=network, until=1.45)
    assert message_counts(cut_short).values.tolist() == [["Note", 10, 15]]


def test_what_a_silent_node_swallows_is_not_sent(play, note):
    """A Byzantine node that says nothing sends nothing."""
    trace = play((1.0, 1, "broadcast", note()), faults=[Silence(1, at=0.5)])
    assert messages_sent(trace) == 0


def test_bytes_are_given_by_a_function_or_by_the_network(play, note):
    """Three messages of 10, 20 and 30 bytes, the last of them lost, are 60 bytes sent and 30 received."""
    script = [(1.0, 1, "send", 2, note(1)), (2.0, 1, "send", 3, note(2)), (3.0, 2, "send", 3, note(3))]
    faults = [LossBurst(1.0, at=2.5)]
    plain = play(*script, faults=faults)
    sized = play(*script, faults=faults, network=Network(latency=0.5, size=lambda msg: 10 * msg.number))
    assert bytes_sent(plain, lambda msg: 10 * msg.number) == bytes_sent(sized) == 60.0
    assert message_bytes(sized, by="node").values.tolist() == [[1, 30, 0], [2, 30, 10], [3, 0, 20]]
    assert message_bytes(sized)["received"].tolist() == [30.0]


def test_no_message_is_an_empty_table(play):
    """Nobody spoke: no row by type, zeros by node, 0 in all."""
    trace = play()
    assert message_counts(trace).empty
    assert message_counts(trace, by="node")["sent"].tolist() == [0, 0, 0]
    assert messages_sent(trace) == 0
    assert bytes_sent(trace, size=lambda msg: 1) == 0.0


def test_an_outline_is_refused_by_name(play):
    """The error says which function needs what."""
    trace = play(trace="outline")
    for function in (message_counts, messages_sent, message_bytes, bytes_sent):
        with pytest.raises(SimulationError, match=f'{function.__name__} needs a full trace; .*trace="full"'):
            function(trace)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"by": "kind"}, "by must be \"node\", or one or several of .*; got 'kind'"),
        ({"by": ["type", "type"]}, "different columns"),
        ({"by": []}, "one or several different columns"),
        ({"by": "phase"}, 'by="phase" needs phases='),
        ({"phases": {"Note": "x"}}, 'phases is used with by="phase" only'),
        ({"by": "phase", "phases": {"a": (0, 2), "b": (1, 3)}}, "'b' starts at 1 s, before 'a' ends at 2 s"),
        ({"by": "phase", "phases": {"a": (2, 2)}}, "'a' must end after it starts"),
        ({"leave_out": [3]}, "leave_out must name message types by class or by name; got 3"),
        ({"after": -1.0}, "after must be a time within the run, from 0 to 10 seconds; got -1"),
        ({"until": 11.0}, "until must be a time from after=0 to the end of the run, 10 seconds; got 11"),
    ],
)
def test_wrong_arguments_are_named(chatter, arguments, says):
    """Each gets one sentence with the argument and the value."""
    with pytest.raises(ValueError, match=says):
        message_counts(chatter, **arguments)


def test_bytes_without_a_size_are_refused(chatter):
    """One byte per message would look like a result."""
    with pytest.raises(ValueError, match="bytes_sent must know how large a message is; give size="):
        bytes_sent(chatter)
    with pytest.raises(ValueError, match="size must give 0 bytes or more; it gave -1 for Note"):
        bytes_sent(chatter, size=lambda msg: -1)


def test_nodes_may_have_names(note):
    """Words and numbers may name nodes of one run; all metrics keep them as they are."""

    class Caller(Node):
        workers = 2

        def on_start(self):
            self.become("leader", term=1)
            self.broadcast(note())
            self.work(1.0, self.rest)

        def rest(self):
            self.invoke("read").complete()

        def on_note(self, msg, sender):
            pass

    for names in (["a", "b"], ["a", 7]):
        trace = Simulation({name: Caller() for name in names}, faults=[Crash("a", at=3.0)]).run(until=4.0)
        assert message_counts(trace, by="node").values.tolist() == [[name, 1, 1] for name in names]
        assert message_counts(trace, by="receiver")["receiver"].tolist() == names
        assert reigns(trace)["node"].tolist() == names
        assert simultaneous_leaders(trace, within="term")["leaders"].tolist() == [tuple(names)]
        assert busy_time(trace)["node"].tolist() == names
        assert utilisation(trace, node=names[1]) == 1 / 8
        assert littles_law(trace, "operations", node=names[1]).arrival_rate == 0.25
        assert uptime(trace)["up"].tolist() == [3.0, 4.0]
