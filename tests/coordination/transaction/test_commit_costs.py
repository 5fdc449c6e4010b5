"""What one transaction costs, against the formulas of Mohan, Lindsay and Obermarck 1986 and of Skeen 1981."""

import pytest

from distlab.coordination.transaction import TwoPhaseCommit
from distlab.coordination.transaction.commit_costs import (
    CASES,
    PROTOCOLS,
    closed_form,
    formula,
    latency_and_lock_time,
    measured_cost,
    one_transaction,
)
from distlab.coordination.transaction.commit_measures import log_writes, outcomes
from distlab.coordination.transaction.commit_published import blocking_window, three_phase, two_phase
from distlab.course import compare


@pytest.mark.parametrize("n", [1, 2, 3, 7])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_counts_are_those_of_the_formulas(protocol, case, n):
    """Messages, forced writes and lazy writes, for commit, abort and read-only transactions."""
    assert measured_cost(PROTOCOLS[protocol], case, n) == closed_form(protocol, case, n)


@pytest.mark.parametrize("n", [2, 5, 8, 50])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_formula_in_words_gives_the_same_numbers(protocol: str, case: str, n: int) -> None:
    """It was read off at N = 2 and 3."""
    parts = formula(protocol, case).replace("N", "*N").replace("(*", "(1*").split(" + ")
    numbers = [eval(part.lstrip("*"), {"N": n}) for part in parts]
    assert tuple(numbers) == closed_form(protocol, case, n)[:2]


def test_two_phase_commit_takes_4n_messages_and_2n_plus_1_forced_writes():
    """TX-1, for other numbers of participants, too."""
    for n in (2, 4, 8, 16):
        cost = measured_cost(TwoPhaseCommit, "commit", n)
        assert (cost.messages, cost.forced_writes) == (4 * n, 2 * n + 1)


@pytest.mark.parametrize(
    ("protocol", "coordinator", "participant", "messages_out", "messages_in"),
    [  # records written and forced by the coordinator and by each participant; messages of each
        ("2PC, presumed nothing", (2, 1), (2, 2), 2, 2),
        ("2PC, presumed abort", (2, 1), (2, 2), 2, 2),
        ("2PC, presumed commit", (2, 2), (2, 1), 2, 1),
    ],
)
def test_an_update_that_commits_costs_what_the_table_of_mohan_says(
    protocol, coordinator, participant, messages_out, messages_in
):
    """Mohan, Lindsay and Obermarck 1986: records, forced records and messages per process."""
    n = 4
    trace = one_transaction(PROTOCOLS[protocol], "commit", n)
    writes, sent = log_writes(trace), trace.messages.sender.value_counts()
    assert coordinator == (writes.coordinator_forced + writes.coordinator_lazy, writes.coordinator_forced)
    all_records = writes.participants_forced + writes.participants_lazy
    assert participant == (all_records // n, writes.participants_forced // n)
    assert sent[1] == messages_out * n
    assert sent[2] == messages_in


@pytest.mark.parametrize("figure", [("TX-1", two_phase), ("TX-4", three_phase), ("TX-5", blocking_window)])
def test_a_published_figure_is_reproduced(figure):
    """Exactly."""
    id, measured = figure
    assert set(compare(id, measured())["within tolerance"]) == {"yes"}


def test_a_commit_takes_three_messages_and_three_forced_writes_in_a_row():
    """Two phases: 3 x 10 ms + 3 x 5 ms; three phases: 5 of each; the locks are held 10 ms less."""
    assert latency_and_lock_time(TwoPhaseCommit, 3) == (0.045, 0.035)
    assert latency_and_lock_time(PROTOCOLS["3PC"], 3) == (0.075, 0.065)


def test_a_no_aborts_everywhere():
    """One no, and nobody commits."""
    for kind in PROTOCOLS.values():
        trace = one_transaction(kind, "abort", 3)
        assert outcomes(trace) == {"commit": 0, "abort": 1, "open": 0}
        assert set(trace.records.decision.dropna()) == {"abort"}


@pytest.mark.parametrize(
    ("arguments", "named"), [(("2PC", "commit", 3), "protocol"), (("3PC", "maybe", 3), "case")]
)
def test_an_unknown_name_is_answered_with_the_known_ones(arguments, named):
    """The sentence names the argument."""
    with pytest.raises(ValueError, match=f"^{named} must be one of"):
        closed_form(*arguments)
