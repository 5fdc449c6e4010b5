"""Real leaders fall and are replaced; the models beside them say the same about the order of things."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from distlab import live
from distlab.live.elections import (
    election_times,
    live_election,
    raft_without_leader,
    zab_without_leader,
)
from distlab.live.elections.trials import is_whole
from distlab.live.waiting import wait_until

RUNS = 200


@pytest.mark.parametrize("trouble", ["killed", "paused"])
def test_etcd_waits_for_its_time_out(etcd_cluster: live.Etcd, trouble: str) -> None:
    """No member stands before nine ticks have passed, be the leader killed or silent; all recovers."""
    times = election_times(etcd_cluster, trouble, trials=2)
    assert len(times) == 2
    assert min(times) > 0.3 - 0.05 - 0.05  # the time-out, less a tick, less the age of the last heartbeat
    wait_until(lambda: is_whole(etcd_cluster), 60, "The cluster is not whole again")


def test_zookeeper_notices_a_closed_connection_but_must_wait_for_a_silent_one(
    zookeeper_ensemble: live.ZooKeeper,
) -> None:
    """Whoever pauses is missed after syncLimit ticks of 0.2 s, less the age of the last ping."""
    [paused] = election_times(zookeeper_ensemble, "paused", trials=1)
    assert paused > 5 * 0.2 - 0.1
    [killed] = election_times(zookeeper_ensemble, "killed", trials=1)
    assert killed > 0.2  # finalizeWait
    wait_until(lambda: is_whole(zookeeper_ensemble), 60, "The ensemble is not whole again")


def test_the_model_of_etcd_follows_the_closed_form() -> None:
    """With two members left the mean is a third of the range above its lower end, less half a heartbeat."""
    times = [raft_without_leader(0.1, 1.0, "killed", seed) for seed in range(RUNS)]
    assert np.mean(times) == pytest.approx(0.9 + 1 / 3 - 0.05, abs=0.06)


def test_the_model_of_etcd_knows_no_difference_between_killed_and_paused() -> None:
    """A message that does not come is all that Raft sees."""
    killed = [raft_without_leader(0.1, 1.0, "killed", seed) for seed in range(20)]
    assert killed == [raft_without_leader(0.1, 1.0, "paused", seed) for seed in range(20)]


def test_the_model_of_zookeeper_waits_finalize_wait_or_the_time_out_too() -> None:
    """0.2 s after a closed connection; after silence syncLimit ticks more, less the age of the last ping."""
    killed = [zab_without_leader(0.2, 25, 5, "killed", seed) for seed in range(RUNS)]
    paused = [zab_without_leader(0.2, 25, 5, "paused", seed) for seed in range(RUNS)]
    assert min(killed) > 0.2
    assert min(paused) > 1.0 - 0.1 + 0.2
    assert np.median(killed) < 0.25
    assert np.median(paused) == pytest.approx(1.0 - 0.05 + 0.2, abs=0.05)


def test_the_table_has_the_real_and_the_model_side_by_side(needs: Callable[..., None]) -> None:
    """Two systems, two troubles; every sample is there, and the numbers can be written down."""
    needs("etcd", "zookeeper")
    found = live_election(trials=1, runs=20)
    assert [(row["system"], row["its leader is"], row["trials"]) for row in found["rows"]] == [
        ("etcd", "killed", 1),
        ("etcd", "paused", 1),
        ("ZooKeeper", "killed", 1),
        ("ZooKeeper", "paused", 1),
    ]
    assert [len(times) for times in found["samples"].values()] == [1, 20] * 4
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("trouble", "trials", "sentence"),
    [("tired", 1, "trouble must be .* got 'tired'"), ("killed", 0, "1 or more; got 0")],
)
def test_impossible_trials_are_refused(trouble: str, trials: int, sentence: str) -> None:
    """Before a leader is touched, the error names the argument and what would be right."""
    with pytest.raises(ValueError, match=sentence):
        election_times(live.ZooKeeper([]), trouble, trials)
