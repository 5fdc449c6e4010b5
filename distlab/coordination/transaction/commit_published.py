"""The published figures about atomic commit protocols, measured.

====== ==============================================================================
TX-1   two-phase commit: messages and forced writes of a commit
TX-4   three-phase commit: messages, one crash, a partition
TX-5   two-phase commit: the blocking window
====== ==============================================================================
"""

from __future__ import annotations

from typing import Any

from distlab.sim import Trace

from .commit_costs import one_transaction
from .commit_measures import log_writes
from .crash_matrix import CrashedAt, crash_matrix, partition_matrix
from .presumed_abort import PresumedAbort
from .termination import ThreePhaseTermination
from .three_phase import ThreePhaseCommit
from .two_phase import TwoPhaseCommit

__all__ = ["blocking_window", "three_phase", "two_phase"]

_SIZES = (3, 5)


def _messages(trace: Trace, without: str = "") -> int:
    return int((trace.messages["type"] != without).sum())


def two_phase() -> dict[str, Any]:
    """TX-1: messages with and without acknowledgements, and forced log writes.

    >>> two_phase()["messages"]
    {'N=3': 12, 'N=5': 20}
    """
    runs = {f"N={n}": one_transaction(TwoPhaseCommit, "commit", n) for n in _SIZES}
    return {
        "messages": {n: _messages(run) for n, run in runs.items()},
        "messages_without_acknowledgement": {n: _messages(run, "Acknowledge") for n, run in runs.items()},
        "forced_log_writes": {n: log_writes(run).forced for n, run in runs.items()},
    }


def three_phase() -> dict[str, Any]:
    """TX-4: messages; runs that block when one node crashes at some step; does a partition part them?

    >>> three_phase()["diverges_under_partition"]
    True
    """
    runs = {f"N={n}": one_transaction(ThreePhaseCommit, "commit", n) for n in _SIZES}
    crashed = [one for victim in (1, 2) for one in crash_matrix(ThreePhaseTermination, victim)]
    parted = partition_matrix(ThreePhaseCommit, group=[2])
    return {
        "messages": {n: _messages(run) for n, run in runs.items()},
        "messages_without_last_acknowledgement": {
            n: _messages(run, "HaveCommitted") for n, run in runs.items()
        },
        "blocked_runs_under_one_crash": sum(one.outcome == "blocked" for one in crashed),
        "diverges_under_partition": any(one.outcome == "diverged" for one in parted),
    }


def blocking_window() -> dict[str, Any]:
    """TX-5: who is in doubt while the coordinator is down, and what it decides when it is back.

    The coordinator crashes at every step after the last Prepare was sent, and before its decision is on disk.

    >>> blocking_window()["participants_in_doubt"]
    'all'
    """
    down = crash_matrix(PresumedAbort)
    back = crash_matrix(PresumedAbort, back_after=3.0)
    window = [place for place, one in enumerate(down) if _is_in_window(one)]
    doubts = [list(down[place].states.values()) for place in window]
    outcomes = sorted({back[place].outcome for place in window})
    everywhere = [
        *down,
        *back,
        *crash_matrix(PresumedAbort, 2),
        *crash_matrix(PresumedAbort, 2, back_after=3.0),
    ]
    return {
        "participants_in_doubt": "all" if all(set(each) == {"in doubt"} for each in doubts) else "some",
        "outcome_after_restart": {"aborted": "abort", "committed": "commit"}.get(outcomes[0], "mixed")
        if len(outcomes) == 1
        else "mixed",
        "divergent_decisions": sum(one.outcome == "diverged" for one in everywhere),
    }


def _is_in_window(one: CrashedAt) -> bool:
    last_prepare = one.moment == "after" and one.step.what == "send Prepare to 4"
    return last_prepare or (one.moment == "before" and one.step.what == "commit on disk")
