"""Clients that ask for a lock again and again: nobody keeps a queue for them.

The rule, for a lock table and for Redis alike::

    to acquire     draw a name for this attempt, that nobody else has; ask the service to write it down
                   refused:       try again after a random delay
                   granted:       the lease counts from when we asked; what is left of it is ours
                                  nothing is left: give it back
                   no answer:     nobody knows; give it back, and try again under a new name
    to release     ask the service to take the name away, until it says that it is not there

Client and service talk over one connection: what is sent first arrives first, so a request to take the name
away comes after the one to write it down.
"""

from __future__ import annotations

from typing import Any

from distlab.sim import NodeId
from distlab.sim.distributions import seconds

from .client import LockClient

__all__ = ["PollingClient"]


class PollingClient(LockClient):
    """A client that polls one server; subclasses say with which messages.

    Parameters
    ----------
    server
        The id of the service.
    ttl
        Seconds that a lock lasts; None: until it is given back.
    retry
        Seconds between two attempts, on average: uniformly from half of it to one and a half.
    options
        Those of :class:`LockClient`.

    Raises
    ------
    ValueError
        If a duration is not one.

    Examples
    --------
    >>> PollingClient(server="redis", ttl=0.5, retry=0.05).ttl
    0.5
    """

    def __init__(
        self, *, server: NodeId, ttl: float | None = None, retry: float = 0.02, **options: Any
    ) -> None:
        super().__init__(**options)
        self.server = server
        self.ttl = None if ttl is None else seconds(ttl, "ttl", "more than 0")
        self.retry = seconds(retry, "retry")
        self.owner = ""  # our name in the present attempt
        self.hopes = False  # is the present attempt still on?

    def acquire(self) -> None:
        self.owner = self.draw_name()
        self.hopes = True
        self.asked_at = self.now
        self.settle()
        self.send(self.server, self.taking())
        self.unanswered = self.after(self.patience, self.take_back)

    def draw_name(self) -> str:
        return f"{self.id}-{self.rng.getrandbits(32):08x}"

    def attempt_ended(self, owner: str, ok: bool, token: int | None) -> None:
        """The service's answer to ``taking()``."""
        if owner != self.owner or not self.hopes:
            return
        self.hopes = False
        left = self.time_left()
        if not ok:
            self.settle()
            self.try_later()
        elif left is None or left > 0:
            self.settle()
            self.granted(token, left)
        else:
            self.take_back()

    def time_left(self) -> float | None:
        """Seconds of the lease that are left by our clock: it counts from when we asked."""
        return None if self.ttl is None else self.ttl - (self.now - self.asked_at)

    def try_later(self) -> None:
        self.after(self.retry * self.rng.uniform(0.5, 1.5), self.acquire)

    def take_back(self) -> None:
        """Nobody knows whether our name was written down, or it came too late."""
        self.hopes = False
        self.ask(self.server, self.giving())

    def release(self) -> None:
        self.ask(self.server, self.giving())

    def name_is_gone(self, owner: str) -> None:
        """The service's answer to ``giving()``."""
        if owner != self.owner or self.unanswered is None or not self.unanswered.pending:
            return
        self.settle()
        if self.state == "leaving":
            self.given_back()
        elif self.state == "waiting" and not self.hopes:
            self.try_later()

    # --- what the service understands

    def taking(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must say in taking() what it sends.")

    def giving(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must say in giving() what it sends.")
