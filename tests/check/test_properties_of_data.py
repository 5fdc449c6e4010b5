"""Locks, logs, sums, registers: a tiny right algorithm passes, tiny wrong ones fail with the right words."""

import re

import pytest

from distlab.check import (
    Conservation,
    FaultBudget,
    Fencing,
    LeaderCompleteness,
    Linearizable,
    LogMatching,
    OneHolder,
    Register,
    StateMachineSafety,
    check,
)
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


# --- locks


@message
class Token:
    """The lock goes round."""

    number: int


class Round(Node):
    """Who has the token holds the lock for 10 ms."""

    def on_start(self):
        if self.id == 1:
            self.on_token(Token(1), None)

    def on_recover(self):
        pass

    def on_token(self, msg, sender):
        self.record("acquired", lock="l", token=msg.number)
        self.after(0.01, self.leave, msg.number)

    def leave(self, number):
        self.record("released", lock="l")
        self.pass_on(number)

    def pass_on(self, number):
        if number < 9:
            self.send(self.id % 3 + 1, Token(number + 1))


class PassesTooSoon(Round):
    def on_token(self, msg, sender):
        super().on_token(msg, sender)
        self.pass_on(msg.number)

    def leave(self, number):
        self.after(0.05, self.record, "released")


class PassesTooSoonOnce(PassesTooSoon):
    def pass_on(self, number):
        if number == 1:
            super().pass_on(number)


class TakenBack(Round):
    """The service gives the lock on after 5 ms, whether or not it was released."""

    def on_token(self, msg, sender):
        self.record("acquired", lock="l", token=msg.number)
        self.after(0.005, self.expire, msg.number)

    def expire(self, number):
        self.record("expired", lock="l", holder=self.id)
        self.pass_on(number)


def test_one_holder_passes_a_token_that_goes_round() -> None:
    """The lock is released before the next one acquires it."""
    assert judged(Round, OneHolder()).verdict == "passed"


def test_two_holders_are_named() -> None:
    """Who acquires a held lock is named with its holder."""
    assert fails(
        PassesTooSoon, OneHolder(), "two holders: node 2 acquired the lock 'l' .* while node 1 held it"
    )


def test_an_expired_lease_counts_only_if_asked_for() -> None:
    """A client goes on believing in a lease that was taken back; ``expiry_counts`` forgives that."""
    assert fails(TakenBack, OneHolder(), "two holders")
    assert judged(TakenBack, OneHolder(expiry_counts=True)).verdict == "passed"


def test_a_crashed_holder_holds_nothing() -> None:
    """What a crashed client believed is gone."""
    assert judged(PassesTooSoonOnce, OneHolder()).verdict == "failed"
    assert judged(PassesTooSoonOnce, OneHolder(), faults=[Crash(1, at=0.001)]).verdict == "passed"


@message
class Write:
    """Write with this token."""

    token: int


class Guarded(Node):
    """Nodes 1 and 2 write with tokens 1 and 2; node 3 is the resource."""

    def on_start(self):
        self.newest = 0
        if self.id != 3:
            self.send(3, Write(self.id))

    def on_write(self, msg, sender):
        accepted = self.may_write(msg.token)
        if accepted:
            self.newest = msg.token
        self.record("write", token=msg.token, accepted=accepted)

    def may_write(self, token):
        return token >= self.newest


class Unguarded(Guarded):
    def may_write(self, token):
        return True


class NoToken(Guarded):
    def on_write(self, msg, sender):
        self.record("write", accepted=True)


class LateWriter(Guarded):
    def on_start(self):
        self.newest = 0
        if self.id != 3:
            self.after(0.1 if self.id == 1 else 0.01, self.send, 3, Write(self.id))


class LateUnguarded(LateWriter, Unguarded):
    pass


def test_fencing_passes_a_resource_that_refuses_old_tokens() -> None:
    """The write with the older token comes late, and is refused."""
    assert judged(LateWriter, Fencing()).verdict == "passed"


def test_an_old_token_that_is_accepted_is_named() -> None:
    """Without the comparison the resource accepts 1 after 2."""
    assert fails(LateUnguarded, Fencing(), r"node 3 accepted a write with token 1 .* after one with 2")


def test_a_write_without_a_token_is_a_mistake_of_the_algorithm() -> None:
    """The record must say which number the token has."""
    report = judged(NoToken, Fencing())
    assert report.verdict == "failed"
    assert "must say which number the token has; got None" in report.sentence


# --- logs


@message
class Append:
    """An entry, at this index."""

    index: int
    term: int
    command: str


class Log(Node):
    """Node 1 leads and appends; all apply what they get."""

    def on_start(self):
        self.log = []
        if self.id == 1:
            self.become("leader", term=1)
            self.lead(Append(1, 1, "a"))
            self.after(0.05, self.lead, Append(2, 1, "b"))
            self.after(0.1, self.hand_over)

    def lead(self, entry):
        self.append(entry)
        self.broadcast(entry)

    def on_append(self, msg, sender):
        self.append(msg)

    def append(self, msg):
        self.log.append((msg.term, self.command(msg)))
        self.record("apply", index=msg.index, value=self.command(msg))

    def command(self, msg):
        return msg.command

    def hand_over(self):
        self.send(2, Lead())

    def on_lead(self, msg, sender):
        self.become("leader", term=2)


@message
class Lead:
    """Lead, in the next term."""


class OtherCommand(Log):
    def command(self, msg):
        return "x" if self.id == 3 and msg.index == 1 else msg.command


class Forgetful(Log):
    def on_lead(self, msg, sender):
        self.log = self.log[:1]
        super().on_lead(msg, sender)


def test_replicated_logs_pass_when_they_are_equal() -> None:
    """Log matching, leader completeness and state-machine safety hold for copies of one log."""
    for property in (LogMatching(), LeaderCompleteness(), StateMachineSafety()):
        assert judged(Log, property).verdict == "passed"


def test_the_place_where_logs_differ_is_named() -> None:
    """A command that differs under an equal term breaks log matching, and state-machine safety."""
    assert fails(OtherCommand, LogMatching(), r"log matching: nodes [12] and 3 have the same term at index")
    sentence = r"state-machine safety: at index 1 node \d applied '[ax]', node \d '[ax]'"
    assert fails(OtherCommand, StateMachineSafety(), sentence)


def test_a_liar_may_apply_what_it_likes() -> None:
    """State-machine safety speaks of the honest nodes."""
    assert judged(OtherCommand, StateMachineSafety(liars=(3,))).verdict == "passed"
    assert judged(OtherCommand, StateMachineSafety(liars=(2,))).verdict == "failed"


def test_a_leader_that_lacks_an_applied_entry_is_named() -> None:
    """The second leader has lost what was applied."""
    sentence = "leader completeness: node 2 became leader, but its log lacks the applied entry 'b' at index 2"
    assert fails(Forgetful, LeaderCompleteness(), sentence)
    assert judged(Forgetful, StateMachineSafety()).verdict == "passed"


# --- sums


@message
class Pay:
    """An amount that moves."""

    amount: int


class Bank(Node):
    """Each node pays 10 to the next."""

    fee = 0

    def __init__(self):
        self.balance = 100

    def on_start(self):
        self.balance -= 10
        self.send(self.id % 3 + 1, Pay(10))

    def on_pay(self, msg, sender):
        self.balance += msg.amount + self.fee


class Mint(Bank):
    fee = 1


class Purse(Bank):
    def __init__(self):
        self.balance = {"eur": 100, "usd": 0}

    def on_start(self):
        self.balance["eur"] -= 10
        self.send(self.id % 3 + 1, Pay(10))

    def on_pay(self, msg, sender):
        self.balance["usd"] += msg.amount


def test_money_that_is_moved_is_conserved_in_the_end() -> None:
    """While it is under way it is nobody's; in the end all of it is there."""
    assert judged(Bank, Conservation("balance", total=300)).verdict == "passed"
    assert judged(Purse, Conservation("balance", total=300)).verdict == "passed"
    assert judged(Bank, Conservation(lambda node: node.balance, total=300)).verdict == "passed"


def test_money_that_is_made_is_noticed() -> None:
    """The sentence says the sum and what it should be."""
    assert fails(Mint, Conservation("balance", total=300), "the sum is 303 instead of 300")


def test_at_every_moment_is_more_than_in_the_end() -> None:
    """``always`` does not forgive what is under way."""
    assert fails(Bank, Conservation("balance", total=300, always=True), "the sum is 2[0-9]+ instead of 300")


# --- registers


@message
class Ask:
    """Write this value, or read if there is none."""

    value: int


@message
class Answer:
    """What the register holds."""

    value: int


class OneCopy(Node):
    """Node 1 holds a register; nodes 2 and 3 write and read, one after the other."""

    def on_start(self):
        self.value, self.asked = 0, 0
        if self.id != 1:
            self.ask()

    def ask(self):
        self.asked += 1
        value = 10 * self.id + self.asked if self.asked % 2 else 0
        self.operation = self.invoke("write", value=value) if value else self.invoke("read")
        self.send(1, Ask(value))

    def on_ask(self, msg, sender):
        self.value = msg.value or self.value
        self.send(sender, Answer(self.value))

    def on_answer(self, msg, sender):
        self.operation.complete(msg.value)
        if self.asked < 6:
            self.ask()


class TwoCopies(OneCopy):
    """Node 1 answers node 3 from an old copy."""

    def on_start(self):
        super().on_start()
        self.old = 0

    def on_ask(self, msg, sender):
        if sender == 3 and not msg.value:
            self.send(sender, Answer(self.old))
        else:
            super().on_ask(msg, sender)


def test_one_copy_is_linearizable() -> None:
    """A register in one place takes each operation at one moment."""
    assert judged(OneCopy, Linearizable(Register(0))).verdict == "passed"


def test_an_old_copy_is_not_linearizable() -> None:
    """A read that misses the client's own write is found, at every level that promises it."""
    assert fails(TwoCopies, Linearizable(Register(0)), "Not linearizable: client 3 read")
    assert Linearizable(Register(0)).name == "Linearizable"


@pytest.mark.parametrize("kind", [Round, Log, Bank, OneCopy])
def test_a_property_that_nothing_speaks_to_is_not_passed(kind) -> None:
    """A check of another family's property in which nothing relevant happened is inconclusive."""
    assert judged(kind, Fencing()).verdict == "inconclusive"


def test_calm_runs_of_the_right_ones_survive_the_default_search() -> None:
    """With the checker's own faults, what must hold always holds for the tiny right ones."""
    pauses = FaultBudget(crashes=0, partitions=0, pauses=2, loss_bursts=0, slow_links=2)
    for kind, property in (
        (Round, OneHolder()),
        (LateWriter, Fencing()),
        (OneCopy, Linearizable(Register(0))),
    ):
        report = check(kind, property, nodes=3, runs=20, faults=pauses, bounds=None, progress=False)
        assert report.verdict == "passed"
