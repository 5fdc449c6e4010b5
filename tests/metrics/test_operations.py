import math

import pytest

from distlab.metrics import percentiles, request_availability, response_times, throughput
from distlab.sim import Crash, SimulationError


@pytest.fixture
def requests(play):
    """Ok after 1, 2 and 0 s; failed after 1 s; unknown after 1 s; open at the end since 9 s."""
    return play(
        (1.0, 1, "operate", "read", 1.0),
        (2.0, 1, "operate", "write", 2.0),
        (3.0, 2, "operate", "read", 0.0),
        (4.0, 2, "operate", "write", 1.0, "fail"),
        (5.0, 3, "operate", "read", 1.0, "unknown"),
        (9.0, 3, "operate", "read", None),
    )


def test_throughput_counts_what_returned_ok(requests):
    """Three operations in ten seconds; two of them reads."""
    assert throughput(requests) == pytest.approx(0.3)
    assert throughput(requests, operation="read") == pytest.approx(0.2)
    assert throughput(requests, after=2.0, until=3.0) == 2.0
    assert throughput(requests, operation="delete") == 0.0


def test_throughput_of_work_and_of_records(play):
    """Two pieces of work are done in time; two of the three records have the name."""
    trace = play(
        (1.0, 1, "labour", 2.0),
        (1.0, 1, "labour", 3.0),
        (9.0, 1, "labour", 3.0),
        (2.0, 1, "record", "entered"),
        (3.0, 2, "record", "entered"),
        (3.0, 2, "record", "left"),
    )
    assert throughput(trace, of="works") == pytest.approx(0.2)
    assert throughput(trace, of="records", event="entered") == pytest.approx(0.2)


def test_response_times_are_those_of_operations_that_succeeded(requests):
    """An operation that failed fast would make the system look fast."""
    assert response_times(requests).tolist() == [1.0, 2.0, 0.0]
    assert response_times(requests, "read").tolist() == [1.0, 0.0]
    assert response_times(requests, after=2.0, until=2.5).tolist() == [2.0]
    assert percentiles(response_times(requests)).to_dict() == pytest.approx(
        {"p50": 1.0, "p95": 1.9, "p99": 1.98}
    )


def test_requests_served_among_those_that_ended(requests):
    """Three of five; the one that is open at the end says nothing yet."""
    assert request_availability(requests) == 0.6
    assert request_availability(requests, "write") == 0.5


def test_a_deadline_fails_what_is_late_and_what_is_open_for_too_long(requests):
    """With 1.5 s the write of 2 s is late; with 0.5 s the open read is late as well."""
    assert request_availability(requests, deadline=1.5) == 0.4
    assert request_availability(requests, deadline=0.5) == pytest.approx(1 / 6)


def test_a_request_whose_client_crashed_is_open(play):
    """Nobody knows, unless a deadline has passed."""
    trace = play((1.0, 1, "operate", "read", 2.0), faults=[Crash(1, at=2.0)])
    assert math.isnan(request_availability(trace))
    assert request_availability(trace, deadline=5.0) == 0.0


def test_nothing_to_measure_is_nan_or_empty(play):
    """No request: no response time and no share; and nothing is done per second."""
    trace = play()
    assert throughput(trace) == 0.0
    assert response_times(trace).empty
    assert response_times(trace).dtype == "float64"
    assert math.isnan(request_availability(trace))
    assert math.isnan(throughput(trace, after=4.0, until=4.0))


def test_outlines_are_enough_except_for_work(requests, play):
    """Operations are in every trace."""
    trace = play((1.0, 1, "operate", "read", 1.0), trace="outline")
    assert throughput(trace) == 0.1
    with pytest.raises(SimulationError, match=r'throughput\(of="works"\) needs a full trace'):
        throughput(trace, of="works")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"of": "bytes"}, 'of must be "operations", "works" or "records"; got \'bytes\''),
        ({"of": "records"}, 'of="records" needs event='),
        ({"event": "entered"}, 'of="records" needs event='),
        ({"of": "works", "operation": "read"}, "operation goes with of=\"operations\"; got of='works'"),
    ],
)
def test_wrong_arguments_are_named(requests, arguments, says):
    """Each gets one sentence with the argument and the value."""
    with pytest.raises(ValueError, match=says):
        throughput(requests, **arguments)
