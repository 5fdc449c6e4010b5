"""Proof of work (工作量证明): who finds a hash that is small enough writes the block.

S. Nakamoto, *Bitcoin: A Peer-to-Peer Electronic Cash System*, 2008, sections 4 to 6.

The rule::

    always:               try hashes for a block on the tip; each succeeds with probability 1/difficulty
    on success:           the block is written: send it to all
    on a new tip:         go on with that one
    a block is valid:     its hash is at most 1/difficulty of the largest one,
                          and its difficulty is what the chain before it requires
    the fork choice:      the chain with the most work, the sum of the difficulties

A miner with ``power`` hashes per second needs an exponential time with mean difficulty/power. That has no
memory: whoever turns to a new tip loses nothing.

Cost: power times time, whoever wins: difficulty hashes per block by all miners together, and a little more
for blocks that become stale.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from distlab.sim import Timer
from distlab.sim.distributions import seconds

from . import difficulty as rule
from .block import GENESIS, Block
from .ledger_node import LedgerNode

__all__ = ["ProofOfWork", "audit_work"]


class ProofOfWork(LedgerNode):
    """A miner (矿工) that also keeps the ledger.

    Parameters
    ----------
    power
        Hashes per second; 0: it only listens.
    difficulty
        Hashes per block on average, before the first adjustment.
    window
        Blocks after which the difficulty is adjusted; None: never.
    interval
        Seconds between blocks that the adjustment aims at.
    clamp
        The largest factor by which the difficulty changes at once.
    relay, tie, capacity
        As for ``LedgerNode``.

    Raises
    ------
    ValueError
        If a number is outside its range.

    References
    ----------
    Nakamoto 2008, sections 4 to 6.

    Examples
    --------
    >>> from distlab.sim import Simulation, cluster
    >>> sim = Simulation(cluster(ProofOfWork, 4), seed=1)
    >>> trace = sim.run(until=10.0)
    >>> len({node.tree.ancestor(node.tip.hash, 3).hash for node in sim.nodes.values()})
    1
    """

    def __init__(
        self,
        *,
        power: float = 1000.0,
        difficulty: float = 1000.0,
        window: int | None = None,
        interval: float = 0.25,
        clamp: float = 4.0,
        relay: bool = True,
        tie: float = 0.0,
        capacity: int | None = None,
    ) -> None:
        super().__init__(relay=relay, tie=tie, capacity=capacity)
        if not 0 <= power < float("inf"):
            raise ValueError(f"power must be hashes per second, 0 or more; got {power!r}.")
        if not 1 <= difficulty < float("inf"):
            raise ValueError(f"difficulty must be hashes per block, 1 or more; got {difficulty!r}.")
        if window is not None and (not isinstance(window, int) or window < 2):
            raise ValueError(f"window must be None or a whole number of blocks, 2 or more; got {window!r}.")
        if not clamp >= 1:
            raise ValueError(f"clamp must be a factor of 1 or more; got {clamp!r}.")
        self.power = float(power)
        self.difficulty = float(difficulty)
        self.window = window
        self.interval = seconds(interval, "interval", "more than 0")
        self.clamp = clamp
        self.mining: Timer | None = None

    def on_start(self) -> None:
        self.become("mining" if self.power else "listening")
        self.mine()

    # --- mining

    def mine(self) -> None:
        """Try hashes on the tip until one is small enough."""
        if not self.power:
            return
        needed = self.required_difficulty(self.tip)
        if not needed > 0:
            raise ValueError(
                f"required_difficulty must be more than 0, also after the first block; got {needed!r}."
            )
        delay = round(self.rng.expovariate(self.power / needed), 9)
        if self.mining is None:
            self.mining = self.after(delay, self.found)
        else:
            self.mining.reset(delay)

    def found(self) -> None:
        needed = self.required_difficulty(self.tip)
        self.write(difficulty=needed, proof=self.rng.random() / needed)

    def tip_moved(self) -> None:
        self.mine()

    # --- rules

    def what_is_wrong(self, block: Block, parent: Block) -> str:
        if block.difficulty != self.required_difficulty(parent):
            return "its difficulty is not what the chain requires"
        if not self.shows_the_work(block):
            return "its hash is too large: the work is missing"
        return super().what_is_wrong(block, parent)

    def shows_the_work(self, block: Block) -> bool:
        return block.proof * block.difficulty <= 1

    def required_difficulty(self, parent: Block) -> float:
        return rule.required(parent, self.back, self.difficulty, self.window, self.interval, self.clamp)

    def back(self, block: Block, blocks: int) -> Block:
        return self.tree.ancestor(block.hash, blocks)


def audit_work(**rules: Any) -> Callable[[Block, list[Block]], str | None]:
    """The rule of proof of work as a check of its own, for the property ``Ledger``.

    Parameters
    ----------
    rules
        ``difficulty``, ``window``, ``interval`` and ``clamp``, as the miners have them.

    Returns
    -------
    function
        (block, the blocks from height 1 up to its parent) -> None, or what is wrong with the block.

    Examples
    --------
    >>> from distlab.coordination.consensus.ledger import GENESIS, seal
    >>> audit_work()(seal(GENESIS, 1, 1.0, difficulty=1000.0, proof=0.5), [])
    'shows too little work'
    """
    sound = ProofOfWork(**rules)

    def audit(block: Block, chain: list[Block]) -> str | None:
        if block.proof * block.difficulty > 1:
            return "shows too little work"
        whole = [GENESIS, *chain]
        needed = rule.required(
            whole[-1],
            lambda _, back: whole[max(0, len(whole) - 1 - back)],
            sound.difficulty,
            sound.window,
            sound.interval,
            sound.clamp,
        )
        if abs(block.difficulty - needed) > 1e-9 * needed:
            return f"has a difficulty of {block.difficulty:.6g} instead of {needed:.6g}"
        return None

    return audit
