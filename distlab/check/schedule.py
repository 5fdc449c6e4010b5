"""Fault schedules at random, within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from distlab.sim import Equivocate, Fault, Isolate, LossBurst, Outage, Partition, Pause, Silence, SlowLink
from distlab.sim.network import probability

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
    duplication
        The probability, in one run out of three, that a message comes twice (only with the default network).
    liars
        Nodes that may tell others what is not so (Byzantine), from the beginning to the end of a run.

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
    duplication: float = 0.0
    liars: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        for name in _KINDS:
            value = getattr(self, name)
            if not isinstance(value, int) or value < 0:
                raise ValueError(f"FaultBudget.{name} must be a whole number of 0 or more; got {value!r}.")
        if not self.until > 0:
            raise ValueError(f"FaultBudget.until must be more than 0 seconds; got {self.until!r}.")
        probability(self.duplication, "FaultBudget.duplication")
        object.__setattr__(self, "liars", tuple(self.liars))

    @property
    def empty(self) -> bool:
        """Does it allow no fault at all?"""
        return not (any(getattr(self, name) for name in _KINDS) or self.liars)

    @property
    def calm(self) -> FaultBudget:
        """The same number of crashes, all of which stay, and nothing else."""
        return replace(
            self,
            partitions=0,
            pauses=0,
            loss_bursts=0,
            slow_links=0,
            all_stay=True,
            duplication=0.0,
            liars=(),
        )

    @property
    def restarts(self) -> FaultBudget:
        """The same number of crashes, none of which stays, in half the time, and nothing else."""
        return replace(
            self, partitions=0, pauses=0, loss_bursts=0, slow_links=0, stay_down=0, until=self.until / 2
        )

    @property
    def hurried(self) -> FaultBudget:
        """The same in half the time, and no crash stays."""
        return replace(self, stay_down=0, until=self.until / 2)

    def weather(self, index: int) -> FaultBudget:
        """What may go wrong in the run with this index: no two kinds of trouble look for the same mistakes.

        Three runs in ten may have everything, three everything in a hurry, two nothing but restarts, two
        nothing but crashes that stay.
        """
        if self.crashes:
            kind = index % 5
            chosen = self.calm if kind == 4 else self.restarts if kind == 2 else self
            if kind in (1, 3) and index % 2:
                chosen = self.hurried
        else:
            chosen = self.hurried if index % 2 else self
        return chosen if index % 3 == 1 else replace(chosen, duplication=0.0)

    def both(self, other: FaultBudget) -> FaultBudget:
        """What this and another budget allow."""
        least = {name: min(getattr(self, name), getattr(other, name)) for name in (*_KINDS, "until")}
        liars = tuple([liar for liar in self.liars if liar in other.liars])
        return replace(self, **least, duplication=min(self.duplication, other.duplication), liars=liars)

    def draw(self, nodes: Sequence[Any], rng: Random) -> list[Fault]:
        """One schedule: at least one fault, sorted by time, everything healed at ``until``."""
        return sorted([*self._lies(nodes, rng), *self._troubles(nodes, rng)], key=lambda fault: fault.at)

    def _lies(self, nodes: Sequence[Any], rng: Random) -> list[Fault]:
        return [
            rng.choice([Equivocate, Equivocate, Silence])(liar, 0.0)
            for liar in self.liars
            if liar in nodes and rng.random() < 0.8
        ]

    def _troubles(self, nodes: Sequence[Any], rng: Random) -> list[Fault]:
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
        return faults

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
        if self.liars:
            words.append(f"{len(self.liars)} liar{'s' if len(self.liars) != 1 else ''}")
        return ", ".join(words) or "no faults"


def faults_end(faults: Sequence[Any]) -> float:
    """The time in seconds at which the last of some faults has ended (one that stays counts from its begin).

    >>> faults_end([Outage(1, at=1.0, until=2.5), Pause(2, at=2.0, duration=1.0)])
    3.0
    """
    ends = [fault.at if fault.end is None else fault.end for fault in faults]
    return max([0.0, *ends])
