"""The same benchmark over real locks and over their models: clients that want one lock again and again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from distlab.coordination.lock import Hold, holds_of, summary
from distlab.coordination.lock.lock_experiments import HOMES
from distlab.sim import Network, Simulation, Uniform

from ..experiments import Experiment
from .contest import contest
from .kinds import KINDS

__all__ = ["BENCHMARK", "lock_benchmark", "model_contest"]

# The real lock and its model.
PAIRS = {
    "sqlite": "database with expiry",
    "postgres": "database with expiry",
    "redis": "Redis",
    "redlock": "Redlock",
    "zookeeper": "ZooKeeper",
}
LOOPBACK = Network(latency=Uniform(0.0001, 0.0003), fifo=True)
LEASE = 30.0  # seconds; no lease ends
RETRY = 0.02  # seconds, as in the real clients


def model_contest(
    home: str, clients: int, rounds: int, hold: float, think: float, seed: int = 0
) -> list[Hold]:
    """Run the contest of :func:`~distlab.live.locks.contest.contest` on the simulator.

    Parameters
    ----------
    home
        A key of ``distlab.coordination.lock.lock_experiments.HOMES``.
    clients, rounds, hold, think
        How many clients, how often each wants the lock, and seconds of work inside and in between.
    seed
        Whole number; the run depends on it.

    Returns
    -------
    list of Hold

    Examples
    --------
    >>> len(model_contest("Redis", clients=3, rounds=4, hold=0.005, think=0.005))
    12
    """
    nodes = HOMES[home](clients, rounds=rounds, hold=hold, think=think, ttl=LEASE, retry=RETRY)
    sim = Simulation(nodes, network=LOOPBACK, seed=seed, trace="outline")
    return holds_of(sim.run(until=clients * rounds * (hold + think + 10 * RETRY)))


def lock_benchmark(
    kinds: Iterable[str] = tuple(PAIRS),
    clients: int = 3,
    rounds: int = 10,
    hold: float = 0.005,
    think: float = 0.005,
) -> Mapping[str, Any]:
    """Let processes contend for each lock, and let the models do the same.

    Parameters
    ----------
    kinds
        The locks, keys of ``KINDS`` that have a model.
    clients, rounds
        How many processes, and how often each of them wants the lock.
    hold, think
        Seconds of work inside, and between two wishes.

    Returns
    -------
    dict
        "rows": a line for the real lock and one for the model, with the measures of
        :func:`distlab.coordination.lock.summary`. "samples": the waits in seconds, by "Redis" and "Redis,
        model" and so on.
    """
    rows: list[dict[str, Any]] = []
    samples: dict[str, list[float]] = {}
    for kind in kinds:
        title = KINDS[kind].lock.title
        real = contest(kind, clients, rounds, hold, LEASE, think=think, guarded=False).holds
        model = model_contest(PAIRS[kind], clients, rounds, hold, think)
        rows += [_row(title, "real", real), _row(title, "model", model)]
        samples |= {title: [one.waited for one in real], f"{title}, model": [one.waited for one in model]}
    settings = {"clients": clients, "rounds": rounds, "hold": hold, "think": think, "retry": RETRY}
    return {"rows": rows, "samples": samples, "settings": settings}


def _row(title: str, world: str, holds: Sequence[Hold]) -> dict[str, Any]:
    measured = summary(holds)
    return {
        "lock": title,
        "how": world,
        "locks": len(holds),
        "double holders": measured["double_holders"],
        "locks per second": round(measured["throughput"], 1),
        "wait, median (ms)": round(measured["wait_p50"] * 1000, 2),
        "wait, 99 % (ms)": round(measured["wait_p99"] * 1000, 2),
        "overtaken per lock": round(measured["overtaken"] / len(holds), 2),
    }


BENCHMARK = Experiment(
    name="lock_benchmark",
    what="Processes want one lock again and again, on real servers and in the models.",
    needs=("sqlite", "postgres", "redis", "zookeeper"),
    run=lock_benchmark,
    recorded_with={"clients": 4, "rounds": 50},
)
