"""One transaction, in every order of messages, timers and a crash: no part twice, and no half is settled."""

import pytest

from distlab.check import Bounds, EventualAtomicity, Report, check
from distlab.coordination.transaction.eventual_cases import CASES, Case
from distlab.coordination.transaction.eventual_mutants import EVENTUAL_MUTANTS

# timers that may fire: as many as leave each search within a few seconds
TIMEOUTS = {
    "messages": 4,
    "outbox": 4,
    "saga": 2,
    "saga backward": 2,
    "choreography": 1,
    "saga with a pivot": 3,
    "tcc": 1,
}


def search(case: Case, timeouts: int, **bounds: int) -> Report:
    """Every run of the first transaction of a case, within bounds."""
    return check(
        case,
        EventualAtomicity(reverse=case.reverse),
        nodes=case.size,
        runs=0,
        workload=case.calls[:1],
        bounds=Bounds(nodes=case.size, timeouts=timeouts, states=200_000, **bounds),
        progress=False,
    )


@pytest.mark.parametrize("trouble", [{"crashes": 1}, {"drops": 1, "duplicates": 1}], ids=["crash", "network"])
@pytest.mark.parametrize("name", TIMEOUTS)
def test_no_order_of_events_breaks_it(name: str, trouble: dict[str, int]) -> None:
    """All states are seen: the search is not cut short."""
    report = search(CASES[name], TIMEOUTS[name], **trouble)
    assert report.verdict == "passed", str(report)
    assert "stopped" not in str(report.searches[0])


@pytest.mark.parametrize(
    "name", ["ConsumesEveryDelivery", "StoresNumbersLater", "AnswersUndoAtOnce", "ConfirmsTwice"]
)
def test_the_same_search_finds_a_part_that_is_done_twice(name: str) -> None:
    """Without the safeguard, one lost and one doubled message, or a crash, suffice."""
    mutant = next(one for one in EVENTUAL_MUTANTS if one.kind.__name__ == name)
    timeouts = max(2, TIMEOUTS[mutant.case])
    reports = [
        search(mutant.where(), timeouts, **trouble)
        for trouble in ({"crashes": 1}, {"drops": 1, "duplicates": 1})
    ]
    assert "failed" in [report.verdict for report in reports], "\n".join(map(str, reports))
