"""Proof of stake (权益证明): the right to write is drawn by lot, and each coin is a ticket.

S. King and S. Nadal, *PPCoin: Peer-to-Peer Crypto-Currency with Proof-of-Stake*, 2012 (coin age);
A. Kiayias and others, *Ouroboros*, CRYPTO 2017 (slots and their leaders).

The rule::

    in each slot:         one owner is drawn, with the probability of its weight, by a lot known to all
    weight:               the stake; or with coin age, stake times the slots since it last won
    the owner:            writes a block on its tip, and gets the reward
    a block is valid:     as in ``slots``: later than its parent, begun, written by the slot's owner
    with slashing:        who signs two blocks for one slot loses its stake, once a block names the two

Cost: no hashes are tried; a block costs one signature, whatever the stake.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from distlab.sim import NodeId

from .block import Block
from .lottery import drawn
from .slots import SlotLedger
from .stakes import Offence, StakeRules, Stakes

__all__ = ["ProofOfStake", "audit_stake"]


class ProofOfStake(SlotLedger):
    """A validator (验证者) that also keeps the ledger.

    Parameters
    ----------
    stakes
        Id -> coins; None: everybody has 1.
    rules
        Reward and coin age.
    slashing
        Whether a node that saw two blocks of one writer for one slot puts the evidence into its next block.
    lot
        What the lot is drawn from, besides the number of the slot; all nodes have the same.
    slot, relay, tie, capacity
        As for ``SlotLedger``.

    Raises
    ------
    ValueError
        If a number is outside its range.

    References
    ----------
    King and Nadal 2012; Kiayias and others 2017.

    Examples
    --------
    >>> from distlab.sim import Simulation, cluster
    >>> sim = Simulation(cluster(ProofOfStake, 4, stakes={1: 70, 2: 10, 3: 10, 4: 10}))
    >>> trace = sim.run(until=50.0)
    >>> writers = [block.writer for block in sim.nodes[1].tree.chain(sim.nodes[1].tip.hash)[1:]]
    >>> len(writers), 0.6 < writers.count(1) / len(writers) < 0.8
    (200, True)
    """

    def __init__(
        self,
        *,
        stakes: Mapping[NodeId, float] | None = None,
        rules: StakeRules = StakeRules(),  # noqa: B008 - it cannot be changed
        slashing: bool = False,
        lot: str = "slot",
        slot: float = 0.25,
        relay: bool = True,
        tie: float = 0.0,
        capacity: int | None = None,
    ) -> None:
        super().__init__(slot=slot, relay=relay, tie=tie, capacity=capacity)
        self.stakes = None if stakes is None else dict(stakes)
        self.rules = rules
        self.slashing = slashing
        self.lot = lot
        self.seen: dict[tuple[NodeId, int], str] = {}  # (writer, slot) -> the first block for it

    def owner(self, slot: int, parent: Block) -> NodeId | None:
        return drawn(self.weights(slot, parent), self.lot, slot)

    def weights(self, slot: int, parent: Block) -> dict[NodeId, float]:
        return self.rules.weights(self.state_after(parent), slot)

    def first_state(self) -> Stakes:
        return self.rules.first(self.stakes or {id: 1.0 for id in self.everybody()})

    def next_state(self, state: Stakes, block: Block) -> Stakes:
        return self.rules.after(state, block)

    # --- slashing

    def accept(self, block: Block) -> None:
        super().accept(block)
        first = self.seen.setdefault((block.writer, block.slot), block.hash)
        if self.slashing and first != block.hash:
            self.record("offence", writer=block.writer, offence_slot=block.slot)
            self.submit(Offence(block.writer, block.slot, (first, block.hash)))


def audit_stake(
    stakes: Mapping[Any, float], rules: StakeRules | None = None, lot: str = "slot"
) -> Callable[[Block, list[Block]], str | None]:
    """The rule of proof of stake as a check of its own, for the property ``Ledger``.

    Parameters
    ----------
    stakes, rules, lot
        As the nodes have them.

    Returns
    -------
    function
        (block, the blocks from height 1 up to its parent) -> None, or what is wrong with the block.

    Examples
    --------
    >>> from distlab.coordination.consensus.ledger import GENESIS, seal
    >>> audit_stake({1: 1.0, 2: 0.0})(seal(GENESIS, 2, 0.25, slot=1), [])
    'is written in slot 1 of node 1'
    """
    rules = rules or StakeRules()

    def audit(block: Block, chain: list[Block]) -> str | None:
        last = chain[-1].slot if chain else 0
        if block.slot <= last:
            return f"has slot {block.slot}, not later than its parent's, {last}"
        held = rules.first(stakes)
        for one in chain:
            held = rules.after(held, one)
        owner = drawn(rules.weights(held, block.slot), lot, block.slot)
        return None if owner == block.writer else f"is written in slot {block.slot} of node {owner}"

    return audit
