"""What one crash, or one long pause, does to nodes that ask all the time."""

from __future__ import annotations

from itertools import pairwise
from math import inf
from typing import Any, NamedTuple

from distlab.sim import Call, Crash, Network, Pause, Simulation, Uniform

from .measures import events_in, overlaps
from .mutex_experiments import REMEDIES, contenders

__all__ = ["Outage", "outage"]

_STANDBY: dict[str, dict[str, Any]] = {"centralised": {"coordinators": (0, 4)}}


class Outage(NamedTuple):
    """What a fault does.

    Attributes
    ----------
    stall : float
        The longest time without an entry after it, in seconds; inf if nobody enters again.
    overlaps : int
        Entries that were made while another node was inside.
    """

    stall: float
    overlaps: int


def outage(algorithm: str, victim: str, remedy: bool, pause: float | None = None, seed: int = 0) -> Outage:
    """Four nodes ask all the time, for visits of 50 ms; after one second a fault hits, 10 ms into a visit.

    As somebody is always waiting, the normal time from one entry to the next is 60 to 80 ms.

    Parameters
    ----------
    algorithm
        "centralised", "Ricart-Agrawala", "Roucairol-Carvalho" or "token ring".
    victim
        "inside" or "waiting": a node in this state; "coordinator": that of the centralised algorithm.
    remedy
        Whether the remedy is on: a standby (the node 4), skipped peers, skipped peers and a new token.
    pause
        Seconds for which the victim stands still; None: it crashes and does not come back.
    seed
        Whole number; the run depends on it.

    Raises
    ------
    ValueError
        If there is no such algorithm or victim.

    Examples
    --------
    >>> stalls = [outage("token ring", "inside", remedy).stall for remedy in (False, True)]
    >>> stalls[0], stalls[1] < 1
    (inf, True)
    """
    if algorithm not in REMEDIES:
        raise ValueError(f"algorithm must be one of {', '.join(map(repr, REMEDIES))}; got {algorithm!r}.")
    if victim not in ("inside", "waiting") and (algorithm, victim) != ("centralised", "coordinator"):
        raise ValueError(
            'victim must be "inside", "waiting", or "coordinator" of the centralised algorithm; got '
            f"{victim!r} of {algorithm!r}."
        )
    arguments = {**REMEDIES[algorithm], **_STANDBY.get(algorithm, {})} if remedy else {}
    calls = [Call(node, 0.0, "request", (0.05,)) for _ in range(120) for node in (1, 2, 3, 4)]
    network = Network(latency=Uniform(0.005, 0.015))
    sim = Simulation(contenders(algorithm, 4, **arguments), network=network, workload=calls, seed=seed)
    sim.run(until=1.0)
    sim.run(stop_at="enter")
    at = sim.time + 0.01
    states = {vars(node)["state"]: id for id, node in sim.nodes.items()}
    hit = 0 if victim == "coordinator" else states[victim]
    sim.inject(Crash(hit, at=at) if pause is None else Pause(hit, at=at, duration=pause))
    trace = sim.run(until=at + 4.0)
    entered = [time for time, _, event in events_in(trace) if event == "enter" and time > at]
    if not entered or trace.end - entered[-1] > 2.0:
        return Outage(inf, overlaps(trace))
    return Outage(max(later - earlier for earlier, later in pairwise([at, *entered])), overlaps(trace))
