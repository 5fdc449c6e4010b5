"""PostgreSQL as a participant: PREPARE TRANSACTION, COMMIT PREPARED, ROLLBACK PREPARED.

The server must run with ``max_prepared_transactions`` above 0. A prepared transaction belongs to no session:
it survives the end of its connection, of the coordinator and of the server, and keeps its locks.
``pg_prepared_xacts`` lists it. Its name must be unique in the whole server, so it carries the participant's
name; it must be ended in the database in which it was prepared.
"""

from __future__ import annotations

from typing import Any

from .participant import Blocked, InDoubt, Participant, Refused

__all__ = ["PostgresParticipant"]

WAIT = "100ms"  # how long an update waits for a lock before it is called blocked

# Locks of a prepared transaction have no process; they share the place of the lock on its own number.
IN_DOUBT = """
SELECT doubt.gid, (SELECT count(*) FROM pg_locks AS held JOIN pg_locks AS own USING (virtualtransaction)
                   WHERE own.transactionid = doubt.transaction AND own.pid IS NULL AND held.pid IS NULL)
FROM pg_prepared_xacts AS doubt WHERE doubt.database = current_database() ORDER BY doubt.gid
"""


class PostgresParticipant(Participant):
    """An account in a database of a PostgreSQL server.

    Parameters
    ----------
    name
        Of the account.
    place
        What psycopg connects by.
    """

    kind = "postgres"

    def __init__(self, name: str, place: str) -> None:
        import psycopg

        super().__init__(name, place)
        self.connection: Any = psycopg.connect(place, autocommit=True, connect_timeout=10)
        self.connection.execute(f"SET lock_timeout = '{WAIT}'")

    def create(self, balance: int) -> None:
        self.connection.execute("DROP TABLE IF EXISTS accounts")
        self.connection.execute(
            "CREATE TABLE accounts (name text PRIMARY KEY, balance integer NOT NULL CHECK (balance >= 0))"
        )
        self.connection.execute("INSERT INTO accounts VALUES (%s, %s)", (self.name, balance))

    def balance(self) -> int:
        row = self.connection.execute("SELECT balance FROM accounts WHERE name = %s", (self.name,)).fetchone()
        return int(row[0])

    def execute(self, transaction: str, change: int) -> None:
        import psycopg

        self.connection.execute("BEGIN")
        try:
            self._add(change)
        except psycopg.errors.CheckViolation as error:
            self.forget()
            raise Refused(f"{self.name} has too little for {change}") from error
        except psycopg.errors.LockNotAvailable as error:
            self.forget()
            raise Refused(f"{self.name} is locked by a transaction in doubt") from error

    def prepare(self, transaction: str) -> None:
        self.connection.execute(f"PREPARE TRANSACTION '{self._gid(transaction)}'")

    def forget(self) -> None:
        self.connection.execute("ROLLBACK")

    def commit_prepared(self, transaction: str) -> None:
        self._end("COMMIT", transaction)

    def rollback_prepared(self, transaction: str) -> None:
        self._end("ROLLBACK", transaction)

    def _end(self, verb: str, transaction: str) -> None:
        import psycopg

        try:
            self.connection.execute(f"{verb} PREPARED '{self._gid(transaction)}'")
        except psycopg.errors.UndefinedObject:  # it is over already
            pass

    def in_doubt(self) -> list[InDoubt]:
        rows = self.connection.execute(IN_DOUBT).fetchall()
        return [InDoubt(self.name, gid.rpartition(":")[0], locks) for gid, locks in rows]

    def catalogue(self) -> list[str]:
        wanted = "SELECT gid, owner, database FROM pg_prepared_xacts WHERE database = current_database()"
        rows = self.connection.execute(f"{wanted} ORDER BY gid").fetchall()
        return [
            f"pg_prepared_xacts: gid {gid}, owner {owner}, database {database}"
            for gid, owner, database in rows
        ]

    def commit_in_one_phase(self, change: int) -> None:
        import psycopg

        try:
            self._add(change)
        except psycopg.errors.LockNotAvailable as error:
            raise Blocked(f"UPDATE: {str(error).splitlines()[0]}") from error

    def close(self) -> None:
        self.connection.close()

    def _add(self, change: int) -> None:
        update = "UPDATE accounts SET balance = balance + %s WHERE name = %s"
        self.connection.execute(update, (change, self.name))

    def _gid(self, transaction: str) -> str:
        if not transaction.replace("-", "").isalnum():
            raise ValueError(
                f"transaction must be letters, digits and dashes, such as 'T1'; got {transaction!r}."
            )
        return f"{transaction}:{self.name}"
