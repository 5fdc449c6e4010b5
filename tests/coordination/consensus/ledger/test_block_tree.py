"""Blocks and the tree that they make."""

from random import Random

import pytest

from distlab.coordination.consensus.ledger import GENESIS, BlockTree, seal
from distlab.coordination.consensus.ledger.block import Block, seal_of


def grown(seed: int, size: int = 60) -> tuple[BlockTree, list[Block]]:
    """A tree of random shape, and its blocks."""
    rng, tree, blocks = Random(seed), BlockTree(), [GENESIS]
    for number in range(size):
        block = seal(rng.choice(blocks[-6:]), number % 5, float(number), difficulty=float(rng.randint(1, 3)))
        tree.add(block)
        blocks.append(block)
    return tree, blocks


def test_a_change_in_a_block_changes_its_hash() -> None:
    """Whatever is changed in a block, the hash of its contents is another."""
    block = seal(GENESIS, 1, 2.5, payload=("A pays B",))
    assert seal_of(block) == block.hash
    for field, value in [
        ("parent", "x"),
        ("height", 2),
        ("writer", 2),
        ("time", 2.6),
        ("difficulty", 2.0),
        ("proof", 0.1),
        ("slot", 1),
        ("payload", ("A pays C",)),
    ]:
        assert seal_of(block.replace(**{field: value})) != block.hash, field


@pytest.mark.parametrize("seed", range(10))
def test_the_tree_agrees_with_the_definitions(seed: int) -> None:
    """Chains, weights, fork points and reorganisations are what following the parents gives."""
    tree, blocks = grown(seed)
    rng = Random(seed)
    for _ in range(50):
        one, other = rng.choice(blocks), rng.choice(blocks)
        mine, theirs = tree.chain(one.hash), tree.chain(other.hash)
        shared = [block for block in mine if block in theirs]
        assert [block.height for block in mine] == list(range(one.height + 1))
        assert tree.weight[one.hash] == sum(block.difficulty for block in mine)
        assert tree.fork_point(one.hash, other.hash) == shared[-1]
        assert tree.reorganisation(one.hash, other.hash) == len(mine) - len(shared)
        assert tree.after(shared[-1], one.hash) == mine[len(shared) :]
        assert tree.ancestor(one.hash, 3) == mine[max(0, len(mine) - 4)]


@pytest.mark.parametrize("seed", range(5))
def test_the_heaviest_chain_and_what_is_beside_it(seed: int) -> None:
    """No block is heavier than the heaviest; a block is in the main chain or stale, never both."""
    tree, _ = grown(seed)
    tip = tree.heaviest()
    assert tree.weight[tip.hash] == max(tree.weight.values())
    assert len(tree.stale(tip.hash)) + tip.height == len(tree)


def test_of_two_equal_chains_the_first_counts() -> None:
    """A tie goes to the block that came first."""
    tree = BlockTree()
    one, other = seal(GENESIS, 1, 1.0), seal(GENESIS, 2, 0.5)
    tree.add(one)
    tree.add(other)
    assert tree.heaviest() == one


def test_blocks_wait_for_their_parents() -> None:
    """A block without its parent waits; the first missing ancestor is what must be asked for."""
    a = seal(GENESIS, 1, 1.0)
    b = seal(a, 1, 2.0)
    c = seal(b, 1, 3.0)
    tree = BlockTree()
    assert tree.wait(c) == b.hash
    assert tree.wait(b) == a.hash
    assert tree.wait(c) == a.hash
    assert tree.released_by(b.hash) == [c]
    assert tree.released_by(b.hash) == []


def test_a_block_needs_its_parent() -> None:
    """What has no parent in the tree is refused with a sentence."""
    with pytest.raises(ValueError, match="block must have its parent in the tree; 'x' is not there"):
        BlockTree().add(Block("y", "x", 1, 1, 0.0))
