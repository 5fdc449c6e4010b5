import pytest

from distlab.metrics import (
    availability,
    littles_law,
    request_availability,
    scalability_peak,
    throughput,
    utilisation,
)
from distlab.reliability.scenarios import members, one_server, rush_hour, searches, unknown_system
from distlab.sim import Constant


@pytest.mark.parametrize(("workers", "archive"), [(1, False), (1, True), (4, False)])
def test_the_load_is_a_share_of_the_capacity(workers, archive):
    """At 50 % the workers are busy half of the time."""
    trace = one_server(0.5, Constant(0.01), workers, seconds=200.0, archive=archive)
    assert utilisation(trace, "server") == pytest.approx(0.5, rel=0.05)


def test_no_load_is_an_idle_server():
    """Nothing is asked, and nothing is done."""
    trace = one_server(0.0, seconds=10.0)
    assert trace.operations.empty
    assert utilisation(trace, "server") == 0.0


def test_too_much_load_is_served_at_the_capacity():
    """Of 200 requests per second 100 are answered."""
    assert throughput(one_server(2.0, Constant(0.01), seconds=50.0)) == pytest.approx(100, rel=0.01)


def test_half_of_the_requests_are_writes_with_an_archive():
    """Reads and writes are equally many, up to chance."""
    kinds = one_server(0.5, seconds=100.0, archive=True).operations["operation"].value_counts()
    assert kinds["write"] / kinds.sum() == pytest.approx(0.5, abs=0.03)


def test_both_days_of_the_rush_hour_are_equally_available():
    """By time; by requests the rush hour is worse."""
    quiet, rush = rush_hour(30.0), rush_hour(90.0)
    assert availability(quiet, "server") == availability(rush, "server") == 0.95
    assert request_availability(rush) < request_availability(quiet) - 0.05


def test_searches_begin_when_the_one_before_has_ended():
    """Two seconds apart, and none takes as long."""
    table = searches(10, slow=0.5, requests=50).operations
    assert (table["returned"] - table["invoked"]).max() < 2.0
    assert table["invoked"].diff().dropna().tolist() == [2.0] * 49


@pytest.mark.parametrize(
    "trace",
    [
        one_server(0.9, seconds=30.0),
        one_server(1.3, seconds=30.0),
        rush_hour(90.0),
        searches(10, requests=50),
    ],
    ids=["90 %", "130 %", "rush hour", "searches"],
)
def test_lb5_littles_law_holds_on_every_run(trace):
    """L = lambda W, for requests that are answered, given up, or open at the end (LB-5: .5 %)."""
    law = littles_law(trace, "operations")
    assert law.jobs_inside > 0
    assert law.deviation == pytest.approx(0.0, abs=1e-9)


def test_members_do_nothing_but_fail():
    """No message, no work; outages only."""
    trace = members(3, seconds=100.0)
    assert trace.nodes == (1, 2, 3)
    assert trace.crashes


def test_the_unknown_system_has_its_peak_at_twenty_machines():
    """Two measurements give contention and coherency, and these the peak."""
    low, high = ((n / unknown_system(n) - 1) / (n - 1) for n in (8, 32))
    coherency = (high - low) / 24
    assert round(scalability_peak(low - 8 * coherency, coherency)) == 20
    assert max(range(1, 100), key=unknown_system) == 20


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: one_server(-0.1), "load must be 0 or more, as a share of the capacity; got -0.1"),
        (lambda: unknown_system(0), "n must be a number of machines, 1 or more; got 0"),
    ],
)
def test_wrong_arguments_are_named(call, says):
    """Each gets one sentence with the argument and the value."""
    with pytest.raises(ValueError, match=says):
        call()
