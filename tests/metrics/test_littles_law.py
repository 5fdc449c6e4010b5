import math

import pytest

from distlab.metrics import LittlesLaw, littles_law
from distlab.sim import (
    Crash,
    Exponential,
    LossBurst,
    Network,
    Node,
    Poisson,
    Recover,
    Simulation,
    SimulationError,
    message,
)


def test_the_three_quantities_of_a_small_run(play):
    """Two jobs of 2 s and 3 s on two workers in ten seconds: L = 0.5, lambda = 0.2, W = 2.5."""
    trace = play((1.0, 1, "labour", 2.0), (2.0, 1, "labour", 3.0))
    assert littles_law(trace) == pytest.approx((0.5, 0.2, 2.5))
    assert littles_law(trace, node=2) == pytest.approx((0.0, 0.0, math.nan), nan_ok=True)


def test_a_window_counts_the_jobs_inside_and_those_that_arrive(play):
    """From 2 to 4 s two jobs, then one, are inside, and one arrives, to stay for 3 s."""
    trace = play((1.0, 1, "labour", 2.0), (2.0, 1, "labour", 3.0))
    assert littles_law(trace, after=2.0, until=4.0) == pytest.approx((1.5, 0.5, 3.0))


def test_nothing_inside_has_no_deviation():
    """0 = 0 x anything."""
    assert math.isnan(LittlesLaw(0.0, 0.0, math.nan).deviation)


class Server(Node):
    def job(self):
        self.work(self.rng.expovariate(1.0), self.done)

    def done(self):
        pass


class ThreeServers(Server):
    workers = 3


class LastInFirstOut(Node):
    """A policy of its own: the newest request first, one at a time."""

    def __init__(self):
        self.waiting = []
        self.serving = None

    def job(self):
        self.waiting.append(self.invoke("job"))
        if self.serving is None:
            self.begin()

    def begin(self):
        self.serving = self.waiting.pop()
        self.work(self.rng.expovariate(1.0), self.done)

    def done(self):
        self.serving.complete()
        self.serving = None
        if self.waiting:
            self.begin()


@message
class Ask:
    number: int


@message
class Answer:
    number: int


class Client(Node):
    """Asks over a network that loses messages and gives up after two seconds."""

    def __init__(self):
        self.asked = {}

    def job(self):
        number = len(self.asked)
        self.asked[number] = self.invoke("ask")
        self.send(2, Ask(number))
        self.after(2.0, self.give_up, number)

    def on_answer(self, msg, sender):
        if self.asked[msg.number] is not None:
            self.asked[msg.number].complete()
            self.asked[msg.number] = None

    def give_up(self, number):
        if self.asked[number] is not None:
            self.asked[number].unknown("nobody answered")
            self.asked[number] = None


class Answerer(Node):
    def on_ask(self, msg, sender):
        self.work(self.rng.expovariate(2.0), self.done, msg, sender)

    def done(self, msg, sender):
        self.send(sender, Answer(msg.number))


RUNS = {
    "one server": ({1: Server}, "works", []),
    "three servers": ({1: ThreeServers, 2: ThreeServers}, "works", []),
    "crashes": (
        {1: Server},
        "works",
        [fault for k in range(5) for fault in (Crash(1, 40 * k + 9), Recover(1, 40 * k + 20))],
    ),
    "last in, first out": ({1: LastInFirstOut}, "operations", []),
    "requests that are lost": ({1: Client, 2: Answerer}, "operations", [LossBurst(0.2, at=10.0)]),
}


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("until", [200.0, 123.4])
def test_lb5_littles_law_holds_on_every_run(name, until):
    """L = lambda W for any policy, also when jobs are lost, fail, or are inside at the end (LB-5: .5 %)."""
    kinds, of, faults = RUNS[name]
    sim = Simulation(
        {id: kind() for id, kind in kinds.items()},
        network=Network(latency=Exponential(0.1)),
        workload=[Poisson(0.8, "job", until=200.0, nodes=[1])],
        faults=faults,
        seed=3,
    )
    law = littles_law(sim.run(until=until), of)
    assert law.jobs_inside > 0.3
    assert law.deviation == pytest.approx(0.0, abs=1e-9)


def test_over_a_window_the_law_holds_within_half_a_percent():
    """LB-5 on a long window in the middle of a run of M/M/1, whose ends are not empty."""
    workload = [Poisson(0.5, "job", until=20_000.0)]
    trace = Simulation({1: Server()}, workload=workload, seed=6).run(until=20_000.0)
    law = littles_law(trace, after=1_000.0, until=19_000.0)
    assert law.deviation == pytest.approx(0.0, abs=0.005)
    assert law.deviation != 0.0


def test_errors_name_the_argument(play):
    """Two systems can be asked about; work needs a full trace."""
    with pytest.raises(ValueError, match='of must be "works" or "operations"; got \'jobs\''):
        littles_law(play(), of="jobs")
    with pytest.raises(SimulationError, match=r'littles_law\(of="works"\) needs a full trace'):
        littles_law(play(trace="outline"))
