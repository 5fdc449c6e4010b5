"""What a lock guards: a number on disk, in a store that may look at fencing tokens.

The rule, that of :mod:`distlab.coordination.lock.store`: the store remembers the highest token that it has
seen, in reads and in writes, and refuses what comes with a lower one. What comes without a token is not
looked at. Each access is one transaction on an SQLite file: the store is no part of the lock service, as in
the figures of Kleppmann 2016.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import NamedTuple

__all__ = ["GuardedStore", "Refused", "StoredWrite", "Value"]

TABLES = """
CREATE TABLE IF NOT EXISTS item (value INTEGER, version INTEGER, highest INTEGER, fencing INTEGER);
CREATE TABLE IF NOT EXISTS writes
    (client TEXT, token INTEGER, value INTEGER, accepted INTEGER, lost INTEGER, at REAL);
"""


class Refused(Exception):
    """The store has seen a greater token: somebody else got the lock in the meantime."""


class Value(NamedTuple):
    """What is stored, and the number of writes that made it so."""

    value: int
    version: int


class StoredWrite(NamedTuple):
    """A write that arrived: ``lost`` says that it destroyed one that its client had not read."""

    client: str
    token: int | None
    value: int
    accepted: bool
    lost: bool
    at: float


class GuardedStore:
    """A number in a file.

    Parameters
    ----------
    path
        The file; shared by all processes that name it.
    stock
        The number at the beginning; only the first to open the file says it, and the next argument.
    fencing
        Whether the store looks at tokens.

    Examples
    --------
    >>> from distlab.live.laboratory import new_folder
    >>> store = GuardedStore(new_folder("example") / "store.db", stock=10, fencing=True)
    >>> seen = store.read("anna", token=33)
    >>> store.write("ben", 9, store.read("ben", token=34), token=34)
    >>> store.write("anna", 9, seen, token=33)
    Traceback (most recent call last):
    distlab.live.locks.guarded_store.Refused: The token 33 of 'anna' is older than 34.
    """

    def __init__(self, path: str | Path, *, stock: int = 0, fencing: bool = False) -> None:
        self.connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        self.connection.execute("PRAGMA synchronous = OFF")  # it need not survive a failure of power
        with _transaction(self.connection):
            for statement in TABLES.split(";"):
                self.connection.execute(statement)
            if not self.connection.execute("SELECT count(*) FROM item").fetchone()[0]:
                self.connection.execute("INSERT INTO item VALUES (?, 0, 0, ?)", [stock, fencing])

    def read(self, client: str, token: int | None = None) -> Value:
        """Return the value.

        Raises
        ------
        Refused
            If the store looks at tokens and has seen a greater one.
        """
        with _transaction(self.connection):
            self._admit(client, token)
            return self._value()

    def write(self, client: str, value: int, seen: Value, token: int | None = None) -> None:
        """Store a value that was worked out from what the client has seen.

        Raises
        ------
        Refused
            If the store looks at tokens and has seen a greater one; the value stays as it is.
        """
        with _transaction(self.connection):
            lost = self._value().version != seen.version
            try:
                self._admit(client, token)
            except Refused:
                self._note(client, token, value, accepted=False, lost=False)
                raise
            self.connection.execute("UPDATE item SET value = ?, version = version + 1", [value])
            self._note(client, token, value, accepted=True, lost=lost)

    def value(self) -> int:
        """Return the value, for whoever looks on: no token is needed."""
        return self._value().value

    def writes(self) -> list[StoredWrite]:
        """Return all writes that arrived, in order."""
        rows = self.connection.execute("SELECT * FROM writes ORDER BY rowid").fetchall()
        return [
            StoredWrite(client, token, v, bool(ok), bool(lost), at) for client, token, v, ok, lost, at in rows
        ]

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def _admit(self, client: str, token: int | None) -> None:
        highest, fencing = self.connection.execute("SELECT highest, fencing FROM item").fetchone()
        if not fencing or token is None:
            return
        if token < highest:
            raise Refused(f"The token {token} of {client!r} is older than {highest}.")
        self.connection.execute("UPDATE item SET highest = ?", [token])

    def _value(self) -> Value:
        return Value(*self.connection.execute("SELECT value, version FROM item").fetchone())

    def _note(self, client: str, token: int | None, value: int, *, accepted: bool, lost: bool) -> None:
        row = (client, token, value, accepted, lost, time.monotonic())
        self.connection.execute("INSERT INTO writes VALUES (?, ?, ?, ?, ?, ?)", row)


class _transaction:
    """One transaction at a time, from its first read on; what was noted of a refused write is kept."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        self.connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.connection.execute("COMMIT" if kind is None or issubclass(kind, Refused) else "ROLLBACK")
