"""Three-phase commit with time-outs on both sides, as the course tells it.

The course's 三阶段提交; D. Skeen, *Nonblocking commit protocols*, SIGMOD 1981.

The rule::

    coordinator, phase 1:  CanCommit to all; wait for the votes, patience seconds at most
    participant:           can do it: force prepared, Vote yes; cannot: force aborted, Vote no
    coordinator, phase 2:  all voted yes: force precommit, PreCommit to all
                           else: force abort, Abort to all but those who voted no
    participant:           force precommitted, Acknowledge
    coordinator, phase 3:  all have acknowledged: force commit, Commit to all
                           not in time: force abort, Abort to all
    participant:           force committed, do it, unlock, HaveCommitted
    coordinator:           all have: write end, forget

    waits for PreCommit longer than 2 patience:  abort
    waits for Commit longer than 2 patience:     commit

    the coordinator comes back:  precommit and no decision in the log: commit
    a participant comes back:    prepared and no decision in the log: ask the coordinator until it answers

Nobody waits for ever, for a participant that waits decides alone. That is right as long as all who wait have
heard the same: a coordinator that crashes between two PreCommits, or a partition that falls then, leaves one
who commits and one who aborts. :mod:`.termination` mends the crash; nothing mends the partition.

Cost of a commit with N participants: 6N messages (5N without HaveCommitted); 3N + 2 forced writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from distlab.sim import NodeId, message
from distlab.sim.distributions import seconds

from .accounts import Change, changes
from .begins import Begins
from .site import Branch, Site
from .two_phase import Abort, Acknowledge, Commit, Inquire, Round, Vote

__all__ = ["CanCommit", "HaveCommitted", "PreCommit", "ThreePhaseCommit"]


@message
class CanCommit:
    """Can you make these changes? The others are asked, too."""

    transaction: Any
    changes: tuple[Change, ...]
    others: tuple[NodeId, ...]


@message
class PreCommit:
    """All can. Be ready to commit."""

    transaction: Any


@message
class HaveCommitted:
    """I have done it."""

    transaction: Any


class ThreePhaseCommit(Begins, Site):
    """A site that can coordinate transactions among the others, and take part in theirs.

    Roles are those of :class:`TwoPhaseCommit`, and "pre-committed". Recorded is also "alone" (``decision``):
    a participant decides by time-out.

    Parameters
    ----------
    patience
        Seconds that the coordinator waits for votes and acknowledgements; participants wait twice as long.
    accounts, transactions, interval, lock_wait, force_time, lazy_time
        As for :class:`Site` and :class:`Begins`.

    References
    ----------
    The course, lectures 06 and 14; Skeen 1981.

    Examples
    --------
    >>> from distlab.sim import Simulation, cluster
    >>> trace = Simulation(cluster(ThreePhaseCommit, 4, transactions=1)).run(until=1.0)
    >>> len(trace.messages), trace.records.event.tolist().count("force")
    (18, 11)
    """

    stable: ClassVar[tuple[str, ...]] = (*Site.stable, *Begins.stable)

    def __init__(
        self,
        accounts: Mapping[str, float] | None = None,
        *,
        transactions: int = 10,
        interval: float = 0.25,
        patience: float = 0.5,
        lock_wait: float = 0.2,
        force_time: float = 0.005,
        lazy_time: float = 0.1,
    ) -> None:
        Site.__init__(self, accounts, lock_wait=lock_wait, force_time=force_time, lazy_time=lazy_time)
        Begins.__init__(self, transactions, interval)
        self.patience = seconds(patience, "patience", "more than 0")
        self.rounds: dict[Any, Round] = {}

    def on_recover(self) -> None:
        super().on_recover()
        self.recover_rounds()

    # --- the coordinator: phase 1

    def begin(self, transaction: Any, wanted: Mapping[NodeId, Mapping[str, float]]) -> None:
        """Begin a transaction; see :meth:`TwoPhaseCommit.begin`."""
        self.check_wanted(transaction, wanted)
        self.become("leader")
        self.record("begin", transaction=transaction)
        round = self.rounds[transaction] = Round({site: changes(each) for site, each in wanted.items()})
        round.state = "voting"
        for site, each in round.wanted.items():
            others = tuple([other for other in round.wanted if other != site])
            self.send(site, CanCommit(transaction, each, others))
        round.timer = self.after(self.patience, self.votes_are_missing, transaction)

    def on_vote(self, msg: Vote, sender: NodeId) -> None:
        round = self.rounds.get(msg.transaction)
        if round is None or round.state != "voting":
            return
        round.votes[sender] = msg.answer
        if self.must_abort(round):
            self.decide(msg.transaction, "abort")
        elif self.may_pre_commit(round):
            self.stop_round_timer(round)
            round.state = "pre-committing"
            self.force("precommit", msg.transaction, *round.wanted)

    def must_abort(self, round: Round) -> bool:
        return "no" in round.votes.values()

    def may_pre_commit(self, round: Round) -> bool:
        return len(round.votes) == len(round.wanted)

    def votes_are_missing(self, transaction: Any) -> None:
        self.decide(transaction, "abort")

    # --- the coordinator: phase 2

    def after_precommit(self, transaction: Any) -> None:
        round = self.rounds[transaction]
        round.state, round.unacknowledged = "pre-committed", list(round.wanted)
        self.broadcast(PreCommit(transaction), tuple(round.wanted))
        round.timer = self.after(self.patience, self.acknowledgements_are_missing, transaction)

    def on_acknowledge(self, msg: Acknowledge, sender: NodeId) -> None:
        round = self.rounds.get(msg.transaction)
        if round is None or round.state != "pre-committed" or sender not in round.unacknowledged:
            return
        round.unacknowledged.remove(sender)
        if self.may_commit(round):
            self.decide(msg.transaction, "commit")

    def may_commit(self, round: Round) -> bool:
        return not round.unacknowledged

    def acknowledgements_are_missing(self, transaction: Any) -> None:
        self.decide(transaction, "abort")

    # --- the coordinator: phase 3

    def decide(self, transaction: Any, decision: str) -> None:
        round = self.rounds[transaction]
        self.stop_round_timer(round)
        round.state, round.decision = "deciding", decision
        round.audience = tuple([site for site in round.wanted if round.votes.get(site) != "no"])
        self.force(decision, transaction, *round.audience)

    def after_commit(self, transaction: Any) -> None:
        self.tell(transaction)

    def after_abort(self, transaction: Any) -> None:
        self.tell(transaction)

    def tell(self, transaction: Any) -> None:
        """The decision is on disk."""
        round = self.rounds[transaction]
        self.record("decide", transaction=transaction, decision=round.decision)
        round.state, round.unacknowledged = "told", list(round.audience)
        self.send_decision(transaction, round.audience)
        if round.decision == "commit":
            round.timer = self.every(self.patience, self.tell_again, transaction)

    def send_decision(self, transaction: Any, to: tuple[NodeId, ...]) -> None:
        commit = self.rounds[transaction].decision == "commit"
        self.broadcast(Commit(transaction) if commit else Abort(transaction), to)

    def tell_again(self, transaction: Any) -> None:
        self.send_decision(transaction, tuple(self.rounds[transaction].unacknowledged))

    def on_have_committed(self, msg: HaveCommitted, sender: NodeId) -> None:
        round = self.rounds.get(msg.transaction)
        if round is None or round.state != "told" or sender not in round.unacknowledged:
            return
        round.unacknowledged.remove(sender)
        if not round.unacknowledged:
            self.write("end", msg.transaction)
            self.stop_round_timer(round)

    def stop_round_timer(self, round: Round) -> None:
        if round.timer is not None:
            round.timer.cancel()

    # --- the coordinator: questions, and after a crash

    def on_inquire(self, msg: Inquire, sender: NodeId) -> None:
        round = self.rounds.get(msg.transaction)
        if round is None:  # it crashed before any PreCommit was sent
            self.send(sender, Abort(msg.transaction))
        elif round.state == "told":
            self.send_decision(msg.transaction, (sender,))

    def recover_rounds(self) -> None:
        for kind, transaction, facts in self.log:
            if kind in ("precommit", "commit", "abort"):
                decision = "" if kind == "precommit" else kind
                self.rounds[transaction] = Round({}, "recovering", decision=decision, audience=facts)
            elif kind == "end":
                self.rounds[transaction].state = "told"
        for transaction, round in self.rounds.items():
            self.become("leader")
            if not round.decision:
                self.recover_undecided(transaction, round)
            elif round.state != "told":
                self.tell(transaction)

    def recover_undecided(self, transaction: Any, round: Round) -> None:
        """Some may have got PreCommit, and commit by time-out."""
        round.state, round.decision = "deciding", "commit"
        self.force("commit", transaction, *round.audience)

    # --- the participant

    def on_can_commit(self, msg: CanCommit, sender: NodeId) -> None:
        self.consider(msg.transaction, sender, msg.changes, msg.others)

    def send_vote(self, coordinator: NodeId, transaction: Any, answer: str) -> None:
        self.send(coordinator, Vote(transaction, answer))

    def after_aborted(self, transaction: Any) -> None:
        branch = self.branches[transaction]
        if branch.state == "refusing":
            self.refused(transaction)
            if branch.coordinator is not None:
                self.vote(transaction, "no")
        elif branch.state == "aborting":
            self.abort(transaction)

    def on_pre_commit(self, msg: PreCommit, sender: NodeId) -> None:
        branch = self.branches.get(msg.transaction)
        if branch is None or branch.recovered:
            return
        if branch.state == "prepared":
            self.stop_timer(msg.transaction)
            branch.state, branch.asked_by = "pre-committing", sender
            self.force("precommitted", msg.transaction)
        elif branch.state == "pre-committed":
            self.send(sender, Acknowledge(msg.transaction))

    def after_precommitted(self, transaction: Any) -> None:
        branch = self.branches[transaction]
        if branch.state != "pre-committing":
            return
        branch.state = "pre-committed"
        self.become("pre-committed", transaction=transaction)
        self.send(branch.asked_by, Acknowledge(transaction))
        self.doubt(transaction)

    def on_commit(self, msg: Commit, sender: NodeId) -> None:
        self.learn(msg.transaction, "commit", sender)

    def on_abort(self, msg: Abort, sender: NodeId) -> None:
        self.learn(msg.transaction, "abort", sender)

    def learn(self, transaction: Any, decision: str, sender: NodeId) -> None:
        branch = self.branches.get(transaction)
        if branch is None:
            if transaction in self.rounds:
                self.learn_own(transaction, decision)
            elif decision == "abort":  # it never heard the question: it must refuse it, should it still come
                self.branches[transaction] = Branch(None, (), (), "aborting")
                self.force("aborted", transaction)
            return
        if branch.state == "committed":
            self.send_have_committed(transaction, sender)
        elif decision == "commit" and branch.state in ("prepared", "pre-committing", "pre-committed"):
            self.obey(transaction, branch, "committing", "committed")
        elif decision == "abort" and branch.state in (
            "waiting", "preparing", "prepared", "pre-committing", "pre-committed",
        ):  # fmt: skip
            self.obey(transaction, branch, "aborting", "aborted")

    def learn_own(self, transaction: Any, decision: str) -> None:
        """A decision comes to the coordinator itself: it has told it to others, who tell it back."""

    def obey(self, transaction: Any, branch: Branch, state: str, entry: str) -> None:
        self.stop_timer(transaction)
        branch.state = state
        self.force(entry, transaction)

    def after_committed(self, transaction: Any) -> None:
        if self.branches[transaction].state == "committing":
            self.commit(transaction)
            self.send_have_committed(transaction, self.branches[transaction].coordinator)

    def send_have_committed(self, transaction: Any, to: NodeId) -> None:
        if to == self.branches[transaction].coordinator:
            self.send(to, HaveCommitted(transaction))

    # --- the participant: time-outs, and after a crash

    def doubt(self, transaction: Any) -> None:
        if self.branches[transaction].recovered:
            self.timers[transaction] = self.every(self.patience, self.inquire, transaction)
        else:
            self.timers[transaction] = self.after(2 * self.patience, self.hear_nothing, transaction)

    def inquire(self, transaction: Any) -> None:
        self.send(self.branches[transaction].coordinator, Inquire(transaction))

    def hear_nothing(self, transaction: Any) -> None:
        """The course's rule: who waits decides alone."""
        branch = self.branches[transaction]
        if branch.state == "pre-committed":
            self.record("alone", transaction=transaction, decision="commit")
            self.obey(transaction, branch, "committing", "committed")
        else:
            self.record("alone", transaction=transaction, decision="abort")
            self.obey(transaction, branch, "aborting", "aborted")
