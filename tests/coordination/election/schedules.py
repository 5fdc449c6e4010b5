"""Fault schedules at random: a few faults of every kind, all of them over after some seconds."""

from random import Random

from distlab.sim import Crash, Cut, Fault, Isolate, LossBurst, Outage, Partition, Pause, SlowLink, stream


def schedule(seed: int, n: int, over: float = 3.0, stay_down: int | None = None) -> list[Fault]:
    """One to six faults that end before ``over``; at most ``stay_down`` nodes (default: a minority) stay down."""
    rng = stream(seed, "schedule")
    ids = list(range(1, n + 1))
    may_stay = (n - 1) // 2 if stay_down is None else stay_down
    down: list[int] = []
    faults: list[Fault] = []
    for _ in range(rng.randint(1, 6)):
        at = round(rng.uniform(0.0, 0.8 * over), 3)
        until = round(rng.uniform(at + 0.01, over), 3)
        kind = rng.choice(["crash", "crash", "outage", "outage", "partition", "isolate", "pause", "loss", "slow", "cut"])
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
