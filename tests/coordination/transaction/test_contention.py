"""Many transactions at once: locks, conflicts, deadlocks."""

import pytest

from distlab.coordination.transaction import PresumedCommit, ThreePhaseCommit, TwoPhaseCommit
from distlab.coordination.transaction.contention import burst, conflict_probability, contended


def test_more_accounts_mean_fewer_conflicts_and_more_commits():
    """Throughput rises to the rate of arrivals, and aborts vanish."""
    found = [contended(TwoPhaseCommit, accounts, seconds=2.0) for accounts in (1, 4, 32)]
    assert [one.throughput for one in found] == sorted(one.throughput for one in found)
    assert found[0].aborted > 0.3
    assert found[-1].aborted < 0.01


def test_longer_locks_mean_fewer_commits():
    """Three phases hold them longest, presumed commit shortest."""
    found = [contended(kind, 1, seconds=2.0) for kind in (PresumedCommit, TwoPhaseCommit, ThreePhaseCommit)]
    assert found[0].throughput > found[1].throughput > found[2].throughput
    assert found[0].lock_time < found[1].lock_time < found[2].lock_time


def test_asking_one_after_the_other_avoids_deadlocks():
    """In the order of the ids no circle can close."""
    free = [contended(TwoPhaseCommit, 1, seconds=2.0, seed=seed).deadlocks for seed in range(3)]
    ordered = [
        contended(TwoPhaseCommit, 1, seconds=2.0, seed=seed, ordered=True).deadlocks for seed in range(3)
    ]
    assert sum(free) > 0
    assert sum(ordered) == 0


@pytest.mark.parametrize("kind", [TwoPhaseCommit, ThreePhaseCommit])
def test_a_burst_takes_one_lock_time_after_the_other(kind):
    """Transfers between the same accounts, k of them: the first one's latency, and k - 1 lock times more."""
    first = burst(kind, 1)
    lock_time = first - 0.01
    assert burst(kind, 10) == pytest.approx(first + 9 * lock_time)


def test_the_probability_of_a_conflict():
    """All take the same pair of two sites: certain with one account; (1 - (1 - 1/2)^2) with two."""
    assert conflict_probability(1, sites=2) == 1
    assert conflict_probability(2, sites=2) == 0.75
