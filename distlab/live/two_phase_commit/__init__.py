"""A real two-phase commit: a coordinator that is a process of its own, and two databases.

    journal.py                the coordinator's journal
    participant.py            what a participant can do
    sqlite_participant.py     SQLite, with a prepare that is built from tables
    postgres_participant.py   PostgreSQL's PREPARE TRANSACTION
    coordinator.py            the program that is killed
    recovery.py               ending what is in doubt
    bank.py                   two accounts, and a coordinator to kill
    kills.py                  the experiments

>>> with bank() as accounts:
...     process = accounts.kill_coordinator("prepared B")
...     doubts = [(doubt.participant, doubt.transaction) for doubt in accounts.in_doubt()]
...     resolved = recover(accounts.participants, accounts.journal)
...     doubts, {one.decision for one in resolved}, accounts.balances()
([('A', 'T1'), ('B', 'T1')], {'abort'}, {'A': 800, 'B': 600})
"""

from .bank import AMOUNT, BALANCES, Bank, bank
from .coordinator import POINTS, commit, participant
from .journal import Journal
from .kills import decided_by_hand, in_doubt, killed_at_every_point, latencies
from .participant import Blocked, InDoubt, Participant, Refused
from .recovery import Resolved, recover

__all__ = [
    "AMOUNT",
    "BALANCES",
    "POINTS",
    "Bank",
    "Blocked",
    "InDoubt",
    "Journal",
    "Participant",
    "Refused",
    "Resolved",
    "bank",
    "commit",
    "decided_by_hand",
    "in_doubt",
    "killed_at_every_point",
    "latencies",
    "participant",
    "recover",
]
