"""Fault schedules at random: a few faults of every kind, all of them over after some seconds."""

from random import Random

from distlab.sim import (
    Crash,
    Cut,
    Fault,
    Isolate,
    LossBurst,
    Network,
    Node,
    NodeId,
    Outage,
    Partition,
    Pause,
    Simulation,
    SlowLink,
    Uniform,
    stream,
)


def schedule(seed: int, n: int, over: float = 3.0, stay_down: int | None = None) -> list[Fault]:
    """One to six faults, over before ``over``; at most ``stay_down`` nodes (None: a minority) stay down."""
    rng = stream(seed, "schedule")
    ids = list(range(1, n + 1))
    may_stay = (n - 1) // 2 if stay_down is None else stay_down
    down: list[int] = []
    faults: list[Fault] = []
    for _ in range(rng.randint(1, 6)):
        at = round(rng.uniform(0.0, 0.8 * over), 3)
        until = round(rng.uniform(at + 0.01, over), 3)
        kind = rng.choice(
            ["crash", "crash", "outage", "outage", "partition", "isolate", "pause", "loss", "slow", "cut"]
        )
        victim = rng.choice(["leader", rng.choice(ids)])
        if kind == "crash":
            left = [id for id in ids if id not in down]
            if len(down) < may_stay:
                down.append(rng.choice(left))
                faults.append(Crash(down[-1], at))
        elif kind == "outage" and victim not in down:
            faults.append(Outage(victim, at, until))
        elif kind == "partition" and n > 1:
            groups = _groups(ids, rng)
            faults.append(Partition(groups, at, until, one_way=rng.random() < 0.3))
        elif kind == "isolate":
            faults.append(Isolate(victim, at, until))
        elif kind == "pause":
            faults.append(Pause(victim, at, round(until - at, 3)))
        elif kind == "loss":
            faults.append(LossBurst(round(rng.uniform(0.1, 1.0), 2), at, until))
        elif kind == "slow":
            faults.append(SlowLink(None, rng.choice(ids), at, until, extra=round(rng.uniform(0.01, 0.3), 3)))
        elif kind == "cut" and n > 1:
            one, other = rng.sample(ids, 2)
            faults.append(Cut(one, other, at, until, both=rng.random() < 0.5))
    return sorted(faults, key=lambda fault: fault.at)


def _groups(ids: list[int], rng: Random) -> list[list[int]]:
    mixed = rng.sample(ids, len(ids))
    cut = rng.randint(1, len(ids) - 1)
    if len(ids) > 3 and rng.random() < 0.2:
        other = rng.randint(1, len(ids) - 1)
        first, last = sorted((cut, other))
        return [group for group in (mixed[:first], mixed[first:last], mixed[last:]) if group]
    return [mixed[:cut], mixed[cut:]]


def storm(nodes: dict[NodeId, Node], seed: int, faults: list[Fault] | None = None) -> Simulation:
    """A run under a schedule, and five seconds more, on a network that also doubles and reorders messages."""
    if faults is None:
        faults = schedule(seed, len(nodes))
    network = Network(
        latency=Uniform(0.005, 0.015), duplication=0.05 * (seed % 3), reordering=0.1 * (seed % 2)
    )
    sim = Simulation(nodes, network=network, faults=faults, seed=seed, trace="outline")
    sim.run(until=8.0)
    return sim


def crash_only(nodes: dict[NodeId, Node], seed: int) -> Simulation:
    """A run in which some nodes, but not all, crash one after the other and stay down."""
    rng = stream(seed, "crashes")
    victims = rng.sample(sorted(nodes), rng.randint(1, max(1, len(nodes) - 1)))
    faults = [Crash(victim, at=round(rng.uniform(0.0, 1.5), 3)) for victim in victims]
    sim = Simulation(nodes, Network(latency=Uniform(0.005, 0.015)), faults, seed=seed, trace="outline")
    sim.run(until=4.0)
    return sim


def disagreement(sim: Simulation) -> str | None:
    """None if exactly one live node leads and all live nodes name it; else who thinks what."""
    live = [node for id, node in sim.nodes.items() if sim.up(id)]
    leaders = [node.id for node in live if node.role in ("leader", "leading")]
    if len(leaders) == 1 and all(vars(node)["leader"] == leaders[0] for node in live):
        return None
    return ", ".join(f"{node.id}: {node.role} of {vars(node)['leader']}" for node in live)


def reigns(sim: Simulation) -> list[tuple[float, float, NodeId]]:
    """(from, to, node) for each time that a node led."""
    led = sim.trace.roles
    led = led[led.role.isin(["leader", "leading"])]
    return sorted(zip(led.start, led.end, led.node, strict=True))


def two_at_once(sim: Simulation) -> str | None:
    """None if no two nodes ever led at the same moment; else who and when."""
    last: tuple[float, NodeId] = (0.0, None)  # the latest end of a reign so far, and whose
    for start, end, node in reigns(sim):
        if start < last[0] and node != last[1]:
            return f"{last[1]} and {node} at t = {start:g} s"
        last = max(last, (end, node), key=lambda reign: reign[0])
    return None
