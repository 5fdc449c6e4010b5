"""Data parallel: the data are split, every worker runs the same program on its own share.

    dispatcher   cut the data, not the program: each job into shares of its data
                 whenever a worker is idle: send it the next share

With one share per job the unit is the whole job, as in the lecture: J jobs of W seconds on n workers take
ceil(J/n) W, and one job alone takes W on any number of workers. With more shares the data of a single job are
spread, as MapReduce does it (Dean and Ghemawat 2004): one job takes as long as its largest share, if there is
a worker for each.

Cost: two messages per share.

J. Dean and S. Ghemawat, "MapReduce: simplified data processing on large clusters", OSDI 2004.
"""

from __future__ import annotations

from collections.abc import Iterable

from .dispatcher import Dispatcher
from .job import Job
from .shapes import shares

__all__ = ["DataParallel"]


class DataParallel(Dispatcher):
    """Gives each worker the same program and a share of the data.

    Parameters
    ----------
    jobs
        Their tasks stay together: what counts is their work.
    pieces
        Into how many shares the data of each job are cut; 1: whole jobs are handed out.
    skew
        How unequal the shares are; see :func:`shares`.
    split, merge, patience
        See :class:`Dispatcher`.

    Examples
    --------
    >>> from distlab.computing.parallel import makespan, run, whole
    >>> [makespan(run(DataParallel, whole(12.0), workers=n)) for n in (1, 4)]
    [12.0, 12.0]
    >>> [makespan(run(DataParallel, whole(12.0), workers=n, pieces=n)) for n in (1, 4)]
    [12.0, 3.0]
    """

    def __init__(
        self,
        jobs: Job | Iterable[Job],
        pieces: int = 1,
        skew: float = 0.0,
        split: float = 0.0,
        merge: float = 0.0,
        patience: float | None = None,
    ) -> None:
        self.pieces = pieces
        self.skew = skew
        super().__init__(jobs, split, merge, patience)

    def cut(self, job: Job) -> Job:
        return shares(job.work, self.pieces, self.skew)
