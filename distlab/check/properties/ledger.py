"""Ledgers: chains of blocks that grow at one end (Garay, Kiayias & Leonardos 2015).

What nodes say: ``record("accept", block=b)`` for a block that they take for valid, and ``record("tip",
block=b.hash, reverted=k)`` when their chain ends in another block, and k blocks of the old chain are not in
the new one. A block has a ``hash``, its ``parent``'s hash, a
``height``, a ``time`` and a ``writer``; the first block of all has the height 0 and is accepted by nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..observation import Observation
from ..property import Property, RunEnd, Violation
from ..schedule import FaultBudget

__all__ = ["Ledger"]

Audit = Callable[[Any, list[Any]], str | None]


class _Memory(NamedTuple):
    nodes: tuple[Any, ...]
    blocks: tuple[Any, ...] = ()  # each once, in the order in which somebody accepted it
    accepted: frozenset[tuple[Any, str]] = frozenset()  # (node, hash)
    tips: tuple[tuple[Any, str], ...] = ()  # (node, hash)
    deep: tuple[tuple[Any, float, int], ...] = ()  # (node, time, blocks taken back), if they were too many


class Ledger(Property):
    """Valid blocks only; and, once faults have stopped, a common prefix that stays, and a chain that grows.

    Parameters
    ----------
    confirmations
        How many blocks at the end of a chain may still change. All others are the same everywhere, and in
        the last quarter of ``within`` no node takes back more.
    growth
        How many blocks the chain of each live node must have gained since the last fault.
    audit
        Function (block, the accepted blocks from height 1 up to its parent) -> None, or what is wrong with
        the block, such as "shows too little work". None: only links are looked at.
    within
        Seconds after the last fault at which the end is judged.
    liars
        Nodes that may say anything; they are not looked at.

    References
    ----------
    J. Garay, A. Kiayias and N. Leonardos, "The Bitcoin Backbone Protocol", EUROCRYPT 2015: common prefix and
    chain growth.

    Examples
    --------
    >>> Ledger(confirmations=4).goal
    'a block was accepted'
    """

    def __init__(
        self,
        confirmations: int = 6,
        growth: int = 1,
        audit: Audit | None = None,
        within: float = 8.0,
        liars: tuple[Any, ...] = (),
    ) -> None:
        for name, value in (("confirmations", confirmations), ("growth", growth)):
            if not isinstance(value, int) or value < 0:
                raise ValueError(f"{name} must be a whole number of blocks, 0 or more; got {value!r}.")
        self.confirmations = confirmations
        self.growth = growth
        self.audit = audit
        self.within = within
        self.liars = tuple(liars)
        self.fixed_size = bool(self.liars)

    @property
    def goal(self) -> str:
        return "a block was accepted"

    def default_faults(self) -> FaultBudget:
        return FaultBudget(crashes=3, duplication=0.1)

    def begin(self, nodes: tuple[Any, ...]) -> _Memory:
        return _Memory(tuple([node for node in nodes if node not in self.liars]))

    def see(self, memory: _Memory, seen: Observation) -> _Memory:
        if seen.kind != "record" or seen.node in self.liars:
            return memory
        if seen.name == "tip":
            others = tuple([tip for tip in memory.tips if tip[0] != seen.node])
            back = seen.facts.get("reverted", 0)
            if back > self.confirmations:
                memory = memory._replace(deep=(*memory.deep, (seen.node, seen.time, back)))
            return memory._replace(tips=(*others, (seen.node, seen.facts["block"])))
        if seen.name != "accept":
            return memory
        block = seen.facts["block"]
        if block.height > 1 and (seen.node, block.parent) not in memory.accepted:
            raise self._invalid(seen, "whose parent it has not accepted")
        memory = memory._replace(accepted=memory.accepted | {(seen.node, block.hash)})
        if block in memory.blocks:
            return memory
        if any(other.hash == block.hash for other in memory.blocks):
            raise self._invalid(seen, "whose hash another block has, too")
        if self.audit is not None:
            reason = self.audit(block, _chain(memory.blocks, block.parent)[1:])
            if reason:
                raise self._invalid(seen, f"which {reason}")
        return memory._replace(blocks=(*memory.blocks, block))

    def _invalid(self, seen: Observation, what: str) -> Violation:
        block = seen.facts["block"]
        return Violation(
            f"validity: node {seen.node!r} accepted block {block.hash[:6]} (height {block.height}) of node "
            f"{block.writer!r} at t = {seen.time:.4g} s, {what}.",
            (seen.row,),
            (seen.node,),
        )

    def at_end(self, memory: _Memory, end: RunEnd) -> None:
        tips = {node: hash for node, hash in memory.tips if node in end.live}
        quiet = f"at t = {end.time:.3g} s, {end.time - end.quiet_since:.3g} s after the last fault"
        chains = {node: _chain(memory.blocks, hash) for node, hash in tips.items()}
        for node in memory.nodes:
            if node not in end.live:
                continue
            gained = sum(block.time > end.quiet_since for block in chains.get(node, ())[1:])
            if gained < self.growth:
                raise Violation(
                    f"chain growth: {quiet}, the chain of node {node!r} has gained {gained} of the "
                    f"{self.growth} blocks that were asked for.",
                    nodes=(node,),
                )
        self._common_prefix(chains, quiet)
        for node, time, back in memory.deep:
            if time > end.time - (end.time - end.quiet_since) / 4:
                raise Violation(
                    f"persistence: at t = {time:.3g} s, {time - end.quiet_since:.3g} s after the last fault, "
                    f"node {node!r} took back {back} blocks; no more than {self.confirmations} may change.",
                    nodes=(node,),
                )

    def _common_prefix(self, chains: dict[Any, list[Any]], quiet: str) -> None:
        for one, mine in chains.items():
            settled = mine[: max(1, len(mine) - self.confirmations)]
            for other, theirs in chains.items():
                if len(theirs) >= len(settled) and theirs[len(settled) - 1] == settled[-1]:
                    continue
                height = next(
                    at for at, block in enumerate(settled) if at >= len(theirs) or theirs[at] != block
                )
                raise Violation(
                    f"common prefix: {quiet}, nodes {one!r} and {other!r} differ from height {height} on, "
                    f"{len(mine) - height} blocks before the end of node {one!r}'s chain.",
                    nodes=(one, other),
                )

    def reached(self, memory: _Memory) -> bool:
        return bool(memory.blocks)


def _chain(blocks: tuple[Any, ...], last: str) -> list[Any]:
    """The chain that ends in the block with this hash; a None stands for the first block of all."""
    by_hash = {block.hash: block for block in blocks}
    found = []
    while last in by_hash:
        found.append(by_hash[last])
        last = by_hash[last].parent
    return [None, *reversed(found)]
