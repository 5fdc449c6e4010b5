"""Many transfers at once by messages, outbox, saga or TCC: what they cost, how fast they are, what faults do.

Messages take 5 to 15 ms and local transactions 5 ms, unless said otherwise. A and B hold enough for all.

============ ============================================================================
under_load   transfers arrive at random, and faults may happen
burst        transfers between the same two accounts, all begun at once
============ ============================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import nan
from statistics import fmean
from typing import Any, NamedTuple

from distlab.sim import Call, Fault, Network, Node, NodeId, Poisson, Simulation, Uniform

from .eventual_measures import (
    convergence_times,
    duplicates,
    effects_twice,
    lost_outcomes,
    transactions,
)
from .outbox import Consumer, Outbox
from .saga import Orchestrator, Step
from .tcc import Reserving, TccCoordinator
from .transactional_messages import Broker, MessageConsumer, Producer

__all__ = ["Loaded", "burst", "under_load"]

ENOUGH = 1_000_000


class Loaded(NamedTuple):
    """What a loaded system costs and yields. Times are in seconds; what did not happen is NaN.

    Attributes
    ----------
    messages : float
        Messages per committed transaction.
    throughput : float
        Transactions committed per second of the load.
    latency : float
        From the beginning of a transaction to its first effect, mean: then its sender goes on.
    convergence : float
        From the first effect to the last, mean: so long the accounts differ.
    slowest : float
        The longest convergence.
    stall : float
        The longest time in which no transaction had its first effect.
    duplicates, effects_twice, lost_outcomes : int
        Deliveries that came again; effects that happened again; transactions whose outcome is never known.
    conserved : bool
        Whether the accounts hold in the end what they held at the beginning.
    """

    messages: float
    throughput: float
    latency: float
    convergence: float
    slowest: float
    stall: float
    duplicates: int
    effects_twice: int
    lost_outcomes: int
    conserved: bool


def under_load(
    pattern: str,
    *,
    rate: float = 50.0,
    seconds: float = 5.0,
    loss: float = 0.0,
    faults: Iterable[Fault] = (),
    seed: int = 0,
    swap: dict[type[Node], type[Node]] | None = None,
) -> Loaded:
    """Transfers of 1 from A to B arrive at random; the run goes on for 10 s after the last.

    Parameters
    ----------
    pattern
        "messages", "outbox", "saga" or "tcc".
    rate
        Transfers per second, on average.
    seconds
        For how long they arrive.
    loss
        Share of messages that is lost.
    faults
        What else goes wrong, such as ``[Outage("broker", 1.0, 2.0)]``.
    seed
        Whole number; the run depends on it.
    swap
        Classes to use instead of others, such as mutants.

    Returns
    -------
    Loaded

    Raises
    ------
    ValueError
        If there is no such pattern.

    Examples
    --------
    >>> found = under_load("messages", rate=50.0, seconds=1.0)
    >>> found.messages, found.conserved
    (5.0, True)
    """
    nodes, first, method, args = _cast(pattern, swap or {})
    arrivals = Poisson(rate, method, until=seconds, nodes=[first], args=lambda number: (number + 1, *args))
    network = Network(latency=Uniform(0.005, 0.015), loss=loss)
    sim = Simulation(nodes, network, faults, [arrivals], seed)
    trace = sim.run(until=seconds + 10.0)
    arrived = _arrivals(trace, method)
    found = transactions(trace)
    committed = sum([one.outcome == "commit" for one in found])
    starts = sorted([one.first for one in found if one.first == one.first])
    apart = convergence_times(trace)
    return Loaded(
        messages=len(trace.messages) / committed if committed else nan,
        throughput=committed / seconds,
        latency=fmean([one.first - arrived[one.transaction] for one in found if one.first == one.first])
        if starts
        else nan,
        convergence=fmean(apart) if apart else nan,
        slowest=max(apart, default=nan),
        stall=max([later - earlier for earlier, later in pairwise(starts)], default=nan),
        duplicates=duplicates(trace),
        effects_twice=effects_twice(trace),
        lost_outcomes=lost_outcomes(trace),
        conserved=sum([getattr(node, "balance", 0) for node in sim.nodes.values()]) == 2 * ENOUGH,
    )


def burst(pattern: str, transfers: int = 20, latency: float = 0.01) -> float:
    """Seconds until some transfers between the same two accounts are over, all begun at once.

    Parameters
    ----------
    pattern
        As for :func:`under_load`.
    transfers
        How many.
    latency
        Seconds that a message takes.

    Examples
    --------
    >>> round(burst("messages", 1), 3)
    0.06
    """
    nodes, first, method, args = _cast(pattern, {})
    calls = [Call(first, 0.0, method, (number + 1, *args)) for number in range(transfers)]
    trace = Simulation(nodes, Network(latency=latency), workload=calls).run(until=10.0 + transfers)
    return max([one.settled for one in transactions(trace)])


def _cast(
    pattern: str, swap: dict[type[Node], type[Node]]
) -> tuple[dict[NodeId, Any], NodeId, str, tuple[int, ...]]:
    """The nodes, who is asked, by which method, and with what besides the number."""

    def of(kind: Any) -> Any:
        return swap.get(kind, kind)

    if pattern == "messages":
        nodes = {
            "A": of(Producer)("broker", "B", ENOUGH),
            "broker": of(Broker)("A", "B"),
            "B": of(MessageConsumer)(ENOUGH),
        }
        return nodes, "A", "transfer", (1,)
    if pattern == "outbox":
        return {"A": of(Outbox)("B", ENOUGH), "B": of(Consumer)(ENOUGH)}, "A", "act", (1,)
    if pattern == "saga":
        nodes = {
            "saga": of(Orchestrator)(["A", "B"]),
            "A": of(Step)(ENOUGH, -1),
            "B": of(Step)(ENOUGH, 1),
        }
        return nodes, "saga", "start", ()
    if pattern == "tcc":
        nodes = {
            "tcc": of(TccCoordinator)(["A", "B"]),
            "A": of(Reserving)(ENOUGH, -1),
            "B": of(Reserving)(ENOUGH, 1),
        }
        return nodes, "tcc", "start", ()
    raise ValueError(f'pattern must be "messages", "outbox", "saga" or "tcc"; got {pattern!r}.')


def _arrivals(trace: Any, method: str) -> dict[int, float]:
    """Transaction -> when it was asked for."""
    calls = [event for event in trace.events() if event.kind == "call" and event.payload.method == method]
    return {event.payload.args[0]: event.time for event in calls}
