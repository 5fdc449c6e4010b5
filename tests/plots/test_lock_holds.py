"""The chart of holds shows waits, holds, leases that are over, two holders, and writes."""

import pytest

from distlab.coordination.lock import Hold
from distlab.coordination.lock.schedules import pause_past_the_lease
from distlab.plots import lock_holds

PAUSED = Hold(1, "stock", 0.0, 0.5, released=4.0, ended="expired", expires=2.0)
SECOND = Hold(2, "stock", 1.0, 2.0, released=3.0)


def parts(ax, gid):
    """(start, length) of the bars of one kind."""
    return [(round(bar.get_x(), 6), round(bar.get_width(), 6)) for bar in ax.patches if bar.get_gid() == gid]


def test_a_hold_is_cut_where_its_lease_ends():
    """What comes after the lease is drawn as a belief, and two beliefs at once are shaded."""
    ax = lock_holds([PAUSED, SECOND])
    assert parts(ax, "holds") == [(0.5, 1.5), (2.0, 1.0)]
    assert parts(ax, "lease over") == [(2.0, 2.0)]
    assert parts(ax, "waits") == [(0.0, 0.5), (1.0, 1.0)]
    assert parts(ax, "two holders") == [(2.0, 1.0)]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "waits",
        "holds the lock",
        "believes so, lease over",
        "two believe so",
    ]


def test_a_trace_shows_its_writes_with_their_tokens():
    """The write with 34 is accepted, and the one with 33 refused."""
    ax = lock_holds(pause_past_the_lease(fencing=True))
    assert [text.get_text() for text in ax.texts] == ["34", "33"]
    hollow = [line.get_markerfacecolor() == "white" for line in ax.lines if line.get_gid() == "write"]
    assert hollow == [False, True]
    assert ax.get_xlabel() == "time (s)"
    [pause] = [line for line in ax.collections if line.get_gid() == "pause"]
    assert pause.get_segments()[0][:, 0].tolist() == [0.1, 5.1]


def test_nobody_at_all_is_said():
    """Without holds the chart says so."""
    assert "nobody got the lock" in [text.get_text() for text in lock_holds([]).texts]


def test_a_window_that_is_empty_is_refused():
    """One sentence says what is wrong."""
    with pytest.raises(ValueError, match="end must be later than start=2"):
        lock_holds([PAUSED], start=2.0, end=1.0)


def test_a_crash_is_marked_and_legends_can_be_left_out():
    """A cross stands where the holder crashed."""
    ax = lock_holds([Hold(1, "stock", 0.0, 0.0, released=1.0, ended="crashed")], legend=False)
    assert [line.get_gid() for line in ax.lines] == ["crash"]
    assert ax.get_legend() is None


def test_holds_may_come_one_by_one() -> None:
    """What can be gone through only once has the same legend as a list."""
    texts = [
        [text.get_text() for text in lock_holds(source).get_legend().get_texts()]
        for source in ([SECOND], iter([SECOND]))
    ]
    assert texts[0] == texts[1]


def test_one_of_several_charts_explains_all() -> None:
    """Given the sources of several charts, the looks of all of them are named, and no others."""
    crashed = Hold(1, "stock", 0.0, 0.0, released=1.0, ended="crashed")
    ax = lock_holds([SECOND], legend=[[SECOND], [crashed]])
    entries = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "crash" in entries
    assert "stands still" not in entries
