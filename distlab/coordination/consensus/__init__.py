"""Consensus: how nodes agree on one value, on a log of values, and among liars.

Where things are
----------------
paxos                 one value, 1998; ``paxos_schedules`` has the duel, the late proposal and the adversary
paxos_mutants         Paxos with one safeguard switched off at a time
"""

from .paxos import Paxos

__all__ = ["Paxos"]
