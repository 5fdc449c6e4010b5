"""What a sweep adds to the work itself: almost nothing on one core, and little when it is spread over all.

Every ratio compares two ways of doing the same runs, in turns, in one process. Run by name:
``pytest tests/benchmarks/test_bench_sweep.py -s``.
"""

import multiprocessing
from time import perf_counter

import pytest

from distlab.coordination.election import Raft
from distlab.metrics import leaderless_time
from distlab.sim import Crash, Simulation, cluster
from distlab.sweep import execution, sweep

RUNS = 400
ROUNDS = 3


def ten_milliseconds(seed):
    """Keep a core busy for about as long as a small simulation takes."""
    state = seed
    for _ in range(170_000):
        state = (state * 69069 + 1) & 0xFFFFFFFF
    return state


def a_tenth_of_a_millisecond(seed):
    """Keep a core busy for about as long as one election takes."""
    state = seed
    for _ in range(1_700):
        state = (state * 69069 + 1) & 0xFFFFFFFF
    return state


def loop(scenario, seeds):
    """Do the runs without a sweep."""
    return [scenario(seed=seed) for seed in seeds]


def loops_in_bare_processes(scenario, runs, count):
    """Do the runs in so many processes that return nothing: the best that the cores can do."""
    context = multiprocessing.get_context(execution.START_METHOD)
    processes = [context.Process(target=loop, args=(scenario, range(i, runs, count))) for i in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def seconds(function, *args):
    """Time one call."""
    start = perf_counter()
    function(*args)
    return perf_counter() - start


def fastest(ways):
    """Return the best time of each way of doing the work, the rounds interleaved."""
    rounds = [[seconds(*way) for way in ways] for _ in range(ROUNDS)]
    return [min(times) for times in zip(*rounds, strict=True)]


def swept(scenario, runs):
    """Do the runs in a sweep."""
    return sweep(scenario, {}, runs, progress=False)


def test_a_sweep_is_near_linear_in_cores(capsys):
    """400 runs of 10 ms take at most 15 % longer than bare processes that do nothing else on all cores."""
    cores = execution._cores()
    if cores == 1:
        pytest.fail("this benchmark needs two cores")
    loop(ten_milliseconds, range(20))
    one, bare, all_ = fastest(
        [
            (loop, ten_milliseconds, range(RUNS)),
            (loops_in_bare_processes, ten_milliseconds, RUNS, cores),
            (swept, ten_milliseconds, RUNS),
        ]
    )
    with capsys.disabled():
        print(
            f"\n{RUNS} runs of {1000 * one / RUNS:.1f} ms on {cores} cores: loop {one:.2f} s, bare processes "
            f"{bare:.2f} s ({one / bare:.2f} times as fast), sweep {all_:.2f} s ({one / all_:.2f} times)"
        )
    assert all_ < 1.15 * bare


def test_a_short_sweep_costs_little_more_than_a_loop(capsys):
    """1,000 runs of 0.1 ms stay in this process and take at most a quarter longer than a loop."""
    swept(a_tenth_of_a_millisecond, 1000)
    plain, table = fastest(
        [(loop, a_tenth_of_a_millisecond, range(1000)), (swept, a_tenth_of_a_millisecond, 1000)]
    )
    with capsys.disabled():
        print(
            f"\n1,000 runs of {plain:.2f} ms: loop {plain:.3f} s, sweep {table:.3f} s "
            f"({table / plain:.2f} times as long)"
        )
    assert table < 1.25 * plain


def a_thousand_elections_cost(runs, length=10.0):
    """One loop, bare processes and a sweep: runs of a five-node Raft, ``length`` simulated seconds each."""

    def raft(seed):
        sim = Simulation(cluster(Raft, 5), faults=[Crash("leader", at=1.0)], seed=seed, trace="outline")
        return leaderless_time(sim.run(until=length))

    loop(raft, range(20))
    cores = execution._cores()
    return cores, *fastest(
        [(loop, raft, range(runs)), (loops_in_bare_processes, raft, runs, cores), (swept, raft, runs)]
    )


def test_a_thousand_elections_are_near_linear_in_cores(capsys):
    """1,000 runs of Raft take at most 25 % longer in a sweep than in bare processes on all cores."""
    cores, one, bare, all_ = a_thousand_elections_cost(1_000)
    with capsys.disabled():
        print(
            f"\n1,000 Raft runs of 10 s: loop {one:.2f} s, {cores} bare processes {one / bare:.2f} times "
            f"as fast, sweep {one / all_:.2f} times"
        )
    assert all_ < 1.25 * bare
