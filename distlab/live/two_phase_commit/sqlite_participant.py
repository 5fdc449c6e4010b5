"""SQLite as a participant. It has no PREPARE: what it lacks is built from tables, and here is what and how.

SQLite can commit one transaction on one file atomically and durably, and that is all that is used:

- An open transaction of SQLite ends with its process. So what is prepared cannot be an open transaction; it
  is a *committed* row in a table ``prepared``, which says what is to be done: the intended change. The
  balance itself stays as it was.
- SQLite's own lock is on the whole file and ends with the transaction. So the lock on the account is a row,
  too, and a trigger refuses every change of a locked account, whoever makes it. Nobody can wait for such a
  lock; they can ask again.
- COMMIT PREPARED is one SQLite transaction: delete the lock and the intention, change the balance. ROLLBACK
  PREPARED is another: delete both.

What differs from a database with PREPARE: the promise holds because a change of this one account is checked
when it is intended, and cannot fail later; constraints over several rows would need more. SQLite can also
commit to several attached files at once, but only within one connection, which is not what is shown here.
"""

from __future__ import annotations

import sqlite3

from .participant import Blocked, InDoubt, Participant, Refused

__all__ = ["SqliteParticipant"]

TABLES = """
CREATE TABLE accounts (name TEXT PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0));
CREATE TABLE prepared (gid TEXT PRIMARY KEY, account TEXT NOT NULL, change INTEGER NOT NULL);
CREATE TABLE locks (account TEXT PRIMARY KEY, gid TEXT NOT NULL);
CREATE TRIGGER locked BEFORE UPDATE ON accounts
    WHEN EXISTS (SELECT 1 FROM locks WHERE account = OLD.name)
    BEGIN SELECT RAISE(ABORT, 'the account is locked by a transaction in doubt'); END;
"""


class SqliteParticipant(Participant):
    """An account in a SQLite file.

    Parameters
    ----------
    name
        Of the account.
    place
        The path of the file.

    Examples
    --------
    >>> account = SqliteParticipant("A", ":memory:")
    >>> account.create(800)
    >>> account.execute("T1", -200); account.prepare("T1"); account.balance(), account.in_doubt()
    (800, [InDoubt(participant='A', transaction='T1', locks=1)])
    >>> account.commit_prepared("T1"); account.balance(), account.in_doubt()
    (600, [])
    >>> account.close()
    """

    kind = "sqlite"

    def __init__(self, name: str, place: str) -> None:
        super().__init__(name, place)
        self.connection = sqlite3.connect(place, isolation_level=None, timeout=5.0)
        self.connection.execute("PRAGMA synchronous = FULL")  # COMMIT returns when it is on disk

    def create(self, balance: int) -> None:
        for kind, name in (("TRIGGER", "locked"), *[("TABLE", t) for t in ("accounts", "prepared", "locks")]):
            self.connection.execute(f"DROP {kind} IF EXISTS {name}")
        self.connection.executescript(TABLES)
        self.connection.execute("INSERT INTO accounts VALUES (?, ?)", (self.name, balance))

    def balance(self) -> int:
        row = self.connection.execute("SELECT balance FROM accounts WHERE name = ?", (self.name,)).fetchone()
        return int(row[0])

    def execute(self, transaction: str, change: int) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            self.connection.execute("INSERT INTO locks VALUES (?, ?)", (self.name, transaction))
        except sqlite3.IntegrityError as error:
            self.forget()
            raise Refused(f"{self.name} is locked by a transaction in doubt") from error
        if self.balance() + change < 0:
            self.forget()
            raise Refused(f"{self.name} has too little for {change}")
        self.connection.execute("INSERT INTO prepared VALUES (?, ?, ?)", (transaction, self.name, change))

    def prepare(self, transaction: str) -> None:
        self.connection.execute("COMMIT")

    def forget(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def commit_prepared(self, transaction: str) -> None:
        self._decide(transaction, keep=True)

    def rollback_prepared(self, transaction: str) -> None:
        self._decide(transaction, keep=False)

    def _decide(self, transaction: str, keep: bool) -> None:
        """One SQLite transaction: it happens as a whole, or not at all."""
        self.connection.execute("BEGIN IMMEDIATE")
        intended = "SELECT change FROM prepared WHERE gid = ?"
        row = self.connection.execute(intended, (transaction,)).fetchone()
        self.connection.execute("DELETE FROM prepared WHERE gid = ?", (transaction,))
        self.connection.execute("DELETE FROM locks WHERE gid = ?", (transaction,))
        if keep and row is not None:
            self._add(int(row[0]))
        self.connection.execute("COMMIT")

    def in_doubt(self) -> list[InDoubt]:
        held = "SELECT count(*) FROM locks WHERE locks.gid = prepared.gid"
        rows = self.connection.execute(f"SELECT gid, ({held}) FROM prepared ORDER BY gid")
        return [InDoubt(self.name, gid, locks) for gid, locks in rows]

    def catalogue(self) -> list[str]:
        rows = self.connection.execute("SELECT gid, account, change FROM prepared ORDER BY gid")
        return [f"prepared: gid {gid}, account {account}, change {change}" for gid, account, change in rows]

    def commit_in_one_phase(self, change: int) -> None:
        try:
            self._add(change)
        except sqlite3.IntegrityError as error:
            raise Blocked(f"UPDATE: {error}") from error

    def close(self) -> None:
        self.connection.close()

    def _add(self, change: int) -> None:
        update = "UPDATE accounts SET balance = balance + ? WHERE name = ?"
        self.connection.execute(update, (change, self.name))
