"""Simulated queues against their closed forms, in two steps that leave no room for luck.

First, a run waits exactly as the recursion of Kiefer and Wolfowitz says for the same arrivals and services.
Second, the recursion over millions of jobs is within the published tolerance of the closed form. (A queue at
90 % of its capacity remembers for hundreds of jobs: a single run would need millions of them as well.)
"""

import numpy as np
import pytest

from distlab.metrics import (
    littles_law,
    md1,
    mg1,
    mm1,
    mm1_percentile,
    mmc,
    percentiles,
    response_times,
    throughput,
    turnaround_times,
    utilisation,
    waiting_times,
)
from distlab.reliability import Client, NowAndThen, Server, line_waits, long_run
from distlab.reliability.scenarios import one_server
from distlab.sim import Constant, Exponential, Network, Poisson, Simulation, Uniform

LAWS = {
    "exponential": Exponential(1.0),
    "constant": Constant(1.0),
    "uniform": Uniform(0.0, 2.0),
    "two points": NowAndThen(Constant(0.5), Constant(5.5), share=0.1),
}
SECOND_MOMENTS = {
    "exponential": 2.0,
    "constant": 1.0,
    "uniform": 4.0 / 3.0,
    "two points": 0.9 * 0.25 + 0.1 * 30.25,
}
JOBS = 10_000_000


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
    nodes = {"client": Client(), "server": Server(LAWS[law], servers)}
    calls = [Poisson(rate, "ask", until=3_000.0 / rate, nodes=["client"])]
    trace = Simulation(nodes, Network(latency=0.0), workload=calls).run()
    works = trace.works
    arrived = works["arrived"].to_numpy()
    services = (works["ended"] - works["started"]).to_numpy()
    gaps = np.diff(arrived, prepend=0.0)
    expected = line_waits(gaps, services, servers)
    measured = waiting_times(trace).to_numpy()
    assert len(measured) > 2_700
    np.testing.assert_allclose(measured, expected, atol=1e-8)
    np.testing.assert_allclose(turnaround_times(trace).to_numpy(), expected + services, atol=1e-8)


@pytest.mark.parametrize("rho", [0.5, 0.8, 0.9])
def test_lb2_mean_and_99th_percentile_of_m_m_1(rho):
    """The mean response is 1 / (1 - rho) and the 99th percentile 4.605 times as much, within 3 % (LB-2)."""
    responses = long_run(Exponential(1 / rho), Exponential(1.0), jobs=JOBS).responses
    assert responses.mean() == pytest.approx(mm1(rho).response_time, rel=0.03)
    assert percentiles(responses, (99,))["p99"] == pytest.approx(4.605 / (1 - rho), rel=0.03)


@pytest.mark.parametrize(("load", "servers"), [(8.0, 10), (9.0, 10), (1.6, 2)])
def test_lb3_waiting_in_m_m_c(load, servers):
    """The share of jobs that wait, and how long, within 3 % of Erlang's C (LB-3)."""
    waits = long_run(Exponential(1 / load), Exponential(1.0), servers, jobs=JOBS).waits
    assert (waits > 0).mean() == pytest.approx(mmc(load, servers).waiting_probability, rel=0.03)
    assert waits.mean() == pytest.approx(mmc(load, servers).waiting_time, rel=0.03)


@pytest.mark.parametrize("law", ["constant", "uniform", "two points"])
def test_lb4_waiting_in_m_g_1(law):
    """Pollaczek and Khinchine within 3 % for three laws with the same mean (LB-4)."""
    expected = mg1(0.8, 1.0, SECOND_MOMENTS[law]).waiting_time
    waits = long_run(Exponential(1 / 0.8), LAWS[law], jobs=JOBS).waits
    assert waits.mean() == pytest.approx(expected, rel=0.03)
    if law == "constant":
        assert expected == pytest.approx(md1(0.8).waiting_time)


def test_a_run_of_m_m_1_from_end_to_end():
    """At half load 60,000 jobs are enough to measure means and the median; a tail would need many more."""
    trace = one_server(0.5, Exponential(1.0), seconds=120_000.0)
    responses = response_times(trace)
    assert responses.mean() == pytest.approx(2.0, rel=0.03)
    assert percentiles(responses)["p50"] == pytest.approx(mm1_percentile(50, 0.5), rel=0.03)
    assert throughput(trace, of="works") == pytest.approx(0.5, rel=0.03)
    assert utilisation(trace, "server") == pytest.approx(0.5, rel=0.03)
    law = littles_law(trace)
    assert law.jobs_inside == pytest.approx(mm1(0.5).jobs_inside, rel=0.03)
    assert law.deviation == pytest.approx(0.0, abs=1e-9)
