"""The experiment: the same task on one process and on several, and in the simulator."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from distlab.computing.parallel import cores
from distlab.computing.training import (
    Ballast,
    Descent,
    Examples,
    Perceptron,
    RingReplica,
    Task,
    final_parameters,
    shares,
    train,
)

from ..errors import LiveError
from ..experiments import Experiment
from .processes import Measured, race

__all__ = ["SPEED_UP", "heavy_task", "predicted_speed_up", "speed_up"]


def heavy_task(workers: int) -> Task:
    """A perceptron with 83,000 parameters and 1,024 examples per step: enough to compute for some cores."""
    examples = Examples("rings", 2048, 64, seed=8)
    return Task(Perceptron((64, 256, 256, 1)), examples, shares(1024, workers), Descent(0.05, momentum=0.5))


def predicted_speed_up(
    computing: float, exchanging: float, workers: int, share: float = 1.0, alone: float = 1.0
) -> float:
    """Seconds of a step on one process, as a multiple of those on several.

    Parameters
    ----------
    computing
        Seconds per step that one process needs on a core of its own.
    exchanging
        Seconds per step for the all-reduce alone.
    workers
        How many processes.
    share, alone
        The share of a core that each of the processes has, and that a single one has: 1, or less where other
        programs run too, or there are more processes than cores.

    Examples
    --------
    >>> predicted_speed_up(0.040, 0.001, workers=2)
    1.9047619047619047
    >>> predicted_speed_up(0.040, 0.0, workers=4, share=0.5)  # on two cores
    2.0
    """
    return computing / alone / (computing / workers / share + exchanging)


def speed_up(
    workers: tuple[int, ...] = (2,), steps: int = 2, rounds: int = 12, limit: float = 30.0
) -> dict[str, Any]:
    """Train on one process and on several, in turn, and compare with the simulator and the model.

    Parameters
    ----------
    workers
        How many processes.
    steps, rounds
        Of each training; the fastest of the rounds counts. Many short ones find a moment in which nobody
        else uses the machine.
    limit
        Seconds for each number of processes.

    Raises
    ------
    LiveError
        If this machine has one core only: nothing would be faster there. If the time is over.
    """
    available = cores()
    if available < 2:
        raise LiveError("this machine has one core, on which two processes are not faster than one.")
    serial = heavy_task(1).serial(steps)[-1]
    rows: list[dict[str, Any]] = []
    for n in workers:
        task = heavy_task(n)
        alone, found, bare = race([heavy_task(1), task, _light(task)], steps, rounds=rounds, limit=limit)
        if not rows:
            rows.append(_row(alone, 0.0, 1.0, 1.0, serial, serial))
        needed = alone.computing * alone.share
        predicted = predicted_speed_up(needed, bare.exchanging, n, found.share, alone.share)
        simulated = final_parameters(train(RingReplica, task, steps))
        rows.append(_row(found, bare.exchanging, alone.seconds / found.seconds, predicted, serial, simulated))
    return {"rows": rows, "settings": {"cores": available, "steps": steps, "rounds": rounds}}


def _light(task: Task) -> Task:
    """As many numbers to add up, with nothing to compute."""
    return replace(task, model=Ballast(task.model.size))


def _row(
    found: Measured, exchange: float, measured: float, predicted: float, serial: Any, simulated: Any
) -> dict[str, Any]:
    return {
        "processes": found.workers,
        "step (ms)": round(1000 * found.seconds / found.steps, 2),
        "of it computing (ms)": round(1000 * found.computing, 2),
        "share of a core": round(found.share, 2),
        "one exchange alone (ms)": round(1000 * exchange, 2),
        "speed-up": round(measured, 2),
        "the model says": round(predicted, 2),
        "parameters as in the simulator": bool(np.abs(found.theta - simulated).max() < 1e-12),
        "as on one machine": bool(np.abs(found.theta - serial).max() < 1e-12),
    }


SPEED_UP = Experiment(
    "training_speed_up",
    "A perceptron with 83,000 parameters was trained on processes of one machine, with a ring all-reduce "
    "through shared memory, and by the same class of nodes in the simulator.",
    (),
    speed_up,
    {"workers": (2, 4), "rounds": 30, "limit": 120.0},
)
