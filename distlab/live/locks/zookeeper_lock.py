"""Locks in ZooKeeper: ephemeral nodes, which go with their session.

P. Hunt et al., "ZooKeeper: Wait-free coordination for Internet-scale systems", ATC 2010, section 2.4:

ZooKeeperLock     the recipe as kazoo has it
PredecessorLock   the same in a few lines, with its notifications counted: each waiter watches the node before
                  its own, so one is told when the lock is free
HerdLock          the naive one: all create the same node, all that fail watch it, all are told

The lease is the session: the client pings, and the service ends a session that was silent for its time-out.
An ensemble allows time-outs of 2 to 20 of its ticks, and takes the nearest. The token is the ``czxid`` of the
client's own node: the number of the change that created it.
"""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from contextlib import suppress
from typing import Any, ClassVar

from .lock import Grant, Lock

__all__ = ["HerdLock", "PredecessorLock", "ZooKeeperLock"]

CONNECT_WITHIN = 60.0  # seconds
ROOT = "/distlab"


class _SessionLock(Lock):
    """A session; ``where`` is the list of hosts, ``lease`` the session's time-out."""

    tokens: ClassVar[str] = "czxid of its node"

    def __init__(self, where: Any, *arguments: Any, **options: Any) -> None:
        from kazoo.client import KazooClient

        super().__init__(where, *arguments, **options)
        self.path = f"{ROOT}/{self.name}"
        self.client = KazooClient(hosts=where, timeout=self.lease)
        self.client.start(timeout=CONNECT_WITHIN)
        self.notifications = 0  # of nodes that were deleted

    @property
    def held(self) -> bool:
        """Whether this object may believe that it holds the lock: its session is connected."""
        return self.entries > 0 and self.client.connected

    def close(self) -> None:
        self.client.stop()
        self.client.close()

    def _attempt(self) -> Grant | None:
        raise AssertionError("a session is told, it does not ask again")

    @abstractmethod
    def _wait(self, deadline: float | None) -> tuple[float, Grant]:
        """Return when it is our turn."""

    def _is_there(self, node: str) -> bool:
        """Whether our node is there: one of that name may be another's."""
        found = self.client.retry(self.client.exists, node)
        return found is not None and found.czxid == self.token

    def _delete(self, node: str) -> bool:
        """Delete our node, if it is there."""
        from kazoo.exceptions import NoNodeError

        if not self._is_there(node):
            return False
        try:
            self.client.retry(self.client.delete, node)
        except NoNodeError:
            return False
        return True

    def _watch(self, node: str, watch: Any) -> bool:
        """Watch a node if it is there; ``exists`` would watch for a missing one to come."""
        from kazoo.exceptions import NoNodeError

        try:
            self.client.retry(self.client.get, node, watch)
        except NoNodeError:
            return False
        return True

    def _told(self, event: Any) -> bool:
        """Count a notification; whether it is one, and not a sign of the connection."""
        deleted = event.type == "DELETED"
        self.notifications += deleted
        return deleted


class ZooKeeperLock(_SessionLock):
    """The lock as kazoo has it; ``where`` is the list of hosts, ``lease`` the session's time-out.

    Examples
    --------
    >>> from distlab.live import is_available, zookeeper
    >>> if is_available("zookeeper"):
    ...     with zookeeper(servers=1) as ensemble:
    ...         lock = ZooKeeperLock(ensemble.addresses)
    ...         first, _, second = lock.acquire(), lock.release(), lock.acquire()
    ...         assert first < second
    ...         lock.close()
    """

    title: ClassVar[str] = "ZooKeeper"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.recipe = self.client.Lock(self.path)

    def _wait(self, deadline: float | None) -> tuple[float, Grant]:
        from kazoo.exceptions import LockTimeout

        self.recipe = self.client.Lock(self.path)
        try:
            got = self.recipe.acquire(
                timeout=None if deadline is None else max(0.0, deadline - time.monotonic())
            )
        except LockTimeout:
            got = False
        if not got:
            raise self._too_late()
        _, node = self.client.retry(self.client.get, f"{self.path}/{self.recipe.node}")
        return time.monotonic(), Grant(node.czxid, None)

    def _give_back(self) -> bool:
        ours = self._is_there(
            f"{self.path}/{self.recipe.node}"
        )  # kazoo's answer is true without its node, too
        self.recipe.release()
        return ours


class PredecessorLock(_SessionLock):
    """The lock in a few lines: a node in a queue, and a watch on the one before it."""

    title: ClassVar[str] = "ZooKeeper, own recipe"
    node = ""

    def _wait(self, deadline: float | None) -> tuple[float, Grant]:
        client = self.client
        self.node = client.create(f"{self.path}/lock-", ephemeral=True, sequence=True, makepath=True)
        while True:
            before = [child for child in client.retry(client.get_children, self.path) if child < self._own]
            if not before:
                break
            free = threading.Event()
            watch = lambda event, free=free: self._told(event) and free.set()  # noqa: E731
            if not self._watch(f"{self.path}/{max(before)}", watch):
                continue
            if not free.wait(None if deadline is None else max(0.0, deadline - time.monotonic())):
                client.retry(client.delete, self.node)
                raise self._too_late()
        return time.monotonic(), Grant(client.retry(client.exists, self.node).czxid, None)

    def _give_back(self) -> bool:
        return self._delete(self.node)

    @property
    def _own(self) -> str:
        return self.node.rpartition("/")[2]


class HerdLock(_SessionLock):
    """The naive lock: one node, which all want to create and all watch."""

    title: ClassVar[str] = "ZooKeeper, herd"

    def _wait(self, deadline: float | None) -> tuple[float, Grant]:
        from kazoo.exceptions import NodeExistsError

        client = self.client
        node = f"{self.path}-herd"
        while True:
            with suppress(NodeExistsError):
                client.create(node, ephemeral=True, makepath=True)
                return time.monotonic(), Grant(client.retry(client.exists, node).czxid, None)
            free = threading.Event()
            watch = lambda event, free=free: self._told(event) and free.set()  # noqa: E731
            if not self._watch(node, watch):
                continue
            if not free.wait(None if deadline is None else max(0.0, deadline - time.monotonic())):
                raise self._too_late()

    def _give_back(self) -> bool:
        return self._delete(f"{self.path}-herd")
