"""Timers: after, every, cancel, reset, in all orders."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distlab.sim import ContractError, Node, Simulation, cluster


class Clockwork(Node):
    """Does what the script says: (time, function of the node)."""

    def __init__(self, script):
        self.script = script

    def on_start(self):
        for time, act in self.script:
            self.after(time, self.do, act)

    def do(self, act):
        act(self)

    def ring(self, name="ring"):
        self.record(name)


def rings(*script, until=None):
    """Times at which ``ring`` was called."""
    sim = Simulation([Clockwork(script)])
    trace = sim.run(until=until)
    return trace.records.time.tolist() if len(trace.records) else []


def set_timer(delay, repeat=False):
    """Set the timer."""

    def act(node):
        node.timer = (node.every if repeat else node.after)(delay, node.ring)

    return act


def reset(delay=None):
    """Reset it, to another delay or the same."""
    return lambda node: node.timer.reset(delay)


def cancel(node):
    """Cancel it."""
    node.timer.cancel()


@pytest.mark.parametrize(
    ("script", "times"),
    [
        ([(1.0, set_timer(2.0))], [3.0]),
        ([(1.0, set_timer(0.0))], [1.0]),
        ([(1.0, set_timer(2.0)), (2.0, cancel)], []),
        ([(1.0, set_timer(2.0)), (2.0, reset())], [4.0]),
        ([(1.0, set_timer(2.0)), (2.0, reset(5.0))], [7.0]),
        ([(1.0, set_timer(5.0)), (2.0, reset(1.0))], [3.0]),
        ([(1.0, set_timer(5.0)), (2.0, reset(1.0)), (2.5, reset())], [3.5]),
        ([(1.0, set_timer(5.0)), (2.0, reset(1.0)), (2.5, reset(9.0))], [11.5]),
        ([(1.0, set_timer(2.0)), (2.0, cancel), (2.5, reset())], [4.5]),
        ([(1.0, set_timer(2.0)), (2.0, cancel), (5.0, reset())], [7.0]),
        ([(1.0, set_timer(2.0)), (4.0, reset())], [3.0, 6.0]),
        ([(1.0, set_timer(2.0)), (4.0, cancel), (4.5, cancel)], [3.0]),
        ([(1.0, set_timer(2.0)), (2.0, reset(0.0))], [2.0]),
        ([(1.0, set_timer(2.0)), (3.0, reset())], [5.0]),
        ([(1.0, set_timer(1.0, True)), (4.5, cancel)], [2.0, 3.0, 4.0]),
        ([(1.0, set_timer(1.0, True)), (2.5, reset()), (4.0, cancel)], [2.0, 3.5]),
        ([(1.0, set_timer(1.0, True)), (2.5, reset(0.5)), (4.2, cancel)], [2.0, 3.0, 3.5, 4.0]),
        ([(1.0, set_timer(1.0, True)), (1.5, cancel), (3.0, reset()), (5.5, cancel)], [4.0, 5.0]),
    ],
)
def test_timers_fire_when_they_should(script, times):
    """The latest setting counts; a cancelled timer is silent until it is reset."""
    assert rings(*script) == times


def test_a_timer_due_at_the_time_of_its_reset_fires_later_if_the_reset_came_first():
    """What was scheduled first happens first."""
    script = [(3.0, lambda node: node.timer.reset()), (1.0, set_timer(2.0))]
    assert rings(*script) == [5.0]


actions = st.lists(
    st.tuples(
        st.integers(1, 40),
        st.one_of(
            st.just(("cancel", None)),
            st.just(("reset", None)),
            st.tuples(st.just("reset"), st.integers(0, 20)),
        ),
    ),
    max_size=12,
)


@settings(max_examples=200)
@given(st.integers(0, 20), actions)
def test_any_history_of_a_timer_is_that_of_a_simple_one(first, steps):
    """Compared with a timer that is just a number: the time at which it is due, or None."""
    due = delay = first / 4 + 1 / 16  # never together with a step
    script, expected = [(0.0, set_timer(delay))], []
    for time, (what, new) in sorted(steps, key=lambda step: step[0]):
        now = time / 4
        if due is not None and due <= now:
            expected.append(due)
            due = None
        if what == "cancel":
            due = None
            script.append((now, cancel))
        else:
            script.append((now, reset(None if new is None else new / 4 + 1 / 16)))
            delay = delay if new is None else new / 4 + 1 / 16
            due = now + delay
    assert rings(*script) == expected + ([due] if due is not None else [])


def test_pending_says_whether_a_timer_runs():
    """Before, while it fires, after, and after a cancel."""
    seen = []

    class Watcher(Node):
        def on_start(self):
            self.timer = self.after(1.0, self.ring)
            self.regular = self.every(1.0, self.beat)
            seen.append((self.timer.pending, self.regular.pending))

        def ring(self):
            seen.append((self.timer.pending, self.regular.pending))

        def beat(self):
            seen.append((self.timer.pending, self.regular.pending))
            self.regular.cancel()
            seen.append((self.timer.pending, self.regular.pending))

    Simulation(cluster(Watcher, 1)).run()
    assert seen == [(True, True), (False, True), (False, True), (False, False)]


def test_arguments_are_handed_on():
    """``after(delay, method, *args)``."""
    assert rings((1.0, lambda node: node.after(1.0, node.ring, "bell"))) == [2.0]
    trace = Simulation([Clockwork([(1.0, lambda node: node.every(1.0, node.ring, "bell"))])]).run(until=3.0)
    assert trace.records.event.tolist() == ["bell", "bell"]


def test_a_run_ends_with_its_last_event_not_with_a_cancelled_timer():
    """Nothing happens when a timer that was cancelled or moved would have been due."""
    sim = Simulation([Clockwork([(1.0, set_timer(100.0)), (2.0, cancel)])])
    assert sim.run().end == sim.time == 2.0
    outline = Simulation([Clockwork([(1.0, set_timer(100.0)), (2.0, cancel)])], trace="outline")
    assert outline.run().end == 2.0


def test_a_reset_costs_no_place_in_the_heap():
    """A thousand resets to later times leave one entry."""

    class Restless(Node):
        def on_start(self):
            self.timer = self.after(5.0, self.ring)
            for _ in range(1000):
                self.timer.reset()

        def ring(self):
            pass

    sim = Simulation(cluster(Restless, 1))
    sim.step()
    assert len(sim.pending()) == len(sim._heap) == 1


NOT_MINE = "it needs one of the node's own methods, such as self.on_timeout, without brackets."


@pytest.mark.parametrize("verb", ["after", "every"])
@pytest.mark.parametrize("delay", [-0.5, float("nan"), float("inf"), "soon", None])
def test_a_delay_is_a_number_that_is_not_negative(verb, delay):
    """The sentence names the verb, the value, and what would be right."""
    least = "more than 0 seconds" if verb == "every" else "0 seconds or more"
    with pytest.raises(ContractError) as error:
        rings((1.0, lambda node: getattr(node, verb)(delay, node.ring)))
    assert str(error.value) == f"Clockwork 1 called {verb}({delay!r}, ...): the duration must be {least}."


def test_an_interval_is_more_than_nothing():
    """It would never let time go on."""
    with pytest.raises(ContractError) as error:
        rings((1.0, lambda node: node.every(0, node.ring)))
    assert str(error.value) == "Clockwork 1 called every(0, ...): the duration must be more than 0 seconds."


@pytest.mark.parametrize("verb", ["after", "every"])
@pytest.mark.parametrize(
    ("method", "shown"),
    [
        (lambda node: lambda: None, "<lambda>"),
        (lambda node: node.ring(), "None"),
        (lambda node: print, "print"),
        (lambda node: Clockwork(()).ring, "ring"),
        (lambda node: [].append, "append"),
        (lambda node: "ring", "'ring'"),
    ],
)
def test_a_timer_calls_a_method_of_its_own_node(verb, method, shown):
    """Not a lambda, not the result of a call, not another node's method."""
    with pytest.raises(ContractError) as error:
        rings((1.0, lambda node: getattr(node, verb)(1.0, method(node))))
    assert str(error.value) == f"Clockwork 1 called {verb}(1.0, {shown}): {NOT_MINE}"


@pytest.mark.parametrize(("repeat", "delay"), [(False, -1), (False, "x"), (False, float("nan")), (True, 0)])
def test_a_reset_needs_a_delay_of_the_same_kind(repeat, delay):
    """An interval must stay more than 0."""
    least = "more than 0 seconds" if repeat else "0 seconds or more"
    with pytest.raises(ContractError) as error:
        rings((1.0, set_timer(1.0, repeat)), (1.5, reset(delay)), until=3.0)
    assert str(error.value) == f"Clockwork 1 called reset({delay!r}): a timer's delay must be {least}."
