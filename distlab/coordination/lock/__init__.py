"""Distributed locks: where the mark of a lock lives, and what happens when its holder crashes or pauses.

Where things are
----------------
holds       who held a lock from when to when: overlaps, waits, fairness; for models and real servers alike
"""

from .holds import (
    Hold,
    Overlap,
    double_holders,
    fairness,
    holds_of,
    overtaken,
    stuck_times,
    summary,
    throughput,
    wait,
    waits,
)

__all__ = [
    "Hold",
    "Overlap",
    "double_holders",
    "fairness",
    "holds_of",
    "overtaken",
    "stuck_times",
    "summary",
    "throughput",
    "wait",
    "waits",
]
