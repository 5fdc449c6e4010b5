"""Many transactions at once: what locks that are held until the decision cost.

Coordinators, sites with accounts, and transactions that arrive at random; each moves 1 from an account of
one site to an account of another. The fewer accounts, the more transactions want the same one. Messages
take 5 to 15 ms and forced writes 5 ms, unless said otherwise.
"""

from __future__ import annotations

from math import nan
from random import Random
from typing import Any, NamedTuple

from distlab.sim import Call, Constant, Network, Poisson, Simulation, Uniform, stream

from .commit_measures import commit_latencies, deadlocks, lock_times, outcomes
from .three_phase import ThreePhaseCommit
from .two_phase import TwoPhaseCommit

__all__ = ["Contended", "burst", "conflict_probability", "contended"]


class Contended(NamedTuple):
    """What a loaded system yields.

    Attributes
    ----------
    throughput : float
        Transactions committed per second, of those that began.
    aborted : float
        Share of the decided transactions that aborted.
    latency : float
        Seconds to the last commit, mean.
    lock_time : float
        Seconds that a site held the locks of a transaction, mean.
    deadlocks : int
        Circles of waiting transactions.
    """

    throughput: float
    aborted: float
    latency: float
    lock_time: float
    deadlocks: int


def conflict_probability(accounts: int, sites: int = 8) -> float:
    """The probability that two transactions want a common account, if each takes two sites at random.

    Parameters
    ----------
    accounts
        Accounts at each site.
    sites
        How many sites.

    Examples
    --------
    >>> round(conflict_probability(1), 4), round(conflict_probability(16), 4)
    (0.4643, 0.0311)
    """
    one = 1 / accounts
    both, common = 2 / (sites * (sites - 1)), 4 * (sites - 2) / (sites * (sites - 1))
    return both * (1 - (1 - one) ** 2) + common * one


def contended(
    kind: type[TwoPhaseCommit] | type[ThreePhaseCommit],
    accounts: int,
    *,
    rate: float = 100.0,
    sites: int = 8,
    coordinators: int = 4,
    seconds: float = 5.0,
    seed: int = 0,
    **options: Any,
) -> Contended:
    """Run transactions that arrive at random, and measure.

    Parameters
    ----------
    kind
        A protocol.
    accounts
        Accounts at each site.
    rate
        Transactions per second, on average.
    sites, coordinators
        How many; coordinators hold no accounts.
    seconds
        For how long transactions arrive; the run goes on until all are decided.
    seed
        Of the arrivals and of what they want.
    options
        Arguments of each node, such as ``lock_wait`` and ``ordered``.

    Examples
    --------
    >>> busy, free = contended(TwoPhaseCommit, 1, seconds=1.0), contended(TwoPhaseCommit, 64, seconds=1.0)
    >>> busy.throughput < free.throughput, free.aborted < 0.1 < busy.aborted
    (True, True)
    """
    holders = list(range(coordinators + 1, coordinators + sites + 1))
    money = {f"account {number}": 1_000_000.0 for number in range(accounts)}
    rng = stream(seed, "wanted")

    def wanted(number: int) -> tuple[Any, ...]:
        return number, _one_transfer(rng, holders, accounts)

    arrivals = Poisson(rate, "begin", until=seconds, nodes=list(range(1, coordinators + 1)), args=wanted)
    nodes = {
        id: kind(money if id in holders else {}, transactions=0, **options)
        for id in [*range(1, coordinators + 1), *holders]
    }
    sim = Simulation(
        nodes, Network(latency=Uniform(0.005, 0.015)), workload=[arrivals], seed=seed, trace="outline"
    )
    trace = sim.run(until=seconds + 5.0)
    found, latencies, locks = outcomes(trace), commit_latencies(trace), lock_times(trace)
    decided = found["commit"] + found["abort"]
    return Contended(
        throughput=found["commit"] / seconds,
        aborted=found["abort"] / decided if decided else nan,
        latency=sum(latencies) / len(latencies) if latencies else nan,
        lock_time=sum(locks) / len(locks) if locks else nan,
        deadlocks=deadlocks(trace),
    )


def _one_transfer(rng: Random, holders: list[int], accounts: int) -> dict[int, dict[str, float]]:
    giver, taker = rng.sample(holders, 2)
    return {
        giver: {f"account {rng.randrange(accounts)}": -1.0},
        taker: {f"account {rng.randrange(accounts)}": 1.0},
    }


def burst(kind: type[TwoPhaseCommit] | type[ThreePhaseCommit], transfers: int = 20) -> float:
    """Seconds until some transfers between the same two accounts have committed, all begun at once.

    Every message takes 10 ms. They commit one after the other, for each holds the locks until it is decided.

    Parameters
    ----------
    kind
        A protocol.
    transfers
        How many.

    Examples
    --------
    >>> round(burst(TwoPhaseCommit, 1), 3), round(burst(TwoPhaseCommit, 20), 3)
    (0.045, 0.71)
    """
    options: dict[str, Any] = {"transactions": 0, "lock_wait": 60.0, "patience": 100.0}
    nodes = [kind({}, **options), kind({"A": 800.0}, **options), kind({"B": 600.0}, **options)]
    calls = [Call(1, 0.0, "begin", (number, {2: {"A": -1.0}, 3: {"B": 1.0}})) for number in range(transfers)]
    trace = Simulation(nodes, Network(latency=Constant(0.01)), workload=calls).run(until=50.0)
    return max(commit_latencies(trace))
