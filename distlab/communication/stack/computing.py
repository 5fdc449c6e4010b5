"""A server that computes: the computing layer of the stack.

The rule::

    on Request:         compute; then Write to the store
    on Written:         Response to the caller

The server remembers nothing of what it has served: a request that comes twice is computed twice.
"""

from __future__ import annotations

from typing import ClassVar

from distlab.sim import Node, NodeId
from distlab.sim.distributions import seconds

from .rpc import Request, Response
from .storage import Write, Written

__all__ = ["Server"]


class Server(Node):
    """Computes what a request asks for, and lets the store keep the result.

    Parameters
    ----------
    compute
        Seconds of work for each request.
    store
        Id of the store's primary.

    Raises
    ------
    ValueError
        If ``compute`` is negative.
    """

    workers: ClassVar[int] = 16  # processors: more than there are slots, so that work begins at once

    def __init__(self, compute: float = 0.01, store: NodeId = "store 1") -> None:
        self.compute = seconds(compute, "compute")
        self.store = store
        self.callers: dict[int, NodeId] = {}

    def on_request(self, msg: Request, sender: NodeId) -> None:
        self.work(self.compute, self.computed, msg.number, sender)

    def computed(self, number: int, caller: NodeId) -> None:
        self.callers[number] = caller
        self.send(self.store, Write(number))

    def on_written(self, msg: Written, sender: NodeId) -> None:
        if msg.number in self.callers:
            self.send(self.callers.pop(msg.number), Response(msg.number))
