"""Consensus, atomic commitment: a tiny right algorithm passes, tiny wrong ones fail with the right words."""

import re

import pytest

from distlab.check import AtomicCommitment, Consensus, FaultBudget, check
from distlab.sim import Crash, Node, cluster, message


def judged(kind, property, n=3, faults=(), **arguments):
    """A few runs of this many nodes with these faults, and no other search."""
    return check(
        lambda _: cluster(kind, n, **arguments),
        property,
        nodes=n,
        runs=3,
        faults=list(faults),
        bounds=None,
        progress=False,
    )


def fails(kind, property, sentence, **options):
    """Whether the check fails with a sentence that fits."""
    report = judged(kind, property, **options)
    return report.verdict == "failed" and re.search(sentence, report.sentence) is not None


@message
class Value:
    """A value to decide."""

    value: int


class Dictator(Node):
    """Node 1 proposes; everybody decides what it says."""

    def on_start(self):
        self.record("propose", value=self.id)
        if self.id == 1:
            self.broadcast(Value(1))
            self.decide(1)

    def on_value(self, msg, sender):
        self.decide(msg.value)

    def decide(self, value):
        self.record("decide", value=value)


class OwnWay(Dictator):
    def on_value(self, msg, sender):
        self.decide(self.id)


class Inventor(Dictator):
    def decide(self, value):
        super().decide(value + 41)


class Fickle(Dictator):
    def on_value(self, msg, sender):
        self.decide(msg.value)
        self.decide(self.id)


class Doubter(Dictator):
    def on_value(self, msg, sender):
        if self.id != 3:
            self.decide(msg.value)


def test_consensus_passes_who_decides_what_one_proposed() -> None:
    """All decide one proposed value, once, in the end."""
    assert judged(Dictator, Consensus()).verdict == "passed"
    assert judged(Dictator, Consensus(source=1)).verdict == "passed"


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (OwnWay, r"agreement: node 1 decided 1, but node [23] decided [23]"),
        (Inventor, r"validity: node 1 decided 42 .*, which nobody had proposed"),
        (Fickle, r"integrity: node [23] decided 1 and then, .*, [23]"),
        (Doubter, r"termination: node 3 has not decided"),
    ],
)
def test_consensus_names_what_is_broken(kind, sentence) -> None:
    """Agreement, validity, integrity and termination each have their sentence."""
    assert fails(kind, Consensus(), sentence)


def test_termination_can_be_left_out_and_one_decision_can_be_enough() -> None:
    """``terminates=False`` and ``everyone=False`` forgive who has not decided."""
    assert judged(Doubter, Consensus(terminates=False)).verdict == "passed"
    assert judged(Doubter, Consensus(everyone=False)).verdict == "passed"


def test_a_crashed_node_need_not_decide() -> None:
    """Only live nodes owe a decision."""
    assert judged(Doubter, Consensus(), faults=[Crash(3, at=0.0)]).verdict == "passed"


class Slots(Dictator):
    """Two instances; node 3 mixes them up if ``mixed``."""

    def __init__(self, mixed=False):
        self.mixed = mixed

    def on_start(self):
        for instance in (1, 2):
            self.record("propose", instance=instance, value=instance)
        if self.id == 1:
            self.broadcast(Value(0))

    def on_value(self, msg, sender):
        for instance in (1, 2):
            wrong = self.mixed and self.id == 3
            self.record("decide", instance=instance, value=3 - instance if wrong else instance)


def test_instances_are_judged_apart() -> None:
    """Different values in different instances are right; a value of another instance is invalid."""
    assert judged(Slots, Consensus(everyone=False)).verdict == "passed"
    assert fails(Slots, Consensus(everyone=False), "in instance 1", mixed=True)


class TwoFaced(Dictator):
    """Node 1 tells the truth to node 2 only."""

    def on_start(self):
        self.record("propose", value=self.id)
        if self.id == 1:
            self.record("decide", value=7)
            for peer in self.peers:
                self.send(peer, Value(1 if peer == 2 else 5))


def test_liars_are_not_looked_at_but_the_honest_are() -> None:
    """A liar may decide anything; the honest whom it deceives must still agree."""
    assert judged(TwoFaced, Consensus(liars=(1,)), n=2).verdict == "passed"
    assert fails(TwoFaced, Consensus(liars=(1,)), r"agreement: node [23] decided [15]")


def test_an_honest_source_must_be_obeyed_although_others_lie() -> None:
    """With ``source``, its value is the only valid one, unless it lies itself."""
    assert fails(Fickle, Consensus(liars=(2,), source=1), "integrity: node 3")
    assert fails(Inventor, Consensus(liars=(3,), source=1), "validity: .* which node 1 never had proposed")
    assert judged(Inventor, Consensus(liars=(1,), source=1, terminates=False)).verdict == "passed"


def test_liars_lie_by_default() -> None:
    """The default faults of a property with liars are lies of these nodes."""
    assert Consensus(liars=(2,)).default_faults().liars == (2,)
    lies = FaultBudget(crashes=0, partitions=0, pauses=0, loss_bursts=0, slow_links=0, liars=(1,))
    report = check(
        Dictator, Consensus(liars=(1,)), nodes=3, runs=30, faults=lies, bounds=None, progress=False
    )
    assert "agreement" in report.sentence or "termination" in report.sentence


# --- atomic commitment


@message
class Vote:
    """May it be committed?"""

    yes: bool


@message
class Decision:
    """What all do."""

    decision: str


class Commit(Node):
    """Node 1 asks nobody twice: all vote at once, it decides for all."""

    def on_start(self):
        self.votes = []
        self.cast(self.may_commit())

    def may_commit(self):
        return True

    def cast(self, yes):
        self.record("vote", yes=yes)
        if self.id == 1:
            self.on_vote(Vote(yes), 1)
        else:
            self.send(1, Vote(yes))

    def on_vote(self, msg, sender):
        self.votes.append(msg.yes)
        if len(self.votes) == len(self.peers) + 1:
            decision = "commit" if all(self.votes) else "abort"
            self.broadcast(Decision(decision))
            self.decide(decision)

    def on_decision(self, msg, sender):
        self.decide(msg.decision)

    def decide(self, decision):
        self.record("decide", decision=decision)


class OneRefuses(Commit):
    def may_commit(self):
        return self.id != 3


class CommitsAnyway(OneRefuses):
    def decide(self, decision):
        super().decide("commit")


class OneAborts(Commit):
    def on_decision(self, msg, sender):
        self.decide("abort" if self.id == 3 else msg.decision)


class Regrets(OneRefuses):
    def on_decision(self, msg, sender):
        self.decide("abort")
        self.decide("commit")


class CountsToTwo(Commit):
    def on_start(self):
        self.votes = []
        if self.id != 3:
            self.cast(True)

    def on_vote(self, msg, sender):
        self.votes.append(msg.yes)
        if len(self.votes) == 2:
            self.broadcast(Decision("commit"))
            self.decide("commit")


class NeverTells(Commit):
    def on_decision(self, msg, sender):
        pass


class Mumbles(Commit):
    def decide(self, decision):
        super().decide("perhaps")


def test_atomic_commitment_passes_all_or_none() -> None:
    """All yes: all commit. One no: all abort."""
    assert judged(Commit, AtomicCommitment(participants=3)).verdict == "passed"
    assert judged(OneRefuses, AtomicCommitment(participants=3)).verdict == "passed"


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (CommitsAnyway, r"node 1 decided commit .* although node 3 had voted no"),
        (OneAborts, r"the decisions differ: node \d decided (commit|abort), node \d (commit|abort)"),
        (Regrets, r"node [23] decided abort and then, .*, commit"),
        (CountsToTwo, r"node 1 decided commit .* after only 2 of 3 votes"),
        (NeverTells, r"node [23] has voted and is blocked"),
        (Mumbles, r'must say "commit" or "abort"; got \'perhaps\''),
    ],
)
def test_atomic_commitment_names_what_is_broken(kind, sentence) -> None:
    """Each way to be wrong has its sentence."""
    assert fails(kind, AtomicCommitment(participants=3), sentence)


def test_blocking_can_be_allowed() -> None:
    """Two-phase commit may block when its coordinator is down, if the property says so."""
    down = [Crash(1, at=0.0)]
    assert fails(Commit, AtomicCommitment(), "blocked", faults=down)
    assert judged(Commit, AtomicCommitment(blocking_allowed=True), faults=down).verdict == "inconclusive"
