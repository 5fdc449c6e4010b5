"""What all mutual exclusion algorithms share: a node that is asked to enter the critical section, and does.

The outside world calls ``request(hold)``. Requests of one node are served one after the other::

    idle      asked:      acquire(), the algorithm's entry protocol; it calls wait() and, when it may, enter()
    waiting   enter():    be inside for the time that the request named
    inside    time over:  leave(), then release(), the algorithm's exit protocol; then the next request

Recorded are "request" (with the ``timestamp``, where the algorithm has one) when the entry protocol begins,
"enter" and "exit". :class:`distlab.check.MutualExclusion` judges these.
"""

from __future__ import annotations

from typing import Any

from distlab.sim import Node, NodeId
from distlab.sim.distributions import seconds

__all__ = ["Contender"]


class Contender(Node):
    """A node that enters the critical section when it is asked to; subclasses say how.

    Roles are "idle", "waiting" and "inside".

    Parameters
    ----------
    hold
        Seconds inside the critical section, for requests that do not say it themselves.

    Raises
    ------
    ValueError
        If ``hold`` is not a duration.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation
    >>> class Reckless(Contender):
    ...     def acquire(self):
    ...         self.wait()
    ...         self.enter()
    >>> trace = Simulation([Reckless()], workload=[Call(1, at=1.0, method="request", args=(0.5,))]).run()
    >>> trace.records[["time", "event"]].values.tolist()
    [[1.0, 'request'], [1.0, 'enter'], [1.5, 'exit']]
    """

    def __init__(self, *, hold: float = 0.01) -> None:
        self.hold = seconds(hold, "hold")
        self.state = "idle"
        self.requests: list[float] = []  # seconds inside, for each request that is not served yet

    def on_start(self) -> None:
        self.show("idle")

    def on_recover(self) -> None:
        self.show("idle")

    # --- for the outside world

    def request(self, hold: float | None = None) -> None:
        """Enter the critical section as soon as possible, for ``hold`` seconds (default: the node's own)."""
        self.requests.append(self.hold if hold is None else seconds(hold, "hold"))
        if self.state == "idle":
            self.acquire()

    # --- for the algorithm

    def wait(self, **facts: Any) -> None:
        self.state = "waiting"
        self.show("waiting")
        self.record("request", **facts)

    def enter(self) -> None:
        self.state = "inside"
        self.show("inside")
        self.record("enter")
        self.after(self.requests.pop(0), self.leave)

    def leave(self) -> None:
        self.state = "idle"
        self.show("idle")
        self.record("exit")
        self.release()
        if self.requests and self.state == "idle":
            self.acquire()

    def show(self, state: str) -> None:
        self.become(state)

    def everybody(self) -> list[NodeId]:
        return sorted((*self.peers, self.id))

    # --- what the algorithm says

    def acquire(self) -> None:
        raise NotImplementedError(f"{type(self).__name__} must say in acquire() how it enters.")

    def release(self) -> None:
        """The exit protocol; by default nobody is told."""
