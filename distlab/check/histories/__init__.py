"""What clients saw: histories of operations, and whether they keep a consistency promise.

Where things are
----------------
operation        one call: client, operation, key, value, invoked, returned, result, status
history          all calls; from records, tables, traces, JSON lines
jepsen, edn      histories in the formats of Jepsen and Knossos
models           what a register, counter, queue, set or lock does, one operation after the other
linearizable     ``check_linearizable``; sequential, causal and sessions: the weaker promises
levels           ``check_history``: one door to all of them
verdict          the answer
search           the search for one order that explains all answers
order            what certainly comes before what, as vector clocks; the three modules
                 implied_by_values, implied_by_items and write_order add what answers imply
shrink, reasons  from a wrong history to the few operations that matter, and a sentence
accesses         reads and writes with their sources; relation: a growing order that remembers why
generated        random histories
"""

from .causal import check_causal, check_fifo
from .generated import random_history, spoil
from .history import History
from .jepsen import history_from_edn, history_from_events, history_from_file, history_from_log
from .levels import LEVELS, check_history
from .linearizable import check_linearizable
from .models import CASRegister, Counter, KeyValue, Lock, Model, Queue, Register, Set
from .operation import Operation
from .sequential import check_sequential
from .sessions import (
    check_monotonic_reads,
    check_monotonic_writes,
    check_read_your_writes,
    check_writes_follow_reads,
)
from .verdict import Verdict

__all__ = [
    "LEVELS",
    "CASRegister",
    "Counter",
    "History",
    "KeyValue",
    "Lock",
    "Model",
    "Operation",
    "Queue",
    "Register",
    "Set",
    "Verdict",
    "check_causal",
    "check_fifo",
    "check_history",
    "check_linearizable",
    "check_monotonic_reads",
    "check_monotonic_writes",
    "check_read_your_writes",
    "check_sequential",
    "check_writes_follow_reads",
    "history_from_edn",
    "history_from_events",
    "history_from_file",
    "history_from_log",
    "random_history",
    "spoil",
]
