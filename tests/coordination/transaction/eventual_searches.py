"""The searches that the tests of messages, outbox, saga and TCC share."""

from distlab.check import Accounts, AllOf, EventualAtomicity, Property, Report, check
from distlab.coordination.transaction.eventual_cases import ROUGH, Case


def promise(case: Case) -> Property:
    """All or nothing in the end, the sum of the accounts, nobody overdrawn, nothing left reserved."""
    return AllOf(EventualAtomicity(reverse=case.reverse), Accounts(case.total))


def random_runs(case: Case, runs: int, rough: bool = True, seed: int = 0) -> Report:
    """Runs under fault schedules of their own, on a rough network or on the checker's."""
    return check(
        case,
        promise(case),
        nodes=case.size,
        runs=runs,
        network=ROUGH if rough else None,
        workload=case.calls,
        bounds=None,
        seed=seed,
        progress=False,
    )
