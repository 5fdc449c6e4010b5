"""The client of PBFT: believes what f+1 replicas say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from distlab.sim import Node, NodeId, Operation, Timer
from distlab.sim.distributions import seconds

from .pbft_messages import Reply, Request

__all__ = ["PbftClient"]


class PbftClient(Node):
    """A client that asks for one operation after the other.

    It sends its request to the primary of the last view that it has heard of, and to all replicas when no
    result comes in time. It accepts a result that f+1 replicas send: one of them is correct. After a crash it
    asks again for what it had no result of, with a new time stamp: it may be executed twice.

    Parameters
    ----------
    replicas
        The ids of all replicas.
    operations
        What to ask for at the beginning; :meth:`request` adds more.
    f
        How many replicas may be faulty; None: (n-1)//3.
    patience
        Seconds until it asks all replicas, again and again.

    References
    ----------
    Castro and Liskov 1999, section 4.1.

    Examples
    --------
    >>> PbftClient((1, 2, 3, 4), [("write", 7), ("read",)]).f
    1
    """

    stable: ClassVar[tuple[str, ...]] = ("operations", "timestamp")

    def __init__(
        self,
        replicas: Sequence[NodeId],
        operations: Sequence[Any] = (),
        *,
        f: int | None = None,
        patience: float = 0.3,
    ) -> None:
        self.replicas = tuple(replicas)
        self.f = (len(self.replicas) - 1) // 3 if f is None else f
        self.patience = seconds(patience, "patience", "more than 0")
        self.operations = list(operations)  # still to be asked for
        self.timestamp = 0
        self.view = 0
        self.current: Request | None = None
        self.operation: Operation
        self.replies: dict[NodeId, Any] = {}
        self.timer: Timer

    def on_start(self) -> None:
        self.timer = self.after(self.patience, self.ask_all)
        self.timer.cancel()
        self.ask_next()

    def request(self, operation: Any) -> None:
        """One more operation; a call of the outside world."""
        self.operations.append(operation)
        if self.current is None:
            self.ask_next()

    # --- messages

    def on_reply(self, msg: Reply, sender: NodeId) -> None:
        if self.current is None or msg.replica != sender or msg.timestamp != self.current.timestamp:
            return
        self.replies[sender] = msg.result
        if self.is_believed(msg.result):
            self.view = max(self.view, msg.view)
            self.timer.cancel()
            self.current = None
            self.operations.pop(0)
            self.operation.complete(msg.result)
            self.ask_next()

    # --- timers

    def ask_all(self) -> None:
        self.broadcast(self.current, self.replicas)
        self.timer.reset(self.patience)

    # --- rules

    def ask_next(self) -> None:
        if not self.operations:
            return
        what = self.operations[0]
        self.timestamp += 1
        self.current = Request(self.id, self.timestamp, what)
        self.replies = {}
        self.operation = self.invoke(what[0], value=what[1] if len(what) > 1 else None)
        self.send(self.replicas[self.view % len(self.replicas)], self.current)
        self.timer.reset(self.patience)

    def is_believed(self, result: Any) -> bool:
        """f+1 replicas say the same, so a correct one does."""
        return list(self.replies.values()).count(result) > self.f
