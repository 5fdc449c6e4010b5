"""ZAB: ZooKeeper's fast leader election, and the new epoch that makes its winner a leader.

F. Junqueira, B. Reed, M. Serafini, *Zab: High-performance Broadcast for Primary-Backup Systems*, DSN 2011
(phases 1 and 2); A. Medeiros, *ZooKeeper's Atomic Broadcast Protocol: Theory and Practice*, 2012; and
ZooKeeper's sources (FastLeaderElection, Leader, Learner).

The rule; a vote is <epoch, zxid, server id>, and votes are compared in this order::

    Fast leader election: a server is looking
      to look for a leader      round += 1; vote for itself; send the vote to all voters; again after resend
      on a vote of this round   a better one:     vote for the same, send it to all voters
         of a higher round      enter that round; vote for the better of it and itself, send it to all voters
         of a lower round       answer with its own vote
      a quorum votes like it    and no better vote comes for finalize_wait:  its candidate is elected
    A server that does not look answers a vote with its own and its state. Who hears from a quorum, and
    from the leader itself, that it leads, joins it.

    Phase 1, discovery                                                           in the paper
      a follower                FollowerInfo(accepted_epoch) to the elected      CEPOCH(f.p)
      elected, by a quorum      epoch = highest accepted_epoch + 1; LeaderInfo   NEWEPOCH(e')
      a follower                epoch > accepted_epoch:  AckEpoch: a promise     ACK-E(f.a, h)
                                epoch = accepted_epoch:  AckEpoch: no promise
      elected                   its follower accepted a later epoch: accept it, look anew  (not in ZooKeeper)
    Phase 2, synchronization
      promised by a quorum      NewLeader(epoch, its history)                    NEWLEADER(e', I)
                                a follower's history is fresher:  look anew
      a follower                current_epoch = epoch, take the history; Ack     ACK-LD
      Acks of a quorum          it is established, and leads

    a leader                    pings; hears from less than a quorum for timeout:  look anew
    a follower                  no ping for timeout:  look anew

A role says what a server can do: the elected one is shown as "looking" until it is established, its
followers until they have the epoch. A quorum is more than half of the voters, oneself included. Quorums
meet, and nobody promises an epoch twice, so no epoch has two established leaders. Such a leader stays
when a larger id returns. ZooKeeper leaves out a follower that has accepted a later epoch than its leader's.

Cost, when all n start at once, with equal histories and delays: n (n - 1) notifications in round one,
where all vote for themselves; (n - 1)^2 in round two, where all but one vote anew (n (n - 1) bounds a
round); 5 (n - 1) messages for the epoch. In time: two messages, finalize_wait, four messages. With
unequal delays a server votes anew for each better vote that comes.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import ClassVar

from distlab.sim import Node, NodeId, Timer, message

from .durations import seconds

__all__ = [
    "Ack",
    "AckEpoch",
    "FollowerInfo",
    "LeaderInfo",
    "NewLeader",
    "Notification",
    "Ping",
    "Pong",
    "Zab",
]

Vote = tuple[int, int, NodeId]  # <epoch, zxid, server id>


@message
class Notification:
    """A server's vote, the round that it was cast in, and the server's state."""

    epoch: int
    zxid: int
    leader: int | str
    round: int
    state: str

    @property
    def vote(self) -> Vote:
        return (self.epoch, self.zxid, self.leader)


@message
class FollowerInfo:
    """A follower (or an observer) comes to the server it takes for elected."""

    accepted_epoch: int


@message
class LeaderInfo:
    """The elected server proposes a new epoch."""

    epoch: int


@message
class AckEpoch:
    """A follower's history, and whether it promises to follow nobody else in this epoch."""

    epoch: int
    promised: bool
    current_epoch: int
    zxid: int


@message
class NewLeader:
    """The epoch begins, with the leader's history."""

    epoch: int
    zxid: int


@message
class Ack:
    """The follower has taken over the leader's history."""

    epoch: int


@message
class Ping:
    """From a leader to its followers."""


@message
class Pong:
    """The answer to a ping."""


class Zab(Node):
    """A ZooKeeper server, as far as elections go.

    Roles are "looking" (with ``round``), "leading" (``epoch``), "following" and "observing" (``leader`` and
    ``epoch``). Recorded are "vote" (round, candidate, and the candidate's epoch and zxid), whenever a server
    votes, and "elected" (round, leader), when it finds that somebody has won.

    Parameters
    ----------
    zxid
        The last transaction in the server's history.
    epoch
        The epoch that the history belongs to.
    observers
        Ids of the servers that do not vote; the same for all servers.
    finalize_wait
        Seconds to wait for a better vote once a quorum agrees; 0.2 in ZooKeeper (``finalizeWait``).
    resend
        Seconds after which a looking server sends its vote again. ZooKeeper begins with 0.2 and doubles them
        up to 60.
    patience
        Seconds from the end of an election within which its winner must be established (``initLimit``).
    heartbeat
        Seconds between pings, and between attempts to reach the elected server.
    timeout
        Seconds without a sign of the leader, or of a quorum of followers, after which a server looks anew
        (``syncLimit``): more than ``heartbeat``.

    Raises
    ------
    ValueError
        If a duration is not more than 0, ``timeout`` is not more than ``heartbeat``, ``zxid`` or
        ``epoch`` is not a whole number of 0 or more, or ``observers`` leaves nobody to vote.

    References
    ----------
    Junqueira, Reed and Serafini 2011; Medeiros 2012.

    Examples
    --------
    >>> from distlab.sim import Crash, Recover, Simulation, cluster
    >>> trace = Simulation(cluster(Zab, 3), faults=[Crash(3, at=1.0), Recover(3, at=3.0)]).run(until=5.0)
    >>> trace.roles.query("role == 'leading'")[["node", "epoch"]].astype(int).values.tolist()
    [[3, 1], [2, 2]]
    """

    stable: ClassVar[tuple[str, ...]] = ("accepted_epoch", "current_epoch", "zxid")

    vote: Vote
    finalizing: bool  # has a quorum voted like this server?
    votes: dict[NodeId, Vote]  # of this round
    settled: dict[NodeId, tuple[NodeId, int, str]]  # what servers not looking say: leader, epoch, state
    learners: dict[NodeId, int]  # who has come to follow this server: its accepted_epoch
    promised: dict[NodeId, bool]  # who has answered to its epoch: did it promise?
    acks: set[NodeId]  # who has taken over its history
    heard: set[NodeId]  # from whom it has heard since it last checked
    epoch: int | None  # that it has proposed

    def __init__(
        self,
        *,
        zxid: int = 0,
        epoch: int = 0,
        observers: Iterable[NodeId] = (),
        finalize_wait: float = 0.2,
        resend: float = 0.2,
        patience: float = 0.5,
        heartbeat: float = 0.05,
        timeout: float = 0.2,
    ) -> None:
        self.zxid = _whole(zxid, "zxid")
        self.current_epoch = self.accepted_epoch = _whole(epoch, "epoch")
        self.observers = tuple(observers)
        self.finalize_wait = seconds(finalize_wait, "finalize_wait")
        self.resend = seconds(resend, "resend")
        self.patience = seconds(patience, "patience")
        self.heartbeat = seconds(heartbeat, "heartbeat")
        self.timeout = seconds(timeout, "timeout")
        if not timeout > heartbeat:
            raise ValueError(f"timeout must be more than heartbeat={heartbeat!r}; got {timeout!r}.")
        self.voters: tuple[NodeId, ...] = ()
        self.round = 0  # ZooKeeper's logical clock
        self.leader: NodeId | None = None  # who was elected; None: looking
        self.timer: Timer | None = None  # what the server is waiting for now
        self.beat: Timer | None = None  # runs while it pings, or tries to reach its leader
        self.sending: Timer | None = None  # a new vote that goes out when all that has arrived is read

    def on_start(self) -> None:
        self.voters = tuple([id for id in sorted((*self.peers, self.id)) if id not in self.observers])
        if not self.voters:
            raise ValueError(f"observers must leave at least one server to vote; got {self.observers!r}.")
        self.look_for_leader()

    # --- messages: fast leader election

    def on_notification(self, msg: Notification, sender: NodeId) -> None:
        if msg.state != "looking":
            if self.leader is None:
                self.hear_of_leader(msg, sender)
        elif self.leader is not None or sender in self.observers:
            self.send(sender, self.notification())
        elif self.id not in self.observers:
            self.receive_vote(msg, sender)

    def receive_vote(self, msg: Notification, sender: NodeId) -> None:
        if msg.round < self.round:
            self.send(sender, self.notification())
            return
        if msg.round > self.round:
            self.round = msg.round
            self.votes = {}
            self.cast_vote(max(self.own_vote(), msg.vote))
        elif self.is_better(msg.vote):
            self.cast_vote(msg.vote)
        self.count_vote(msg.vote, sender)

    def hear_of_leader(self, msg: Notification, sender: NodeId) -> None:
        if msg.round == self.round:
            self.count_vote(msg.vote, sender)
        self.settled[sender] = (msg.leader, msg.epoch, msg.state)
        if self.is_confirmed(msg):
            self.round = msg.round
            self.vote = msg.vote
            self.end_election()

    # --- messages: discovery and synchronization

    def on_follower_info(self, msg: FollowerInfo, sender: NodeId) -> None:
        self.learners[sender] = msg.accepted_epoch
        if self.leader == self.id:  # else it may be elected soon
            self.heard.add(sender)
            if self.epoch is None:
                self.propose_epoch()
            elif msg.accepted_epoch > self.epoch:
                self.make_room_for(msg.accepted_epoch)
            else:
                self.send(sender, LeaderInfo(self.epoch))

    def on_leader_info(self, msg: LeaderInfo, sender: NodeId) -> None:
        if sender != self.leader or self.role != "looking":
            return
        if msg.epoch < self.accepted_epoch:
            self.look_for_leader()
        else:
            promised = self.promise(msg.epoch)
            self.send(sender, AckEpoch(msg.epoch, promised, self.current_epoch, self.zxid))

    def on_ack_epoch(self, msg: AckEpoch, sender: NodeId) -> None:
        if self.leader != self.id or msg.epoch != self.epoch:
            return
        self.heard.add(sender)
        if self.is_ahead(msg):
            self.look_for_leader()
        elif self.current_epoch == self.epoch:  # it has begun
            self.send(sender, NewLeader(self.epoch, self.zxid))
        else:
            self.promised[sender] = msg.promised or self.promised.get(sender, False)
            self.begin_epoch()

    def on_new_leader(self, msg: NewLeader, sender: NodeId) -> None:
        if sender != self.leader or msg.epoch < self.accepted_epoch:
            return
        if self.role == "looking":
            self.accepted_epoch = self.current_epoch = msg.epoch
            self.zxid = msg.zxid
            self.follow()
        self.send(sender, Ack(msg.epoch))

    def on_ack(self, msg: Ack, sender: NodeId) -> None:
        if self.leader == self.id and msg.epoch == self.epoch:
            self.heard.add(sender)
            self.acks.add(sender)
            self.establish()

    def on_ping(self, msg: Ping, sender: NodeId) -> None:
        if sender == self.leader and self.role != "looking":
            self.watch_leader()
            self.send(sender, Pong())

    def on_pong(self, msg: Pong, sender: NodeId) -> None:
        if self.leader == self.id:
            self.heard.add(sender)

    # --- timers

    def wait(self, delay: float, then: Callable[[], None]) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.timer = self.after(delay, then)

    def send_vote(self) -> None:
        self.broadcast(self.notification(), to=[id for id in self.voters if id != self.id])

    def announce_vote(self) -> None:
        if self.id not in self.observers:
            epoch, zxid, candidate = self.vote
            self.record("vote", round=self.round, candidate=candidate, epoch=epoch, zxid=zxid)
        self.send_vote()

    def send_vote_again(self) -> None:
        self.send_vote()
        self.wait(self.resend, self.send_vote_again)

    def reach_leader(self) -> None:
        self.send(self.leader, FollowerInfo(self.accepted_epoch))

    def ping_learners(self) -> None:
        self.broadcast(Ping(), to=[id for id in self.learners if id != self.id])

    def check_followers(self) -> None:
        if self.role == "leading" and self.is_quorum(self.heard):
            self.heard = {self.id}
            self.wait(self.timeout, self.check_followers)
        else:
            self.look_for_leader()

    # --- rules: fast leader election

    def look_for_leader(self) -> None:
        if self.beat is not None:
            self.beat.cancel()
        self.leader = None
        self.votes, self.settled, self.learners, self.promised = {}, {}, {}, {}
        self.acks, self.heard = set(), {self.id}
        self.epoch = None
        self.round += 1
        self.become("looking", round=self.round)
        self.cast_vote(self.own_vote())

    def own_vote(self) -> Vote:
        if self.id in self.observers:
            return (-1, -1, self.id)
        return (self.current_epoch, self.zxid, self.id)

    def is_better(self, vote: Vote) -> bool:
        return vote > self.vote

    def cast_vote(self, vote: Vote) -> None:
        self.vote = vote
        self.finalizing = False
        self.wait(self.resend, self.send_vote_again)
        if self.sending is None or not self.sending.pending:
            self.sending = self.after(0, self.announce_vote)
        if self.id not in self.observers:
            self.count_vote(vote, self.id)

    def count_vote(self, vote: Vote, voter: NodeId) -> None:
        self.votes[voter] = max(vote, self.votes.get(voter, vote))  # the older of two may come later
        agree = [id for id, other in self.votes.items() if other == self.vote]
        if self.is_quorum(agree) and not self.finalizing:
            self.finalizing = True
            self.wait(self.finalize_wait, self.end_election)

    def is_confirmed(self, msg: Notification) -> bool:
        """A quorum says that this server leads in this epoch, and so does the server itself."""
        agree = [id for id, said in self.settled.items() if said[:2] == (msg.leader, msg.epoch)]
        return self.is_quorum(agree) and self.settled.get(msg.leader) == (msg.leader, msg.epoch, "leading")

    def is_quorum(self, servers: Container[NodeId]) -> bool:
        return 2 * sum([id in servers for id in self.voters]) > len(self.voters)

    def notification(self) -> Notification:
        return Notification(*self.vote, self.round, self.state())

    def state(self) -> str:
        """What ZooKeeper calls the server's state: how its election went."""
        if self.leader is None:
            return "looking"
        if self.leader == self.id:
            return "leading"
        return "observing" if self.id in self.observers else "following"

    def end_election(self) -> None:
        self.leader = self.vote[2]
        self.record("elected", round=self.round, leader=self.leader)
        if self.leader == self.id:
            self.wait(self.patience, self.check_followers)
            self.beat = self.every(self.heartbeat, self.ping_learners)
            self.learners[self.id] = self.accepted_epoch
            self.propose_epoch()
        else:
            self.wait(self.patience, self.look_for_leader)
            self.beat = self.every(self.heartbeat, self.reach_leader)
            self.reach_leader()

    # --- rules: the new epoch

    def propose_epoch(self) -> None:
        if self.is_quorum(self.learners):
            self.epoch = self.accepted_epoch = max(self.learners.values()) + 1
            self.broadcast(LeaderInfo(self.epoch), to=[id for id in self.learners if id != self.id])
            self.promised[self.id] = True
            self.begin_epoch()

    def make_room_for(self, epoch: int) -> None:
        """A follower has accepted a later epoch and could never join; so the next one must be later still."""
        self.accepted_epoch = epoch
        self.look_for_leader()

    def promise(self, epoch: int) -> bool:
        if epoch == self.accepted_epoch:  # perhaps promised to another
            return False
        self.accepted_epoch = epoch
        return True

    def is_ahead(self, follower: AckEpoch) -> bool:
        return (follower.current_epoch, follower.zxid) > (self.current_epoch, self.zxid)

    def begin_epoch(self) -> None:
        if self.epoch is not None and self.is_quorum(
            [id for id, promised in self.promised.items() if promised]
        ):
            self.current_epoch = self.epoch
            self.broadcast(NewLeader(self.epoch, self.zxid), to=[id for id in self.promised if id != self.id])
            self.acks.add(self.id)
            self.establish()

    def establish(self) -> None:
        if self.role != "leading" and self.is_quorum(self.acks):
            self.vote = (self.current_epoch, self.zxid, self.id)
            self.become("leading", epoch=self.epoch)

    def follow(self) -> None:
        if self.beat is not None:
            self.beat.cancel()
        self.vote = (self.current_epoch, self.zxid, self.leader)
        self.become(self.state(), leader=self.leader, epoch=self.current_epoch)
        self.watch_leader()

    def watch_leader(self) -> None:
        self.wait(self.timeout, self.look_for_leader)


def _whole(value: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{name} must be a whole number of 0 or more; got {value!r}.")
    return value
