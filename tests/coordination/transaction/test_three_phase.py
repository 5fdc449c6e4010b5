"""Three-phase commit: the course's time-outs, Skeen's termination protocol, and what a partition does."""

import pytest

from distlab.check import AtomicCommitment, FaultBudget, check
from distlab.coordination.transaction import ThreePhaseCommit, ThreePhaseTermination
from distlab.coordination.transaction.commit_scenarios import (
    cut_off_after_pre_commit,
    order_of_50,
    t_shirts,
    transfer,
)
from distlab.coordination.transaction.crash_matrix import crash_matrix
from distlab.sim import Constant, Crash, Network, Outage, Partition, Simulation, cluster

from .commit_searches import crashes_alone

BOTH = [ThreePhaseCommit, ThreePhaseTermination]


def run(kind, faults=(), until=8.0, participants=3):
    """One transaction in which all vote yes, with 10 ms per message and 5 ms per forced write."""
    sim = Simulation(cluster(kind, participants + 1, transactions=1), Network(latency=Constant(0.01)), faults)
    return sim.run(until=until)


def decisions(trace):
    """Node -> what it decided last."""
    decided = trace.records[trace.records.event == "decide"]
    return {} if decided.empty else dict(zip(decided.node, decided.decision, strict=True))


@pytest.mark.parametrize("kind", BOTH)
def test_the_courses_examples(kind):
    """200 move, 100 T-shirts do not, and an order of 50 leaves 100."""
    assert transfer(kind).balances == {"A": 600, "B": 800}
    assert t_shirts(kind).balances == {"stock": 80, "ordered": 0}
    assert order_of_50(kind).balances == {"customer": 100, "shop": 50}


def test_one_who_waits_for_pre_commit_aborts_and_one_who_waits_for_commit_commits():
    """The course's two time-outs."""
    assert set(decisions(run(ThreePhaseCommit, [Crash(1, at=0.02)])).values()) == {"abort"}
    assert set(decisions(run(ThreePhaseCommit, [Crash(1, at=0.05)])).values()) == {"commit"}


def test_a_crash_between_two_pre_commits_parts_those_who_follow_the_courses_rule():
    """One of them has got PreCommit and commits; the others have not and abort. No partition is needed."""
    outcomes = {(one.moment, one.step.what): one.outcome for one in crash_matrix(ThreePhaseCommit)}
    assert outcomes["after", "send PreCommit to 2"] == "diverged"
    assert outcomes["after", "send PreCommit to 3"] == "diverged"
    assert outcomes["after", "send PreCommit to 4"] == "committed"


def test_a_termination_protocol_mends_that():
    """Skeen 1981: those who are up find out that one is pre-committed, and all commit."""
    for one in crash_matrix(ThreePhaseTermination):
        assert one.outcome in ("committed", "aborted")
        assert len(set(one.states.values()) - {"idle"}) <= 1 or "committed" not in one.states.values()


def test_the_smallest_id_becomes_the_backup_coordinator():
    """And the next one, if that crashes, too."""
    trace = run(ThreePhaseTermination, [Crash(1, at=0.02)])
    assert trace.records.query("event == 'backup'").node.tolist() == [2]
    trace = run(ThreePhaseTermination, [Crash(1, at=0.02), Crash(2, at=1.2)])
    assert trace.records.query("event == 'backup'").node.tolist() == [2, 3]
    assert decisions(trace)[3] == decisions(trace)[4] == "abort"


def test_the_last_one_who_is_up_decides():
    """All but one participant crash after PreCommit."""
    trace = run(ThreePhaseTermination, [Crash(each, at=0.05) for each in (1, 2, 3)])
    assert decisions(trace) == {4: "commit"}


def test_after_a_total_failure_all_must_come_back():
    """Who comes back alone waits; when all are back, they agree."""
    down = [Outage(each, at=0.05, until=None if each == 4 else 1.0 + each) for each in (1, 2, 3, 4)]
    assert decisions(run(ThreePhaseTermination, down)) == {}
    down = [Outage(each, at=0.05, until=1.0 + each) for each in (1, 2, 3, 4)]
    assert set(decisions(run(ThreePhaseTermination, down, until=12.0)).values()) == {"commit"}


def test_a_cut_off_participant_commits_while_the_others_abort():
    """The course's own rule: 200 have come from nowhere."""
    found = cut_off_after_pre_commit()
    assert sum(found.balances.values()) == 1600
    assert decisions(found.trace) == {1: "abort", 2: "abort", 3: "commit"}


@pytest.mark.parametrize("kind", BOTH)
def test_the_checker_finds_the_partition_by_itself(kind):
    """Nobody tells it when to cut; what is left is one fault."""
    partitions = FaultBudget(0, 1, 0, 0, 0, until=0.4, aim_at_leader=0.0)
    holds = AtomicCommitment(blocking_allowed=True)
    quick = {"transactions": 1, "patience": 0.05, "lock_wait": 0.02}
    report = check(kind, holds, 4, 500, faults=partitions, bounds=None, arguments=quick, progress=False)
    assert report.verdict == "failed"
    assert "the decisions differ" in report.counterexample.sentence
    assert sum(name == "fault" for name, _ in report.counterexample.setting) == 1


@pytest.mark.parametrize("n", [4, 5])
def test_with_crashes_alone_all_decide_if_one_participant_stays_up(n):
    """Any n - 2 crashes, whether they stay or come back."""

    def build(count):
        return cluster(ThreePhaseTermination, count)

    report = check(
        build, AtomicCommitment(), n, 200, faults=crashes_alone(n - 2, n - 2), bounds=None, progress=False
    )
    assert report.verdict == "passed", str(report)


def test_nobody_differs_whatever_crashes():
    """More crashes than there are nodes; some of them stay down."""
    holds = AtomicCommitment(blocking_allowed=True)
    report = check(
        ThreePhaseTermination, holds, 4, 300, faults=crashes_alone(5, 3), bounds=None, progress=False
    )
    assert report.verdict == "passed", str(report)


def test_three_phases_under_a_partition_that_splits_the_pre_committed_from_the_prepared():
    """TX-4: with a termination protocol, each side elects its own coordinator, and they differ."""
    trace = run(ThreePhaseTermination, [Partition([[4]], at=0.029)])
    assert decisions(trace) == {1: "commit", 2: "commit", 3: "commit", 4: "abort"}
