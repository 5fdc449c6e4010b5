"""Transactional outbox: the message is a row in the database, stored in one transaction with the effect.

C. Richardson, *Microservices Patterns* (2018), section 3.3; messages that wait in the sender's own database:
P. Helland, "Life beyond distributed transactions", CIDR 2007.

The rule::

    a service         to act: in one local transaction, the effect and a row in the outbox
        its relay:    at every poll: publish each row that was not acknowledged
                      and was not published during the last ``patience`` seconds
        Acknowledge:  delete the row
    a consumer        on Publish: in one local transaction, the effect and the message's number; Acknowledge
        a number that is stored: Acknowledge, no second effect

The message cannot be lost, because it is as durable as the effect, and cannot be a phantom, because it is not
there if the effect is not. What remains is doubling: the relay cannot know whether an unacknowledged message
arrived. So delivery is at least once, and the consumer makes it once.

Cost: 2 messages if nothing is lost. If each acknowledgement is lost with probability p, a message is
delivered 1/(1-p) times on average: so often would a consumer act that does not store the numbers.
"""

from __future__ import annotations

from typing import ClassVar

from distlab.sim import Node, NodeId, Timer, message
from distlab.sim.distributions import seconds

from .local_transactions import LocalTransactions

__all__ = ["Acknowledge", "Consumer", "Outbox", "Publish"]


@message
class Publish:
    """A row of the outbox."""

    number: int
    amount: int


@message
class Acknowledge:
    """The consumer has stored what it did for this number."""

    number: int


class Outbox(Node):
    """A service with an account, and its relay. ``act(number, amount)`` gives an amount away.

    Recorded are "begin" (transaction, steps=2), "do" (transaction, step) for its own effect, "publish"
    (transaction) and "settle" (transaction, outcome).

    Parameters
    ----------
    consumer
        The id of the node that the messages are for.
    balance
        What is there at the beginning; what is too much is refused.
    poll
        Seconds between two looks into the outbox.
    patience
        Seconds without an acknowledgement after which a row is published again.
    takes
        Seconds of a local transaction.

    Raises
    ------
    ValueError
        If a duration is not one.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation
    >>> nodes = {"A": Outbox("B", balance=800), "B": Consumer(balance=600)}
    >>> sim = Simulation(nodes, workload=[Call("A", 0.0, "act", (1, 200))])
    >>> trace = sim.run(until=0.5)
    >>> len(trace.messages), sim.nodes["A"].balance, sim.nodes["B"].balance
    (2, 600, 800)
    """

    stable: ClassVar[tuple[str, ...]] = ("balance", "outbox")

    def __init__(
        self,
        consumer: NodeId,
        balance: int = 0,
        *,
        poll: float = 0.02,
        patience: float = 0.1,
        takes: float = 0.005,
    ) -> None:
        self.consumer = consumer
        self.balance = balance
        self.poll = seconds(poll, "poll", "more than 0")
        self.patience = seconds(patience, "patience", "more than 0")
        self.takes = seconds(takes, "takes")
        self.outbox: dict[int, int] = {}  # number -> amount, until it is acknowledged
        self.published: dict[int, Timer] = {}  # number -> how long to wait; the relay may forget it

    def on_start(self) -> None:
        self.become("service")
        self.every(self.poll, self.relay)

    def act(self, number: int, amount: int) -> None:
        """Give an amount away: a local transaction, which a crash may prevent."""
        self.work(self.takes, self.commit, number, amount)

    # --- rules

    def commit(self, number: int, amount: int) -> None:
        """One local transaction: the effect, and the row."""
        if self.balance >= amount:
            self.record("begin", transaction=number, steps=2)
            self.record("do", transaction=number, step=1)
            self.balance -= amount
            self.store(number, amount)

    def store(self, number: int, amount: int) -> None:
        self.outbox[number] = amount

    def relay(self) -> None:
        for number, amount in list(self.outbox.items()):
            if self.is_due(number):
                self.publish(number, amount)

    def is_due(self, number: int) -> bool:
        """Is it new, or has it waited too long for an acknowledgement?"""
        return number not in self.published

    def publish(self, number: int, amount: int) -> None:
        self.published[number] = self.after(self.patience, self.doubt, number)
        self.record("publish", transaction=number)
        self.send(self.consumer, Publish(number, amount))

    def doubt(self, number: int) -> None:
        """No acknowledgement has come for a while."""
        del self.published[number]

    def on_acknowledge(self, msg: Acknowledge, sender: NodeId) -> None:
        if msg.number in self.outbox:
            del self.outbox[msg.number]
            if msg.number in self.published:
                self.published.pop(msg.number).cancel()
            self.record("settle", transaction=msg.number, outcome="commit")


class Consumer(LocalTransactions):
    """A service that receives amounts, each at least once, and adds each once.

    Recorded are "do" (transaction, step=2) and "duplicate" (transaction).

    Parameters
    ----------
    balance
        What is there at the beginning.
    takes
        Seconds of a local transaction.

    Raises
    ------
    ValueError
        If ``takes`` is not a duration.

    Examples
    --------
    >>> Consumer(balance=600).was_processed(1)
    False
    """

    stable: ClassVar[tuple[str, ...]] = ("balance", "processed")

    def __init__(self, balance: int = 0, *, takes: float = 0.005) -> None:
        super().__init__(balance, takes=takes)
        self.processed: dict[int, bool] = {}  # the numbers, in the same database as the balance

    def on_start(self) -> None:
        self.become("consumer")

    def on_publish(self, msg: Publish, sender: NodeId) -> None:
        self.transact(self.process, msg, sender)

    # --- rules

    def process(self, msg: Publish, sender: NodeId) -> None:
        """One local transaction: the effect, and the number."""
        if self.was_processed(msg.number):
            self.record("duplicate", transaction=msg.number)
        else:
            self.balance += msg.amount
            self.record("do", transaction=msg.number, step=2)
            self.remember(msg.number)
        self.send(sender, Acknowledge(msg.number))

    def was_processed(self, number: int) -> bool:
        return number in self.processed

    def remember(self, number: int) -> None:
        self.processed[number] = True
