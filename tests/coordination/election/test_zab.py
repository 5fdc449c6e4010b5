"""ZAB beside Junqueira, Reed and Serafini 2011, ZooKeeper and the course."""

import pytest

from distlab.coordination.election.mutant import Mutant
from distlab.coordination.election.zab import Zab
from distlab.coordination.election.zab_mutants import FRESH, MUTANTS, ONE_LEADER, fresh_leader
from distlab.sim import (
    Crash,
    Isolate,
    Network,
    Node,
    NodeId,
    Outage,
    Partition,
    Recover,
    Simulation,
    Trace,
    Uniform,
    cluster,
    stream,
)
from tests.coordination.election.schedules import disagreement, storm

EPOCH = ("FollowerInfo", "LeaderInfo", "AckEpoch", "NewLeader", "Ack")


def leaders(trace: Trace) -> list[tuple[int, int]]:
    """(node, epoch) of all established leaders, in order."""
    led = trace.roles.query("role == 'leading'")
    if led.empty:
        return []
    return [(int(node), int(epoch)) for node, epoch in zip(led.node, led.epoch, strict=True)]


def votes(trace: Trace) -> list[tuple[float, int, int]]:
    """(time, server, candidate) of all votes cast, in order."""
    cast = trace.records.query("event == 'vote'")
    return [
        (time, int(server), int(candidate))
        for time, server, candidate in zip(cast.time, cast.node, cast.candidate, strict=True)
    ]


def epochs_led_by_two(sim: Simulation) -> list[int]:
    """The epochs that have two established leaders."""
    led = sim.trace.roles
    if "epoch" not in led:
        return []
    led = led[led.role == "leading"].groupby("epoch").node.nunique()
    return [int(epoch) for epoch in led[led > 1].index]


def servers(*zxids: int, epochs: tuple[int, ...] = ()) -> dict[NodeId, Node]:
    """Servers 1, 2, ... with these histories."""
    epochs = epochs or (0,) * len(zxids)
    pairs = enumerate(zip(zxids, epochs, strict=True), start=1)
    return {id: Zab(zxid=zxid, epoch=epoch) for id, (zxid, epoch) in pairs}


# --- the course's example and the counts


def test_the_course_example() -> None:
    """Three servers, epoch 1, zxid 0: all vote for themselves, then 1 and 2 vote for 3, and 3 leads."""
    trace = Simulation(cluster(Zab, 3, epoch=1)).run(until=1.0)
    assert votes(trace) == [(0.0, 1, 1), (0.0, 2, 2), (0.0, 3, 3), (0.01, 1, 3), (0.01, 2, 3)]
    assert leaders(trace) == [(3, 2)]
    assert trace.roles[trace.roles.end == 1.0].role.tolist() == ["following", "following", "leading"]


@pytest.mark.parametrize("n", range(2, 10))
def test_messages_per_round(n: int) -> None:
    """Round one costs n (n - 1) notifications, round two (n - 1)^2, one broadcast for each new vote."""
    sent = Simulation(cluster(Zab, n)).run(until=1.0).messages.query("type == 'Notification'")
    rounds = sent.groupby("sent").size()
    assert rounds.tolist() == [n * (n - 1), (n - 1) ** 2]


@pytest.mark.parametrize("n", range(2, 8))
def test_messages_for_the_epoch(n: int) -> None:
    """The epoch costs five messages per follower."""
    counts = Simulation(cluster(Zab, n)).run(until=1.0).messages["type"].value_counts()
    assert [counts[name] for name in EPOCH] == [n - 1] * 5


def test_time_to_a_leader() -> None:
    """A leader is established after two messages, finalize_wait (200 ms in ZooKeeper) and four messages."""
    assert Zab().finalize_wait == 0.2
    trace = Simulation(cluster(Zab, 3)).run(until=1.0)
    assert trace.roles.query("role == 'leading'").start.item() == pytest.approx(2 * 0.01 + 0.2 + 4 * 0.01)


# --- who wins


def test_fresher_zxid_beats_larger_id() -> None:
    """With equal epochs the larger zxid wins, whatever the ids."""
    assert leaders(Simulation(servers(7, 5, 6)).run(until=1.0)) == [(1, 1)]


def test_epoch_comes_before_zxid() -> None:
    """A history of a later epoch wins against a larger zxid."""
    assert leaders(Simulation(servers(1, 9, 9, epochs=(2, 1, 1))).run(until=1.0)) == [(1, 3)]


def test_larger_id_breaks_a_tie() -> None:
    """With equal histories the larger id wins."""
    assert leaders(Simulation(servers(5, 5, 0)).run(until=1.0)) == [(2, 1)]


def test_followers_take_over_the_leaders_history() -> None:
    """What only a minority had and the winner lacks is gone; what the winner has, all have."""
    sim = Simulation(servers(3, 5, 4), faults=[Isolate(2, at=0.0, until=1.0)])
    sim.run(until=2.0)
    assert leaders(sim.trace) == [(3, 1)]
    assert [sim.nodes[id].zxid for id in (1, 2, 3)] == [4, 4, 4]


# --- failures


def test_crashed_leader_is_replaced_in_a_new_epoch() -> None:
    """After the leader's crash the next one leads the next epoch."""
    assert leaders(Simulation(cluster(Zab, 3), faults=[Crash(3, at=1.0)]).run(until=3.0)) == [(3, 1), (2, 2)]


def test_returning_server_follows_the_leader_there_is() -> None:
    """A server with a larger id that comes back does not take over, and starts no election."""
    sim = Simulation(cluster(Zab, 5), faults=[Crash(5, at=1.0), Recover(5, at=3.0)])
    trace = sim.run(until=5.0)
    assert leaders(trace) == [(5, 1), (4, 2)]
    assert disagreement(sim) is None
    assert {server for time, server, _ in votes(trace) if time >= 3.0} == {5}


def test_late_server_joins_within_two_round_trips() -> None:
    """A server that finds a leader needs no finalize_wait: it asks, is answered, and registers."""
    trace = Simulation(cluster(Zab, 3), faults=[Crash(1, at=1.0), Recover(1, at=2.0)]).run(until=3.0)
    joined = trace.roles.query("node == 1 and role == 'following' and start > 2.0")
    assert joined.start.item() == pytest.approx(2.0 + 2 * 0.01 + 4 * 0.01)


def test_minority_elects_nobody() -> None:
    """In a partition the majority elects, and the leader in the minority steps down."""
    sim = Simulation(cluster(Zab, 5), faults=[Partition([[4, 5], [1, 2, 3]], at=1.0)])
    trace = sim.run(until=4.0)
    assert leaders(trace) == [(5, 1), (3, 2)]
    assert [sim.nodes[id].role for id in (4, 5)] == ["looking", "looking"]
    assert trace.roles.query("node == 5 and role == 'leading'").end.item() < 1.5


def test_an_old_leader_is_alone_with_its_epoch() -> None:
    """While two servers lead at once, the older one's epoch has no quorum any more: it can do nothing."""
    sim = Simulation(cluster(Zab, 3, timeout=1.0, finalize_wait=0.02), faults=[Isolate(3, at=1.0)])
    sim.run(until=2.5)
    led = sim.trace.roles.query("role == 'leading'")
    assert led.node.tolist() == [3, 2]
    assert [sim.nodes[id].accepted_epoch for id in (1, 2)] == [2, 2]


def test_leader_needs_acks_of_a_quorum() -> None:
    """An elected server whose followers vanish before they answer is never established."""
    faults = [Crash(1, at=0.215), Crash(2, at=0.215)]
    trace = Simulation(cluster(Zab, 3), faults=faults).run(until=3.0)
    assert trace.records.query("event == 'elected' and node == 3").leader.tolist() == [3]
    assert leaders(trace) == []


def test_epoch_is_promised_once() -> None:
    """A follower that has promised an epoch promises it to nobody else, a crash in between or not."""
    sim = Simulation(cluster(Zab, 3), faults=[Isolate(1, at=0.0), Outage(1, at=1.0, until=2.0)])
    sim.run(until=0.5)
    follower = sim.nodes[1]
    assert isinstance(follower, Zab)
    assert follower.promise(1)
    assert not follower.promise(1)
    sim.run(until=2.5)
    assert follower.accepted_epoch == 1


def test_follower_of_a_later_epoch_is_not_left_out() -> None:
    """A server that has accepted epoch 7 cannot follow an earlier one, so epoch 8 comes."""
    nodes = cluster(Zab, 3)
    sim = Simulation(nodes, faults=[Isolate(1, at=0.0, until=1.0)])
    nodes[1].accepted_epoch = 7
    sim.run(until=3.0)
    assert disagreement(sim) is None
    assert leaders(sim.trace)[-1][1] == 8


def test_observers_do_not_vote() -> None:
    """Observers follow the leader but make no quorum: two of the three voters are needed."""
    nodes = cluster(Zab, 5, observers=(4, 5))
    sim = Simulation(nodes, faults=[Crash(1, at=1.0), Crash(2, at=2.0)])
    sim.run(until=0.9)
    assert [node.role for node in sim.nodes.values()] == [
        "following",
        "following",
        "leading",
        "observing",
        "observing",
    ]
    sim.run(until=4.0)
    assert leaders(sim.trace) == [(3, 1)]
    assert [sim.nodes[id].role for id in (3, 4, 5)] == ["looking"] * 3
    assert {server for _, server, _ in votes(sim.trace)} == {1, 2, 3}


def test_observers_add_no_messages_to_the_election() -> None:
    """Voters send their votes to voters only."""
    sent = Simulation(cluster(Zab, 5, observers=(4, 5))).run(until=0.1).messages
    first = sent.query("type == 'Notification' and sent == 0 and sender <= 3")
    assert set(first.receiver) == {1, 2, 3}


def test_one_server_leads_itself() -> None:
    """A single server is its own quorum."""
    assert leaders(Simulation(cluster(Zab, 1)).run(until=1.0)) == [(1, 1)]


# --- under random faults


@pytest.mark.parametrize("n", [2, 3, 4, 5, 7])
def test_one_leader_per_epoch_and_a_leader_once_faults_stop(n: int) -> None:
    """Under 60 fault schedules each, no epoch has two leaders, and all live servers follow one in the end."""
    for seed in range(60):
        rng = stream(seed, "histories")
        sim = storm(servers(*[rng.randint(0, 3) for _ in range(n)]), seed)
        assert epochs_led_by_two(sim) == [], f"seed {seed}"
        assert disagreement(sim) is None, f"seed {seed}: {disagreement(sim)}"
        assert sim.trace.roles.start.max() < 5.5, f"seed {seed}: {sim.trace.roles.iloc[-1].to_dict()}"
        assert fresh_leader(sim.trace) is None, f"seed {seed}: {fresh_leader(sim.trace)}"


def shaken(nodes: dict[NodeId, Node], seed: int) -> Simulation:
    """A run in which servers crash and come back often, and the network loses and cuts."""
    rng = stream(seed, "shaken")
    n = len(nodes)
    faults: list[Outage | Isolate] = []
    for _ in range(8):
        at = round(rng.uniform(0.1, 3.5), 3)
        until = round(at + rng.uniform(0.01, 0.6), 3)
        kind = rng.choice([Outage, Outage, Isolate])
        faults.append(kind(rng.randint(1, n), at, until))
    faults.sort(key=lambda fault: fault.at)
    sim = Simulation(nodes, Network(latency=Uniform(0.005, 0.015)), faults, seed=seed, trace="outline")
    sim.run(until=8.0)
    return sim


def test_one_leader_per_epoch_when_servers_come_and_go() -> None:
    """Crashes and recoveries in quick turn leave one leader per epoch, and a leader in the end."""
    for seed in range(150):
        sim = shaken(cluster(Zab, 3), seed)
        assert epochs_led_by_two(sim) == [], f"seed {seed}"
        assert disagreement(sim) is None, f"seed {seed}: {disagreement(sim)}"


def broken(mutant: Mutant, sound: bool, seed: int) -> object:
    """What goes wrong in three runs, if what the mutant breaks does."""
    build = mutant.build_sound if sound else mutant.build
    for run in (storm, shaken):
        sim = run(build(), seed)
        if mutant.breaks == ONE_LEADER:
            wrong: object = epochs_led_by_two(sim)
        elif mutant.breaks == FRESH:
            wrong = fresh_leader(sim.trace)
        else:
            wrong = disagreement(sim)
        if wrong:
            return wrong
    return None


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_every_safeguard_is_needed(mutant: Mutant) -> None:
    """With a safeguard off, one of 200 runs breaks what the mutant says; the sound class passes that run."""
    seed = next((seed for seed in range(200) if broken(mutant, False, seed)), None)
    assert seed is not None
    assert not broken(mutant, True, seed)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"zxid": -1}, "zxid must be a whole number of 0 or more; got -1"),
        ({"epoch": 1.5}, "epoch must be a whole number of 0 or more; got 1.5"),
        ({"patience": 0}, "patience must be a number of seconds, more than 0; got 0"),
        ({"timeout": 0.05}, "timeout must be more than heartbeat=0.05; got 0.05"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, float], said: str) -> None:
    """An argument that cannot work is answered by a sentence that names it and its value."""
    with pytest.raises(ValueError, match=said):
        Zab(**arguments)


def test_somebody_must_vote() -> None:
    """A cluster of observers only is refused."""
    with pytest.raises(ValueError, match="observers must leave at least one server to vote"):
        Simulation(cluster(Zab, 2, observers=(1, 2))).run(until=1.0)
