"""The checker: properties, searches for a run that violates them, minimal counterexamples.

Where things are
----------------
checking      ``check``: three searches, one report
property      what a property is; ``properties`` has the families
watched       one timed run under a property's eyes; ``schedule`` draws its faults
untimed       the world in which every order of messages and timers is possible; ``explore`` searches it
minimise      smaller counterexamples; ``scripted`` turns an untimed one into a trace
report        the answer
histories     what clients saw: linearizability and weaker models
grading       learners' algorithms and properties: sentences instead of exceptions
subject       what is checked, and the rules that it must keep
"""

from .bounds import Bounds
from .checking import check
from .grading import Grade, PropertyScore, attempted, check_property, grade, grade_value
from .histories import (
    LEVELS,
    CASRegister,
    Counter,
    History,
    KeyValue,
    Lock,
    Model,
    Operation,
    Queue,
    Register,
    Set,
    Verdict,
    check_causal,
    check_fifo,
    check_history,
    check_linearizable,
    check_monotonic_reads,
    check_monotonic_writes,
    check_read_your_writes,
    check_sequential,
    check_writes_follow_reads,
    history_from_edn,
    history_from_events,
    history_from_file,
    history_from_log,
    random_history,
    spoil,
)
from .observation import Observation, observations
from .properties import (
    Accounts,
    AtomicCommitment,
    Consensus,
    Conservation,
    EventualAtomicity,
    Fencing,
    LeaderCompleteness,
    LeaderElection,
    Ledger,
    Linearizable,
    LogMatching,
    MutualExclusion,
    OneHolder,
    StateMachineSafety,
)
from .property import AllOf, Property, RunEnd, Violation
from .replay import replay
from .report import Counterexample, Report, Search
from .schedule import FaultBudget
from .untimed import Budget, Move

__all__ = [
    "LEVELS",
    "Accounts",
    "AllOf",
    "AtomicCommitment",
    "Bounds",
    "Budget",
    "CASRegister",
    "Consensus",
    "Conservation",
    "Counter",
    "Counterexample",
    "EventualAtomicity",
    "FaultBudget",
    "Fencing",
    "Grade",
    "History",
    "KeyValue",
    "LeaderCompleteness",
    "LeaderElection",
    "Ledger",
    "Linearizable",
    "Lock",
    "LogMatching",
    "Model",
    "Move",
    "MutualExclusion",
    "Observation",
    "OneHolder",
    "Operation",
    "Property",
    "PropertyScore",
    "Queue",
    "Register",
    "Report",
    "RunEnd",
    "Search",
    "Set",
    "StateMachineSafety",
    "Verdict",
    "Violation",
    "attempted",
    "check",
    "check_causal",
    "check_fifo",
    "check_history",
    "check_linearizable",
    "check_monotonic_reads",
    "check_monotonic_writes",
    "check_property",
    "check_read_your_writes",
    "check_sequential",
    "check_writes_follow_reads",
    "grade",
    "grade_value",
    "history_from_edn",
    "history_from_events",
    "history_from_file",
    "history_from_log",
    "observations",
    "random_history",
    "replay",
    "spoil",
]
