"""Ricart and Agrawala: a reply is a permission, and whoever comes later is not answered until the exit.

G. Ricart and A. K. Agrawala, *An Optimal Algorithm for Mutual Exclusion in Computer Networks*,
Communications of the ACM 24(1), 1981, with the paper's names.

The rule::

    to request:      Our_Sequence_Number = Highest_Sequence_Number + 1;  send Request to all others
    on Request(k):   Highest_Sequence_Number = max(Highest_Sequence_Number, k)
                     inside, or requesting with (Our_Sequence_Number, id) < (k, sender):  defer the reply
                     else:                                                                Reply
    to enter:        all others have replied
    to release:      send the deferred replies

Nodes may ask all at once, links need not be FIFO, and entries are in the order of (sequence number, id). A
reply names the request that it answers, so one that comes after a crash is not taken for the next one.
Highest_Sequence_Number and the deferred replies are on disk; a node that comes back sends these replies.

One crash blocks everybody, unless the dead are skipped (``patience``)::

    no reply for patience:   ask all that are missing: AreYouThere
    on AreYouThere:          Here, if the reply is deferred; else Reply
    no answer for patience:  do without that node's reply, until it is heard of again
    a skipped node asks, and comes first:  reply, and ask it again

That is right if a node that is silent for so long has crashed: ``patience`` is more than a round trip. If
it is only slow or cut off, two may be inside.

Cost: 2(n-1) messages per entry, so 2n(n-1) if all n ask at once. The delay from an exit to the next entry
is one message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from distlab.sim import NodeId, Timer, message
from distlab.sim.distributions import seconds

from .contender import Contender

__all__ = ["AreYouThere", "Here", "Reply", "Request", "RicartAgrawala"]


@message
class Request:
    """May I enter?"""

    sequence_number: int


@message
class Reply:
    """You may, as far as I am concerned."""

    sequence_number: int


@message
class AreYouThere:
    """You have not replied to my request; are you alive?"""

    sequence_number: int


@message
class Here:
    """I am; the reply will come later."""

    sequence_number: int


class RicartAgrawala(Contender):
    """A node of Ricart and Agrawala's algorithm.

    Recorded is also "skip" (peer), when a node does without a reply.

    Parameters
    ----------
    hold
        Seconds inside the critical section, for requests that do not say it themselves.
    patience
        Seconds without a sign of life after which a peer is taken for dead: more than a round trip. None:
        never.

    Raises
    ------
    ValueError
        If a duration is not one.

    References
    ----------
    Ricart and Agrawala 1981.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation, cluster
    >>> calls = [Call(2, at=0.0, method="request"), Call(1, at=0.0, method="request")]
    >>> trace = Simulation(cluster(RicartAgrawala, 3), workload=calls).run()
    >>> trace.records.query("event == 'enter'").node.tolist(), len(trace.messages)
    ([1, 2], 8)
    """

    stable: ClassVar[tuple[str, ...]] = ("highest_sequence_number", "reply_deferred")

    def __init__(self, *, hold: float = 0.01, patience: float | None = None) -> None:
        super().__init__(hold=hold)
        self.patience = None if patience is None else seconds(patience, "patience", "more than 0")
        self.highest_sequence_number = 0
        self.our_sequence_number = 0
        self.reply_deferred: dict[NodeId, int] = {}  # who waits for a reply -> the number of its request
        self.outstanding: set[NodeId] = set()  # whose reply is missing
        self.silent: set[NodeId] = set()  # who has not answered AreYouThere
        self.skipped: set[NodeId] = set()  # who is taken for dead
        self.alarm: Timer | None = None

    def on_recover(self) -> None:
        super().on_recover()
        self.release()

    # --- to enter and to leave

    def acquire(self) -> None:
        self.choose_sequence_number()
        self.wait(timestamp=self.our_sequence_number)
        self.outstanding = set()
        self.silent = set()
        self.ask(self.needed())
        if self.patience is not None:
            self.alarm = self.after(self.patience, self.look_for_the_dead)
        self.try_to_enter()

    def choose_sequence_number(self) -> None:
        self.our_sequence_number = self.highest_sequence_number = self.highest_sequence_number + 1

    def needed(self) -> Sequence[NodeId]:
        return [peer for peer in self.peers if peer not in self.skipped]

    def release(self) -> None:
        deferred, self.reply_deferred = self.reply_deferred, {}
        for node, sequence_number in deferred.items():
            self.reply(node, sequence_number)

    # --- messages

    def on_request(self, msg: Request, sender: NodeId) -> None:
        self.see(msg.sequence_number)
        self.is_alive(sender)
        if self.defers(msg.sequence_number, sender):
            self.reply_deferred[sender] = msg.sequence_number
        else:
            self.reply(sender, msg.sequence_number)

    def on_reply(self, msg: Reply, sender: NodeId) -> None:
        self.is_alive(sender)
        if self.answers(msg):
            self.outstanding.discard(sender)
            self.try_to_enter()

    def on_are_you_there(self, msg: AreYouThere, sender: NodeId) -> None:
        self.on_request(Request(msg.sequence_number), sender)  # it may have been lost
        if sender in self.reply_deferred:
            self.send(sender, Here(msg.sequence_number))

    def on_here(self, msg: Here, sender: NodeId) -> None:
        self.is_alive(sender)

    # --- rules

    def see(self, sequence_number: int) -> None:
        self.highest_sequence_number = max(self.highest_sequence_number, sequence_number)

    def defers(self, sequence_number: int, sender: NodeId) -> bool:
        return self.state == "inside" or (
            self.state == "waiting" and self.comes_before(sequence_number, sender)
        )

    def comes_before(self, sequence_number: int, sender: NodeId) -> bool:
        return (self.our_sequence_number, self.id) < (sequence_number, sender)

    def ask(self, nodes: Sequence[NodeId]) -> None:
        self.outstanding.update(nodes)
        self.broadcast(Request(self.our_sequence_number), to=nodes)

    def reply(self, node: NodeId, sequence_number: int) -> None:
        self.send(node, Reply(sequence_number))
        if self.state == "waiting" and node not in self.outstanding:
            self.ask([node])

    def answers(self, msg: Reply) -> bool:
        return self.state == "waiting" and msg.sequence_number == self.our_sequence_number

    def try_to_enter(self) -> None:
        if not self.outstanding:
            if self.alarm is not None:
                self.alarm.cancel()
            self.enter()

    # --- skipping the dead

    def look_for_the_dead(self) -> None:
        for peer in sorted(self.silent & self.outstanding):
            self.skip(peer)
        if self.outstanding:
            self.silent = set(self.outstanding)
            self.broadcast(AreYouThere(self.our_sequence_number), to=sorted(self.outstanding))
            if self.alarm is not None:
                self.alarm.reset()
        else:
            self.try_to_enter()

    def is_alive(self, peer: NodeId) -> None:
        self.silent.discard(peer)
        self.skipped.discard(peer)

    def skip(self, peer: NodeId) -> None:
        self.skipped.add(peer)
        self.outstanding.discard(peer)
        self.record("skip", peer=peer)
