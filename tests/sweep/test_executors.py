import multiprocessing
import os
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from random import Random

import pandas as pd
import pytest
from distributed import Client, LocalCluster
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import execute
from nbformat.v4 import new_code_cell, new_notebook

from distlab.sweep import execution, sweep

GRID = {"n": [3, 5, 25], "algorithm": ["Bully", "Raft"]}


def election(n, algorithm, seed):
    """Take longer for larger n and odd seeds, so that chunks overtake each other."""
    random = Random(f"{n} {algorithm} {seed}")
    time.sleep(0.0001 * n * (1 + 3 * (seed % 2)))
    return {
        "time": random.random(),
        "won": random.random() < 0.5,
        "messages": random.choice([None, n, 2 * n]),
    }


def in_a_worker(seed):
    """Tell whether this run is in a process that was started for it."""
    return multiprocessing.parent_process() is not None


def sweep_within(seed):
    """Run a sweep that would be worth processes, and say whether it started any."""
    inner = sweep(lambda seed: time.sleep(0.02) or in_a_worker(seed), {}, seeds=20)
    return bool(inner["mean"][0]) and not multiprocessing.active_children()


@pytest.fixture(scope="module")
def alone():
    """What a plain loop gives."""
    rows = [
        {"n": n, "algorithm": algorithm, "seed": seed, **election(n, algorithm, seed)}
        for n in GRID["n"]
        for algorithm in GRID["algorithm"]
        for seed in range(40)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def always_processes(monkeypatch):
    """Any work is worth a pool."""
    monkeypatch.setattr(execution, "JUDGE_AFTER", 0.0)
    monkeypatch.setattr(execution, "WORTH_PROCESSES", {"fork": 0.0, "spawn": 0.0})


def assert_same(runs, alone):
    """Compare values, kinds of columns and order, to the last bit."""
    pd.testing.assert_frame_equal(runs, alone, check_exact=True)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_threads_give_what_a_loop_gives(alone, workers):
    """The table does not depend on the number of threads, and the executor stays open."""
    with ThreadPoolExecutor(workers) as executor:
        assert_same(sweep(election, GRID, 40, executor, raw=True), alone)
        assert executor.submit(int).result() == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_give_what_a_loop_gives(alone, workers):
    """The table does not depend on the number of processes."""
    with ProcessPoolExecutor(workers) as executor:
        assert_same(sweep(election, GRID, 40, executor, raw=True), alone)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_dask_cluster_in_this_process_gives_what_a_loop_gives(alone, workers):
    """A Dask client is taken as it is, or as its executor."""
    with (
        LocalCluster(workers, threads_per_worker=1, processes=False, dashboard_address=None) as dask_cluster,
        Client(dask_cluster) as client,
    ):
        assert_same(sweep(election, GRID, 40, client.get_executor(), raw=True), alone)
        assert_same(sweep(election, GRID, 40, client, raw=True), alone)


def test_a_dask_cluster_of_processes_gives_what_a_loop_gives(alone):
    """A scenario goes to other processes over the network, a local function included."""
    with (
        LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address=None) as dask_cluster,
        Client(dask_cluster) as client,
    ):
        executor = client.get_executor()
        assert_same(sweep(election, GRID, 40, executor, raw=True), alone)
        assert sweep(lambda seed: in_a_worker(seed), {}, 4, executor)["mean"][0] == 1


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_all_cores_give_what_one_gives(alone, always_processes, monkeypatch, method):
    """Processes of its own, forked or spawned, do not change the table."""
    monkeypatch.setattr(execution, "START_METHOD", method)
    monkeypatch.setattr(execution, "_cores", lambda: 2)
    assert_same(sweep(election, GRID, 40, raw=True), alone)
    assert not multiprocessing.active_children()


@given(points=st.integers(1, 9), seeds=st.integers(1, 30), workers=st.integers(1, 4), slow=st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_chunks_of_any_shape_come_together(points, seeds, workers, slow):
    """For any shape of the grid and any number of workers each run is done once and put in its place."""
    calls = []

    def scenario(p, seed):
        calls.append((p, seed))
        time.sleep(0.0002 * (p == slow))
        return 1000 * p + seed

    with ThreadPoolExecutor(workers) as executor:
        runs = sweep(scenario, {"p": range(points)}, seeds, executor, raw=True)
    assert runs.value.tolist() == [1000 * p + seed for p in range(points) for seed in range(seeds)]
    assert len(calls) == points * seeds


def test_short_work_stays_in_this_process():
    """Starting processes costs more than 200 short runs."""
    assert sweep(in_a_worker, {}, seeds=200)["mean"][0] == 0


def test_long_work_moves_to_all_cores(monkeypatch):
    """After the first runs have shown that the rest takes longer than a pool, it goes to processes."""
    monkeypatch.setattr(execution, "START_METHOD", "fork")
    monkeypatch.setattr(execution, "_cores", lambda: 2)
    runs = sweep(lambda seed: time.sleep(0.01) or in_a_worker(seed), {}, seeds=60, raw=True)
    assert 50 <= runs.value.sum() <= 59
    assert not runs.value[0]


def test_one_core_needs_no_processes(always_processes, monkeypatch):
    """With one core a second process gains nothing."""
    monkeypatch.setattr(execution, "_cores", lambda: 1)
    assert sweep(in_a_worker, {}, seeds=10)["mean"][0] == 0


def test_a_sweep_within_a_worker_starts_no_processes():
    """Nested sweeps do not multiply the processes."""
    with ProcessPoolExecutor(1) as executor:
        assert sweep(sweep_within, {}, seeds=1, executor=executor)["mean"][0] == 1


def test_chunks_take_about_a_twentieth_of_a_second():
    """Short runs are sent many at a time, and long ones one by one, at least four chunks per worker."""
    sizes = []

    class Counting(ThreadPoolExecutor):
        def submit(self, function, scenario, runs):
            sizes.append(len(runs))
            return super().submit(function, scenario, runs)

    with Counting(2) as executor:
        sweep(lambda seed: time.sleep(0.002), {}, 400, executor)
        assert len(sizes) >= 8
        assert 5 <= max(sizes) <= 25
        sizes.clear()
        sweep(lambda seed: time.sleep(0.06), {}, 12, executor)
        assert sizes == [1] * 12
        sizes.clear()
        sweep(lambda seed: None, {}, 400, executor)
        assert max(sizes) <= 50


def test_a_local_function_is_spawned_by_cloudpickle(always_processes, monkeypatch):
    """Where a fork is not possible, cloudpickle carries what pickle cannot."""
    monkeypatch.setattr(execution, "START_METHOD", "spawn")
    monkeypatch.setattr(execution, "_cores", lambda: 2)
    shift = 7
    runs = sweep(lambda seed: seed + shift + 100 * in_a_worker(seed), {}, 5, raw=True)
    assert runs.value.tolist() == [7, 108, 109, 110, 111]  # the first one runs here


def test_without_cloudpickle_a_local_function_runs_here_and_says_so(always_processes, monkeypatch):
    """The same table on one core, and a sentence that says how to use the others."""
    monkeypatch.setattr(execution, "START_METHOD", "spawn")
    monkeypatch.setattr(execution, "_cores", lambda: 2)
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.warns(RuntimeWarning, match="one core: .* Install cloudpickle, or define") as caught:
        runs = sweep(lambda seed: in_a_worker(seed) + seed, {}, 5, raw=True)
    assert runs.value.tolist() == [0, 1, 2, 3, 4]
    assert caught[0].filename == __file__


QUIET = {**os.environ, "DISTLAB_PROGRESS": "0"}  # starting a process may take longer than the bar waits

SESSION = """
    import multiprocessing, time
    from distlab.sweep import execution, sweep
    execution.START_METHOD = "{method}"
    execution.JUDGE_AFTER = 0.0
    execution.WORTH_PROCESSES = {{"{method}": 0.0}}
    execution._cores = lambda: 2

    class Bully:
        cost = 7

    def scenario(algorithm, seed):
        return algorithm.cost * (multiprocessing.parent_process() is not None)

    {guard}print(sweep(scenario, {{"algorithm": [Bully]}}, seeds=9)["max"][0])
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_functions_and_classes_of_an_interactive_session_reach_the_processes(method):
    """In a session, as in a notebook, __main__ is no file that a worker could import."""
    code = textwrap.dedent(SESSION.format(method=method, guard=""))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=QUIET)
    assert (done.stdout, done.stderr) == ("7.0\n", "")


def test_a_notebook_uses_all_cores(monkeypatch):
    """A scenario defined in a cell runs in processes, and the cell's output is the table alone."""
    monkeypatch.setenv("DISTLAB_PROGRESS", "0")
    source = textwrap.dedent(SESSION.format(method="fork", guard=""))
    notebook = execute(new_notebook(cells=[new_code_cell(source)]), timeout=60)
    assert [output["text"] for output in notebook.cells[0].outputs] == ["7.0\n"]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_script_with_a_main_guard_uses_all_cores(tmp_path, method):
    """The usual form of a script works with every way of starting processes."""
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SESSION.format(method=method, guard='if __name__ == "__main__": ')))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, env=QUIET)
    assert (done.stdout, done.stderr) == ("7.0\n", "")


def test_a_script_without_a_main_guard_is_told_to_have_one(tmp_path):
    """Where processes are spawned they import the script, and must not start the sweep again."""
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SESSION.format(method="spawn", guard="")))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, env=QUIET)
    assert done.returncode == 1
    assert 'in a script call sweep under `if __name__ == "__main__":`' in done.stderr.splitlines()[-1]


def test_importing_distlab_does_not_import_sweep():
    """`import distlab` stays quick: neither sweeps nor pandas come with it."""
    code = "import sys, distlab; print([name for name in ('distlab.sweep', 'pandas') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=QUIET)
    assert done.stdout == "[]\n"
