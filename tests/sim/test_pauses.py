"""A node that stands still: nothing is lost, everything is late."""

import pytest

from distlab.sim import Crash, Network, Node, Pause, Recover, Simulation, cluster, message


@message
class Tick:
    number: int


class Listener(Node):
    """Node 1 sends a tick every second to node 2, which has a timer at 2.5 s and one every 2 seconds."""

    def on_start(self):
        if self.id == 1:
            for number in range(1, 7):
                self.after(float(number), self.tick, number)
        else:
            self.after(2.5, self.alarm)
            self.regular = self.every(2.0, self.beat)

    def tick(self, number):
        self.send(2, Tick(number))

    def on_tick(self, msg, sender):
        self.record("tick", number=msg.number)

    def alarm(self):
        self.record("alarm")

    def beat(self):
        self.record("beat")


def listen(*faults, until=7.0):
    """A run of two listeners under some faults."""
    sim = Simulation(cluster(Listener, 2), Network(latency=0.1), faults=faults)
    return sim.run(until=until)


def times(trace, event):
    """When something was recorded."""
    return trace.records.query("event == @event").time.round(9).tolist()


def test_what_arrives_waits_until_the_node_goes_on():
    """In the order of arrival, at the end of the pause."""
    trace = listen(Pause(2, at=1.5, duration=2.0))
    assert times(trace, "tick") == [1.1, 3.5, 3.5, 4.1, 5.1, 6.1]
    assert trace.records.query("event == 'tick'").number.tolist() == [1, 2, 3, 4, 5, 6]
    assert trace.messages.received.round(9).tolist() == [1.1, 3.5, 3.5, 4.1, 5.1, 6.1]


def test_timers_that_run_out_fire_at_the_end_of_the_pause():
    """A repeated timer fires once, and counts its interval from then."""
    trace = listen(Pause(2, at=1.5, duration=2.0))
    assert times(trace, "alarm") == [3.5]
    assert times(trace, "beat") == [3.5, 5.5]


def test_timers_that_run_out_later_are_not_touched():
    """The pause is over before they are due."""
    trace = listen(Pause(2, at=0.5, duration=0.5))
    assert times(trace, "alarm") == [2.5]
    assert times(trace, "beat") == [2.0, 4.0, 6.0]


def test_everything_held_comes_in_the_order_in_which_it_was_due():
    """A timer of 2.5 s comes between the ticks of 2.1 and 3.1 s."""
    trace = listen(Pause(2, at=1.9, duration=2.0))
    held = trace.records.query("time == 3.9")
    assert held.event.tolist() == ["beat", "alarm", "tick", "tick"] or held.event.tolist() == [
        "alarm",
        "beat",
        "tick",
        "tick",
    ]
    assert trace.event(int(trace.messages.id[1])).time == 3.9


@pytest.mark.parametrize(
    ("pauses", "end"),
    [
        ([(1.5, 2.0), (2.5, 2.0)], 4.5),
        ([(1.5, 3.0), (2.5, 1.0)], 4.5),
        ([(1.5, 2.0), (1.5, 2.0)], 3.5),
        ([(1.5, 1.0), (2.0, 1.0), (2.5, 1.0)], 3.5),
    ],
)
def test_overlapping_pauses_are_one_long_pause(pauses, end):
    """The node goes on when the last of them is over."""
    trace = listen(*[Pause(2, at, duration) for at, duration in pauses])
    assert times(trace, "tick")[1] == end
    assert times(trace, "alarm") == [end]


def test_a_crash_during_a_pause_loses_what_waits():
    """A dead node's held messages are gone, also if it is back before the pause would have ended."""
    trace = listen(Pause(2, at=1.5, duration=4.0), Crash(2, at=3.5), Recover(2, at=4.0))
    table = trace.messages
    assert table.fate.tolist() == ["received", "down", "down", "received", "received", "received"]
    assert times(trace, "tick") == [1.1, 4.1, 5.1, 6.1]
    assert times(trace, "alarm") == [6.5]
    assert [event.time for event in trace.events(False) if event.fate == "down"] == [3.5, 3.5]


def test_a_pause_ends_with_a_crash():
    """After the recovery the node runs, and the end of the old pause changes nothing."""
    faults = [Pause(2, 1.5, 4.0), Crash(2, 2.0), Recover(2, 2.5), Pause(2, 5.2, 1.5)]
    trace = listen(*faults)
    assert times(trace, "tick") == [1.1, 3.1, 4.1, 5.1, 6.7]


def test_a_dead_node_cannot_be_paused():
    """It does nothing anyway, and is not paused when it comes back."""
    trace = listen(Crash(2, 1.5), Pause(2, 1.6, 3.0), Recover(2, 2.0))
    assert times(trace, "tick") == [1.1, 2.1, 3.1, 4.1, 5.1, 6.1]


def test_at_the_end_of_the_run_what_is_held_is_still_under_way():
    """It has not been received."""
    trace = listen(Pause(2, at=1.5, duration=20.0))
    assert trace.messages.fate.tolist() == ["received"] + ["in flight"] * 5
    assert trace.timers.query("node == 2").fate.tolist() == ["pending", "pending"]


def test_a_paused_node_starts_and_restarts_late():
    """A pause at the very beginning delays ``on_start``; one right after a recovery delays ``on_recover``."""
    trace = listen(Pause(2, at=0.0, duration=1.5))
    assert times(trace, "tick")[:2] == [1.5, 2.1]
    trace = listen(Crash(2, 1.5), Recover(2, 2.0), Pause(2, 2.0, 1.0))
    assert times(trace, "alarm") == [5.5]


def test_what_a_held_message_causes_happens_at_the_end_of_the_pause():
    """The time of sending an answer is the time at which the message was really handled."""

    class Echo(Node):
        def on_start(self):
            if self.id == 1:
                self.send(2, Tick(1))

        def on_tick(self, msg, sender):
            if self.id == 2:
                self.send(sender, Tick(2))

    sim = Simulation(cluster(Echo, 2), Network(latency=0.1), faults=[Pause(2, 0.05, 1.0)])
    assert sim.run().messages[["sent", "received"]].round(9).values.tolist() == [[0.0, 1.05], [1.05, 1.15]]


def test_timers_reset_before_a_pause_fire_when_they_should():
    """A timer that was moved to a later time is not brought forward by the pause."""

    class Restless(Node):
        def on_start(self):
            self.timer = self.after(1.0, self.ring)
            self.after(0.5, self.again)

        def again(self):
            self.timer.reset(3.0)

        def ring(self):
            self.record("ring")

    trace = Simulation(cluster(Restless, 1), faults=[Pause(1, 0.8, 1.0)]).run()
    assert trace.records.time.tolist() == [3.5]
    trace = Simulation(cluster(Restless, 1), faults=[Pause(1, 0.8, 4.0)]).run()
    assert trace.records.time.tolist() == [4.8]
