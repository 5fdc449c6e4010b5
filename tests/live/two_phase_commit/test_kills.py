"""The coordinator is killed at every point: after recovery both sides agree, and the sum is 1400."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from distlab import live
from distlab.coordination.transaction.eventual_scenarios import transfer
from distlab.live.laboratory import laboratory
from distlab.live.two_phase_commit import (
    AMOUNT,
    BALANCES,
    POINTS,
    Bank,
    Blocked,
    Refused,
    bank,
    commit,
    decided_by_hand,
    latencies,
    participant,
    recover,
)

KINDS = ["sqlite"] + ["postgres"] * live.is_available("postgres")
BEFORE, AFTER = {"A": 800, "B": 600}, {"A": 600, "B": 800}
DECIDED = POINTS.index("decided")

# point -> who is in doubt
IN_DOUBT = {
    "prepared A": ["A"],
    "executed B": ["A"],
    "prepared B": ["A", "B"],
    "half a decision": ["A", "B"],
    "decided": ["A", "B"],
    "committed A": ["B"],
}


@pytest.fixture(scope="module", params=KINDS)
def accounts(request: pytest.FixtureRequest) -> Iterator[Bank]:
    """Two accounts in two databases, the same for all tests of this file."""
    with bank(request.param) as opened:
        yield opened


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_coordinator_leaves_all_or_nothing(accounts: Bank, point: str) -> None:
    """In doubt are those who are prepared and not told; recovery commits if the decision is on disk."""
    accounts.begin_again()
    process = accounts.kill_coordinator(point)
    assert process.status == -9 or os.name == "nt"
    assert [doubt.participant for doubt in accounts.in_doubt()] == IN_DOUBT.get(point, [])
    decided = POINTS.index(point) >= DECIDED
    for resolved in recover(accounts.participants, accounts.journal):
        assert resolved.decision == ("commit" if decided else "abort")
    assert accounts.balances() == (AFTER if decided else BEFORE)
    assert accounts.in_doubt() == []


def test_in_doubt_means_locked(accounts: Bank) -> None:
    """What is in doubt holds locks, and an ordinary update of either account is blocked until it is over."""
    accounts.begin_again()
    accounts.kill_coordinator("prepared B")
    assert all(doubt.locks > 0 for doubt in accounts.in_doubt())
    assert all("lock" in why for why in accounts.blocked().values())
    for one in accounts.participants:
        with pytest.raises(Blocked):
            one.commit_in_one_phase(1)
        with pytest.raises(Refused, match="locked"):
            one.execute("T2", 1)
    recover(accounts.participants, accounts.journal)
    assert accounts.blocked() == {"A": "", "B": ""}


def test_readers_see_the_old_balance_while_it_is_in_doubt(accounts: Bank) -> None:
    """Nobody sees half a transfer before the decision is carried out, even if it is made."""
    accounts.begin_again()
    accounts.kill_coordinator("decided")
    assert accounts.balances() == BEFORE


def test_recovery_twice_is_recovery_once(accounts: Bank) -> None:
    """The second one finds nothing in doubt and changes nothing."""
    accounts.begin_again()
    accounts.kill_coordinator("committed A")
    assert len(recover(accounts.participants, accounts.journal)) == 1
    assert recover(accounts.participants, accounts.journal) == []
    for one in accounts.participants:  # nor do decisions that come again
        one.commit_prepared("T1")
        one.rollback_prepared("T1")
    assert accounts.balances() == AFTER


def test_who_cannot_pay_votes_no(accounts: Bank) -> None:
    """900 of 800: A refuses, nothing is decided and nothing is left."""
    accounts.begin_again()
    changes = {"A": -900, "B": 900}
    for order in (accounts.participants, accounts.participants[::-1]):  # B may have prepared before A refuses
        assert commit("T1", order, changes, accounts.journal) == "abort"
        assert (accounts.balances(), accounts.in_doubt()) == (BEFORE, [])
    assert accounts.journal.records() == []


def test_without_a_crash_it_does_what_the_model_does(accounts: Bank) -> None:
    """The same accounts and the same transfer end with the same balances."""
    accounts.begin_again()
    assert commit("T1", accounts.participants, {"A": -AMOUNT, "B": AMOUNT}, accounts.journal) == "commit"
    assert accounts.balances() == transfer("tcc", AMOUNT, (BALANCES["A"], BALANCES["B"])).balances
    assert [entry["record"] for entry in accounts.journal.records()] == ["commit", "end"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_decision_by_hand_loses_money(kind: str) -> None:
    """An operator who rolls B back although commit was decided breaks the sum: a heuristic decision."""
    assert [row["sum"] for row in decided_by_hand(kind)] == [1400, 1400, 1200]


def test_two_phases_take_longer_than_one() -> None:
    """Three writes to disk more: at the median two phases are slower."""
    times = latencies("sqlite", transactions=20)
    one, two = (sorted(times[label])[10] for label in ("one phase", "two phases"))
    assert two > one


def test_nothing_is_left_behind() -> None:
    """When a bank is closed, its files are gone."""
    with bank("sqlite") as opened:
        opened.kill_coordinator("decided")
        folder = opened.folder
        assert folder.exists()
    assert not folder.exists()
    assert folder.parent == Path(laboratory().root)


def test_a_point_that_does_not_exist_is_named() -> None:
    """The error lists the points."""
    with bank("sqlite") as opened, pytest.raises(ValueError, match=r"'prepared B'.*got 'somewhere'"):
        opened.kill_coordinator("somewhere")
    with pytest.raises(ValueError, match='kind must be "sqlite" or "postgres"'), bank("oracle"):
        pass


if live.is_available("postgres"):

    def test_what_is_in_doubt_survives_the_server() -> None:
        """PostgreSQL is killed and started again: the prepared transaction and its locks are still there."""
        with live.postgres({"max_prepared_transactions": 2}) as server:
            with participant("postgres", "A", server.dsn) as account:
                account.create(800)
                account.execute("T1", -200)
                account.prepare("T1")
            server.kill()
            server.restart()
            with participant("postgres", "A", server.dsn) as account:
                assert [doubt.transaction for doubt in account.in_doubt()] == ["T1"]
                with pytest.raises(Blocked):
                    account.commit_in_one_phase(1)
                account.commit_prepared("T1")
                assert account.balance() == 600
