"""Single machine: program and data in one box, one job after the other.

    machine   for each job: do all its tasks

Cost: no messages, nothing to split. J jobs of W seconds take J W. Whatever stops the machine stops every job
that is not finished; what is finished is on its disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from distlab.sim import Node

from .job import Job, listed

__all__ = ["SingleMachine"]


class SingleMachine(Node):
    """Does all jobs alone, in the order of the list.

    Parameters
    ----------
    jobs
        All are there from the beginning.

    Examples
    --------
    >>> from distlab.sim import Simulation
    >>> from distlab.computing.parallel import whole
    >>> trace = Simulation({"machine": SingleMachine([whole(2.0), whole(3.0)])}).run()
    >>> trace.records.query("event == 'finished'").time.tolist()
    [2.0, 5.0]
    """

    stable: ClassVar[tuple[str, ...]] = ("left",)

    def __init__(self, jobs: Job | Iterable[Job]) -> None:
        self.jobs = listed(jobs)
        self.left = list(range(1, len(self.jobs) + 1))

    def on_start(self) -> None:
        for number in self.left:
            self.record("submitted", job=number)
            self.work(self.jobs[number - 1].work, self.finish, number)

    def finish(self, number: int) -> None:
        self.left.remove(number)
        self.record("finished", job=number)
