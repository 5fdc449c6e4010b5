"""A choreographed saga: nobody leads; each participant tells the next one, or the one before.

C. Richardson, *Microservices Patterns* (2018), section 4.2; the saga itself: Garcia-Molina and Salem 1987.

The rule, for participants 1 ... n in a row::

    on Forward:   execute the step, and store its outcome in the same local transaction; Heard
                  done: Forward to the next; the last one: commit
                  refused: Back to the one before; the first one: abort
    on Back:      compensate, and store it in the same local transaction; Heard
                  Back to the one before; the first one: abort
    to tell:      again and again, until Heard
    on recovery:  what is stored says what to tell
    what comes again has no effect: the same is told again

No orchestrator has to be up, and nobody knows how far a saga is: that is spread over the participants. Each
goes back only after it went forward, so a Back never overtakes its Forward.

Cost: 2(n - 1) messages for a commit, against 2n with an orchestrator; if step k is refused, 4(k - 1).
"""

from __future__ import annotations

from typing import ClassVar

from distlab.sim import NodeId, Timer, message
from distlab.sim.distributions import seconds
from distlab.sim.network import probability

from .local_transactions import LocalTransactions

__all__ = ["Back", "Dancer", "Forward", "Heard"]


@message
class Forward:
    """My step is done; do yours."""

    saga: int


@message
class Back:
    """Take your step back."""

    saga: int


@message
class Heard:
    """It is stored; stop telling me to go this way."""

    saga: int
    way: str


class Dancer(LocalTransactions):
    """A participant of a choreographed saga. The first one's ``start(saga)`` begins it.

    Recorded are "begin" (transaction, steps) by the first, "do", "undo" and "refuse" (transaction, step: its
    own id), and "settle" (transaction, outcome) by the last or the first.

    Parameters
    ----------
    before, after
        The neighbours' ids; None at the ends.
    steps
        How many participants there are.
    balance
        What is there at the beginning.
    change
        What the step adds; it is refused if less than 0 would remain.
    flaky
        The probability that the step is refused, whatever the balance.
    takes
        Seconds of a local transaction.
    patience
        Seconds without an answer after which a neighbour is told again.

    Raises
    ------
    ValueError
        If ``flaky`` or a duration is wrong.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation
    >>> nodes = {"A": Dancer(None, "B", 2, 800, -200), "B": Dancer("A", None, 2, 600, 200)}
    >>> sim = Simulation(nodes, workload=[Call("A", 0.0, "start", (1,))])
    >>> len(sim.run().messages), sim.nodes["A"].balance, sim.nodes["B"].balance
    (2, 600, 800)
    """

    stable: ClassVar[tuple[str, ...]] = ("balance", "outcomes", "heard")

    def __init__(
        self,
        before: NodeId | None,
        after: NodeId | None,
        steps: int,
        balance: int = 0,
        change: int = 0,
        *,
        flaky: float = 0.0,
        takes: float = 0.005,
        patience: float = 0.05,
    ) -> None:
        self.before = before
        self.behind = after
        self.steps = steps
        super().__init__(balance, takes=takes)
        self.change = change
        self.flaky = probability(flaky, "flaky")
        self.patience = seconds(patience, "patience", "more than 0")
        self.outcomes: dict[int, str] = {}  # saga -> done, refused or undone
        self.heard: dict[int, str] = {}  # saga -> the last outcome that the neighbour has stored
        self.telling: dict[int, Timer] = {}

    def on_start(self) -> None:
        self.become("participant")

    def on_recover(self) -> None:
        self.become("participant")
        for saga in self.outcomes:
            self.tell(saga)

    def start(self, saga: int) -> None:
        """Begin a saga; to be asked of the first participant."""
        if saga not in self.outcomes:
            self.transact(self.execute, Forward(saga), None)

    # --- messages

    def on_forward(self, msg: Forward, sender: NodeId) -> None:
        self.transact(self.execute, msg, sender)

    def on_back(self, msg: Back, sender: NodeId) -> None:
        self.transact(self.compensate, msg, sender)

    def on_heard(self, msg: Heard, sender: NodeId) -> None:
        if msg.saga in self.outcomes and msg.way == self.way(msg.saga):
            self.heard[msg.saga] = self.outcomes[msg.saga]
            if msg.saga in self.telling:
                self.telling.pop(msg.saga).cancel()

    # --- rules: local transactions

    def execute(self, msg: Forward, sender: NodeId | None) -> None:
        saga = msg.saga
        if not self.was_told(saga):
            if sender is None:
                self.record("begin", transaction=saga, steps=self.steps)
            if self.can():
                self.balance += self.change
                self.record("do", transaction=saga, step=self.id)
                self.store(saga, "done")
            else:
                self.record("refuse", transaction=saga, step=self.id)
                self.store(saga, "refused")
            self.tell(saga)
        if sender is not None:
            self.send(sender, Heard(saga, "forward"))

    def compensate(self, msg: Back, sender: NodeId) -> None:
        saga = msg.saga
        if self.has_to_undo(saga):
            self.balance -= self.change
            self.record("undo", transaction=saga, step=self.id)
            self.store(saga, "undone")
            self.tell(saga)
        self.send(sender, Heard(saga, "back"))

    def can(self) -> bool:
        refused = self.flaky and self.rng.random() < self.flaky
        return not refused and self.balance + self.change >= 0

    def was_told(self, saga: int) -> bool:
        return saga in self.outcomes

    def has_to_undo(self, saga: int) -> bool:
        return self.outcomes[saga] == "done"

    def store(self, saga: int, outcome: str) -> None:
        self.outcomes[saga] = outcome

    # --- rules: who is told what

    def way(self, saga: int) -> str:
        return "forward" if self.outcomes[saga] == "done" else "back"

    def tell(self, saga: int) -> None:
        """Tell the neighbour that this outcome concerns; at the end of the row it settles the saga."""
        forward = self.way(saga) == "forward"
        neighbour = self.behind if forward else self.before
        if self.heard.get(saga) == self.outcomes[saga]:
            return
        if neighbour is None:
            self.heard[saga] = self.outcomes[saga]
            self.record("settle", transaction=saga, outcome="commit" if forward else "abort")
            return
        self.send(neighbour, Forward(saga) if forward else Back(saga))
        self.repeat(saga)

    def repeat(self, saga: int) -> None:
        if saga in self.telling:
            self.telling[saga].reset(self.patience)
        else:
            self.telling[saga] = self.after(self.patience, self.tell, saga)
