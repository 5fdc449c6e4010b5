"""What a lock guards: a store of one value, which may look at fencing tokens.

M. Kleppmann, "How to do distributed locking", 2016; M. Burrows, "The Chubby lock service for loosely-coupled
distributed systems", OSDI 2006, section 2.4 (there: sequencers).

The rule::

    a lock service gives a token with each lock, greater than all tokens before it
    the store      remembers the highest token that it has seen, in reads and in writes,
                   and refuses what comes with a lower one
                   a read or write without a token is not looked at

A client reads a value, works on it, and writes a new one. The store counts versions: a write that was worked
out from an older version than the present one destroys an update that somebody made in between. A write
that is sent again because its answer was late is not done twice.
"""

from __future__ import annotations

from typing import ClassVar

from distlab.sim import Node, NodeId, message

__all__ = ["Read", "Store", "Value", "Write", "Written"]


@message
class Read:
    """What is the value? ``visit`` is the number of the client's hold."""

    visit: int
    token: int | None


@message
class Value:
    """It is this; None: the token is too old."""

    visit: int
    value: int | None
    version: int


@message
class Write:
    """Let this be the value. It was worked out from this version."""

    visit: int
    value: int
    version: int
    token: int | None


@message
class Written:
    """Whether it was done."""

    visit: int
    accepted: bool


class Store(Node):
    """A value on disk, and the highest token that it was used with.

    Recorded is "write" (client, value, token, accepted, lost): ``lost`` says that an accepted write destroyed
    one that its client had not read.

    Parameters
    ----------
    stock
        The value at the beginning.
    fencing
        Whether it looks at tokens.

    Raises
    ------
    ValueError
        If ``stock`` is not a whole number.

    References
    ----------
    Kleppmann 2016, "Making the lock safe with fencing".

    Examples
    --------
    >>> from distlab.coordination.lock import NoLock
    >>> from distlab.sim import Simulation
    >>> buyers = {id: NoLock(store="store", rounds=1) for id in (1, 2)}
    >>> trace = Simulation({**buyers, "store": Store(stock=5)}).run()
    >>> trace.records.query("event == 'write'")[["value", "lost"]].values.tolist()
    [[4.0, False], [4.0, True]]
    """

    stable: ClassVar[tuple[str, ...]] = ("done", "highest", "value", "version")

    def __init__(self, *, stock: int = 1000, fencing: bool = False) -> None:
        if isinstance(stock, bool) or not isinstance(stock, int):
            raise ValueError(f"stock must be a whole number; got {stock!r}.")
        self.fencing = fencing
        self.value = stock
        self.version = 0
        self.highest = 0
        self.done: dict[NodeId, int] = {}  # client -> the visit of its last write that was accepted

    def on_read(self, msg: Read, sender: NodeId) -> None:
        fresh = self.admits(msg.token)
        if fresh:
            self.remember(msg.token)
        self.send(sender, Value(msg.visit, self.value if fresh else None, self.version))

    def on_write(self, msg: Write, sender: NodeId) -> None:
        if self.done.get(sender) == msg.visit:  # its answer was lost
            self.send(sender, Written(msg.visit, True))
            return
        accepted = self.admits(msg.token)
        lost = accepted and msg.version != self.version
        self.record(
            "write", client=sender, value=msg.value, token=msg.token or 0, accepted=accepted, lost=lost
        )
        if accepted:
            self.remember(msg.token)
            self.value = msg.value
            self.version += 1
            self.done[sender] = msg.visit
        self.send(sender, Written(msg.visit, accepted))

    def admits(self, token: int | None) -> bool:
        return not self.fencing or token is None or token >= self.highest

    def remember(self, token: int | None) -> None:
        self.highest = max(self.highest, token or 0)
