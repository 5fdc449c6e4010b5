"""A crash at every step: the matrix is complete, and says what the protocols promise."""

import pytest

from distlab.check import AllOf, AtomicCommitment, Conservation, FaultBudget, check
from distlab.coordination.transaction import (
    PresumedAbort,
    PresumedCommit,
    ThreePhaseCommit,
    ThreePhaseTermination,
    TwoPhaseCommit,
    money,
)
from distlab.coordination.transaction.commit_costs import one_transaction
from distlab.coordination.transaction.crash_matrix import (
    crash_matrix,
    crash_pairs,
    outcome_of,
    partition_matrix,
    steps_of,
    summary,
)

TWO = [TwoPhaseCommit, PresumedAbort, PresumedCommit]
ALL = [*TWO, ThreePhaseCommit, ThreePhaseTermination]


@pytest.mark.parametrize("kind", ALL)
def test_the_steps_are_all_messages_and_all_log_writes(kind):
    """Every message that a run sends, and every record, is a step of one of the nodes."""
    trace = one_transaction(kind, "commit", 3)
    sent = [step for node in (1, 2, 3, 4) for step in steps_of(kind, node) if step.what.startswith("send")]
    disk = [step for node in (1, 2, 3, 4) for step in steps_of(kind, node) if step.what.endswith("on disk")]
    assert len(sent) == len(trace.messages)
    assert len(disk) == trace.records.event.isin(["force", "write"]).sum()


@pytest.mark.parametrize("kind", ALL)
def test_the_matrix_has_two_runs_per_step(kind):
    """Before, and after."""
    found = crash_matrix(kind, 2)
    assert [(one.step.number, one.moment) for one in found] == [
        (step.number, moment) for step in steps_of(kind, 2) for moment in ("before", "after")
    ]


@pytest.mark.parametrize("kind", TWO)
@pytest.mark.parametrize("victim", [1, 2, 4])
@pytest.mark.parametrize("back_after", [None, 2.0])
def test_two_phase_commit_never_diverges(kind, victim, back_after):
    """Whoever crashes at whatever step, and whether or not it comes back."""
    outcomes = {one.outcome for one in crash_matrix(kind, victim, back_after=back_after)}
    assert "diverged" not in outcomes
    assert "blocked" not in outcomes or (victim == 1 and back_after is None)


@pytest.mark.parametrize("kind", TWO)
def test_two_phase_commit_blocks_from_the_last_prepare_to_the_first_commit(kind):
    """Nowhere else: before, one who has not voted can abort; after, one who knows can tell."""
    found = [(one.moment, one.step.what) for one in crash_matrix(kind) if one.outcome == "blocked"]
    assert found[0] == ("after", "send Prepare to 4")
    assert found[-1] == ("before", "send Commit to 2")
    assert len(found) == 4


def test_without_cooperation_the_window_is_wider():
    """Then nobody learns from another participant."""
    lone = [one.outcome for one in crash_matrix(TwoPhaseCommit, cooperative=False)]
    assert lone.count("blocked") > 4


@pytest.mark.parametrize("kind", TWO)
def test_a_partition_blocks_two_phase_commit_and_never_parts_it(kind):
    """Those who are cut off in doubt wait until it heals."""
    stays = {one.outcome for one in partition_matrix(kind, group=[2])}
    heals = {one.outcome for one in partition_matrix(kind, group=[2], heals_after=1.0)}
    assert stays == {"aborted", "blocked", "committed"}
    assert heals == {"aborted", "committed"}


@pytest.mark.parametrize("kind", [ThreePhaseCommit, ThreePhaseTermination])
@pytest.mark.parametrize("group", [[2], [4], [2, 3]])
def test_three_phase_commit_never_blocks_and_a_partition_parts_it(kind, group):
    """TX-4."""
    for victim in (1, 2):
        assert "blocked" not in {one.outcome for one in crash_matrix(kind, victim)}
    found = {one.outcome for one in partition_matrix(kind, group=group)}
    assert "blocked" not in found
    assert "diverged" in found


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        ({2: "committed", 3: "committed"}, "committed"),
        ({2: "committed", 3: "aborted"}, "diverged"),
        ({2: "committed", 3: "idle"}, "diverged"),
        ({2: "aborted", 3: "in doubt"}, "blocked"),
        ({2: "idle", 3: "idle"}, "aborted"),
    ],
)
def test_what_became_of_it(states, outcome):
    """Blocked is who is up and in doubt; diverged is worse."""
    assert outcome_of(states, up=[2, 3]) == outcome


@pytest.mark.parametrize("kind", TWO)
def test_any_faults_that_end_leave_all_decided_and_the_sum_kept(kind):
    """Crashes, partitions, pauses, loss, doubled messages; 10,000 such runs passed."""
    holds = AllOf(AtomicCommitment(), Conservation(money))
    ends = FaultBudget(crashes=4, stay_down=0, duplication=0.1)
    report = check(kind, holds, nodes=4, runs=150, faults=ends, bounds=None, progress=False)
    assert report.verdict == "passed", str(report)


def test_the_defaults_of_the_checker_find_nothing_in_two_phase_commit():
    """It may block, and never diverges."""
    report = check(PresumedCommit, AtomicCommitment(blocking_allowed=True), nodes=4, runs=60, progress=False)
    assert report.verdict == "passed", str(report)


@pytest.mark.parametrize("kind", [*TWO, ThreePhaseTermination])
@pytest.mark.parametrize(("back_coordinator", "back_participant"), [(1.0, 1.7), (1.7, 1.0)])
def test_two_crashes_at_any_two_steps_end_well_once_both_are_back(kind, back_coordinator, back_participant):
    """The coordinator and a participant, at every pair of their steps: all decide, and alike."""
    found = crash_pairs(kind, participants=2, back_after=(back_coordinator, back_participant))
    assert len(found) == 4 * len(steps_of(kind, 1, 2)) * len(steps_of(kind, 2, 2))
    assert {one.outcome for one in found} == {"aborted", "committed"}


@pytest.mark.parametrize("back", [(None, 1.0), (1.0, None), (None, None)])
def test_two_crashes_never_part_two_phase_commit(back):
    """Also if one of them, or both, stay down."""
    for kind in TWO:
        assert "diverged" not in {one.outcome for one in crash_pairs(kind, participants=2, back_after=back)}


def test_the_matrix_of_lecture_14():
    """Only two-phase commit blocks, until its coordinator is back; only three-phase commit diverges."""
    found = summary()
    for name, ends in found.items():
        assert (ends["blocked"] > 0) == (name in ("2PC", "2PC under a partition"))
        assert (ends["diverged"] > 0) == (
            name == "3PC, time-outs" or (name.startswith("3PC") and "partition" in name)
        )
