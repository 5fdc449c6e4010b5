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
            given, answered = _given_and_answered(trace, job)
            missing = [task for task in given if task not in answered]
            if times == 0:
                return f"job {job} never ended: {_what_is_missing(given, missing)}."
            if times > 1:
                return f"job {job} was finished {times} times."
            if missing:
                return f"job {job} was called finished, but nobody did its task {missing[0]!r}."
        last = float(finished["time"].max())
        if last > limit + 1e-9:
            return f"the last job ended after {last:.4g} s; {limit:g} s are enough."
        return None

    return on_time


def _given_and_answered(trace: Trace, job: int) -> tuple[dict[str, list[str]], set[str]]:
    """Task -> the workers that it was sent to, and the tasks whose answer arrived."""
    given: dict[str, list[str]] = {}
    answered: set[str] = set()
    for row in trace.messages.itertuples():
        msg = row.message
        if isinstance(msg, Assign) and msg.job == job:
            given.setdefault(msg.task, []).append(str(row.receiver))
        if isinstance(msg, Done) and msg.job == job and row.received == row.received:
            answered.add(msg.task)
    return given, answered


def _what_is_missing(given: dict[str, list[str]], missing: list[str]) -> str:
    """What became of the tasks of a job that never ended."""
    if not given:
        return "none of its tasks was handed out"
    if not missing:
        return f"after {list(given)[-1]!r} none of its tasks was handed out"
    task, workers = missing[0], given[missing[0]]
    if len(set(workers)) > 1:
        names = ", ".join(dict.fromkeys(workers))
        return f"task {task!r} was given to workers {names}, and none of them answered"
    times = "" if len(workers) == 1 else f" {len(workers)} times"
    return f"task {task!r} was given{times} to worker {workers[0]}, which never answered, and to nobody else"
