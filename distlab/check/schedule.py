"""Fault schedules at random, within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from distlab.sim import Fault, Isolate, LossBurst, Outage, Partition, Pause, SlowLink

__all__ = ["FaultBudget", "faults_end"]

_KINDS = {
    "crashes": "crash",
    "partitions": "partition",
    "pauses": "pause",
    "loss_bursts": "loss burst",
    "slow_links": "slow link",
}


@dataclass(frozen=True)
class FaultBudget:
    """How much may go wrong in one run, at most.

    Parameters
    ----------
    crashes, partitions, pauses, loss_bursts, slow_links
        The largest number of each in one run.
    until
        The time in seconds at which all faults have ended.
    stay_down
        How many crashed nodes may stay down; None: fewer than half of the nodes.
    all_stay
        If true, crashed nodes stay down, and no more crash than ``stay_down`` allows.
    aim_at_leader
        The probability that a fault hits whoever leads at that moment instead of a node drawn at random.

    Examples
    --------
    >>> FaultBudget(crashes=1, partitions=0, pauses=0, loss_bursts=0, slow_links=0).draw([1, 2], Random(4))
    [Outage(node='leader', at=0.089, until=0.114)]
    """

    crashes: int = 2
    partitions: int = 1
    pauses: int = 1
    loss_bursts: int = 1
    slow_links: int = 1
    until: float = 3.0
    stay_down: int | None = None
    aim_at_leader: float = 0.4
    all_stay: bool = False

    def __post_init__(self) -> None:
        for name in _KINDS:
            value = getattr(self, name)
            if not isinstance(value, int) or value < 0:
                raise ValueError(f"FaultBudget.{name} must be a whole number of 0 or more; got {value!r}.")
        if not self.until > 0:
            raise ValueError(f"FaultBudget.until must be more than 0 seconds; got {self.until!r}.")

    @property
    def empty(self) -> bool:
        """Does it allow no fault at all?"""
        return not (self.crashes or self.partitions or self.pauses or self.loss_bursts or self.slow_links)

    @property
    def calm(self) -> FaultBudget:
        """The same number of crashes, all of which stay, and nothing else."""
        return replace(self, partitions=0, pauses=0, loss_bursts=0, slow_links=0, all_stay=True)

    def draw(self, nodes: Sequence[Any], rng: Random) -> list[Fault]:
        """One schedule: at least one fault, sorted by time, everything healed at ``until``."""
        kinds = [name for name in _KINDS for _ in range(getattr(self, name))]
        if not kinds:
            return []
        chosen = rng.sample(kinds, rng.randint(1, len(kinds)))
        may_stay = (len(nodes) - 1) // 2 if self.stay_down is None else min(self.stay_down, len(nodes) - 1)
        faults: list[Fault] = []
        for kind in chosen:
            begin, end = self._span(rng)
            if kind == "crashes":
                if self.all_stay and not may_stay:
                    continue
                stays = may_stay > 0 and (self.all_stay or rng.random() < 0.2)
                may_stay -= stays
                faults.append(Outage(self._victim(nodes, rng), begin, None if stays else end))
            elif kind == "pauses":
                faults.append(Pause(self._victim(nodes, rng), begin, round(end - begin, 3)))
            elif kind == "partitions":
                faults.append(self._partition(nodes, begin, end, rng))
            elif kind == "loss_bursts":
                faults.append(LossBurst(round(rng.uniform(0.1, 0.9), 2), begin, end))
            else:
                faults.append(
                    SlowLink(None, rng.choice(nodes), begin, end, factor=rng.choice([2.0, 5.0, 20.0]))
                )
        return sorted(faults, key=lambda fault: fault.at)

    def _span(self, rng: Random) -> tuple[float, float]:
        """Short ones (a quick restart) as often as long ones, and the beginning more often than the rest."""
        begin = round(0.9 * self.until * rng.random() ** 1.5, 3)
        length = 0.01 + rng.expovariate(1.0) * self.until * (0.01 if rng.random() < 0.5 else 0.25)
        return begin, round(max(begin + 0.01, min(self.until, begin + length)), 3)

    def _victim(self, nodes: Sequence[Any], rng: Random) -> Any:
        return "leader" if rng.random() < self.aim_at_leader else rng.choice(nodes)

    def _partition(self, nodes: Sequence[Any], begin: float, end: float, rng: Random) -> Fault:
        if len(nodes) < 3 or rng.random() < self.aim_at_leader:
            return Isolate("leader", begin, end)
        group = rng.sample(list(nodes), rng.randint(1, len(nodes) // 2))
        return Partition([sorted(group, key=repr)], begin, end, one_way=rng.random() < 0.25)

    def __str__(self) -> str:
        words = []
        for name, one in _KINDS.items():
            count = getattr(self, name)
            if count:
                words.append(f"{count} {one if count == 1 else name.replace('_', ' ')}")
        return ", ".join(words) or "no faults"


def faults_end(faults: Sequence[Any]) -> float:
    """The time in seconds at which the last of some faults has ended (one that stays counts from its begin).

    >>> faults_end([Outage(1, at=1.0, until=2.5), Pause(2, at=2.0, duration=1.0)])
    3.0
    """
    ends = [0.0]
    for fault in faults:
        until = getattr(fault, "until", None)
        ends.append(fault.at + getattr(fault, "duration", 0.0) if until is None else until)
    return max(ends)
