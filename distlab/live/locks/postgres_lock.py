"""Two locks in PostgreSQL: a unique row with a deadline, and an advisory lock that belongs to a session.

The row is that of :mod:`~distlab.live.locks.sqlite_lock`, on the server's clock. An advisory lock is a number
in the server's memory: waiters queue, a closed connection gives it back at once, and there is no lease, so
that a holder that stands still keeps it for as long as its connection is open.
"""

from __future__ import annotations

import secrets
import zlib
from typing import Any, ClassVar

from .lock import Grant, Lock

__all__ = ["PostgresAdvisoryLock", "PostgresRowLock"]

TABLE = """
CREATE TABLE IF NOT EXISTS locks (name text PRIMARY KEY, owner text, token bigint, expires timestamptz)
"""
TAKE = """
INSERT INTO locks AS held (name, owner, token, expires)
VALUES (%(name)s, %(owner)s, 1, clock_timestamp() + %(lease)s * interval '1 second')
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, token = held.token + 1, expires = excluded.expires
WHERE held.expires <= clock_timestamp() RETURNING token
"""
OURS = "WHERE name = %(name)s AND owner = %(owner)s AND expires > clock_timestamp()"
COUNT = """
INSERT INTO locks AS counted (name, token) VALUES (%(name)s, 1)
ON CONFLICT (name) DO UPDATE SET token = counted.token + 1 RETURNING token
"""


class _PostgresLock(Lock):
    """A connection, and the table."""

    def __init__(self, where: Any, *arguments: Any, **options: Any) -> None:
        import psycopg

        super().__init__(where, *arguments, **options)
        self.owner = secrets.token_hex(8)
        self.connection = psycopg.connect(where, autocommit=True, connect_timeout=30)
        with self.connection.transaction():  # two that create a table at the same moment collide
            self.connection.execute("SELECT pg_advisory_xact_lock(1)")
            self.connection.execute(TABLE)

    def close(self) -> None:
        self.connection.close()

    def _execute(self, statement: str) -> Any:
        values = {"name": self.name, "owner": self.owner, "lease": self.lease}
        return self.connection.execute(statement, values)


class PostgresRowLock(_PostgresLock):
    """A row with a deadline; ``where`` is a connection string.

    Examples
    --------
    >>> from distlab.live import is_available, postgres
    >>> if is_available("postgres"):
    ...     with postgres() as server:
    ...         lock = PostgresRowLock(server.dsn)
    ...         assert (lock.acquire(), lock.release(), lock.acquire()) == (1, True, 2)
    """

    title: ClassVar[str] = "PostgreSQL, row"
    tokens: ClassVar[str] = "counter in the row"

    def _attempt(self) -> Grant | None:
        row = self._execute(TAKE).fetchone()
        return None if row is None else Grant(row[0], self.lease)

    def _extend(self) -> float | None:
        lease = "clock_timestamp() + %(lease)s * interval '1 second'"
        return self.lease if self._execute(f"UPDATE locks SET expires = {lease} {OURS}").rowcount else None

    def _give_back(self) -> bool:
        return self._execute(f"UPDATE locks SET expires = '-infinity' {OURS}").rowcount > 0


class PostgresAdvisoryLock(_PostgresLock):
    """A lock of the session; ``where`` is a connection string. ``lease`` and ``renew()`` mean nothing to it.

    Examples
    --------
    >>> from distlab.live import is_available, postgres
    >>> if is_available("postgres"):
    ...     with postgres() as server:
    ...         first, second = PostgresAdvisoryLock(server.dsn), PostgresAdvisoryLock(server.dsn)
    ...         assert first.acquire() == 1
    ...         first.close()  # the process is gone, say
    ...         assert second.acquire(timeout=10) == 2
    """

    title: ClassVar[str] = "PostgreSQL, advisory"
    tokens: ClassVar[str] = "counter row, while locked"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.key = zlib.crc32(self.name.encode())

    def _attempt(self) -> Grant | None:
        row = self.connection.execute("SELECT pg_try_advisory_lock(%s)", [self.key]).fetchone()
        return self._granted() if row and row[0] else None

    def _wait(self, deadline: float | None) -> tuple[float, Grant]:
        import time

        import psycopg

        asked = time.monotonic()
        milliseconds = 0 if deadline is None else max(1, round((deadline - asked) * 1000))
        self.connection.execute("SELECT set_config('lock_timeout', %s, false)", [str(milliseconds)])
        try:
            self.connection.execute("SELECT pg_advisory_lock(%s)", [self.key])
        except psycopg.errors.LockNotAvailable:
            raise self._too_late() from None
        return time.monotonic(), self._granted()

    def _granted(self) -> Grant:
        """Count while the lock is ours, so that the tokens are in the order of the holders."""
        return Grant(self._execute(COUNT).fetchone()[0], None)

    def _give_back(self) -> bool:
        row = self.connection.execute("SELECT pg_advisory_unlock(%s)", [self.key]).fetchone()
        return bool(row and row[0])
