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
commit_mutants      each commit protocol with one safeguard switched off at a time
crash_matrix        a crash, or a partition, at every step
commit_costs        messages and forced writes, by formula and counted; ``commit_measures`` reads traces
commit_scenarios    the course's examples; ``contention``: many transactions at once
commit_published    figures of papers

local_transactions  a service with a database of its own, which the next five use
transactional_messages  half messages, check-back, dead letters
outbox              the message is stored with the effect
saga                steps and compensations, led by an orchestrator, 1987
choreography        a saga that nobody leads
tcc                 try, confirm, cancel
eventual_cases      the same transfers for these five, to be checked; ``eventual_mutants`` without a safeguard
eventual_scenarios  runs to look at; ``eventual_experiments``: many transfers at once
eventual_measures   numbers from their traces; ``eventual_published``: the figures TX-6 to TX-8

Messages are in the module of their algorithm: ``two_phase.Prepare``, ``three_phase.PreCommit``.

Two-phase commit and its presumptions never diverge, whatever crashes, is lost, doubled, late or cut off, as
long as names of transactions are new and nobody decides heuristically; they may block. Three-phase commit
takes for granted that whoever is silent has crashed. Then it does not block, and with the termination
protocol it does not diverge; without that, or under a partition, it can.
"""

from . import eventual_experiments, eventual_measures, eventual_published, eventual_scenarios
from .accounts import Change, balances, money
from .choreography import Dancer
from .commit_mutants import COMMIT_MUTANTS
from .eventual_cases import CASES
from .eventual_mutants import EVENTUAL_MUTANTS
from .outbox import Consumer, Outbox
from .presumed_abort import PresumedAbort
from .presumed_commit import PresumedCommit
from .saga import Orchestrator, Step
from .site import Site
from .tcc import Reserving, TccCoordinator
from .termination import ThreePhaseTermination
from .three_phase import ThreePhaseCommit
from .transactional_messages import Broker, MessageConsumer, Producer
from .two_phase import TwoPhaseCommit
from .write_ahead_log import LoggedNode, LogRecord

__all__ = [
    "CASES",
    "COMMIT_MUTANTS",
    "EVENTUAL_MUTANTS",
    "Broker",
    "Change",
    "Consumer",
    "Dancer",
    "LogRecord",
    "LoggedNode",
    "MessageConsumer",
    "Orchestrator",
    "Outbox",
    "PresumedAbort",
    "PresumedCommit",
    "Producer",
    "Reserving",
    "Site",
    "Step",
    "TccCoordinator",
    "ThreePhaseCommit",
    "ThreePhaseTermination",
    "TwoPhaseCommit",
    "balances",
    "eventual_experiments",
    "eventual_measures",
    "eventual_published",
    "eventual_scenarios",
    "money",
]
