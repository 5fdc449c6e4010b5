"""Consensus: how nodes agree on one value, on a log of values, and among liars.

Where things are
----------------
paxos                 one value, 1998; ``paxos_schedules`` has the late proposal, the duel and the adversary
paxos_mutants         Paxos with one safeguard switched off at a time
by_hand               a run in which you say what happens next
"""

from .by_hand import ByHand
from .paxos import Paxos
from .paxos_mutants import PAXOS_MUTANTS
from .paxos_schedules import adversary, chosen, duel, late_lower_proposal, undecided_runs

__all__ = [
    "PAXOS_MUTANTS",
    "ByHand",
    "Paxos",
    "adversary",
    "chosen",
    "duel",
    "late_lower_proposal",
    "undecided_runs",
]
