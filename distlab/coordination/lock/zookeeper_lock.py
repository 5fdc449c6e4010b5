"""Lock recipes on ZooKeeper: everybody watches the lock, or each watches its predecessor; and read-write.

P. Hunt, M. Konar, F. P. Junqueira and B. Reed, USENIX ATC 2010, section 2.4: "Simple Locks", "Simple Locks
without Herd Effect", "Read/Write Locks".

The rule, simple lock::

    to acquire     create(lock, ephemeral); there is one: exists(lock, watch), wait, and try again
    to release     delete(lock)

Without herd effect::

    to acquire     n = create(lock + "/lock-", ephemeral, sequential)
                   again:   C = children(lock); n is the lowest in C: the lock is ours
                            p = the node in C just before n
                            exists(p, watch): wait until told, then again; not there: again
    to release     delete(n)

Read-write::

    write lock     as before: whatever is lower than n must go, reads and writes
    read lock      only writes that are lower than n must go; p = the last write before n

A waiter's node stands in the order in which the nodes were created, so nobody is overtaken. When a lock is
released, all watchers wake up in the simple recipe, and one in the others: with n clients and no failure
n(n-1)/2 and n-1 notifications until all have been served.

The fencing token is the number of the change that created the client's node.

A client that gets no answer for a while looks, as soon as it is connected again, for a node that bears the
name it drew for this attempt (Curator calls that protection): ``create`` is not a question that may be asked
twice. ZooKeeper knows nothing of re-entrance; clients count their entries.
"""

from __future__ import annotations

from typing import Any

from distlab.sim import NodeId, Timer
from distlab.sim.distributions import seconds
from distlab.sim.network import probability

from .client import LockClient
from .zookeeper import (
    Children,
    Connect,
    Connected,
    Create,
    Created,
    Delete,
    Deleted,
    Exists,
    ExistsReply,
    GetChildren,
    Ping,
    Pong,
    SessionExpired,
    WatchEvent,
)

__all__ = ["HerdClient", "ReadWriteClient", "ZooKeeperClient"]


class _SessionClient(LockClient):
    """A client with a ZooKeeper session, and a recipe that asks one question at a time."""

    def __init__(self, *, server: NodeId = "zookeeper", session_timeout: float = 0.5, **options: Any) -> None:
        super().__init__(**options)
        self.server = server
        self.session_timeout = seconds(session_timeout, "session_timeout", "more than 0")
        self.session: int | None = None  # None: not connected
        self.asked_for = 0  # the number of the session that is being opened
        self.pings: Timer | None = None
        self.pinged_at: list[float] = []  # pings that are not answered yet
        self.alive_until = 0.0  # our session lives until then at least, by our clock
        self.connection = 0  # its number, as the service counts
        self.heard = 0  # notifications that came over it
        self.mine: str | None = None  # our node
        self.watched: str | None = None
        self.withdrawn = False  # has our node been given up, because our session may be over?

    # --- the session

    def acquire(self) -> None:
        self.mine = None
        self.withdrawn = False
        if self.session is None:
            self.connect()
        else:
            self.line_up()

    def connect(self) -> None:
        self.asked_for = self.rng.getrandbits(32)
        self.asked_at = self.now
        self.ask(self.server, Connect(self.asked_for, self.session_timeout))

    def on_connected(self, msg: Connected, sender: NodeId) -> None:
        if msg.session != self.asked_for or self.session is not None:
            return
        self.settle()
        self.session = msg.session
        self.alive_until = self.asked_at + self.session_timeout
        self.pinged_at = []
        self.pings = self.every(self.session_timeout / 3, self.ping)
        if self.state == "waiting":
            self.line_up()

    def ping(self) -> None:
        if self.session is not None:
            self.pinged_at.append(self.now)
            self.send(self.server, Ping(self.session))

    def on_pong(self, msg: Pong, sender: NodeId) -> None:
        if msg.session != self.session or not self.pinged_at:
            return
        self.alive_until = self.pinged_at[0] + self.session_timeout
        self.pinged_at.clear()
        self.extended(self.alive_until - self.now)
        missed = (msg.connection, msg.told) != (self.connection, self.heard)
        self.connection, self.heard = msg.connection, msg.told
        if missed and self.state == "waiting" and self.watched is not None:
            self.look_again()

    def on_session_expired(self, msg: SessionExpired, sender: NodeId) -> None:
        if msg.session != self.session:
            return
        self.session = None
        if self.pings is not None:
            self.pings.cancel()
        if self.state == "holding":
            self.lost(self.visit)
        elif self.state == "leaving":
            self.given_back()
        elif self.state == "waiting":
            self.acquire()

    def own(self, zxid: int, **facts: Any) -> None:
        """The lock is ours for as long as our session lives."""
        left = self.alive_until - self.now
        if not self.watch_lease or left > 0:
            self.settle()
            self.granted(zxid, left, **facts)
        elif self.mine is not None:
            self.withdraw(self.mine)

    def withdraw(self, path: str) -> None:
        """Give our node up, whatever else we hear of it, and line up again when it is gone."""
        self.withdrawn = True
        self.ask(self.server, Delete(self.number(), path))

    def number(self) -> int:
        assert self.session is not None
        return self.session

    def parent(self) -> str:
        return f"/{self.lock}"

    # --- to release

    def release(self) -> None:
        self.watched = None
        if self.session is None or self.mine is None:
            self.given_back()
        else:
            self.ask(self.server, Delete(self.session, self.mine))

    def on_deleted(self, msg: Deleted, sender: NodeId) -> None:
        if msg.path != self.mine or msg.session != self.session:
            return
        if self.state == "leaving":
            self.mine = None
            self.given_back()
        elif self.state == "waiting" and self.unanswered is not None and self.unanswered.pending:
            self.acquire()

    # --- to wait

    def watch(self, path: str) -> None:
        self.watched = path
        self.ask(self.server, Exists(self.number(), path))

    def on_exists_reply(self, msg: ExistsReply, sender: NodeId) -> None:
        if self.state == "waiting" and msg.path == self.watched and msg.session == self.session:
            self.settle()
            if not msg.exists:
                self.look_again()

    def on_watch_event(self, msg: WatchEvent, sender: NodeId) -> None:
        self.heard += 1
        if self.state == "waiting" and msg.path == self.watched and self.session is not None:
            self.look_again()

    def on_created(self, msg: Created, sender: NodeId) -> None:
        raise NotImplementedError

    def on_children(self, msg: Children, sender: NodeId) -> None:
        raise NotImplementedError

    def line_up(self) -> None:
        raise NotImplementedError

    def look_again(self) -> None:
        raise NotImplementedError


class ZooKeeperClient(_SessionClient):
    """A client of the recipe without herd effect: it watches the node just before its own.

    Parameters
    ----------
    server
        The id of the service.
    session_timeout
        Seconds of silence after which the service takes the client for dead; it is pinged three times as
        often.
    options
        Those of :class:`LockClient`.

    Raises
    ------
    ValueError
        If a duration is not one.

    References
    ----------
    Hunt et al. 2010, section 2.4, "Simple Locks without Herd Effect".

    Examples
    --------
    >>> ZooKeeperClient(session_timeout=2.0).session_timeout
    2.0
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.kind = "lock"
        self.mark = ""  # drawn for each attempt: a part of our node's name
        self.xid = 0  # the number of the last question

    def line_up(self) -> None:
        self.mark = f"{self.rng.getrandbits(32):08x}"
        self.create()

    def create(self) -> None:
        """Create our node. Without an answer, look whether it is there before creating another."""
        self.settle()
        self.xid += 1
        self.send(self.server, Create(self.number(), f"{self.parent()}/{self.mark}-{self.kind}-", True))
        self.unanswered = self.after(self.patience, self.look_again)

    def on_created(self, msg: Created, sender: NodeId) -> None:
        if self.state == "waiting" and msg.session == self.session and self.is_mine(msg.path):
            self.look_again()

    def is_mine(self, path: str | None) -> bool:
        return path is not None and path.startswith(f"{self.parent()}/{self.mark}-")

    def look_again(self) -> None:
        if self.session is None:
            self.acquire()
        elif not self.withdrawn:
            self.watched = None
            self.xid += 1
            self.ask(self.server, GetChildren(self.session, self.parent(), self.xid))

    def on_children(self, msg: Children, sender: NodeId) -> None:
        if self.state != "waiting" or msg.session != self.session or not self.is_fresh(msg):
            return
        if self.watched is not None or self.withdrawn:
            return
        queue = sorted(zip(msg.names, msg.zxids, strict=True), key=lambda one: sequence(one[0]))
        mine = [one for one in queue if self.is_mine(one[0])]
        if not mine:
            self.create()
            return
        self.mine, zxid = mine[0]
        before = self.to_wait_for([path for path, _ in queue[: queue.index(mine[0])]])
        if before is None:
            self.own(zxid, **self.facts())
        else:
            self.watch(before)

    def is_fresh(self, msg: Children) -> bool:
        """Whether it answers the last question: an earlier one knows nothing of a node created since."""
        return msg.xid == self.xid

    def to_wait_for(self, lower: list[str]) -> str | None:
        """Of the nodes before ours, in order, the one to watch; None: the lock is ours."""
        return lower[-1] if lower else None

    def facts(self) -> dict[str, Any]:
        return {}


class ReadWriteClient(ZooKeeperClient):
    """A client of the read-write recipe.

    Parameters
    ----------
    reads
        Which share of its wishes, drawn at random, is for the read lock, which readers share; the others are
        for the write lock.
    options
        Those of :class:`ZooKeeperClient`.

    References
    ----------
    Hunt et al. 2010, section 2.4, "Read/Write Locks".

    Examples
    --------
    >>> ReadWriteClient(reads=0.9).reads
    0.9
    """

    def __init__(self, *, reads: float = 0.5, **options: Any) -> None:
        super().__init__(**options)
        self.reads = probability(reads, "reads")
        self.shares = False  # is the present wish for the read lock?

    def line_up(self) -> None:
        self.shares = self.rng.random() < self.reads
        self.kind = "read" if self.shares else "write"
        super().line_up()

    def to_wait_for(self, lower: list[str]) -> str | None:
        in_the_way = [path for path in lower if self.is_in_the_way(path)]
        return in_the_way[-1] if in_the_way else None

    def is_in_the_way(self, path: str) -> bool:
        return not self.shares or "-write-" in path

    def facts(self) -> dict[str, Any]:
        return {"shared": self.shares}


class HerdClient(_SessionClient):
    """A client of the simple recipe: all watch the lock, and all try again when it is free.

    The options are those of :class:`ZooKeeperClient`.

    References
    ----------
    Hunt et al. 2010, section 2.4, "Simple Locks".

    Examples
    --------
    >>> HerdClient(session_timeout=2.0).session_timeout
    2.0
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.hopes = False  # is our last create still to be answered?

    def line_up(self) -> None:
        self.watched = None
        self.hopes = True
        self.settle()
        self.send(self.server, Create(self.number(), self.parent(), False))
        self.unanswered = self.after(self.patience, self.ask_whose)

    def on_created(self, msg: Created, sender: NodeId) -> None:
        if self.state != "waiting" or msg.session != self.session or not self.hopes:
            return
        self.hopes = False
        self.settle()
        if msg.path is None:
            self.watch(self.parent())
        else:
            self.mine = msg.path
            self.own(msg.zxid)

    def ask_whose(self) -> None:
        """Nobody knows whether the node was created: delete it if it is ours, then try again."""
        self.hopes = False
        self.mine = self.parent()
        self.ask(self.server, Delete(self.number(), self.mine))

    def on_children(self, msg: Children, sender: NodeId) -> None:
        pass

    def look_again(self) -> None:
        if self.session is None:
            self.acquire()
        else:
            self.line_up()


def sequence(path: str) -> int:
    """The number at the end of a sequential node's name.

    >>> sequence("/stock/1f-lock-0000000007")
    7
    """
    return int(path[-10:])
