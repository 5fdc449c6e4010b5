"""A job: tasks, how long each takes, and which must be done before which (a directed acyclic graph)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

__all__ = ["Job", "Task", "listed", "seconds"]


@dataclass(frozen=True)
class Task:
    """A piece of work that one worker does without a break.

    Parameters
    ----------
    name
        Unique in its job.
    seconds
        How long it takes a worker of speed 1.
    after
        The names of the tasks that must be done before.

    Examples
    --------
    >>> Task("draw", 3.0, after=("count",))
    Task(name='draw', seconds=3.0, after=('count',))
    """

    name: str
    seconds: float
    after: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        seconds(self.seconds, f"the seconds of task {self.name!r}")
        if isinstance(self.after, str):
            raise ValueError(f"after must be a tuple of names: write after=({self.after!r},).")
        object.__setattr__(self, "after", tuple(self.after))


@dataclass(frozen=True)
class Job:
    """Tasks in a list; the order of the list is the order in which workers are offered what is ready.

    Parameters
    ----------
    tasks
        At least one; names are unique, every name in ``after`` is a task of the job, and no task waits for
        itself.

    Raises
    ------
    ValueError
        If one of these does not hold.

    Examples
    --------
    >>> job = Job.of(read=2, count=(3, "read"), draw=(1, "read"), write=(1, "count", "draw"))
    >>> job.work, job.span, job.critical_path
    (7.0, 6.0, ('read', 'count', 'write'))
    """

    tasks: tuple[Task, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "tasks", tuple(self.tasks))
        if not self.tasks:
            raise ValueError("a job needs at least one task; got none.")
        names = [task.name for task in self.tasks]
        twice = [name for name in names if names.count(name) > 1] if len(set(names)) < len(names) else []
        if twice:
            raise ValueError(f"the names of a job's tasks must differ; {twice[0]!r} is there twice.")
        known = set(names)
        for task in self.tasks:
            for name in task.after:
                if name not in known:
                    shown = ", ".join(map(repr, names[:8]))
                    raise ValueError(f"task {task.name!r} waits for {name!r}; the job's tasks are: {shown}.")
        self.order()

    @classmethod
    def of(cls, **tasks: float | tuple[float | str, ...]) -> Job:
        """A job in short: ``name=seconds``, or ``name=(seconds, "before", ...)``.

        >>> Job.of(read=2, write=(1, "read")).tasks[1].after
        ('read',)
        """
        made = []
        for name, given in tasks.items():
            length, *after = given if isinstance(given, tuple) else (given,)
            made.append(Task(name, length, tuple(str(before) for before in after)))  # type: ignore[arg-type]
        return cls(tuple(made))

    def __getitem__(self, name: str) -> Task:
        """The task of this name."""
        for task in self.tasks:
            if task.name == name:
                return task
        shown = ", ".join(repr(task.name) for task in self.tasks[:8])
        raise KeyError(f"the job has no task {name!r}; its tasks are: {shown}.")

    @property
    def work(self) -> float:
        """Seconds on one worker: the sum of all tasks."""
        return math.fsum(task.seconds for task in self.tasks)

    @property
    def span(self) -> float:
        """Seconds on any number of workers: the length of the critical path."""
        return max(self.earliest().values())

    @property
    def critical_path(self) -> tuple[str, ...]:
        """The longest chain of tasks that wait for each other; of several, the first in the list's order."""
        left = self.remaining()
        path: list[str] = []
        ready = [task.name for task in self.tasks if not task.after]
        while ready:
            path.append(max(ready, key=lambda name: left[name]))
            ready = [task.name for task in self.tasks if path[-1] in task.after]
        return tuple(path)

    def order(self) -> tuple[Task, ...]:
        """The tasks, each behind all that it waits for; otherwise as in the list.

        Raises
        ------
        ValueError
            If tasks wait for each other in a circle.
        """
        placed: dict[str, Task] = {}
        waiting = list(self.tasks)
        while waiting:
            able = [task for task in waiting if all(name in placed for name in task.after)]
            if not able:
                circle = ", ".join(repr(task.name) for task in waiting)
                raise ValueError(f"these tasks wait for each other in a circle, or for one: {circle}.")
            placed |= {task.name: task for task in able}
            waiting = [task for task in waiting if task.name not in placed]
        return tuple(placed.values())

    def earliest(self) -> dict[str, float]:
        """Task -> the earliest second at which it can be done, with a worker for everybody."""
        done: dict[str, float] = {}
        for task in self.order():
            done[task.name] = max((done[name] for name in task.after), default=0.0) + task.seconds
        return done

    def remaining(self) -> dict[str, float]:
        """Task -> the seconds from its start to the end of the job, at least: it and what follows."""
        left = {task.name: task.seconds for task in self.tasks}
        for task in reversed(self.order()):
            for name in task.after:
                left[name] = max(left[name], self[name].seconds + left[task.name])
        return left

    def slack(self) -> dict[str, float]:
        """Task -> the seconds that it can be late without making the job late; 0 on the critical path.

        >>> Job.of(read=2, count=(3, "read"), draw=(1, "read")).slack()
        {'read': 0.0, 'count': 0.0, 'draw': 2.0}
        """
        done, left, span = self.earliest(), self.remaining(), self.span
        return {
            task.name: round(span - (done[task.name] - task.seconds + left[task.name]), 9)
            for task in self.tasks
        }

    def with_seconds(self, name: str, length: float) -> Job:
        """The same job with another length of one task.

        >>> Job.of(read=2, write=(1, "read")).with_seconds("read", 0.5).work
        1.5
        """
        changed = replace(self[name], seconds=length)
        return Job(tuple(changed if task.name == name else task for task in self.tasks))


def seconds(value: float, name: str) -> float:
    """Return a duration; a sentence that names the argument if it is none.

    >>> seconds(-1.0, "split")
    Traceback (most recent call last):
        ...
    ValueError: split must be a number of seconds, 0 or more; got -1.0.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"{name} must be a number of seconds, 0 or more; got {value!r}.")
    return float(value)


def listed(jobs: Job | Iterable[Job]) -> tuple[Job, ...]:
    """Jobs as a tuple; one job alone is a list of one.

    >>> len(listed(Job.of(all=1)))
    1
    """
    chosen = (jobs,) if isinstance(jobs, Job) else tuple(jobs)
    if not chosen or not all(isinstance(job, Job) for job in chosen):
        raise ValueError(f"jobs must be a Job or a list of at least one Job; got {jobs!r}.")
    return chosen
