import math

import pytest

from distlab.metrics import busy_time, turnaround_times, utilisation, waiting_times
from distlab.sim import Crash, Pause, Recover, SimulationError


@pytest.fixture
def shift(play):
    """Node 1, two workers: 4 s and 2 s at 1 s; 1 s at 2 s, which waits until 3 s. Node 2: 5 s at 8 s."""
    return play(
        (1.0, 1, "labour", 4.0),
        (1.0, 1, "labour", 2.0),
        (2.0, 1, "labour", 1.0),
        (8.0, 2, "labour", 5.0),
    )


def test_waiting_is_from_arrival_to_start(shift):
    """The third piece waits 1 s for a worker; the fourth is not done and not counted."""
    assert waiting_times(shift).tolist() == [0.0, 0.0, 1.0]
    assert waiting_times(shift, after=1.5).tolist() == [1.0]


def test_turnaround_is_waiting_and_service(shift):
    """4, 2, and 1 + 1 seconds."""
    assert turnaround_times(shift).tolist() == [4.0, 2.0, 2.0]
    assert turnaround_times(shift, node=2).empty


def test_turnaround_of_a_job_that_passes_many_nodes(play):
    """From the first submission to the last end; a job that never ends is left out."""
    trace = play(
        (1.0, 1, "record", "submitted", {"job": "a"}),
        (2.0, 1, "record", "submitted", {"job": "b"}),
        (2.0, 2, "record", "submitted", {"job": "a"}),
        (3.0, 2, "record", "finished", {"job": "a"}),
        (4.5, 3, "record", "finished", {"job": "a"}),
        (5.0, 3, "record", "checked", {"job": "b"}),
    )
    ends = {"begin": "submitted", "end": "finished"}
    assert turnaround_times(trace, **ends).to_dict() == {"a": 3.5}
    assert turnaround_times(trace, node=[1, 2], **ends).to_dict() == {"a": 2.0}
    assert turnaround_times(trace, after=1.5, **ends).empty
    assert turnaround_times(trace, begin="nothing", end="ever").empty
    with pytest.raises(ValueError, match="key must be a fact of the records, which are: 'job'; got 'id'"):
        turnaround_times(trace, key="id", **ends)
    with pytest.raises(ValueError, match="begin and end go together; got begin='submitted', end=None"):
        turnaround_times(trace, begin="submitted")


def test_busy_and_available_worker_seconds(shift):
    """Node 1 works 4 + 2 + 1 of 20 worker-seconds, node 2 works 2 of 20; node 3 has no work."""
    table = busy_time(shift)
    assert table.columns.tolist() == ["node", "workers", "busy", "available", "utilisation"]
    assert table.values.tolist() == [[1, 2, 7.0, 20.0, 0.35], [2, 2, 2.0, 20.0, 0.1]]
    assert utilisation(shift) == pytest.approx(9 / 40)
    assert utilisation(shift, node=1) == pytest.approx(0.35)
    assert utilisation(shift, node=[1], after=1.0, until=4.0) == 1.0


def test_a_crash_ends_what_is_running_and_takes_the_worker_away(play):
    """Work of 5 s that began at 1 s is busy until the crash at 3 s; what waited never begins."""
    trace = play(
        (1.0, 1, "labour", 5.0),
        (1.0, 1, "labour", 5.0),
        (2.0, 1, "labour", 5.0),
        (7.0, 1, "labour", 1.0),
        faults=[Crash(1, at=3.0), Recover(1, at=5.0), Crash(1, at=9.0)],
    )
    table = busy_time(trace)
    assert table[["busy", "available"]].values.tolist() == [[2 + 2 + 1, 2 * (3 + 4)]]
    assert turnaround_times(trace).tolist() == [1.0]


def test_a_paused_node_keeps_its_worker_and_is_never_more_than_busy(play):
    """Both workers are held by the pause; what piles up behind it does not count twice."""
    script = [(1.0, 1, "labour", 1.0)] * 6
    trace = play(*script, until=6.0, faults=[Pause(1, at=1.5, duration=4.0)])
    assert utilisation(trace, node=1) == pytest.approx((2 * 5) / 12)


def test_no_work_is_nan_unless_a_node_is_named(play):
    """Who is named was idle; without work and without a name nothing is measured."""
    trace = play()
    assert math.isnan(utilisation(trace))
    assert utilisation(trace, node=1) == 0.0
    assert busy_time(trace).empty
    assert busy_time(trace).dtypes.astype(str).tolist()[1:] == ["int64", "float64", "float64", "float64"]
    assert waiting_times(trace).empty


def test_errors_name_the_function_or_the_argument(shift, play):
    """An outline has no work; a node that does not exist is answered with those that do."""
    outline = play(trace="outline")
    for function in (waiting_times, turnaround_times, busy_time, utilisation):
        with pytest.raises(SimulationError, match=f"{function.__name__} needs a full trace"):
            function(outline)
    with pytest.raises(ValueError, match="there is no node 9; the nodes are: 1, 2, 3"):
        utilisation(shift, node=9)
    with pytest.raises(ValueError, match="node must name at least one node"):
        utilisation(shift, node=[])
