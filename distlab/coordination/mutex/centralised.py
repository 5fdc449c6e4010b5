"""The centralised algorithm: a coordinator grants from a queue, first come, first served.

The course's 集中式; A. S. Tanenbaum and M. van Steen, *Distributed Systems*, chapter "Coordination",
section "Mutual exclusion".

The rule::

    to request:           Request to the coordinator
    the coordinator:      nobody is inside: Grant to the first in the queue; else the queue waits
    on Grant:             enter, if this request is still wanted; else Release
    to release:           Release to the coordinator

With ``heartbeat``, a standby takes over::

    the coordinator:      Heartbeat(epoch) to all, in every interval
    on Heartbeat:         follow the sender, unless the epoch is older;
                          answer Status: the own epoch, and idle, waiting or inside
    on Status:            of a later epoch: step down, and wait as a standby
                          else set right what is known: requests, grants and releases may have been lost
    the holder is silent for timeout:         it is dead: grant to the next
    the coordinator is silent for timeout (the second standby waits for 2 timeout, ...):
                          take over: a higher epoch, Heartbeat to all;
                          rebuild queue and holder from the answers, and grant nothing
                          until all have answered, or for timeout: who is silent is dead

Grants of an older epoch are ignored, so a coordinator that was replaced can let nobody in after a node has
heard of the new one. A coordinator that comes back waits as a standby. Without ``heartbeat`` there is no
standby, and a coordinator that comes back waits until all have answered, however long that takes. Epochs
and the numbers of requests are on disk.

That is right if whoever is silent for ``timeout`` has crashed: ``timeout`` is more than ``heartbeat`` and a
round trip. If the holder is only slow or cut off, the next is let in beside it.

Cost: 3 messages per entry, none for the coordinator's own. The delay from an exit to the next entry is two
messages. With heartbeats, 2(n-1) messages per interval besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from distlab.sim import NodeId, Timer, message
from distlab.sim.distributions import seconds

from .contender import Contender

__all__ = ["Centralised", "Grant", "Heartbeat", "Release", "Request", "Status"]


@message
class Request:
    """May I enter? This is my request of this number."""

    number: int


@message
class Grant:
    """You may."""

    epoch: int
    number: int


@message
class Release:
    """I have left, or do not want to enter any more."""

    number: int


@message
class Heartbeat:
    """I coordinate. What are you doing?"""

    epoch: int


@message
class Status:
    """What a node is doing with its latest request."""

    epoch: int
    number: int
    state: str


class Centralised(Contender):
    """A process of the centralised algorithm: the coordinator, a standby, or one that only asks.

    The coordinator's role is "leader", with its ``epoch``; the others' are those of a contender. Recorded
    is also "suspect" (peer), when the coordinator takes the holder for dead.

    Parameters
    ----------
    hold
        Seconds inside the critical section, for requests that do not say it themselves.
    coordinators
        The coordinator and its standbys, in the order in which they follow each other; None: only the
        smallest id. They may ask, too.
    heartbeat
        Seconds between heartbeats. None: none, and no standby takes over.
    timeout
        Seconds of silence after which somebody is taken for dead: more than ``heartbeat`` and a round trip.

    Raises
    ------
    ValueError
        If a duration is not one, ``timeout`` is not more than ``heartbeat``, or ``coordinators`` is empty
        or names a node that does not exist.

    References
    ----------
    The course, lecture 03.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation, cluster
    >>> calls = [Call(2, at=0.0, method="request"), Call(3, at=0.0, method="request")]
    >>> trace = Simulation(cluster(Centralised, 3), workload=calls).run()
    >>> trace.records.query("event == 'enter'").node.tolist(), len(trace.messages)
    ([2, 3], 6)
    """

    stable: ClassVar[tuple[str, ...]] = ("epoch", "number")

    def __init__(
        self,
        *,
        hold: float = 0.01,
        coordinators: Sequence[NodeId] | None = None,
        heartbeat: float | None = None,
        timeout: float = 0.2,
    ) -> None:
        super().__init__(hold=hold)
        self.heartbeat = None if heartbeat is None else seconds(heartbeat, "heartbeat", "more than 0")
        self.timeout = seconds(timeout, "timeout", "more than 0")
        if not timeout > (heartbeat or 0):
            raise ValueError(f"timeout must be more than heartbeat={heartbeat!r}; got {timeout!r}.")
        self.coordinators = None if coordinators is None else tuple(coordinators)
        if self.coordinators == ():
            raise ValueError("coordinators must name at least one node, or be None; got none.")
        self.epoch = 0
        self.number = 0  # of its latest request
        self.coordinator: NodeId | None = None  # None: it has come back, or stepped down, and heard of none
        self.holder: tuple[NodeId, int] | None = None  # who may be inside, and the number of its request
        self.queue: list[tuple[NodeId, int]] = []
        self.unheard: set[NodeId] = set()  # who has not answered since this node took over
        self.beat: Timer | None = None  # runs while it coordinates
        self.silence: Timer | None = (
            None  # of the coordinator, at a standby; of the holder, at the coordinator
        )

    def on_start(self) -> None:
        strangers = [id for id in self.succession() if id not in self.everybody()]
        if strangers:
            raise ValueError(f"coordinators must name nodes of the run; got {strangers[0]!r}.")
        self.coordinator = self.succession()[0]
        super().on_start()
        if self.id == self.coordinator:
            self.coordinate()
        else:
            self.watch_coordinator()

    def on_recover(self) -> None:
        super().on_recover()
        if self.heartbeat is not None:
            self.watch_coordinator()
        elif self.id == self.succession()[0]:
            self.take_over()
        else:
            self.coordinator = self.succession()[0]
            self.release()

    # --- to enter and to leave

    def acquire(self) -> None:
        self.number += 1
        self.wait()
        if self.coordinator == self.id:
            self.line_up(self.id, self.number)
        elif self.coordinator is not None:  # else the next coordinator will ask
            self.send(self.coordinator, Request(self.number))

    def release(self) -> None:
        if self.coordinator == self.id:
            self.strike_out(self.id, self.number)
        elif self.coordinator is not None:
            self.send(self.coordinator, Release(self.number))

    def show(self, state: str) -> None:
        if self.coordinator != self.id:
            super().show(state)

    # --- messages

    def on_request(self, msg: Request, sender: NodeId) -> None:
        if self.coordinator == self.id:
            self.line_up(sender, msg.number)

    def on_release(self, msg: Release, sender: NodeId) -> None:
        if self.coordinator == self.id:
            self.strike_out(sender, msg.number)

    def on_grant(self, msg: Grant, sender: NodeId) -> None:
        if self.is_outdated(msg.epoch):
            return
        self.follow(sender, msg.epoch)
        if msg.number == self.number and self.state == "waiting":
            self.enter()
        elif msg.number < self.number or self.state == "idle":
            self.send(sender, Release(msg.number))

    def on_heartbeat(self, msg: Heartbeat, sender: NodeId) -> None:
        if not self.is_outdated(msg.epoch):
            self.follow(sender, msg.epoch)
            self.watch_coordinator()
        self.send(sender, Status(self.epoch, self.number, self.state))

    def on_status(self, msg: Status, sender: NodeId) -> None:
        if self.coordinator == self.id and msg.epoch > self.epoch:
            self.step_down(msg.epoch)
        if self.coordinator != self.id or msg.epoch != self.epoch:
            return
        self.forget(sender, msg.number if msg.state == "idle" else msg.number - 1)
        if msg.state == "inside":
            self.find_inside(sender, msg.number)
        elif msg.state == "waiting":
            self.line_up(sender, msg.number)
        self.unheard.discard(sender)
        self.grant_next()

    # --- rules: the coordinator

    def coordinate(self) -> None:
        self.become("leader", epoch=self.epoch)
        if self.heartbeat is not None:
            self.beat = self.every(self.heartbeat, self.send_heartbeats)

    def send_heartbeats(self) -> None:
        self.broadcast(Heartbeat(self.epoch))

    def line_up(self, node: NodeId, number: int) -> None:
        if self.holder == (node, number):  # the grant was lost, or is on its way
            self.grant(node, number)
        elif (node, number) not in self.queue:
            self.queue.append((node, number))
            self.grant_next()

    def strike_out(self, node: NodeId, number: int) -> None:
        self.forget(node, number)
        self.grant_next()

    def forget(self, node: NodeId, number: int) -> None:
        """All requests of a node up to this number are over."""
        self.queue = [one for one in self.queue if one[0] != node or one[1] > number]
        if self.holder is not None and self.holder[0] == node and self.holder[1] <= number:
            self.holder = None

    def grant_next(self) -> None:
        if self.may_grant() and self.queue:
            self.holder = self.queue.pop(0)
            self.grant(*self.holder)

    def may_grant(self) -> bool:
        return self.holder is None and not self.unheard

    def grant(self, node: NodeId, number: int) -> None:
        if node == self.id:
            self.enter()
        else:
            self.send(node, Grant(self.epoch, number))
            self.watch_holder()

    def find_inside(self, node: NodeId, number: int) -> None:
        if self.holder is None:
            self.holder = (node, number)
        if self.holder == (node, number):
            self.watch_holder()

    def watch_holder(self) -> None:
        if self.heartbeat is not None:
            self.listen(self.timeout)

    def holder_is_silent(self) -> None:
        if self.holder is not None and self.holder[0] != self.id:
            self.record("suspect", peer=self.holder[0])
            self.strike_out(*self.holder)

    # --- rules: standbys

    def succession(self) -> tuple[NodeId, ...]:
        return self.coordinators or (self.everybody()[0],)

    def watch_coordinator(self) -> None:
        if self.heartbeat is not None and self.id in self.succession():
            self.listen(self.timeout * max(1, self.succession().index(self.id)))

    def listen(self, delay: float) -> None:
        if self.silence is None:
            self.silence = self.after(delay, self.heard_nobody)
        else:
            self.silence.reset(delay)

    def heard_nobody(self) -> None:
        if self.coordinator == self.id:
            self.holder_is_silent()
        else:
            self.take_over()

    def take_over(self) -> None:
        self.epoch = self.next_epoch()
        self.coordinator = self.id
        self.holder, self.queue, self.unheard = None, [], set(self.peers)
        self.coordinate()
        self.send_heartbeats()
        if self.heartbeat is not None:
            self.after(self.timeout, self.stop_asking)
        if self.state == "waiting":
            self.line_up(self.id, self.number)
        elif self.state == "inside":
            self.find_inside(self.id, self.number)

    def next_epoch(self) -> int:
        """The next one that belongs to this node: no two nodes ever share an epoch."""
        rank, of = self.succession().index(self.id), len(self.succession())
        return self.epoch + 1 + (rank - self.epoch - 1) % of

    def stop_asking(self) -> None:
        self.unheard = set()
        if self.coordinator == self.id:
            self.grant_next()

    def is_outdated(self, epoch: int) -> bool:
        return epoch < self.epoch

    def step_down(self, epoch: int) -> None:
        self.follow(None, epoch)
        self.watch_coordinator()

    def follow(self, coordinator: NodeId | None, epoch: int) -> None:
        if self.coordinator == self.id and self.beat is not None:
            self.beat.cancel()
        self.epoch = epoch
        if self.coordinator != coordinator:
            self.coordinator = coordinator
            self.show(self.state)
