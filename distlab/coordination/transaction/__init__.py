"""Transactions over several nodes: all or nothing, at once or in the end.

Where things are
----------------
write_ahead_log     a log on disk; forced and lazy writes
accounts            what a transaction asks of a site, and what a log says the accounts hold
site                a participant up to its vote: accounts, locks, log
begins              what a coordinator begins when nobody tells it what to begin
two_phase           two-phase commit, 1978, 1986; questions, cooperative termination, heuristic decisions
presumed_abort      fewer messages and forced writes when it aborts or only reads
presumed_commit     fewer messages and forced writes when it commits
three_phase         three-phase commit with the course's time-outs
termination         three-phase commit with a backup coordinator, 1981

Messages are in the module of their algorithm: ``two_phase.Prepare``, ``three_phase.PreCommit``.
"""

from .accounts import Change, balances, money
from .presumed_abort import PresumedAbort
from .presumed_commit import PresumedCommit
from .site import Site
from .termination import ThreePhaseTermination
from .three_phase import ThreePhaseCommit
from .two_phase import TwoPhaseCommit
from .write_ahead_log import LoggedNode, LogRecord

__all__ = [
    "Change",
    "LogRecord",
    "LoggedNode",
    "PresumedAbort",
    "PresumedCommit",
    "Site",
    "ThreePhaseCommit",
    "ThreePhaseTermination",
    "TwoPhaseCommit",
    "balances",
    "money",
]
