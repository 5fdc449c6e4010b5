"""What all ledgers share: gossip, missing parents, the choice between forks.

S. Nakamoto, *Bitcoin*, 2008, section 5.

The rule::

    to write:             make a block on the tip; accept it; send it to all peers
    on a block:           known: nothing
                          its parent is missing: keep it, and ask the sender for the first missing ancestor
                          it breaks a rule: refuse it
                          else accept it, pass it on, and then accept what waited for it
    on accepting:         it is heavier than the tip: it is the new tip
    on Fetch(hash):       send that block, if it is there
    on Entry(what):       keep it until a block of the chain has it; entries of blocks that leave the chain
                          wait again

Which rule a block must keep, and when a node may write, is what the three ledgers differ in. Accepted blocks
are on disk; after a crash the node goes on from them, and learns what it missed from the next block.

Cost: with ``relay``, each block is sent to each peer of each node but the one it came from: (n-1)^2 messages
in a network of n nodes that are all linked; without, n-1, which reaches only the writer's own peers.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, ClassVar

from distlab.sim import Node, NodeId, message
from distlab.sim.network import probability

from .block import GENESIS, Block, seal, seal_of
from .block_tree import BlockTree

__all__ = ["Entry", "Fetch", "LedgerNode"]


@message
class Entry:
    """Write this into a block."""

    what: Any


@message
class Fetch:
    """Send me this block."""

    hash: str


class LedgerNode(Node):
    """A node that keeps a block tree; ``ProofOfWork`` and its siblings say who may write.

    Recorded are "submit" (``entry``), "write" (``block``), "accept" (``block``), "refuse" (``block``,
    ``reason``), and "tip" (``block``: its hash, ``height``, ``reverted``: how many blocks of the old chain
    are not in the new one).

    Parameters
    ----------
    relay
        Whether blocks are passed on; needed where not all nodes are linked.
    tie
        The probability that a node moves to a block as heavy as its tip that comes later; Bitcoin stays with
        the first.
    capacity
        How many entries a block holds; None: all that wait.

    Raises
    ------
    ValueError
        If ``tie`` is no probability, or ``capacity`` no whole number of 1 or more.
    """

    stable: ClassVar[tuple[str, ...]] = ("tree", "tip")

    def __init__(self, *, relay: bool = True, tie: float = 0.0, capacity: int | None = None) -> None:
        if capacity is not None and (not isinstance(capacity, int) or capacity < 1):
            raise ValueError(f"capacity must be None or a whole number of 1 or more; got {capacity!r}.")
        self.relay = relay
        self.tie = probability(tie, "tie")
        self.capacity = capacity
        self.tree = BlockTree()
        self.tip = GENESIS
        self.mempool: dict[Any, None] = {}  # entries that wait to be written into a block, in their order
        self.written: dict[Any, None] = {}  # entries in the chain to the tip
        self.states: dict[str, Any] = {}  # hash of a block -> what the chain says after it

    def on_recover(self) -> None:
        for block in self.tree.chain(self.tip.hash):
            self.include(block)
        self.on_start()

    # --- messages

    def on_entry(self, msg: Entry, sender: NodeId) -> None:
        if self.hold(msg.what) and self.relay:
            self.broadcast(msg, to=[peer for peer in self.peers if peer != sender])

    def on_block(self, msg: Block, sender: NodeId) -> None:
        if msg.hash in self.tree:
            return
        if not self.has_parent(msg):
            self.fetch(self.tree.wait(msg), sender)
        else:
            self.receive(msg, sender)

    def on_fetch(self, msg: Fetch, sender: NodeId) -> None:
        if msg.hash in self.tree:
            self.send(sender, self.tree.blocks[msg.hash])

    # --- rules

    def has_parent(self, block: Block) -> bool:
        return block.parent in self.tree

    def fetch(self, hash: str, sender: NodeId) -> None:
        self.send(sender, Fetch(hash))

    def receive(self, block: Block, sender: NodeId) -> None:
        """Accept a block or refuse it, and then those that waited for it."""
        arrived = [block]
        while arrived:
            one = arrived.pop(0)
            reason = self.what_is_wrong(one, self.tree.parent(one))
            if reason:
                self.record("refuse", block=one.hash, reason=reason)
                continue
            self.accept(one)
            self.pass_on(one, sender)
            arrived += self.who_waited_for(one)

    def who_waited_for(self, block: Block) -> list[Block]:
        return [child for child in self.tree.released_by(block.hash) if child.hash not in self.tree]

    def what_is_wrong(self, block: Block, parent: Block) -> str:
        """The reason to refuse a block, or nothing."""
        if not self.is_sealed(block):
            return "its hash is not that of its contents"
        if block.height != parent.height + 1:
            return "its height is not its parent's plus one"
        if block.time < parent.time:
            return "it is older than its parent"
        return ""

    def is_sealed(self, block: Block) -> bool:
        return block.hash == seal_of(block)

    def accept(self, block: Block) -> None:
        self.tree.add(block)
        self.record("accept", block=block)
        if self.is_better(block):
            self.move_to(block)

    def pass_on(self, block: Block, sender: NodeId) -> None:
        if self.relay:
            self.broadcast(block, to=[peer for peer in self.peers if peer != sender])

    def is_better(self, block: Block) -> bool:
        """The fork choice: the heaviest chain, and of two the one that came first."""
        weight = self.tree.weight
        if weight[block.hash] == weight[self.tip.hash] and block.hash != self.tip.hash:
            return self.tie > 0 and self.rng.random() < self.tie
        return weight[block.hash] > weight[self.tip.hash]

    def move_to(self, block: Block) -> None:
        fork = self.tree.fork_point(self.tip.hash, block.hash)
        reverted = self.tree.after(fork, self.tip.hash)
        for one in reverted:
            self.give_back(one)
        for one in self.tree.after(fork, block.hash):
            self.include(one)
        self.tip = block
        self.record("tip", block=block.hash, height=block.height, reverted=len(reverted))
        self.tip_moved()

    def tip_moved(self) -> None:
        """What a ledger does when the tip is another one."""

    # --- to write

    def write(self, **contents: Any) -> Block:
        """Write a block on the tip, and send it to all."""
        time = max(self.now, self.tip.time)
        block = seal(self.tip, self.id, time, payload=self.next_entries(), **contents)
        self.record("write", block=block)
        self.accept(block)
        self.publish(block)
        return block

    def publish(self, block: Block) -> None:
        self.broadcast(block)

    # --- entries

    def submit(self, entry: Any) -> None:
        """Something to write: all nodes hear of it, and whoever writes the next block writes it."""
        if self.hold(entry):
            self.record("submit", entry=entry)
            self.broadcast(Entry(entry))

    def next_entries(self) -> tuple[Any, ...]:
        """The entries that have waited longest, as many as fit into a block."""
        return tuple(islice(self.mempool, self.capacity))

    def hold(self, entry: Any) -> bool:
        """Keep an entry until it is in the chain; was it new?"""
        new = entry not in self.written and entry not in self.mempool
        if new:
            self.mempool[entry] = None
        return new

    def include(self, block: Block) -> None:
        for entry in block.payload:
            self.written[entry] = None
            self.mempool.pop(entry, None)

    def give_back(self, block: Block) -> None:
        """A block has left the chain: its entries wait again."""
        for entry in block.payload:
            self.written.pop(entry, None)
            self.hold(entry)

    # --- what the chain says

    def everybody(self) -> list[NodeId]:
        return sorted([self.id, *self.peers])

    def state_after(self, block: Block) -> Any:
        """What the chain up to ``block`` says, computed from the last block for which it is known."""
        path = []
        while block.hash not in self.states and block.parent:
            path.append(block)
            block = self.tree.parent(block)
        state = self.states[block.hash] if block.hash in self.states else self.first_state()
        for one in reversed(path):
            state = self.states[one.hash] = self.next_state(state, one)
        return state

    def first_state(self) -> Any:
        """What an empty chain says."""
        return None

    def next_state(self, state: Any, block: Block) -> Any:
        """What the chain says after one more block."""
        return state
