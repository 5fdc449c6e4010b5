"""Simulated queues against their closed forms, in two steps that leave no room for luck.

First, a run waits exactly as the recursion of Kiefer and Wolfowitz says for the same arrivals and services.
Second, the recursion over millions of jobs is within the published tolerance of the closed form. (A queue at
90 % of its capacity remembers for hundreds of jobs: a single run would need millions of them as well.)
"""

from itertools import islice

import numpy as np
import pytest

from distlab.metrics import (
    littles_law,
    md1,
    mg1,
    mm1,
    mmc,
    percentiles,
    throughput,
    turnaround_times,
    utilisation,
    waiting_times,
)
from distlab.sim import Node, Poisson, Simulation


class Server(Node):
    """Serves calls, with a law of service."""

    def __init__(self, law="exponential"):
        self.law = law

    def job(self):
        draw = self.rng.random()
        service = {
            "exponential": lambda: self.rng.expovariate(1.0),
            "constant": lambda: 1.0,
            "uniform": lambda: 2.0 * draw,
            "two points": lambda: 0.5 if draw < 0.9 else 5.5,
        }[self.law]()
        self.work(service, self.done)

    def done(self):
        pass


class TwoServers(Server):
    workers = 2


class TenServers(Server):
    workers = 10


SERVERS = {1: Server, 2: TwoServers, 10: TenServers}
LAWS = {
    "exponential": lambda rng, size: rng.exponential(1.0, size),
    "constant": lambda rng, size: np.ones(size),
    "uniform": lambda rng, size: rng.uniform(0.0, 2.0, size),
    "two points": lambda rng, size: np.where(rng.random(size) < 0.9, 0.5, 5.5),
}
SECOND_MOMENTS = {
    "exponential": 2.0,
    "constant": 1.0,
    "uniform": 4.0 / 3.0,
    "two points": 0.9 * 0.25 + 0.1 * 30.25,
}


def simulated(rate, servers, law, until, seed=1):
    """A run of one node with Poisson calls."""
    workload = [Poisson(rate, "job", until=until)]
    return Simulation({1: SERVERS[servers](law)}, workload=workload, seed=seed).run()


def recursion(gaps, services, servers):
    """The waiting time of each job in order of arrival (Kiefer and Wolfowitz, 1955), for many queues at once.

    Each of ``gaps`` and ``services`` is an array with one number per queue.
    """
    left = None  # the work that each server still has when a job arrives
    for gap, service in zip(gaps, services, strict=True):
        if left is None:
            every = np.arange(len(gap))
            left = np.zeros((servers, len(gap)))
        left = np.maximum(left - gap, 0.0)
        first = np.argmin(left, axis=0)
        waits = left[first, every]
        left[first, every] += service
        yield waits


def long_run(rate, servers, law):
    """Waiting times of ten million jobs: 2,000 queues, each after it has forgotten that it began empty."""
    queues, warm_up, jobs = 2_000, 2_000, 5_000
    rng = np.random.default_rng(1)
    total = range(warm_up + jobs)
    gaps = (rng.exponential(1.0 / rate, queues) for _ in total)
    services = (LAWS[law](rng, queues) for _ in total)
    return np.array(list(islice(recursion(gaps, services, servers), warm_up, None)))


@pytest.mark.parametrize(
    ("rate", "servers", "law"),
    [
        (0.5, 1, "exponential"),
        (0.9, 1, "exponential"),
        (8.0, 10, "exponential"),
        (9.0, 10, "exponential"),
        (1.6, 2, "exponential"),
        (0.8, 1, "constant"),
        (0.8, 1, "uniform"),
        (0.8, 1, "two points"),
    ],
)
def test_a_run_waits_as_the_recursion_says(rate, servers, law):
    """Every job of a run of some 3,000 waits as long as the recursion says for its arrival and service."""
    trace = simulated(rate, servers, law, until=3_000.0 / rate)
    works = trace.works
    arrived = works["arrived"].to_numpy()
    services = (works["ended"] - works["started"]).to_numpy()
    gaps = np.diff(arrived, prepend=0.0)
    expected = np.array(list(recursion(gaps[:, None], services[:, None], servers)))[:, 0]
    measured = waiting_times(trace).to_numpy()
    assert len(measured) > 2_700
    np.testing.assert_allclose(measured, expected, atol=1e-8)
    np.testing.assert_allclose(turnaround_times(trace).to_numpy(), expected + services, atol=1e-8)


@pytest.mark.parametrize("rho", [0.5, 0.8, 0.9])
def test_lb2_mean_and_99th_percentile_of_m_m_1(rho):
    """The mean response is 1 / (1 - rho) and the 99th percentile 4.605 times as much, within 3 % (LB-2)."""
    waits = long_run(rho, 1, "exponential")
    responses = waits + np.random.default_rng(2).exponential(1.0, waits.shape)
    assert responses.mean() == pytest.approx(mm1(rho).response_time, rel=0.03)
    assert percentiles(responses.ravel(), (99,))["p99"] == pytest.approx(4.605 / (1 - rho), rel=0.03)


@pytest.mark.parametrize(("load", "servers"), [(8.0, 10), (9.0, 10), (1.6, 2)])
def test_lb3_waiting_in_m_m_c(load, servers):
    """The share of jobs that wait, and how long, within 3 % of Erlang's C (LB-3)."""
    waits = long_run(load, servers, "exponential")
    assert (waits > 0).mean() == pytest.approx(mmc(load, servers).waiting_probability, rel=0.03)
    assert waits.mean() == pytest.approx(mmc(load, servers).waiting_time, rel=0.03)


@pytest.mark.parametrize("law", ["constant", "uniform", "two points"])
def test_lb4_waiting_in_m_g_1(law):
    """Pollaczek and Khinchine within 3 % for three laws with the same mean (LB-4)."""
    expected = mg1(0.8, 1.0, SECOND_MOMENTS[law]).waiting_time
    assert long_run(0.8, 1, law).mean() == pytest.approx(expected, rel=0.03)
    if law == "constant":
        assert expected == pytest.approx(md1(0.8).waiting_time)


def test_a_run_of_m_m_1_from_end_to_end():
    """At half load 60,000 jobs are enough to measure all that is known of the queue."""
    trace = simulated(0.5, 1, "exponential", until=120_000.0)
    responses = turnaround_times(trace)
    assert responses.mean() == pytest.approx(2.0, rel=0.03)
    assert percentiles(responses)["p99"] == pytest.approx(2.0 * 4.605, rel=0.03)
    assert throughput(trace, of="works") == pytest.approx(0.5, rel=0.03)
    assert utilisation(trace) == pytest.approx(0.5, rel=0.03)
    law = littles_law(trace)
    assert law.jobs_inside == pytest.approx(mm1(0.5).jobs_inside, rel=0.03)
    assert law.deviation == pytest.approx(0.0, abs=1e-9)
