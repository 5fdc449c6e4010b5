"""What is recorded is what happens: the facts of a kill do not depend on the machine or on the database."""

import pytest

from distlab import live
from distlab.live.two_phase_commit import POINTS, in_doubt, killed_at_every_point


def test_the_recorded_kills_are_what_happens_here() -> None:
    """Over SQLite, at each point between the phases: the same doubts, locks, decisions and balances."""
    rows = {row["killed when"]: row for row in live.recorded("two_phase_kills_sqlite").rows}
    assert tuple(rows) == POINTS
    for row in killed_at_every_point("sqlite", ["prepared A", "prepared B", "decided", "committed A"]):
        assert row == rows[row["killed when"]]


def test_postgresql_was_recorded_to_do_the_same() -> None:
    """The emulated prepare and PREPARE TRANSACTION leave the same in doubt, and it ends the same."""
    postgres, sqlite = (live.recorded(f"two_phase_kills_{kind}") for kind in ("postgres", "sqlite"))
    assert postgres.rows == sqlite.rows
    assert {row["sum"] for row in postgres.rows} == {1400}


def test_what_is_in_doubt_is_in_the_databases_own_catalogues() -> None:
    """One row for each participant, locks, an error for whoever wants the account, and abort in the end."""
    assert in_doubt("sqlite") == live.recorded("two_phase_in_doubt_sqlite").rows
    rows = live.recorded("two_phase_in_doubt_postgres").rows
    assert [row["its own catalogue"] for row in rows] == [
        "pg_prepared_xacts: gid T1:A, owner distlab, database bank_a",
        "pg_prepared_xacts: gid T1:B, owner distlab, database bank_b",
    ]
    assert all(row["locks"] > 0 and "lock timeout" in row["an update meets"] for row in rows)
    assert [row["balance"] for row in rows] == [800, 600]


@pytest.mark.parametrize("kind", ["postgres", "sqlite"])
def test_two_phases_were_recorded_to_take_longer(kind: str) -> None:
    """Between one and ten times as long as one phase, in the same run."""
    one, two = live.recorded(f"two_phase_latency_{kind}").rows
    assert one["times one phase"] == 1.0
    assert 1.0 < two["times one phase"] < 10.0
    assert len(live.recorded(f"two_phase_latency_{kind}").samples["two phases"]) == 200


def test_a_lesson_says_where_the_numbers_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing may be started, the recorded result is shown with its date and the server's version."""
    monkeypatch.setenv("DISTLAB_LIVE", "recorded")
    outcome = live.live_or_recorded("two_phase_kills_postgres")
    assert not outcome.live
    assert outcome.source.startswith("Recorded on 2026-")
    assert "postgres 18" in outcome.source
