"""The exhaustive search sees what an explorer without any of its tricks sees."""

import pytest

from distlab.check import Budget, LeaderElection, Property
from distlab.check.explore import breadth_first
from distlab.check.untimed import World
from distlab.coordination.election import Bully, Raft
from distlab.sim import Node, cluster, message

from .naive import count


@message
class Ping:
    """A message without content."""


class Pinger(Node):
    """Pings everybody once and counts what comes."""

    def on_start(self):
        """Ping all."""
        self.heard = 0
        self.broadcast(Ping())

    def on_ping(self, msg, sender):
        """Count."""
        self.heard += 1


@pytest.mark.parametrize(
    ("kind", "n", "budget"),
    [
        (Pinger, 2, Budget()),
        (Pinger, 3, Budget()),
        (Pinger, 2, Budget(drops=1, duplicates=1)),
        (Pinger, 2, Budget(crashes=1, recoveries=1)),
        (Raft, 2, Budget(timeouts=2)),
        (Raft, 3, Budget(timeouts=1)),
        (Bully, 2, Budget(timeouts=2)),
    ],
)
def test_as_many_states_as_without_tricks(kind, n, budget):
    """Interning, memoisation and tuples change no count and no verdict."""
    judge = Property() if kind is Pinger else LeaderElection()
    result = breadth_first(World(cluster(kind, n), judge, budget), progress=False)
    states, depth, verdict = count(cluster(kind, n), judge, budget)
    assert (result.states, result.depth) == (states, depth)
    assert (result.violation is None) == (verdict == "")
