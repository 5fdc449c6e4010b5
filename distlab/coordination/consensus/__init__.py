"""Consensus: how nodes agree on one value, on a log of values, and among liars.

Where things are
----------------
paxos                 one value, 1998; ``paxos_schedules`` has the late proposal, the duel and the adversary
paxos_mutants         Paxos with one safeguard switched off at a time
oral_messages         the Byzantine generals, OM(m), 1982, with ``Traitor``
oral_messages_mutants OM(m) with one safeguard switched off at a time
byzantine_counts      traitors borne, strategies tried, messages, beside the formulas
by_hand               a run in which you say what happens next
"""

from .by_hand import ByHand
from .byzantine_counts import all_lies, count_broken, oral_messages_beside_formula, traitors_tolerated
from .oral_messages import (
    OralMessages,
    Traitor,
    generals,
    interactive_consistency,
    oral_message_count,
    three_generals,
)
from .oral_messages_mutants import ORAL_MESSAGES_MUTANTS
from .paxos import Paxos
from .paxos_mutants import PAXOS_MUTANTS
from .paxos_schedules import adversary, chosen, duel, late_lower_proposal, undecided_runs

__all__ = [
    "ORAL_MESSAGES_MUTANTS",
    "PAXOS_MUTANTS",
    "ByHand",
    "OralMessages",
    "Paxos",
    "Traitor",
    "adversary",
    "all_lies",
    "chosen",
    "count_broken",
    "duel",
    "generals",
    "interactive_consistency",
    "late_lower_proposal",
    "oral_message_count",
    "oral_messages_beside_formula",
    "three_generals",
    "traitors_tolerated",
    "undecided_runs",
]
