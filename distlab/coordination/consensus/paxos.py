"""Paxos: a majority chooses one value, whoever crashes and whatever is late or lost.

L. Lamport, *The Part-Time Parliament*, ACM TOCS 16(2), 1998, and *Paxos Made Simple*, 2001.

Every node is a proposer, an acceptor and a learner. A ballot is (round, proposer), so no two proposers share
one; the larger one is the later one. The rule::

    proposer, phase 1    a new ballot b: Prepare(b) to all
    acceptor             on Prepare(b): b is not below what it has promised:
                             promise b: accept nothing below b any more;
                             answer Promise(b, the proposal that it accepted last)
    proposer, phase 2    Promise(b) from a majority: Accept(b, v) to all, where v is the value of the latest
                         proposal in these promises; its own value if there is none
    acceptor             on Accept(b, v): b is not below what it has promised:
                             promise b, accept (b, v), answer Accepted(b)
    learner              Accepted(b) from a majority: v is chosen: Decided(v) to all

What an acceptor has promised and accepted is on disk before it answers. So any two majorities share an
acceptor that remembers: once a value is chosen, every later ballot finds it in phase 1 and proposes it again.

That is all for safety. To get to an end somebody must be left in peace for a ballot: a proposer that hears of
a later ballot gives way, and tries again after a back-off; who hears of no decision for ``patience`` seconds
begins a ballot of its own; who knows the decision answers every request with it. No deterministic rule ends
every run (Fischer, Lynch and Paterson 1985): two proposers with equal back-offs can overtake each other for
ever; random back-offs end that, as long as messages are not late for ever.

Cost: 5(n-1) messages without rivals, n-1 of each kind; four message delays until the proposer knows, five
until all do. With rivals there is no bound.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from distlab.sim import Distribution, Node, NodeId, Timer, Uniform, message
from distlab.sim.distributions import as_distribution, seconds

__all__ = ["NO_BALLOT", "Accept", "Accepted", "Ballot", "Decided", "Paxos", "Prepare", "Promise", "Reject"]

Ballot = tuple[int, Any]  # (round, the proposer's id)
Proposal = tuple[Ballot, Any]  # (ballot, value)

NO_BALLOT: Ballot = (0, 0)  # below every ballot


@message
class Prepare:
    """Promise me to accept nothing below this ballot, and tell me what you have accepted."""

    ballot: tuple[int, Any]


@message
class Promise:
    """I promise; this is the proposal (ballot, value) that I accepted last, or None."""

    ballot: tuple[int, Any]
    accepted: tuple[tuple[int, Any], Any] | None


@message
class Accept:
    """Accept this value."""

    ballot: tuple[int, Any]
    value: Any


@message
class Accepted:
    """I have."""

    ballot: tuple[int, Any]


@message
class Reject:
    """Your ballot comes too late: I have promised a later one."""

    ballot: tuple[int, Any]
    promised: tuple[int, Any]


@message
class Decided:
    """The value that is chosen."""

    value: Any


class Paxos(Node):
    """A node that proposes, accepts and learns one value.

    Roles are "waiting", "preparing" (phase 1), "proposing" (phase 2) and "decided". Recorded are "propose"
    (value), "accept" (ballot, value) at an acceptor, and "decide" (value) at a learner.

    Parameters
    ----------
    value
        What it proposes; None: its own id.
    proposes
        Whether it proposes at once. If not, it does when :meth:`propose` is called, or after ``patience``.
    back_off
        Seconds, or a distribution of seconds, that a proposer waits after it had to give way.
    patience
        Seconds without a decision after which a node begins a ballot, or begins another one.

    Raises
    ------
    ValueError
        If ``back_off`` or ``patience`` is not a duration, or ``patience`` is 0.

    References
    ----------
    Lamport 2001, section 2.

    Examples
    --------
    >>> from distlab.sim import Simulation
    >>> nodes = {1: Paxos("tea"), 2: Paxos(proposes=False), 3: Paxos(proposes=False)}
    >>> trace = Simulation(nodes).run()
    >>> trace.records.query("event == 'decide'").value.tolist(), len(trace.messages)
    (['tea', 'tea', 'tea'], 10)
    """

    stable: ClassVar[tuple[str, ...]] = ("promised", "accepted")

    def __init__(
        self,
        value: Any = None,
        *,
        proposes: bool = True,
        back_off: Distribution | float = Uniform(0.0, 0.1),  # noqa: B008 - it cannot change
        patience: float = 0.2,
    ) -> None:
        self.value = value
        self.proposes = proposes
        self.back_off = as_distribution(back_off, "back_off")
        self.patience = seconds(patience, "patience", "more than 0")
        self.wanted: Any = None  # the value that it has proposed
        self.decision: Any = None
        # as an acceptor
        self.promised: Ballot = NO_BALLOT
        self.accepted: Proposal | None = None
        # as a proposer
        self.heard: Ballot = NO_BALLOT  # the latest ballot that it has heard of
        self.ballot: Ballot = NO_BALLOT
        self.promises: dict[NodeId, Proposal | None] = {}
        self.proposal: Any = None
        self.acceptances: set[NodeId] | None = None  # None: phase 2 has not begun
        self.retry: Timer

    def on_start(self) -> None:
        self.become("waiting")
        self.retry = self.after(self.patience + self.back_off.sample(self.rng), self.propose)
        if self.proposes:
            self.propose()

    def propose(self, value: Any = None) -> None:
        """Begin a ballot, for this value or the node's own one; a call of the outside world, or the timer."""
        if self.role == "decided":
            return
        if value is not None:
            self.value = value
        elif self.value is None:
            self.value = self.id
        if self.wanted != self.value:
            self.wanted = self.value
            self.record("propose", value=self.value)
        self.begin_phase_1()

    # --- messages

    def on_prepare(self, msg: Prepare, sender: NodeId) -> None:
        self.send(sender, self.answer_prepare(msg))

    def on_promise(self, msg: Promise, sender: NodeId) -> None:
        if self.role == "preparing" and self.is_of_this_ballot(msg.ballot):
            self.count_promise(sender, msg.accepted)
            if self.is_majority(self.promises):
                self.begin_phase_2()

    def on_accept(self, msg: Accept, sender: NodeId) -> None:
        self.send(sender, self.answer_accept(msg))

    def on_accepted(self, msg: Accepted, sender: NodeId) -> None:
        if self.acceptances is not None and self.is_of_this_ballot(msg.ballot):  # also after giving way
            self.count_acceptance(sender)
            if self.role != "decided" and self.is_majority(self.acceptances):
                self.broadcast(Decided(self.proposal))
                self.decide(self.proposal)

    def on_reject(self, msg: Reject, sender: NodeId) -> None:
        if self.role in ("preparing", "proposing") and msg.ballot == self.ballot:
            self.give_way(msg.promised)

    def on_decided(self, msg: Decided, sender: NodeId) -> None:
        self.decide(msg.value)

    # --- rules: the proposer

    def begin_phase_1(self) -> None:
        self.ballot = self.next_ballot()
        self.promises, self.acceptances = {}, None
        self.become("preparing", ballot=self.ballot)
        self.retry.reset(self.patience)
        own = self.answer_prepare(Prepare(self.ballot))
        self.broadcast(Prepare(self.ballot))
        if isinstance(own, Promise):
            self.on_promise(own, self.id)

    def next_ballot(self) -> Ballot:
        """Later than all that it has heard of, or used itself: its own ballots are promised, so on disk."""
        return (max(self.promised, self.heard)[0] + 1, self.id)

    def begin_phase_2(self) -> None:
        self.proposal = self.choose_value(self.promises)
        self.acceptances = set()
        self.become("proposing", ballot=self.ballot, value=self.proposal)
        own = self.answer_accept(Accept(self.ballot, self.proposal))
        self.broadcast(Accept(self.ballot, self.proposal))
        if isinstance(own, Accepted):
            self.on_accepted(own, self.id)

    def choose_value(self, promises: Mapping[NodeId, Proposal | None]) -> Any:
        """The value of the latest proposal that a promise tells of; the own value if none does."""
        told = [accepted for accepted in promises.values() if accepted is not None]
        return max(told, key=_ballot_of)[1] if told else self.value

    def count_promise(self, acceptor: NodeId, accepted: Proposal | None) -> None:
        self.promises[acceptor] = accepted

    def count_acceptance(self, acceptor: NodeId) -> None:
        if self.acceptances is not None:
            self.acceptances.add(acceptor)

    def is_of_this_ballot(self, ballot: Ballot) -> bool:
        return ballot == self.ballot

    def is_majority(self, acceptors: Collection[NodeId]) -> bool:
        return 2 * len(acceptors) > len(self.peers) + 1

    def give_way(self, ballot: Ballot) -> None:
        """Somebody else is at work, with this later ballot."""
        self.heard = max(self.heard, ballot)
        if self.role in ("preparing", "proposing"):
            self.become("waiting")
            self.retry.reset(self.back_off.sample(self.rng))
        else:
            self.retry.reset(self.patience + self.back_off.sample(self.rng))

    # --- rules: the acceptor

    def answer_prepare(self, msg: Prepare) -> Promise | Reject | Decided:
        if self.role == "decided":
            return Decided(self.decision)
        if not self.may_promise(msg.ballot):
            return Reject(msg.ballot, self.promised)
        self.promise(msg.ballot)
        return Promise(msg.ballot, self.accepted)

    def answer_accept(self, msg: Accept) -> Accepted | Reject | Decided:
        if self.role == "decided":
            return Decided(self.decision)
        if not self.may_accept(msg.ballot):
            return Reject(msg.ballot, self.promised)
        self.promise(msg.ballot)
        self.accept(msg.ballot, msg.value)
        return Accepted(msg.ballot)

    def may_promise(self, ballot: Ballot) -> bool:
        return ballot >= self.promised

    def may_accept(self, ballot: Ballot) -> bool:
        return ballot >= self.promised

    def promise(self, ballot: Ballot) -> None:
        self.promised = ballot
        if ballot != self.ballot:
            self.give_way(ballot)

    def accept(self, ballot: Ballot, value: Any) -> None:
        if self.accepted != (ballot, value):
            self.record("accept", ballot=ballot, value=value)
        self.accepted = (ballot, value)

    # --- rules: the learner

    def decide(self, value: Any) -> None:
        if self.role != "decided":
            self.decision = value
            self.record("decide", value=value)
            self.become("decided")
            self.retry.cancel()


def _ballot_of(proposal: Proposal) -> Ballot:
    return proposal[0]
