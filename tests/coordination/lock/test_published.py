"""The published rows MX-8 and LK-1 to LK-4, and the closed forms behind them."""

import pytest

from distlab import course
from distlab.coordination.lock import default_drift, is_held, servers_needed, validity
from distlab.coordination.lock.schedules import (
    clock_jump,
    herd,
    late_packet,
    measured_rows,
    notifications,
    pause_past_the_lease,
    redlock_attempt,
    restart,
    second_majority,
    update_lost,
    write_refused,
)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 10, 17, 30])
def test_wake_ups_of_a_herd_and_of_a_queue(n: int) -> None:
    """MX-8: n(n-1)/2 if all watch the lock, n-1 if each watches its predecessor; everybody gets it once."""
    both = herd(n, "lock"), herd(n, "predecessor")
    assert [notifications(trace) for trace in both] == [n * (n - 1) // 2, n - 1]
    assert [int((trace.records.event == "released").sum()) for trace in both] == [n, n]


@pytest.mark.parametrize("row", ["MX-8", "LK-1", "LK-2", "LK-3", "LK-4"])
def test_published_rows(row: str) -> None:
    """Every quantity that a schedule yields is that of data/published, exactly."""
    assert course.compare(row, measured_rows()[row])["within tolerance"].eq("yes").all()


def test_redlock_validity() -> None:
    """LK-1: the formulas, and the same from runs over links that take half of the elapsed time."""
    assert [validity(10, elapsed, 0.5) for elapsed in (2, 10)] == [7.5, -0.5]
    assert [servers_needed(n) for n in (1, 2, 3, 4, 5, 6, 7)] == [1, 2, 2, 3, 3, 4, 4]
    assert [is_held(3, 5, 7.5), is_held(2, 5, 7.5), is_held(3, 5, -0.5), is_held(3, 5, 0.0)] == [
        True,
        False,
        False,
        False,
    ]
    assert redlock_attempt(10.0, 1.0, 0.5) == (5, 7.5, True)
    assert redlock_attempt(10.0, 5.0, 0.5) == (5, -0.5, False)


@pytest.mark.parametrize(("up", "held"), [(5, True), (4, True), (3, True), (2, False), (1, False)])
def test_redlock_needs_a_majority(up: int, held: bool) -> None:
    """LK-1: three of five servers grant, or the client has nothing."""
    grants, _, got = redlock_attempt(10.0, 0.001, 0.5, up=up)
    assert (grants, got) == (up, held)


def test_redlock_drift() -> None:
    """What the client libraries allow for clocks: 1 % of ttl and 2 ms."""
    assert default_drift(10.0) == pytest.approx(0.102)


def test_a_clock_jump_breaks_redlock() -> None:
    """LK-2: both hold after the jump; a jump too short to end the key does nothing."""
    assert second_majority(clock_jump())
    assert not second_majority(clock_jump(by=5.0))
    assert not second_majority(clock_jump(by=-5.0))


@pytest.mark.parametrize("lock", ["redis", "zookeeper"])
def test_a_pause_past_the_lease(lock: str) -> None:
    """LK-3: two believe that they hold the lock; after a pause within the lease they do not."""
    assert second_majority(pause_past_the_lease(fencing=True, lock=lock))
    assert not second_majority(pause_past_the_lease(fencing=True, lock=lock, pause=1.0))


def test_fencing_saves_the_update() -> None:
    """LK-3: the write with 33 after 34 is refused with fencing, and destroys an update without."""
    tokens = pause_past_the_lease(fencing=True).records.query("event == 'write'")
    assert tokens[["token", "accepted"]].values.tolist() == [[34.0, True], [33.0, False]]
    for fencing in (True, False):
        trace = pause_past_the_lease(fencing=fencing)
        assert (write_refused(trace), update_lost(trace)) == (fencing, not fencing)


def test_a_client_that_looks_at_its_clock_cannot_call_back_a_packet() -> None:
    """A write that is late on the way destroys an update although its sender stopped in time."""
    assert update_lost(late_packet(fencing=False))
    assert not update_lost(late_packet(fencing=True))
    assert not update_lost(late_packet(fencing=False, late=0.5))


def test_a_restart_without_its_keys_breaks_redlock() -> None:
    """LK-4: a second majority at once, or before the lease is over; none after the longest lease."""
    assert second_majority(restart(delay=0.0))
    assert second_majority(restart(delay=4.0, ttl=10.0))
    assert not second_majority(restart(delay=10.0, ttl=10.0))


@pytest.mark.parametrize(("wrong", "said"), [(herd, "watch must be"), (pause_past_the_lease, "lock must be")])
def test_unknown_names_are_refused(wrong: object, said: str) -> None:
    """One sentence says what would be right."""
    with pytest.raises(ValueError, match=said):
        wrong(3, watch="all") if wrong is herd else wrong(True, lock="etcd")  # type: ignore[operator]
