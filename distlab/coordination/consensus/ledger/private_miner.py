"""A double spend by a miner with real blocks: a private chain, published when it pays.

Nakamoto 2008, section 11.

The rule::

    pay, and mine in private on the tip of that moment
    the others have z blocks since, and the private chain is longer:  publish it; the payment is reverted
    the others are give_up blocks ahead:                              give up, and mine on their chain
    in both cases:                                                    begin again

With more than half of the power this succeeds in the end, however large z is (51% 攻击).
"""

from __future__ import annotations

from typing import Any

from .block import GENESIS, Block
from .proof_of_work import ProofOfWork

__all__ = ["PrivateMiner"]


class PrivateMiner(ProofOfWork):
    """A miner that tries to revert its payments, one after the other.

    Recorded are "reverted" (``confirmations``: how many the payment had, ``blocks``: how many blocks became
    stale) and "gave up" (``behind``).

    Parameters
    ----------
    confirmations
        How many blocks the seller waits for, the one with the payment included.
    give_up
        Blocks behind at which it gives up.
    rules
        As for ``ProofOfWork``.

    Raises
    ------
    ValueError
        If a number is outside its range.

    References
    ----------
    Nakamoto 2008, section 11; Rosenfeld 2014.

    Examples
    --------
    >>> from distlab.coordination.consensus.ledger import ProofOfWork
    >>> from distlab.sim import Network, Simulation
    >>> nodes = [PrivateMiner(power=600), ProofOfWork(power=200), ProofOfWork(power=200)]
    >>> trace = Simulation(nodes, Network(latency=0.001), seed=1).run(until=100.0)
    >>> trace.records.event.tolist().count("reverted") > 10
    True
    """

    def __init__(self, *, confirmations: int = 2, give_up: int = 20, **rules: Any) -> None:
        super().__init__(**rules)
        if not isinstance(confirmations, int) or confirmations < 0:
            raise ValueError(f"confirmations must be a whole number, 0 or more; got {confirmations!r}.")
        if not isinstance(give_up, int) or give_up < 1:
            raise ValueError(f"give_up must be a whole number of blocks, 1 or more; got {give_up!r}.")
        self.confirmations = confirmations
        self.give_up = give_up
        self.fork = self.public = GENESIS

    def on_start(self) -> None:
        self.begin_attack()
        super().on_start()

    def begin_attack(self) -> None:
        self.fork = self.public = self.tip

    # --- the private chain is its tip; the public one is what the others have

    def is_better(self, block: Block) -> bool:
        return block.writer == self.id and block.height > self.tip.height

    def publish(self, block: Block) -> None:
        pass

    def pass_on(self, block: Block, sender: Any) -> None:
        pass

    def accept(self, block: Block) -> None:
        super().accept(block)
        if block.writer != self.id and block.height > self.public.height:
            self.public = block
        self.consider()

    def consider(self) -> None:
        confirmed = self.public.height - self.fork.height
        lead = self.tip.height - self.public.height
        if confirmed >= self.confirmations and lead > 0:
            for block in self.tree.after(self.fork, self.tip.hash):
                self.broadcast(block)
            self.record("reverted", confirmations=self.confirmations, blocks=confirmed)
            self.begin_attack()
        elif -lead >= self.give_up:
            self.record("gave up", behind=-lead)
            self.move_to(self.public)
            self.begin_attack()
