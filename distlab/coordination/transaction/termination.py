"""Three-phase commit with a termination protocol: who is left elects a backup coordinator.

D. Skeen, *Nonblocking commit protocols*, SIGMOD 1981, section 6; the four cases as in P. Bernstein,
V. Hadzilacos and N. Goodman, *Concurrency control and recovery in database systems*, 1987, chapter 7.

The rule, where it differs from :mod:`.three_phase`::

    coordinator:        not all have acknowledged in time: who is silent has crashed; commit

    a participant hears nothing for 2 patience (the second smallest id 3, the third 4, ...):
                        it is the backup coordinator: WhatState to all other participants
    on WhatState:       State; not voted yet: force aborted
    after patience:     somebody has decided:            the same
                        all are prepared:                abort
                        somebody is pre-committed:       PreCommit to those who are only prepared;
                                                         after patience more: commit

    who comes back:     takes no part in this; it asks all others until somebody knows,
                        or until all have come back: somebody is pre-committed: commit; nobody: abort

Right as long as whoever is silent has crashed: no message is lost or late, and nobody is cut off. Then
whoever is up decides, whoever else crashes. Under a partition both sides elect, and may differ.

Cost without faults: as in :mod:`.three_phase`.
"""

from __future__ import annotations

from typing import Any

from distlab.sim import NodeId, Timer, message

from .site import Branch
from .three_phase import PreCommit, ThreePhaseCommit
from .two_phase import Abort, Commit, Inquire, Round

__all__ = ["Ask", "State", "ThreePhaseTermination", "WhatState"]


@message
class WhatState:
    """I am the backup coordinator. How far are you?"""

    transaction: Any


@message
class State:
    """So far; "recovered" says that I was down meanwhile."""

    transaction: Any
    state: str
    recovered: bool


@message
class Ask:
    """I was down. What became of it?"""

    transaction: Any


class ThreePhaseTermination(ThreePhaseCommit):
    """A site of three-phase commit that survives crashes; parameters as for :class:`ThreePhaseCommit`.

    Recorded is also "backup", when a participant takes over.

    References
    ----------
    Skeen 1981; Bernstein, Hadzilacos and Goodman 1987, chapter 7.

    Examples
    --------
    >>> from distlab.sim import Crash, Simulation, cluster
    >>> sim = Simulation(cluster(ThreePhaseTermination, 4, transactions=1), faults=[Crash(1, at=0.04)])
    >>> trace = sim.run(until=5.0)
    >>> trace.records.query("event == 'decide'").decision.tolist()
    ['commit', 'commit', 'commit']
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.states: dict[Any, dict[NodeId, State]] = {}  # what others have answered
        self.backups: dict[Any, Timer] = {}  # transactions for which this node is the backup coordinator

    def acknowledgements_are_missing(self, transaction: Any) -> None:
        self.decide(transaction, "commit")

    # --- the backup coordinator

    def doubt(self, transaction: Any) -> None:
        if self.branches[transaction].recovered:
            self.states[transaction] = {}
            self.timers[transaction] = self.every(self.patience, self.inquire, transaction)
        elif transaction not in self.backups:
            wait = (2 + self.rank(transaction)) * self.patience
            self.timers[transaction] = self.after(wait, self.hear_nothing, transaction)

    def rank(self, transaction: Any) -> int:
        """How many participants have a smaller id."""
        return sum(other < self.id for other in self.branches[transaction].others)

    def hear_nothing(self, transaction: Any) -> None:
        self.record("backup", transaction=transaction)
        self.states[transaction] = {}
        self.broadcast(WhatState(transaction), self.branches[transaction].others)
        self.backups[transaction] = self.after(self.patience, self.terminate, transaction)

    def on_what_state(self, msg: WhatState, sender: NodeId) -> None:
        branch = self.branches.get(msg.transaction)
        if branch is None or branch.state in ("waiting", "preparing"):
            self.refuse_for_ever(msg.transaction)
        elif branch.state in ("committed", "aborted"):
            self.send(sender, State(msg.transaction, branch.state, False))
        elif branch.state in ("prepared", "pre-committed") and not branch.recovered:
            self.send(sender, State(msg.transaction, branch.state, False))
            if msg.transaction in self.timers:
                self.timers[msg.transaction].reset()

    def refuse_for_ever(self, transaction: Any) -> None:
        """It has not voted, so it can abort alone."""
        branch = self.branches.get(transaction)
        if branch is None:
            self.branches[transaction] = Branch(None, (), (), "refusing")
            self.force("aborted", transaction)
        elif branch.state == "waiting":
            self.refuse(transaction)
        else:
            self.obey(transaction, branch, "aborting", "aborted")

    def on_state(self, msg: State, sender: NodeId) -> None:
        if msg.transaction not in self.states:
            return
        self.states[msg.transaction][sender] = msg
        if msg.transaction not in self.backups:
            self.decide_when_all_are_back(msg.transaction)

    def terminate(self, transaction: Any) -> None:
        """All who are up have answered."""
        branch = self.branches[transaction]
        del self.backups[transaction]
        if branch.state not in ("prepared", "pre-committed"):
            return
        states = {sender: answer.state for sender, answer in self.states.pop(transaction).items()}
        states[self.id] = branch.state
        decision = self.termination_rule(list(states.values()))
        branch.leads = True
        if decision == "abort":
            self.obey(transaction, branch, "aborting", "aborted")
        elif "committed" in states.values():
            self.obey(transaction, branch, "committing", "committed")
        else:
            self.pre_commit_the_rest(transaction, branch, states)

    def termination_rule(self, states: list[str]) -> str:
        if "committed" in states:
            return "commit"
        if "aborted" in states:
            return "abort"
        return "commit" if "pre-committed" in states else "abort"

    def pre_commit_the_rest(self, transaction: Any, branch: Branch, states: dict[NodeId, str]) -> None:
        behind = tuple([site for site, state in states.items() if state == "prepared" and site != self.id])
        self.broadcast(PreCommit(transaction), behind)
        self.backups[transaction] = self.after(
            self.patience if behind else 0, self.end_by_commit, transaction
        )

    def end_by_commit(self, transaction: Any) -> None:
        branch = self.branches[transaction]
        del self.backups[transaction]
        if branch.state in ("prepared", "pre-committed"):
            self.obey(transaction, branch, "committing", "committed")

    def after_committed(self, transaction: Any) -> None:
        super().after_committed(transaction)
        self.pass_on(transaction)

    def after_aborted(self, transaction: Any) -> None:
        super().after_aborted(transaction)
        self.pass_on(transaction)

    def pass_on(self, transaction: Any) -> None:
        """A backup coordinator tells the others what it has decided."""
        branch = self.branches[transaction]
        if branch.leads:
            decision = Commit(transaction) if branch.state == "committed" else Abort(transaction)
            self.broadcast(decision, branch.others)

    # --- who comes back

    def inquire(self, transaction: Any) -> None:
        branch = self.branches[transaction]
        self.send(branch.coordinator, Inquire(transaction))
        self.broadcast(Ask(transaction), branch.others)

    def on_inquire(self, msg: Inquire, sender: NodeId) -> None:
        round = self.rounds.get(msg.transaction)
        if round is not None and round.state == "recovering":
            self.send(sender, State(msg.transaction, "coordinator", True))
        else:
            super().on_inquire(msg, sender)

    def on_ask(self, msg: Ask, sender: NodeId) -> None:
        branch = self.branches.get(msg.transaction)
        if branch is None or branch.state == "waiting":
            self.refuse_for_ever(msg.transaction)
        elif branch.state in ("committed", "aborted"):
            commit = branch.state == "committed"
            self.send(sender, Commit(msg.transaction) if commit else Abort(msg.transaction))
        elif branch.recovered:
            self.send(sender, State(msg.transaction, branch.state, True))

    def decide_when_all_are_back(self, transaction: Any) -> None:
        """All were down, the coordinator too: nobody is left who could decide otherwise."""
        branch, answers = self.branches[transaction], self.states[transaction]
        if branch.state in ("prepared", "pre-committed") and self.all_are_back(branch, answers):
            decision = self.termination_rule([branch.state, *[each.state for each in answers.values()]])
            if decision == "commit":
                self.obey(transaction, branch, "committing", "committed")
            else:
                self.obey(transaction, branch, "aborting", "aborted")

    def all_are_back(self, branch: Branch, answers: dict[NodeId, State]) -> bool:
        everybody = (branch.coordinator, *branch.others)
        return all([other in answers and answers[other].recovered for other in everybody])

    def recover_undecided(self, transaction: Any, round: Round) -> None:
        """The participants may have decided meanwhile."""
        round.timer = self.every(self.patience, self.ask_participants, transaction)

    def ask_participants(self, transaction: Any) -> None:
        self.broadcast(Ask(transaction), self.rounds[transaction].audience)

    def learn_own(self, transaction: Any, decision: str) -> None:
        round = self.rounds[transaction]
        if round.state == "recovering":
            self.stop_round_timer(round)
            round.state, round.decision = "deciding", decision
            self.force(decision, transaction, *round.audience)
