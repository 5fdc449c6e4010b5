"""Data-parallel training on processes of this machine: one process per worker, a ring through shared memory.

The processes are started afresh on every system (no fork), also from a notebook, and are gone when the call
returns, whatever happens.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.shared_memory import SharedMemory
from typing import Any, NamedTuple

import numpy as np

from distlab.computing.training import Task, Vector

from ..errors import LiveError
from .shared_ring import SharedRing

__all__ = ["Measured", "race", "train_on_processes"]

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_TIMES = 4  # seconds that are noted per worker and round: in all, computing, on a core of it, exchanging
_MOST = 61  # Windows waits for no more processes at once


@dataclass(frozen=True)
class Measured:
    """What was measured, in the fastest of the rounds: others can only have been disturbed more.

    Attributes
    ----------
    workers, steps : int
    seconds : float
        From the first step to the end of the last, at the slowest worker; the start is not counted.
    computing, exchanging : float
        Seconds per step, at the slowest worker of each.
    share : float
        The share of a core that the worker with the least had while it computed; the rest went to others.
    theta : array
        The parameters at the end.
    rounds : tuple
        The seconds of each round.
    """

    workers: int
    steps: int
    seconds: float
    computing: float
    exchanging: float
    share: float
    theta: Vector
    rounds: tuple[float, ...]


def train_on_processes(task: Task, steps: int, *, rounds: int = 1, limit: float = 60.0) -> Measured:
    """Train on as many processes as the task has workers.

    Parameters
    ----------
    task
        What is trained. Each process computes on one thread. The task goes to each of them, so it should be
        small: examples that are generated, not kept.
    steps
        How many.
    rounds
        How often to do it all from the beginning; the fastest counts.
    limit
        Seconds after which everything is ended.

    Returns
    -------
    Measured

    Raises
    ------
    ValueError
        If ``steps`` or ``rounds`` is not a whole number above 0, or there are more than 61 workers.
    LiveError
        If a process fails or ends, the workers end with different parameters, or the time is over.

    Examples
    --------
    >>> from distlab.computing.training import Descent, Examples, Logistic, shares
    >>> task = Task(Logistic(8), Examples("clouds"), shares(64, 2), Descent(0.5))
    >>> found = train_on_processes(task, steps=3)
    >>> bool(np.abs(found.theta - task.serial(3)[-1]).max() < 1e-12)
    True
    """
    return race((task,), steps, rounds=rounds, limit=limit)[0]


def race(tasks: Sequence[Task], steps: int, *, rounds: int = 1, limit: float = 60.0) -> tuple[Measured, ...]:
    """Train several tasks in turn, round by round, on the same processes, so that what else the machine does
    meets all of them alike.

    Parameters
    ----------
    tasks
        One or more. A task with fewer workers than another leaves processes waiting.
    steps, rounds, limit
        As for :func:`train_on_processes`.

    Returns
    -------
    tuple of Measured
        One per task.

    Raises
    ------
    ValueError, LiveError
        As for :func:`train_on_processes`.
    """
    for name, value in (("steps", steps), ("rounds", rounds)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be a whole number of 1 or more; got {value!r}.")
    if not tasks or max([task.workers for task in tasks]) > _MOST:
        raise ValueError(f"tasks must be one or more, each with at most {_MOST} workers; got {tasks!r}.")
    memory = SharedMemory(create=True, size=8 * sum([_Share.of(task, rounds).numbers for task in tasks]))
    try:
        _run(_Plan(tuple(tasks), steps, rounds, limit, memory.name))
        shared: Vector = np.ndarray(memory.size // 8, dtype=np.float64, buffer=memory.buf)
        found = [
            _measured(task, steps, *[part.copy() for part in parts[1:]])
            for task, parts in zip(tasks, _parts(tasks, rounds, shared), strict=True)
        ]
        del shared
    finally:
        memory.close()
        memory.unlink()
    return tuple(found)


def _measured(task: Task, steps: int, theta: Vector, spent: Vector) -> Measured:
    if not (theta == theta[0]).all():
        raise LiveError("the workers ended with different parameters.")
    slowest = spent.max(axis=0)
    best = int(np.argmin(slowest[:, 0]))
    seconds, computing, _, exchanging = slowest[best].tolist()
    share = float(np.min(spent[:, best, 2] / spent[:, best, 1]))
    every = tuple(slowest[:, 0].tolist())
    return Measured(
        task.workers, steps, seconds, computing / steps, exchanging / steps, share, theta[0], every
    )


class _Plan(NamedTuple):
    """What the processes are to do."""

    tasks: tuple[Task, ...]
    steps: int
    rounds: int
    limit: float
    memory: str


class _Share(NamedTuple):
    """How many shared numbers a task takes: slots of its ring, parameters and times of its workers."""

    slots: int
    theta: int
    spent: int

    @classmethod
    def of(cls, task: Task, rounds: int) -> _Share:
        n, size = task.workers, task.model.size
        return cls(SharedRing.room(n, size), n * size, n * rounds * _TIMES)

    @property
    def numbers(self) -> int:
        return self.slots + self.theta + self.spent


def _parts(tasks: Sequence[Task], rounds: int, shared: Vector) -> list[tuple[Vector, Vector, Vector]]:
    """The slots, the parameters (a row per worker) and the times (worker, round, kind) of each task."""
    parts, begin = [], 0
    for task in tasks:
        share = _Share.of(task, rounds)
        slots, theta, spent = np.split(
            shared[begin : begin + share.numbers], [share.slots, share.slots + share.theta]
        )
        begin += share.numbers
        parts.append((slots, theta.reshape(task.workers, -1), spent.reshape(task.workers, rounds, _TIMES)))
    return parts


def _run(plan: _Plan) -> None:
    """Start the processes, wait until all have ended well, and leave none behind."""
    context = get_context("spawn")
    deadline = time.monotonic() + plan.limit
    members = max([task.workers for task in plan.tasks])
    arrived = [[context.Semaphore(0) for _ in range(task.workers)] for task in plan.tasks]
    together = context.Barrier(members)
    errors = context.SimpleQueue()
    crew = [
        context.Process(target=_worker, args=(rank, plan, arrived, together, errors), daemon=True)
        for rank in range(members)
    ]
    try:
        with _on_one_thread():
            for process in crew:
                process.start()
        left = list(crew)
        while left:
            ended = wait(
                [process.sentinel for process in left], timeout=max(0.0, deadline - time.monotonic())
            )
            if not ended:
                raise LiveError(f"training on {members} processes did not end within {plan.limit:g} s.")
            for process in [process for process in left if process.sentinel in ended]:
                process.join()
                left.remove(process)
                if process.exitcode:
                    said = errors.get() if not errors.empty() else _why(process.exitcode)
                    raise LiveError(f"worker {crew.index(process) + 1} failed: {said}.")
    finally:
        for process in crew:
            if process.pid is not None:
                if process.is_alive():
                    process.kill()
                process.join()
            process.close()
        errors.close()


def _why(code: int) -> str:
    hint = ' (in a script, train under `if __name__ == "__main__":`)' if code == 1 else ""
    return f"it ended with code {code}{hint}"


@contextmanager
def _on_one_thread() -> Iterator[None]:
    """What is started here computes on one thread: else a single worker would take all cores."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _worker(rank: int, plan: _Plan, arrived: Any, together: Any, errors: Any) -> None:
    """The life of one process."""
    memory = SharedMemory(name=plan.memory)
    try:
        shared: Vector = np.ndarray(memory.size // 8, dtype=np.float64, buffer=memory.buf)
        _train(rank, plan, shared, arrived, together)
        del shared
    except Exception as error:
        errors.put(f"{type(error).__name__}: {error}".rstrip("."))
        raise SystemExit(1) from None
    finally:
        memory.close()


def _train(rank: int, plan: _Plan, shared: Vector, arrived: Any, together: Any) -> None:
    """All tasks in turn, round by round; who has no part in one waits for the next."""
    for task in plan.tasks:
        task.gradient(0, 0, task.model.initial())  # the examples are made before the clock starts
    lanes = list(zip(plan.tasks, _parts(plan.tasks, plan.rounds, shared), arrived, strict=True))
    for round in range(plan.rounds):
        for task, (slots, thetas, spent), here in lanes:
            together.wait(plan.limit)
            if rank < task.workers:
                ring = SharedRing(rank, task.workers, task.model.size, slots, here, plan.limit)
                thetas[rank], spent[rank, round] = _one_round(rank, task, plan.steps, ring)


def _one_round(rank: int, task: Task, steps: int, ring: SharedRing) -> tuple[Vector, Any]:
    """The parameters at the end, and the seconds in all, computing, on a core of it, and exchanging."""
    theta, velocity = task.model.initial(), np.zeros(task.model.size)
    computing = on_a_core = exchanging = 0.0
    began = time.perf_counter()
    for step in range(steps):
        first, used = time.perf_counter(), time.thread_time()
        gradient = task.gradient(rank, step, theta)
        on_a_core += time.thread_time() - used
        second = time.perf_counter()
        total = ring.all_reduce(gradient)
        third = time.perf_counter()
        theta, velocity = task.descent.step(theta, total / task.batch, velocity)
        computing += second - first
        exchanging += third - second
    return theta, (time.perf_counter() - began, computing, on_a_core, exchanging)
