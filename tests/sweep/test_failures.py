import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from distlab.sweep import ScenarioError, execution, sweep


class TwoArguments(Exception):
    """Pickles, but cannot be unpickled: it keeps one argument and needs two."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


def fragile(n, seed):
    """Fail for n = 5 from seed 3 on."""
    time.sleep(0.002)
    if seed >= 3 and n == 5:
        raise ZeroDivisionError(f"no quorum of {n}")
    return n


def never_unpickled(seed):
    """Fail in a way that does not survive the way back."""
    raise TwoArguments(1, 2)


def dies(seed):
    """End the whole process."""
    if seed == 3:
        os._exit(1)
    return seed


def test_a_failure_names_the_point_and_the_seed():
    """The original exception is chained, and the run can be repeated from the error."""
    with pytest.raises(
        ScenarioError, match=r"^scenario failed at n=5, seed=3: ZeroDivisionError: no quorum of 5$"
    ) as caught:
        sweep(fragile, {"n": [3, 5]}, seeds=9)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert (caught.value.point, caught.value.seed) == ({"n": 5}, 3)
    with pytest.raises(ZeroDivisionError):
        fragile(**caught.value.point, seed=caught.value.seed)


def test_a_labelled_point_is_named_by_its_label():
    """The error says what the table would say, and keeps the value."""
    with pytest.raises(ScenarioError, match="failed at x=odd, seed=0: ZeroDivisionError") as caught:
        sweep(lambda x, seed: 1 / x, {"x": {"odd": 0}}, seeds=1)
    assert caught.value.point == {"x": 0}


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_first_failure_is_reported_on_any_number_of_workers(workers):
    """A later run that fails sooner does not hide an earlier one."""

    def scenario(seed):
        if seed == 20:
            time.sleep(0.1)
        if seed >= 20:
            raise ValueError("late")

    with (
        ThreadPoolExecutor(workers) as executor,
        pytest.raises(ScenarioError, match="seed=20: ValueError: late"),
    ):
        sweep(scenario, {}, 200, executor)


def test_nothing_is_sent_out_after_a_failure():
    """Of 1,000 runs only those near the failing one were started, and the executor is free again."""
    calls = []

    def scenario(seed):
        calls.append(seed)
        time.sleep(0.001)
        return 1 // (seed - 10)

    with ThreadPoolExecutor(2) as executor:
        with pytest.raises(ScenarioError, match="seed=10"):
            sweep(scenario, {}, 1000, executor)
        assert executor.submit(int).result() == 0
    assert len(calls) < 100


def test_a_failure_in_another_process_brings_its_traceback(monkeypatch):
    """The note of the cause shows the line of the scenario."""
    monkeypatch.setattr(execution, "_cores", lambda: 2)
    monkeypatch.setattr(execution, "JUDGE_AFTER", 0.0)
    monkeypatch.setattr(execution, "WORTH_PROCESSES", {"fork": 0.0, "spawn": 0.0})
    with pytest.raises(ScenarioError, match=r"failed at n=5, seed=3: ZeroDivisionError: no quorum") as caught:
        sweep(fragile, {"n": [3, 5]}, seeds=40)
    (note,) = caught.value.__cause__.__notes__
    assert "In the worker:" in note
    assert 'raise ZeroDivisionError(f"no quorum of {n}")' in note


def test_an_exception_that_cannot_travel_is_told_in_words():
    """An exception that does not survive pickling would break the pool; its text arrives instead."""
    with (
        ProcessPoolExecutor(1) as executor,
        pytest.raises(ScenarioError, match="failed at seed=0: RuntimeError: TwoArguments: 1 and 2"),
    ):
        sweep(never_unpickled, {}, 3, executor)


def test_the_error_itself_can_be_pickled():
    """A failed sweep inside a worker must come back too."""
    copy = pickle.loads(pickle.dumps(ScenarioError("scenario failed at n=1, seed=2: x", {"n": 1}, 2)))
    assert (str(copy), copy.point, copy.seed) == ("scenario failed at n=1, seed=2: x", {"n": 1}, 2)


def test_a_scenario_that_cannot_be_sent_is_explained():
    """A process pool of the caller's own cannot take a local function."""
    with (
        ProcessPoolExecutor(1) as executor,
        pytest.raises(
            RuntimeError, match=r"could not run the scenario .*define them at the top level of a module"
        ),
    ):
        sweep(lambda seed: 1, {}, 3, executor)


def test_a_worker_that_dies_is_explained():
    """A killed worker ends the sweep with a sentence, and does not hang it."""
    with (
        ProcessPoolExecutor(1) as executor,
        pytest.raises(RuntimeError, match=r"could not run the scenario \(BrokenProcessPool"),
    ):
        sweep(dies, {}, 9, executor)


@pytest.mark.parametrize("receiver", ["group", "parent"])
def test_ctrl_c_ends_all_processes_at_once(tmp_path, receiver):
    """An interrupted sweep stops within seconds, with one traceback and no process left behind."""
    script = tmp_path / "script.py"
    started = tmp_path / "started"
    script.write_text(
        textwrap.dedent(f"""
        import pathlib, time
        from distlab.sweep import execution, sweep
        execution._cores = lambda: 2

        def scenario(seed):
            if seed == 2:
                pathlib.Path({str(started)!r}).touch()
            time.sleep(0.01 if seed == 0 else 60)

        if __name__ == "__main__":
            execution.JUDGE_AFTER = 0.0
            execution.WORTH_PROCESSES = dict.fromkeys(["fork", "spawn"], 0.0)
            sweep(scenario, {{}}, seeds=9)
        """)
    )
    process = subprocess.Popen(
        [sys.executable, script], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        deadline = time.monotonic() + 30
        while not started.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert started.exists()
        if receiver == "group":
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
        assert process.returncode != 0
        assert errors.count("Traceback") == 1
        assert errors.rstrip().endswith("KeyboardInterrupt")
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
    finally:
        process.kill()
