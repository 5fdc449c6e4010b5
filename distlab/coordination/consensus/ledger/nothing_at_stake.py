"""Nothing at stake (无利害关系): a vote on every branch costs nothing, so a small stake can revert payments.

A. Poelstra, *On Stake and Consensus*, 2015, section 2; V. Buterin, *Slasher*, 2014, for the remedy.

An owner with the share q pays, waits for z confirmations, and then signs only on a branch that begins before
the payment. Who signs on every branch adds to both. So the branch gains a block on the chain in each slot of
the attacker, and loses one in each slot of an owner who signs only on the longest chain: the attacker wins
if it has more stake than the honest have, however little that is.

With slashing, two signatures for one slot are evidence, and cost the stake.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from distlab.sim.network import probability

from .block import GENESIS, Block
from .proof_of_stake import ProofOfStake

__all__ = ["BranchStarter", "SignsEverywhere", "branch_wins"]


class SignsEverywhere(ProofOfStake):
    """A validator that signs on every branch which may still win.

    Parameters
    ----------
    reach
        How many blocks shorter than the longest one a branch may be.
    rules
        As for ``ProofOfStake``.
    """

    def __init__(self, *, reach: int = 30, **rules: Any) -> None:
        super().__init__(**rules)
        self.reach = reach

    def slot_begins(self) -> None:
        best, slot = self.tip, self.slot_now()
        for end in self.branch_ends():
            if end.hash != best.hash and slot > end.slot and self.owner(slot, end) == self.id:
                self.tip = end  # for a moment: it writes there, too
                self.write(slot=slot)
        if self.tree.weight[self.tip.hash] <= self.tree.weight[best.hash]:
            self.tip = best
        super().slot_begins()

    def branch_ends(self) -> list[Block]:
        parents = {block.parent for block in self.tree.blocks.values()}
        recent = self.tip.height - self.reach
        return [
            block
            for block in self.tree.blocks.values()
            if block.hash not in parents and block.height >= recent
        ]


class BranchStarter(ProofOfStake):
    """An owner that begins a branch some blocks before the end of the chain, and signs only there.

    Recorded are "branch" (``height``), and "reverted" (``slots``: how long it took), when its branch has
    become longer than the chain that it left.

    Parameters
    ----------
    confirmations
        How many blocks it wants to revert.
    begin
        The first slot in which it may begin; it begins in its own next one.
    rules
        As for ``ProofOfStake``.
    """

    def __init__(self, *, confirmations: int = 3, begin: int = 20, **rules: Any) -> None:
        super().__init__(**rules)
        self.confirmations = confirmations
        self.begin = begin
        self.root: Block | None = None  # the last block of the chain that it wants to keep
        self.left = GENESIS  # the end of the chain that it left
        self.done = False

    def slot_begins(self) -> None:
        if self.root is None and self.slot_now() >= self.begin:
            root = self.tree.ancestor(self.tip.hash, self.confirmations)
            if self.owner(self.slot_now(), root) == self.id:
                self.begin_branch(root)
        super().slot_begins()

    def begin_branch(self, root: Block) -> None:
        self.begin = self.slot_now()
        self.left, self.root = self.tip, root
        self.record("branch", height=root.height)
        self.move_to(root)

    def is_better(self, block: Block) -> bool:
        if self.root is None or self.done:
            return super().is_better(block)
        return self.is_on_branch(block) and block.height > self.tip.height

    def is_on_branch(self, block: Block) -> bool:
        """Does the block's chain leave the old one at the root?"""
        assert self.root is not None
        return self.tree.fork_point(block.hash, self.left.hash).height <= self.root.height

    def accept(self, block: Block) -> None:
        super().accept(block)
        if self.root is None or self.done:
            return
        if not self.is_on_branch(block) and block.height > self.left.height:
            self.left = block
        if self.tip.height > self.left.height:
            self.done = True
            self.record("reverted", slots=self.slot_now() - self.begin)


def branch_wins(
    q: float, honest: float, z: int, runs: int = 100_000, *, slots: int = 2_000, seed: int = 0
) -> float:
    """The share of runs in which the attacker's branch becomes the longest chain within so many slots.

    Parameters
    ----------
    q, honest
        Shares of the stake of the attacker, and of those who sign only on the longest chain; the rest signs
        on both branches.
    z
        How many blocks the branch has to gain, after its first one.
    runs
        How many races.
    slots
        How long each lasts.
    seed
        Same arguments, same result.

    Returns
    -------
    float
        Without a limit of slots it is (q/honest)^z, or 1 if q >= honest.

    Raises
    ------
    ValueError
        If the shares are no probabilities, or add up to more than 1.

    Examples
    --------
    >>> branch_wins(0.1, 0.0, z=3, runs=1_000)
    1.0
    """
    if probability(q, "q") + probability(honest, "honest") > 1 + 1e-9:
        raise ValueError(f"q and honest must not add up to more than 1; got {q!r} and {honest!r}.")
    rng = np.random.default_rng(seed)
    behind = np.full(runs, z, dtype=np.int32)  # its first block is there; it must be one block longer
    for _ in range(slots):
        owner = rng.random(behind.size, dtype=np.float32)
        behind += (owner >= q) & (owner < q + honest)
        behind -= owner < q
        behind = behind[behind > 0]
        if not behind.size:
            break
    return (runs - behind.size) / runs
