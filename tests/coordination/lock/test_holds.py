"""What follows from a list of holds: worked by hand, and read from a trace."""

from math import inf, isnan, nan
from typing import Any

import pytest

from distlab.coordination.lock import (
    Hold,
    double_holders,
    fairness,
    holds_of,
    overtaken,
    stuck_times,
    summary,
    throughput,
    wait,
)
from distlab.sim import Call, Crash, Node, Simulation


class Puppet(Node):
    """Records what it is told to."""

    def tell(self, event: str, facts: tuple[tuple[str, Any], ...]) -> None:
        self.record(event, lock="stock", **dict(facts))


def said(node: Any, at: float, event: str, **facts: Any) -> Call:
    """One record, as a call."""
    return Call(node, at, "tell", (event, tuple(facts.items())))


def told(*calls: Call, faults: tuple[Any, ...] = (), n: int = 3) -> list[Hold]:
    """The holds in a run in which nodes record what the calls say."""
    return holds_of(Simulation([Puppet() for _ in range(n)], workload=calls, faults=faults).run(until=20.0))


def test_a_release_after_the_expiry_is_an_expired_hold() -> None:
    """The lease ended at 2, the client believed until 5."""
    [hold] = told(
        said(1, 0.5, "asked"),
        said(1, 1.0, "acquired", token=33),
        said(3, 2.0, "expired", holder=1),
        said(1, 5.0, "released"),
    )
    assert hold == Hold(1, "stock", 0.5, 1.0, 5.0, 33, "expired", 2.0)
    assert (hold.believed_until, hold.valid_until) == (5.0, 2.0)


def test_a_crash_ends_a_hold() -> None:
    """Its holder is gone, and the next one waits for the lease."""
    holds = told(
        said(1, 1.0, "acquired"),
        said(2, 2.5, "asked"),
        said(3, 4.0, "expired", holder=1),
        said(2, 4.5, "acquired"),
        said(2, 5.0, "released"),
        faults=(Crash(1, at=2.0),),
    )
    assert [hold.ended for hold in holds] == ["crashed", "released"]
    assert stuck_times(holds) == [2.5]


def test_a_wish_that_was_given_up_is_not_counted() -> None:
    """The next possession belongs to the next wish."""
    [hold] = told(
        said(1, 0.0, "asked"), said(1, 1.0, "gave up"), said(1, 2.0, "asked"), said(1, 2.5, "acquired")
    )
    assert (hold.asked, hold.ended, hold.released) == (2.0, "held", None)


def test_overlaps_are_between_clients_and_locks() -> None:
    """A client may enter its own lock again, and two locks have nothing to do with each other."""
    outer, inner = Hold(1, "a", 0.0, 0.0, 9.0), Hold(1, "a", 1.0, 1.0, 2.0)
    assert double_holders([outer, inner, Hold(2, "b", 0.0, 0.0, 9.0)]) == []
    [one, two] = double_holders([outer, inner, Hold(2, "a", 1.5, 1.5, 3.0)])
    assert [(one.start, one.end), (two.start, two.end)] == [(1.5, 3.0), (1.5, 2.0)]


def test_readers_may_overlap_and_writers_may_not() -> None:
    """Two read locks are in order; a read lock and a write lock are not."""
    readers = [Hold(1, "a", 0.0, 0.0, 2.0, shared=True), Hold(2, "a", 0.0, 1.0, 3.0, shared=True)]
    assert double_holders(readers) == []
    assert len(double_holders([*readers, Hold(3, "a", 0.0, 1.5, 4.0)])) == 2


def test_an_end_and_a_beginning_at_one_instant_do_not_overlap() -> None:
    """The lock passed on at 1 had one holder at a time."""
    assert double_holders([Hold(1, "a", 0.0, 0.0, 1.0), Hold(2, "a", 0.0, 1.0, 2.0)]) == []


def test_overtaken_counts_inversions() -> None:
    """Four that were served in reverse have 4 * 3 / 2 pairs in the wrong order."""
    holds = [Hold(i, "a", asked=i, acquired=10.0 - i, released=10.5 - i) for i in range(4)]
    assert overtaken(holds) == 6
    assert overtaken(reversed(holds)) == 6


def test_fairness_of_those_who_got_nothing() -> None:
    """Jain's index counts everybody who wanted the lock."""
    holds = [Hold(1, "a", 0.0, 0.0, 1.0), Hold(2, "a", 0.0, 1.0, 2.0)]
    assert fairness(holds) == 1.0
    assert fairness(holds, clients=[1, 2, 3, 4]) == 0.5
    assert isnan(fairness([]))


def test_nobody_after_a_crash_is_for_ever() -> None:
    """The time that a lock is stuck has no end then."""
    assert stuck_times([Hold(1, "a", 0.0, 0.0, 1.0, ended="crashed")]) == [inf]


def test_throughput_of_a_part() -> None:
    """Releases after ``since`` and up to ``until`` count."""
    holds = [Hold(1, "a", float(i), float(i), i + 0.5) for i in range(10)]
    assert throughput(holds, since=2.0, until=6.0) == 1.0
    assert throughput([]) == 0.0


def test_summary_of_nothing() -> None:
    """An empty list has no waits and no crash, and says so with NaN."""
    row = summary([])
    assert row["locks"] == 0
    assert isnan(row["wait_p50"])
    assert isnan(row["stuck"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ended": "lost"}, "Hold.ended must be one of"),
        ({"acquired": -1.0}, "asked <= acquired <= released"),
        ({"released": 0.5}, "asked <= acquired <= released"),
        ({"asked": nan}, "asked <= acquired <= released"),
    ],
)
def test_wrong_holds_are_refused(change: dict[str, Any], said: str) -> None:
    """One sentence names what is wrong."""
    with pytest.raises(ValueError, match=said):
        Hold(**{"client": 1, "lock": "a", "asked": 0.0, "acquired": 1.0, "released": 2.0, **change})
    with pytest.raises(ValueError, match="percent must be more than 0"):
        wait([], 0)
