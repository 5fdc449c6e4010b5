"""PBFT: a replicated service that works although f of its 3f+1 replicas may lie.

M. Castro and B. Liskov, *Practical Byzantine Fault Tolerance*, OSDI 1999, section 4.

The normal case, with a quorum of 2f+1 replicas (:mod:`.pbft_normal`)::

    client    Request to the primary; to all, again and again, if no f+1 equal replies come in time
    primary   the next number n to the request: PrePrepare(v, n, digest, request) to all backups
    backup    the first one for (v, n), from the primary of its view v, with the right digest, and with n
              between the water marks: accept it; Prepare(v, n, digest) to all
    replica   prepared: accepted, and 2f matching prepares of different backups: Commit(v, n, digest) to all
    replica   committed: prepared, and 2f+1 matching commits: execute, when all smaller n are executed;
              Reply to the client. A request is executed once: time stamps of a client grow
    replica   after every K-th request: Checkpoint(n, digest of the state) to all; 2f+1 equal ones make it
              stable: what is older is forgotten, and the water marks move up

The view change::

    backup    a request that it knows of is not executed in time, or f+1 others want a later view:
              stop taking part in the old view; ViewChange(v+1) to all, with the proof of the stable
              checkpoint and, for each later n, the proof of what it has prepared: pre-prepare and 2f prepares
    primary   of v+1, on 2f+1 view changes: NewView to all: these view changes, and for each n after the
              latest stable checkpoint in them a new pre-prepare: the prepared request of the latest view, or
              the null request if there is none
    backup    check that the new pre-prepares follow from the view changes; accept them; go on as above

What a replica has committed was prepared by 2f+1, of which f+1 are correct; any 2f+1 view changes name it. So
no other request can get its number in a later view.

Each view change that leads to nothing doubles the time to wait. Against lost messages, each step is said
again when the client asks again, a view change until 2f+1 are there, and who comes late is sent the NewView.
All that a replica has said is on disk, so a crash and a return is a pause; the paper counts a replica that
forgets among the f. What stands for signatures is said in :mod:`.pbft_messages`.

Cost: 2n^2 - n + 1 messages per request: 1 request, n-1 pre-prepares, (n-1)^2 prepares, n(n-1) commits and n
replies; besides n(n-1) for each checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from distlab.sim import NodeId, Timer
from distlab.sim.distributions import seconds

from .pbft_messages import (
    Checkpoint,
    NewView,
    Prepared,
    PrePrepare,
    Request,
    ViewChange,
    digest,
)
from .pbft_normal import NormalCase, register

__all__ = ["Pbft"]


class Pbft(NormalCase):
    """A replica.

    Roles are "leader" (the primary), "backup" and "changing", each with its ``view``. Recorded are "apply"
    (index, value) for each number that is carried out, "execute" (client, timestamp) when a request changes
    the state, and "catch up" (index) when a state is fetched from others.

    Parameters
    ----------
    replicas
        The ids of all replicas, in the order in which they are primary.
    f
        How many may be faulty; None: (n-1)//3. A quorum is n-f.
    service
        (state, operation) -> (state, result); the first state is None. Default: a register, with the
        operations ("write", value) and ("read",).
    interval, window
        A checkpoint after every ``interval`` requests; numbers up to ``window`` beyond the stable one.
    patience
        Seconds until a backup that knows of a request suspects the primary; doubled with each view change
        until something is executed.

    Raises
    ------
    ValueError
        If ``replicas`` is empty, ``f`` is too large, ``interval`` is not between 1 and ``window``, or
        ``patience`` is not more than 0.

    References
    ----------
    Castro and Liskov 1999, sections 4.2 to 4.5.

    Examples
    --------
    >>> from distlab.coordination.consensus.pbft_client import PbftClient
    >>> from distlab.sim import Simulation
    >>> nodes = {id: Pbft((1, 2, 3, 4)) for id in (1, 2, 3, 4)}
    >>> nodes["client"] = PbftClient((1, 2, 3, 4), [("write", 7)])
    >>> trace = Simulation(nodes).run(until=1.0)
    >>> len(trace.messages), trace.records.query("event == 'apply'").node.tolist()
    (29, [1, 2, 3, 4])
    """

    stable: ClassVar[tuple[str, ...]] = (
        *NormalCase.stable,
        "attempts",
        "changing",
        "new_view",
        "view_changes",
    )

    def __init__(
        self,
        replicas: Sequence[NodeId],
        *,
        f: int | None = None,
        service: Callable[[Any, Any], tuple[Any, Any]] = register,
        interval: int = 10,
        window: int = 20,
        patience: float = 0.2,
    ) -> None:
        super().__init__(replicas, f=f, service=service, interval=interval, window=window)
        self.patience = seconds(patience, "patience", "more than 0")
        self.attempts = 0  # view changes since something was executed
        self.view_changes: dict[int, dict[NodeId, ViewChange]] = {}
        self.new_view: NewView | None = None  # that began this view
        self.timer: Timer | None = None

    def on_start(self) -> None:
        self.show()
        if self.changing:
            self.say_view_change()

    # --- messages

    def on_view_change(self, msg: ViewChange, sender: NodeId) -> None:
        if msg.replica != sender or not self.is_sound(msg):
            return
        if msg.view < self.view or (msg.view == self.view and not self.changing):
            self.tell_view(sender)
            return
        votes = self.view_changes.setdefault(msg.view, {})
        is_new = sender not in votes
        votes[sender] = msg
        self.join_others()
        if is_new:  # what is only said again gives nobody more time
            self.count_view_changes()

    def on_new_view(self, msg: NewView, sender: NodeId) -> None:
        if msg.view < self.view or (msg.view == self.view and not self.changing):
            return
        if msg.replica == self.primary_of(msg.view) and self.follows(msg):
            self.enter(msg)

    # --- timers

    def wait(self) -> None:
        """Give the primary, or the next view, its time."""
        delay = self.patience * 2**self.attempts
        if self.timer is None:
            self.timer = self.after(delay, self.lose_patience)
        else:
            self.timer.reset(delay)

    def stop_waiting(self) -> None:
        if self.timer is not None:
            self.timer.cancel()

    def lose_patience(self) -> None:
        if self.changing and len(self.view_changes.get(self.view, ())) < self.quorum():
            self.say_view_change()
        else:
            self.change_view(self.view + 1)

    def expect(self, request: Request) -> None:
        if self.timer is None or not self.timer.pending:
            self.wait()

    def no_longer_expect(self, request: Request) -> None:
        super().no_longer_expect(request)
        if not self.changing:
            self.attempts = 0
            if self.waiting and not self.is_primary():
                self.wait()
            else:
                self.stop_waiting()

    # --- rules: to a later view

    def change_view(self, view: int) -> None:
        self.view, self.changing = view, True
        self.attempts += 1
        self.view_changes = {at: votes for at, votes in self.view_changes.items() if at >= view}
        self.show()
        self.say_view_change()
        self.count_view_changes()

    def say_view_change(self) -> None:
        msg = ViewChange(self.view, self.stable_number, self.stable_proof, self.all_prepared(), self.id)
        self.view_changes.setdefault(self.view, {})[self.id] = msg
        self.broadcast(msg, self.others())
        for (_, _), votes in self.checkpoints.items():  # they may have been lost
            if self.id in votes and votes[self.id].number > self.stable_number:
                self.broadcast(votes[self.id], self.others())
        self.wait()

    def all_prepared(self) -> tuple[Prepared, ...]:
        """For each number after the stable checkpoint, the proof of what was prepared in the latest view."""
        latest: dict[int, PrePrepare] = {}
        for (view, number), pre_prepare in sorted(self.accepted.items(), key=_place):
            if self.is_prepared((view, number, pre_prepare.digest)):
                latest[number] = pre_prepare
        return tuple([self.proof_of(latest[number]) for number in sorted(latest)])

    def proof_of(self, pre_prepare: PrePrepare) -> Prepared:
        votes = self.prepares[pre_prepare.view, pre_prepare.number, pre_prepare.digest]
        return Prepared(pre_prepare, tuple([votes[one] for one in self.replicas if one in votes]))

    def join_others(self) -> None:
        """Of f+1 who want a later view, one is correct: join, at the smallest of these views."""
        wanted: dict[NodeId, int] = {}
        for view in sorted(self.view_changes):
            if view > self.view:
                for replica in self.view_changes[view]:
                    wanted[replica] = view
        if len(wanted) > self.f:
            self.change_view(min(wanted.values()))

    def count_view_changes(self) -> None:
        votes = self.view_changes.get(self.view, {})
        if self.changing and len(votes) >= self.quorum() and self.id in votes:
            if self.primary_of(self.view) == self.id:
                self.begin_view([votes[one] for one in self.replicas if one in votes])
            elif len(votes) == self.quorum():
                self.wait()

    def begin_view(self, votes: Sequence[ViewChange]) -> None:
        msg = NewView(self.view, tuple(votes), self.pre_prepares_of(self.view, votes), self.id)
        self.broadcast(msg, self.others())
        self.enter(msg)

    def pre_prepares_of(self, view: int, votes: Sequence[ViewChange]) -> tuple[PrePrepare, ...]:
        """What the new view begins with, as it follows from these view changes."""
        low = max(vote.stable_number for vote in votes)
        latest: dict[int, PrePrepare] = {}
        for vote in votes:
            for proof in vote.prepared:
                found = latest.get(proof.pre_prepare.number)
                if found is None or proof.pre_prepare.view > found.view:
                    latest[proof.pre_prepare.number] = proof.pre_prepare
        high = max([low, *latest])
        return tuple([self.again(view, number, latest.get(number)) for number in range(low + 1, high + 1)])

    def again(self, view: int, number: int, found: PrePrepare | None) -> PrePrepare:
        if found is None:
            return PrePrepare(view, number, NULL, None)
        return PrePrepare(view, number, found.digest, found.request)

    def tell_view(self, replica: NodeId) -> None:
        if self.new_view is not None and not self.changing:
            self.send(replica, self.new_view)

    # --- rules: what to believe

    def is_sound(self, msg: ViewChange) -> bool:
        return self.proves_checkpoint(msg.stable_number, msg.proof) and all(
            proof.pre_prepare.view < msg.view
            and proof.pre_prepare.number > msg.stable_number
            and self.proves(proof)
            for proof in msg.prepared
        )

    def proves_checkpoint(self, number: int, proof: Iterable[Checkpoint]) -> bool:
        """Is it the beginning, or have 2f+1 replicas signed it?"""
        votes = tuple(proof)
        signers = {vote.replica for vote in votes if vote.replica in self.replicas}
        same = all((vote.number, vote.digest) == (number, votes[0].digest) for vote in votes)
        return number == 0 or (same and len(signers) >= self.quorum())

    def proves(self, proof: Prepared) -> bool:
        """Is it a pre-prepare with 2f matching prepares of different backups?"""
        of = proof.pre_prepare
        signers = {
            vote.replica
            for vote in proof.prepares
            if (vote.view, vote.number, vote.digest) == (of.view, of.number, of.digest)
            and vote.replica in self.replicas
            and vote.replica != self.primary_of(of.view)
        }
        return len(signers) >= self.quorum() - 1 and self.fits(of)

    def follows(self, msg: NewView) -> bool:
        """Do 2f+1 want this view, and do the new pre-prepares follow from what they say?"""
        voters = {vote.replica for vote in msg.view_changes if vote.view == msg.view and self.is_sound(vote)}
        return (
            len(voters) >= self.quorum()
            and len(voters) == len(msg.view_changes)
            and msg.pre_prepares == self.pre_prepares_of(msg.view, msg.view_changes)
        )

    # --- rules: the new view

    def enter(self, msg: NewView) -> None:
        self.view, self.changing, self.new_view = msg.view, False, msg
        self.stop_waiting()
        self.view_changes = {at: votes for at, votes in self.view_changes.items() if at > msg.view}
        self.show()
        latest = max(msg.view_changes, key=_stable_number)
        for checkpoint in latest.proof:
            self.count_checkpoint(checkpoint)
        self.number = max(
            [self.stable_number, latest.stable_number, *[one.number for one in msg.pre_prepares]]
        )
        early = [one for (view, _), one in self.early.items() if view == msg.view]
        self.early = {key: one for key, one in self.early.items() if key[0] > msg.view}
        for pre_prepare in (*msg.pre_prepares, *early):
            if self.may_accept(pre_prepare):
                self.accept(pre_prepare)
        for request in list(self.waiting.values()):
            if self.is_primary():
                self.give_number(request)
            else:
                self.expect(request)

    def show(self) -> None:
        role = "changing" if self.changing else "leader" if self.is_primary() else "backup"
        self.become(role, view=self.view)


NULL = digest(None)  # of the null request


def _place(entry: tuple[tuple[int, int], PrePrepare]) -> tuple[int, int]:
    return entry[0]


def _stable_number(msg: ViewChange) -> int:
    return msg.stable_number
