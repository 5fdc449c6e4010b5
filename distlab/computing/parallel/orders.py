"""Which of the ready tasks is next? Three answers besides the order of the list.

``LongestFirst``        longest processing time: at most 4/3 - 1/(3m) of the optimum for independent tasks
                        (Graham 1969)
``ShortestFirst``       the mean latency is small, the makespan need not be
``CriticalPathFirst``   what has the longest way to the end of its job (Hu 1961)

R. L. Graham, "Bounds on multiprocessing timing anomalies", SIAM Journal on Applied Mathematics 17 (1969).
T. C. Hu, "Parallel sequencing and assembly line problems", Operations Research 9 (1961).
"""

from __future__ import annotations

from .dispatcher import Piece
from .task_parallel import TaskParallel

__all__ = ["CriticalPathFirst", "LongestFirst", "ShortestFirst"]


class LongestFirst(TaskParallel):
    """Task parallel; the longest ready task is next."""

    def choose(self, ready: list[Piece]) -> Piece:
        return max(ready, key=lambda piece: piece.task.seconds)


class ShortestFirst(TaskParallel):
    """Task parallel; the shortest ready task is next."""

    def choose(self, ready: list[Piece]) -> Piece:
        return min(ready, key=lambda piece: piece.task.seconds)


class CriticalPathFirst(TaskParallel):
    """Task parallel; the ready task with the longest way to the end of its job is next."""

    def choose(self, ready: list[Piece]) -> Piece:
        return max(ready, key=lambda piece: self.jobs[piece.job - 1].remaining()[piece.task.name])
