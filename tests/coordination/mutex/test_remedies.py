"""What helps when a node crashes: each remedy is right for crashes, and wrong for pauses."""

from math import inf
from typing import Any

import pytest

from distlab.check import MutualExclusion
from distlab.coordination.mutex import Centralised, RicartAgrawala, RoucairolCarvalho, TokenRing
from distlab.coordination.mutex.measures import overlaps
from distlab.coordination.mutex.mutex_experiments import ALGORITHMS, REMEDIES, disturbed, one_at_a_time
from distlab.sim import Call, Crash, Isolate, Network, Outage, Pause, Simulation, Trace, Uniform, cluster

from .searches import CRASHES, EVERYTHING, REGENERATION, SKIPPING, STANDBY, OneAtATime, random_runs

WITH_REMEDY = [
    (Centralised, STANDBY),
    (RicartAgrawala, SKIPPING),
    (RoucairolCarvalho, SKIPPING),
    (TokenRing, REGENERATION),
]
WITHOUT = [name for name in ALGORITHMS if name not in REMEDIES]


def entries(trace: Trace) -> list[tuple[float, Any]]:
    """(time, node) of each entry."""
    entered = trace.records.query("event == 'enter'")
    return list(zip(entered.time.round(4), entered.node, strict=True))


# --- crashes alone


@pytest.mark.parametrize(("kind", "remedy"), WITH_REMEDY)
def test_with_the_remedy_crashes_only_delay(kind: Any, remedy: dict[str, Any]) -> None:
    """Up to three crashes, with and without return: never two inside, and all that are up get in."""
    report = random_runs(kind, MutualExclusion(), kind, 150, faults=CRASHES, arguments=remedy)
    assert report.verdict == "passed", str(report)


@pytest.mark.parametrize(("kind", "remedy"), WITH_REMEDY)
def test_without_the_remedy_a_crash_can_block_all(kind: Any, remedy: dict[str, Any]) -> None:
    """The same runs without it: somebody waits for ever."""
    report = random_runs(kind, MutualExclusion(), kind, 150, faults=CRASHES)
    assert report.verdict == "failed"
    assert "is still waiting" in report.sentence


@pytest.mark.parametrize(("kind", "remedy"), WITH_REMEDY)
def test_no_remedy_is_right_without_bounds_on_delay(kind: Any, remedy: dict[str, Any]) -> None:
    """If nodes may also stand still and links be cut or slow, two are inside: silence is not death."""
    report = random_runs(kind, OneAtATime(), kind, 150, faults=EVERYTHING, arguments=remedy)
    assert report.verdict == "failed"
    assert "entered the critical section" in report.sentence


@pytest.mark.parametrize(("kind", "remedy"), WITH_REMEDY)
def test_without_faults_the_remedy_changes_nothing(kind: Any, remedy: dict[str, Any]) -> None:
    """With the remedy on and nothing going wrong, all enter, one at a time."""
    report = random_runs(kind, MutualExclusion(), kind, 60, arguments=remedy)
    assert report.verdict == "passed", str(report)


# --- how long nobody enters


@pytest.mark.parametrize(
    ("algorithm", "victim"),
    [("centralised", "coordinator"), *[(name, who) for name in REMEDIES for who in ("holder", "peer")]],
)
def test_a_remedy_ends_the_stall(algorithm: str, victim: str) -> None:
    """After a crash the others go on within a second, one at a time."""
    for seed in range(5):
        after = disturbed(algorithm, victim, remedy=True, seed=seed)
        assert after.stall < 1.0
        assert after.served > 50
        assert after.overlaps == 0


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_without_a_remedy_the_holder_takes_the_right_to_enter_with_it(algorithm: str) -> None:
    """Whoever crashes inside blocks everybody for good, in each algorithm as published."""
    for seed in range(5):
        assert disturbed(algorithm, "holder", remedy=False, seed=seed) == (inf, 0, 0)


@pytest.mark.parametrize("algorithm", ["Lamport", "Ricart-Agrawala", "token ring", "two-layer ring"])
def test_where_any_crash_blocks_all(algorithm: str) -> None:
    """Where each node must consent, or pass the token on, the crash of an idle one is enough."""
    for seed in range(5):
        assert disturbed(algorithm, "peer", remedy=False, seed=seed).stall == inf


def test_where_an_idle_node_may_crash() -> None:
    """A coordinator does not miss an idle client."""
    for seed in range(5):
        assert disturbed("centralised", "peer", remedy=False, seed=seed).stall < 1.0


@pytest.mark.parametrize("algorithm", REMEDIES)
def test_a_pause_of_the_holder_shows_the_danger(algorithm: str) -> None:
    """A holder that stands still for a second comes back to find others inside, if the remedy is on."""
    for seed in range(5):
        assert disturbed(algorithm, "holder", remedy=True, pause=1.0, seed=seed).overlaps > 0
        without = disturbed(algorithm, "holder", remedy=False, pause=1.0, seed=seed)
        assert without.overlaps == 0
        assert 0.9 < without.stall < 1.2


# --- the standby coordinator


def run(
    nodes: Any, asking: list[tuple[float, int]], faults: Any = (), until: float = 5.0, hold: float = 0.1
) -> Trace:
    """A run with requests at given times; messages take 10 ms."""
    calls = [Call(node, at, "request", (hold,)) for at, node in asking]
    return Simulation(nodes, faults=faults, workload=calls).run(until=until)


def test_a_standby_takes_over() -> None:
    """When the coordinator is silent for the time-out, the standby leads, with a higher epoch."""
    trace = run(cluster(Centralised, 4, **STANDBY), [(1.05, 3)], [Crash(1, at=1.0)])
    leads = trace.roles.query("role == 'leader'")
    assert leads[["node", "epoch"]].values.tolist() == [[1, 0], [2, 1]]
    assert leads.start.tolist()[1] == pytest.approx(0.96 + 0.2, abs=0.05)
    assert [node for _, node in entries(trace)] == [3]


def test_the_next_standby_is_next() -> None:
    """Each standby has its own epochs: 1, 2, 3 and so on in turn."""
    faults = [Crash(1, at=1.0), Crash(2, at=2.0)]
    leads = run(cluster(Centralised, 5, **STANDBY), [(3.0, 4)], faults).roles.query("role == 'leader'")
    assert leads[["node", "epoch"]].values.tolist() == [[1, 0], [2, 1], [3, 2]]


def test_who_is_inside_stays_alone_when_the_coordinator_changes() -> None:
    """The new coordinator hears from the holder that it is inside, and waits until it has left."""
    trace = run(cluster(Centralised, 4, **STANDBY), [(0.9, 3), (1.05, 4)], [Crash(1, at=1.0)], hold=1.0)
    (_, first), (entered, second) = entries(trace)
    assert (first, second) == (3, 4)
    assert entered == pytest.approx(1.92 + 0.02, abs=1e-3)


def test_a_coordinator_that_comes_back_does_not_coordinate() -> None:
    """It waits as a standby, and its own requests go to the new one."""
    trace = run(cluster(Centralised, 4, **STANDBY), [(3.0, 1)], [Outage(1, at=1.0, until=2.0)])
    leads = trace.roles.query("role == 'leader'")
    assert leads.node.tolist() == [1, 2]
    assert leads.end.tolist() == [1.0, 5.0]
    assert [node for _, node in entries(trace)] == [1]


def test_a_standby_that_missed_an_epoch_learns_of_it() -> None:
    """Node 2 was down while node 3 led with epoch 2. When it takes over, the answers tell it."""
    faults = [Outage(2, at=0.5, until=2.5), Crash(1, at=0.5), Crash(3, at=2.0)]
    trace = run(cluster(Centralised, 5, **STANDBY), [(3.5, 4), (3.5, 5)], faults)
    leads = trace.roles.query("role == 'leader'")
    assert leads[["node", "epoch"]].values.tolist() == [[1, 0], [3, 2], [2, 1], [2, 4]]
    assert [node for _, node in entries(trace)] == [4, 5]


def test_without_heartbeats_a_coordinator_asks_all_before_it_goes_on() -> None:
    """A coordinator that comes back grants nothing until it knows who is inside."""
    trace = run(
        cluster(Centralised, 4), [(0.9, 3), (1.05, 4), (1.6, 2)], [Outage(1, at=1.0, until=1.5)], hold=1.0
    )
    assert [node for _, node in entries(trace)] == [3, 4, 2]
    assert overlaps(trace) == 0


def test_lost_requests_are_found_by_the_heartbeat() -> None:
    """With heartbeats, a request, a grant or a release that was lost only delays."""
    for cut in (0.995, 1.005, 1.015, 1.105):
        fault = Isolate(3, at=cut, until=cut + 0.02)
        trace = run(cluster(Centralised, 4, **STANDBY), [(1.0, 3), (1.2, 4)], [fault])
        assert [node for _, node in entries(trace)] == [3, 4]


# --- skipped peers


def test_a_dead_peer_is_skipped_after_two_alarms() -> None:
    """One patience to ask whether it is there, one more to give it up; then it is not asked again."""
    trace = run(cluster(RicartAgrawala, 4, patience=0.1), [(1.0, 1), (2.0, 1)], [Crash(4, at=0.5)])
    assert entries(trace) == [(1.2, 1), (2.02, 1)]
    assert trace.records.query("event == 'skip'").peer.tolist() == [4]


def test_who_defers_says_that_it_is_there() -> None:
    """A holder that stays inside for long is not skipped."""
    asking = [(0.0, 1), (0.05, 2)]
    trace = run(cluster(RicartAgrawala, 3, patience=0.1), asking, hold=1.0)
    assert entries(trace) == [(0.02, 1), (1.03, 2)]
    assert "skip" not in set(trace.records.event)


def test_who_comes_back_is_asked_again() -> None:
    """A peer that was skipped and asks is a peer again."""
    faults = [Outage(3, at=0.5, until=1.5)]
    trace = run(cluster(RicartAgrawala, 3, patience=0.1), [(1.0, 1), (2.0, 3), (3.0, 1)], faults)
    asked = trace.messages.query("type == 'Request' and sender == 1")
    assert asked.query("sent >= 3").receiver.tolist() == [2, 3]


def test_patience_costs_nothing_at_light_load() -> None:
    """While nobody waits for long, no message is added."""
    plain = one_at_a_time("Ricart-Agrawala", 5, 20).messages_per_entry
    assert one_at_a_time("Ricart-Agrawala", 5, 20, patience=0.1).messages_per_entry == plain == 8


# --- a token made anew


def ring(n: int, **options: Any) -> Any:
    """A ring with its remedy on."""
    return cluster(TokenRing, n, **{"timeout": 0.1, "late": 0.6, **options})


def test_a_dead_node_of_the_ring_is_skipped_once() -> None:
    """The first pass to it waits for the time-out; later rounds leave it out."""
    trace = run(ring(4), [(3.0, 2)], [Crash(3, at=1.0)])
    assert trace.records.query("event == 'skip'").peer.tolist() == [3]
    assert trace.messages.query("receiver == 3 and sent > 1.2 and type == 'Token'").empty


def test_a_lost_token_is_made_anew_once() -> None:
    """When the holder crashes inside, one node makes a token of the next generation, however many miss it."""
    for seed in range(20):
        network = Network(latency=Uniform(0.005, 0.015))
        calls = [Call(3, at=1.0, method="request", args=(1.0,)), Call(2, at=1.5, method="request")]
        faults = [Crash(3, at=1.3)]
        sim = Simulation(ring(5), network=network, faults=faults, workload=calls, seed=seed)
        made = sim.run(until=6.0).records.query("event == 'regenerate'")
        assert [generation[0] for generation in made.generation] == [1]
        assert [node for _, node in entries(sim.trace)] == [3, 2]


def test_who_comes_back_has_its_turn_again() -> None:
    """A node that comes back asks for the token, and so tells the others that it is there."""
    trace = run(ring(4), [(3.0, 3)], [Outage(3, at=1.0, until=2.0)])
    assert [node for _, node in entries(trace)] == [3]
    assert "regenerate" not in set(trace.records.event)


def test_the_last_one_keeps_the_token() -> None:
    """A node whose peers are all dead enters at once, again and again, until one comes back."""
    faults = [Crash(1, at=1.0), Outage(2, at=1.0, until=3.5)]
    trace = run(ring(3), [(3.0, 3), (3.2, 3), (4.0, 2)], faults)
    assert [node for _, node in entries(trace)] == [3, 3, 2]
    assert entries(trace)[:2] == [(3.0, 3), (3.2, 3)]


def test_of_two_tokens_the_older_dies_out() -> None:
    """After a pause of the holder there are two tokens for a while, and one in the end."""
    trace = run(ring(4), [(1.0, 2)], [Pause(2, at=1.05, duration=2.0)], until=10.0, hold=0.1)
    early = trace.messages.query("type == 'Token' and 3 < sent < 4")
    assert len({msg.generation for msg in early.message}) > 1
    late = trace.messages.query("type == 'Token' and sent > 4")
    assert len({msg.generation for msg in late.message}) == 1
    assert len(late) == pytest.approx((10 - 4) / 0.01, rel=0.01)  # one token, one message at a time


@pytest.mark.parametrize("algorithm", WITHOUT)
def test_where_there_is_no_remedy(algorithm: str) -> None:
    """Asking for one that does not exist is answered by a sentence."""
    with pytest.raises(ValueError, match="remedy must be False for"):
        disturbed(algorithm, "holder", remedy=True)
