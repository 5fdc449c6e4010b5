"""Many machines in a run against the closed forms: majorities that are up, and the slowest of many leaves."""

import math
from statistics import fmean, stdev

import pytest

from distlab.metrics import (
    availability,
    fan_out_tail,
    majority_availability,
    mtbf,
    mttr,
    quorum_availability,
    response_times,
)
from distlab.sim import Crash, Network, Node, Recover, Simulation, cluster, message, stream


def failures(n, up, down, until, seed):
    """Crashes and recoveries of n nodes that are up and down for exponential times; they begin in balance."""
    rng = stream(seed, "failures")
    schedule = []
    for node in range(1, n + 1):
        running, time = rng.random() < up / (up + down), 0.0
        if not running:
            schedule.append(Crash(node, at=0.0))
        while True:
            time += rng.expovariate(1 / up if running else 1 / down)
            if time >= until:
                break
            running = not running
            schedule.append(Recover(node, at=time) if running else Crash(node, at=time))
    return schedule


@pytest.mark.parametrize("n", [3, 5, 7])
def test_cap1_a_majority_is_up_as_often_as_the_binomial_says(n):
    """100 runs of members that are up 90 % of the time: the mean share within 3 standard errors (CAP-1)."""
    found, members = [], []
    for seed in range(100):
        faults = failures(n, up=9.0, down=1.0, until=500.0, seed=seed)
        trace = Simulation(cluster(Node, n), faults=faults).run(until=500.0)
        found.append(quorum_availability(trace))
        members.append(availability(trace))
    for values, expected in ((found, majority_availability(n, 0.9)), (members, 0.9)):
        assert abs(fmean(values) - expected) <= 3 * stdev(values) / math.sqrt(len(values))


def test_mtbf_and_mttr_are_those_of_the_schedule():
    """Mean times of 9 s and 1 s over some 2,000 failures, within 3 standard errors."""
    faults = failures(10, up=9.0, down=1.0, until=2_000.0, seed=1)
    trace = Simulation(cluster(Node, 10), faults=faults).run(until=2_000.0)
    crashes = sum(isinstance(fault, Crash) for fault in faults)
    assert crashes > 1_800
    assert mtbf(trace) == pytest.approx(9.0, abs=3 * 9.0 / math.sqrt(crashes))
    assert mttr(trace) == pytest.approx(1.0, abs=3 * 1.0 / math.sqrt(crashes))


@message
class Ask:
    request: int


@message
class Answer:
    request: int


class Root(Node):
    """Asks all leaves once a minute and waits for the last answer."""

    def __init__(self, requests=1):
        self.requests = requests
        self.asked = 0
        self.missing = 0
        self.request = None

    def on_start(self):
        self.every(60.0, self.ask)

    def ask(self):
        if self.asked < self.requests:
            self.asked += 1
            self.missing = len(self.peers)
            self.request = self.invoke("search")
            self.broadcast(Ask(self.asked))

    def on_answer(self, msg, sender):
        self.missing -= 1
        if not self.missing:
            self.request.complete()


class Leaf(Node):
    """Answers at once, but now and then needs a second more."""

    def __init__(self, slow=0.0):
        self.slow = slow

    def on_ask(self, msg, sender):
        if self.rng.random() < self.slow:
            self.after(1.0, self.answer, msg, sender)
        else:
            self.answer(msg, sender)

    def answer(self, msg, sender):
        self.send(sender, Answer(msg.request))


@pytest.mark.parametrize(("leaves", "slow", "requests"), [(100, 0.01, 1_000), (2_000, 0.0001, 150)])
def test_lb8_the_slowest_leaf_makes_the_request_slow(leaves, slow, requests):
    """The share of requests that take more than a second is within 3 standard errors (LB-8)."""
    nodes = {0: Root(requests), **{name: Leaf(slow) for name in range(1, leaves + 1)}}
    sim = Simulation(nodes, network=Network(latency=0.001), trace="outline", seed=1)
    trace = sim.run(until=60.0 * (requests + 0.5))
    times = response_times(trace)
    expected = fan_out_tail(leaves, slow)
    assert len(times) == requests
    assert abs((times > 1.0).mean() - expected) <= 3 * math.sqrt(expected * (1 - expected) / requests)
