"""TCC: try, confirm, cancel. Each participant reserves first; then all are confirmed, or all cancelled.

P. Helland, "Life beyond distributed transactions", CIDR 2007 (tentative operations); G. Pardon and
C. Pautasso, "Atomic distributed transactions: a RESTful design", WWW 2014 (the name and the rules).

The rule::

    the coordinator   writes "trying", and asks all: Try
        all tried:    write "confirm", and ask all: Confirm, again and again until each has answered
        one refused, or one is silent for too long:
                      write "cancel", and ask all: Cancel, again and again until each has answered
        on recovery:  trying: cancel; confirm or cancel: go on asking
    a participant     stores the state of each transaction in the same local transaction as its effect
        Try:          enough is there: reserve it, and answer yes; else no
        Confirm:      use what is reserved; again: no effect, the same answer
        Cancel:       free what is reserved; again: no effect, the same answer
                      nothing was tried: an empty cancel, which is stored, too
        a Try that comes after its Cancel (a suspended try) is refused: who would free what it reserves?

A participant's database locks last as long as one local transaction. What lasts from try to confirm is the
reservation, and it blocks only what it has reserved.

Cost: 4 messages per participant, as in two-phase commit; more if some are lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from distlab.sim import Node, NodeId, Timer, message
from distlab.sim.distributions import seconds

from .local_transactions import LocalTransactions

__all__ = [
    "Cancel",
    "Cancelled",
    "Confirm",
    "Confirmed",
    "Reserving",
    "TccCoordinator",
    "Tried",
    "Try",
]


@message
class Try:
    """Reserve your part of this transaction."""

    transaction: int


@message
class Tried:
    """Whether it is reserved."""

    transaction: int
    yes: bool


@message
class Confirm:
    """Use what is reserved."""

    transaction: int


@message
class Confirmed:
    """It is used."""

    transaction: int


@message
class Cancel:
    """Free what is reserved, if anything is."""

    transaction: int


@message
class Cancelled:
    """Nothing is reserved, nor ever will be."""

    transaction: int


class TccCoordinator(Node):
    """Leads transactions through try and confirm, or cancel. ``start(transaction)`` begins one.

    Recorded are "begin" (transaction, steps), "decide" (transaction, decision) and, when all have answered,
    "settle" (transaction, outcome).

    Parameters
    ----------
    participants
        Ids of the participants.
    patience
        Seconds without an answer after which somebody is asked again.
    deadline
        Seconds after which what has not been tried everywhere is cancelled.

    Raises
    ------
    ValueError
        If nobody participates, or a duration is not more than 0.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation
    >>> nodes = {"tcc": TccCoordinator(["A", "B"]), "A": Reserving(800, -200), "B": Reserving(600, 200)}
    >>> sim = Simulation(nodes, workload=[Call("tcc", 0.0, "start", (1,))])
    >>> len(sim.run().messages), sim.nodes["A"].balance, sim.nodes["B"].balance
    (8, 600, 800)
    """

    stable: ClassVar[tuple[str, ...]] = ("log",)

    def __init__(
        self, participants: Sequence[NodeId], *, patience: float = 0.05, deadline: float = 0.2
    ) -> None:
        self.participants = tuple(participants)
        if not self.participants:
            raise ValueError("participants must name at least one node; got none.")
        self.patience = seconds(patience, "patience", "more than 0")
        self.deadline = seconds(deadline, "deadline", "more than 0")
        self.log: dict[int, str] = {}  # transaction -> trying, confirm, cancel; then confirmed, cancelled
        self.unheard: dict[int, list[NodeId]] = {}  # transaction -> who has not answered in this phase
        self.repeating: dict[int, Timer] = {}
        self.expiring: dict[int, Timer] = {}

    def on_start(self) -> None:
        self.become("coordinator")

    def on_recover(self) -> None:
        self.become("coordinator")
        for transaction, state in list(self.log.items()):
            if state == "trying":
                self.decide(transaction, "cancel")
            elif state in ("confirm", "cancel"):
                self.ask_all(transaction)

    def start(self, transaction: int) -> None:
        """Begin a transaction."""
        if transaction in self.log:
            return
        self.record("begin", transaction=transaction, steps=len(self.participants))
        self.log[transaction] = "trying"
        self.expiring[transaction] = self.after(self.deadline, self.expire, transaction)
        self.ask_all(transaction)

    # --- messages

    def on_tried(self, msg: Tried, sender: NodeId) -> None:
        if not self.is_open(msg.transaction, "trying"):
            return
        if not msg.yes:
            self.decide(msg.transaction, "cancel")
        else:
            self.strike_off(msg.transaction, sender)
            if self.all_tried(msg.transaction):
                self.decide(msg.transaction, "confirm")

    def on_confirmed(self, msg: Confirmed, sender: NodeId) -> None:
        self.answered(msg.transaction, "confirm", sender)

    def on_cancelled(self, msg: Cancelled, sender: NodeId) -> None:
        self.answered(msg.transaction, "cancel", sender)

    # --- rules

    def decide(self, transaction: int, decision: str) -> None:
        self.write(transaction, decision)
        self.record("decide", transaction=transaction, decision=decision)
        if transaction in self.expiring:
            self.expiring.pop(transaction).cancel()
        self.ask_all(transaction)

    def write(self, transaction: int, state: str) -> None:
        self.log[transaction] = state

    def all_tried(self, transaction: int) -> bool:
        return not self.unheard[transaction]

    def ask_all(self, transaction: int) -> None:
        self.unheard[transaction] = list(self.participants)
        self.ask(transaction)

    def ask(self, transaction: int) -> None:
        """Ask those who have not answered, and again after a while."""
        question = {"trying": Try, "confirm": Confirm, "cancel": Cancel}[self.log[transaction]]
        self.broadcast(question(transaction), to=self.unheard[transaction])
        if transaction in self.repeating:
            self.repeating[transaction].reset(self.patience)
        else:
            self.repeating[transaction] = self.after(self.patience, self.ask, transaction)

    def answered(self, transaction: int, decision: str, sender: NodeId) -> None:
        if not self.is_open(transaction, decision):
            return
        self.strike_off(transaction, sender)
        if not self.unheard[transaction]:
            self.log[transaction] = {"confirm": "confirmed", "cancel": "cancelled"}[decision]
            outcome = "commit" if decision == "confirm" else "abort"
            self.record("settle", transaction=transaction, outcome=outcome)
            self.repeating.pop(transaction).cancel()

    def is_open(self, transaction: int, state: str) -> bool:
        """Is it in this state, and has this node asked, since it came back?"""
        return self.log.get(transaction) == state and transaction in self.unheard

    def strike_off(self, transaction: int, sender: NodeId) -> None:
        if sender in self.unheard[transaction]:
            self.unheard[transaction].remove(sender)

    # --- timers

    def expire(self, transaction: int) -> None:
        if self.log[transaction] == "trying":
            self.decide(transaction, "cancel")


class Reserving(LocalTransactions):
    """A participant: an account, or a stock, that reserves before it gives.

    Roles are "free" and, while it has reserved something, "reserved". Recorded are "reserve", "do" (used),
    "release", "empty cancel" and "late try" (transaction, step: its id).

    Parameters
    ----------
    balance
        What is there at the beginning.
    change
        What a transaction adds; it is refused if less than 0 would be free.
    takes
        Seconds of a local transaction.

    Raises
    ------
    ValueError
        If ``takes`` is not a duration.

    Examples
    --------
    >>> account = Reserving(balance=150, change=-50)
    >>> account.has_room()
    True
    """

    stable: ClassVar[tuple[str, ...]] = ("balance", "frozen", "states")

    def __init__(self, balance: int = 0, change: int = 0, *, takes: float = 0.005) -> None:
        super().__init__(balance, takes=takes)
        self.change = change
        self.frozen: dict[int, int] = {}  # transaction -> what it has reserved
        self.states: dict[int, str] = {}  # transaction -> tried, confirmed or cancelled

    def on_start(self) -> None:
        self.show()

    def show(self) -> None:
        role = "reserved" if self.frozen else "free"
        if self.role != role:
            self.become(role)

    # --- messages

    def on_try(self, msg: Try, sender: NodeId) -> None:
        self.transact(self.try_it, msg, sender)

    def on_confirm(self, msg: Confirm, sender: NodeId) -> None:
        self.transact(self.confirm, msg, sender)

    def on_cancel(self, msg: Cancel, sender: NodeId) -> None:
        self.transact(self.cancel, msg, sender)

    # --- rules: local transactions

    def try_it(self, msg: Try, sender: NodeId) -> None:
        transaction = msg.transaction
        if self.is_cancelled(transaction):
            self.record("late try", transaction=transaction, step=self.id)
            self.send(sender, Tried(transaction, False))
        elif transaction in self.states:
            self.send(sender, Tried(transaction, True))
        elif self.has_room():
            self.reserve(transaction)
            self.send(sender, Tried(transaction, True))
        else:
            self.send(sender, Tried(transaction, False))

    def has_room(self) -> bool:
        """What is free is the balance without what others have reserved of it."""
        free = self.balance + sum(change for change in self.frozen.values() if change < 0)
        return free + min(self.change, 0) >= 0

    def reserve(self, transaction: int) -> None:
        self.frozen[transaction] = self.change
        self.states[transaction] = "tried"
        self.record("reserve", transaction=transaction, step=self.id)
        self.show()

    def confirm(self, msg: Confirm, sender: NodeId) -> None:
        transaction = msg.transaction
        if self.may_confirm(transaction):
            self.balance += self.frozen.pop(transaction, 0)
            self.states[transaction] = "confirmed"
            self.record("do", transaction=transaction, step=self.id)
            self.show()
        self.send(sender, Confirmed(transaction))

    def cancel(self, msg: Cancel, sender: NodeId) -> None:
        transaction = msg.transaction
        if transaction not in self.states:
            self.cancel_nothing(transaction, sender)
            return
        if self.may_release(transaction):
            self.release(transaction)
        self.send(sender, Cancelled(transaction))

    def cancel_nothing(self, transaction: int, sender: NodeId) -> None:
        """An empty cancel: the try was lost, refused, or is late."""
        self.record("empty cancel", transaction=transaction, step=self.id)
        self.bar(transaction)
        self.send(sender, Cancelled(transaction))

    def release(self, transaction: int) -> None:
        self.frozen.pop(transaction, None)
        self.states[transaction] = "cancelled"
        self.record("release", transaction=transaction, step=self.id)
        self.show()

    def is_cancelled(self, transaction: int) -> bool:
        return self.states.get(transaction) == "cancelled"

    def may_confirm(self, transaction: int) -> bool:
        return self.states.get(transaction) == "tried"

    def may_release(self, transaction: int) -> bool:
        return self.states.get(transaction) == "tried"

    def bar(self, transaction: int) -> None:
        self.states[transaction] = "cancelled"
