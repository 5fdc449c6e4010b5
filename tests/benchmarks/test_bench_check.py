"""How fast the checker is: states of real nodes per second, random runs per second, re-runs to shrink.

Run by name: ``pytest tests/benchmarks/test_bench_check.py -s``. Garbage of earlier tests is collected first.
"""

import gc
from time import perf_counter

import pytest

from distlab.check import Bounds, LeaderElection, check
from distlab.coordination.election import Bully, Raft, Zab
from distlab.coordination.election.raft_mutants import VotesTwice

WORLDS = {
    "Raft": (Raft, Bounds(nodes=3, timeouts=2, crashes=1, states=100_000)),
    "Raft, up to renaming": (Raft, Bounds(nodes=3, timeouts=2, crashes=1, states=20_000, symmetric=True)),
    "ZAB": (Zab, Bounds(nodes=3, timeouts=4, states=100_000)),
    "Bully, synchronous": (Bully, Bounds(nodes=4, crashes=2, timing="synchronous", states=30_000)),
}


@pytest.mark.parametrize("name", WORLDS)
def test_states_per_second(name, capsys):
    """At least 10,000 states of real nodes per second and core."""
    algorithm, bounds = WORLDS[name]
    gc.collect()
    search = check(algorithm, LeaderElection(), runs=0, bounds=bounds, progress=False).searches[0]
    rate = search.counts["states"] / search.counts["seconds"]
    with capsys.disabled():
        print(f"\n{name}: {search.counts['states']:,} states, {rate:,.0f} per second")
    assert rate >= 10_000


@pytest.mark.parametrize("algorithm", [Bully, Raft, Zab])
def test_random_runs_per_second(algorithm, capsys):
    """At least 50 runs of five nodes under faults per second."""
    gc.collect()
    began = perf_counter()
    report = check(algorithm, LeaderElection(), nodes=5, runs=500, bounds=None, progress=False)
    rate = 500 / (perf_counter() - began)
    with capsys.disabled():
        print(f"\n{algorithm.__name__}: {rate:,.0f} random runs per second")
    assert report.ok
    assert rate >= 50


def test_re_runs_to_shrink(capsys):
    """A failing run with all its faults is shrunk in under a hundred re-runs."""
    found = check(VotesTwice, LeaderElection(), nodes=5, runs=100, bounds=None, progress=False).counterexample
    with capsys.disabled():
        print(f"\n{found.original} -> {found.minimal} in {found.reruns} re-runs")
    assert found.reruns < 100
