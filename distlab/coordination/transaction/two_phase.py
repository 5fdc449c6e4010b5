r"""Two-phase commit: all vote, one decides, all obey; who voted yes may have to wait.

The course's 二阶段提交 over XA. J. Gray, *Notes on data base operating systems*, 1978; the words are those of
C. Mohan, B. Lindsay and R. Obermarck, *Transaction management in the R\* distributed database management
system*, ACM TODS 11(4), 1986, section 2. "Presumed nothing" is what B. Lampson and D. Lomet call this form.

The rule::

    coordinator, phase 1:  Prepare to all; wait for the votes, patience seconds at most
    participant:           can do it: force prepared, Vote yes, and be in doubt
                           cannot: force aborted, Vote no, and forget it
    coordinator, phase 2:  all voted yes: force commit, Commit to all
                           else: force abort, Abort to all but those who voted no
    participant:           force committed or aborted, do it, unlock, Acknowledge
    coordinator:           all have acknowledged: write end, forget; else tell them again

    in doubt for patience: Inquire of the coordinator, again and again;
                           with cooperative, Ask the other participants, too
    on Inquire:            decided: tell; undecided: say nothing; not known here: the presumption
    on Ask:                decided: tell; not voted yet: force aborted, tell; in doubt: say nothing

    the coordinator comes back:  a decision and no end in the log: tell all again
    a participant comes back:    prepared and no decision in the log: lock, be in doubt

What is not known here was aborted: a coordinator that crashes before its decision is on disk has told
nobody to commit.

Cost of a commit with N participants: 4N messages; 2N + 1 forced writes, and one lazy. Of an abort with one
no: 4N - 2 messages, 2N forced writes. A coordinator that stays down blocks who is in doubt.

Variants set one of four tables: :mod:`.presumed_abort`, :mod:`.presumed_commit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from distlab.sim import NodeId, Timer, message
from distlab.sim.distributions import seconds

from .accounts import Change, changes, only_reads
from .begins import Begins
from .site import Branch, Site

__all__ = [
    "Abort",
    "Acknowledge",
    "Ask",
    "Commit",
    "Inquire",
    "Prepare",
    "Round",
    "TwoPhaseCommit",
    "Vote",
]


@message
class Prepare:
    """Can you make these changes? The others are those who change something, too."""

    transaction: Any
    changes: tuple[Change, ...]
    others: tuple[NodeId, ...]


@message
class Vote:
    """My answer: "yes", "no", or "read" if the outcome does not matter to me."""

    transaction: Any
    answer: str


@message
class Commit:
    """It is decided: do it."""

    transaction: Any


@message
class Abort:
    """It is decided: do not do it."""

    transaction: Any


@message
class Acknowledge:
    """The decision is on my disk."""

    transaction: Any


@message
class Inquire:
    """I am in doubt. What did you decide?"""

    transaction: Any


@message
class Ask:
    """I am in doubt, and the coordinator is silent. Do you know?"""

    transaction: Any


@dataclass
class Round:
    """What a coordinator knows of a transaction; ``state``: "collecting", "voting", "deciding" or "told"."""

    wanted: dict[NodeId, tuple[Change, ...]]
    state: str = "collecting"
    votes: dict[NodeId, str] = field(default_factory=dict)
    decision: str = ""
    audience: tuple[NodeId, ...] = ()  # who has to hear the decision
    unacknowledged: list[NodeId] = field(default_factory=list)
    timer: Timer | None = None


class TwoPhaseCommit(Begins, Site):
    """A site that can coordinate transactions among the others, and take part in theirs.

    Whoever is called with ``begin(transaction, wanted)`` coordinates; its role is "leader" from then on. A
    participant's role is "in doubt", "committed" or "aborted", as its latest transaction is.

    Parameters
    ----------
    patience
        Seconds to wait for votes, acknowledgements and decisions before doing something about it.
    cooperative
        Whether participants in doubt ask each other.
    ordered
        Whether the coordinator asks one participant after the other, in the order of their ids, so that two
        transactions can never wait for each other.
    heuristic
        "commit" or "abort": what a participant decides on its own after ``heuristic_after`` seconds in doubt;
        None: it waits.
    accounts, transactions, interval, lock_wait, force_time, lazy_time
        As for :class:`Site` and :class:`Begins`.

    Raises
    ------
    ValueError
        If a duration is not one, or ``heuristic`` is something else.

    References
    ----------
    Gray 1978; Mohan, Lindsay and Obermarck 1986, section 2.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation
    >>> sites = [TwoPhaseCommit({}, transactions=0), TwoPhaseCommit({"A": 800}), TwoPhaseCommit({"B": 600})]
    >>> transfer = Call(1, 0.0, "begin", ("T", {2: {"A": -200}, 3: {"B": 200}}))
    >>> sim = Simulation(sites, workload=[transfer])
    >>> len(sim.run().messages), sim.nodes[2].balances, sim.nodes[3].balances
    (8, {'A': 600}, {'B': 800})
    """

    stable: ClassVar[tuple[str, ...]] = (*Site.stable, *Begins.stable)
    #: decisions whose record the coordinator forces; those of the participants; those that are acknowledged
    coordinator_forces: ClassVar[tuple[str, ...]] = ("commit", "abort")
    participant_forces: ClassVar[tuple[str, ...]] = ("commit", "abort")
    acknowledged: ClassVar[tuple[str, ...]] = ("commit", "abort")
    #: what became of a transaction of which the coordinator knows nothing
    presumed: ClassVar[str] = "abort"

    def __init__(
        self,
        accounts: Mapping[str, float] | None = None,
        *,
        transactions: int = 10,
        interval: float = 0.25,
        patience: float = 0.5,
        cooperative: bool = True,
        ordered: bool = False,
        heuristic: str | None = None,
        heuristic_after: float = 2.0,
        lock_wait: float = 0.2,
        force_time: float = 0.005,
        lazy_time: float = 0.1,
    ) -> None:
        Site.__init__(self, accounts, lock_wait=lock_wait, force_time=force_time, lazy_time=lazy_time)
        Begins.__init__(self, transactions, interval)
        if heuristic not in (None, "commit", "abort"):
            raise ValueError(f'heuristic must be "commit", "abort" or None; got {heuristic!r}.')
        self.patience = seconds(patience, "patience", "more than 0")
        self.cooperative = cooperative
        self.ordered = ordered
        self.heuristic = heuristic
        self.heuristic_after = seconds(heuristic_after, "heuristic_after")
        self.rounds: dict[Any, Round] = {}

    def on_recover(self) -> None:
        super().on_recover()
        self.recover_rounds()

    # --- the coordinator: phase 1

    def begin(self, transaction: Any, wanted: Mapping[NodeId, Mapping[str, float]]) -> None:
        """Begin a transaction.

        Parameters
        ----------
        transaction
            A name that no other transaction has.
        wanted
            ``{site: {account: amount to add}}``; this site itself is not among them.
        """
        self.check_wanted(transaction, wanted)
        self.become("leader")
        self.record("begin", transaction=transaction)
        self.rounds[transaction] = Round({site: changes(each) for site, each in wanted.items()})
        self.open_round(transaction)

    def open_round(self, transaction: Any) -> None:
        self.ask_for_votes(transaction)

    def ask_for_votes(self, transaction: Any) -> None:
        round = self.rounds[transaction]
        round.state = "voting"
        for site in sorted(round.wanted)[:1] if self.ordered else round.wanted:
            self.send_prepare(transaction, site)
        round.timer = self.after(self.patience, self.votes_are_missing, transaction)

    def send_prepare(self, transaction: Any, site: NodeId) -> None:
        wanted = self.rounds[transaction].wanted
        writers = [each for each in wanted if not (self.reads_apart and only_reads(wanted[each]))]
        others = tuple([each for each in writers if each != site])
        self.send(site, Prepare(transaction, wanted[site], others))

    def on_vote(self, msg: Vote, sender: NodeId) -> None:
        round = self.rounds.get(msg.transaction)
        if round is None or round.state != "voting":
            return
        round.votes[sender] = msg.answer
        if self.must_abort(round):
            self.decide(msg.transaction, "abort")
        elif self.may_commit(round):
            self.decide(msg.transaction, "commit")
        elif self.ordered:
            self.send_prepare(msg.transaction, sorted(round.wanted)[len(round.votes)])

    def must_abort(self, round: Round) -> bool:
        return "no" in round.votes.values()

    def may_commit(self, round: Round) -> bool:
        return len(round.votes) == len(round.wanted)

    def votes_are_missing(self, transaction: Any) -> None:
        self.decide(transaction, "abort")

    # --- the coordinator: phase 2

    def decide(self, transaction: Any, decision: str) -> None:
        round = self.rounds[transaction]
        if round.timer is not None:
            round.timer.cancel()
        round.state, round.decision = "deciding", decision
        indifferent = ("no", "read")
        round.audience = tuple([site for site in round.wanted if round.votes.get(site) not in indifferent])
        if not round.audience and decision == "commit":
            self.all_only_read(transaction)
        elif decision in self.coordinator_forces:
            self.force(decision, transaction, *round.audience)
        else:
            self.write(decision, transaction, *round.audience)
            self.tell(transaction)

    def all_only_read(self, transaction: Any) -> None:
        """Nobody has to hear anything."""
        self.tell(transaction)

    def after_commit(self, transaction: Any) -> None:
        self.tell(transaction)

    def after_abort(self, transaction: Any) -> None:
        self.tell(transaction)

    def tell(self, transaction: Any) -> None:
        """The decision stands, and nothing can change it any more."""
        round = self.rounds.get(transaction)
        if round is None or round.state != "deciding":
            return
        round.state = "told"
        self.record("decide", transaction=transaction, decision=round.decision)
        self.send_decision(transaction, round.audience)
        if round.decision in self.acknowledged and round.audience:
            round.unacknowledged = list(round.audience)
            round.timer = self.every(self.patience, self.tell_again, transaction)
        else:
            self.forget(transaction)

    def send_decision(self, transaction: Any, to: tuple[NodeId, ...]) -> None:
        commit = self.rounds[transaction].decision == "commit"
        self.broadcast(Commit(transaction) if commit else Abort(transaction), to)

    def tell_again(self, transaction: Any) -> None:
        self.send_decision(transaction, tuple(self.rounds[transaction].unacknowledged))

    def on_acknowledge(self, msg: Acknowledge, sender: NodeId) -> None:
        round = self.rounds.get(msg.transaction)
        if round is None or sender not in round.unacknowledged:
            return
        round.unacknowledged.remove(sender)
        if not round.unacknowledged:
            self.write("end", msg.transaction)
            self.forget(msg.transaction)

    def forget(self, transaction: Any) -> None:
        round = self.rounds.pop(transaction)
        if round.timer is not None:
            round.timer.cancel()

    # --- the coordinator: questions, and after a crash

    def on_inquire(self, msg: Inquire, sender: NodeId) -> None:
        round = self.rounds.get(msg.transaction)
        if round is None:
            commit = self.presumed == "commit"
            self.send(sender, Commit(msg.transaction) if commit else Abort(msg.transaction))
        elif round.state == "told":
            self.send_decision(msg.transaction, (sender,))

    def recover_rounds(self) -> None:
        """Decisions of which somebody may not have heard are told again."""
        for kind, transaction, facts in self.log:
            if kind in self.acknowledged:
                self.rounds[transaction] = Round({}, "deciding", decision=kind, audience=facts)
            elif kind == "end":
                del self.rounds[transaction]
        for transaction in list(self.rounds):
            self.become("leader")
            self.tell(transaction)

    # --- the participant

    def on_prepare(self, msg: Prepare, sender: NodeId) -> None:
        self.consider(msg.transaction, sender, msg.changes, msg.others)

    def send_vote(self, coordinator: NodeId, transaction: Any, answer: str) -> None:
        self.send(coordinator, Vote(transaction, answer))

    def log_refusal(self, transaction: Any) -> None:
        if "abort" in self.participant_forces:
            self.force("aborted", transaction)
        else:
            self.vote(transaction, "no")
            self.write("aborted", transaction)

    def after_aborted(self, transaction: Any) -> None:
        branch = self.branches[transaction]
        if branch.state == "refusing":
            self.refused(transaction)
            if "abort" in self.participant_forces and branch.coordinator is not None:
                self.vote(transaction, "no")
        elif branch.state == "aborting":
            self.abort(transaction)
            self.acknowledge(transaction)

    def after_committed(self, transaction: Any) -> None:
        if self.branches[transaction].state == "committing":
            self.commit(transaction)
            self.acknowledge(transaction)

    def acknowledge(self, transaction: Any) -> None:
        branch = self.branches[transaction]
        decision = "commit" if branch.state == "committed" else "abort"
        if decision in self.acknowledged and branch.coordinator is not None:
            self.send(branch.coordinator, Acknowledge(transaction))

    def on_commit(self, msg: Commit, sender: NodeId) -> None:
        self.learn(msg.transaction, "commit", sender)

    def on_abort(self, msg: Abort, sender: NodeId) -> None:
        self.learn(msg.transaction, "abort", sender)

    def learn(self, transaction: Any, decision: str, sender: NodeId) -> None:
        """A decision has come, from the coordinator or from another participant."""
        branch = self.branches.get(transaction)
        if branch is None:
            if decision == "commit":
                return
            # it never heard the question: it must refuse it, should it still come
            branch = self.branches[transaction] = Branch(sender, (), ())
        if branch.state in ("committed", "aborted"):
            self.heard_before(transaction, branch, decision, sender)
        elif branch.state == "prepared" and decision == "commit":
            self.obey(transaction, branch, "committing", "committed", decision in self.participant_forces)
        elif branch.state in ("waiting", "preparing", "prepared") and decision == "abort":
            self.obey(transaction, branch, "aborting", "aborted", decision in self.participant_forces)

    def obey(self, transaction: Any, branch: Branch, state: str, entry: str, forced: bool) -> None:
        self.stop_timer(transaction)
        branch.state = state
        if forced:
            self.force(entry, transaction)
            return
        self.write(entry, transaction)
        if entry == "committed":
            self.commit(transaction)
        else:
            self.abort(transaction)
        self.acknowledge(transaction)

    def heard_before(self, transaction: Any, branch: Branch, decision: str, sender: NodeId) -> None:
        """The decision has come again: the acknowledgement was lost, or it had decided alone."""
        if branch.state != ("committed" if decision == "commit" else "aborted"):
            self.record("damage", transaction=transaction, decided=branch.state, decision_was=decision)
        if sender == branch.coordinator or branch.coordinator is None:
            branch.coordinator = sender
            self.acknowledge(transaction)

    # --- the participant in doubt

    def doubt(self, transaction: Any) -> None:
        self.timers[transaction] = self.every(self.patience, self.inquire, transaction)
        if self.heuristic is not None:
            self.after(self.heuristic_after, self.decide_alone, transaction)

    def inquire(self, transaction: Any) -> None:
        branch = self.branches[transaction]
        self.send(branch.coordinator, Inquire(transaction))
        if self.cooperative:
            self.broadcast(Ask(transaction), branch.others)

    def on_ask(self, msg: Ask, sender: NodeId) -> None:
        branch = self.branches.get(msg.transaction)
        if branch is None or branch.state == "waiting":
            self.refuse_for_ever(msg.transaction)
        elif branch.state == "committed":
            self.send(sender, Commit(msg.transaction))
        elif branch.state == "aborted":
            self.send(sender, Abort(msg.transaction))

    def refuse_for_ever(self, transaction: Any) -> None:
        """It has not voted, so it can abort the transaction alone; who asked will ask again."""
        if transaction in self.branches:
            self.refuse(transaction)
        else:
            self.branches[transaction] = Branch(None, (), (), "refusing")
            self.force("aborted", transaction)

    def decide_alone(self, transaction: Any) -> None:
        """A heuristic decision: it unlocks the accounts, and may be the wrong one."""
        branch = self.branches[transaction]
        if branch.state == "prepared":
            self.record("heuristic", transaction=transaction, decision=self.heuristic)
            if self.heuristic == "commit":
                self.obey(transaction, branch, "committing", "committed", True)
            else:
                self.obey(transaction, branch, "aborting", "aborted", True)
