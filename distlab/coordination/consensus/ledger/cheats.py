"""Nodes that break one rule each: an honest network refuses their blocks.

They are what the checks of ``what_is_wrong`` are for: without one of the checks, the blocks of the cheat
with the same name are accepted. See ``ledger_mutants``.
"""

from __future__ import annotations

from .block import Block, seal
from .delegated import DelegatedProofOfStake
from .proof_of_stake import ProofOfStake
from .proof_of_work import ProofOfWork

__all__ = [
    "Backdates",
    "LowersTheDifficulty",
    "MinesInThePast",
    "OutOfTurn",
    "OutOfTurnDelegate",
    "Reseals",
    "SkipsAhead",
    "SkipsTheWork",
]


class SkipsTheWork(ProofOfWork):
    """Publishes whatever it has hashed, ten times as often."""

    def found(self) -> None:
        needed = self.required_difficulty(self.tip)
        self.write(difficulty=needed, proof=(1 + 9 * self.rng.random()) / needed)

    def shows_the_work(self, block: Block) -> bool:
        return True


class LowersTheDifficulty(ProofOfWork):
    """Thinks that a block takes only a tenth of the hashes of the first one."""

    def required_difficulty(self, parent: Block) -> float:
        return self.difficulty / 10


class MinesInThePast(ProofOfWork):
    """Does the work, but ten blocks before the end of the chain."""

    def found(self) -> None:
        tip, self.tip = self.tip, self.tree.ancestor(self.tip.hash, 10)
        super().found()
        if self.tree.weight[self.tip.hash] <= self.tree.weight[tip.hash]:
            self.tip = tip


class Reseals(ProofOfWork):
    """Tells the even nodes that its block says something else, under the same hash."""

    def publish(self, block: Block) -> None:
        parent = self.tree.parent(block)
        lie = seal(parent, self.id, block.time, difficulty=block.difficulty, payload=("something else",))
        altered = Block(
            block.hash, lie.parent, lie.height, lie.writer, lie.time, lie.difficulty, 0.0, 0, lie.payload
        )
        for peer in self.peers:
            self.send(peer, block if peer % 2 else altered)


class OutOfTurn(ProofOfStake):
    """Writes in every slot."""

    def is_my_turn(self, slot: int) -> bool:
        return slot > self.tip.slot

    def is_owner(self, block: Block, parent: Block) -> bool:
        return True


class OutOfTurnDelegate(DelegatedProofOfStake):
    """Writes in every slot."""

    def is_my_turn(self, slot: int) -> bool:
        return slot > self.tip.slot

    def is_owner(self, block: Block, parent: Block) -> bool:
        return True


class SkipsAhead(ProofOfStake):
    """Writes for a slot of its own that is far ahead, so that nobody can write before that."""

    def slot_begins(self) -> None:
        ahead = self.slot_now() + 1_000
        own = [slot for slot in range(ahead, ahead + 50) if self.owner(slot, self.tip) == self.id]
        if own and self.tip.slot < ahead - 500:
            self.write(slot=own[0])
        self.wait_for_slot()

    def has_begun(self, block: Block) -> bool:
        return True


class Backdates(ProofOfStake):
    """Writes once more, on the tip, for a slot of its own that is long over."""

    def slot_begins(self) -> None:
        super().slot_begins()
        slot = self.slot_now() - 1
        while slot > 0 and self.owner(slot, self.tip) != self.id:
            slot -= 1
        if slot > 0:
            self.write(slot=slot)

    def is_later(self, block: Block, parent: Block) -> bool:
        return True
