"""Bully beside Garcia-Molina 1982 and the course's lecture 04."""

import pytest

from distlab.coordination.election.bully import Bully
from distlab.coordination.election.bully_mutants import A_LEADER, MUTANTS
from distlab.coordination.election.mutant import Mutant
from distlab.sim import (
    Crash,
    Network,
    Partition,
    Pause,
    Recover,
    Simulation,
    Trace,
    Uniform,
    cluster,
)
from tests.coordination.election.schedules import crash_only, disagreement, reigns, storm, two_at_once


def started_by(initiator: int, n: int) -> Trace:
    """Node ``initiator`` of ``n`` alone starts an election; the highest node is down; no heartbeats."""
    nodes = {id: Bully(starts=id == initiator, heartbeat=None) for id in range(1, n + 1)}
    return Simulation(nodes, faults=[Crash(n, at=0.0)]).run()


def leaders(trace: Trace) -> list[int]:
    """Who began to lead, in order."""
    return [int(node) for node in trace.roles.query("role == 'leader'").node]


@pytest.mark.parametrize(("n", "i", "count"), [(5, 4, 4), (5, 3, 7), (5, 2, 12), (5, 1, 19), (8, 1, 55)])
def test_published_message_counts(n: int, i: int, count: int) -> None:
    """An election started by node i costs the published number of messages, those to the dead included."""
    assert len(started_by(i, n).messages) == count


@pytest.mark.parametrize("n", range(2, 11))
def test_message_counts_by_type(n: int) -> None:
    """With m nodes above the starter: m (m + 1) / 2 Election, m (m - 1) / 2 Alive, n - 2 Victory messages."""
    for i in range(1, n):
        m = n - i
        counts = started_by(i, n).messages["type"].value_counts()
        assert counts.get("Election", 0) == m * (m + 1) // 2
        assert counts.get("Alive", 0) == m * (m - 1) // 2
        assert counts.get("Victory", 0) == n - 2


def test_best_and_worst_case() -> None:
    """At best an election costs n - 1 messages, at worst n^2 - n - 1."""
    for n in range(2, 12):
        costs = [len(started_by(i, n).messages) for i in range(1, n)]
        assert (min(costs), max(costs)) == (n - 1, n * n - n - 1)


def test_counts_are_the_same_when_heartbeats_notice_the_crash() -> None:
    """If node i is the first to miss the leader's heartbeats, the election costs just as much."""
    for i, count in ((4, 4), (3, 7), (2, 12), (1, 19)):
        nodes = {id: Bully(timeout=0.3 if id == i else 9.0) for id in range(1, 6)}
        sent = Simulation(nodes, faults=[Crash(5, at=1.0)]).run(until=3.0).messages
        election = sent[(sent.sent > 1.0) & (sent.type != "Heartbeat")]
        assert len(election) == count


def test_the_course_example() -> None:
    """Of four nodes, with node 4 dead, node 3 wins."""
    for i in (1, 2, 3):
        assert leaders(started_by(i, 4)) == [3]


def test_without_heartbeats_a_run_ends_by_itself() -> None:
    """With heartbeat=None there are no heartbeats, and nobody notices that the leader is gone."""
    trace = Simulation(cluster(Bully, 4, heartbeat=None), faults=[Crash(4, at=1.0)]).run()
    assert leaders(trace) == [4]
    assert "Heartbeat" not in set(trace.messages.type)


def test_crashed_leader_is_replaced_and_takes_over_when_it_returns() -> None:
    """The next highest leads while the highest is down; the highest takes over when it comes back."""
    trace = Simulation(cluster(Bully, 5), faults=[Crash(5, at=1.0), Recover(5, at=2.0)]).run(until=3.0)
    assert leaders(trace) == [5, 4, 5]
    assert trace.roles[trace.roles.end == 3.0].leader.dropna().unique().tolist() == [5]


def test_returning_lower_node_changes_no_leader() -> None:
    """A lower node that comes back asks, is answered, and follows the leader that there is."""
    trace = Simulation(cluster(Bully, 5), faults=[Crash(2, at=1.0), Recover(2, at=2.0)]).run(until=3.0)
    assert leaders(trace) == [5]
    sent = trace.messages.query("type != 'Heartbeat' and sent > 1.9")["type"].value_counts()
    assert sent.to_dict() == {"Election": 3, "Alive": 3, "Victory": 1}


def test_who_is_answered_but_hears_of_no_victory_stands_again() -> None:
    """Node 3 answers node 2, crashes before it can declare victory, and node 2 wins at the second attempt."""
    nodes = {id: Bully(starts=id == 2, heartbeat=None) for id in (1, 2, 3, 4)}
    trace = Simulation(nodes, faults=[Crash(4, at=0.0), Crash(3, at=0.05)]).run()
    assert leaders(trace) == [2]
    assert trace.roles.query("node == 2").role.tolist() == ["candidate", "candidate", "leader"]


def test_partition_has_two_leaders_and_the_highest_remains() -> None:
    """Each side of a partition has a leader; when it ends, the lower one steps down within a heartbeat."""
    sim = Simulation(cluster(Bully, 5), faults=[Partition([[1, 2], [3, 4, 5]], at=1.0, until=2.0)])
    sim.run(until=3.0)
    assert [(node, end > 2.0) for _, end, node in reigns(sim)] == [(5, True), (2, True)]
    low = reigns(sim)[1]
    assert 1.0 < low[0] < 2.0
    assert 2.0 < low[1] < 2.07


def test_leader_that_paused_bullies_its_substitute() -> None:
    """A leader that stood still is replaced, and leads alone again as soon as it goes on."""
    sim = Simulation(cluster(Bully, 3), faults=[Pause(3, at=1.0, duration=1.0)])
    sim.run(until=3.0)
    assert [node for _, _, node in reigns(sim)] == [3, 2]
    assert disagreement(sim) is None


@pytest.mark.parametrize("n", [3, 10, 40])
def test_all_at_once_cost_one_election_each(n: int) -> None:
    """When all start at once, each asks the higher ones once, however much the delays differ."""
    network = Network(latency=Uniform(0.001, 0.02))
    trace = Simulation(cluster(Bully, n), network, seed=n).run(until=1.0)
    counts = trace.messages["type"].value_counts()
    assert counts["Election"] == counts["Alive"] == n * (n - 1) // 2
    assert leaders(trace) == [n]


def test_one_node_leads_itself() -> None:
    """A single node leads at once."""
    assert leaders(Simulation(cluster(Bully, 1)).run(until=1.0)) == [1]


@pytest.mark.parametrize("n", [2, 3, 4, 5, 7])
def test_once_faults_stop_the_highest_live_node_leads(n: int) -> None:
    """Under 60 fault schedules each, all live nodes follow the highest one within half a second of quiet."""
    for seed in range(60):
        sim = storm(cluster(Bully, n), seed)
        assert disagreement(sim) is None, f"seed {seed}: {disagreement(sim)}"
        last = sim.trace.roles.iloc[-1]
        assert sim.nodes[max(id for id in sim.nodes if sim.up(id))].role == "leader", f"seed {seed}"
        assert last.start < 3.5, f"seed {seed}: {last.node} became {last.role} at {last.start}"


def test_one_leader_at_a_time_while_nodes_only_crash() -> None:
    """With bounded delays and crashes that last, no two nodes ever lead at the same moment."""
    for seed in range(200):
        sim = crash_only(cluster(Bully, 5), seed)
        assert two_at_once(sim) is None, f"seed {seed}: {two_at_once(sim)}"
        assert disagreement(sim) is None, f"seed {seed}: {disagreement(sim)}"


def broken(mutant: Mutant, sound: bool, seed: int) -> str | None:
    """What goes wrong in one run, if what the mutant breaks does."""
    nodes = mutant.build_sound() if sound else mutant.build()
    sim = crash_only(nodes, seed)
    if mutant.breaks != A_LEADER:
        return two_at_once(sim)
    return disagreement(sim) or disagreement(storm(mutant.build_sound() if sound else mutant.build(), seed))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_every_safeguard_is_needed(mutant: Mutant) -> None:
    """With a safeguard off, one of 200 runs breaks what the mutant says; the sound class passes that run."""
    seed = next((seed for seed in range(200) if broken(mutant, False, seed) is not None), None)
    assert seed is not None
    assert broken(mutant, True, seed) is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"patience": 0}, "patience must be a number of seconds, more than 0; got 0"),
        ({"heartbeat": -1.0}, "heartbeat must be a number of seconds, more than 0; got -1.0"),
        ({"timeout": "soon"}, "timeout must be a number of seconds, more than 0; got 'soon'"),
        ({"timeout": 0.1}, "timeout must be more than patience=0.1 and heartbeat=0.05"),
    ],
)
def test_bad_durations_are_named(arguments: dict[str, float], said: str) -> None:
    """A duration that cannot work is answered by a sentence that names it and its value."""
    with pytest.raises(ValueError, match=said):
        Bully(**arguments)
