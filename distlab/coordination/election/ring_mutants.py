"""The ring elections with one safeguard switched off at a time, and what then breaks.

The largest live id must lead once faults have stopped. Mutants of what both rings share are derived from
Chang and Roberts' ring.
"""

from __future__ import annotations

from distlab.sim import NodeId

from .chang_roberts import ChangRoberts, Election
from .hirschberg_sinclair import HirschbergSinclair, Ok
from .mutant import Mutant
from .rings import CLOCKWISE, Elected

__all__ = ["MUTANTS"]

_CHANG_ROBERTS = "Chang and Roberts 1979"
_HIRSCHBERG_SINCLAIR = "Hirschberg and Sinclair 1980"
_HERE = "this laboratory, for rings that lose nodes and messages"

A_LEADER = "a leader once faults stop"
ONE_AT_A_TIME = "one leader at a time while nodes only crash"


class PassesOnEveryId(ChangRoberts):
    def on_election(self, msg: Election, sender: NodeId) -> None:
        if msg.id == self.id:
            self.win()
        else:
            self.pass_on(msg, msg.id, CLOCKWISE)


class PassesOnItsOwnId(ChangRoberts):
    def win(self) -> None:
        self.run_for_election()


class DiscardsSilently(ChangRoberts):
    def object_to_smaller(self) -> None:
        pass


class NeverTriesAgain(ChangRoberts):
    def try_again_later(self) -> None:
        pass


class NeverSkips(ChangRoberts):
    def skip(self, lost: NodeId, side: int) -> None:
        pass


class NeverCompares(ChangRoberts):
    def compare_leaders(self, other: NodeId | None) -> None:
        pass


class NeverStepsDown(ChangRoberts):
    def lose(self) -> None:
        if self.role != "leader":
            super().lose()

    def follow(self, leader: NodeId) -> None:
        if self.role != "leader":
            super().follow(leader)


class FollowsSmaller(ChangRoberts):
    def on_elected(self, msg: Elected, sender: NodeId) -> None:
        if msg.leader != self.id:
            self.follow(msg.leader)
            self.send(self.neighbour[CLOCKWISE], msg)


class LeadsItsNeighbours(HirschbergSinclair):
    def on_ok(self, msg: Ok, sender: NodeId) -> None:
        super().on_ok(msg, sender)
        if self.in_the_race() and self.maxnum == 2:
            self.win()


_TWO_SUMMITS = ({"order": (1, 3, 2, 4)},) * 4

MUTANTS = (
    Mutant(
        name="passes on every id",
        kind=PassesOnEveryId,
        base=ChangRoberts,
        safeguard="a smaller id is discarded, so only the largest comes back",
        source=_CHANG_ROBERTS,
        breaks=ONE_AT_A_TIME,
        nodes=2,
    ),
    Mutant(
        name="passes on its own id",
        kind=PassesOnItsOwnId,
        base=ChangRoberts,
        safeguard="whose id comes back leads",
        source=_CHANG_ROBERTS,
        breaks=A_LEADER,
        nodes=2,
    ),
    Mutant(
        name="discards smaller ids without starting an election",
        kind=DiscardsSilently,
        base=ChangRoberts,
        safeguard="a larger node that hears of an election takes part in it",
        source=_CHANG_ROBERTS,
        breaks=A_LEADER,
    ),
    Mutant(
        name="never tries again",
        kind=NeverTriesAgain,
        base=ChangRoberts,
        safeguard="an election that takes too long starts again",
        source=_HERE,
        breaks=A_LEADER,
        nodes=2,
    ),
    Mutant(
        name="never skips a dead neighbour",
        kind=NeverSkips,
        base=ChangRoberts,
        safeguard="a silent neighbour is skipped",
        source=_HERE,
        breaks=A_LEADER,
    ),
    Mutant(
        name="does not compare leaders with its neighbours",
        kind=NeverCompares,
        base=ChangRoberts,
        safeguard="a ping that names another leader starts an election",
        source=_HERE,
        breaks=A_LEADER,
    ),
    Mutant(
        name="does not step down for a larger id",
        kind=NeverStepsDown,
        base=ChangRoberts,
        safeguard="a leader that passes on a larger id leads no more",
        source=_HERE,
        breaks=A_LEADER,
        nodes=2,
    ),
    Mutant(
        name="follows a smaller id",
        kind=FollowsSmaller,
        base=ChangRoberts,
        safeguard="a node objects when a smaller id has won",
        source=_HERE,
        breaks=A_LEADER,
    ),
    Mutant(
        name="leads when its two neighbours are smaller",
        kind=LeadsItsNeighbours,
        base=HirschbergSinclair,
        safeguard="whose id has been all around the ring leads",
        source=_HIRSCHBERG_SINCLAIR,
        breaks=ONE_AT_A_TIME,
        nodes=4,
        arguments=_TWO_SUMMITS,
    ),
)
