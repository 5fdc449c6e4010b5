"""List scheduling over a network: a dispatcher hands out tasks, workers do them (Graham 1966).

    dispatcher   whenever a worker is idle and a task is ready: choose one, cut it out of the job, send it
                 a task is ready when all tasks before it are done
                 an answer came: merge it; the job is finished when all its tasks are done
                 no answer in time: take the worker for dead, and the task is open again
    worker       do the task, answer, wait for the next one

Cost: two messages per task. With nothing but the tasks themselves to do (no splitting, no merging, no delay)
a job with work W and span S takes at most W/m + (1 - 1/m) S seconds on m workers.

Assumed: messages arrive; workers may stop and come back, or be slow. A task that is done twice counts once.

R. L. Graham, "Bounds for certain multiprocessing anomalies", Bell System Technical Journal 45 (1966).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

from distlab.sim import Node, Timer, message

from .job import Job, Task, listed, seconds

__all__ = ["Assign", "Dispatcher", "Done", "Piece", "Ready", "Worker"]


@message
class Assign:
    """Do this task."""

    job: int
    task: str
    seconds: float


@message
class Done:
    """It is done."""

    job: int
    task: str


@message
class Ready:
    """I am back, and have forgotten what I was given."""


class Piece(NamedTuple):
    """One task of one job; jobs count from 1."""

    job: int
    task: Task


class Dispatcher(Node):
    """Cuts jobs into tasks, hands the tasks to idle workers and puts the results together.

    Parameters
    ----------
    jobs
        All are there from the beginning.
    split, merge
        Seconds that the dispatcher itself is busy with each task: to cut it out and send it; to take its
        result in. It does one thing at a time.
    patience
        Seconds beyond a task's length after which a worker that has not answered is taken for dead; None:
        wait for ever. It has to cover the way there and back.
    """

    stable: ClassVar[tuple[str, ...]] = ("done",)

    def __init__(
        self,
        jobs: Job | Iterable[Job],
        split: float = 0.0,
        merge: float = 0.0,
        patience: float | None = None,
    ) -> None:
        self.jobs = tuple(self.cut(job) for job in listed(jobs))
        self.split = seconds(split, "split")
        self.merge = seconds(merge, "merge")
        self.patience = None if patience is None else seconds(patience, "patience")
        self.done: set[tuple[int, str]] = set()

    def on_start(self) -> None:
        self.idle = list(self.peers)
        self.given: dict[Any, Piece] = {}
        self.deadlines: dict[Any, Timer] = {}
        pieces = [Piece(number, task) for number, job in enumerate(self.jobs, 1) for task in job.tasks]
        self.open = [piece for piece in pieces if not self.is_done(piece.job, piece.task.name)]
        for number in dict.fromkeys(piece.job for piece in self.open):
            self.record("submitted", job=number)
        self.hand_out()

    # --- what the ways to compute differ in

    def cut(self, job: Job) -> Job:
        """The tasks that a job is handed out in."""
        raise NotImplementedError(f"{type(self).__name__} must say into which tasks it cuts a job.")

    def choose(self, ready: list[Piece]) -> Piece:
        """Which of the ready tasks is next? In Graham's list scheduling, the first of the list."""
        return ready[0]

    # --- handing out

    def hand_out(self) -> None:
        """No worker is idle while a task is ready."""
        ready = [piece for piece in self.open if self.is_ready(piece)]
        while ready and self.idle:
            piece = self.chosen(ready)
            ready.remove(piece)
            self.open.remove(piece)
            worker = self.idle.pop(0)
            self.given[worker] = piece
            self.work(self.split, self.give, worker, piece)

    def chosen(self, ready: list[Piece]) -> Piece:
        piece = self.choose(list(ready))
        if piece not in ready:
            name = type(self).__name__
            raise ValueError(f"{name}.choose() must return one of the ready pieces; got {piece!r}.")
        return piece

    def give(self, worker: Any, piece: Piece) -> None:
        if self.given.get(worker) != piece:
            return  # it was taken back while it was being cut out
        self.send(worker, Assign(piece.job, piece.task.name, piece.task.seconds))
        if self.patience is not None:
            self.stop_waiting(worker)
            limit = piece.task.seconds + self.patience
            self.deadlines[worker] = self.after(limit, self.give_up, worker)

    def give_up(self, worker: Any) -> None:
        """The worker did not answer in time and is taken for dead: somebody else has to do its task."""
        self.take_back(worker)
        self.hand_out()

    def take_back(self, worker: Any) -> None:
        piece = self.given.pop(worker)
        self.stop_waiting(worker)
        if not self.is_done(piece.job, piece.task.name):
            self.record("taken back", job=piece.job, task=piece.task.name, worker=worker)
            self.open.insert(0, piece)

    def stop_waiting(self, worker: Any) -> None:
        if worker in self.deadlines:
            self.deadlines.pop(worker).cancel()

    # --- what workers say

    def on_done(self, msg: Done, sender: Any) -> None:
        piece = self.given.get(sender)
        if piece is not None and (piece.job, piece.task.name) == (msg.job, msg.task):
            del self.given[sender]
            self.stop_waiting(sender)
        if sender not in self.given and sender not in self.idle:
            self.idle.append(sender)
        self.work(self.merge, self.take_in, msg.job, msg.task)

    def on_ready(self, msg: Ready, sender: Any) -> None:
        """A worker is back and has forgotten what it was given."""
        if sender in self.given:
            self.take_back(sender)
        if sender not in self.idle:
            self.idle.append(sender)
        self.hand_out()

    def take_in(self, job: int, task: str) -> None:
        if not self.is_done(job, task):
            self.done.add((job, task))
            self.open = [piece for piece in self.open if (piece.job, piece.task.name) != (job, task)]
            if all(self.is_done(job, other.name) for other in self.jobs[job - 1].tasks):
                self.record("finished", job=job)
        self.after(0.0, self.hand_out)  # what ends at the same moment is taken in first

    # --- what is known

    def is_done(self, job: int, task: str) -> bool:
        return (job, task) in self.done

    def is_ready(self, piece: Piece) -> bool:
        return all(self.is_done(piece.job, name) for name in piece.task.after)


class Worker(Node):
    """Does what it is given, one task at a time, and says when it is done.

    Parameters
    ----------
    dispatcher
        The id of the dispatcher.
    speed
        Work per second: 0.5 takes twice as long.
    """

    def __init__(self, dispatcher: Any = "dispatcher", speed: float = 1.0) -> None:
        if isinstance(speed, bool) or not isinstance(speed, int | float) or not speed > 0:
            raise ValueError(f"speed must be a number above 0; got {speed!r}.")
        self.dispatcher = dispatcher
        self.speed = speed

    def on_recover(self) -> None:
        self.send(self.dispatcher, Ready())

    def on_assign(self, msg: Assign, sender: Any) -> None:
        self.work(msg.seconds / self.speed, self.finish, msg, sender)

    def finish(self, msg: Assign, sender: Any) -> None:
        self.send(sender, Done(msg.job, msg.task))
