"""Lesson 04's live election: real times beside the models', as a table and as samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..experiments import Experiment
from ..servers import etcd, zookeeper
from .models import raft_without_leader, zab_without_leader
from .trials import TROUBLES, election_times

__all__ = ["ELECTION", "live_election"]

HEARTBEAT, ELECTION_TIMEOUT = 0.1, 1.0  # etcd's defaults, seconds
TICK, INIT_LIMIT, SYNC_LIMIT = 0.2, 25, 5  # tickTime in seconds, and ticks


def live_election(trials: int = 2, runs: int = 200) -> Mapping[str, Any]:
    """Take the leader of three etcd members and of three ZooKeeper servers away, and time the next one.

    Beside each of them stands its model with the same time-outs.

    Parameters
    ----------
    trials
        How often for each of the two and for each trouble.
    runs
        Runs of each model.

    Returns
    -------
    dict
        "rows": per system and trouble the number of trials, the median, the shortest and the longest time in
        seconds, the model's median, and between which times 95 % of its runs lie. "samples": all times, by
        "etcd, killed", "Raft model, killed" and so on.
    """
    rows: list[dict[str, Any]] = []
    samples: dict[str, list[float]] = {}
    with etcd(heartbeat=HEARTBEAT, election=ELECTION_TIMEOUT) as cluster:
        for trouble in TROUBLES:
            real = election_times(cluster, trouble, trials)
            model = [raft_without_leader(HEARTBEAT, ELECTION_TIMEOUT, trouble, seed) for seed in range(runs)]
            rows.append(_row("etcd", trouble, real, "Raft", model))
            samples |= {f"etcd, {trouble}": real, f"Raft model, {trouble}": model}
    with zookeeper(tick=TICK, init_limit=INIT_LIMIT, sync_limit=SYNC_LIMIT) as ensemble:
        for trouble in TROUBLES:
            real = election_times(ensemble, trouble, trials)
            model = [zab_without_leader(TICK, INIT_LIMIT, SYNC_LIMIT, trouble, seed) for seed in range(runs)]
            rows.append(_row("ZooKeeper", trouble, real, "Zab", model))
            samples |= {f"ZooKeeper, {trouble}": real, f"Zab model, {trouble}": model}
    settings = {
        "etcd": {"heartbeat": HEARTBEAT, "election": ELECTION_TIMEOUT},
        "ZooKeeper": {"tick": TICK, "init_limit": INIT_LIMIT, "sync_limit": SYNC_LIMIT},
    }
    return {"rows": rows, "samples": samples, "settings": settings}


def _row(
    system: str, trouble: str, real: Sequence[float], model: str, modelled: Sequence[float]
) -> dict[str, Any]:
    low, median, high = np.percentile(modelled, [2.5, 50, 97.5])
    return {
        "system": system,
        "its leader is": trouble,
        "trials": len(real),
        "median (s)": round(float(np.median(real)), 3),
        "shortest": round(min(real), 3),
        "longest": round(max(real), 3),
        "model": model,
        "model's median (s)": round(float(median), 3),
        "95 % of its runs": f"{low:.2f} to {high:.2f}",
        "trials in there": sum(1 for one in real if low <= one <= high),
    }


ELECTION = Experiment(
    name="live_election",
    what="Seconds from the end of a leader until another one serves, in three real servers and in the model.",
    needs=("etcd", "zookeeper"),
    run=live_election,
    recorded_with={"trials": 40},
)
