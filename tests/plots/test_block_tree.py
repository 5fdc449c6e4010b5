import pytest

from distlab.coordination.consensus.ledger import GENESIS, seal
from distlab.coordination.consensus.ledger.ledger_experiments import splits
from distlab.plots.block_tree import block_tree

A = seal(GENESIS, 1, 1.0)
B, C = seal(A, 2, 2.0), seal(A, 1, 2.1)
D = seal(B, 2, 3.0)


def marks(ax, kind):
    """Where the marks of a kind stand: (time, lane)."""
    return [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if line.get_gid() == kind]


def test_each_block_is_a_mark_in_the_lane_of_its_writer(look):
    """Two lanes; the main chain filled, the stale block hollow; a line to each parent that is shown."""
    ax = block_tree([A, B, C, D], main=[A, B, D])
    assert marks(ax, "main") == [(1.0, 0), (2.0, 1), (3.0, 1)]
    assert marks(ax, "stale") == [(2.1, 0)]
    links = [line for line in ax.lines if line.get_gid() == "link"]
    assert [list(line.get_xdata()) for line in links] == [[1.0, 2.0], [1.0, 2.1], [2.0, 3.0]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["node 1", "node 2"]
    assert look.legend(ax) == ["main chain", "stale"]
    assert (ax.get_xlabel(), ax.get_title(loc="left")) == ("time (s)", "Blocks and their parents")


def test_a_chain_without_forks_has_no_stale_blocks_in_its_legend(look):
    """Only what is there is explained."""
    assert look.legend(block_tree([A, B], main=[A, B])) == ["main chain"]


def test_times_can_be_shaded():
    """A span has its label above the lanes."""
    ax = block_tree([A, B], main=[A, B], spans=[(1.5, 2.5, "cut off")], unit="min", title="A split")
    assert [text.get_text() for text in ax.texts] == ["cut off"]
    assert [patch.get_gid() for patch in ax.patches] == ["cut off"]
    assert (ax.get_xlabel(), ax.get_title(loc="left")) == ("time (min)", "A split")


def test_a_trace_is_drawn_with_its_heaviest_chain():
    """The run with the partition: 26 blocks of the main chain and 6 stale ones."""
    ax = block_tree(splits())
    assert (len(marks(ax, "main")), len(marks(ax, "stale"))) == (26, 6)


def test_the_faults_of_a_network_are_shaded():
    """They are known from the trace; spans that are given stand instead of them."""
    assert [text.get_text() for text in block_tree(splits()).texts] == ["partition {4, 5} | {1, 2, 3}"]
    assert list(block_tree(splits(), spans=()).texts) == []


def test_no_block_is_refused():
    """There is nothing to draw."""
    with pytest.raises(ValueError, match="blocks must hold at least one block; got none"):
        block_tree([], main=[])


def test_it_draws_where_it_is_told():
    """The given Axes come back."""
    first = block_tree([A], main=[A])
    assert block_tree([A, B], main=[A], ax=first) is first
