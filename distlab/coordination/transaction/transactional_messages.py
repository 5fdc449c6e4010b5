"""Transactional messages: a half message, a local transaction, and a broker that asks back.

The course's 基于分布式消息的最终一致性; D. Pritchett, "BASE: an ACID alternative", ACM Queue 6(3), 2008; as
Apache RocketMQ does it ("Transactional message", in its documentation).

The rule::

    the producer      Half to the broker, until HalfStored
        HalfStored:   execute the local transaction; store its outcome in it; End(commit or rollback)
        CheckBack:    the outcome that is stored; "unknown" while the transaction is under way;
                      else (a crash has ended it) rollback
    the broker        Half: store it, and show it to nobody
        End(commit):  Deliver to the consumer; End(rollback): throw it away
        no End for a while:    CheckBack to the producer, again and again
        no Consumed for a while, or Failed:    Deliver again, each time after twice as long
        ``tries`` deliveries, and no Consumed: a dead letter: an alarm, and no delivery any more
    the consumer      Deliver: the effect and the transaction's id, in one local transaction; Consumed
        the id is stored:      Consumed, no second effect

A broker that asks back rolls nothing back that was committed: a failure after the commit needs a
compensation, which is the application's own business. Here the producer takes care of dead letters::

    DeadLetter        store "annulling"; Annul to the consumer, until it answers
    the consumer      Annul: store that this id is annulled, unless it was consumed; Annulled(consumed or not)
    Annulled          not consumed: give the money back, and store "refunded", in one local transaction

Without ``Annul`` the money could be given back and arrive, too: a delivery may still be under way, or only
its answer be lost.

Cost: 5 messages per transaction: Half, HalfStored, End, Deliver, Consumed; more if some are lost.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from distlab.sim import Node, NodeId, Timer, message
from distlab.sim.distributions import seconds

from .local_transactions import LocalTransactions

__all__ = [
    "ROCKETMQ_RETRIES",
    "Annul",
    "Annulled",
    "Broker",
    "CheckBack",
    "Consumed",
    "DeadLetter",
    "DeadLetterTaken",
    "Deliver",
    "End",
    "Failed",
    "Half",
    "HalfStored",
    "MessageConsumer",
    "Producer",
]

#: Seconds between RocketMQ's deliveries of one message: 10 s to 2 h, 16 of them (its documentation)
ROCKETMQ_RETRIES = (10, 30, *range(60, 601, 60), 1200, 1800, 3600, 7200)


@message
class Half:
    """A message that nobody may see yet."""

    transaction: int
    amount: int


@message
class HalfStored:
    """The half message is on the broker's disk."""

    transaction: int


@message
class End:
    """How the local transaction ended: commit, rollback, or unknown."""

    transaction: int
    outcome: str


@message
class CheckBack:
    """How did the local transaction of this half message end?"""

    transaction: int


@message
class Deliver:
    """A message for the consumer."""

    transaction: int
    amount: int


@message
class Consumed:
    """The effect and the id are stored."""

    transaction: int


@message
class Failed:
    """It could not be consumed; try again later."""

    transaction: int


@message
class DeadLetter:
    """A message could not be delivered."""

    transaction: int


@message
class DeadLetterTaken:
    """Its producer takes care of it."""

    transaction: int


@message
class Annul:
    """Never consume this one, unless you have."""

    transaction: int


@message
class Annulled:
    """Whether it had been consumed; if not, it never will be."""

    transaction: int
    consumed: bool


class Producer(Node):
    """An account from which amounts go out. ``transfer(transaction, amount)`` begins one; less than 0: in.

    Recorded are "begin" (transaction, steps=2), "do" (transaction, step=1) when the money has left, "undo"
    when it was given back, and "settle" (transaction, outcome) for rollback and for dead letters.

    Parameters
    ----------
    broker, consumer
        Their ids.
    balance
        What is there at the beginning; a transfer of more is rolled back.
    takes
        Seconds of the local transaction.
    patience
        Seconds without an answer after which a message is sent again.

    Raises
    ------
    ValueError
        If a duration is not one.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation
    >>> nodes = {"A": Producer("broker", "B", 800), "broker": Broker("A", "B"), "B": MessageConsumer(600)}
    >>> sim = Simulation(nodes, workload=[Call("A", 0.0, "transfer", (1, 200))])
    >>> len(sim.run().messages), sim.nodes["A"].balance, sim.nodes["B"].balance
    (5, 600, 800)
    """

    stable: ClassVar[tuple[str, ...]] = ("balance", "outcomes")

    def __init__(
        self,
        broker: NodeId,
        consumer: NodeId,
        balance: int = 0,
        *,
        takes: float = 0.005,
        patience: float = 0.1,
    ) -> None:
        self.broker = broker
        self.consumer = consumer
        self.balance = balance
        self.takes = seconds(takes, "takes")
        self.patience = seconds(patience, "patience", "more than 0")
        #: transaction -> (commit, rollback, annulling, refunded or consumed, amount); on disk
        self.outcomes: dict[int, tuple[str, int]] = {}
        self.pending: dict[int, int] = {}  # transaction -> amount, while its outcome is open
        self.repeating: dict[int, Timer] = {}

    def on_start(self) -> None:
        self.become("producer")

    def on_recover(self) -> None:
        self.become("producer")
        for transaction, (outcome, _) in self.outcomes.items():
            if outcome == "annulling":
                self.annul(transaction)

    def transfer(self, transaction: int, amount: int) -> None:
        """Begin a transfer; a crash before its half message is stored forgets it."""
        if transaction not in self.outcomes and transaction not in self.pending:
            self.pending[transaction] = amount
            self.announce(transaction)

    # --- messages

    def on_half_stored(self, msg: HalfStored, sender: NodeId) -> None:
        if msg.transaction in self.outcomes:
            self.answer(msg.transaction)
        elif msg.transaction in self.pending and self.silence(msg.transaction):
            self.work(self.takes, self.execute, msg.transaction)

    def on_check_back(self, msg: CheckBack, sender: NodeId) -> None:
        if msg.transaction not in self.outcomes and not self.is_open(msg.transaction):
            self.store(msg.transaction, "rollback", 0)
        self.answer(msg.transaction)

    def on_dead_letter(self, msg: DeadLetter, sender: NodeId) -> None:
        outcome, amount = self.outcomes.get(msg.transaction, ("unknown", 0))
        if outcome == "commit":
            self.store(msg.transaction, "annulling", amount)
            self.annul(msg.transaction)
        self.send(sender, DeadLetterTaken(msg.transaction))

    def on_annulled(self, msg: Annulled, sender: NodeId) -> None:
        self.silence(msg.transaction)
        outcome, amount = self.outcomes[msg.transaction]
        if outcome == "annulling":
            if msg.consumed:
                self.store(msg.transaction, "consumed", amount)
                self.record("settle", transaction=msg.transaction, outcome="commit")
            else:
                self.refund(msg.transaction)

    # --- rules: the local transaction

    def announce(self, transaction: int) -> None:
        self.send(self.broker, Half(transaction, self.pending[transaction]))
        self.repeating[transaction] = self.after(self.patience, self.announce, transaction)

    def execute(self, transaction: int) -> None:
        """The effect and its outcome, in one local transaction."""
        amount = self.pending.pop(transaction)
        self.record("begin", transaction=transaction, steps=2)
        if self.balance >= amount:
            self.balance -= amount
            self.record("do", transaction=transaction, step=1)
            self.store(transaction, "commit", amount)
        else:
            self.store(transaction, "rollback", amount)
            self.record("settle", transaction=transaction, outcome="abort")
        self.answer(transaction)

    def store(self, transaction: int, outcome: str, amount: int) -> None:
        self.outcomes[transaction] = (outcome, amount)

    def answer(self, transaction: int) -> None:
        outcome, _ = self.outcomes.get(transaction, ("unknown", 0))
        known = outcome if outcome in ("unknown", "rollback") else "commit"
        self.send(self.broker, End(transaction, known))

    def is_open(self, transaction: int) -> bool:
        """Is the local transaction still to be executed, or under way?"""
        return transaction in self.pending

    # --- rules: dead letters

    def annul(self, transaction: int) -> None:
        self.send(self.consumer, Annul(transaction))
        self.repeating[transaction] = self.after(self.patience, self.annul, transaction)

    def refund(self, transaction: int) -> None:
        _, amount = self.outcomes[transaction]
        self.balance += amount
        self.store(transaction, "refunded", amount)
        self.record("undo", transaction=transaction, step=1)
        self.record("settle", transaction=transaction, outcome="abort")

    def silence(self, transaction: int) -> bool:
        """Stop repeating; was there something to stop?"""
        timer = self.repeating.pop(transaction, None)
        if timer is None:
            return False
        timer.cancel()
        return True


class Broker(Node):
    """The message queue: keeps half messages, asks back, delivers, and gives up.

    Recorded are "half", "check back", "deliver" (with its ``attempt``), "dead letter", "lost" when it stops
    asking back, and "settle" (outcome="commit") when a message is consumed, each with its ``transaction``.

    Parameters
    ----------
    producer, consumer
        Their ids.
    check
        Seconds without an outcome after which the producer is asked back.
    checks
        How often to ask; then the half message is thrown away. None: for ever. RocketMQ gives up after 15,
        and the outcome is lost if it was a commit.
    retry
        Seconds after which a message is delivered again the first time; then twice as long, and so on. Or a
        sequence of such times, such as ``ROCKETMQ_RETRIES``; then ``longest`` and ``tries`` follow from it.
    longest
        The longest such time in seconds.
    tries
        How many deliveries before it is a dead letter; None: for ever. RocketMQ tries 16 times.

    Raises
    ------
    ValueError
        If a duration or a number is wrong.

    Examples
    --------
    >>> broker = Broker("A", "B", retry=0.1, longest=0.5)
    >>> [broker.delay(attempt) for attempt in (1, 2, 3, 4)]
    [0.1, 0.2, 0.4, 0.5]
    """

    stable: ClassVar[tuple[str, ...]] = ("states", "amounts", "attempts")

    def __init__(
        self,
        producer: NodeId,
        consumer: NodeId,
        *,
        check: float = 0.1,
        checks: int | None = None,
        retry: float | Sequence[float] = 0.05,
        longest: float = 0.4,
        tries: int | None = 16,
    ) -> None:
        self.producer = producer
        self.consumer = consumer
        self.check = seconds(check, "check", "more than 0")
        self.checks = _at_least(checks, 0, "checks")
        self.retries = _seconds(retry)
        self.longest = seconds(longest, "longest", "more than 0")
        self.tries = _at_least(tries, 1, "tries") if len(self.retries) == 1 else len(self.retries) + 1
        self.states: dict[int, str] = {}  # half, ready, consumed, rolled back, lost, dead, handed over
        self.amounts: dict[int, int] = {}
        self.attempts: dict[int, int] = {}  # questions while it is half, deliveries afterwards
        self.timers: dict[int, Timer] = {}

    def on_start(self) -> None:
        self.become("broker")

    def on_recover(self) -> None:
        self.become("broker")
        for transaction in self.states:
            self.go_on(transaction)

    # --- messages

    def on_half(self, msg: Half, sender: NodeId) -> None:
        if msg.transaction not in self.states:
            self.amounts[msg.transaction] = msg.amount
            self.enter(msg.transaction, "half")
            self.record("half", transaction=msg.transaction)
            self.keep_hidden(msg.transaction)
        self.send(sender, HalfStored(msg.transaction))

    def on_end(self, msg: End, sender: NodeId) -> None:
        if self.states.get(msg.transaction) != "half" or msg.outcome == "unknown":
            return
        if msg.outcome == "commit":
            self.enter(msg.transaction, "ready")
            self.go_on(msg.transaction)
        else:
            self.close(msg.transaction, "rolled back")

    def on_consumed(self, msg: Consumed, sender: NodeId) -> None:
        if self.states[msg.transaction] == "ready":
            self.close(msg.transaction, "consumed")
            self.record("settle", transaction=msg.transaction, outcome="commit")

    def on_failed(self, msg: Failed, sender: NodeId) -> None:
        """The timer will deliver it again, if there is a try left."""
        if self.states[msg.transaction] == "ready" and self.was_last_try(msg.transaction):
            self.give_up(msg.transaction)

    def on_dead_letter_taken(self, msg: DeadLetterTaken, sender: NodeId) -> None:
        self.close(msg.transaction, "handed over")

    # --- rules

    def go_on(self, transaction: int) -> None:
        """What a state asks for; then again, when its timer fires."""
        state = self.states[transaction]
        if state == "half":
            self.set_timer(transaction, self.check, self.ask_back)
        elif state == "ready":
            self.deliver(transaction)
        elif state == "dead":
            self.report_dead(transaction)

    def keep_hidden(self, transaction: int) -> None:
        """A half message is shown to nobody; only its producer is asked about it, in a while."""
        self.go_on(transaction)

    def ask_back(self, transaction: int) -> None:
        self.attempts[transaction] += 1
        if self.checks is not None and self.attempts[transaction] > self.checks:
            self.close(transaction, "lost")
            self.record("lost", transaction=transaction)
        else:
            self.record("check back", transaction=transaction)
            self.send(self.producer, CheckBack(transaction))
            self.set_timer(transaction, self.check, self.ask_back)

    def deliver(self, transaction: int) -> None:
        if self.was_last_try(transaction):
            self.give_up(transaction)
            return
        self.attempts[transaction] += 1
        attempt = self.attempts[transaction]
        self.record("deliver", transaction=transaction, attempt=attempt)
        self.send(self.consumer, Deliver(transaction, self.amounts[transaction]))
        self.set_timer(transaction, self.delay(attempt), self.deliver)

    def was_last_try(self, transaction: int) -> bool:
        return self.tries is not None and self.attempts[transaction] >= self.tries

    def delay(self, attempt: int) -> float:
        """Seconds until the next delivery: twice as long each time, up to ``longest``, or as given."""
        if len(self.retries) > 1:
            return self.retries[min(attempt, len(self.retries)) - 1]
        return min(self.longest, self.retries[0] * 2.0 ** min(attempt - 1, 60))

    def give_up(self, transaction: int) -> None:
        self.enter(transaction, "dead")
        self.record("dead letter", transaction=transaction)
        self.report_dead(transaction)

    def report_dead(self, transaction: int) -> None:
        self.send(self.producer, DeadLetter(transaction))
        self.set_timer(transaction, self.retries[0], self.report_dead)

    def enter(self, transaction: int, state: str) -> None:
        self.states[transaction] = state
        self.attempts[transaction] = 0

    def close(self, transaction: int, state: str) -> None:
        self.states[transaction] = state
        if transaction in self.timers:
            self.timers.pop(transaction).cancel()

    def set_timer(self, transaction: int, delay: float, method: object) -> None:
        if transaction in self.timers:
            self.timers.pop(transaction).cancel()
        self.timers[transaction] = self.after(delay, method, transaction)  # type: ignore[arg-type]


class MessageConsumer(LocalTransactions):
    """An account to which amounts come in, each at least once, and count once.

    Recorded are "do" (transaction, step=2), "duplicate", "fail" and "annul" (transaction).

    Parameters
    ----------
    balance
        What is there at the beginning.
    fails
        Transactions that it cannot process, however often they come. What would leave less than 0 fails, too.
    takes
        Seconds of a local transaction.

    Raises
    ------
    ValueError
        If ``takes`` is not a duration.

    Examples
    --------
    >>> MessageConsumer(600, fails=[3]).can(transaction=3, amount=200)
    False
    """

    stable: ClassVar[tuple[str, ...]] = ("balance", "known")

    def __init__(self, balance: int = 0, *, fails: Collection[int] = (), takes: float = 0.005) -> None:
        super().__init__(balance, takes=takes)
        self.fails = tuple(fails)
        self.known: dict[int, str] = {}  # transaction -> consumed or annulled; beside the balance, on disk

    def on_start(self) -> None:
        self.become("consumer")

    # --- messages

    def on_deliver(self, msg: Deliver, sender: NodeId) -> None:
        self.transact(self.consume, msg, sender)

    def on_annul(self, msg: Annul, sender: NodeId) -> None:
        self.transact(self.annul, msg, sender)

    # --- rules: local transactions

    def consume(self, msg: Deliver, sender: NodeId) -> None:
        """The effect and the id, in one local transaction."""
        if self.is_known(msg.transaction):
            self.record("duplicate", transaction=msg.transaction)
        elif not self.can(msg.transaction, msg.amount):
            self.record("fail", transaction=msg.transaction)
            self.send(sender, Failed(msg.transaction))
            return
        else:
            self.balance += msg.amount
            self.record("do", transaction=msg.transaction, step=2)
            self.remember(msg.transaction, "consumed")
        self.send(sender, Consumed(msg.transaction))

    def annul(self, msg: Annul, sender: NodeId) -> None:
        transaction = msg.transaction
        if transaction not in self.known:
            self.record("annul", transaction=transaction)
            self.remember_annulled(transaction)
        self.send(sender, Annulled(transaction, self.known.get(transaction) == "consumed"))

    def can(self, transaction: int, amount: int) -> bool:
        return transaction not in self.fails and self.balance + amount >= 0

    def is_known(self, transaction: int) -> bool:
        return transaction in self.known

    def remember(self, transaction: int, what: str) -> None:
        self.known[transaction] = what

    def remember_annulled(self, transaction: int) -> None:
        self.remember(transaction, "annulled")


def _seconds(retry: float | Sequence[float]) -> tuple[float, ...]:
    times = tuple(retry) if isinstance(retry, Sequence) else (retry,)
    if not times:
        raise ValueError("retry must be seconds, or several of them; got none.")
    return tuple([seconds(each, "retry", "more than 0") for each in times])


def _at_least(value: int | None, least: int, name: str) -> int | None:
    if value is None or (isinstance(value, int) and value >= least):
        return value
    raise ValueError(f"{name} must be a whole number of {least} or more, or None; got {value!r}.")
