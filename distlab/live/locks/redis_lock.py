"""A lock in Redis: a key with a random value that expires.

``SET key value NX PX lease``, and a script that deletes the key only if the value is still ours: the recipe
of Redis's documentation ("Distributed Locks with Redis"). The fencing token is a counter, INCR. It must be
drawn in the same step as the key is set: whoever paused between the two could come back with a greater token
than the holder after it. Scripts run as one step, so one script does both; release and renewal are scripts
of redis-py.
"""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from .lock import Grant, Lock

__all__ = ["RedisLock"]

ACQUIRE = """
if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
    return redis.call('incr', KEYS[2])
end
return 0
"""


class RedisLock(Lock):
    """A key in one Redis server; ``where`` is its URL.

    Examples
    --------
    >>> from distlab.live import is_available, redis
    >>> if is_available("redis"):
    ...     with redis() as server:
    ...         lock = RedisLock(server.url)
    ...         assert (lock.acquire(), lock.release(), lock.acquire()) == (1, True, 2)
    """

    title: ClassVar[str] = "Redis"
    tokens: ClassVar[str] = "INCR in the same script"

    def __init__(self, where: Any, *arguments: Any, **options: Any) -> None:
        import redis
        from redis.lock import Lock as Recipe

        super().__init__(where, *arguments, **options)
        self.client = redis.Redis.from_url(where)
        self.owner = secrets.token_hex(8)
        self.key = f"lock:{self.name}"
        self.take = self.client.register_script(ACQUIRE)
        self.delete = self.client.register_script(Recipe.LUA_RELEASE_SCRIPT)
        self.reacquire = self.client.register_script(Recipe.LUA_REACQUIRE_SCRIPT)

    def close(self) -> None:
        self.client.close()

    def _attempt(self) -> Grant | None:
        self.owner = secrets.token_hex(8)
        token = self.take(keys=[self.key, f"{self.key}:token"], args=[self.owner, self._milliseconds])
        return Grant(int(token), self.lease) if token else None

    def _extend(self) -> float | None:
        done = self.reacquire(keys=[self.key], args=[self.owner, self._milliseconds])
        return self.lease if done else None

    def _give_back(self) -> bool:
        return bool(self.delete(keys=[self.key], args=[self.owner]))

    @property
    def _milliseconds(self) -> int:
        return max(1, round(self.lease * 1000))
