"""A lock in a table: a row that is unique, with its holder and its deadline. Embedded, always there.

One statement does it: the row is inserted if there is none, and taken over if its deadline has passed. The
row stays when the lock is given back, for it is the counter that the tokens come from::

    INSERT INTO locks (name, owner, token, expires) VALUES (..., 1, now + lease)
    ON CONFLICT (name) DO UPDATE SET owner = ..., token = token + 1, expires = ...
                       WHERE expires <= now
    RETURNING token

An embedded database has no clock but that of the machine that all its clients are on.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from typing import Any, ClassVar

from .lock import Grant, Lock

__all__ = ["SqliteLock"]

TABLE = """
CREATE TABLE IF NOT EXISTS locks (name TEXT PRIMARY KEY, owner TEXT, token INTEGER, expires REAL)
"""
TAKE = """
INSERT INTO locks (name, owner, token, expires) VALUES (:name, :owner, 1, :expires)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, token = token + 1, expires = excluded.expires
WHERE locks.expires <= :now RETURNING token
"""
OURS = "WHERE name = :name AND owner = :owner AND expires > :now"


class SqliteLock(Lock):
    """A lock in an SQLite file; ``where`` is its path.

    Examples
    --------
    >>> from distlab.live.laboratory import new_folder
    >>> path = new_folder("example") / "locks.db"
    >>> one, two = SqliteLock(path), SqliteLock(path)
    >>> with one:
    ...     two.acquire(timeout=0)
    Traceback (most recent call last):
    distlab.live.locks.lock.LockTimeout: The lock 'stock' was not to be had in time.
    >>> two.acquire(), two.release()
    (2, True)
    """

    title: ClassVar[str] = "SQLite"
    tokens: ClassVar[str] = "counter in the row"

    def __init__(self, where: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(where, *arguments, **options)
        self.owner = secrets.token_hex(8)
        self.connection = sqlite3.connect(where, timeout=30, isolation_level=None)
        self.connection.execute("PRAGMA synchronous = OFF")  # it need not survive a failure of power
        self.connection.execute(TABLE)

    def close(self) -> None:
        self.connection.close()

    def _attempt(self) -> Grant | None:
        row = self._execute(TAKE).fetchone()
        return None if row is None else Grant(row[0], self.lease)

    def _extend(self) -> float | None:
        done = self._execute(f"UPDATE locks SET expires = :expires {OURS}").rowcount
        return self.lease if done else None

    def _give_back(self) -> bool:
        return self._execute(f"UPDATE locks SET expires = 0 {OURS}").rowcount > 0

    def _execute(self, statement: str) -> sqlite3.Cursor:
        now = time.time()
        values = {"name": self.name, "owner": self.owner, "now": now, "expires": now + self.lease}
        return self.connection.execute(statement, values)
