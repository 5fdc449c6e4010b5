"""Training on real processes: the parameters of the simulator and of one machine, and nothing left behind."""

import multiprocessing
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from distlab.computing.training import (
    Bowl,
    Descent,
    Examples,
    Perceptron,
    RingReplica,
    Task,
    Vector,
    final_parameters,
    train,
)
from distlab.live import LiveError
from distlab.live.training import SharedRing, predicted_speed_up, race, train_on_processes

MODEL = Perceptron((2, 7, 1))


def _task(*batches: int) -> Task:
    return Task(MODEL, Examples("rings", 4 * sum(batches), 2), batches, Descent(0.3, momentum=0.5))


def test_processes_learn_what_the_simulator_and_one_machine_learn() -> None:
    """Two even and three uneven workers, one after the other on the same processes, each two rounds."""
    tasks = [_task(8, 8), _task(9, 5, 2), _task(16)]
    for task, found in zip(tasks, race(tasks, 5, rounds=2), strict=True):
        assert np.abs(found.theta - final_parameters(train(RingReplica, task, 5))).max() < 1e-12
        assert np.abs(found.theta - task.serial(5)[-1]).max() < 1e-12
        assert (found.workers, found.steps, len(found.rounds)) == (task.workers, 5, 2)
        assert 0 < found.computing * 5 <= found.seconds == min(found.rounds)
        assert 0 < found.share < 1.2  # two clocks that are read one after the other
    assert multiprocessing.active_children() == []


@dataclass(frozen=True)
class _Faulty(Bowl):
    """A model whose gradient cannot be computed after a few steps at one worker."""

    how: str = "raises"

    def gradient(self, theta: Vector, x: Vector, y: Vector) -> Vector:
        if len(x) == 2 and theta[0] < 0.9:
            if self.how == "raises":
                raise ArithmeticError("no gradient today")
            os._exit(7)
        return super().gradient(theta, x, y)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("raises", "worker 1 failed: ArithmeticError: no gradient today"),
        ("dies", "worker 1 failed: it ended with code 7"),
    ],
)
def test_a_failing_worker_ends_all_and_is_named(how: str, said: str) -> None:
    """The others wait for it in the ring; they are ended, and the sentence says whose fault it was."""
    task = Task(_Faulty((1.0, 1.0), how), Examples("line", 12, 1), (2, 1), Descent(0.2))
    before = _segments()
    with pytest.raises(LiveError, match=said):
        train_on_processes(task, 10)
    assert multiprocessing.active_children() == []
    assert _segments() == before


def _segments() -> set[str]:
    """The shared memory of this machine, where it can be seen."""
    folder = Path("/dev/shm")
    return {path.name for path in folder.glob("psm_*")} if folder.is_dir() else set()


def test_time_that_is_over_is_said() -> None:
    """A limit that no process can keep ends them all."""
    with pytest.raises(LiveError, match="training on 2 processes did not end within"):
        train_on_processes(_task(8, 8), 5, limit=0.01)
    assert multiprocessing.active_children() == []


def test_it_works_without_a_file_to_start_from() -> None:
    """As in a notebook: the main module cannot be imported by the new processes, and need not be."""
    code = (
        "from distlab.computing.training import *\n"
        "from distlab.live.training import train_on_processes\n"
        "task = Task(Logistic(2), Examples('clouds', 16, 2), (4, 4), Descent(0.5))\n"
        "print(train_on_processes(task, 2).theta.size)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("3", "")


def test_a_script_that_cannot_be_imported_is_told_what_to_write(tmp_path: Path) -> None:
    """The new processes import the script and would train in it again: all end, and a sentence says why."""
    script = tmp_path / "script.py"
    script.write_text(
        "from distlab.computing.training import *\n"
        "from distlab.live.training import train_on_processes\n"
        "task = Task(Logistic(2), Examples('clouds', 16, 2), (4, 4), Descent(0.5))\n"
        "train_on_processes(task, 2)\n"
    )
    command = [sys.executable, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    last = [line for line in done.stderr.splitlines() if "LiveError" in line][-1]
    assert last.endswith(
        'failed: it ended with code 1 (in a script, train under `if __name__ == "__main__":`).'
    )


def test_the_environment_is_as_before() -> None:
    """The processes compute on one thread; this one may go on as it was."""
    before = dict(os.environ)
    train_on_processes(_task(4), 1)
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: train_on_processes(_task(8), 0), "steps must be a whole number of 1 or more; got 0"),
        (
            lambda: train_on_processes(_task(8), 1, rounds=0),
            "rounds must be a whole number of 1 or more; got 0",
        ),
        (lambda: race([], 1), "tasks must be one or more, each with at most 61 workers"),
    ],
)
def test_bad_input_is_answered_by_one_sentence(make: object, said: str) -> None:
    """Before any process is started."""
    with pytest.raises(ValueError, match=said):
        make()  # type: ignore[operator]


def test_the_slots_of_a_ring_hold_its_longest_chunk() -> None:
    """Ten numbers on four members: chunks of up to three, six hops, four members."""
    assert SharedRing.room(4, 10) == 4 * 6 * 3
    assert SharedRing.room(1, 10) == 10


def test_the_model_of_the_speed_up() -> None:
    """No more than the cores give, less by what the exchange takes, and by what others take of the cores."""
    assert predicted_speed_up(0.04, 0.0, 4, share=0.5) == 2.0
    assert predicted_speed_up(0.04, 0.01, 4) == 2.0
    assert predicted_speed_up(0.04, 0.04, 2) == pytest.approx(2 / 3)
    assert predicted_speed_up(0.04, 0.0, 2, share=0.6, alone=0.8) == pytest.approx(1.5)
