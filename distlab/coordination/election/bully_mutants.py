"""Bully with one safeguard switched off at a time, and what then breaks.

Bully counts on bounded delays and has no terms. So it promises one leader at a time only while nobody is cut
off, paused, slowed down or back from a crash; and a leader, the highest live node, once faults have stopped.
"""

from __future__ import annotations

from distlab.sim import NodeId

from .bully import Bully
from .mutant import Mutant

__all__ = ["MUTANTS"]

_PAPER = "Garcia-Molina 1982, the Bully algorithm"

A_LEADER = "a leader once faults stop"
ONE_AT_A_TIME = "one leader at a time while nodes only crash"


class AnswersNobody(Bully):
    def answer(self, lower: NodeId) -> None:
        pass


class IgnoresAnswers(Bully):
    def give_way(self) -> None:
        pass


class WaitsForEver(Bully):
    def give_way(self) -> None:
        super().give_way()
        if self.silence is not None:
            self.silence.cancel()


class AsksEverybody(Bully):
    def higher(self) -> list[NodeId]:
        return list(self.peers)


class TrustsItsLeader(Bully):
    def watch_leader(self) -> None:
        if self.silence is not None:
            self.silence.cancel()


class NeverStepsDown(Bully):
    def follow(self, leader: NodeId | None) -> None:
        if self.role != "leader":
            super().follow(leader)


MUTANTS = (
    Mutant(
        name="does not answer lower ids",
        kind=AnswersNobody,
        base=Bully,
        safeguard="a higher node answers an Election with Alive",
        source=_PAPER,
        breaks=ONE_AT_A_TIME,
    ),
    Mutant(
        name="ignores higher nodes' answers",
        kind=IgnoresAnswers,
        base=Bully,
        safeguard="who is answered with Alive does not declare victory",
        source=_PAPER,
        breaks=ONE_AT_A_TIME,
    ),
    Mutant(
        name="waits for ever for a Victory",
        kind=WaitsForEver,
        base=Bully,
        safeguard="who is answered, but hears of no Victory in time, stands again",
        source=_PAPER,
        breaks=A_LEADER,
        nodes=5,
    ),
    Mutant(
        name="asks lower nodes, too",
        kind=AsksEverybody,
        base=Bully,
        safeguard="only higher nodes are asked, so the highest is answered by nobody",
        source=_PAPER,
        breaks=A_LEADER,
        nodes=2,
    ),
    Mutant(
        name="never doubts its leader",
        kind=TrustsItsLeader,
        base=Bully,
        safeguard="who hears no Heartbeat of its leader for a time-out stands for election",
        source=_PAPER,
        breaks=A_LEADER,
        nodes=2,
    ),
    Mutant(
        name="does not step down for a higher node",
        kind=NeverStepsDown,
        base=Bully,
        safeguard="a leader that hears of a higher one follows it",
        source=_PAPER,
        breaks=A_LEADER,
        nodes=2,
    ),
)
