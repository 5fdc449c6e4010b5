"""One interface for locks over real services.

The rule, whatever the lock is made of::

    acquire(timeout)   attempt again and again, or wait to be told; the token comes with the lock
    lease              counted from before the attempt, on the client's own clock: the service began later
    release()          only what is still ours is given back; the answer says whether it was

A token is a whole number, greater than the tokens of all holders before. Whoever writes to what the lock
guards sends it along: see :mod:`distlab.live.locks.guarded_store`. The interface is that of the clients in
:mod:`distlab.coordination.lock`, with real time instead of simulated.
"""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple, Self

__all__ = ["Grant", "Lock", "LockTimeout"]


class LockTimeout(TimeoutError):
    """The lock was not to be had in time."""


class Grant(NamedTuple):
    """What a service gives with the lock: a fencing token, and for how many seconds; None: it has none."""

    token: int | None
    lasts: float | None


class Lock(ABC):
    """A lock that processes share through a service. One object is for one thread of one process.

    Parameters
    ----------
    where
        The service: what a client connects by, such as ``server.url``.
    name
        The lock's name.
    lease
        Seconds after which the service gives the lock to another, should this process be gone or stand still.
    reentrant
        Whether this object may acquire what it holds. It counts, and the last release gives the lock back.
    retry
        Seconds between two attempts, on average: uniformly from half of it to one and a half.

    Raises
    ------
    ValueError
        If ``lease`` or ``retry`` is not more than 0.
    """

    title: ClassVar[str]  # how tables call it
    tokens: ClassVar[str]  # where its fencing token comes from

    def __init__(
        self,
        where: Any,
        name: str = "stock",
        lease: float = 10.0,
        *,
        reentrant: bool = False,
        retry: float = 0.02,
    ) -> None:
        for argument, seconds in (("lease", lease), ("retry", retry)):
            if not seconds > 0:
                raise ValueError(f"{argument} must be more than 0 seconds; got {seconds!r}.")
        self.where = where
        self.name = name
        self.lease = lease
        self.reentrant = reentrant
        self.retry = retry
        self.token: int | None = None
        self.entries = 0
        self.valid_until = float("inf")  # on time.monotonic()

    # --- for its user

    def acquire(self, timeout: float | None = None) -> int | None:
        """Wait for the lock and return its fencing token, which is None where there is none.

        Parameters
        ----------
        timeout
            Seconds to wait at most; 0: one attempt; None: as long as it takes.

        Raises
        ------
        LockTimeout
            If the lock was not to be had in time.
        RuntimeError
            If this object holds it already and is not re-entrant.
        """
        if self.entries:
            if not self.reentrant:
                raise RuntimeError(
                    f"This object holds the lock {self.name!r} already; make it with reentrant=True to enter "
                    "it again."
                )
            self.entries += 1
            return self.token
        began = time.monotonic()
        asked, grant = self._wait(None if timeout is None else began + timeout)
        self.token = grant.token
        self.valid_until = float("inf") if grant.lasts is None else asked + grant.lasts
        self.entries = 1
        return self.token

    def release(self) -> bool:
        """Give the lock back; an inner entry only counts down.

        Returns
        -------
        bool
            Whether it was still ours. If not, another may hold it, and keeps it.

        Raises
        ------
        RuntimeError
            If this object does not hold the lock.
        """
        if not self.entries:
            raise RuntimeError(f"This object does not hold the lock {self.name!r}.")
        self.entries -= 1
        if self.entries:
            return True
        return self._give_back()

    @property
    def held(self) -> bool:
        """Whether this object may believe that it holds the lock, by its own clock."""
        return self.entries > 0 and time.monotonic() < self.valid_until

    def renew(self) -> bool:
        """Begin the lease anew; return whether the lock was still ours."""
        asked = time.monotonic()
        lasts = self._extend()
        if lasts is None:
            return False
        self.valid_until = asked + lasts
        return True

    @abstractmethod
    def close(self) -> None:
        """Close the connection to the service. Locks that are tied to it are given back, others are not."""

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def __repr__(self) -> str:
        state = f"held with token {self.token}" if self.held else "not held"
        return f"<{self.title} lock {self.name!r}: {state}>"

    # --- for the service

    @abstractmethod
    def _attempt(self) -> Grant | None:
        """Ask once; None: another holds it."""

    @abstractmethod
    def _give_back(self) -> bool:
        """Give it back if it is still ours, and return whether it was."""

    def _extend(self) -> float | None:
        """Ask for a new lease; return how long it lasts, or None if the lock is no longer ours."""
        raise NotImplementedError(f"{self.title}: the lock lasts as long as the connection.")

    def _wait(self, deadline: float | None) -> tuple[float, Grant]:
        """Attempt again and again; return when the successful attempt began, and what it gave."""
        while True:
            asked = time.monotonic()
            grant = self._attempt()
            if grant is not None:
                return asked, grant
            pause = self.retry * random.uniform(0.5, 1.5)
            if deadline is not None and asked + pause > deadline:
                raise self._too_late()
            time.sleep(pause)

    def _too_late(self) -> LockTimeout:
        return LockTimeout(f"The lock {self.name!r} was not to be had in time.")
