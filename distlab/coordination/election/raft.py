"""Raft leader election.

D. Ongaro and J. Ousterhout, *In Search of an Understandable Consensus Algorithm*, USENIX ATC 2014: sections
5.1, 5.2, 5.4.1 and figure 2, without log replication. Pre-Vote: D. Ongaro, *Consensus: Bridging Theory and
Practice*, 2014, section 9.6.

The rule::

    every node   on a message of a higher term T:   current_term = T, voted_for = nobody, become follower
                 on a message of an older term:     refuse, and answer with current_term
    follower     no heartbeat and no vote granted for an election time-out:   stand for election
    candidate    to stand for election:             current_term += 1, ask all for votes, vote for itself
                 votes of more than half of all:    become leader
                 a leader of the same term speaks:  become follower
                 no winner for an election time-out (a split vote):           stand again
    leader       heartbeats to all, at once and then in every interval
    a vote       is granted if voted_for is nobody or the same candidate
                 and (last_log_term, last_log_index) of the candidate >= the voter's (an up-to-date log)

So a node has one vote per term, first come, first served. Each time-out is drawn anew at random, so that two
nodes seldom stand at the same time. ``current_term`` and ``voted_for`` are on disk before a vote is answered.
Against lost messages nothing more is needed: heartbeats repeat, a candidate that hears too little stands
again, and a request that comes twice gets the same vote.

Pre-Vote: before it raises its term, a node asks whether it could win. The others say yes if its log is up to
date and they have not heard from a leader for the smallest election time-out. Who cannot win never raises its
term, and disturbs nobody when it comes back.

Cost: 2(n-1) messages for an election without rivals, n-1 RequestVote and n-1 replies (with Pre-Vote 4(n-1));
in time, the earliest time-out, one round trip and one write. A leader costs 2(n-1) messages per heartbeat
interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from distlab.sim import Constant, Distribution, Empirical, Node, NodeId, Shifted, Timer, Uniform, message
from distlab.sim.distributions import as_distribution

from .durations import seconds

__all__ = [
    "AppendEntries",
    "AppendEntriesReply",
    "PreVote",
    "PreVoteReply",
    "Raft",
    "RequestVote",
    "RequestVoteReply",
]


@message
class RequestVote:
    """A candidate asks for a vote in its term."""

    term: int
    candidate_id: int | str
    last_log_index: int
    last_log_term: int


@message
class RequestVoteReply:
    """A vote, or a refusal with the voter's term."""

    term: int
    vote_granted: bool


@message
class AppendEntries:
    """A leader's heartbeat: no entries, and none of the fields that only replication needs."""

    term: int
    leader_id: int | str


@message
class AppendEntriesReply:
    """The answer to a heartbeat: a refusal tells an outdated leader of the newer term."""

    term: int
    success: bool


@message
class PreVote:
    """A node asks whether it would get a vote in the term after its own."""

    next_term: int
    candidate_id: int | str
    last_log_index: int
    last_log_term: int


@message
class PreVoteReply:
    """Whether it would, in the term it asked about, and the answering node's own term."""

    term: int
    next_term: int
    vote_granted: bool


class Raft(Node):
    """A server of a Raft cluster, as far as elections go.

    Roles are "follower", "candidate", "leader" and, with Pre-Vote, "pre-candidate", each with its ``term``.
    Recorded are "vote" (term, candidate), when a node casts its vote, and "follow" (term, leader), when it
    first hears from a leader.

    Parameters
    ----------
    timeout
        Election time-out in seconds: a distribution, from which every reset of the timer draws, or a number.
    heartbeat
        Seconds between a leader's heartbeats; default: half of the smallest time-out, as in the paper's
        measurements.
    persist
        Seconds (or a distribution of seconds) to write a vote to disk. A vote is answered when it is written;
        writes may overlap. A candidate writes its own vote while its requests are under way, and counts it
        when it is written (dissertation, section 9.3).
    log
        Terms of the entries in the log, oldest first. Only how fresh it is matters here.
    pre_vote
        Whether to ask before standing for election (dissertation, section 9.6).

    Raises
    ------
    ValueError
        If a duration is negative or not a duration, ``timeout`` is always 0, ``heartbeat`` is not more than
        0, or ``log`` is not a sequence of terms that never decrease.

    References
    ----------
    Ongaro and Ousterhout 2014, figure 2 and section 5; Ongaro 2014, chapter 9.

    Examples
    --------
    >>> from distlab.sim import Crash, Simulation, cluster
    >>> trace = Simulation(cluster(Raft, 5), faults=[Crash("leader", at=1.0)], seed=1).run(until=2.0)
    >>> trace.roles.query("role == 'leader'")[["node", "term"]].values.tolist()
    [[2, 1], [4, 2]]
    """

    stable: ClassVar[tuple[str, ...]] = ("current_term", "voted_for", "log")

    def __init__(
        self,
        *,
        timeout: Distribution | float = Uniform(0.150, 0.300),  # noqa: B008 - it cannot change
        heartbeat: float | None = None,
        persist: Distribution | float = 0.0,
        log: Sequence[int] = (),
        pre_vote: bool = False,
    ) -> None:
        self.timeout = as_distribution(timeout, "timeout")
        if not self.timeout.mean > 0:
            raise ValueError(
                f"timeout must be more than 0 seconds, such as Uniform(0.15, 0.3); got {timeout!r}."
            )
        self.smallest_timeout = _smallest(self.timeout)
        if heartbeat is None and self.smallest_timeout == 0:
            raise ValueError(
                f"heartbeat must be given, in seconds: its default is half of the smallest time-out, "
                f"which is 0 for {timeout!r}."
            )
        self.heartbeat = seconds(self.smallest_timeout / 2 if heartbeat is None else heartbeat, "heartbeat")
        self.persist = None if persist == 0 else as_distribution(persist, "persist")
        self.pre_vote = pre_vote
        self.log = _terms(log)
        self.current_term = self.log[-1] if self.log else 0
        self.voted_for: NodeId | None = None
        self.votes: set[NodeId] = set()  # who voted for this candidate, or would vote for this pre-candidate
        self.leader_id: NodeId | None = None  # who leads, as far as this node has heard of late
        self.election_timer: Timer
        self.silence_timer: Timer  # only with Pre-Vote
        self.heartbeat_timer: Timer | None = None

    def on_start(self) -> None:
        self.become("follower", term=self.current_term)
        self.election_timer = self.after(self.election_timeout(), self.election_timeout_elapsed)
        if self.pre_vote:
            self.silence_timer = self.after(self.smallest_timeout, self.forget_leader)

    # --- messages

    def on_request_vote(self, msg: RequestVote, sender: NodeId) -> None:
        self.see_term(msg.term)
        if msg.term == self.current_term and self.may_vote_for(msg.candidate_id) and self.is_up_to_date(msg):
            self.grant_vote(msg.candidate_id)
        else:
            self.send(sender, RequestVoteReply(self.current_term, False))

    def on_request_vote_reply(self, msg: RequestVoteReply, sender: NodeId) -> None:
        self.see_term(msg.term)
        if msg.vote_granted and self.role == "candidate" and self.is_of_this_term(msg.term):
            self.count_vote(sender)

    def on_append_entries(self, msg: AppendEntries, sender: NodeId) -> None:
        self.see_term(msg.term)
        success = msg.term == self.current_term
        if success:
            self.follow(msg.leader_id)
        self.send(sender, AppendEntriesReply(self.current_term, success))

    def on_append_entries_reply(self, msg: AppendEntriesReply, sender: NodeId) -> None:
        self.see_term(msg.term)

    def on_pre_vote(self, msg: PreVote, sender: NodeId) -> None:
        would = msg.next_term > self.current_term and not self.hears_a_leader() and self.is_up_to_date(msg)
        self.send(sender, PreVoteReply(self.current_term, msg.next_term, would))

    def on_pre_vote_reply(self, msg: PreVoteReply, sender: NodeId) -> None:
        self.see_term(msg.term)
        if msg.vote_granted and self.role == "pre-candidate" and msg.next_term == self.current_term + 1:
            self.votes.add(sender)
            if self.has_majority():
                self.stand_for_election()

    # --- timers

    def election_timeout(self) -> float:
        return self.timeout.sample(self.rng)

    def election_timeout_elapsed(self) -> None:
        self.leader_id = None
        if self.pre_vote:
            self.ask_before_standing()
        else:
            self.stand_for_election()

    def send_heartbeats(self) -> None:
        self.broadcast(AppendEntries(self.current_term, self.id))

    def forget_leader(self) -> None:
        self.leader_id = None

    # --- rules: terms (section 5.1)

    def see_term(self, term: int) -> None:
        if term > self.current_term:
            self.enter_term(term)
            self.step_down()

    def enter_term(self, term: int) -> None:
        self.current_term = term
        self.voted_for = None
        self.leader_id = None

    def step_down(self) -> None:
        if self.heartbeat_timer is not None:  # it led
            self.heartbeat_timer.cancel()
            self.heartbeat_timer = None
            self.election_timer.reset(self.election_timeout())
        self.votes = set()
        self.become("follower", term=self.current_term)

    def is_of_this_term(self, term: int) -> bool:
        return term == self.current_term

    # --- rules: voters (sections 5.2 and 5.4.1)

    def may_vote_for(self, candidate: NodeId) -> bool:
        return self.voted_for is None or self.voted_for == candidate

    def is_up_to_date(self, msg: RequestVote | PreVote) -> bool:
        return (msg.last_log_term, msg.last_log_index) >= (self.last_log_term(), self.last_log_index())

    def grant_vote(self, candidate: NodeId) -> None:
        if self.role == "pre-candidate":
            self.step_down()
        self.election_timer.reset(self.election_timeout())
        self.cast_vote(candidate)

    def cast_vote(self, candidate: NodeId) -> None:
        if self.voted_for != candidate:
            self.record("vote", term=self.current_term, candidate=candidate)
        self.voted_for = candidate
        if self.persist is None:
            self.vote_is_on_disk(candidate, self.current_term)
        else:
            self.after(self.persist.sample(self.rng), self.vote_is_on_disk, candidate, self.current_term)

    def vote_is_on_disk(self, candidate: NodeId, term: int) -> None:
        if candidate != self.id:
            self.send(candidate, RequestVoteReply(term, True))
        elif self.role == "candidate" and self.is_of_this_term(term):
            self.count_vote(self.id)

    def last_log_term(self) -> int:
        return self.log[-1] if self.log else 0

    def last_log_index(self) -> int:
        return len(self.log)

    # --- rules: candidates and leaders (section 5.2)

    def stand_for_election(self) -> None:
        self.enter_term(self.current_term + 1)
        self.become("candidate", term=self.current_term)
        self.votes = set()
        self.election_timer.reset(self.election_timeout())
        self.broadcast(RequestVote(self.current_term, self.id, self.last_log_index(), self.last_log_term()))
        self.cast_vote(self.id)

    def count_vote(self, voter: NodeId) -> None:
        self.votes.add(voter)
        if self.has_majority():
            self.lead()

    def has_majority(self) -> bool:
        return 2 * len(self.votes) > len(self.peers) + 1

    def lead(self) -> None:
        self.become("leader", term=self.current_term)
        self.leader_id = self.id
        self.election_timer.cancel()
        self.send_heartbeats()
        self.heartbeat_timer = self.every(self.heartbeat, self.send_heartbeats)

    def follow(self, leader: NodeId) -> None:
        if self.role != "follower":
            self.step_down()
        if self.leader_id != leader:
            self.leader_id = leader
            self.record("follow", term=self.current_term, leader=leader)
        self.election_timer.reset(self.election_timeout())
        if self.pre_vote:
            self.silence_timer.reset(self.smallest_timeout)

    # --- rules: Pre-Vote (dissertation, section 9.6)

    def ask_before_standing(self) -> None:
        self.become("pre-candidate", term=self.current_term)
        self.votes = {self.id}
        self.election_timer.reset(self.election_timeout())
        next_term = self.current_term + 1
        self.broadcast(PreVote(next_term, self.id, self.last_log_index(), self.last_log_term()))
        if self.has_majority():
            self.stand_for_election()

    def hears_a_leader(self) -> bool:
        return self.role == "leader" or self.leader_id is not None


def _smallest(timeout: Distribution) -> float:
    """The shortest time-out that can be drawn, in seconds."""
    if isinstance(timeout, Uniform):
        return timeout.low
    if isinstance(timeout, Constant):
        return timeout.seconds
    if isinstance(timeout, Empirical):
        return min(timeout.seconds)
    if isinstance(timeout, Shifted):
        return timeout.by + _smallest(timeout.rest)
    return 0.0


def _terms(log: Sequence[int]) -> tuple[int, ...]:
    terms = tuple(log)
    if not all(isinstance(term, int) and term > 0 for term in terms) or list(terms) != sorted(terms):
        raise ValueError(
            f"log must be the terms of its entries, whole numbers of 1 or more that never decrease, "
            f"such as (1, 1, 2); got {log!r}."
        )
    return terms
