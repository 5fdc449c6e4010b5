"""What a participant of a real two-phase commit can do, whatever database it is.

execute(T)            begin a local transaction, and change the account
prepare(T)            promise: on disk, with its locks; from now on only the coordinator decides
forget(T)             before prepare: roll back
commit_prepared(T)    after prepare: keep it
rollback_prepared(T)  after prepare: drop it
in_doubt()            which are prepared and not decided, as the database itself says
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple, Self

__all__ = ["Blocked", "InDoubt", "Participant", "Refused"]


class Refused(Exception):
    """A participant votes no; the text says why."""


class Blocked(Exception):
    """An account is locked; the text says by what."""


class InDoubt(NamedTuple):
    """A transaction that is prepared and not decided."""

    participant: str
    transaction: str
    locks: int


class Participant(ABC):
    """One account in one database.

    Parameters
    ----------
    name
        Of the participant and of its account: "A".
    place
        Where the database is: a path, or what a client connects by.
    """

    kind: str

    def __init__(self, name: str, place: str) -> None:
        self.name = name
        self.place = place

    @abstractmethod
    def create(self, balance: int) -> None:
        """Make the account anew, with nothing prepared."""

    @abstractmethod
    def balance(self) -> int:
        """What the account holds, as a reader sees it."""

    @abstractmethod
    def execute(self, transaction: str, change: int) -> None:
        """Begin a local transaction and change the balance.

        Raises Refused if less than 0 would remain or the account is locked.
        """

    @abstractmethod
    def prepare(self, transaction: str) -> None:
        """Bring the open transaction and its locks to disk, and detach it from this connection."""

    @abstractmethod
    def forget(self) -> None:
        """Roll the open transaction back."""

    @abstractmethod
    def commit_prepared(self, transaction: str) -> None:
        """Keep a prepared transaction; harmless if it is over."""

    @abstractmethod
    def rollback_prepared(self, transaction: str) -> None:
        """Drop a prepared transaction; harmless if it is over."""

    @abstractmethod
    def in_doubt(self) -> list[InDoubt]:
        """The prepared transactions of this database, from its own catalogue."""

    @abstractmethod
    def catalogue(self) -> list[str]:
        """Its rows about prepared transactions, as the database itself shows them."""

    @abstractmethod
    def commit_in_one_phase(self, change: int) -> None:
        """Change the balance in an ordinary transaction.

        Raises Blocked if the account is locked.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
