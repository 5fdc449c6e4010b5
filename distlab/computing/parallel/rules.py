"""What a run must reach: a function of a trace that answers None or a sentence, for ``distlab.check``."""

from __future__ import annotations

from collections.abc import Callable

from distlab.sim import Trace

from .dispatcher import Assign, Done
from .job import seconds

__all__ = ["finished_by"]


def finished_by(limit: float) -> Callable[[Trace], str | None]:
    """A rule: every job is finished ``limit`` seconds after the beginning, and finished once.

    Parameters
    ----------
    limit
        Seconds.

    Returns
    -------
    callable
        Trace -> None, or a sentence: which job did not end and what became of its tasks, or how late it was.

    Examples
    --------
    >>> from distlab.computing.parallel import TaskParallel, report, run
    >>> on_time = finished_by(14.0)
    >>> on_time(run(TaskParallel, report(), workers=3))
    >>> on_time(run(TaskParallel, report(), workers=2))
    'the last job ended after 15 s; 14 s are enough.'
    """
    limit = seconds(limit, "limit")

    def on_time(trace: Trace) -> str | None:
        records = trace.records
        if not len(records):
            return "no job was submitted."
        finished = records[records["event"] == "finished"]
        for job in records["job"][records["event"] == "submitted"].unique():
            times = int((finished["job"] == job).sum())
            if times == 0:
                return f"job {job} never ended: {_what_is_missing(trace, job)}."
            if times > 1:
                return f"job {job} was finished {times} times."
        last = float(finished["time"].max())
        if last > limit + 1e-9:
            return f"the last job ended after {last:.4g} s; {limit:g} s are enough."
        return None

    return on_time


def _what_is_missing(trace: Trace, job: int) -> str:
    """What became of the tasks of a job that never ended."""
    given: dict[str, list[str]] = {}
    answered: set[str] = set()
    for row in trace.messages.itertuples():
        msg = row.message
        if isinstance(msg, Assign) and msg.job == job:
            given.setdefault(msg.task, []).append(str(row.receiver))
        if isinstance(msg, Done) and msg.job == job and row.received == row.received:
            answered.add(msg.task)
    for task, workers in given.items():
        if task not in answered:
            if len(set(workers)) > 1:
                return f"task {task!r} was given to workers {', '.join(workers)}, and none of them answered"
            times = "" if len(workers) == 1 else f" {len(workers)} times"
            nobody = "which never answered, and to nobody else"
            return f"task {task!r} was given{times} to worker {workers[0]}, {nobody}"
    if not given:
        return "none of its tasks was handed out"
    return f"after {list(given)[-1]!r} none of its tasks was handed out"
