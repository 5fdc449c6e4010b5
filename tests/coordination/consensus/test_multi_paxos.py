"""Multi-Paxos: one leader, one phase 1, no gaps, each command once."""

from typing import Any

import pytest

from distlab.check import FaultBudget, StateMachineSafety
from distlab.coordination.consensus import MULTI_PAXOS_MUTANTS, ByHand, MultiPaxos
from distlab.coordination.consensus.multi_paxos import (
    NO_OP,
    Accept,
    Accepted,
    Heartbeat,
    Prepare,
    Promise,
    Submit,
)
from distlab.sim import Constant, Crash, Exponential, Network, Outage, Simulation

from .searches import FAST, RESTARTS, STORM, multi_paxos, replicated, runs


def by_hand(n: int, kind: type[MultiPaxos] = MultiPaxos) -> ByHand:
    """Replicas whose clients ask for something only when they are called."""
    return ByHand({id: kind() for id in range(1, n + 1)})


def elect(run: ByHand, leader: int, voters: tuple[int, ...]) -> None:
    """A node stands and is promised by these others."""
    run.fire(leader, "stand")
    for voter in voters:
        run.deliver(Prepare, leader, voter, ballot=run.node(leader).ballot)
        run.deliver(Promise, voter, leader)


# --- what it costs


@pytest.mark.parametrize("n", [3, 5, 7])
def test_a_command_of_the_leader_costs_two_messages_per_follower(n: int) -> None:
    """2(n-1): Accept and Accepted. A follower's command costs one more, Submit. Phase 1 happens once."""
    commands = [("write", k) for k in range(10)]
    for client, extra in ((1, 0), (2, 1)):
        nodes = {
            id: MultiPaxos(commands if id == client else (), timeout=0.1 if id == 1 else 9.0)
            for id in range(1, n + 1)
        }
        trace = Simulation(nodes, Network(latency=Constant(0.01))).run(until=3.0)
        counts = trace.messages.type.value_counts()
        assert trace.operations.status.tolist() == ["ok"] * 10
        assert counts["Prepare"] == counts["Promise"] == n - 1
        assert counts["Accept"] == counts["Accepted"] == 10 * (n - 1)
        assert counts.get("Submit", 0) == 10 * extra


def test_the_followers_know_with_the_next_message() -> None:
    """What is chosen is carried out by the leader after a round trip, by the others one command later."""
    nodes = {id: MultiPaxos([("write", 1), ("write", 2)] if id == 1 else (), timeout=0.1 if id == 1 else 9.0)
             for id in (1, 2, 3)}  # fmt: skip
    records = Simulation(nodes, Network(latency=Constant(0.01))).run(until=0.2).records
    applied = records[records.event == "apply"]
    first = applied[applied["index"] == 1].time.round(6).tolist()
    assert first == [0.14, 0.15, 0.15]


# --- the rules, by hand


def test_a_new_leader_fills_gaps_with_no_ops() -> None:
    """Slot 1 reached nobody, slot 2 one follower: the next leader proposes a no-op in slot 1."""
    run = gap(by_hand(3))
    run.deliver_all()
    log = run.node(2).log
    assert log[1] == NO_OP
    assert log[2] == (3, 1, ("write", "c"))
    assert run.node(2).applied >= 2


def gap(run: ByHand) -> ByHand:
    """Leader 1 gives slot 1 to its own command and slot 2 to node 3's; only slot 2 reaches node 3; 1 dies."""
    elect(run, 1, (2, 3))
    run.call(1, "request", ("write", "a"))
    run.deliver(Heartbeat, 1, 3)
    run.call(3, "request", ("write", "c"))
    run.deliver(Submit, 3, 1)
    for follower in (2, 3):
        run.drop(Accept, 1, follower, slot=1)
    run.deliver(Accept, 1, 3, slot=2)
    run.crash(1)
    run.waiting = [each for each in run.waiting if 1 not in each[:2]]
    run.fire(2, "stand")
    return run


def late_acceptance(run: ByHand) -> ByHand:
    """Leader 1 comes back with another command for slot 1, and an old Accepted for the first one arrives."""
    elect(run, 1, (2, 3))
    run.call(1, "request", ("write", "a"))
    run.deliver(Accept, 1, 2, slot=1)  # its Accepted stays under way
    elect(run, 3, (4, 5))
    run.call(3, "request", ("write", "c"))
    run.deliver(Prepare, 3, 1)
    elect(run, 1, (3, 4))
    run.deliver(Accept, 1, 4, ballot=run.node(1).ballot, slot=1)
    run.deliver(Accepted, 2, 1, ballot=(1, 1))
    return run


def test_an_acceptance_of_an_earlier_ballot_counts_for_nothing() -> None:
    """Node 2 accepted another command: with 1 alone and 2's old word there is no majority of five."""
    run = late_acceptance(by_hand(5))
    assert run.node(1).proposed[1] == (3, 1, ("write", "c"))
    assert len(run.node(1).acceptances[1]) == 1
    broken = next(mutant.kind for mutant in MULTI_PAXOS_MUTANTS if "earlier ballot" in mutant.name)
    assert len(late_acceptance(by_hand(5, broken)).node(1).acceptances[1]) == 2


def test_without_no_ops_a_gap_stops_everything() -> None:
    """The mutant that leaves gaps never carries out slot 2."""
    broken = next(mutant.kind for mutant in MULTI_PAXOS_MUTANTS if "gaps" in mutant.name)
    run = gap(by_hand(3, broken))
    run.deliver_all()
    assert run.node(2).applied == 0


# --- recovery


def test_a_crashed_leader_is_replaced_and_nothing_is_lost() -> None:
    """Every client is served, and all replicas carry out the same log."""
    sim = Simulation(multi_paxos()(5), faults=[Outage("leader", at=0.4, until=1.5)], seed=4)
    trace = sim.run(until=4.0)
    logs = {str(sorted(node.log.items())) for node in sim.nodes.values()}
    assert len(logs) == 1
    assert len(set(trace.roles.query("role == 'leader'").node)) >= 2


def test_a_replica_that_was_away_catches_up() -> None:
    """After its return it asks for what it missed."""
    sim = Simulation(multi_paxos()(3), faults=[Crash(3, at=0.0)], seed=1)
    sim.run(until=2.0)
    assert sim.nodes[3].applied == 0
    sim = Simulation(multi_paxos()(3), faults=[Outage(3, at=0.0, until=2.0)], seed=1)
    sim.run(until=4.0)
    assert sim.nodes[3].applied == sim.nodes[1].applied >= 15


@pytest.mark.parametrize("n", [3, 4, 5])
def test_multi_paxos_is_right_under_everything(n: int) -> None:
    """Safety, once each, linearizable reads and writes, and every client served after the faults."""
    report = runs(multi_paxos(commands=3), replicated(), n, 60, seed=n)
    assert report.verdict == "passed", str(report)


BY_HAND = ("leaves gaps in the log", "counts acceptances of an earlier ballot")


IN_A_STORM = (
    "takes over the earliest proposal",
    "forgets its promise in a crash",
    "accepts from a leader that was replaced",
    "takes what it has accepted for chosen",
)


def search_for(mutant: Any, kind: type[MultiPaxos]) -> Any:
    """The search that shows what a safeguard is for."""
    if mutant.name in IN_A_STORM:
        storm = FaultBudget(crashes=8, partitions=2, until=2.0, stay_down=0)
        network = Network(latency=Exponential(0.02), loss=STORM.loss, duplication=STORM.duplication)
        return runs(multi_paxos(kind, **FAST), StateMachineSafety(), 3, 700, storm, network, within=1.0)
    n = 4 if mutant.nodes == 4 else 5
    return runs(multi_paxos(kind, **FAST), replicated(), n, 60, RESTARTS, within=4.0)


@pytest.mark.parametrize(
    "mutant",
    [each for each in MULTI_PAXOS_MUTANTS if each.name not in BY_HAND],
    ids=lambda mutant: mutant.kind.__name__,
)
def test_each_safeguard_is_needed(mutant: Any) -> None:
    """Without it the checker finds a counterexample."""
    report = search_for(mutant, mutant.kind)
    assert report.verdict == "failed", str(report)
    assert report.counterexample is not None


def test_the_search_finds_nothing_in_the_sound_one() -> None:
    """What is found is the missing safeguard."""
    half = next(each for each in MULTI_PAXOS_MUTANTS if each.nodes == 4)
    assert search_for(half, MultiPaxos).verdict == "passed"
