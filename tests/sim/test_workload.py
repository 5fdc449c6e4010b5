"""Calls of the outside world."""

import re
from itertools import pairwise
from random import Random
from statistics import fmean

import pytest

from distlab.sim import (
    Arrivals,
    Call,
    Constant,
    ContractError,
    Crash,
    Node,
    Poisson,
    Recover,
    Simulation,
    SimulationError,
    Uniform,
    cluster,
)


class Shop(Node):
    """Node 2 leads; orders are noted."""

    def on_start(self):
        if self.id == 2:
            self.become("leader")

    def order(self, what="tea", number=0):
        self.record("order", what=what, number=number)


def orders(*workload, faults=(), nodes=3, seed=1, until=None):
    """(time, node, what) of each order."""
    trace = Simulation(cluster(Shop, nodes), workload=workload, faults=faults, seed=seed).run(until=until)
    return trace.records[["time", "node", "what"]].values.tolist() if len(trace.records) else []


def test_a_call_calls_a_method_at_its_time():
    """With its arguments."""
    assert orders(Call(1, 0.5, "order"), Call(3, 0.25, "order", ("milk",))) == [
        [0.25, 3, "milk"],
        [0.5, 1, "tea"],
    ]


def test_whoever_leads_can_be_called():
    """Nobody is called if nobody leads."""
    assert orders(Call("leader", 0.5, "order")) == [[0.5, 2, "tea"]]
    assert orders(Call("leader", 0.5, "order"), faults=[Crash(2, 0.2)]) == []


def test_a_crashed_node_misses_its_calls():
    """They are in the trace as "down"."""
    workload = [Call(1, 0.5, "order"), Call(1, 1.5, "order")]
    sim = Simulation(cluster(Shop, 1), workload=workload, faults=[Crash(1, 0.2), Recover(1, 1.0)])
    trace = sim.run()
    assert trace.records.time.tolist() == [1.5]
    calls = [event for event in trace.events(False) if event.kind == "call"]
    assert [(event.time, event.fate) for event in calls] == [(0.5, "down"), (1.5, "done")]


def test_calls_of_one_time_happen_in_the_order_of_the_list():
    """After the faults of that time, before everything else."""
    found = orders(
        Call(1, 0.5, "order", ("a",)), Call(2, 0.5, "order", ("b",)), Call(1, 0.5, "order", ("c",))
    )
    assert [what for *_, what in found] == ["a", "b", "c"]


def test_regular_arrivals_come_after_each_gap():
    """The last one not after ``until``."""
    found = orders(Arrivals(0.25, "order", until=1.0, nodes=[3]))
    assert found == [[0.25, 3, "tea"], [0.5, 3, "tea"], [0.75, 3, "tea"], [1.0, 3, "tea"]]
    assert [time for time, *_ in orders(Arrivals(0.5, "order", until=2.0, start=1.0))] == [1.5, 2.0]


def test_arguments_may_depend_on_the_number_of_the_call():
    """The first call has number 0."""
    found = orders(Arrivals(1.0, "order", until=3.0, args=lambda number: (f"cup {number}",)))
    assert [what for *_, what in found] == ["cup 0", "cup 1", "cup 2"]


def test_arrivals_are_spread_evenly():
    """Each of three nodes gets a third."""
    found = orders(Arrivals(1.0, "order", until=3000.0))
    counts = [sum(node == id for _, node, _ in found) for id in (1, 2, 3)]
    assert counts == pytest.approx([1000, 1000, 1000], rel=0.08)


def test_the_times_do_not_depend_on_who_is_called():
    """Gaps and nodes are drawn from different streams."""
    one = [time for time, *_ in orders(Poisson(5.0, "order", until=20.0, nodes=[1]))]
    all_of_them = [time for time, *_ in orders(Poisson(5.0, "order", until=20.0))]
    assert one == all_of_them


def test_a_poisson_process_has_its_rate_and_memoryless_gaps():
    """Gaps have mean and deviation 1 / rate; the counts of seconds have a variance equal to their mean."""
    times = [time for time, *_ in orders(Poisson(4.0, "order", until=3000.0))]
    gaps = [late - early for early, late in pairwise([0.0, *times])]
    mean = fmean(gaps)
    assert mean == pytest.approx(0.25, rel=0.03)
    assert fmean([(gap - mean) ** 2 for gap in gaps]) ** 0.5 == pytest.approx(0.25, rel=0.04)
    counts = [0] * 3000
    for time in times:
        counts[int(time)] += 1
    assert fmean([(count - 4.0) ** 2 for count in counts]) == pytest.approx(4.0, rel=0.1)


def test_two_equal_workloads_are_two_processes():
    """They do not call at the same times."""
    times = [
        time for time, *_ in orders(Poisson(5.0, "order", until=10.0), Poisson(5.0, "order", until=10.0))
    ]
    assert len(times) == len(set(times)) > 50


def test_another_workload_behind_it_changes_nothing():
    """Each has its own stream, by its place in the list."""
    first = orders(Poisson(5.0, "order", until=10.0))
    both = orders(
        Poisson(5.0, "order", until=10.0), Arrivals(Uniform(0.1, 0.2), "order", until=5.0, args=("x",))
    )
    assert [row for row in both if row[2] == "tea"] == first


def test_a_function_in_a_workload_does_not_make_it_random():
    """The seed of its stream does not come from the text of the workload, in which an address would stand."""
    times = [orders(Poisson(5.0, "order", until=5.0, args=lambda number: (number,))) for _ in range(2)]
    assert times[0] == times[1]


def test_a_call_can_be_injected_and_moved():
    """Calls are data, like faults."""
    sim = Simulation(cluster(Shop, 1))
    sim.run(until=1.0)
    sim.inject(Call(1, 0.5, "order").moved(1.5))
    assert sim.run().records.time.tolist() == [1.5]


def test_anything_that_makes_calls_is_a_workload():
    """It gets a random stream and the simulation."""

    class Everybody:
        def calls(self, rng, sim):
            assert isinstance(rng, Random)
            return [Call(id, 1.0, "order") for id in sim.nodes]

    assert [node for _, node, _ in orders(Everybody())] == [1, 2, 3]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Call(1, -1, "order"), "Call.at must be a number of seconds, 0 or more; got -1."),
        (
            lambda: Call(1, 1.0, "order", "tea"),
            "Call.args must be a tuple of arguments; write ('tea',) for a single one.",
        ),
        (
            lambda: Arrivals(0.0, "order", until=1.0),
            "Arrivals.gap must be more than 0 seconds on average; got 0.0.",
        ),
        (
            lambda: Arrivals(Constant(0.0), "order", until=1.0),
            "Arrivals.gap must be more than 0 seconds on average; got Constant(seconds=0.0).",
        ),
        (
            lambda: Arrivals(1.0, "order", until="noon"),
            "Arrivals.until must be a number of seconds, 0 or more; got 'noon'.",
        ),
        (
            lambda: Arrivals(1.0, "order", until=1.0, nodes=[]),
            "Arrivals.nodes must be a list of at least one node; got [].",
        ),
        (lambda: Poisson(0, "order", until=1.0), "Poisson.rate must be more than 0 calls per second; got 0."),
        (
            lambda: Poisson("5", "order", until=1.0),
            "Poisson.rate must be more than 0 calls per second; got '5'.",
        ),
    ],
)
def test_a_workload_that_cannot_be_is_refused(make, sentence):
    """When it is written, in one sentence."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        make()


@pytest.mark.parametrize(
    ("workload", "kind", "sentence"),
    [
        (
            [Call(9, 1.0, "order")],
            SimulationError,
            "Call(node=9, at=1.0, method='order', args=()) names a node that does not exist; "
            "the nodes are: 1, 2.",
        ),
        (
            [Call(1, 1.0, "odrer")],
            ContractError,
            "Call(node=1, at=1.0, method='odrer', args=()): Shop has no method odrer().",
        ),
        (
            ["order"],
            SimulationError,
            "workload must be a list of calls such as Call(1, 0.5, 'request') "
            "or Poisson(5.0, 'request', until=2.0); got 'order' in it.",
        ),
        (
            Call(1, 1.0, "order"),
            SimulationError,
            "workload must be a list: write workload=[Call(node=1, at=1.0, method='order', args=())].",
        ),
    ],
)
def test_a_workload_must_fit_the_nodes(workload, kind, sentence):
    """Found when the simulation is built."""
    with pytest.raises(kind) as error:
        Simulation(cluster(Shop, 2), workload=workload)
    assert str(error.value) == sentence


def test_a_method_that_the_leader_does_not_have_is_found_when_it_is_called():
    """Nobody knew before who would lead."""
    with pytest.raises(ContractError) as error:
        orders(Call("leader", 1.0, "odrer"))
    assert str(error.value).endswith("Shop has no method odrer().")
