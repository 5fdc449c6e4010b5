"""Selfish mining with real blocks, as in the paper's algorithm 1.

I. Eyal and E. G. Sirer, *Majority is not Enough: Bitcoin Mining is Vulnerable*, 2014.

The rule, with ``lead`` the length of the private chain minus that of the public one::

    the pool finds a block:        keep it; if the lead was 0 and its branch now has 2 blocks: publish all
    the others find one, and the lead was
        0:     mine on theirs
        1:     publish the last block: a tie
        2:     publish all: theirs is stale
        more:  publish the first block that is not public yet

Which of two equal chains the others mine on is their ``tie``: the paper's gamma.
"""

from __future__ import annotations

from typing import Any

from .block import GENESIS, Block
from .proof_of_work import ProofOfWork

__all__ = ["SelfishMiner"]


class SelfishMiner(ProofOfWork):
    """A pool (矿池) that withholds its blocks and publishes them when that hurts the others most.

    Parameters
    ----------
    rules
        As for ``ProofOfWork``.

    References
    ----------
    Eyal and Sirer 2014, algorithm 1.

    Examples
    --------
    >>> from distlab.coordination.consensus.ledger import ProofOfWork
    >>> from distlab.sim import Network, Simulation
    >>> nodes = [SelfishMiner(power=450), ProofOfWork(power=550)]
    >>> sim = Simulation(nodes, Network(latency=0.0001), seed=1)
    >>> trace = sim.run(until=500.0)
    >>> honest = sim.nodes[2]
    >>> main = honest.tree.chain(honest.tip.hash)[1:]
    >>> sum(block.writer == 1 for block in main) / len(main) > 0.5
    True
    """

    def __init__(self, **rules: Any) -> None:
        super().__init__(**rules)
        self.public = GENESIS  # the end of the chain that the others have
        self.hidden: list[Block] = []  # blocks of its own that are not public yet
        self.branch = 0  # how many blocks it has found since its chain left the public one

    def on_start(self) -> None:
        self.public, self.hidden, self.branch = self.tip, [], 0
        super().on_start()

    def is_better(self, block: Block) -> bool:
        return block.writer == self.id

    def lead(self) -> int:
        return self.tip.height - self.public.height

    def publish(self, block: Block) -> None:
        """Its own new block: it is the tip already."""
        self.hidden.append(block)
        self.branch += 1
        if self.lead() == 1 and self.branch == 2:
            self.publish_all()

    def accept(self, block: Block) -> None:
        before = self.lead()
        super().accept(block)
        if block.writer == self.id or block.height <= self.public.height:
            return
        self.public = block
        if before == 0:
            self.branch = 0
            self.move_to(block)
        elif before == 1:
            self.publish_hidden(1)
        elif before == 2:
            self.publish_all()
        else:
            self.publish_hidden(1)

    def publish_all(self) -> None:
        self.publish_hidden(len(self.hidden))
        self.public, self.branch = self.tip, 0

    def publish_hidden(self, count: int) -> None:
        for block in self.hidden[:count]:
            self.broadcast(block)
        self.hidden = self.hidden[count:]
