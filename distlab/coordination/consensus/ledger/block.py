"""Blocks: records that name their parent by its hash.

S. Nakamoto, *Bitcoin: A Peer-to-Peer Electronic Cash System*, 2008, sections 3 to 5.

A block's hash is computed from everything else in it, its parent's hash included. So whoever knows the hash
of one block knows the whole chain (链) before it: changing any earlier block changes all hashes after it.
"""

from __future__ import annotations

import hashlib
from typing import Any

from distlab.sim import message

__all__ = ["GENESIS", "Block", "seal", "seal_of"]


@message
class Block:
    """One block (区块); made by :func:`seal`.

    Fields: ``hash``, and the ``parent``'s; ``height``, the number of blocks before it; ``writer``, the node
    that wrote it; ``time``, the seconds on its clock; ``difficulty``, the hashes that it takes on average,
    which is also its weight; ``proof``, its hash as a share of the largest hash there is (proof of work);
    ``slot``, the number of the time slot (proof of stake); ``payload``, what it says.
    """

    hash: str
    parent: str
    height: int
    writer: Any
    time: float
    difficulty: float = 1.0
    proof: float = 0.0
    slot: int = 0
    payload: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        """Short, because stories of runs are full of blocks."""
        return f"Block({self.hash[:6]}, height {self.height}, by {self.writer!r}, on {self.parent[:6]})"


#: the block before all others; everybody knows it
GENESIS = Block("genesis", "", 0, None, 0.0, 0.0)


def seal_of(block: Block) -> str:
    """The hash that a block must have: 12 hexadecimal digits of SHA-256 over everything else in it.

    >>> seal_of(seal(GENESIS, writer=1, time=2.5)) == seal(GENESIS, writer=1, time=2.5).hash
    True
    """
    said = (
        block.parent,
        block.height,
        block.writer,
        block.time,
        block.difficulty,
        block.proof,
        block.slot,
        block.payload,
    )
    return hashlib.sha256(repr(said).encode()).hexdigest()[:12]


def seal(parent: Block, writer: Any, time: float, **contents: Any) -> Block:
    """A new block on ``parent``, with its hash.

    Parameters
    ----------
    parent
        The block before it.
    writer
        Who writes it.
    time
        Seconds on the writer's clock.
    contents
        ``difficulty``, ``proof``, ``slot``, ``payload``, where they are not the default.

    Returns
    -------
    Block

    Examples
    --------
    >>> first = seal(GENESIS, writer=1, time=2.5)
    >>> second = seal(first, writer=2, time=4.0, payload=("A pays B",))
    >>> second.parent == first.hash, second.height
    (True, 2)
    """
    draft = Block("", parent.hash, parent.height + 1, writer, time, **contents)
    return Block(seal_of(draft), parent.hash, parent.height + 1, writer, time, **contents)
