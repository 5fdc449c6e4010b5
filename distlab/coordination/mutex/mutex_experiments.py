"""Experiments with mutual exclusion: what an entry costs, how long it takes, how fair it is, what crashes do.

Each function is one run of one set-up, depends on its arguments only, and returns plain numbers. The nodes
that ask have the ids 1 to n; the centralised algorithm has its coordinator besides, with the id 0.

================= ======================================================================================
one_at_a_time     light load: a request, drawn at random, is made when the one before has long been served
saturated         full load: each node asks again as soon as it has left
under_load        anything between: requests come as a Poisson process
idle              nobody asks
lap               how long a token takes to come round, in one ring and in two layers
disturbed         a node crashes or stands still; how long nobody enters, and how often two are inside
================= ======================================================================================
"""

from __future__ import annotations

from itertools import pairwise
from math import inf
from typing import Any, NamedTuple

from distlab.sim import (
    Call,
    Crash,
    Distribution,
    Network,
    Node,
    NodeId,
    Pause,
    Simulation,
    Uniform,
    cluster,
    stream,
)

from .centralised import Centralised
from .contender import Contender
from .lamport import Lamport
from .maekawa import Maekawa
from .measures import Measured, events_in, measure, overlaps
from .naimi_trehel import NaimiTrehel
from .raymond import Raymond
from .ricart_agrawala import RicartAgrawala
from .roucairol_carvalho import RoucairolCarvalho
from .suzuki_kasami import SuzukiKasami
from .token_ring import TokenRing
from .two_layer_ring import TwoLayerRing

__all__ = [
    "ALGORITHMS",
    "Disturbed",
    "contenders",
    "disturbed",
    "idle",
    "lap",
    "one_at_a_time",
    "saturated",
    "under_load",
]

#: name -> node class, in the order of the lesson
ALGORITHMS: dict[str, type[Contender]] = {
    "centralised": Centralised,
    "Lamport": Lamport,
    "Ricart-Agrawala": RicartAgrawala,
    "Roucairol-Carvalho": RoucairolCarvalho,
    "Suzuki-Kasami": SuzukiKasami,
    "Maekawa": Maekawa,
    "Raymond": Raymond,
    "Naimi-Trehel": NaimiTrehel,
    "token ring": TokenRing,
    "two-layer ring": TwoLayerRing,
}

LATENCY = Uniform(0.005, 0.015)
HOLD = 0.01

# What switches the remedy against crashes on, where there is one.
REMEDIES: dict[str, dict[str, Any]] = {
    "centralised": {"heartbeat": 0.05, "timeout": 0.2},
    "Ricart-Agrawala": {"patience": 0.1},
    "Roucairol-Carvalho": {"patience": 0.1},
    "token ring": {"timeout": 0.1, "late": 0.5},
}


def contenders(algorithm: str, n: int, **arguments: Any) -> dict[NodeId, Node]:
    """Nodes 1 to n of an algorithm, and what it needs besides.

    Parameters
    ----------
    algorithm
        A name in ``ALGORITHMS``.
    n
        How many nodes ask.
    arguments
        For each node, such as ``tree="star"``.

    Raises
    ------
    ValueError
        If there is no such algorithm.

    Examples
    --------
    >>> list(contenders("centralised", 3)), list(contenders("Maekawa", 3))
    ([0, 1, 2, 3], [1, 2, 3])
    """
    if algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm must be one of {', '.join(map(repr, ALGORITHMS))}; got {algorithm!r}.")
    kind = ALGORITHMS[algorithm]
    extra = {0: kind(**arguments)} if kind is Centralised else {}
    return {**extra, **cluster(kind, n, **arguments)}


def _network(algorithm: str, latency: Distribution | float) -> Network:
    return Network(latency=latency, fifo=algorithm == "Lamport")


# --- load


def one_at_a_time(
    algorithm: str,
    n: int,
    requests: int = 100,
    seed: int = 0,
    latency: Distribution | float = LATENCY,
    hold: float = HOLD,
    **arguments: Any,
) -> Measured:
    """Light load: each request comes when the one before has long been served.

    Parameters
    ----------
    algorithm, n, arguments
        As for :func:`contenders`.
    requests
        How many, each from one of the n nodes, drawn at random.
    seed
        Whole number; the run depends on it.
    latency
        One-way delay of messages in seconds.
    hold
        Seconds inside.

    Examples
    --------
    >>> one_at_a_time("Maekawa", 9, requests=5).messages_per_entry
    12.0
    """
    gap = hold + 4.0 * n * 0.015
    requesters = stream(seed, "requesters")
    calls = [
        Call(requesters.randint(1, n), gap * place, "request", (hold,)) for place in range(1, requests + 1)
    ]
    sim = Simulation(
        contenders(algorithm, n, **arguments),
        network=_network(algorithm, latency),
        workload=calls,
        seed=seed,
    )
    trace = sim.run(until=gap * (requests + 1))
    return measure(trace, [(call.at, call.node) for call in calls], nodes=range(1, n + 1))


def saturated(
    algorithm: str,
    n: int,
    rounds: int = 10,
    seed: int = 0,
    latency: Distribution | float = LATENCY,
    hold: float = HOLD,
    **arguments: Any,
) -> Measured:
    """Full load: each node asks again as soon as it has left.

    The first two entries per node are left out, and so is what comes after ``rounds * n`` more.

    Parameters
    ----------
    algorithm, n, arguments
        As for :func:`contenders`.
    rounds
        How many entries per node to measure, on average.
    seed, latency, hold
        As for :func:`one_at_a_time`.

    Examples
    --------
    >>> saturated("Raymond", 5, latency=0.01, tree="line").messages_per_entry  # 4 (n-1) / n
    3.2
    """
    calls = [Call(node, 0.0, "request", (hold,)) for _ in range(3 * rounds + 6) for node in range(1, n + 1)]
    sim = Simulation(
        contenders(algorithm, n, **arguments),
        network=_network(algorithm, latency),
        workload=calls,
        seed=seed,
    )
    for _ in range((rounds + 2) * n + 1):
        sim.run(stop_at="enter")
    entered = [time for time, _, event in events_in(sim.trace) if event == "enter"]
    return measure(
        sim.trace, since=entered[2 * n - 1], until=entered[(rounds + 2) * n - 1], nodes=range(1, n + 1)
    )


def under_load(
    algorithm: str,
    n: int,
    load: float,
    seconds: float = 20.0,
    seed: int = 0,
    latency: Distribution | float = LATENCY,
    hold: float = HOLD,
    **arguments: Any,
) -> Measured:
    """Requests come as a Poisson process, each to one of the n nodes, drawn at random.

    Parameters
    ----------
    algorithm, n, arguments
        As for :func:`contenders`.
    load
        Requests per second times ``hold``: the share of the time that somebody would be inside if messages
        took no time.
    seconds
        How long requests come. Requests that are not served then are left out.
    seed, latency, hold
        As for :func:`one_at_a_time`.

    Raises
    ------
    ValueError
        If ``load`` is not more than 0.

    Examples
    --------
    >>> under_load("centralised", 5, load=0.1).messages_per_entry
    3.0
    """
    if not load > 0:
        raise ValueError(f"load must be more than 0 (requests per second times hold); got {load!r}.")
    draw = stream(seed, "requests")
    calls = []
    time = draw.expovariate(load / hold)
    while time < seconds:
        calls.append(Call(draw.randint(1, n), time, "request", (hold,)))
        time += draw.expovariate(load / hold)
    sim = Simulation(
        contenders(algorithm, n, **arguments),
        network=_network(algorithm, latency),
        workload=calls,
        seed=seed,
    )
    trace = sim.run(until=seconds)
    return measure(trace, [(call.at, call.node) for call in calls], nodes=range(1, n + 1))


def idle(algorithm: str, n: int, seconds: float = 10.0, seed: int = 0, **arguments: Any) -> float:
    """Messages per second while nobody wants to enter.

    Parameters
    ----------
    algorithm, n, arguments
        As for :func:`contenders`.
    seconds
        How long to look.
    seed
        Whole number; the run depends on it.

    Examples
    --------
    >>> idle("Suzuki-Kasami", 5), idle("token ring", 5) > 90
    (0.0, True)
    """
    sim = Simulation(contenders(algorithm, n, **arguments), network=_network(algorithm, LATENCY), seed=seed)
    return len(sim.run(until=seconds).messages) / seconds


def lap(
    algorithm: str, groups: int, size: int, local: float = 0.0005, wide: float = 0.03, mixed: bool = False
) -> float:
    """How long a token takes to come round while nobody wants to enter, in seconds.

    Parameters
    ----------
    algorithm
        "token ring", or "two-layer ring" with one ring per group.
    groups, size
        How many groups, and how many nodes in each.
    local, wide
        Seconds that a message takes within a group, and between two groups.
    mixed
        If true, the one ring goes round without regard to the groups: from each node to one of the next
        group.

    Examples
    --------
    >>> [round(lap(ring, groups=4, size=4), 4) for ring in ("token ring", "two-layer ring")]
    [0.126, 0.12]
    """
    members = [tuple(range(1 + size * group, 1 + size * (group + 1))) for group in range(groups)]
    regions = {node: f"group {group}" for group, ids in enumerate(members) for node in ids}
    names = sorted(set(regions.values()))
    between: dict[tuple[str, str], Distribution | float] = {
        (one, other): local if one == other else wide for one in names for other in names
    }
    arguments: dict[str, Any] = {"groups": members}
    if algorithm == "token ring":
        turns = zip(*members, strict=True) if mixed else members
        arguments = {"order": [node for turn in turns for node in turn]}
    sim = Simulation(
        cluster(ALGORITHMS[algorithm], groups * size, **arguments),
        network=Network(regions=regions, between=between),
    )
    trace = sim.run(until=3 * (groups * size * max(wide, local)))
    seen = trace.messages[trace.messages["receiver"] == members[0][0]]["received"].dropna()
    return round(min(later - earlier for earlier, later in pairwise(seen)), 9)


# --- crashes


class Disturbed(NamedTuple):
    """What a crash or a pause does.

    Attributes
    ----------
    stall : float
        The longest time without an entry afterwards, in seconds; inf if nobody ever enters again.
    served : int
        Entries afterwards.
    overlaps : int
        Entries that were made while another node was inside.
    """

    stall: float
    served: int
    overlaps: int


def disturbed(
    algorithm: str,
    victim: str,
    remedy: bool,
    pause: float | None = None,
    n: int = 5,
    seed: int = 0,
    seconds: float = 10.0,
    hold: float = 0.05,
) -> Disturbed:
    """A node crashes, or stands still for a while, and the others go on asking.

    Each node asks three times a second. After one second, as soon as somebody is inside, and halfway
    through its stay, the fault hits. It is a crash without return, or a pause.

    Parameters
    ----------
    algorithm
        A name in ``ALGORITHMS``.
    victim
        "holder" (who is inside), "peer" (node n, which never asks) or "coordinator" (only "centralised").
    remedy
        Whether the algorithm's remedy is on: a standby coordinator (the node n+1), skipped peers, skipped
        peers and a new token.
    pause
        Seconds to stand still; None: a crash.
    n, seed
        How many nodes ask, and a whole number; the run depends on it.
    seconds
        How long to go on after the fault.
    hold
        Seconds inside.

    Raises
    ------
    ValueError
        If the algorithm has no remedy, or there is no such victim.

    Examples
    --------
    >>> disturbed("token ring", "holder", remedy=False).stall
    inf
    >>> disturbed("token ring", "holder", remedy=True).stall < 2.0
    True
    """
    if victim not in ("holder", "peer", "coordinator") or (
        victim == "coordinator" and algorithm != "centralised"
    ):
        raise ValueError(
            f'victim must be "holder", "peer", or "coordinator" of the centralised algorithm; got '
            f"{victim!r} of {algorithm!r}."
        )
    if remedy and algorithm not in REMEDIES:
        raise ValueError(
            f"remedy must be False for {algorithm!r}; there is one for {', '.join(map(repr, REMEDIES))}."
        )
    arguments = REMEDIES[algorithm] if remedy else {}
    nodes = contenders(algorithm, n, **arguments)
    if algorithm == "centralised" and remedy:
        nodes = {id: Centralised(coordinators=(0, n + 1), **arguments) for id in range(n + 2)}
    draw = stream(seed, "requests")
    calls = []
    for node in range(1, n if victim == "peer" else n + 1):
        time = draw.expovariate(3.0)
        while time < 1.0 + seconds:
            calls.append(Call(node, time, "request", (hold,)))
            time += draw.expovariate(3.0)
    sim = Simulation(nodes, network=_network(algorithm, LATENCY), workload=calls, seed=seed)
    sim.run(until=1.0)
    sim.run(stop_at="enter", until=1.0 + seconds)
    at = sim.time + hold / 2
    sim.run(until=at)
    inside = [id for id, node in sim.nodes.items() if vars(node)["state"] == "inside"]
    hit = {"holder": inside[0], "peer": n, "coordinator": 0}[victim]
    sim.inject(Crash(hit, at=at) if pause is None else Pause(hit, at=at, duration=pause))
    trace = sim.run(until=at + seconds)
    entered = [time for time, _, event in events_in(trace) if event == "enter" and time > at]
    silence = trace.end - max([at, *entered])
    longest = max([later - earlier for earlier, later in pairwise([at, *entered])], default=inf)
    return Disturbed(
        stall=inf if silence > seconds / 2 else longest, served=len(entered), overlaps=overlaps(trace)
    )
