"""How fast the simulator is: side by side with SimPy, against a bare heap loop, and as runs grow.

Every figure is a ratio of two times measured in turns in one process, so it does not depend on the machine,
and little on what else the machine does. Run by name: ``pytest tests/benchmarks/test_bench_kernel.py -s``
prints the figures.
"""

import gc
import subprocess
import sys
import tracemalloc
from statistics import median
from time import perf_counter, process_time

import pytest
import simpy

from distlab.sim import Network, Simulation, Uniform, cluster
from tests.benchmarks import peers

ROUNDS = 5
FULL, MEDIAN, OUTLINE = (
    4.0,
    6.0,
    7.0,
)  # times SimPy: on each workload, in the median of them, with the trace off
BARE_STEPS = 6.0  # of a bare heap loop, that an event with the full trace may cost


def seconds(function, *args, **options):
    """Time one call, and give back what it returned."""
    gc.collect()
    start = perf_counter()
    result = function(*args, **options)
    return perf_counter() - start, result


@pytest.fixture(scope="module")
def measured():
    """Name of the workload -> rounds of (full trace, outline, SimPy, bare heap), in seconds of equal work."""
    rounds = {}
    peers.token_distlab(300_000)  # half a second to warm up
    for name, (ours, theirs, size) in peers.WORKLOADS.items():
        rounds[name] = []
        for _ in range(ROUNDS):
            full, (_, events) = seconds(ours, size)
            other, _ = seconds(theirs, size)
            outline, _ = seconds(ours, size, trace="outline")
            bare, _ = seconds(peers.bare_heap, events)
            rounds[name].append((full, outline, other, bare))
    return rounds


def ratios(rounds, over, under):
    """The median over all rounds of one time over another of the same round."""
    return median([times[over] / times[under] for times in rounds])


@pytest.mark.parametrize("name", peers.WORKLOADS)
def test_the_workloads_in_numbers(measured, name, benchmark):
    """Time one workload with the full trace, and tell its ratios."""
    ours, _, size = peers.WORKLOADS[name]
    rounds = measured[name]
    figures = {
        "full: times SimPy": ratios(rounds, 2, 0),
        "outline: times SimPy": ratios(rounds, 2, 1),
        "full: bare heap steps per event": ratios(rounds, 0, 3),
        "outline: bare heap steps per event": ratios(rounds, 1, 3),
    }
    benchmark.extra_info.update(figures)
    benchmark.pedantic(ours, args=(size,), rounds=3)
    print(f"\n{name}: " + ", ".join(f"{what} {value:.1f}" for what, value in figures.items()))
    assert figures["full: times SimPy"] >= FULL
    assert figures["outline: times SimPy"] >= OUTLINE
    assert figures["full: bare heap steps per event"] <= BARE_STEPS


def test_in_the_median_of_the_workloads(measured):
    """With the full trace, half of the workloads are at least six times as fast as SimPy's processes."""
    full = {name: ratios(rounds, 2, 0) for name, rounds in measured.items()}
    print("\nfull trace, times SimPy:", {name: round(value, 1) for name, value in full.items()})
    assert median(full.values()) >= MEDIAN


@pytest.mark.parametrize("name", peers.WORKLOADS)
def test_both_sides_do_the_work_that_is_counted(name, monkeypatch):
    """300,000 events and more; what is delivered and what fires is counted on both sides."""
    ours, theirs, size = peers.WORKLOADS[name]
    sim, events = ours(size)
    trace = sim.trace
    delivered = int((trace.messages.fate == "received").sum()) * (size if name.startswith("Bully") else 1)
    fired = int((trace.timers.fate == "fired").sum()) * (size if name.startswith("Bully") else 1)
    puts = []
    put = simpy.Store.put
    monkeypatch.setattr(simpy.Store, "put", lambda store, item: puts.append(None) or put(store, item))
    assert theirs(size) == events >= 300_000
    assert len(puts) == pytest.approx(delivered, rel=0.005)
    assert delivered + fired == pytest.approx(events, rel=0.005)


@pytest.mark.parametrize("name", peers.WORKLOADS)
def test_the_trace_takes_at_most_100_bytes_per_event(name):
    """At rest, with all messages and timers in it, as tracemalloc counts; the nodes are not part of it."""
    ours, _, size = peers.WORKLOADS[name]
    size = 100_000 if size > 1000 else 1
    sim, _ = ours(size // 100 or 1)  # whatever is built once
    del sim
    gc.collect()
    tracemalloc.start()
    sim, events = ours(size)
    trace = sim.trace
    assert len(trace) >= events
    del sim
    gc.collect()
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"\n{name}: {used / events:.0f} bytes per event, {used / len(trace):.0f} per row")
    assert used / events <= 100


def _ping(n, trace="full"):
    """Every one of n nodes has a ping under way; run until the start is over."""
    network = Network(latency=Uniform(0.005, 0.015))
    sim = Simulation(cluster(peers.Pinger, n, n=n), network, seed=1, trace=trace)
    sim.run(until=0.05)
    return sim


def _cost(sim, n, events):
    """Seconds of this process per event, for so many more events."""
    until = sim.time + 0.01 * events / n
    gc.collect()
    start = process_time()
    sim.run(until=until, max_events=2 * events)
    return (process_time() - start) / events


@pytest.mark.parametrize("trace", ["full", "outline"])
def test_an_event_costs_little_more_among_10000_nodes(trace):
    """At most 1.5 times as much as among 100 nodes, in the least disturbed of many short runs."""
    best = {100: 1.0, 10_000: 1.0}
    for _ in range(6):
        for n in best:
            sim = _ping(n, trace)
            best[n] = min(best[n], *[_cost(sim, n, 50_000) for _ in range(4)])
    print(f"\n{trace}: " + ", ".join(f"{n} nodes {cost * 1e9:.0f} ns" for n, cost in best.items()))
    assert best[10_000] / best[100] <= 1.5


def test_an_event_costs_little_more_in_a_run_of_ten_million():
    """At most 1.5 times as much as in a run of 100,000, with the full trace."""
    short = min(_cost(_ping(100), 100, 100_000) for _ in range(3))
    long = _cost(_ping(100), 100, 10_000_000)
    print(f"\n100,000 events: {short * 1e9:.0f} ns each; 10,000,000 events: {long * 1e9:.0f} ns each")
    assert long / short <= 1.5


def test_a_table_of_a_million_messages_is_made_in_two_seconds():
    """Messages are read from the columns of the trace, not one by one."""
    sim, _ = peers.ping_distlab(1_000_000)
    import pandas  # noqa: F401 - loading it is not part of the time

    taken, table = seconds(lambda: sim.trace.messages)
    print(f"\n{len(table):,} messages in {taken:.2f} s")
    assert len(table) > 990_000
    assert taken <= 2.0


def test_a_short_run_costs_little_more_than_its_events(benchmark):
    """Building and running five nodes that have nothing to do costs a few hundred heap steps."""

    def short_run():
        return Simulation(cluster(peers.Beater, 5), Network(latency=Uniform(0.002, 0.004)), seed=1).run(
            until=0.0
        )

    times = []
    for _ in range(20):
        bare, _ = seconds(peers.bare_heap, 10_000)
        taken, _ = seconds(lambda: [short_run() for _ in range(100)])
        times.append((taken / 100) / (bare / 10_000))
    benchmark(short_run)
    print(f"\na simulation of five nodes: {median(times):.0f} bare heap steps")
    assert median(times) <= 600


def test_importing_distlab_takes_less_than_three_tenths_of_a_second():
    """The simulator included; pandas and matplotlib are not loaded."""
    code = (
        "import sys, time; start = time.perf_counter(); import distlab.sim; "
        "taken = time.perf_counter() - start; print(taken); "
        "assert not {'pandas', 'matplotlib', 'numpy'} & set(sys.modules)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
        for _ in range(5)
    ]
    taken = min(float(run.stdout) for run in runs)
    print(f"\nimport distlab.sim: {taken:.3f} s")
    assert taken < 0.3


def test_ten_seconds_of_a_raft_cluster_take_less_than_20_milliseconds():
    """Five nodes, heartbeats and an election, in simulated seconds."""
    from distlab.coordination.election import Raft

    times = [seconds(lambda: Simulation(cluster(Raft, 5), seed=1).run(until=10.0))[0] for _ in range(10)]
    print(f"\nRaft, 5 nodes, 10 s: {min(times) * 1e3:.1f} ms")
    assert min(times) < 0.020
