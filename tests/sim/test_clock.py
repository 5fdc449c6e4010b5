"""Clocks that jump and drift."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distlab.sim import Clock, ClockDrift, ClockJump, Crash, Node, Recover, Simulation, cluster


class Alarm(Node):
    """Notes its clock when timers fire."""

    def on_start(self):
        self.after(3.0, self.ring)

    def again(self):
        self.after(3.0, self.ring)

    def ring(self):
        self.record("ring", clock=self.now)


class Ticker(Node):
    def on_start(self):
        self.every(1.0, self.tick)

    def tick(self):
        self.record("tick", clock=self.now)


def rings(faults, kind=Alarm, **options):
    """(time, clock) of each record of a node under some faults."""
    trace = Simulation(cluster(kind, 1), faults=faults, **options).run(until=20.0)
    return trace.records[["time", "clock"]].values.tolist()


def test_without_faults_a_clock_shows_simulated_time():
    """``now`` is the time since the beginning."""
    assert rings([]) == [[3.0, 3.0]]


def test_a_jump_moves_the_clock_but_not_running_timers():
    """A timer counts elapsed time, so setting the clock does not matter to it."""
    assert rings([ClockJump(1, at=1.0, by=100.0)]) == [[3.0, 103.0]]
    assert rings([ClockJump(1, at=1.0, by=-0.5)]) == [[3.0, 2.5]]


def test_a_drift_does_not_touch_running_timers():
    """A timer keeps the rate that it was started with; the clock reads the new one."""
    assert rings([ClockDrift(1, at=1.0, rate=2.0)]) == [[3.0, 5.0]]


def test_a_timer_follows_the_rate_at_which_it_is_started():
    """A clock that runs twice as fast counts 3 s in 1.5 s."""
    from distlab.sim import Call

    found = rings([ClockDrift(1, at=1.0, rate=2.0)], workload=[Call(1, 4.0, "again")])
    assert found == [[3.0, 5.0], [5.5, 10.0]]


def test_a_repeated_timer_follows_the_drift_from_its_next_turn():
    """The turn that runs when the rate changes keeps its length, the following ones are half as long."""
    found = rings([ClockDrift(1, at=2.5, rate=2.0), ClockDrift(1, at=4.25, rate=1.0)], kind=Ticker)
    assert [time for time, _ in found][:6] == [1.0, 2.0, 3.0, 3.5, 4.0, 4.5]
    assert [time for time, _ in found][6:8] == [5.5, 6.5]


def test_a_reset_follows_the_rate_of_the_moment():
    """A timer that is set anew under a drift counts with the new rate."""

    class Restless(Node):
        def on_start(self):
            self.timer = self.after(4.0, self.ring)
            self.after(2.0, self.again)

        def again(self):
            self.timer.reset()

        def ring(self):
            self.record("ring", clock=self.now)

    assert rings([ClockDrift(1, at=1.0, rate=2.0)], kind=Restless) == [[4.0, 7.0]]


def test_a_crash_does_not_repair_a_clock():
    """The clock belongs to the machine."""
    found = rings([ClockJump(1, at=1.0, by=100.0), Crash(1, at=2.0), Recover(1, at=4.0)])
    assert found == [[7.0, 107.0]]


def test_clocks_of_other_nodes_are_not_touched():
    """A jump concerns one node."""
    trace = Simulation(cluster(Alarm, 2), faults=[ClockJump(1, at=1.0, by=100.0)]).run()
    assert trace.records[["node", "clock"]].values.tolist() == [[1, 103.0], [2, 3.0]]


changes = st.lists(
    st.tuples(
        st.floats(0.01, 10.0),
        st.one_of(
            st.tuples(st.just("jump"), st.floats(-5, 5)), st.tuples(st.just("drift"), st.floats(0.1, 10))
        ),
    ),
    max_size=6,
)


@given(changes, st.floats(0, 100))
def test_a_clock_is_the_sum_of_its_stretches(steps, rest):
    """Reading = sum of (rate x length) of each stretch, plus all jumps."""
    clock, time, expected, rate = Clock(), 0.0, 0.0, 1.0
    for length, (kind, value) in steps:
        time += length
        expected += rate * length
        if kind == "jump":
            clock.jump(value)
            expected += value
        else:
            clock.drift(value, at=time)
            rate = value
    assert clock.read(time + rest) == pytest.approx(expected + rate * rest, abs=1e-6)
    assert clock.real(1.0) == pytest.approx(1.0 / rate)
