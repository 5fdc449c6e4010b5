"""A lock in a database: who inserts the row has the lock.

The course's 基于数据库实现分布式锁, lecture 07.

The rule::

    the table      one row per lock; the lock's name is its primary key, so a second insert fails
    to acquire     INSERT (name, owner); refused: try again after a random delay
    to release     DELETE WHERE name = ... AND owner = ...
    with expiry    a row has a deadline by the database's clock; an insert may replace a row that is past it

A row is on disk before the client hears of it, and survives a crash of the database. Without expiry, it also
survives its owner: the lock of a client that crashed is never free again.

Cost: 2 messages to acquire and 2 to release, 2 more for each failed attempt; 2 writes to disk.
"""

from __future__ import annotations

from typing import Any, ClassVar

from distlab.sim import Node, NodeId, message
from distlab.sim.distributions import seconds

from .polling import PollingClient

__all__ = ["DatabaseClient", "DatabaseServer", "DeleteRow", "InsertRow", "RowDeleted", "RowInserted"]


@message
class InsertRow:
    """INSERT the row of this lock, with this owner."""

    lock: str
    owner: str


@message
class RowInserted:
    """Whether it was inserted, and under which number; else there is one."""

    owner: str
    ok: bool
    number: int


@message
class DeleteRow:
    """DELETE the row of this lock if it has this owner."""

    lock: str
    owner: str


@message
class RowDeleted:
    """It is not there (any more)."""

    owner: str


class DatabaseServer(Node):
    """A database with one table of locks, ``rows``: name -> (owner, deadline).

    Recorded is "expired" (lock, holder), when a row past its deadline is replaced.

    Parameters
    ----------
    disk
        Seconds until a change is on disk; one after the other.
    look
        Seconds to look for a row.
    ttl
        Seconds after which a row may be replaced; None: never.

    Raises
    ------
    ValueError
        If a duration is not one.

    References
    ----------
    The course, lecture 07.

    Examples
    --------
    >>> from distlab.sim import Simulation
    >>> nodes = {1: DatabaseClient(rounds=2), 2: DatabaseClient(rounds=2), "database": DatabaseServer()}
    >>> len(Simulation(nodes).run().records.query("event == 'acquired'"))
    4
    """

    stable: ClassVar[tuple[str, ...]] = ("number", "rows")

    def __init__(self, *, disk: float = 0.005, look: float = 0.0002, ttl: float | None = None) -> None:
        self.disk = seconds(disk, "disk")
        self.look = seconds(look, "look")
        self.ttl = None if ttl is None else seconds(ttl, "ttl", "more than 0")
        self.rows: dict[str, tuple[str, NodeId, float | None]] = {}
        self.number = 32  # of the last row: the paper's example goes on with 33

    def on_start(self) -> None:
        self.become("database")

    def on_insert_row(self, msg: InsertRow, sender: NodeId) -> None:
        if self.is_taken(msg):
            self.work(self.look, self.send, sender, RowInserted(msg.owner, False, 0))
        else:
            self.work(self.disk, self.insert, msg, sender)

    def insert(self, msg: InsertRow, sender: NodeId) -> None:
        if self.is_taken(msg):
            self.send(sender, RowInserted(msg.owner, False, 0))
            return
        if msg.lock in self.rows:
            self.record("expired", lock=msg.lock, holder=self.rows[msg.lock][1])
        self.number += 1
        self.rows[msg.lock] = (msg.owner, sender, self.deadline())
        self.send(sender, RowInserted(msg.owner, True, self.number))

    def on_delete_row(self, msg: DeleteRow, sender: NodeId) -> None:
        self.work(self.disk, self.delete, msg, sender)

    def delete(self, msg: DeleteRow, sender: NodeId) -> None:
        if msg.lock in self.rows and self.owns(msg.owner, msg.lock):
            del self.rows[msg.lock]
        self.send(sender, RowDeleted(msg.owner))

    # --- rules

    def is_taken(self, msg: InsertRow) -> bool:
        if msg.lock not in self.rows:
            return False
        deadline = self.rows[msg.lock][2]
        return deadline is None or self.now < deadline

    def deadline(self) -> float | None:
        return None if self.ttl is None else self.now + self.ttl

    def owns(self, owner: str, lock: str) -> bool:
        return self.rows[lock][0] == owner


class DatabaseClient(PollingClient):
    """A client of a lock table.

    Parameters
    ----------
    server
        The database's id.
    options
        Those of :class:`PollingClient`; ``ttl`` is that of the table, if it has one.

    Examples
    --------
    >>> DatabaseClient(retry=0.05).retry
    0.05
    """

    def __init__(self, *, server: NodeId = "database", **options: Any) -> None:
        super().__init__(server=server, **options)

    def taking(self) -> InsertRow:
        return InsertRow(self.lock, self.owner)

    def on_row_inserted(self, msg: RowInserted, sender: NodeId) -> None:
        self.attempt_ended(msg.owner, msg.ok, msg.number)

    def giving(self) -> DeleteRow:
        return DeleteRow(self.lock, self.owner)

    def on_row_deleted(self, msg: RowDeleted, sender: NodeId) -> None:
        self.name_is_gone(msg.owner)
