import pytest

from distlab.check import FaultBudget, check
from distlab.reliability import Peer, every_request_is_served
from distlab.sim import Call, Constant, Crash, Outage, Simulation, cluster


class Next(Peer):
    """Asks the next server, and waits again."""

    def when_silent(self, number, server):
        after = self.peers.index(server) + 1
        self.send_to(self.peers[after % len(self.peers)], number)


class Same(Peer):
    """Asks the same server again and again."""

    def when_silent(self, number, server):
        self.send_to(server, number)


class Waits(Peer):
    """Does nothing about it."""

    def when_silent(self, number, server):
        pass


class Once(Peer):
    """Asks the next server, without waiting for it."""

    def when_silent(self, number, server):
        after = self.peers.index(server) + 1
        self.send(self.peers[after % len(self.peers)], self.open[number][1])


class Pretends(Peer):
    """Says that it was answered."""

    def when_silent(self, number, server):
        self.open.pop(number)[0].complete()


def said(kind, *faults, at=1.0):
    """What the property says of one request of node 1, which asks node 2 first."""
    nodes = cluster(kind, 4, service=Constant(0.01), patience=0.1)
    trace = Simulation(nodes, faults=faults, workload=[Call(1, at, "ask")]).run(until=3.0)
    return every_request_is_served(trace)


def test_all_is_well_while_nobody_fails():
    """Any of them is served."""
    assert [said(kind) for kind in (Peer, Next, Same, Waits)] == [None] * 4


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (Peer, "request 1 of node 1 was given up after 0.1 s; it was sent to node 2 only, which was down."),
        (
            Same,
            "request 1 of node 1, made at 1 s, never got a reply; "
            "it was sent to node 2 (20 times) only, which was down.",
        ),
        (
            Waits,
            "request 1 of node 1, made at 1 s, never got a reply; "
            "it was sent to node 2 only, which was down.",
        ),
        (Pretends, "request 1 of node 1 was reported as answered at 1.1 s, but no reply had come."),
        (Next, None),
        (Once, None),
    ],
)
def test_one_server_is_down(kind, sentence):
    """The sentence says what the client did with its request."""
    assert said(kind, Crash(2, at=0.5)) == sentence


def test_two_servers_are_down():
    """Who asks a second server and waits no more fails; who goes on reaches the third."""
    faults = Crash(2, at=0.5), Crash(3, at=0.5)
    assert said(Next, *faults) is None
    assert said(Once, *faults) == (
        "request 1 of node 1, made at 1 s, never got a reply; it was sent to node 2, node 3; "
        "down: node 2, node 3."
    )


def test_the_crash_of_the_client_excuses_everybody():
    """Its request is open for ever, and nobody is to blame; a crash before the request is no excuse."""
    assert said(Peer, Crash(2, at=0.5), Crash(1, at=1.05)) is None
    assert said(Peer, Crash(2, at=0.5), Outage(1, 0.6, 0.7)) is not None


def test_without_any_server_nobody_is_to_blame():
    """All others are down for good; if one comes back, the client must have asked it."""
    down = Crash(2, at=0.5), Crash(3, at=0.5)
    assert said(Peer, *down, Crash(4, at=0.5)) is None
    assert said(Peer, *down, Outage(4, 0.5, 2.0)) is not None
    assert said(Next, *down, Outage(4, 0.5, 2.0)) is None


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [(Next, "passed"), (Peer, "failed"), (Same, "failed"), (Once, "failed"), (Pretends, "failed")],
)
def test_the_checker_tells_right_from_wrong(kind, verdict):
    """60 runs with up to two crashes suffice."""
    report = check(
        kind,
        every_request_is_served,
        nodes=4,
        runs=60,
        faults=FaultBudget(crashes=2, partitions=0, pauses=0, loss_bursts=0, slow_links=0, aim_at_leader=0.0),
        workload=[Call(1, 0.1 * number, "ask") for number in range(1, 31)],
        arguments={"service": Constant(0.01), "patience": 0.1},
        progress=False,
    )
    assert report.verdict == verdict
