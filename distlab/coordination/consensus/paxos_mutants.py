"""Paxos with one safeguard switched off at a time, and what then breaks.

Each mutant is Paxos with one small method replaced. "Agreement" is safety; "a decision once faults stop" is
liveness.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from distlab.coordination.election.mutant import Mutant
from distlab.sim import NodeId

from .paxos import NO_BALLOT, Accept, Accepted, Ballot, Decided, Paxos, Promise, Proposal, Reject

__all__ = ["AGREEMENT", "A_DECISION", "PAXOS_MUTANTS"]

_PAPER = "Lamport 2001, section"

AGREEMENT = "agreement"
A_DECISION = "a decision once faults stop"


class ForgetsItsPromise(Paxos):
    stable = ("accepted",)


class ForgetsWhatItAccepted(Paxos):
    stable = ("promised",)


class SharesBallots(Paxos):
    def next_ballot(self) -> Ballot:
        return (super().next_ballot()[0], 0)


class IgnoresEarlierProposals(Paxos):
    def choose_value(self, promises: Mapping[NodeId, Proposal | None]) -> Any:
        return self.value


class TakesTheEarliestProposal(Paxos):
    def choose_value(self, promises: Mapping[NodeId, Proposal | None]) -> Any:
        told = [accepted for accepted in promises.values() if accepted is not None]
        return min(told, key=lambda proposal: proposal[0])[1] if told else self.value


class HalfIsAMajority(Paxos):
    def is_majority(self, acceptors: Collection[NodeId]) -> bool:
        return 2 * len(acceptors) >= len(self.peers) + 1


class PromisesBackwards(Paxos):
    def may_promise(self, ballot: Ballot) -> bool:
        return True


class AcceptsAnything(Paxos):
    def may_accept(self, ballot: Ballot) -> bool:
        return True


class AcceptsWithoutPromising(Paxos):
    def answer_accept(self, msg: Accept) -> Accepted | Reject | Decided:
        if self.role == "decided" or not self.may_accept(msg.ballot):
            return super().answer_accept(msg)
        self.accept(msg.ballot, msg.value)
        return Accepted(msg.ballot)


class CountsOldAnswers(Paxos):
    def is_of_this_ballot(self, ballot: Ballot) -> bool:
        return True


class CountsTwice(Paxos):
    def count_promise(self, acceptor: NodeId, accepted: Proposal | None) -> None:
        super().count_promise((acceptor, len(self.promises)), accepted)

    def count_acceptance(self, acceptor: NodeId) -> None:
        super().count_acceptance((acceptor, len(self.acceptances or ())))


class DecidesTooSoon(Paxos):
    def accept(self, ballot: Ballot, value: Any) -> None:
        super().accept(ballot, value)
        self.decide(value)


class KeepsItsBallot(Paxos):
    def next_ballot(self) -> Ballot:
        return (1, self.id) if self.promised == NO_BALLOT else self.ballot


class KeepsTheDecisionToItself(Paxos):
    def answer_prepare(self, msg: Any) -> Promise | Reject | Decided:
        if self.role == "decided":
            return Reject(msg.ballot, self.promised)
        return super().answer_prepare(msg)


PAXOS_MUTANTS = (
    Mutant(
        name="forgets its promise in a crash",
        kind=ForgetsItsPromise,
        base=Paxos,
        safeguard="a promise is on disk before it is given",
        source=f"{_PAPER} 2.5",
        breaks=AGREEMENT,
    ),
    Mutant(
        name="forgets in a crash what it accepted",
        kind=ForgetsWhatItAccepted,
        base=Paxos,
        safeguard="an acceptance is on disk before it is told",
        source=f"{_PAPER} 2.5",
        breaks=AGREEMENT,
    ),
    Mutant(
        name="shares its ballots with the other proposers",
        kind=SharesBallots,
        base=Paxos,
        safeguard="different proposers choose their numbers from disjoint sets",
        source=f"{_PAPER} 2.5",
        breaks=AGREEMENT,
    ),
    Mutant(
        name="ignores the proposals that the promises tell of",
        kind=IgnoresEarlierProposals,
        base=Paxos,
        safeguard="a proposer takes over the value of the latest accepted proposal",
        source=f"{_PAPER} 2.2, P2c",
        breaks=AGREEMENT,
    ),
    Mutant(
        name="takes over the earliest proposal",
        kind=TakesTheEarliestProposal,
        base=Paxos,
        safeguard="of several accepted proposals the one with the highest number counts",
        source=f"{_PAPER} 2.2, P2c",
        breaks=AGREEMENT,
    ),
    Mutant(
        name="takes half for a majority",
        kind=HalfIsAMajority,
        base=Paxos,
        safeguard="any two majorities share an acceptor",
        source=f"{_PAPER} 2.2",
        breaks=AGREEMENT,
        nodes=4,
    ),
    Mutant(
        name="promises a lower ballot after a higher one",
        kind=PromisesBackwards,
        base=Paxos,
        safeguard="an acceptor promises no ballot below one that it has promised",
        source=f"{_PAPER} 2.2, phase 1 (b)",
        breaks=AGREEMENT,
    ),
    Mutant(
        name="accepts whatever it has promised",
        kind=AcceptsAnything,
        base=Paxos,
        safeguard="an acceptor accepts no ballot below one that it has promised",
        source=f"{_PAPER} 2.2, P1a and phase 2 (b)",
        breaks=AGREEMENT,
    ),
    Mutant(
        name="accepts without promising",
        kind=AcceptsWithoutPromising,
        base=Paxos,
        safeguard="who accepts a ballot accepts nothing below it afterwards, also without a Prepare",
        source=f"{_PAPER} 2.2 (it remembers the highest-numbered proposal that it has ever accepted)",
        breaks=AGREEMENT,
    ),
    Mutant(
        name="counts answers to an earlier ballot",
        kind=CountsOldAnswers,
        base=Paxos,
        safeguard="a majority must answer the same ballot",
        source=f"{_PAPER} 2.2, phase 2",
        breaks=AGREEMENT,
    ),
    Mutant(
        name="counts an answer twice when it comes twice",
        kind=CountsTwice,
        base=Paxos,
        safeguard="answers are counted per acceptor",
        source=f"{_PAPER} 2.2 (a majority of the acceptors)",
        breaks=AGREEMENT,
        nodes=5,
    ),
    Mutant(
        name="decides what it has accepted",
        kind=DecidesTooSoon,
        base=Paxos,
        safeguard="a value is chosen when a majority has accepted it",
        source=f"{_PAPER} 2.2 and 2.3",
        breaks=AGREEMENT,
    ),
    Mutant(
        name="never takes a higher ballot",
        kind=KeepsItsBallot,
        base=Paxos,
        safeguard="who was rejected tries again with a higher number",
        source=f"{_PAPER} 2.4",
        breaks=A_DECISION,
    ),
    Mutant(
        name="keeps the decision to itself",
        kind=KeepsTheDecisionToItself,
        base=Paxos,
        safeguard="a learner that missed the decision can ask for it",
        source=f"{_PAPER} 2.3",
        breaks=A_DECISION,
    ),
)
