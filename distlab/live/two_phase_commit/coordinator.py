"""The coordinator as a program of its own, which can be killed at every point.

    python -m distlab.live.two_phase_commit.coordinator ORDERS

ORDERS is a JSON file: the transaction, the journal, the participants with their changes, and where to stop.
Where it is told to stop, the program writes "stopped at ..." to its output and waits to be killed.

The rule (presumed abort: nothing in the journal means abort)::

    phase 1:  execute and prepare at each participant, one after the other
              one refuses: roll back the others; abort
    decide:   force "commit" to the journal; from here on it is committed
    phase 2:  commit at each participant; then write "end"
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .journal import Journal
from .participant import Participant, Refused

__all__ = ["POINTS", "commit", "participant"]

#: where the coordinator can be stopped, in their order; the participants are A and B
POINTS = (
    "began",
    "executed A",
    "prepared A",
    "executed B",
    "prepared B",
    "half a decision",
    "decided",
    "committed A",
    "committed B",
    "ended",
)


def participant(kind: str, name: str, place: str) -> Participant:
    """Connect to a participant.

    Parameters
    ----------
    kind
        "sqlite" or "postgres".
    name
        Of its account.
    place
        A path, or what a client connects by.

    Raises
    ------
    ValueError
        If there is no such kind.

    Examples
    --------
    >>> with participant("sqlite", "A", ":memory:") as account:
    ...     account.name
    'A'
    """
    if kind == "sqlite":
        from .sqlite_participant import SqliteParticipant

        return SqliteParticipant(name, place)
    if kind == "postgres":
        from .postgres_participant import PostgresParticipant

        return PostgresParticipant(name, place)
    raise ValueError(f'kind must be "sqlite" or "postgres"; got {kind!r}.')


def commit(
    transaction: str,
    participants: Sequence[Participant],
    changes: Mapping[str, int],
    journal: Journal,
    reach: Callable[[str], None] = lambda point: None,
) -> str:
    """Carry out one transaction in two phases.

    Parameters
    ----------
    transaction
        Its name: letters, digits and dashes.
    participants
        Who takes part.
    changes
        Participant's name -> what its account is to gain.
    journal
        Where the decision is stored.
    reach
        Called at every point of ``POINTS``.

    Returns
    -------
    str
        "commit" or "abort".

    Examples
    --------
    >>> import tempfile
    >>> accounts = [participant("sqlite", name, ":memory:") for name in ("A", "B")]
    >>> for account, balance in zip(accounts, (800, 600)): account.create(balance)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     commit("T1", accounts, {"A": -200, "B": 200}, Journal(Path(folder, "journal")))
    'commit'
    >>> [account.balance() for account in accounts]
    [600, 800]
    >>> for account in accounts: account.close()
    """
    reach("began")
    prepared: list[Participant] = []
    for one in participants:
        try:
            one.execute(transaction, changes[one.name])
        except Refused:
            for other in prepared:
                other.rollback_prepared(transaction)
            return "abort"
        reach(f"executed {one.name}")
        one.prepare(transaction)
        prepared.append(one)
        reach(f"prepared {one.name}")
    reach("half a decision")
    journal.force("commit", transaction)
    reach("decided")
    for one in participants:
        one.commit_prepared(transaction)
        reach(f"committed {one.name}")
    journal.force("end", transaction)
    reach("ended")
    return "commit"


def main(orders: str) -> None:
    """Carry out the orders of a file; stop where they say."""
    told = json.loads(Path(orders).read_text(encoding="utf-8"))
    journal = Journal(Path(told["journal"]))

    def reach(point: str) -> None:
        if point == told["stop_at"]:
            if point == "half a decision":
                journal.tear("commit", told["transaction"])
            print(f"stopped at {point}", flush=True)
            while True:  # until somebody kills it
                time.sleep(60)

    participants = [participant(one["kind"], one["name"], one["place"]) for one in told["participants"]]
    changes = {one["name"]: one["change"] for one in told["participants"]}
    print(commit(told["transaction"], participants, changes, journal, reach), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
