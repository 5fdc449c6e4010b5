"""Consensus: how nodes agree on one value, on a log of values, and among liars.

Where things are
----------------
paxos                 one value, 1998; ``paxos_schedules`` has the late proposal, the duel and the adversary
paxos_quiz            situations and questions, answered by running the class
paxos_mutants         Paxos with one safeguard switched off at a time
multi_paxos           a log of commands under one leader, 1998
multi_paxos_mutants   Multi-Paxos with one safeguard switched off at a time
oral_messages         the Byzantine generals, OM(m), 1982, with ``Traitor``
oral_messages_mutants OM(m) with one safeguard switched off at a time
byzantine_counts      traitors borne, strategies tried, messages, beside the formulas
pbft                  a service whose replicas may lie, 1999: the view change; ``pbft_normal`` has the three
                      phases and the checkpoints; ``pbft_messages``, ``pbft_client``, ``pbft_liars``
pbft_mutants          PBFT with one safeguard switched off at a time
pbft_runs             clusters, message counts, three replicas, a primary that crashes
consensus_counts      what one decision costs, by each of them
puppet                a Byzantine node for exhaustive searches
by_hand               a run in which you say what happens next
ledger                a chain of blocks that strangers write: by work, by stake, by delegates
"""

from . import ledger
from .by_hand import ByHand
from .byzantine_counts import all_lies, count_broken, oral_messages_beside_formula, traitors_tolerated
from .consensus_counts import messages_beside_formula
from .multi_paxos import MultiPaxos
from .multi_paxos_mutants import MULTI_PAXOS_MUTANTS
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
from .paxos_quiz import PAXOS_QUIZ, Question
from .paxos_schedules import adversary, chosen, duel, late_lower_proposal, undecided_runs
from .pbft import Pbft
from .pbft_client import PbftClient
from .pbft_liars import EquivocatingPrimary, LyingReplica, SilentPrimary, WrongDigestPrimary
from .pbft_mutants import PBFT_MUTANTS
from .pbft_runs import (
    applied,
    diverging_replicas,
    pbft_beside_formula,
    pbft_cluster,
    pbft_message_count,
    primary_crashes,
    three_replicas,
)
from .puppet import puppet, says

__all__ = [
    "MULTI_PAXOS_MUTANTS",
    "MUTANTS",
    "ORAL_MESSAGES_MUTANTS",
    "PAXOS_MUTANTS",
    "PAXOS_QUIZ",
    "PBFT_MUTANTS",
    "ByHand",
    "EquivocatingPrimary",
    "LyingReplica",
    "MultiPaxos",
    "OralMessages",
    "Paxos",
    "Pbft",
    "PbftClient",
    "Question",
    "SilentPrimary",
    "Traitor",
    "WrongDigestPrimary",
    "adversary",
    "all_lies",
    "applied",
    "chosen",
    "count_broken",
    "diverging_replicas",
    "duel",
    "generals",
    "interactive_consistency",
    "late_lower_proposal",
    "ledger",
    "messages_beside_formula",
    "oral_message_count",
    "oral_messages_beside_formula",
    "pbft_beside_formula",
    "pbft_cluster",
    "pbft_message_count",
    "primary_crashes",
    "puppet",
    "says",
    "three_generals",
    "three_replicas",
    "traitors_tolerated",
    "undecided_runs",
]

MUTANTS = (*PAXOS_MUTANTS, *MULTI_PAXOS_MUTANTS, *ORAL_MESSAGES_MUTANTS, *PBFT_MUTANTS)
