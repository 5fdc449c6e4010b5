"""A ledger in time slots: in each slot at most one node may write, and everybody knows which.

The rule::

    in each slot:         if it is mine, on the chain that I have: write a block for it on the tip
    a block is valid:     its slot is later than its parent's, and has begun;
                          its writer is whose turn it is, on the chain up to its parent
    the fork choice:      the longest chain

A slot whose owner is down or late is missed: nobody writes in it.
"""

from __future__ import annotations

from math import floor

from distlab.sim import NodeId, Timer
from distlab.sim.distributions import seconds

from .block import Block
from .ledger_node import LedgerNode

__all__ = ["SlotLedger"]


class SlotLedger(LedgerNode):
    """What proof of stake and its delegated form share; they say whose turn it is.

    Parameters
    ----------
    slot
        Seconds of one slot.
    relay, tie, capacity
        As for ``LedgerNode``.

    Raises
    ------
    ValueError
        If ``slot`` is no duration.
    """

    def __init__(
        self, *, slot: float = 0.25, relay: bool = True, tie: float = 0.0, capacity: int | None = None
    ) -> None:
        super().__init__(relay=relay, tie=tie, capacity=capacity)
        self.slot = seconds(slot, "slot", "more than 0")
        self.clock: Timer | None = None

    def on_start(self) -> None:
        self.become("validating")
        self.wait_for_slot()

    def wait_for_slot(self) -> None:
        self.clock = self.after(max(0.0, (self.slot_now() + 1) * self.slot - self.now), self.slot_begins)

    def slot_now(self) -> int:
        """The number of the slot that this node's clock is in; slot 0 belongs to nobody."""
        return floor(self.now / self.slot + 1e-6)

    def slot_begins(self) -> None:
        number = self.slot_now()
        if self.is_my_turn(number):
            self.write(slot=number)
        self.wait_for_slot()

    def is_my_turn(self, slot: int) -> bool:
        return slot > self.tip.slot and self.owner(slot, self.tip) == self.id

    def owner(self, slot: int, parent: Block) -> NodeId | None:
        """Whose turn it is in a slot, on the chain up to ``parent``."""
        raise NotImplementedError(f"{type(self).__name__} must say in owner(slot, parent) whose turn it is.")

    # --- rules

    def what_is_wrong(self, block: Block, parent: Block) -> str:
        if not self.is_later(block, parent):
            return "its slot is not later than its parent's"
        if not self.has_begun(block):
            return "its slot has not begun"
        if not self.is_owner(block, parent):
            return "its slot belongs to somebody else"
        return super().what_is_wrong(block, parent)

    def is_later(self, block: Block, parent: Block) -> bool:
        return block.slot > parent.slot

    def has_begun(self, block: Block) -> bool:
        return block.slot <= self.slot_now()

    def is_owner(self, block: Block, parent: Block) -> bool:
        return block.writer == self.owner(block.slot, parent)
