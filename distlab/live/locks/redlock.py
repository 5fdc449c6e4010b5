"""Redlock: the same key in a majority of independent Redis servers.

Redis's documentation, "Distributed Locks with Redis". The rule::

    ask all servers in turn, each with a short time-out:  SET key value NX PX lease
    held   if a majority said yes and the validity, lease - elapsed - drift, is more than 0
    else   delete the key everywhere, wait a random time, try again

There is no fencing token: five counters are not one, and the greatest of a majority can be smaller than that
of the majority before (Kleppmann 2016). The arithmetic is that of the model,
:mod:`distlab.coordination.lock.redlock`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

from distlab.coordination.lock import default_drift, is_held, validity

from .lock import Grant, Lock

__all__ = ["Redlock"]

PATIENCE = 0.2  # seconds that one server has to answer


class Redlock(Lock):
    """A key in a majority of Redis servers; ``where`` is a list of their URLs.

    Examples
    --------
    >>> from distlab.live import is_available, redis
    >>> if is_available("redis"):
    ...     with redis() as a, redis() as b, redis() as c:
    ...         lock = Redlock([a.url, b.url, c.url])
    ...         c.kill()  # two of three are enough
    ...         lock.acquire(timeout=10)
    ...         assert lock.held
    """

    title: ClassVar[str] = "Redlock"
    tokens: ClassVar[str] = "none"

    def __init__(
        self,
        where: Sequence[str],
        name: str = "stock",
        lease: float = 10.0,
        *,
        reentrant: bool = False,
        retry: float = 0.02,
    ) -> None:
        import redis
        from redis.lock import Lock as Recipe

        super().__init__(where, name, lease, reentrant=reentrant, retry=retry)
        if isinstance(where, str) or not where:
            raise ValueError(f"where must list the URLs of the servers; got {where!r}.")
        self.clients = [
            redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=None)
            for url in where
        ]
        self.owner = ""
        self.key = f"lock:{name}"
        self.delete = [client.register_script(Recipe.LUA_RELEASE_SCRIPT) for client in self.clients]
        self.reacquire = [client.register_script(Recipe.LUA_REACQUIRE_SCRIPT) for client in self.clients]

    def close(self) -> None:
        for client in self.clients:
            client.close()

    def _attempt(self) -> Grant | None:
        import redis

        self.owner = secrets.token_hex(8)
        began = time.monotonic()
        grants = 0
        for client in self.clients:
            with suppress(redis.RedisError):
                grants += bool(client.set(self.key, self.owner, nx=True, px=self._milliseconds))
        valid = self._validity(began)
        if is_held(grants, len(self.clients), valid):
            return Grant(None, valid + (time.monotonic() - began))  # the lease is counted from the beginning
        self._give_back()
        return None

    def _extend(self) -> float | None:
        import redis

        began = time.monotonic()
        grants = 0
        for script in self.reacquire:
            with suppress(redis.RedisError):
                grants += bool(script(keys=[self.key], args=[self.owner, self._milliseconds]))
        valid = self._validity(began)
        return valid + (time.monotonic() - began) if is_held(grants, len(self.clients), valid) else None

    def _give_back(self) -> bool:
        import redis

        deleted = 0
        for script in self.delete:
            with suppress(redis.RedisError):
                deleted += bool(script(keys=[self.key], args=[self.owner]))
        return is_held(deleted, len(self.clients), valid=1.0)

    def _validity(self, began: float) -> float:
        return validity(self.lease, time.monotonic() - began, default_drift(self.lease))

    @property
    def _milliseconds(self) -> int:
        return max(1, round(self.lease * 1000))
