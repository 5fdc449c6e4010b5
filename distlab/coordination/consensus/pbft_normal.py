"""PBFT, the normal case: three phases, execution in order, checkpoints. :mod:`.pbft` adds view changes.

M. Castro and B. Liskov, *Practical Byzantine Fault Tolerance*, OSDI 1999, sections 4.2 and 4.3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from distlab.sim import Node, NodeId

from .pbft_messages import (
    Checkpoint,
    Commit,
    FetchState,
    Prepare,
    PrePrepare,
    Reply,
    Request,
    State,
    digest,
)

__all__ = ["NormalCase", "register"]

Key = tuple[int, int, str]  # (view, number, digest)


def register(state: Any, operation: Any) -> tuple[Any, Any]:
    """A service: one register. Operations are ("write", value) and ("read",).

    >>> register(None, ("write", 3)), register(3, ("read",))
    ((3, None), (3, 3))
    """
    return (operation[1], None) if operation[0] == "write" else (state, state)


class NormalCase(Node):
    """What a replica does while the view stays."""

    stable: ClassVar[tuple[str, ...]] = (
        "accepted",
        "answers",
        "checkpoints",
        "commits",
        "committed",
        "executed",
        "number",
        "prepares",
        "snapshots",
        "stable_number",
        "stable_proof",
        "state",
        "view",
    )

    def __init__(
        self,
        replicas: Sequence[NodeId],
        *,
        f: int | None = None,
        service: Callable[[Any, Any], tuple[Any, Any]] = register,
        interval: int = 10,
        window: int = 20,
    ) -> None:
        self.replicas = tuple(replicas)
        if not self.replicas or isinstance(replicas, str):
            raise ValueError(
                f"replicas must be the ids of the replicas, such as (1, 2, 3, 4); got {replicas!r}."
            )
        if f is not None and (not isinstance(f, int) or not 0 <= f < len(self.replicas)):
            raise ValueError(f"f must be a number of faulty replicas below {len(self.replicas)}; got {f!r}.")
        if not 0 < interval <= window:
            raise ValueError(f"interval must be 1 or more, and at most window={window!r}; got {interval!r}.")
        self.f = (len(self.replicas) - 1) // 3 if f is None else f
        self.service, self.interval, self.window = service, interval, window
        self.view = 0
        self.changing = False  # on the way to this view
        self.number = 0  # the last one that it has given, as a primary
        self.waiting: dict[NodeId, Request] = {}  # of each client, the newest request that is not executed
        # the log
        self.accepted: dict[tuple[int, int], PrePrepare] = {}  # (view, number) -> what it has accepted
        self.early: dict[tuple[int, int], PrePrepare] = {}  # of a view that has not begun here
        self.prepares: dict[Key, dict[NodeId, Prepare]] = {}
        self.commits: dict[Key, set[NodeId]] = {}
        self.committed: dict[int, Request | None] = {}  # not yet executed
        # the service
        self.state: Any = None
        self.executed = 0
        self.answers: dict[NodeId, tuple[int, Any]] = {}  # client -> (time stamp, result) of the last one
        # checkpoints
        self.checkpoints: dict[tuple[int, str], dict[NodeId, Checkpoint]] = {}
        self.snapshots: dict[int, Any] = {}
        self.stable_number = 0
        self.stable_proof: tuple[Checkpoint, ...] = ()

    # --- messages: requests and the three phases

    def on_request(self, msg: Request, sender: NodeId) -> None:
        timestamp = self.answers.get(msg.client, (0, None))[0]
        if msg.timestamp < timestamp:
            return
        if msg.timestamp == timestamp:
            self.reply(msg.client)
            return
        self.waiting[msg.client] = msg
        if self.is_primary():
            self.give_number(msg)
        else:
            self.expect(msg)
            if sender == msg.client:
                self.send(self.primary_of(self.view), msg)

    def on_pre_prepare(self, msg: PrePrepare, sender: NodeId) -> None:
        if sender != self.primary_of(msg.view) or msg.request is None:
            return
        if msg.view > self.view or (msg.view == self.view and self.changing):
            self.early.setdefault((msg.view, msg.number), msg)
        elif msg.view < self.view:
            self.tell_view(sender)
        elif self.may_accept(msg):
            self.accept(msg)
        elif self.accepted.get((msg.view, msg.number)) == msg:
            self.say_again(msg)

    def on_prepare(self, msg: Prepare, sender: NodeId) -> None:
        if msg.replica == sender and sender != self.primary_of(msg.view) and self.in_window(msg.number):
            self.count_prepare(msg)
            self.go_on(msg.view, msg.number)

    def on_commit(self, msg: Commit, sender: NodeId) -> None:
        if msg.replica == sender and self.in_window(msg.number):
            self.commits.setdefault((msg.view, msg.number, msg.digest), set()).add(sender)
            self.go_on(msg.view, msg.number)

    # --- messages: checkpoints

    def on_checkpoint(self, msg: Checkpoint, sender: NodeId) -> None:
        if msg.replica == sender:
            self.count_checkpoint(msg)

    def on_fetch_state(self, msg: FetchState, sender: NodeId) -> None:
        if msg.number in self.snapshots:
            self.send(sender, State(msg.number, self.snapshots[msg.number]))

    def on_state(self, msg: State, sender: NodeId) -> None:
        if msg.number > self.executed and self.is_proven(msg.number, digest(msg.snapshot)):
            self.install(msg.number, msg.snapshot)

    # --- rules: who decides

    def primary_of(self, view: int) -> NodeId:
        return self.replicas[view % len(self.replicas)]

    def is_primary(self) -> bool:
        return self.primary_of(self.view) == self.id and not self.changing

    def others(self) -> list[NodeId]:
        return [replica for replica in self.replicas if replica != self.id]

    def quorum(self) -> int:
        """2f+1 of 3f+1: any two share a correct replica, and the correct ones alone are enough."""
        return len(self.replicas) - self.f

    def in_window(self, number: int) -> bool:
        return self.stable_number < number <= self.stable_number + self.window

    # --- rules: the three phases

    def give_number(self, request: Request) -> None:
        """The primary: the next number to a request that has none in this view; else, say it again."""
        known = self.number_of(request)
        if known is not None:
            self.say_again(known)
        if known is not None or not self.in_window(self.number + 1):
            return
        self.number += 1
        pre_prepare = PrePrepare(self.view, self.number, digest(request), request)
        self.accepted[self.view, self.number] = pre_prepare
        self.broadcast(pre_prepare, self.others())
        self.go_on(self.view, self.number)

    def number_of(self, request: Request) -> PrePrepare | None:
        """The pre-prepare that gave it a number in this view."""
        for (view, _), pre_prepare in self.accepted.items():
            if view == self.view and pre_prepare.request == request:
                return pre_prepare
        return None

    def may_accept(self, msg: PrePrepare) -> bool:
        return (
            msg.view == self.view
            and not self.changing
            and self.in_window(msg.number)
            and self.fits(msg)
            and self.is_first(msg)
        )

    def fits(self, msg: PrePrepare) -> bool:
        return msg.digest == digest(msg.request)

    def is_first(self, msg: PrePrepare) -> bool:
        """The first pre-prepare with this view and number."""
        return (msg.view, msg.number) not in self.accepted

    def accept(self, msg: PrePrepare) -> None:
        self.accepted[msg.view, msg.number] = msg
        if self.primary_of(msg.view) != self.id:
            prepare = Prepare(msg.view, msg.number, msg.digest, self.id)
            self.count_prepare(prepare)
            self.broadcast(prepare, self.others())
        self.go_on(msg.view, msg.number)

    def say_again(self, msg: PrePrepare) -> None:
        """The client has asked again, so something was lost: each step once more."""
        key = (msg.view, msg.number, msg.digest)
        self.broadcast(msg if self.is_primary() else Prepare(*key, self.id), self.others())
        if self.id in self.commits.get(key, ()):
            self.broadcast(Commit(*key, self.id), self.others())

    def count_prepare(self, msg: Prepare) -> None:
        self.prepares.setdefault((msg.view, msg.number, msg.digest), {})[msg.replica] = msg

    def go_on(self, view: int, number: int) -> None:
        """Commit what is prepared, and execute what is committed."""
        pre_prepare = self.accepted.get((view, number))
        if pre_prepare is None or view != self.view or self.changing:
            return
        key = (view, number, pre_prepare.digest)
        commits = self.commits.setdefault(key, set())
        if self.is_prepared(key) and self.id not in commits:
            commits.add(self.id)
            self.broadcast(Commit(*key, self.id), self.others())
        if self.is_committed(key) and number > self.executed:
            self.committed[number] = pre_prepare.request
            self.execute()

    def is_prepared(self, key: Key) -> bool:
        """The pre-prepare, and 2f prepares of different backups that match it."""
        return len(self.prepares.get(key, ())) >= self.quorum() - 1

    def is_committed(self, key: Key) -> bool:
        """Prepared, and 2f+1 commits that match it, the own one among them."""
        return self.is_prepared(key) and len(self.commits[key]) >= self.quorum()

    def tell_view(self, replica: NodeId) -> None:
        """Somebody is still in an older view; :mod:`.pbft` sends what began this one."""

    # --- rules: execution

    def execute(self) -> None:
        """What is committed, in the order of the numbers."""
        while self.executed + 1 in self.committed:
            self.executed += 1
            self.apply(self.executed, self.committed.pop(self.executed))

    def apply(self, number: int, request: Request | None) -> None:
        value = "null" if request is None else (request.client, request.timestamp, request.operation)
        self.record("apply", index=number, value=value)
        if request is not None:
            if self.is_new(request):
                self.state, result = self.service(self.state, request.operation)
                self.answers[request.client] = (request.timestamp, result)
                self.record("execute", client=request.client, timestamp=request.timestamp)
            self.reply(request.client)
            self.no_longer_expect(request)
        if number % self.interval == 0:
            self.make_checkpoint(number)

    def is_new(self, request: Request) -> bool:
        """Not executed before: time stamps of a client grow."""
        return request.timestamp > self.answers.get(request.client, (0, None))[0]

    def reply(self, client: NodeId) -> None:
        if client in self.answers:
            timestamp, result = self.answers[client]
            self.send(client, Reply(self.view, timestamp, client, self.id, result))

    def expect(self, request: Request) -> None:
        """Somebody waits for the primary; :mod:`.pbft` starts a timer."""

    def no_longer_expect(self, request: Request) -> None:
        waiting = self.waiting.get(request.client)
        if waiting is not None and waiting.timestamp <= request.timestamp:
            del self.waiting[request.client]

    # --- rules: checkpoints

    def make_checkpoint(self, number: int) -> None:
        self.snapshots[number] = (self.state, tuple(sorted(self.answers.items(), key=repr)))
        checkpoint = Checkpoint(number, digest(self.snapshots[number]), self.id)
        self.count_checkpoint(checkpoint)
        self.broadcast(checkpoint, self.others())

    def count_checkpoint(self, msg: Checkpoint) -> None:
        if msg.number > self.stable_number:
            self.checkpoints.setdefault((msg.number, msg.digest), {})[msg.replica] = msg
            if self.is_proven(msg.number, msg.digest):
                self.reach(msg.number, msg.digest)

    def is_proven(self, number: int, digest: str) -> bool:
        return len(self.checkpoints.get((number, digest), ())) >= self.quorum()

    def reach(self, number: int, digest: str) -> None:
        """A checkpoint is stable: what is older may go; who lags behind fetches the state."""
        if number in self.snapshots:
            self.stabilise(number, digest)
        elif number > self.executed:
            signers = self.checkpoints[number, digest]
            self.broadcast(FetchState(number), [signer for signer in self.others() if signer in signers])

    def install(self, number: int, snapshot: Any) -> None:
        self.state, answers = snapshot
        self.answers = dict(answers)
        self.executed = number
        self.snapshots[number] = snapshot
        self.committed = {at: request for at, request in self.committed.items() if at > number}
        self.record("catch up", index=number)
        for request in list(self.waiting.values()):
            if not self.is_new(request):
                self.no_longer_expect(request)
        self.stabilise(number, digest(snapshot))
        self.execute()

    def stabilise(self, number: int, digest: str) -> None:
        self.stable_number = number
        self.stable_proof = tuple(
            [self.checkpoints[number, digest][one] for one in self.signers(number, digest)]
        )
        self.number = max(self.number, number)
        self.accepted = {key: kept for key, kept in self.accepted.items() if key[1] > number}
        self.prepares = {key: kept for key, kept in self.prepares.items() if key[1] > number}
        self.commits = {key: kept for key, kept in self.commits.items() if key[1] > number}
        self.checkpoints = {key: kept for key, kept in self.checkpoints.items() if key[0] >= number}
        self.snapshots = {at: kept for at, kept in self.snapshots.items() if at >= number}
        if self.is_primary():
            for request in list(self.waiting.values()):
                self.give_number(request)

    def signers(self, number: int, digest: str) -> list[NodeId]:
        return [replica for replica in self.replicas if replica in self.checkpoints[number, digest]]
