"""A site: accounts, locks and a log; what every participant does before it votes, and after the decision.

The rule::

    on the question:    lock the accounts, or wait for them up to lock_wait seconds
    all are locked:     the changes can be made: force a prepared record, then vote yes
                        nothing is to be changed (where the protocol knows it): unlock, vote read
                        else: an aborted record, unlock, vote no
    voted yes:          in doubt, and locked, until the decision is known
    commit:             make the changes, unlock
    abort:              unlock

Locks are exclusive and taken all at once within a site, so a deadlock needs two sites; a wait that lasts
longer than ``lock_wait`` ends with a no. After a crash the log gives the balances back, and the transactions
that are in doubt, with their locks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distlab.sim import NodeId, Timer
from distlab.sim.distributions import seconds

from .accounts import Change, balances, only_reads
from .write_ahead_log import LoggedNode, LogRecord

__all__ = ["Branch", "Site"]


_STATES = {"precommitted": "pre-committed", "committed": "committed", "aborted": "aborted"}


@dataclass
class Branch:
    """What a participant knows of a transaction.

    ``state`` is "waiting" (for locks), "preparing", "prepared", "pre-committing", "pre-committed",
    "committing", "committed", "refusing", "aborting" or "aborted"; the words that end in -ing last until the
    record is on disk.
    """

    coordinator: NodeId
    changes: tuple[Change, ...]
    others: tuple[NodeId, ...]  # who else changes something
    state: str = "waiting"
    recovered: bool = False  # was the site down since it voted?
    asked_by: NodeId = None  # who sent the PreCommit
    leads: bool = False  # is it the backup coordinator?


class Site(LoggedNode):
    """A participant up to its vote, and after the decision. Protocols add messages.

    Recorded are "waits" (for those ``ahead``), "locked", "unlocked", "vote" (``yes``), "read", and "decide"
    (``decision``), each with its ``transaction``; votes, when they are on disk.

    Parameters
    ----------
    accounts
        What they hold in the beginning.
    lock_wait
        Seconds to wait for a lock before voting no; 0: no waiting.
    force_time, lazy_time
        As for :class:`LoggedNode`.
    """

    reads_apart = False  # does the protocol let those who only read vote "read"?

    def __init__(
        self,
        accounts: Mapping[str, float] | None = None,
        *,
        lock_wait: float = 0.2,
        force_time: float = 0.005,
        lazy_time: float = 0.1,
    ) -> None:
        super().__init__(force_time=force_time, lazy_time=lazy_time)
        self.accounts = {"cash": 1000.0} if accounts is None else dict(accounts)
        self.log.append(LogRecord("opened", None, tuple(self.accounts.items())))
        self.lock_wait = seconds(lock_wait, "lock_wait")
        self.balances: dict[str, float] = {}
        self.branches: dict[Any, Branch] = {}
        self.locks: dict[str, list[Any]] = {}  # account -> transactions; the first one holds the lock
        self.timers: dict[Any, Timer] = {}

    def on_start(self) -> None:
        self.balances = balances(self.log)

    def on_recover(self) -> None:
        self.balances = balances(self.log)
        for kind, transaction, facts in self.log:
            if kind == "prepared":
                coordinator, changes, others = facts
                self.branches[transaction] = Branch(coordinator, changes, others, "prepared", recovered=True)
            elif kind in _STATES:
                branch = self.branches.setdefault(transaction, Branch(None, (), ()))
                branch.state = _STATES[kind]
        for transaction, branch in self.branches.items():
            if branch.state in ("prepared", "pre-committed"):
                for account, _ in branch.changes:
                    self.locks.setdefault(account, []).append(transaction)
                self.record("locked", transaction=transaction)
                self.doubt(transaction)

    # --- before the vote

    def consider(
        self, transaction: Any, coordinator: NodeId, changes: tuple[Change, ...], others: tuple[NodeId, ...]
    ) -> None:
        """The coordinator asks for a vote."""
        if transaction in self.branches:
            self.vote_again(transaction, coordinator)
            return
        self.branches[transaction] = Branch(coordinator, changes, others)
        for account, _ in changes:
            self.locks.setdefault(account, []).append(transaction)
        if self.holds_locks(transaction, changes):
            self.prepare(transaction)
        else:
            ahead = [one for account, _ in changes for one in self.locks[account] if one != transaction]
            self.record("waits", transaction=transaction, ahead=tuple(ahead))
            self.timers[transaction] = self.after(self.lock_wait, self.refuse, transaction)

    def holds_locks(self, transaction: Any, changes: tuple[Change, ...]) -> bool:
        return all([self.locks[account][0] == transaction for account, _ in changes])

    def prepare(self, transaction: Any) -> None:
        """All locks are held."""
        branch = self.branches[transaction]
        self.stop_timer(transaction)
        self.record("locked", transaction=transaction)
        if self.reads_apart and only_reads(branch.changes):
            self.vote_read(transaction)
        elif self.can_make(branch.changes):
            branch.state = "preparing"
            self.force("prepared", transaction, branch.coordinator, branch.changes, branch.others)
        else:
            self.refuse(transaction)

    def can_make(self, changes: tuple[Change, ...]) -> bool:
        """No account may fall below zero."""
        return all([self.balances.get(account, 0) + amount >= 0 for account, amount in changes])

    def after_prepared(self, transaction: Any) -> None:
        branch = self.branches[transaction]
        if branch.state == "preparing":  # else an abort came before
            branch.state = "prepared"
            self.record("vote", transaction=transaction, yes=True)
            self.become("in doubt", transaction=transaction)
            self.vote(transaction, "yes")
            self.doubt(transaction)

    def vote_read(self, transaction: Any) -> None:
        """Nothing is changed here, so the outcome does not matter here."""
        branch = self.branches.pop(transaction)
        self.unlock(transaction, branch)
        self.record("read", transaction=transaction)
        self.send_vote(branch.coordinator, transaction, "read")

    def refuse(self, transaction: Any) -> None:
        """No: abort at once. Who voted no needs to hear nothing more."""
        branch = self.branches[transaction]
        self.stop_timer(transaction)
        self.unlock(transaction, branch)
        branch.state = "refusing"
        self.log_refusal(transaction)

    def log_refusal(self, transaction: Any) -> None:
        """The no is on disk before anybody hears it."""
        self.force("aborted", transaction)

    def refused(self, transaction: Any) -> None:
        """The no is on disk."""
        self.record("vote", transaction=transaction, yes=False)
        self.abort(transaction)

    def vote_again(self, transaction: Any, coordinator: NodeId) -> None:
        state = self.branches[transaction].state
        if state == "prepared":
            self.send_vote(coordinator, transaction, "yes")
        elif state == "aborted":
            self.send_vote(coordinator, transaction, "no")

    def vote(self, transaction: Any, answer: str) -> None:
        self.send_vote(self.branches[transaction].coordinator, transaction, answer)

    # --- after the decision

    def commit(self, transaction: Any) -> None:
        """The decision is known, and on disk if it has to be: make the changes."""
        branch = self.branches[transaction]
        branch.state = "committed"
        for account, amount in branch.changes:
            self.balances[account] = self.balances.get(account, 0) + amount
        self.finish(transaction, branch, "commit")

    def abort(self, transaction: Any) -> None:
        """The decision is known, and on disk if it has to be: change nothing."""
        branch = self.branches[transaction]
        branch.state = "aborted"
        self.finish(transaction, branch, "abort")

    def finish(self, transaction: Any, branch: Branch, decision: str) -> None:
        self.stop_timer(transaction)
        self.record("decide", transaction=transaction, decision=decision)
        self.become("committed" if decision == "commit" else "aborted", transaction=transaction)
        self.unlock(transaction, branch)

    def unlock(self, transaction: Any, branch: Branch) -> None:
        """Give the locks to those who wait."""
        held = [account for account, _ in branch.changes if transaction in self.locks.get(account, ())]
        if not held:
            return
        if self.holds_locks(transaction, branch.changes):
            self.record("unlocked", transaction=transaction)
        for account in held:
            self.locks[account].remove(transaction)
        for next_one in dict.fromkeys([self.locks[account][0] for account in held if self.locks[account]]):
            waiting = self.branches[next_one]
            if waiting.state == "waiting" and self.holds_locks(next_one, waiting.changes):
                self.prepare(next_one)

    def stop_timer(self, transaction: Any) -> None:
        timer = self.timers.pop(transaction, None)
        if timer is not None:
            timer.cancel()

    # --- what a protocol adds

    def send_vote(self, coordinator: NodeId, transaction: Any, answer: str) -> None:
        """Tell the coordinator."""
        raise NotImplementedError

    def doubt(self, transaction: Any) -> None:
        """It voted yes and waits for the decision."""
        raise NotImplementedError
