"""Ending what a dead coordinator left in doubt, by its journal: commit if it decided so, else abort."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .journal import Journal
from .participant import Participant

__all__ = ["Resolved", "recover"]


class Resolved(NamedTuple):
    """A transaction that was in doubt at a participant, and how it ended."""

    participant: str
    transaction: str
    decision: str


def recover(participants: Sequence[Participant], journal: Journal) -> list[Resolved]:
    """Ask the participants what is in doubt, and end it as the journal says.

    The coordinator must be dead, and nobody else at work; else a decision could still come. Doing it twice is
    harmless.

    Parameters
    ----------
    participants
        Connections to all participants.
    journal
        The coordinator's.

    Returns
    -------
    list of Resolved

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from .sqlite_participant import SqliteParticipant
    >>> account = SqliteParticipant("A", ":memory:")
    >>> account.create(800); account.execute("T1", -200); account.prepare("T1")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     recover([account], Journal(Path(folder, "journal")))
    [Resolved(participant='A', transaction='T1', decision='abort')]
    >>> account.close()
    """
    resolved = []
    for participant in participants:
        for doubt in participant.in_doubt():
            decision = journal.decision(doubt.transaction) or "abort"
            if decision == "commit":
                participant.commit_prepared(doubt.transaction)
            else:
                participant.rollback_prepared(doubt.transaction)
            resolved.append(Resolved(participant.name, doubt.transaction, decision))
    return resolved
