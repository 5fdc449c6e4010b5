import math

import pytest

from distlab.metrics import availability, mtbf, mttr, quorum_availability, uptime
from distlab.sim import Crash, Pause, Recover


@pytest.fixture
def outages(play):
    """1 is down 2-3 and 9-10; 2 is down 4-8; 3 never."""
    return play(
        faults=[Crash(1, at=2.0), Recover(1, at=3.0), Crash(1, at=9.0), Crash(2, at=4.0), Recover(2, at=8.0)]
    )


def test_up_and_down_time_of_each_node(outages):
    """They add up to the run, and availability = MTBF / (MTBF + MTTR)."""
    table = uptime(outages)
    assert table.columns.tolist() == ["node", "up", "down", "crashes", "availability", "mtbf", "mttr"]
    assert table.iloc[:2].values.tolist() == [[1, 8, 2, 2, 0.8, 4, 1], [2, 6, 4, 1, 0.6, 6, 4]]
    assert table.iloc[2, :5].tolist() == [3, 10, 0, 0, 1]
    assert table.iloc[2, 5:].isna().all()
    failed = table.iloc[:2]
    assert (failed["mtbf"] / (failed["mtbf"] + failed["mttr"])).tolist() == pytest.approx(
        failed["availability"].tolist()
    )


def test_all_nodes_together_in_node_seconds(outages):
    """24 of 30 node-seconds up; three crashes."""
    assert availability(outages) == pytest.approx(24 / 30)
    assert availability(outages, node=[1, 2]) == pytest.approx(14 / 20)
    assert mtbf(outages) == 8.0
    assert mttr(outages) == 2.0
    assert mttr(outages, node=2) == 4.0


def test_a_window_cuts_outages_and_counts_the_crashes_in_it(outages):
    """From 2.5 to 9.5 s node 1 is down for 0.5 + 0.5 s and crashes once."""
    table = uptime(outages, node=1, after=2.5, until=9.5)
    assert table[["up", "down", "crashes"]].values.tolist() == [[6, 1, 1]]


def test_a_majority_is_up_unless_two_of_three_are_down(outages, play):
    """Never here; in the second run from 4 to 5 s and from 6 to 10 s."""
    assert quorum_availability(outages) == 1.0
    assert quorum_availability(outages, needed=3) == pytest.approx(0.4)
    assert quorum_availability(outages, node=[1, 2], needed=1) == 1.0
    trace = play(faults=[Crash(1, at=4.0), Crash(2, at=3.0), Recover(1, at=5.0), Crash(3, at=6.0)])
    assert quorum_availability(trace) == pytest.approx(0.5)
    assert quorum_availability(trace, after=5.0) == pytest.approx(0.2)


def test_a_paused_node_is_up(play):
    """It has lost nothing."""
    assert availability(play(faults=[Pause(1, at=1.0, duration=5.0)])) == 1.0


def test_without_a_crash_there_is_no_time_between_failures(play):
    """NaN, not infinity: nothing was measured."""
    trace = play(trace="outline")
    assert availability(trace) == 1.0
    assert math.isnan(mtbf(trace))
    assert math.isnan(mttr(trace))
    assert math.isnan(availability(trace, after=10.0))


def test_a_quorum_larger_than_the_group_is_refused(outages):
    """The error says how many there are."""
    for wrong in (0, 4, 1.5, True):
        with pytest.raises(
            ValueError, match="needed must be a whole number from 1 to the 3 nodes of the group; got"
        ):
            quorum_availability(outages, needed=wrong)
