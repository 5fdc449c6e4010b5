"""Each ledger with one safeguard switched off at a time, and what then breaks.

Some safeguards keep an honest network together and show in a partition or a crash. Others keep cheats out
and show only beside one: ``CHEATS`` says which. The property is ``Ledger`` with the ledger's own audit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from distlab.sim import Node, NodeId

from ...election.mutant import Mutant
from . import difficulty as rule
from .block import Block
from .cheats import (
    Backdates,
    LowersTheDifficulty,
    MinesInThePast,
    OutOfTurn,
    OutOfTurnDelegate,
    Reseals,
    SkipsAhead,
    SkipsTheWork,
)
from .delegated import DelegatedProofOfStake
from .elections import Council
from .proof_of_stake import ProofOfStake
from .proof_of_work import ProofOfWork
from .stakes import Stakes

__all__ = ["CHEATS", "MUTANTS", "beside_a_cheat"]

VALID = "only valid blocks are accepted"
PREFIX = "a common prefix once faults stop"
GROWTH = "a chain that grows once faults stop"
PERSISTENCE = "a prefix that stays once faults stop"


# --- what keeps an honest network together


class StaysWithTheFirstChain(ProofOfWork):
    def is_better(self, block: Block) -> bool:
        return block.parent == self.tip.hash


class StaysOnItsBranch(ProofOfStake):
    def is_better(self, block: Block) -> bool:
        return block.parent == self.tip.hash


class StaysInItsHalf(DelegatedProofOfStake):
    def is_better(self, block: Block) -> bool:
        return block.parent == self.tip.hash


class FetchesNothing(ProofOfWork):
    def fetch(self, hash: str, sender: NodeId) -> None:
        pass


class KeepsThemWaiting(ProofOfWork):
    def who_waited_for(self, block: Block) -> list[Block]:
        return []


# --- the difficulty


class AdjustsWithoutClamp(ProofOfWork):
    def required_difficulty(self, parent: Block) -> float:
        return rule.required(parent, self.back, self.difficulty, self.window, self.interval, 1e9)


class NeverAdjusts(ProofOfWork):
    def required_difficulty(self, parent: Block) -> float:
        return self.difficulty


# --- stakes and votes


class IgnoresTheStake(ProofOfStake):
    def weights(self, slot: int, parent: Block) -> dict[NodeId, float]:
        return dict.fromkeys(super().weights(slot, parent), 1.0)


class KeepsItsAge(ProofOfStake):
    def next_state(self, state: Stakes, block: Block) -> Stakes:
        won = [since for _, _, since in state.held]
        held = super().next_state(state, block).held
        return Stakes(tuple([(who, coins, age) for (who, coins, _), age in zip(held, won, strict=True)]))


class PaysNoReward(ProofOfStake):
    def next_state(self, state: Stakes, block: Block) -> Stakes:
        coins = [held for _, held, _ in state.held]
        held = super().next_state(state, block).held
        return Stakes(tuple([(who, before, won) for (who, _, won), before in zip(held, coins, strict=True)]))


class ElectsInTheMiddle(DelegatedProofOfStake):
    def council(self, round: int, parent: Block) -> Council:
        ballots = self.state_after(parent).ballots
        return Council(ballots).in_round(round, self.coins(), self.standing(), self.seats)


# --- what keeps cheats out


class FollowsTheNewest(ProofOfWork):
    def is_better(self, block: Block) -> bool:
        return True


class AcceptsTooLittleWork(ProofOfWork):
    def shows_the_work(self, block: Block) -> bool:
        return True


class AcceptsAnyDifficulty(ProofOfWork):
    def what_is_wrong(self, block: Block, parent: Block) -> str:
        return "" if self.shows_the_work(block) else "its hash is too large"


class AcceptsAnySeal(ProofOfWork):
    def is_sealed(self, block: Block) -> bool:
        return True


class AcceptsAnyOwner(ProofOfStake):
    def is_owner(self, block: Block, parent: Block) -> bool:
        return True


class AcceptsTheFuture(ProofOfStake):
    def has_begun(self, block: Block) -> bool:
        return True


class AcceptsOldSlots(ProofOfStake):
    def is_later(self, block: Block, parent: Block) -> bool:
        return True


class WritesOutOfTurn(DelegatedProofOfStake):
    def is_my_turn(self, slot: int) -> bool:
        return slot > self.tip.slot


class AcceptsAnyDelegate(DelegatedProofOfStake):
    def is_owner(self, block: Block, parent: Block) -> bool:
        return True


#: whom a mutant must meet to show what it lacks
CHEATS: dict[type[Node], type[Node]] = {
    FollowsTheNewest: MinesInThePast,
    AcceptsTooLittleWork: SkipsTheWork,
    AcceptsAnyDifficulty: LowersTheDifficulty,
    AcceptsAnySeal: Reseals,
    AcceptsAnyOwner: OutOfTurn,
    AcceptsTheFuture: SkipsAhead,
    AcceptsOldSlots: Backdates,
    AcceptsAnyDelegate: OutOfTurnDelegate,
}


def beside_a_cheat(kind: type[Node], cheat: type[Node]) -> Callable[..., dict[NodeId, Node]]:
    """A builder for ``check``: node 1 is a cheat, the others are of the given class.

    >>> beside_a_cheat(ProofOfWork, SkipsTheWork)(3)
    {1: SkipsTheWork(...), 2: ProofOfWork(...), 3: ProofOfWork(...)}
    """

    def build(n: int, **arguments: Any) -> dict[NodeId, Node]:
        honest = {id: kind(**arguments) for id in range(2, n + 1)}
        return {1: cheat(**arguments), **honest}

    return build


_NAKAMOTO = "Nakamoto 2008, section "

MUTANTS = (
    Mutant("draws owners whatever their stake", IgnoresTheStake, ProofOfStake,
           "weight is amount times age", "King and Nadal 2012", VALID, nodes=4),
    Mutant("keeps the age of coins that have won", KeepsItsAge, ProofOfStake,
           "age begins again with a win", "King and Nadal 2012", VALID, nodes=4),
    Mutant("pays no reward", PaysNoReward, ProofOfStake,
           "the writer gets the reward", "King and Nadal 2012", VALID, nodes=4),
    Mutant("counts new ballots within a round", ElectsInTheMiddle, DelegatedProofOfStake,
           "delegates stay for a round", "Larimer 2014", VALID, nodes=4),
    Mutant("moves to whatever block came last", FollowsTheNewest, ProofOfWork,
           "only a heavier chain counts", _NAKAMOTO + "5", PERSISTENCE, nodes=4),
    Mutant("keeps the chain that it saw first", StaysWithTheFirstChain, ProofOfWork,
           "the heaviest chain counts", _NAKAMOTO + "5", PREFIX, nodes=4),
    Mutant("never leaves its branch", StaysOnItsBranch, ProofOfStake,
           "the longest chain counts", "Kiayias and others 2017", PREFIX, nodes=4),
    Mutant("never leaves its half of the network", StaysInItsHalf, DelegatedProofOfStake,
           "the longest chain counts", "Larimer 2014", PREFIX, nodes=4),
    Mutant("does not ask for missing parents", FetchesNothing, ProofOfWork,
           "missing blocks are asked for", _NAKAMOTO + "5", PREFIX, nodes=4),
    Mutant("leaves blocks waiting whose parent has come", KeepsThemWaiting, ProofOfWork,
           "a block that waits is accepted after its parent", _NAKAMOTO + "5", PREFIX, nodes=4),
    Mutant("adjusts the difficulty by any factor", AdjustsWithoutClamp, ProofOfWork,
           "at most 4 times at once", "Bitcoin Core, CalculateNextWorkRequired", VALID, nodes=4),
    Mutant("never adjusts the difficulty", NeverAdjusts, ProofOfWork,
           "difficulty follows the power", _NAKAMOTO + "4", VALID, nodes=4),
    Mutant("accepts blocks with too little work", AcceptsTooLittleWork, ProofOfWork,
           "the hash must be small enough", _NAKAMOTO + "4", VALID, nodes=4),
    Mutant("lets the writer choose the difficulty", AcceptsAnyDifficulty, ProofOfWork,
           "the chain requires the difficulty", _NAKAMOTO + "4", VALID, nodes=4),
    Mutant("does not compare a block with its hash", AcceptsAnySeal, ProofOfWork,
           "the hash is that of the contents", _NAKAMOTO + "3", VALID, nodes=4),
    Mutant("accepts blocks of anybody in any slot", AcceptsAnyOwner, ProofOfStake,
           "a slot belongs to one owner", "Kiayias and others 2017", VALID, nodes=4),
    Mutant("accepts blocks for slots to come", AcceptsTheFuture, ProofOfStake,
           "a slot must have begun", "Kiayias and others 2017", GROWTH, nodes=4),
    Mutant("accepts blocks for slots before the parent's", AcceptsOldSlots, ProofOfStake,
           "slots rise along a chain", "Kiayias and others 2017", VALID, nodes=4),
    Mutant("writes in every slot", WritesOutOfTurn, DelegatedProofOfStake,
           "delegates write in turn", "Larimer 2014", VALID, nodes=4),
    Mutant("accepts blocks of anybody in any slot", AcceptsAnyDelegate, DelegatedProofOfStake,
           "a slot belongs to one delegate", "Larimer 2014", VALID, nodes=4),
)  # fmt: skip
