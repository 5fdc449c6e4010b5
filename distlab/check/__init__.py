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
from .observation import Observation, observations
from .properties import (
    AtomicCommitment,
    Consensus,
    Conservation,
    Fencing,
    LeaderCompleteness,
    LeaderElection,
    Linearizable,
    Lock,
    LogMatching,
    MutualExclusion,
    StateMachineSafety,
)
from .property import AllOf, Property, RunEnd, Violation
from .replay import replay
from .report import Counterexample, Report, Search
from .schedule import FaultBudget
from .untimed import Budget, Move

__all__ = [
    "AllOf",
    "AtomicCommitment",
    "Bounds",
    "Budget",
    "Consensus",
    "Conservation",
    "Counterexample",
    "FaultBudget",
    "Fencing",
    "Grade",
    "LeaderCompleteness",
    "LeaderElection",
    "Linearizable",
    "Lock",
    "LogMatching",
    "Move",
    "MutualExclusion",
    "Observation",
    "Property",
    "PropertyScore",
    "Report",
    "RunEnd",
    "Search",
    "StateMachineSafety",
    "Violation",
    "attempted",
    "check",
    "check_property",
    "grade",
    "grade_value",
    "observations",
    "replay",
]
