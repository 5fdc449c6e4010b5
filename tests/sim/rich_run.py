"""A run with every kind of fault, distribution and event, printed as text; needs nothing but Python.

Run by test_determinism.py in several interpreters: ``python rich_run.py`` prints the digest, then the trace.
"""

import sys

from distlab.sim import (
    Arrivals,
    Call,
    ClockDrift,
    ClockJump,
    Crash,
    Cut,
    Empirical,
    Equivocate,
    Exponential,
    Forge,
    Heal,
    Isolate,
    Link,
    LogNormal,
    LossBurst,
    Network,
    Node,
    Outage,
    Partition,
    Pause,
    Poisson,
    Recover,
    Shifted,
    Silence,
    Simulation,
    SlowLink,
    Uniform,
    message,
    three_regions,
)


@message
class Bid:
    """Somebody wants to lead."""

    round: int
    by: str
    supporters: frozenset = frozenset()


@message
class Assent:
    round: int
    granted: bool = True


@message
class Beat:
    pass


WRITING = Exponential(0.005)


class Bidder(Node):
    """Bids for the lead after a random silence, and leads with a majority; no algorithm of any book."""

    stable = ("round",)
    workers = 2

    def __init__(self, patience):
        self.patience = patience
        self.round = 0
        self.supporters = set()

    def on_start(self):
        self.become("follower", round=self.round)
        self.silence = self.after(self.rng.uniform(*self.patience), self.bid)

    def bid(self):
        self.round += 1
        self.supporters = {self.id}
        self.become("bidder", round=self.round, names={"x", self.id})
        self.broadcast(Bid(self.round, self.id, frozenset({"a", "b", self.id})))
        self.silence.reset(self.rng.uniform(*self.patience))

    def on_bid(self, msg, sender):
        self.work(WRITING.sample(self.rng), self.answer, sender, msg)

    def answer(self, sender, msg):
        granted = msg.round > self.round
        self.round = max(self.round, msg.round)
        self.send(sender, Assent(msg.round, granted))

    def on_assent(self, msg, sender):
        if msg.granted and msg.round == self.round and self.role == "bidder":
            self.supporters.add(sender)
            if len(self.supporters) > (len(self.peers) + 1) // 2:
                self.become("leader", round=self.round)
                self.silence.cancel()
                self.beating = self.every(0.15, self.beat)

    def beat(self):
        self.record("beat", clock=round(self.now, 6), supporters=self.supporters)
        self.broadcast(Beat(), to=set(self.peers))

    def on_beat(self, msg, sender):
        if self.role != "leader":
            self.silence.reset()
        elif sender > self.id:
            self.beating.cancel()
            self.on_start()

    def ask(self, key):
        operation = self.invoke("ask", key, {"by": self.id})
        if self.role == "leader":
            operation.complete({"yes", "no"})
        else:
            operation.fail("not the leader")


FAULTS = [
    Crash("n1", at=0.4),
    Recover("n1", at=0.9),
    Outage("leader", at=1.0, until=1.4),
    Pause("n2", at=0.3, duration=0.35),
    Partition([["n1", "n2"], ["n3", "n4", "n5"]], at=1.2, until=1.6),
    Partition([["leader"]], at=2.0, until=2.2, one_way=True),
    Isolate("n4", at=0.6, until=0.8),
    Cut("n2", "n3", at=0.2, both=True),
    Heal(at=0.5),
    SlowLink("n5", None, at=0.5, until=1.0, factor=3.0, extra=0.01),
    LossBurst(0.5, at=1.7, until=1.9),
    ClockJump("n3", at=0.7, by=100.0),
    ClockDrift("n4", at=0.1, rate=1.25),
    Silence("n5", at=1.5, until=1.8, to=["n1"]),
    Equivocate("n3", at=0.3, until=0.9),
    Forge("n2", at=2.1, pretend="n4", until=2.3),
]
WORKLOAD = [
    Call("leader", 0.95, "ask", ("who",)),
    Arrivals(Shifted(0.2, Exponential(0.1)), "ask", until=2.0, args=lambda number: (f"key {number}",)),
    Poisson(2.0, "ask", until=2.0, nodes=["n1", "n5"], args=("poisson",)),
]


def network():
    """Three regions, single links with their own distributions, loss, copies and reordering."""
    names = ["n1", "n2", "n3", "n4", "n5"]
    links = {
        ("n1", "n2"): Link(latency=LogNormal(0.02, 0.5)),
        ("n2", "n1"): Link(latency=Empirical((0.01, 0.015, 0.04)), loss=0.1),
        ("n3", "n1"): Link(latency=Uniform(0.01, 0.02)),
    }
    return three_regions(
        names, links=links, loss=0.05, duplication=0.05, reordering=0.05, bandwidth=10_000.0, size=len_of
    )


def len_of(msg):
    """Bytes of a message: the length of its text."""
    return len(repr(msg))


def rich_run(trace="full"):
    """The run, up to 2.5 s."""
    nodes = {f"n{number}": Bidder((0.15, 0.3)) for number in range(1, 6)}
    return Simulation(nodes, network(), FAULTS, WORKLOAD, seed=11, trace=trace).run(until=2.5)


def plain_run():
    """The fast path, with random latencies; up to 5 s."""
    nodes = {f"n{number}": Bidder((0.15, 0.3)) for number in range(1, 6)}
    return Simulation(nodes, Network(latency=Shifted(0.001, LogNormal(0.01, 0.3))), seed=3).run(until=5.0)


if __name__ == "__main__":
    trace = rich_run()
    sys.stdout.write(f"{trace.digest()} {plain_run().digest()} {rich_run('outline').digest()}\n")
    sys.stdout.write(trace.to_jsonl())
