"""The ZooKeeper service, as far as locks need it: sessions, ephemeral sequential nodes, watches.

P. Hunt, M. Konar, F. P. Junqueira and B. Reed, "ZooKeeper: Wait-free coordination for Internet-scale
systems", USENIX ATC 2010, section 2.

The rule::

    session      a client that is not heard of for the session time-out is taken for dead:
                 its session expires, its ephemeral nodes are deleted, and its watches are forgotten
    create       a node, ephemeral if asked: it belongs to the session;
                 sequential if asked: a number is appended that grows with every node of the same parent
    delete       a node; who watches it is told, once
    exists       whether there is a node; with watch: tell me once when it is created or deleted
    children     the names of the nodes below a parent

The service is one node here and stands for an ensemble: servers that agree on the order of all changes by
atomic broadcast (the course's ZAB, lecture 04). So a change takes ``commit`` seconds, a read is answered at
once, and nodes and sessions outlive the crash of a server. After an election the new leader gives every
session its whole time-out again.

A session's requests are answered in the order in which they were sent: a read waits for the changes that the
same session asked for before.
"""

from __future__ import annotations

from typing import Any, ClassVar

from distlab.sim import Node, NodeId, message
from distlab.sim.distributions import seconds

__all__ = [
    "Children",
    "Connect",
    "Connected",
    "Create",
    "Created",
    "Delete",
    "Deleted",
    "Exists",
    "ExistsReply",
    "GetChildren",
    "Ping",
    "Pong",
    "SessionExpired",
    "WatchEvent",
    "ZooKeeperServer",
]


@message
class Connect:
    """Open a session; its number is drawn by the client, so that a repeated question opens no second one."""

    session: int
    timeout: float


@message
class Connected:
    """The session is open."""

    session: int


@message
class Ping:
    """I am alive."""

    session: int


@message
class Pong:
    """So is your session. The number of the connection, which changes when the service comes back, and of the
    notifications sent over it let the client see that it missed something.
    """

    session: int
    connection: int
    told: int


@message
class SessionExpired:
    """There is no such session (any more)."""

    session: int


@message
class Create:
    """Create an ephemeral node; ``sequential`` appends a number to its name."""

    session: int
    path: str
    sequential: bool


@message
class Created:
    """The node has this name, from the change of this number; None: there was one already."""

    session: int
    path: str | None
    zxid: int


@message
class Delete:
    """Delete a node."""

    session: int
    path: str


@message
class Deleted:
    """It is not there (any more)."""

    session: int
    path: str


@message
class Exists:
    """Is there such a node? Tell me once when it is deleted."""

    session: int
    path: str


@message
class ExistsReply:
    """Whether there is."""

    session: int
    path: str
    exists: bool


@message
class GetChildren:
    """Which nodes are below this parent? The question has a number, which the answer repeats."""

    session: int
    parent: str
    xid: int


@message
class Children:
    """These, in no order that means anything, each with the number of the change that created it."""

    session: int
    xid: int
    names: tuple[str, ...]
    zxids: tuple[int, ...]


@message
class WatchEvent:
    """A node that you watch was deleted."""

    path: str


class ZooKeeperServer(Node):
    """The ZooKeeper service as one node.

    Recorded are "notified" (client, path) for every notification of a watch, and "expired" (lock, holder) for
    an ephemeral node whose session has expired.

    Parameters
    ----------
    commit
        Seconds until a change is agreed on and on disk at a majority; changes overlap.
    look
        Seconds to answer a read; at most ``commit``.

    Raises
    ------
    ValueError
        If a duration is not one.

    References
    ----------
    Hunt et al. 2010, section 2.

    Examples
    --------
    >>> from distlab.coordination.lock import ZooKeeperClient
    >>> from distlab.sim import Simulation
    >>> nodes = {1: ZooKeeperClient(rounds=2), 2: ZooKeeperClient(rounds=2), "zookeeper": ZooKeeperServer()}
    >>> len(Simulation(nodes).run(until=1.0).records.query("event == 'acquired'"))
    4
    """

    stable: ClassVar[tuple[str, ...]] = ("connection", "next_number", "nodes", "sessions", "zxid")
    workers: ClassVar[int] = 1000

    def __init__(self, *, commit: float = 0.002, look: float = 0.0001) -> None:
        self.commit = seconds(commit, "commit")
        self.look = seconds(look, "look")
        self.sessions: dict[int, tuple[NodeId, float]] = {}  # number -> (client, time-out)
        self.nodes: dict[str, tuple[int, int]] = {}  # path -> (session, number of the change)
        self.next_number: dict[str, int] = {}  # parent -> the next number of a sequential node
        self.zxid = 32  # number of the last change
        self.watches: dict[str, list[NodeId]] = {}
        self.connection = 1  # how often the service has started
        self.told: dict[NodeId, int] = {}  # notifications sent since then
        self.unfinished: dict[int, int] = {}  # session -> changes that it asked for and that are not done
        self.silence: dict[int, Any] = {}  # session -> a timer that runs out when it is not heard of

    def on_start(self) -> None:
        self.become("zookeeper")

    def on_recover(self) -> None:
        self.connection += 1
        self.on_start()
        for session in self.sessions:
            self.hear_of(session)

    # --- sessions

    def on_connect(self, msg: Connect, sender: NodeId) -> None:
        self.work(self.commit, self.open_session, msg, sender)

    def open_session(self, msg: Connect, sender: NodeId) -> None:
        self.sessions[msg.session] = (sender, msg.timeout)
        self.hear_of(msg.session)
        self.send(sender, Connected(msg.session))

    def on_ping(self, msg: Ping, sender: NodeId) -> None:
        if self.is_open(msg.session, sender):
            self.send(sender, Pong(msg.session, self.connection, self.told.get(sender, 0)))

    def is_open(self, session: int, sender: NodeId) -> bool:
        """Note that a session was heard of; tell its client if there is no such session."""
        if session not in self.sessions:
            self.send(sender, SessionExpired(session))
            return False
        self.hear_of(session)
        return True

    def hear_of(self, session: int) -> None:
        timer = self.silence.get(session)
        if timer is not None:
            timer.cancel()
        self.silence[session] = self.after(self.sessions[session][1], self.expire, session)

    def expire(self, session: int) -> None:
        client = self.sessions.pop(session)[0]
        self.silence.pop(session)
        for path in [path for path, (owner, _) in self.nodes.items() if owner == session]:
            self.record("expired", lock=lock_of(path), holder=client)
            self.remove(path)

    # --- changes, and reads that do not overtake the changes of the same session

    def change(self, then: Any, msg: Any, sender: NodeId) -> None:
        self.unfinished[msg.session] = self.unfinished.get(msg.session, 0) + 1
        self.work(self.commit, self.done, then, msg, sender)

    def done(self, then: Any, msg: Any, sender: NodeId) -> None:
        self.unfinished[msg.session] -= 1
        then(msg, sender)

    def read(self, then: Any, msg: Any, sender: NodeId) -> None:
        self.work(self.commit if self.unfinished.get(msg.session) else self.look, then, msg, sender)

    def on_create(self, msg: Create, sender: NodeId) -> None:
        if self.is_open(msg.session, sender):
            self.change(self.create, msg, sender)

    def create(self, msg: Create, sender: NodeId) -> None:
        if msg.session not in self.sessions:
            self.send(sender, SessionExpired(msg.session))
            return
        path = msg.path
        if msg.sequential:
            parent = path.rpartition("/")[0]
            number = self.next_number.get(parent, 0)
            self.next_number[parent] = number + 1
            path = f"{path}{number:010d}"
        elif path in self.nodes:
            self.send(sender, Created(msg.session, None, 0))
            return
        self.zxid += 1
        self.nodes[path] = (msg.session, self.zxid)
        self.send(sender, Created(msg.session, path, self.zxid))

    def on_delete(self, msg: Delete, sender: NodeId) -> None:
        if self.is_open(msg.session, sender):
            self.change(self.delete, msg, sender)

    def delete(self, msg: Delete, sender: NodeId) -> None:
        if msg.path in self.nodes and self.nodes[msg.path][0] == msg.session:
            self.remove(msg.path)
        self.send(sender, Deleted(msg.session, msg.path))

    def remove(self, path: str) -> None:
        del self.nodes[path]
        for client in self.watches.pop(path, []):
            self.record("notified", client=client, path=path)
            self.told[client] = self.told.get(client, 0) + 1
            self.send(client, WatchEvent(path))

    # --- reads

    def on_exists(self, msg: Exists, sender: NodeId) -> None:
        if self.is_open(msg.session, sender):
            self.read(self.exists, msg, sender)

    def exists(self, msg: Exists, sender: NodeId) -> None:
        there = msg.path in self.nodes
        watchers = self.watches.setdefault(msg.path, [])
        if there and sender not in watchers:
            watchers.append(sender)
        self.send(sender, ExistsReply(msg.session, msg.path, there))

    def on_get_children(self, msg: GetChildren, sender: NodeId) -> None:
        if self.is_open(msg.session, sender):
            self.read(self.get_children, msg, sender)

    def get_children(self, msg: GetChildren, sender: NodeId) -> None:
        found = [path for path in self.nodes if path.rpartition("/")[0] == msg.parent]
        zxids = tuple([self.nodes[path][1] for path in found])
        self.send(sender, Children(msg.session, msg.xid, tuple(found), zxids))


def lock_of(path: str) -> str:
    """The lock that a node belongs to: the first name in its path.

    >>> lock_of("/stock/lock-0000000007"), lock_of("/stock")
    ('stock', 'stock')
    """
    return path.split("/")[1]
