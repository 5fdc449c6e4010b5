import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distlab.metrics import (
    leader_changes,
    leaderless_intervals,
    leaderless_time,
    leaders_at,
    reigns,
    simultaneous_leaders,
    time_to_leader,
)
from distlab.sim import Crash, Node, Pause, Recover, Simulation, cluster


def rows(table):
    """The rows of a table as tuples."""
    return [tuple(row) for row in table.to_numpy(dtype=object)]


@pytest.fixture
def history(play):
    """1 leads 1-4 and crashes; 2 leads 5-7 and gives up; 3 leads 6-10, to the end."""
    return play(
        (0.0, 1, "become", "follower"),
        (1.0, 1, "become", "leader"),
        (5.0, 2, "become", "leading"),
        (6.0, 3, "become", "leader"),
        (7.0, 2, "become", "follower"),
        faults=[Crash(1, at=4.0)],
    )


def test_a_reign_ends_with_the_role_the_node_or_the_run(history):
    """The three ends are a crash, another role, and the end of the run, which alone lasted."""
    assert rows(reigns(history)) == [(1, 1, 4, 3, False), (2, 5, 7, 2, False), (3, 6, 10, 4, True)]


def test_leading_counts_as_leader_and_other_roles_on_demand(play):
    """ZAB calls it leading; another algorithm may call it anything."""
    trace = play((1.0, 1, "become", "leading"), (2.0, 2, "become", "primary"))
    assert reigns(trace)["node"].tolist() == [1]
    assert reigns(trace, roles="primary")["node"].tolist() == [2]
    with pytest.raises(ValueError, match="roles must name at least one role"):
        reigns(trace, roles=())


def test_a_role_taken_anew_without_a_gap_is_one_reign(play):
    """A leader that declares itself twice has led once."""
    trace = play((1.0, 1, "become", "leader"), (3.0, 1, "become", "leader"), (4.0, 1, "become", "follower"))
    assert rows(reigns(trace)) == [(1, 1, 4, 3, False)]


def test_a_role_held_for_no_time_is_no_reign(play):
    """Who leads and gives up in the same instant never led."""
    trace = play((1.0, 1, "become", "leader"), (1.0, 1, "become", "follower"))
    assert reigns(trace).empty
    assert math.isnan(time_to_leader(trace))


def test_leaders_at_an_instant(history):
    """A reign includes its first instant and not its last, unless the run ends with it."""
    instants = {0.5: (), 1.0: (1,), 4.0: (), 5.5: (2,), 6.5: (2, 3), 7.0: (3,), 10.0: (3,)}
    assert {time: leaders_at(history, time) for time in instants} == instants
    with pytest.raises(ValueError, match="time must lie within the run, from 0 to 10 seconds; got 11"):
        leaders_at(history, 11)


def test_a_leader_that_crashes_in_the_last_instant_does_not_lead_at_the_end(play):
    """Its reign reaches the end of the run and still did not last."""
    trace = play((1.0, 1, "become", "leader"), faults=[Crash(1, at=10.0)])
    assert leaders_at(trace, 10.0) == ()
    assert rows(reigns(trace)) == [(1, 1, 10, 9, False)]


def test_a_leader_that_steps_down_in_the_last_instant_does_not_lead_at_the_end(play):
    """Its last role is another one."""
    trace = play((1.0, 1, "become", "leader"), (10.0, 1, "become", "follower"))
    assert leaders_at(trace, 10.0) == ()


def test_time_to_leader_counts_from_a_given_time(history):
    """After the crash at 4 s the next leader comes 1 s later; at 5.5 s there is one."""
    assert time_to_leader(history) == 1.0
    assert time_to_leader(history, after=4.0) == 1.0
    assert time_to_leader(history, after=4.5) == 0.5
    assert time_to_leader(history, after=5.5) == 0.0


def test_time_to_a_leader_that_stays(history):
    """1 leads for 3 s, 2 for 2 s, and 3 until the end, which is as long as anybody can ask."""
    assert time_to_leader(history, stay=3.0) == 1.0
    assert time_to_leader(history, stay=3.5) == 6.0
    assert time_to_leader(history, stay=math.inf) == 6.0
    assert time_to_leader(history, after=5.5, stay=1.5) == 0.0
    assert time_to_leader(history, after=6.5, stay=1.5) == 0.0
    with pytest.raises(ValueError, match="stay must be a number of 0 or more; got -1"):
        time_to_leader(history, stay=-1)


def test_a_run_that_stops_at_its_leader_has_one(play):
    """``stop_at="leader"`` ends the run in the instant in which somebody leads."""

    class Late(Node):
        def on_start(self):
            self.after(0.5, self.become, "leader")

    trace = Simulation(cluster(Late, 2)).run(stop_at="leader")
    assert trace.end == 0.5
    assert time_to_leader(trace) == 0.5
    assert leaders_at(trace, 0.5) == (1,)
    assert leaderless_time(trace) == 0.5


def test_without_a_leader_the_answers_are_nan_all_and_empty(play):
    """Nobody leads: no time to a leader, the whole run without one, nothing in the tables."""
    trace = play()
    assert math.isnan(time_to_leader(trace))
    assert leaderless_time(trace) == 10.0
    assert leader_changes(trace) == 0
    assert reigns(trace).empty
    assert simultaneous_leaders(trace).empty
    assert simultaneous_leaders(trace, within="term").columns.tolist()[0] == "term"
    assert leaders_at(trace, 3.0) == ()
    assert reigns(trace).dtypes.astype(str).tolist() == ["object", "float64", "float64", "float64", "bool"]


def test_leaderless_intervals_are_the_gaps_between_reigns(history):
    """0-1 and 4-5; a window cuts them."""
    assert rows(leaderless_intervals(history)) == [(0, 1, 1), (4, 5, 1)]
    assert leaderless_time(history) == 2.0
    assert rows(leaderless_intervals(history, after=0.5, until=4.25)) == [(0.5, 1, 0.5), (4, 4.25, 0.25)]
    assert leaderless_time(history, after=5.0) == 0.0
    assert leaderless_intervals(history, after=5.0).dtypes.astype(str).tolist() == ["float64"] * 3


def test_a_recovered_node_does_not_lead_before_it_says_so(play):
    """A crash ends the reign, and recovery does not give it back."""
    trace = play(
        (1.0, 1, "become", "leader"),
        (8.0, 1, "become", "leader"),
        faults=[Crash(1, at=3.0), Recover(1, at=5.0)],
    )
    assert rows(leaderless_intervals(trace)) == [(0, 1, 1), (3, 8, 5)]
    assert leader_changes(trace) == 0


def test_a_paused_leader_still_leads(play):
    """It believes so, and others cannot know."""
    trace = play((1.0, 1, "become", "leader"), faults=[Pause(1, at=2.0, duration=3.0)])
    assert leaderless_time(trace) == 1.0


def test_a_change_is_another_node_that_begins_to_lead(history, play):
    """1, 2, 3 are two changes; 1, 1, 2, 1 are two as well."""
    assert leader_changes(history) == 2
    assert leader_changes(history, after=5.5) == 1
    assert leader_changes(history, until=5.0) == 1
    back = play(
        *[(2.0 * k, node, "become", "leader") for k, node in enumerate((1, 1, 2, 1))],
        *[(2.0 * k + 1, node, "become", "follower") for k, node in enumerate((1, 1, 2, 1))],
    )
    assert len(reigns(back)) == 4
    assert leader_changes(back) == 2


def test_simultaneous_leaders_are_named_for_as_long_as_they_are_the_same(play):
    """Two, then three, then another two."""
    trace = play(
        (1.0, 2, "become", "leader"),
        (2.0, 1, "become", "leader"),
        (4.0, 3, "become", "leader"),
        (5.0, 2, "become", "follower"),
        (7.0, 1, "become", "follower"),
    )
    assert rows(simultaneous_leaders(trace)) == [
        (2, 4, 2, (1, 2)),
        (4, 5, 1, (1, 2, 3)),
        (5, 7, 2, (1, 3)),
    ]
    assert rows(simultaneous_leaders(trace, after=3.0, until=4.5)) == [
        (3, 4, 1, (1, 2)),
        (4, 4.5, 0.5, (1, 2, 3)),
    ]
    assert simultaneous_leaders(trace, after=7.0).empty


def test_leaders_that_take_over_in_one_instant_are_never_two(play):
    """A reign's last instant is not part of it."""
    trace = play((1.0, 1, "become", "leader"), (3.0, 2, "become", "leader"), (3.0, 1, "become", "follower"))
    assert simultaneous_leaders(trace).empty


def test_simultaneous_leaders_within_a_term(play):
    """An old leader in an old term is no contradiction; two in one term are."""
    trace = play(
        (0.0, 3, "become", "follower"),
        (1.0, 1, "become", "leader", {"term": 1}),
        (2.0, 2, "become", "leader", {"term": 2}),
        (4.0, 3, "become", "leader", {"term": 2}),
        (5.0, 1, "become", "leader", {"term": 3}),
    )
    assert rows(simultaneous_leaders(trace, within="term")) == [(2, 4, 10, 6, (2, 3))]
    assert len(simultaneous_leaders(trace)) == 2
    with pytest.raises(
        ValueError, match="within must be a fact of the roles, which are: 'term'; got 'epoch'"
    ):
        simultaneous_leaders(trace, within="epoch")


def test_outlines_are_enough(play):
    """Leadership is seen in the roles alone."""
    script = [(1.0, 1, "become", "leader"), (5.0, 2, "become", "leader")]
    full, outline = play(*script), play(*script, trace="outline")
    assert rows(reigns(full)) == rows(reigns(outline))
    assert leaderless_time(full) == leaderless_time(outline) == 1.0


def test_a_window_outside_the_run_is_refused(history):
    """The error names the argument, the value and the run's end."""
    with pytest.raises(ValueError, match="after must be a time within the run, from 0 to 10 seconds; got 12"):
        time_to_leader(history, after=12)
    with pytest.raises(
        ValueError, match="until must be a time from after=5 to the end of the run, 10 seconds"
    ):
        leaderless_time(history, after=5, until=4)


class Fickle(Node):
    def on_start(self):
        for time, role in self.plan:
            self.after(time, self.become, role)

    def __init__(self, plan=()):
        self.plan = plan


plans = st.lists(
    st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from(["leader", "follower"])),
        max_size=6,
        unique_by=lambda s: s[0],
    ),
    min_size=1,
    max_size=4,
)


@given(plans, st.integers(0, 20), st.integers(0, 20))
def test_all_functions_agree_with_looking_at_each_instant(plan, one, other):
    """Between whole seconds nothing changes, so looking in the middle of each second tells everything."""
    after, until = sorted((one, other))
    nodes = {name: Fickle(tuple(sorted(steps))) for name, steps in enumerate(plan, start=1)}
    trace = Simulation(nodes).run(until=20.0)

    def leads(name, time):
        past = [role for at, role in sorted(plan[name - 1]) if at <= time]
        return bool(past) and past[-1] == "leader"

    seconds = {k: tuple(name for name in nodes if leads(name, k + 0.5)) for k in range(20)}
    assert all(leaders_at(trace, k + 0.5) == seconds[k] for k in seconds)
    window = {k: who for k, who in seconds.items() if after <= k < until}
    assert leaderless_time(trace, after, until) == sum(not who for who in window.values())
    crowds = simultaneous_leaders(trace, after, until)
    assert crowds["seconds"].sum() == sum(len(who) >= 2 for who in window.values())
    first = [k for k in seconds if k >= after and seconds[k]]
    if after < 20:
        expected = first[0] - after if first else (20 - after if leaders_at(trace, 20.0) else math.nan)
        assert time_to_leader(trace, after) == pytest.approx(expected, nan_ok=True)
