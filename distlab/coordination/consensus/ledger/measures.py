"""What a run of a ledger yielded, read from its trace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from distlab.sim import NodeId, Trace
from distlab.sim.events import Record

from .block import Block
from .block_tree import BlockTree

__all__ = [
    "Measured",
    "block_share",
    "confirmation_times",
    "gini",
    "intervals",
    "main_chain",
    "measure",
    "missed_slots",
    "said",
    "tree_of",
]


def said(trace: Trace, *events: str) -> list[tuple[float, NodeId, dict[str, Any]]]:
    """(time, node, facts) of all records with one of these names."""
    return [
        (time, node, noted.facts)
        for *_, time, node, noted in trace.instants()
        if isinstance(noted, Record) and noted.event in events
    ]


def tree_of(trace: Trace, node: NodeId | None = None) -> BlockTree:
    """The block tree of a node, as it accepted its blocks.

    Parameters
    ----------
    trace
        A run of a ledger.
    node
        Whose tree; None: all blocks that anybody accepted.

    Examples
    --------
    >>> from distlab.coordination.consensus.ledger import ProofOfWork
    >>> from distlab.sim import Simulation, cluster
    >>> tree_of(Simulation(cluster(ProofOfWork, 3), seed=1).run(until=2.0))
    <BlockTree of 13 blocks, 0 waiting>
    """
    tree = BlockTree()
    for _, who, facts in said(trace, "accept"):
        if node in (None, who) and facts["block"].hash not in tree:
            tree.add(facts["block"])
    return tree


def main_chain(trace: Trace, node: NodeId | None = None) -> list[Block]:
    """The main chain at the end of a run, from height 1 on.

    Parameters
    ----------
    trace
        A run of a ledger.
    node
        Whose; None: the heaviest chain that anybody accepted.

    Examples
    --------
    >>> from distlab.coordination.consensus.ledger import ProofOfStake
    >>> from distlab.sim import Simulation, cluster
    >>> [block.slot for block in main_chain(Simulation(cluster(ProofOfStake, 3)).run(until=1.1))]
    [1, 2, 3, 4]
    """
    tree = tree_of(trace, node)
    tip = tree.heaviest().hash
    if node is not None:
        for _, who, facts in said(trace, "tip"):
            if who == node:
                tip = facts["block"]
    return tree.chain(tip)[1:]


def block_share(chain: Iterable[Block]) -> dict[NodeId, float]:
    """Writer -> its share of the blocks of a chain, in the order of the ids.

    >>> from distlab.coordination.consensus.ledger import GENESIS, seal
    >>> a = seal(GENESIS, 2, 1.0)
    >>> block_share([a, seal(a, 1, 2.0)])
    {1: 0.5, 2: 0.5}
    """
    writers = [block.writer for block in chain]
    return {writer: writers.count(writer) / len(writers) for writer in sorted(dict.fromkeys(writers))}


def intervals(chain: Sequence[Block]) -> list[float]:
    """Seconds from each block of a chain to the next.

    >>> from distlab.coordination.consensus.ledger import GENESIS, seal
    >>> a = seal(GENESIS, 2, 1.0)
    >>> intervals([a, seal(a, 1, 2.5)])
    [1.5]
    """
    return [later.time - block.time for block, later in pairwise(chain)]


def gini(values: Iterable[float]) -> float:
    """The Gini coefficient (基尼系数): 0 if all have the same, towards 1 if one has all.

    References
    ----------
    C. Gini, 1912; half the mean difference of two owners over the mean.

    Examples
    --------
    >>> gini([1, 1, 1, 1]), gini([0, 0, 0, 4])
    (0.0, 0.75)
    """
    held = np.sort(np.asarray(list(values), dtype=float))
    if not held.size or held[0] < 0 or not held.sum() > 0:
        raise ValueError(f"values must be of 0 or more, not all 0; got {held.tolist()!r}.")
    ranks = np.arange(1, held.size + 1)
    return float(2 * (ranks * held).sum() / (held.size * held.sum()) - (held.size + 1) / held.size)


def missed_slots(chain: Sequence[Block], slots: int) -> float:
    """The share of the first ``slots`` slots in which no block of the chain was written.

    >>> missed_slots([], 4)
    1.0
    """
    written = {block.slot for block in chain}
    return sum(slot not in written for slot in range(1, slots + 1)) / slots


def confirmation_times(trace: Trace, confirmations: int = 6, node: NodeId | None = None) -> list[float]:
    """Seconds from the submission of each entry until it is so many blocks deep in the chain of a node.

    Parameters
    ----------
    trace
        A run of a ledger.
    confirmations
        1: until it is in a block; 6: until five more have been accepted.
    node
        Whose chain; None: the heaviest, as soon as anybody has accepted the block.

    Returns
    -------
    list
        One number per entry that came so far, in the order of the chain.

    Examples
    --------
    >>> from distlab.coordination.consensus.ledger import ProofOfStake
    >>> from distlab.sim import Call, Simulation, cluster
    >>> sim = Simulation(cluster(ProofOfStake, 3), workload=[Call(1, 1.1, "submit", ("A pays B",))])
    >>> [round(seconds, 2) for seconds in confirmation_times(sim.run(until=5.0), 6)]
    [1.4]
    """
    chain = main_chain(trace, node)
    arrived: dict[str, float] = {}
    for time, who, facts in said(trace, "accept"):
        if node in (None, who):
            arrived.setdefault(facts["block"].hash, time)
    submitted: dict[Any, float] = {}
    for time, _, facts in said(trace, "submit"):
        submitted.setdefault(facts["entry"], time)
    deep = zip(chain, chain[confirmations - 1 :], strict=False)
    return [
        arrived[last.hash] - submitted[entry]
        for block, last in deep
        for entry in block.payload
        if entry in submitted
    ]


class Measured(NamedTuple):
    """What a run yielded.

    Attributes
    ----------
    written, blocks : int
        Blocks that were written, and those of the main chain.
    stale : float
        The share of the written blocks that are not in the main chain.
    forks : float
        Blocks written at a height at which another one was there already, per block of the main chain.
    interval : float
        Mean seconds from a block of the main chain to the next.
    deepest : int
        The largest number of blocks that a node took back at once.
    hashes_per_block : float
        Hashes tried by all miners together, per block of the main chain.
    """

    written: int
    blocks: int
    stale: float
    forks: float
    interval: float
    deepest: int
    hashes_per_block: float


def measure(trace: Trace, power: float = 0.0) -> Measured:
    """Read the numbers from a trace.

    Parameters
    ----------
    trace
        A run of a ledger.
    power
        Hashes per second of all miners together.

    Examples
    --------
    >>> from distlab.coordination.consensus.ledger import ProofOfWork
    >>> from distlab.sim import Simulation, cluster
    >>> found = measure(Simulation(cluster(ProofOfWork, 4), seed=1).run(until=250.0), power=4000.0)
    >>> found.blocks > 900, found.forks < 0.05
    (True, True)
    """
    written = [facts["block"] for _, _, facts in said(trace, "write")]
    chain = main_chain(trace)
    forks = len(written) - len({block.height for block in written})
    gaps = intervals(chain)
    main = {block.hash for block in chain}
    return Measured(
        len(written),
        len(chain),
        sum(block.hash not in main for block in written) / max(1, len(written)),
        forks / max(1, len(chain)),
        sum(gaps) / max(1, len(gaps)),
        max((facts["reverted"] for _, _, facts in said(trace, "tip")), default=0),
        power * trace.end / max(1, len(chain)),
    )
