import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distlab.metrics import (
    amdahl,
    downtime,
    efficiency,
    erlang_b,
    erlang_c,
    fan_out_tail,
    ggc,
    gustafson,
    k_of_n_availability,
    majority_availability,
    md1,
    mg1,
    mm1,
    mm1_percentile,
    mmc,
    nines,
    reliability,
    scalability_peak,
    speed_up,
    steady_availability,
    universal_scalability,
)

shares = st.floats(0.0, 1.0)


def birth_and_death(load, servers, states=4000):
    """The chances of 0, 1, 2, ... jobs in M/M/c, straight from the balance of its states."""
    steps = load / np.minimum(np.arange(1, states), servers)
    chances = np.concatenate(([1.0], np.exp(np.cumsum(np.log(steps)))))
    return chances / chances.sum()


def test_lb2_mean_response_of_m_m_1():
    """1 / (1 - rho), and the 99th percentile is ln 100 = 4.605 times the mean (LB-2)."""
    for rho, mean in ((0.5, 2.0), (0.8, 5.0), (0.9, 10.0)):
        assert mm1(rho).response_time == pytest.approx(mean)
        assert mm1_percentile(99, rho) / mean == pytest.approx(4.605, abs=5e-4)
    assert mm1(1.0, service_rate=2.0).response_time == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("load", "servers", "waits", "wait"),
    [(8, 10, 0.40918, 0.20459), (9, 10, 0.66873, 0.66873), (1.6, 2, 0.71111, 1.77778)],
)
def test_lb3_erlang_c_and_the_mean_wait(load, servers, waits, wait):
    """The published five decimal places (LB-3)."""
    queue = mmc(load, servers)
    assert round(queue.waiting_probability, 5) == waits
    assert round(queue.waiting_time, 5) == wait


@pytest.mark.parametrize(("load", "servers"), [(0.5, 1), (0.9, 1), (8, 10), (9, 10), (1.6, 2), (2.5, 4)])
def test_m_m_c_is_the_balance_of_its_states(load, servers):
    """Erlang's C and all means follow from the stationary chances of the chain."""
    chances = birth_and_death(load, servers)
    jobs = np.arange(len(chances))
    queue = mmc(load, servers)
    assert queue.waiting_probability == pytest.approx(chances[servers:].sum(), rel=1e-9)
    assert queue.jobs_inside == pytest.approx(chances @ jobs, rel=1e-9)
    assert queue.waiting_jobs == pytest.approx(chances @ np.maximum(jobs - servers, 0), rel=1e-9)
    assert queue.utilisation == pytest.approx(chances @ np.minimum(jobs, servers) / servers, rel=1e-9)


def test_erlang_b_is_the_balance_of_a_system_without_a_line():
    """(a^c / c!) / sum over k of a^k / k!."""
    for load, servers in ((1.0, 1), (5.0, 7), (20.0, 10)):
        terms = [load**k / math.factorial(k) for k in range(servers + 1)]
        assert erlang_b(load, servers) == pytest.approx(terms[-1] / math.fsum(terms))
    assert erlang_b(3.0, 0) == 1.0
    assert erlang_c(0.0, 3) == 0.0


def test_lb4_pollaczek_and_khinchine():
    """Constant service waits half as long as exponential service; uniform on (0, 2) two thirds (LB-4)."""
    exponential, uniform = mg1(0.8, 1.0, 2.0), mg1(0.8, 1.0, 4.0 / 3.0)
    assert exponential == pytest.approx(mm1(0.8))
    assert md1(0.8).waiting_time == pytest.approx(0.5 * exponential.waiting_time)
    assert uniform.waiting_time == pytest.approx(2.0 / 3.0 * exponential.waiting_time)
    assert md1(0.8, 0.5).waiting_time == pytest.approx(0.8 * 0.25 / (2 * 0.6))


@given(st.floats(0.01, 0.99), st.integers(1, 30), st.floats(0.1, 10.0))
def test_littles_law_holds_in_every_closed_form(rho, servers, rate):
    """L = lambda W and Lq = lambda Wq, and response is waiting and service."""
    arrivals = rho * servers * rate
    for queue in (
        mmc(arrivals, servers, rate),
        ggc(arrivals, servers, 1 / rate, arrival_variation=0.5, service_variation=2.0),
    ):
        assert queue.jobs_inside == pytest.approx(arrivals * queue.response_time)
        assert queue.waiting_jobs == pytest.approx(arrivals * queue.waiting_time)
        assert queue.response_time == pytest.approx(queue.waiting_time + 1 / rate)
        assert queue.utilisation == pytest.approx(rho)


def test_the_approximation_is_exact_where_it_should_be():
    """For M/M/c, M/G/1 and D/D/c."""
    assert ggc(8, 10, arrival_variation=1, service_variation=1) == pytest.approx(mmc(8, 10))
    assert ggc(0.7, 1, arrival_variation=1, service_variation=1 / 3) == pytest.approx(mg1(0.7, 1, 4 / 3))
    assert ggc(10, 10, arrival_variation=0, service_variation=0).waiting_time == 0.0


def test_a_queue_that_cannot_keep_up_grows_without_bound():
    """At rho = 1 and above everybody waits, for ever."""
    for queue in (mm1(1.0), mmc(12, 10), md1(2.0), mg1(1.0, 1.0, 3.0)):
        assert queue.waiting_probability == queue.utilisation == 1.0
        assert queue.waiting_time == queue.response_time == queue.jobs_inside == math.inf
    assert mm1_percentile(99, 1.0) == math.inf
    assert ggc(11, 10, arrival_variation=0, service_variation=0).waiting_time == math.inf


def test_an_idle_queue_keeps_nobody_waiting():
    """Without arrivals a job would only be served."""
    assert mm1(0.0) == (0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    assert mm1_percentile(0, 0.5) == 0.0
    assert mm1_percentile(100, 0.5) == math.inf


def test_dt8_amdahl_and_gustafson():
    """With p = .95: 6.897 and 9.55 on 10 machines, 16.807 and 95.05 on 100 (DT-8)."""
    assert [round(amdahl(n, 0.95), 3) for n in (10, 100)] == [6.897, 16.807]
    assert [round(gustafson(n, 0.95), 9) for n in (10, 100)] == [9.55, 95.05]


@given(st.integers(1, 10_000), shares)
def test_amdahl_lies_below_its_limit_and_below_gustafson(n, parallel):
    """1 <= Amdahl <= min(n, 1 / (1 - p)), and Amdahl <= Gustafson <= n."""
    fixed, grown = amdahl(n, parallel), gustafson(n, parallel)
    assert 1 - 1e-12 <= fixed <= n * (1 + 1e-12)
    assert fixed * (1 - parallel) <= 1 + 1e-12
    assert fixed <= grown * (1 + 1e-12) <= n * (1 + 1e-9)


def test_universal_scalability_has_amdahl_inside_and_turns_back():
    """Without coherency it is Amdahl's law; with it, capacity falls beyond the peak."""
    machines = np.arange(1.0, 200.0)
    assert universal_scalability(machines, 0.05, 0.0) == pytest.approx(amdahl(machines, 0.95))
    peak = scalability_peak(0.05, 0.001)
    assert peak == pytest.approx(math.sqrt(950))
    capacity = universal_scalability(machines, 0.05, 0.001)
    assert machines[np.argmax(capacity)] == round(peak)
    assert capacity[-1] < capacity[30]
    assert scalability_peak(0.05, 0.0) == math.inf
    assert scalability_peak(1.0, 0.0) == scalability_peak(0.5, 2.0) == 1.0


def test_speed_up_and_efficiency_by_time_and_by_throughput():
    """Both say the same if the same job is measured."""
    assert speed_up(12.0, 3.0) == speed_up(10.0, 40.0, by="throughput") == 4.0
    assert speed_up(np.array([8.0, 8.0]), np.array([4.0, 2.0])).tolist() == [2.0, 4.0]
    assert efficiency(4.0, 8) == 0.5


def test_lb8_the_tail_at_scale():
    """One slow answer in 100 makes 63.4 % of requests to 100 leaves slow; one in 10,000, 18.1 % to 2,000."""
    assert round(100 * fan_out_tail(100, 0.01), 1) == 63.4
    assert round(100 * fan_out_tail(2000, 0.0001), 1) == 18.1
    assert fan_out_tail(0, 0.5) == 0.0
    assert (fan_out_tail(3, 1), fan_out_tail(0, 1), fan_out_tail(5, 0)) == (1.0, 0.0, 0.0)


def test_cap1_majorities():
    """.972, .99144 and .997272 for 3, 5 and 7 members that are up with .9 (CAP-1)."""
    found = [round(majority_availability(n, 0.9), 9) for n in (3, 5, 7)]
    assert found == [0.972, 0.99144, 0.997272]


@given(st.integers(1, 40), shares)
def test_k_of_n_falls_with_k_and_has_chains_and_spares_at_its_ends(n, up):
    """All of n: p^n. One of n: 1 - (1 - p)^n. None: 1."""
    chances = [k_of_n_availability(n, needed, up) for needed in range(n + 1)]
    assert chances[0] == pytest.approx(1.0)
    assert chances[1] == pytest.approx(1 - (1 - up) ** n)
    assert chances[n] == pytest.approx(up**n)
    assert all(more >= fewer - 1e-12 for more, fewer in pairwise(chances))


@given(st.integers(1, 20), st.floats(0.5, 1.0))
def test_one_more_than_an_odd_number_adds_nothing(f, up):
    """2f + 2 members are available no more often than 2f + 1, for they need a larger majority."""
    assert majority_availability(2 * f + 2, up) <= majority_availability(2 * f + 1, up) + 1e-12


def test_nines_and_downtime():
    """Three nines are nearly nine hours in a year."""
    assert [nines(1 - 10.0**-k) for k in (1, 3, 5)] == [1.0, 3.0, 5.0]
    assert (nines(0.0), nines(1.0)) == (0.0, math.inf)
    assert downtime(0.999) == pytest.approx(8.766 * 3600)
    assert downtime(0.99, period=100.0) == pytest.approx(1.0)


def test_availability_and_reliability_are_two_things():
    """A machine that fails each second and is back at once is up, and cannot be relied on for a minute."""
    assert steady_availability(1.0, 0.0) == 1.0
    assert reliability(60.0, mtbf=1.0) < 1e-25
    assert steady_availability(math.inf, 5.0) == 1.0
    assert reliability(0.0, mtbf=1.0) == 1.0


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: mm1(-1), "arrival_rate must be a number of 0 or more; got -1"),
        (lambda: mm1(1, 0), "service_rate must be a number of more than 0; got 0"),
        (lambda: mmc(1, 1.5), "servers must be a whole number of 1 or more; got 1.5"),
        (lambda: mmc(1, 0), "servers must be a whole number of 1 or more; got 0"),
        (lambda: erlang_b(math.nan, 1), "load must be a number of 0 or more; got nan"),
        (lambda: mg1(0.5, 1.0, 0.9), "second_moment must be at least the square of the mean, 1; got 0.9"),
        (lambda: mm1_percentile(101, 0.5), "percent must be a number between 0 and 100; got 101"),
        (lambda: amdahl(0, 0.5), "n must be 1 or more; got 0"),
        (lambda: amdahl(4, 95), "parallel must be a number between 0 and 1; got 95"),
        (lambda: universal_scalability(4, -1, 0), "contention must be a number of 0 or more; got -1"),
        (lambda: speed_up(1.0, 0.0), "together must be more than 0; got 0.0"),
        (lambda: speed_up(1.0, 1.0, by="size"), 'by must be "time" or "throughput"; got \'size\''),
        (lambda: majority_availability(0, 0.9), "n must be a whole number of 1 or more; got 0"),
        (lambda: k_of_n_availability(3, 4, 0.9), "needed must be at most n=3; got 4"),
        (lambda: nines(99.9), "availability must be a number between 0 and 1; got 99.9"),
        (lambda: fan_out_tail(10, "1%"), "slow must be a number between 0 and 1; got '1%'"),
        (lambda: steady_availability(0, 0), "mtbf must be a number of more than 0; got 0"),
        (lambda: reliability(1.0, True), "mtbf must be a number of more than 0; got True"),
    ],
)
def test_wrong_numbers_are_named(call, says):
    """Each gets one sentence with the argument, the value and what would be right."""
    with pytest.raises(ValueError, match=f"^{says}"):
        call()
