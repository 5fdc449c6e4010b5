"""The families of properties. Each file says in its first lines what nodes must record for it to see."""

from .accounts import Accounts
from .commit import AtomicCommitment
from .consensus import Consensus
from .conservation import Conservation
from .election import LeaderElection
from .eventual import EventualAtomicity
from .history import Linearizable
from .ledger import Ledger
from .locks import Fencing, OneHolder
from .mutex import MutualExclusion
from .replication import LeaderCompleteness, LogMatching, StateMachineSafety

__all__ = [
    "Accounts",
    "AtomicCommitment",
    "Consensus",
    "Conservation",
    "EventualAtomicity",
    "Fencing",
    "LeaderCompleteness",
    "LeaderElection",
    "Ledger",
    "Linearizable",
    "LogMatching",
    "MutualExclusion",
    "OneHolder",
    "StateMachineSafety",
]
