"""Oral messages with one safeguard switched off at a time, and what then breaks.

IC1 and IC2 together are "agreement": the loyal obey one order, a loyal commander's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from distlab.coordination.election.mutant import Mutant
from distlab.sim import NodeId

from .oral_messages import ATTACK, RETREAT, OralMessages, Path
from .paxos_mutants import AGREEMENT

__all__ = ["ORAL_MESSAGES_MUTANTS"]

_PAPER = "Lamport, Shostak and Pease 1982, section"


class ObeysTheCommander(OralMessages):
    def vote(self, values: Sequence[Any]) -> Any:
        return values[0]


class AttacksWithAnyone(OralMessages):
    def vote(self, values: Sequence[Any]) -> Any:
        return ATTACK if ATTACK in values else RETREAT


class PassesNothingOn(OralMessages):
    def passes_on(self, path: Path) -> bool:
        return False


class BelievesNames(OralMessages):
    def is_in_order(self, path: Path, sender: NodeId) -> bool:
        return len(path) <= self.m + 1 and self.id not in path


class LeavesARoundOut(OralMessages):
    def rounds(self) -> int:
        return self.m


ORAL_MESSAGES_MUTANTS = (
    Mutant(
        name="obeys the commander, whatever the others heard",
        kind=ObeysTheCommander,
        base=OralMessages,
        safeguard="the majority of what all were told decides",
        source=f"{_PAPER} 3, OM(m), step 3",
        breaks=AGREEMENT,
        nodes=4,
    ),
    Mutant(
        name="attacks if anyone says so",
        kind=AttacksWithAnyone,
        base=OralMessages,
        safeguard="the majority of what all were told decides",
        source=f"{_PAPER} 3, OM(m), step 3",
        breaks=AGREEMENT,
        nodes=4,
    ),
    Mutant(
        name="passes nothing on",
        kind=PassesNothingOn,
        base=OralMessages,
        safeguard="each lieutenant tells the others what he was told",
        source=f"{_PAPER} 3, OM(m), step 2",
        breaks=AGREEMENT,
        nodes=4,
    ),
    Mutant(
        name="believes whoever speaks in another's name",
        kind=BelievesNames,
        base=OralMessages,
        safeguard="the receiver of a message knows who sent it",
        source=f"{_PAPER} 3, A2",
        breaks=AGREEMENT,
        nodes=4,
    ),
    Mutant(
        name="leaves the last round out",
        kind=LeavesARoundOut,
        base=OralMessages,
        safeguard="m traitors need m+1 rounds",
        source=f"{_PAPER} 3, OM(m)",
        breaks=AGREEMENT,
        nodes=4,
    ),
)
