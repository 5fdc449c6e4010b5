"""Graham's anomalies: nine tasks on three workers, and four improvements that make the job end later.

R. L. Graham, "Bounds on multiprocessing timing anomalies", SIAM Journal on Applied Mathematics 17 (1969). The
times are 3, 2, 2, 2, 4, 4, 4, 4, 9; task 9 waits for task 1, tasks 5 to 8 wait for task 4.
"""

from __future__ import annotations

from dataclasses import replace

from .job import Job

__all__ = ["ANOMALIES", "anomalies", "anomalous_job"]

ANOMALIES = {"as it is": 12, "another order": 14, "a fourth worker": 15, "every task 1 s shorter": 13,
             "fewer tasks wait": 16}  # fmt: skip
"""What is changed -> the published makespan in seconds."""


def anomalous_job() -> Job:
    """Graham's nine tasks.

    >>> anomalous_job().work, anomalous_job().span
    (34.0, 12.0)
    """
    return Job.of(
        T1=3,
        T2=2,
        T3=2,
        T4=2,
        T5=(4, "T4"),
        T6=(4, "T4"),
        T7=(4, "T4"),
        T8=(4, "T4"),
        T9=(9, "T1"),
    )


def anomalies() -> dict[str, tuple[Job, int]]:
    """What is changed -> the changed job and the number of workers; the keys are those of ``ANOMALIES``.

    >>> from distlab.computing.parallel import TaskParallel, makespan, run
    >>> for what, (job, workers) in anomalies().items():
    ...     print(what, makespan(run(TaskParallel, job, workers)), ANOMALIES[what])
    as it is 12.0 12
    another order 14.0 14
    a fourth worker 15.0 15
    every task 1 s shorter 13.0 13
    fewer tasks wait 16.0 16
    """
    job = anomalous_job()
    order = ("T1", "T2", "T4", "T5", "T6", "T3", "T9", "T7", "T8")
    shorter = tuple(replace(task, seconds=task.seconds - 1) for task in job.tasks)
    freed = tuple(replace(task, after=()) if task.name in ("T5", "T6") else task for task in job.tasks)
    changed = {
        "as it is": (job, 3),
        "another order": (Job(tuple(job[name] for name in order)), 3),
        "a fourth worker": (job, 4),
        "every task 1 s shorter": (Job(shorter), 3),
        "fewer tasks wait": (Job(freed), 3),
    }
    return {what: changed[what] for what in ANOMALIES}
