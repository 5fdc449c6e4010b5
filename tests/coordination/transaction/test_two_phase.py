"""Two-phase commit and its presumptions: sentences of Gray 1978 and of Mohan, Lindsay and Obermarck 1986."""

import pytest

from distlab.coordination.transaction import PresumedAbort, PresumedCommit, TwoPhaseCommit, money
from distlab.coordination.transaction.commit_measures import doubt_times, lock_times, outcomes
from distlab.coordination.transaction.commit_scenarios import (
    heuristic_damage,
    order_of_50,
    t_shirts,
    transfer,
)
from distlab.course import fixtures
from distlab.sim import Call, Constant, Crash, Network, Outage, Partition, Recover, Simulation, cluster

ALL = [TwoPhaseCommit, PresumedAbort, PresumedCommit]
FIXTURES = {key: one.values for key, one in fixtures(6).items()}


def run(kind, faults=(), until=5.0, participants=3, **options):
    """One transaction in which all vote yes, with 10 ms per message and 5 ms per forced write."""
    nodes = cluster(kind, participants + 1, transactions=1, **options)
    sim = Simulation(nodes, Network(latency=Constant(0.01)), faults=faults)
    return sim, sim.run(until=until)


def decisions(trace):
    """Node -> what it decided last."""
    decided = trace.records[trace.records.event == "decide"]
    return {} if decided.empty else dict(zip(decided.node, decided.decision, strict=True))


@pytest.mark.parametrize("kind", ALL)
def test_200_move_and_the_sum_of_1400_is_kept(kind):
    """The course's transfer."""
    fixture = FIXTURES["transfer"]
    found = transfer(kind, fixture["amount"], tuple(fixture["before"].values()))
    assert found.balances == fixture["after"]
    assert sum(found.balances.values()) == fixture["total"]


@pytest.mark.parametrize("kind", ALL)
def test_an_order_of_100_t_shirts_aborts_and_changes_nothing(kind):
    """The stock is too small."""
    found = t_shirts(kind)
    assert outcomes(found.trace) == {"commit": 0, FIXTURES["t_shirts"]["outcome"]: 1, "open": 0}
    assert found.balances == {"stock": 80, "ordered": 0}


@pytest.mark.parametrize("kind", ALL)
def test_an_order_of_50_against_150_leaves_100(kind):
    """The course's order."""
    assert order_of_50(kind).balances == {"customer": 100, "shop": 50}


@pytest.mark.parametrize("kind", ALL)
def test_the_sum_is_kept_when_the_coordinator_crashes_at_any_time(kind):
    """And comes back: once all is decided, 1400 are there, whether 200 have moved or not."""
    for thousandths in range(0, 90, 3):
        down = Outage(1, at=thousandths / 1000, until=2.0)
        found = transfer(kind, faults=[down], until=6.0)
        assert found.balances in ({"A": 600, "B": 800}, {"A": 800, "B": 600})
        assert max(doubt_times(found.trace), default=0) < 3.0


def test_a_coordinator_that_crashes_after_all_yes_leaves_all_in_doubt_with_their_locks():
    """TX-5: they hold their locks as long as it is down."""
    _, trace = run(TwoPhaseCommit, [Crash(1, at=0.029)])
    assert decisions(trace) == {}
    assert lock_times(trace) == pytest.approx([4.99] * 3)


@pytest.mark.parametrize("kind", ALL)
def test_after_its_restart_all_abort(kind):
    """It knows of no decision, or only that it was collecting votes."""
    _, trace = run(kind, [Crash(1, at=0.029), Recover(1, at=2.0)])
    assert {decisions(trace)[site] for site in (2, 3, 4)} == {"abort"}


@pytest.mark.parametrize("kind", ALL)
def test_a_decision_that_is_on_disk_is_carried_out_after_a_restart(kind):
    """The commit record is forced before the first Commit is sent; here the last Commit is lost."""
    crash = [Partition([[4]], at=0.029, until=1.0), Crash(1, at=0.045), Recover(1, at=2.0)]
    _, trace = run(kind, crash)
    assert {decisions(trace)[site] for site in (2, 3, 4)} == {"commit"}


def test_a_participant_in_doubt_learns_the_decision_from_another():
    """Cooperative termination; without it, it waits for the coordinator."""
    faults = [Partition([[4]], at=0.029, until=0.4), Crash(1, at=0.1)]
    assert decisions(run(TwoPhaseCommit, faults)[1])[4] == "commit"
    assert 4 not in decisions(run(TwoPhaseCommit, faults, cooperative=False)[1])


def test_a_participant_that_has_not_voted_can_abort_for_all():
    """Gray 1978: up to its yes, each participant may abort alone."""
    faults = [Partition([[4]], at=0.0, until=0.3), Crash(1, at=0.1)]
    _, trace = run(TwoPhaseCommit, faults)
    assert decisions(trace) == {2: "abort", 3: "abort", 4: "abort"}


def test_who_comes_back_in_doubt_still_holds_its_locks_and_asks():
    """Mohan: the recovery process finds the transaction prepared, and inquires."""
    sim, trace = run(TwoPhaseCommit, [Outage(2, at=0.02, until=1.0)])
    assert decisions(trace)[2] == "commit"
    after = trace.records[(trace.records.node == 2) & (trace.records.time >= 1.0)]
    assert after.event.tolist()[0] == "locked"
    assert money(sim.nodes[2]) == {"cash": 980.0}


def test_presumed_abort_answers_abort_about_what_it_does_not_know():
    """And presumed commit answers commit."""
    for kind, decision in ((PresumedAbort, "Abort"), (PresumedCommit, "Commit")):
        sim = Simulation(cluster(kind, 2, transactions=0), workload=[Call(1, 0.0, "on_inquire", _unknown())])
        assert sim.run(until=0.005).messages["type"].tolist() == [decision]


def _unknown():
    from distlab.coordination.transaction.two_phase import Inquire

    return (Inquire("unheard of"), 2)


def test_a_reader_takes_no_part_in_the_second_phase():
    """Mohan: with a READ VOTE it unlocks at once and writes nothing."""
    sites = [PresumedAbort({"A": 10.0}, transactions=0) for _ in range(4)]
    wanted = {2: {"A": -1}, 3: {"A": 1}, 4: {"A": 0}}
    trace = Simulation(sites, workload=[Call(1, 0.0, "begin", ("T", wanted))]).run(until=1.0)
    assert len(trace.messages) == 4 * 2 + 2
    assert set(trace.records[trace.records.node == 4].event) == {"locked", "unlocked", "read"}


def test_a_heuristic_decision_loses_money():
    """200 have left A and have not reached B, and the damage is noted when the truth comes."""
    found = heuristic_damage()
    assert sum(found.balances.values()) == 1200
    assert found.trace.records.query("event == 'damage'").node.tolist() == [3]


@pytest.mark.parametrize("kind", ALL)
def test_the_same_name_twice_or_the_coordinator_among_the_sites_is_refused(kind):
    """One sentence names the argument."""
    sim = Simulation(cluster(kind, 3, transactions=0), workload=[Call(1, 0.0, "begin", ("T", {1: {"A": 1}}))])
    with pytest.raises(ValueError, match="wanted must name at least one site besides the coordinator 1"):
        sim.run()
    with pytest.raises(ValueError, match="heuristic must be"):
        kind(heuristic="maybe")
    with pytest.raises(ValueError, match="transactions must be a whole number"):
        kind(transactions=-1)


def test_locks_are_given_in_the_order_of_asking():
    """Two transfers at once: the second waits for the first, and both commit."""
    sites = [
        TwoPhaseCommit({}, transactions=0),
        *[TwoPhaseCommit({"A": 100.0}, transactions=0) for _ in "ab"],
    ]
    calls = [Call(1, 0.0, "begin", (name, {2: {"A": -1}, 3: {"A": 1}})) for name in ("S", "T")]
    sim = Simulation(sites, Network(latency=Constant(0.01)), workload=calls)
    trace = sim.run(until=1.0)
    assert outcomes(trace) == {"commit": 2, "abort": 0, "open": 0}
    assert trace.records.query("event == 'waits'").transaction.tolist() == ["T", "T"]
    assert sim.nodes[2].balances == {"A": 98.0}


def test_a_wait_that_is_too_long_is_a_no():
    """lock_wait=0: the second of two transfers at once aborts."""
    sites = [TwoPhaseCommit({"A": 100.0}, transactions=0, lock_wait=0) for _ in range(3)]
    calls = [Call(1, 0.0, "begin", (name, {2: {"A": -1}, 3: {"A": 1}})) for name in ("S", "T")]
    trace = Simulation(sites, Network(latency=Constant(0.01)), workload=calls).run(until=1.0)
    assert outcomes(trace) == {"commit": 1, "abort": 1, "open": 0}
