import numpy as np
import pytest

from distlab.metrics import ggc, mg1
from distlab.reliability import LongRun, NowAndThen, line_waits, long_run
from distlab.reliability.waiting_lines import draw_many
from distlab.sim import Constant, Empirical, Exponential, LogNormal, Shifted, Uniform


def by_hand(gaps, services, servers):
    """The waits, by following each server."""
    time, free, waits = 0.0, [0.0] * servers, []
    for gap, service in zip(gaps, services, strict=True):
        time += gap
        start = max(time, min(free))
        free[free.index(min(free))] = start + service
        waits.append(start - time)
    return waits


@pytest.mark.parametrize("servers", [1, 2, 3, 7])
def test_the_recursion_is_what_following_each_server_gives(servers):
    """For 500 jobs that keep the servers busy, and the same for many lines side by side."""
    rng = np.random.default_rng(servers)
    gaps, services = rng.exponential(1.0, (500, 3)), rng.exponential(0.9 * servers, (500, 3))
    together = line_waits(gaps, services, servers)
    for line in range(3):
        alone = line_waits(gaps[:, line], services[:, line], servers)
        np.testing.assert_allclose(alone, by_hand(gaps[:, line], services[:, line], servers), atol=1e-9)
        np.testing.assert_allclose(together[:, line], alone, atol=1e-9)


def test_a_line_with_gaps_larger_than_services_never_waits():
    """Nobody waits for a server that is idle."""
    assert line_waits([1.0] * 5, [0.9] * 5).tolist() == [0.0] * 5


def test_the_same_arguments_give_the_same_times():
    """And another seed gives others."""
    first, second, other = (long_run(Exponential(2.0), Exponential(1.0), 2, 1000, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.waits, second.waits)
    assert not np.array_equal(first.waits[:1000], other.waits[:1000])


@pytest.mark.parametrize("servers", [1, 3])
def test_at_least_as_many_jobs_as_were_asked_for(servers):
    """Each with a wait and a service."""
    run = long_run(Exponential(1.0), Constant(0.5), servers, jobs=12_345)
    assert len(run.waits) == len(run.services) >= 12_345


def test_figures_of_two_jobs():
    """Waits of 0 and 1 s, services of 2 s: half of the jobs wait, the mean response is 2.5 s."""
    figures = LongRun(np.array([0.0, 1.0]), np.array([2.0, 2.0])).figures()
    assert figures == pytest.approx({"wait": 0.5, "waits": 0.5, "response": 2.5, "p50": 2.5, "p99": 2.99})


def test_a_heavy_tail_waits_as_pollaczek_and_khinchine_say():
    """A law with five times the second moment of a constant waits five times as long (3 %)."""
    law = LogNormal(1 / 5**0.5, sigma=np.sqrt(np.log(5.0)))
    waits = long_run(Exponential(2.0), law, jobs=10_000_000).waits
    assert waits.mean() == pytest.approx(mg1(0.5, 1.0, 5.0).waiting_time, rel=0.03)


def test_the_approximation_of_allen_and_cunneen_is_best_for_busy_servers():
    """Regular arrivals at four servers: a fifth too long at 80 % load at most, a tenth at 95 %."""
    for load, room in ((0.8, 0.20), (0.95, 0.10)):
        waits = long_run(Uniform(0.0, 2 / (4 * load)), Exponential(1.0), 4, jobs=4_000_000).waits
        formula = ggc(4 * load, 4, 1.0, arrival_variation=1 / 3, service_variation=1.0).waiting_time
        assert waits.mean() < formula < waits.mean() * (1 + room)


LAWS = [
    Constant(0.5),
    Uniform(0.2, 0.6),
    Exponential(0.4),
    LogNormal(0.3, 0.5),
    Shifted(0.2, Exponential(0.1)),
    NowAndThen(Constant(0.1), Exponential(2.0), share=0.2),
]


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_many_draws_follow_the_law(law):
    """The mean of 200,000 draws is that of the law within four standard errors."""
    draws = draw_many(law, np.random.default_rng(1), (200_000,))
    assert draws.mean() == pytest.approx(law.mean, abs=4 * draws.std() / np.sqrt(len(draws)) + 1e-12)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((Exponential(1.0), Exponential(1.0)), "1 servers at 1 s a job cannot keep up with a job every 1 s"),
        ((Exponential(1.0), Constant(0.5), 0), "servers must be a whole number of 1 or more; got 0"),
        ((Exponential(1.0), Constant(0.5), True), "servers must be a whole number of 1 or more; got True"),
        ((Exponential(1.0), Constant(0.5), 1, 0), "jobs must be a whole number of 1 or more; got 0"),
        ((Exponential(1.0), Empirical((0.5,))), "a law must be Constant, .* got Empirical"),
    ],
)
def test_wrong_arguments_are_named(arguments, says):
    """Each gets one sentence with the argument and the value."""
    with pytest.raises(ValueError, match=says):
        long_run(*arguments)


def test_gaps_and_services_must_match():
    """One number of each per job."""
    with pytest.raises(ValueError, match=r"gaps and services must have one shape; got \(2,\) and \(3,\)"):
        line_waits([1.0, 1.0], [1.0, 1.0, 1.0])
