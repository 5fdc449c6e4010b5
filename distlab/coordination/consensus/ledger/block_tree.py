"""The block tree: all blocks that a node has accepted, with real links to their parents.

Two blocks with one parent are a fork (分叉). The chain that ends in the heaviest block, counted from the
first, is the main chain (主链); blocks beside it are stale (often called orphans, 孤块). Blocks whose parent
has not arrived yet wait outside the tree.

J. Garay, A. Kiayias and N. Leonardos, *The Bitcoin Backbone Protocol*, EUROCRYPT 2015, for the words.
"""

from __future__ import annotations

from .block import GENESIS, Block

__all__ = ["BlockTree"]


class BlockTree:
    """Blocks by their hash, their weight from the first block on, and those that wait for their parent.

    Attributes
    ----------
    blocks : dict
        Hash -> block, in the order of arrival; the first is ``GENESIS``.
    weight : dict
        Hash -> the sum of the difficulties from the first block to this one.
    waiting : dict
        Hash of a missing parent -> the blocks that wait for it.

    Examples
    --------
    >>> from distlab.coordination.consensus.ledger import GENESIS, BlockTree, seal
    >>> tree = BlockTree()
    >>> a = seal(GENESIS, writer=1, time=1.0)
    >>> b, c = seal(a, writer=1, time=2.0), seal(a, writer=2, time=2.1)
    >>> for block in (a, b, c):
    ...     tree.add(block)
    >>> [block.height for block in tree.chain(c.hash)]
    [0, 1, 2]
    >>> tree.reorganisation(b.hash, c.hash)
    1
    """

    def __init__(self) -> None:
        self.blocks: dict[str, Block] = {GENESIS.hash: GENESIS}
        self.weight: dict[str, float] = {GENESIS.hash: 0.0}
        self.waiting: dict[str, list[Block]] = {}

    def __contains__(self, hash: str) -> bool:
        return hash in self.blocks

    def __len__(self) -> int:
        """How many blocks it holds besides the first."""
        return len(self.blocks) - 1

    def __repr__(self) -> str:
        return f"<BlockTree of {len(self)} blocks, {sum(map(len, self.waiting.values()))} waiting>"

    def add(self, block: Block) -> None:
        """Put a block behind its parent.

        Raises
        ------
        ValueError
            If its parent is not in the tree.
        """
        if block.parent not in self.blocks:
            raise ValueError(f"block must have its parent in the tree; {block.parent!r} is not there.")
        self.blocks[block.hash] = block
        self.weight[block.hash] = self.weight[block.parent] + block.difficulty

    def wait(self, block: Block) -> str:
        """Keep a block until its parent comes; returns the hash of the first missing ancestor."""
        line = self.waiting.setdefault(block.parent, [])
        if block not in line:
            line.append(block)
        missing = block.parent
        above = {one.hash: one.parent for line in self.waiting.values() for one in line}
        while missing in above:
            missing = above[missing]
        return missing

    def released_by(self, hash: str) -> list[Block]:
        """The blocks that waited for this one, which has come."""
        return self.waiting.pop(hash, [])

    def parent(self, block: Block) -> Block:
        """The block before this one."""
        return self.blocks[block.parent]

    def chain(self, hash: str) -> list[Block]:
        """The chain from the first block to this one."""
        found = [self.blocks[hash]]
        while found[-1].parent:
            found.append(self.blocks[found[-1].parent])
        return found[::-1]

    def ancestor(self, hash: str, depth: int) -> Block:
        """The block that is ``depth`` blocks before this one; the first block, if there are not so many."""
        block = self.blocks[hash]
        for _ in range(depth):
            if not block.parent:
                break
            block = self.blocks[block.parent]
        return block

    def fork_point(self, one: str, other: str) -> Block:
        """The last block that two chains share."""
        a, b = self.blocks[one], self.blocks[other]
        while a.hash != b.hash:
            if a.height >= b.height:
                a = self.blocks[a.parent]
            else:
                b = self.blocks[b.parent]
        return a

    def after(self, block: Block, hash: str) -> list[Block]:
        """The blocks between ``block`` and the one with this hash, which is the last of them."""
        found: list[Block] = []
        one = self.blocks[hash]
        while one.height > block.height:
            found.append(one)
            one = self.blocks[one.parent]
        return found[::-1]

    def reorganisation(self, old: str, new: str) -> int:
        """How many blocks of the chain to ``old`` are not in the chain to ``new``."""
        return self.blocks[old].height - self.fork_point(old, new).height

    def heaviest(self) -> Block:
        """The end of the heaviest chain; of several, the one that came first."""
        return self.blocks[max(self.weight, key=self.weight.__getitem__)]

    def stale(self, tip: str) -> list[Block]:
        """The blocks that are not in the chain to ``tip``, in the order of arrival."""
        main = {block.hash for block in self.chain(tip)}
        return [block for block in self.blocks.values() if block.hash not in main]
