import math
from itertools import pairwise

import pytest

from distlab.metrics import availability, quorum_availability
from distlab.reliability import breakdowns
from distlab.reliability.scenarios import members
from distlab.sim import Node, Simulation, cluster


def test_the_same_arguments_give_the_same_schedule():
    """And another seed gives another."""
    first, second, other = (breakdowns([1, 2], 9.0, 1.0, 100.0, seed) for seed in (1, 1, 2))
    assert first == second != other


def test_a_node_more_leaves_the_outages_of_the_others_as_they_are():
    """One stream of random numbers per node."""
    few, many = breakdowns([1, 2], 9.0, 1.0, 500.0), breakdowns([1, 2, 3], 9.0, 1.0, 500.0)
    assert [outage for outage in many if outage.node != 3] == few


def test_outages_of_a_node_do_not_overlap_and_are_in_order():
    """The next failure comes after the repair."""
    schedule = breakdowns([1], mtbf=1.0, mttr=1.0, until=2_000.0)
    assert len(schedule) > 900
    assert all(one.until < other.at for one, other in pairwise(schedule))
    assert schedule[-1].at < 2_000.0


def test_machines_begin_in_balance():
    """Of 2,000 machines the share that is down at the start is MTTR / (MTBF + MTTR), within three errors."""
    schedule = breakdowns(range(2_000), mtbf=3.0, mttr=1.0, until=0.5)
    down = sum(outage.at == 0.0 for outage in schedule) / 2_000
    assert abs(down - 0.25) <= 3 * math.sqrt(0.25 * 0.75 / 2_000)


def test_machines_that_fail_together_are_worth_one():
    """A majority is up exactly as often as each of them."""
    trace = members(5, seconds=500.0, together=True)
    assert quorum_availability(trace) == pytest.approx(availability(trace, 1))
    assert availability(trace, 1) < 1


def test_a_schedule_runs():
    """Every outage happens to the node that it names."""
    schedule = breakdowns([2], mtbf=5.0, mttr=1.0, until=60.0)
    trace = Simulation(cluster(Node, 2), faults=schedule).run(until=60.0)
    assert [(node, start) for node, start, _ in trace.crashes] == [(2, outage.at) for outage in schedule]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (([1], 0.0, 1.0, 9.0), "mtbf must be more than 0 seconds; got 0.0"),
        (([1], 1.0, -1.0, 9.0), "mttr must be more than 0 seconds; got -1.0"),
        (([1], 1.0, 1.0, math.inf), "until must be more than 0 seconds; got inf"),
        (([1], 1.0, "soon", 9.0), "mttr must be more than 0 seconds; got 'soon'"),
        (([], 1.0, 1.0, 9.0), "nodes must name at least one node; got none"),
    ],
)
def test_wrong_arguments_are_named(arguments, says):
    """Each gets one sentence with the argument and the value."""
    with pytest.raises(ValueError, match=says):
        breakdowns(*arguments)
