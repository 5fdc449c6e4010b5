"""Jobs of a few common shapes."""

from __future__ import annotations

import math

from .job import Job, Task, seconds

__all__ = ["report", "shares", "whole", "with_serial_part"]


def whole(length: float) -> Job:
    """A job that cannot be cut: one task.

    >>> whole(3.0).tasks
    (Task(name='all', seconds=3.0, after=()),)
    """
    return Job((Task("all", length),))


def shares(work: float, pieces: int, skew: float = 0.0) -> Job:
    """A job whose data are cut into shares that do not wait for each other.

    Parameters
    ----------
    work
        Seconds on one worker.
    pieces
        How many shares, 1 or more.
    skew
        0: all alike. Else share k is in proportion to ``k ** -skew``, as the words of a text or the customers
        of a shop are (Zipf's law, with a skew of about 1).

    Returns
    -------
    Job
        Tasks "share 1", "share 2", ...; one share alone is called "all".

    Raises
    ------
    ValueError
        If one of the three is out of its range.

    Examples
    --------
    >>> [task.seconds for task in shares(12.0, 3).tasks]
    [4.0, 4.0, 4.0]
    >>> [task.seconds for task in shares(11.0, 3, skew=1.0).tasks]
    [6.0, 3.0, 2.0]
    """
    seconds(work, "work")
    if not isinstance(pieces, int) or isinstance(pieces, bool) or pieces < 1:
        raise ValueError(f"pieces must be a whole number of 1 or more; got {pieces!r}.")
    if isinstance(skew, bool) or not isinstance(skew, int | float) or not 0 <= skew < math.inf:
        raise ValueError(f"skew must be a number of 0 or more; got {skew!r}.")
    if pieces == 1:
        return whole(work)
    sizes = [k**-skew for k in range(1, pieces + 1)] if skew else [1.0] * pieces
    total = math.fsum(sizes)
    return Job(
        tuple(Task(f"share {k}", round(work * size / total, 12)) for k, size in enumerate(sizes, start=1))
    )


def with_serial_part(work: float, parallel: float, pieces: int) -> Job:
    """Amdahl's job: first the part that one worker must do alone, then shares for all.

    Parameters
    ----------
    work
        Seconds on one worker.
    parallel
        The share of the work that can be cut; between 0 and 1.
    pieces
        Into how many equal shares it is cut.

    Examples
    --------
    >>> job = with_serial_part(10.0, parallel=0.8, pieces=4)
    >>> job.work, job.span
    (10.0, 4.0)
    """
    if isinstance(parallel, bool) or not isinstance(parallel, int | float) or not 0 <= parallel <= 1:
        raise ValueError(f"parallel must be a share between 0 and 1; got {parallel!r}.")
    cut = shares(work * parallel, pieces)
    serial = Task("serial", work - work * parallel)
    return Job((serial, *(Task(task.name, task.seconds, ("serial",)) for task in cut.tasks)))


def report() -> Job:
    """The example of lecture 01: a monthly report made of nine subtasks, 27 seconds of work.

    >>> report().work, report().span, report().critical_path
    (27.0, 14.0, ('read', 'clean', 'trends', 'charts', 'print'))
    """
    return Job.of(
        read=2,
        clean=(2, "read"),
        totals=(3, "clean"),
        trends=(6, "clean"),
        charts=(3, "trends"),
        text=(3, "totals"),
        photos=5,
        scale=(2, "photos"),
        print=(1, "charts", "scale", "text"),
    )
