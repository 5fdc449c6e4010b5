"""Task parallel: a job is cut into different subtasks, and those that do not wait for each other run at once.

    dispatcher   cut the program: each job into its tasks
                 whenever a worker is idle: send it a task whose predecessors are done

Cost: two messages per task. One job with work W and span S takes at least max(S, W/n) seconds on n workers
and, with nothing to split, at most W/n + (1 - 1/n) S (Graham 1966).
"""

from __future__ import annotations

from .dispatcher import Dispatcher
from .job import Job

__all__ = ["TaskParallel"]


class TaskParallel(Dispatcher):
    """Gives workers the subtasks of the jobs; the parameters are those of :class:`Dispatcher`.

    Examples
    --------
    >>> from distlab.computing.parallel import Job, makespan, run
    >>> job = Job.of(read=2, count=(3, "read"), draw=(1, "read"), write=(1, "count", "draw"))
    >>> [makespan(run(TaskParallel, job, workers=n)) for n in (1, 2, 3)]
    [7.0, 6.0, 6.0]
    """

    def cut(self, job: Job) -> Job:
        return job
