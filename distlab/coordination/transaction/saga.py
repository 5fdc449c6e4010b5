"""Saga: a long transaction as a sequence of short ones, each with a compensation that takes it back.

H. Garcia-Molina and K. Salem, "Sagas", SIGMOD 1987; the pivot after S. Mehrotra, R. Rastogi, H. F. Korth
and A. Silberschatz, "A transaction model for multidatabase systems", ICDCS 1992. Here in its orchestrated
form: one node leads.

The rule, for steps T1 ... Tn with compensations C1 ... Cn::

    the orchestrator  writes each outcome to its saga log before it gives the next command
        forward:      Do(i), until the participant answers; Done: go on with i + 1; after Tn: commit
        Ti refused:   turn back: Undo(i-1), ..., Undo(1), each until it is answered; then: abort
        after the pivot there is no way back: a refused step is tried again, with the next attempt's number
        on recovery:  read the log, and resume: forward (give the last command again),
                      or backward (undo all, and the step under way too, for nobody knows whether it was done)
    a participant     executes Ti or Ci, and stores the outcome of (saga, i) in the same local transaction
        Do again:     the same answer, no second effect
        Undo of what was not done: an empty compensation; a Do that comes after it is refused

Each step commits at once, so a saga holds no lock between steps, and others see what may yet be taken back:
all or nothing in the end, and no isolation.

Cost: 2 messages per step and 2 per compensation. If step k of n is refused, k - 1 steps are done and k - 1
are compensated, in reverse order: for n = 5 and k = 3, T1 T2 T3x C2 C1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from distlab.sim import Node, NodeId, Timer, message
from distlab.sim.distributions import seconds
from distlab.sim.network import probability

from .local_transactions import LocalTransactions

__all__ = ["Do", "Done", "Orchestrator", "Refused", "Step", "Undo", "Undone"]


@message
class Do:
    """Execute this step."""

    saga: int
    step: int
    attempt: int


@message
class Done:
    """The step is executed and stored."""

    saga: int
    step: int


@message
class Refused:
    """The step cannot be executed, and this attempt never will be."""

    saga: int
    step: int
    attempt: int


@message
class Undo:
    """Take this step back."""

    saga: int
    step: int


@message
class Undone:
    """The step is taken back, or never was and never will be done."""

    saga: int
    step: int


class Orchestrator(Node):
    """Leads sagas through their steps. ``start(saga)`` begins one; several may be under way.

    Recorded are "begin" (transaction, steps) and "settle" (transaction, outcome).

    Parameters
    ----------
    steps
        Who executes T1, T2, ...: ids of :class:`Step` nodes, in order.
    pivot
        The number of the step after which there is no way back; None: every step can be compensated.
    recovery
        What to do with a saga that a crash interrupted: "forward" or "backward".
    patience
        Seconds without an answer after which a command is given again; also between two attempts at a step
        after the pivot.

    Raises
    ------
    ValueError
        If there is no step, the pivot is none of them, or ``recovery`` or ``patience`` is wrong.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation
    >>> nodes = {"saga": Orchestrator(["A", "B"]), "A": Step(800, -200), "B": Step(600, 200)}
    >>> sim = Simulation(nodes, workload=[Call("saga", 0.0, "start", (1,))])
    >>> trace = sim.run()
    >>> sim.nodes["saga"].history(1), sim.nodes["A"].balance, sim.nodes["B"].balance
    ('T1 T2', 600, 800)
    """

    stable: ClassVar[tuple[str, ...]] = ("log",)

    def __init__(
        self,
        steps: Sequence[NodeId],
        *,
        pivot: int | None = None,
        recovery: str = "forward",
        patience: float = 0.05,
    ) -> None:
        self.steps = tuple(steps)
        if not self.steps:
            raise ValueError("steps must name at least one participant; got none.")
        if pivot is not None and pivot not in range(1, len(self.steps) + 1):
            raise ValueError(f"pivot must be a step from 1 to {len(self.steps)}, or None; got {pivot!r}.")
        if recovery not in ("forward", "backward"):
            raise ValueError(f'recovery must be "forward" or "backward"; got {recovery!r}.')
        self.pivot = pivot
        self.recovery = recovery
        self.patience = seconds(patience, "patience", "more than 0")
        self.log: dict[int, list[str]] = {}  # saga -> begin, T1, T2x, C1, ..., commit or abort
        self.waiting: dict[int, Timer] = {}  # saga -> the timer of its command

    def on_start(self) -> None:
        self.become("orchestrator")

    def on_recover(self) -> None:
        self.become("orchestrator")
        for saga in self.log:
            if not self.is_over(saga):
                self.resume(saga)

    def start(self, saga: int) -> None:
        """Begin a saga."""
        if saga not in self.log:
            self.record("begin", transaction=saga, steps=len(self.steps))
            self.write(saga, "begin")
            self.go_on(saga)

    # --- messages

    def on_done(self, msg: Done, sender: NodeId) -> None:
        if self.is_expected("T", msg.saga, msg.step):
            self.write(msg.saga, f"T{msg.step}")
            self.go_on(msg.saga)

    def on_refused(self, msg: Refused, sender: NodeId) -> None:
        if self.is_expected("T", msg.saga, msg.step) and msg.attempt == self.attempt(msg.saga, msg.step):
            self.write(msg.saga, f"T{msg.step}x")
            if self.may_turn_back(msg.saga, msg.step):
                self.go_on(msg.saga)
            else:
                self.wait(msg.saga)  # and then try again

    def on_undone(self, msg: Undone, sender: NodeId) -> None:
        if self.is_expected("C", msg.saga, msg.step):
            self.write(msg.saga, f"C{msg.step}")
            self.go_on(msg.saga)

    # --- rules: the way

    def go_on(self, saga: int) -> None:
        """Give the command that comes next, or end the saga."""
        kind, step = self.next(saga)
        if kind == "T":
            self.send(self.steps[step - 1], Do(saga, step, self.attempt(saga, step)))
            self.wait(saga)
        elif kind == "C":
            self.send(self.steps[step - 1], Undo(saga, step))
            self.wait(saga)
        else:
            self.end(saga, kind)

    def next(self, saga: int) -> tuple[str, int]:
        """("T", i), ("C", i), ("commit", 0) or ("abort", 0), as the log has it."""
        if self.turned_back(saga):
            left = self.to_undo(saga)
            return ("C", left[0]) if left else ("abort", 0)
        step = self.steps_done(saga) + 1
        return ("T", step) if step <= len(self.steps) else ("commit", 0)

    def turned_back(self, saga: int) -> bool:
        """Is there a step that was refused, or given up, and that is not after the pivot?"""
        step = self.steps_done(saga) + 1
        given_up = f"T{step}?" in self.log[saga]
        return given_up or (f"T{step}x" in self.log[saga] and self.may_turn_back(saga, step))

    def may_turn_back(self, saga: int, step: int) -> bool:
        return self.pivot is None or step <= self.pivot

    def to_undo(self, saga: int) -> list[int]:
        """Steps that are done, or may be, and are not yet compensated; the latest first."""
        done = [
            step
            for step in range(len(self.steps), 0, -1)
            if f"T{step}" in self.log[saga] or f"T{step}?" in self.log[saga]
        ]
        return [step for step in done if f"C{step}" not in self.log[saga]]

    # --- rules: the log

    def write(self, saga: int, entry: str) -> None:
        self.log.setdefault(saga, []).append(entry)

    def resume(self, saga: int) -> None:
        """After a crash: go on as the log has it, or give up the step that was under way."""
        kind, step = self.next(saga)
        if self.recovery == "backward" and kind == "T" and self.may_give_up(step):
            self.write(saga, f"T{step}?")
        self.go_on(saga)

    def may_give_up(self, step: int) -> bool:
        """A pivot that was under way may be done, and it has no compensation."""
        return self.pivot is None or step < self.pivot

    def steps_done(self, saga: int) -> int:
        return sum(f"T{step}" in self.log[saga] for step in range(1, len(self.steps) + 1))

    def attempt(self, saga: int, step: int) -> int:
        return 1 + self.log[saga].count(f"T{step}x")

    def is_expected(self, kind: str, saga: int, step: int) -> bool:
        return saga in self.log and not self.is_over(saga) and self.next(saga) == (kind, step)

    def is_over(self, saga: int) -> bool:
        return self.log[saga][-1] in ("commit", "abort")

    def end(self, saga: int, outcome: str) -> None:
        self.write(saga, outcome)
        self.record("settle", transaction=saga, outcome=outcome)
        if saga in self.waiting:
            self.waiting.pop(saga).cancel()

    def history(self, saga: int) -> str:
        """The saga's steps as in the paper: "T1 T2 T3x C2 C1"; x: refused, ?: given up in a crash."""
        return " ".join(entry for entry in self.log.get(saga, []) if entry[0] in "TC")

    # --- timers

    def wait(self, saga: int) -> None:
        if saga in self.waiting:
            self.waiting[saga].reset(self.patience)
        else:
            self.waiting[saga] = self.after(self.patience, self.go_on, saga)


class Step(LocalTransactions):
    """A participant: an account, or a stock, and one local transaction on it.

    Recorded are "do" and "undo" (transaction, step, balance), "refuse" (transaction, step) and, by
    ``read()``, "read" (balance).

    Parameters
    ----------
    balance
        What is there at the beginning.
    change
        What the step adds; it is refused if less than 0 would remain.
    refuses
        Attempts up to this number are refused, whatever the balance; ``inf``: all.
    flaky
        The probability that an attempt is refused, whatever the balance.
    compensates
        Whether there is a compensation; without one, ``Undo`` is not answered once the step is done.
    takes
        Seconds of a local transaction.

    Raises
    ------
    ValueError
        If ``takes`` or ``flaky`` is wrong.

    Examples
    --------
    >>> stock = Step(balance=80, change=-100)
    >>> stock.can(attempt=1)
    False
    """

    stable: ClassVar[tuple[str, ...]] = ("balance", "outcomes")

    def __init__(
        self,
        balance: int = 0,
        change: int = 0,
        *,
        refuses: float = 0,
        flaky: float = 0.0,
        compensates: bool = True,
        takes: float = 0.005,
    ) -> None:
        super().__init__(balance, takes=takes)
        self.change = change
        self.refuses = refuses
        self.flaky = probability(flaky, "flaky")
        self.compensates = compensates
        self.outcomes: dict[tuple[int, int], str | int] = {}  # done, undone, or the last attempt refused

    def read(self) -> None:
        """Somebody else looks at the balance; nothing stops them."""
        self.record("read", balance=self.balance)

    # --- messages

    def on_do(self, msg: Do, sender: NodeId) -> None:
        self.transact(self.execute, msg, sender)

    def on_undo(self, msg: Undo, sender: NodeId) -> None:
        self.transact(self.compensate, msg, sender)

    # --- rules: local transactions

    def execute(self, msg: Do, sender: NodeId) -> None:
        outcome = self.outcomes.get((msg.saga, msg.step))
        if not self.is_done(outcome):
            if self.was_refused(outcome, msg.attempt):
                self.send(sender, Refused(msg.saga, msg.step, msg.attempt))
                return
            if not self.can(msg.attempt):
                self.refuse(msg, sender)
                return
            self.balance += self.change
            self.outcomes[msg.saga, msg.step] = "done"
            self.record("do", transaction=msg.saga, step=msg.step, balance=self.balance)
        self.send(sender, Done(msg.saga, msg.step))

    def refuse(self, msg: Do, sender: NodeId) -> None:
        self.outcomes[msg.saga, msg.step] = msg.attempt
        self.record("refuse", transaction=msg.saga, step=msg.step)
        self.send(sender, Refused(msg.saga, msg.step, msg.attempt))

    def compensate(self, msg: Undo, sender: NodeId) -> None:
        outcome = self.outcomes.get((msg.saga, msg.step))
        if outcome == "done" and not self.compensates:
            return
        if self.has_to_undo(outcome):
            self.balance -= self.change
            self.record("undo", transaction=msg.saga, step=msg.step, balance=self.balance)
        self.bar(msg)
        self.send(sender, Undone(msg.saga, msg.step))

    def can(self, attempt: int) -> bool:
        if attempt <= self.refuses or (self.flaky and self.rng.random() < self.flaky):
            return False
        return self.balance + self.change >= 0

    def is_done(self, outcome: str | int | None) -> bool:
        return outcome == "done"

    def was_refused(self, outcome: str | int | None, attempt: int) -> bool:
        return outcome == "undone" or (isinstance(outcome, int) and attempt <= outcome)

    def has_to_undo(self, outcome: str | int | None) -> bool:
        return outcome == "done"

    def bar(self, msg: Undo) -> None:
        """A step that was taken back is not done any more, not even by a command that comes late."""
        self.outcomes[msg.saga, msg.step] = "undone"
