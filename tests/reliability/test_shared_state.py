import pytest

from distlab.metrics import (
    amdahl,
    efficiency,
    message_counts,
    scalability_peak,
    throughput,
    universal_scalability,
    utilisation,
)
from distlab.reliability import share_state


@pytest.mark.parametrize("n", [1, 2, 3, 10, 40])
@pytest.mark.parametrize(("contention", "coherency"), [(0.0, 0.0), (0.05, 0.001), (0.3, 0.02), (0.0, 0.1)])
def test_the_throughput_is_gunthers(n, contention, coherency):
    """Jobs per second of a run are n / (1 + alpha (n - 1) + beta n (n - 1)), exactly."""
    trace = share_state(n, contention, coherency)
    expected = universal_scalability(n, contention, coherency)
    assert throughput(trace, of="records", event="job") == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n", [1, 8, 64])
def test_without_coherency_it_is_amdahls(n):
    """The part that is done by one machine at a time is the serial part."""
    trace = share_state(n, contention=0.05, coherency=0.0)
    assert throughput(trace, of="records", event="job") == pytest.approx(amdahl(n, parallel=0.95), rel=1e-9)


def test_beyond_the_peak_more_machines_do_less():
    """With alpha = 0.1 and beta = 0.025 the peak is at 6 machines."""
    jobs = {n: throughput(share_state(n, 0.1, 0.025), of="records", event="job") for n in range(1, 13)}
    assert max(jobs, key=jobs.get) == 6 == scalability_peak(0.1, 0.025)
    assert jobs[12] < jobs[6]


def test_the_machines_are_busy_as_long_as_they_are_efficient():
    """The share of time in which a machine works is the speed-up per machine."""
    trace = share_state(8, 0.05, 0.001)
    done = throughput(trace, of="records", event="job")
    assert utilisation(trace, list(range(1, 9))) == pytest.approx(efficiency(done, 8))


def test_each_job_tells_every_other_machine():
    """In each round n (n - 1) updates, all acknowledged, and n questions, turns and ends."""
    counts = message_counts(share_state(5, 0.1, 0.01, rounds=2)).set_index("type")["sent"].to_dict()
    expected = {"Round": 10, "MayI": 10, "YourTurn": 10, "Update": 40, "Updated": 40, "Done": 10}
    assert counts == expected


def test_one_machine_at_a_time_has_the_turn():
    """Between a turn and its end no other turn is given."""
    messages = share_state(6, 0.2, 0.01).messages
    steps = messages[messages["type"].isin(["YourTurn", "Done"])]["type"].tolist()
    assert steps == ["YourTurn", "Done"] * (len(steps) // 2)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((0, 0.1, 0.1), "n must be a whole number of 1 or more; got 0"),
        ((2, 0.1, 0.1, 0), "rounds must be a whole number of 1 or more; got 0"),
        ((2, 1.1, 0.1), "contention must be between 0 and 1; got 1.1"),
        ((2, 0.1, -0.1), "coherency must be 0 seconds or more; got -0.1"),
    ],
)
def test_wrong_arguments_are_named(arguments, says):
    """Each gets one sentence with the argument and the value."""
    with pytest.raises(ValueError, match=says):
        share_state(*arguments)
