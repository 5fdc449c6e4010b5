"""Lamport's mutual exclusion: everybody keeps the whole queue, ordered by logical time.

L. Lamport, *Time, Clocks, and the Ordering of Events in a Distributed System*, Communications of the ACM
21(7), 1978, the five rules of the section "Ordering the Events Totally". Links must be FIFO:
``Network(fifo=True)``.

The rule::

    to request:      send Request(Tm) to all others, and put Tm into the own queue
    on Request(Tm):  put it into the queue, and acknowledge it to the sender
    to release:      remove the own request from the queue, and send Release to all others
    on Release:      remove the sender's request from the queue
    to enter:        the own (Tm, id) comes before all others in the queue, and
                     all others have acknowledged Tm

The paper asks for any message from each other process with a time stamp later than Tm. That is enough if no
message is ever lost. Here it must be the acknowledgement of this very request, so a lost message can block
somebody, but never lets two in. Clock and queue are on disk: a node that forgot the queue would let itself
in.

Cost: 3(n-1) messages per entry. Entries are in the order of (Tm, id). The delay from an exit to the next
entry is one message. One crash blocks everybody.
"""

from __future__ import annotations

from typing import ClassVar

from distlab.sim import NodeId, message

from .contender import Contender

__all__ = ["Acknowledge", "Lamport", "Release", "Request"]


@message
class Request:
    """I want to enter; my clock showed this."""

    timestamp: int


@message
class Acknowledge:
    """I have put your request into my queue."""

    timestamp: int


@message
class Release:
    """I have left; forget my request."""

    timestamp: int


class Lamport(Contender):
    """A process of Lamport's algorithm of 1978. Links must be FIFO.

    Parameters
    ----------
    hold
        Seconds inside the critical section, for requests that do not say it themselves.

    References
    ----------
    Lamport 1978, section "Ordering the Events Totally".

    Examples
    --------
    >>> from distlab.sim import Call, Network, Simulation, cluster
    >>> calls = [Call(2, at=0.0, method="request"), Call(1, at=0.0, method="request")]
    >>> trace = Simulation(cluster(Lamport, 3), network=Network(fifo=True), workload=calls).run()
    >>> trace.records.query("event == 'enter'").node.tolist(), len(trace.messages)
    ([1, 2], 12)
    """

    stable: ClassVar[tuple[str, ...]] = ("clock", "queue")

    def __init__(self, *, hold: float = 0.01) -> None:
        super().__init__(hold=hold)
        self.clock = 0
        self.queue: dict[NodeId, int] = {}  # whoever wants to enter -> the time stamp of its request
        self.acknowledged: set[NodeId] = set()

    def on_recover(self) -> None:
        super().on_recover()
        if self.id in self.queue:  # it crashed while it was waiting or inside
            self.release()

    # --- to enter and to leave

    def acquire(self) -> None:
        self.clock += 1
        self.wait(timestamp=self.clock)
        self.queue[self.id] = self.clock
        self.acknowledged = set()
        self.broadcast(Request(self.clock))
        self.try_to_enter()

    def release(self) -> None:
        timestamp = self.queue.pop(self.id)
        self.broadcast(Release(timestamp))

    # --- messages

    def on_request(self, msg: Request, sender: NodeId) -> None:
        self.see(msg.timestamp)
        self.queue[sender] = msg.timestamp
        self.send(sender, Acknowledge(msg.timestamp))

    def on_acknowledge(self, msg: Acknowledge, sender: NodeId) -> None:
        if self.answers(msg):
            self.acknowledged.add(sender)
            self.try_to_enter()

    def on_release(self, msg: Release, sender: NodeId) -> None:
        if self.queue.get(sender) == msg.timestamp:
            del self.queue[sender]
            self.try_to_enter()

    # --- rules

    def see(self, timestamp: int) -> None:
        self.clock = max(self.clock, timestamp)

    def answers(self, msg: Acknowledge) -> bool:
        return self.state == "waiting" and msg.timestamp == self.queue[self.id]

    def try_to_enter(self) -> None:
        if self.state == "waiting" and self.is_first() and self.is_known_to_all():
            self.enter()

    def is_first(self) -> bool:
        return all((self.queue[self.id], self.id) <= (stamp, node) for node, stamp in self.queue.items())

    def is_known_to_all(self) -> bool:
        return len(self.acknowledged) == len(self.peers)
