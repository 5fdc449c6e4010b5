"""Byzantine nodes: silent, equivocating, forging."""

import pytest

from distlab.sim import (
    Equivocate,
    Forge,
    Network,
    Node,
    Partition,
    Silence,
    Simulation,
    SimulationError,
    Uniform,
    cluster,
    message,
)


@message
class Say:
    text: str
    value: int


@message
class Agree:
    yes: bool


class Speaker(Node):
    """Says its own number every second, by broadcast and to each peer."""

    def on_start(self):
        self.every(1.0, self.speak)

    def speak(self):
        self.broadcast(Say("n", self.id))

    def on_say(self, msg, sender):
        self.record("heard", sender=sender, value=msg.value)


def speak(*faults, nodes=4, until=1.5, latency=0.1, **options):
    """A run of speakers under some faults."""
    sim = Simulation(cluster(Speaker, nodes), Network(latency=latency, **options), faults=faults, seed=2)
    return sim.run(until=until)


def heard(trace, at=None):
    """Node -> what it heard, as (sender, value), at one time or ever."""
    table = trace.records if at is None else trace.records[trace.records.time.round(9) == at]
    return {node: list(zip(rows.sender, rows.value, strict=True)) for node, rows in table.groupby("node")}


def test_a_silent_node_is_not_heard_but_hears():
    """It goes on as if nothing had happened."""
    assert heard(speak(Silence(1, 0.5))) == {
        1: [(2, 2), (3, 3), (4, 4)],
        2: [(3, 3), (4, 4)],
        3: [(2, 2), (4, 4)],
        4: [(2, 2), (3, 3)],
    }


def test_silence_may_be_limited_to_some_receivers_and_some_time():
    """The others hear it, and so do all when it is over."""
    trace = speak(Silence(1, 0.5, until=1.5, to=[2]), until=2.5)
    assert [sender for sender, _ in heard(trace, 1.1)[2]] == [3, 4]
    assert [sender for sender, _ in heard(trace, 1.1)[3]] == [1, 2, 4]
    assert [sender for sender, _ in heard(trace, 2.1)[2]] == [1, 3, 4]


def test_silence_does_not_move_the_latencies_of_others():
    """What the others send arrives when it would have arrived anyway."""
    honest = speak(latency=Uniform(0.05, 0.15), until=9.5).messages.query("sender != 1")
    silent = speak(Silence(1, 0.5), latency=Uniform(0.05, 0.15), until=9.5).messages
    columns = ["sender", "receiver", "sent", "received"]
    assert silent[columns].values.tolist() == honest[columns].values.tolist()


def test_an_equivocating_node_tells_every_second_node_something_else():
    """The first number in the message is changed by 1 to 3 for nodes 2 and 4; node 3 hears the truth."""
    trace = speak(Equivocate(1, 0.5))
    values = {node: dict(pairs)[1] for node, pairs in heard(trace).items() if node != 1}
    assert values[3] == 1
    assert values[2] in (2, 3, 4)
    assert values[4] in (2, 3, 4)


def test_a_yes_becomes_a_no():
    """A yes/no comes before any number."""

    class Voter(Node):
        def on_start(self):
            if self.id == 1:
                self.broadcast(Agree(True))

        def on_agree(self, msg, sender):
            self.record("vote", yes=msg.yes)

    trace = Simulation(cluster(Voter, 3), faults=[Equivocate(1, 0.0)]).run()
    assert trace.records[["node", "yes"]].values.tolist() == [[2, False], [3, True]]


def test_a_liar_may_have_its_own_story():
    """``rewrite`` sees the message, the receiver, and a random stream."""

    def rewrite(msg, to, rng):
        return msg.replace(value=100 * to + rng.randrange(2))

    trace = speak(Equivocate(1, 0.5, rewrite=rewrite))
    for node in (2, 3, 4):
        assert dict(heard(trace)[node])[1] in (100 * node, 100 * node + 1)


def test_a_story_must_be_a_message():
    """Anything else is a mistake of whoever wrote the fault."""
    with pytest.raises(SimulationError) as error:
        speak(Equivocate(1, 0.5, rewrite=lambda msg, to, rng: None))
    assert (
        str(error.value)
        == "Equivocate.rewrite must return a message in place of Say(text='n', value=1); got None."
    )


def test_a_forger_signs_with_another_name():
    """The receivers and the table of messages see the forged name; the cause tells the truth."""
    trace = speak(Forge(1, 0.5, pretend=3))
    assert heard(trace)[2] == [(3, 1), (3, 3), (4, 4)]
    table = trace.messages
    assert table.sender.tolist() == [3, 3, 3, 2, 2, 2, 3, 3, 3, 4, 4, 4]
    assert [trace.event(cause).node for cause in table.cause] == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
    assert table.sender.dtype == "int64"


def test_a_forged_name_does_not_open_a_cut_link():
    """Links are those of the node that really sends."""
    trace = speak(Forge(1, 0.2, pretend=3), Partition([[1], [2, 3, 4]], 0.5))
    assert heard(trace)[2] == [(3, 3), (4, 4)]


def test_lies_add_up_and_end_one_by_one():
    """A node that both equivocates and forges does both until each of them is over."""
    faults = [
        Equivocate(1, 0.5, until=2.5, rewrite=lambda msg, to, rng: msg.replace(value=-1)),
        Forge(1, 0.5, pretend=3, until=1.5),
    ]
    trace = speak(*faults, until=3.5)
    assert [heard(trace, at)[2][0] for at in (1.1, 2.1, 3.1)] == [(3, -1), (1, -1), (1, 1)]


def test_two_equal_lies_are_two():
    """The end of the first leaves the second."""
    faults = [Silence(1, 0.5, until=1.5), Silence(1, 0.5, until=2.5)]
    trace = speak(*faults, until=3.5)
    assert [1 in dict(heard(trace, at)[2]) for at in (1.1, 2.1, 3.1)] == [False, False, True]


def test_liars_lie_alike_in_every_run():
    """Their random numbers come from a stream of their own."""
    assert speak(Equivocate(1, 0.5)).digest() == speak(Equivocate(1, 0.5)).digest()
