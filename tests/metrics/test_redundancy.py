"""Many machines in a run against the closed forms: majorities that are up, and the slowest of many leaves."""

import math
from statistics import fmean, stdev

import pytest

from distlab.metrics import (
    availability,
    fan_out_tail,
    majority_availability,
    mtbf,
    mttr,
    quorum_availability,
    response_times,
)
from distlab.reliability import breakdowns
from distlab.reliability.scenarios import searches
from distlab.sim import Node, Simulation, cluster


@pytest.mark.parametrize("n", [3, 5, 7])
def test_cap1_a_majority_is_up_as_often_as_the_binomial_says(n):
    """100 runs of members that are up 90 % of the time: the mean share within 3 standard errors (CAP-1)."""
    found, members = [], []
    for seed in range(100):
        faults = breakdowns(range(1, n + 1), mtbf=9.0, mttr=1.0, until=500.0, seed=seed)
        trace = Simulation(cluster(Node, n), faults=faults).run(until=500.0)
        found.append(quorum_availability(trace))
        members.append(availability(trace))
    for values, expected in ((found, majority_availability(n, 0.9)), (members, 0.9)):
        assert abs(fmean(values) - expected) <= 3 * stdev(values) / math.sqrt(len(values))


def test_mtbf_and_mttr_are_those_of_the_schedule():
    """Mean times of 9 s and 1 s over some 2,000 failures, within 3 standard errors."""
    faults = breakdowns(range(1, 11), mtbf=9.0, mttr=1.0, until=2_000.0, seed=1)
    trace = Simulation(cluster(Node, 10), faults=faults).run(until=2_000.0)
    crashes = len(faults)
    assert crashes > 1_800
    assert mtbf(trace) == pytest.approx(9.0, abs=3 * 9.0 / math.sqrt(crashes))
    assert mttr(trace) == pytest.approx(1.0, abs=3 * 1.0 / math.sqrt(crashes))


@pytest.mark.parametrize(("leaves", "slow", "requests"), [(100, 0.01, 1_000), (2_000, 0.0001, 150)])
def test_lb8_the_slowest_leaf_makes_the_request_slow(leaves, slow, requests):
    """The share of requests that take more than a second is within 3 standard errors (LB-8)."""
    trace = searches(leaves, slow, requests=requests, trace="outline")
    times = response_times(trace)
    expected = fan_out_tail(leaves, slow)
    assert len(times) == requests
    assert abs((times > 1.0).mean() - expected) <= 3 * math.sqrt(expected * (1 - expected) / requests)
