"""The coordinator's journal: what is on disk counts, what is torn does not."""

from pathlib import Path

from distlab.live.two_phase_commit import Journal


def test_a_decision_is_found_again(tmp_path: Path) -> None:
    """Another reader of the file sees what was forced."""
    Journal(tmp_path / "journal").force("commit", "T1")
    again = Journal(tmp_path / "journal")
    assert (again.decision("T1"), again.decision("T2")) == ("commit", None)


def test_nothing_is_decided_before_the_first_record(tmp_path: Path) -> None:
    """A journal that does not exist holds no record."""
    assert Journal(tmp_path / "journal").records() == []


def test_a_torn_record_is_no_decision(tmp_path: Path) -> None:
    """A crash in the middle of a write leaves nothing that counts."""
    journal = Journal(tmp_path / "journal")
    journal.tear("commit", "T1")
    assert journal.path.stat().st_size > 0
    assert journal.decision("T1") is None


def test_a_record_after_a_torn_one_is_whole(tmp_path: Path) -> None:
    """The next record begins a line of its own, and the torn one still does not count."""
    journal = Journal(tmp_path / "journal")
    journal.force("commit", "T1")
    journal.tear("commit", "T2")
    journal.force("commit", "T3")
    assert [journal.decision(each) for each in ("T1", "T2", "T3")] == ["commit", None, "commit"]


def test_the_end_of_a_transaction_is_not_its_decision(tmp_path: Path) -> None:
    """Only "commit" and "abort" decide."""
    journal = Journal(tmp_path / "journal")
    journal.force("end", "T1")
    assert journal.decision("T1") is None
