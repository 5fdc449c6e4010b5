"""Replicas of PBFT that lie: they know the protocol, and sign with their own name only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from distlab.sim import NodeId

from .pbft import Pbft
from .pbft_messages import (
    Checkpoint,
    Commit,
    NewView,
    Prepare,
    Prepared,
    PrePrepare,
    Reply,
    Request,
    State,
    ViewChange,
    digest,
)

__all__ = ["EquivocatingPrimary", "LyingReplica", "SilentPrimary", "WrongDigestPrimary"]

LIE = ("lie", ())  # a state that nobody has reached


class Liar(Pbft):
    """What liars share: they look at each message before it goes out, and remember every request."""

    def on_start(self) -> None:
        self.requests: list[Request] = []
        super().on_start()

    def on_request(self, msg: Request, sender: NodeId) -> None:
        if msg not in self.requests:
            self.requests.append(msg)
        super().on_request(msg, sender)

    def send(self, to: NodeId, msg: Any) -> None:
        for said in self.stories(msg, to):
            super().send(to, said)

    def broadcast(self, msg: Any, to: Iterable[NodeId] | None = None) -> None:
        for receiver in self.peers if to is None else to:
            self.send(receiver, msg)

    def stories(self, msg: Any, to: NodeId) -> list[Any]:
        """What goes out to this receiver instead of this message; an honest replica's answer is [msg]."""
        return [msg]

    def other(self, request: Request | None) -> Request | None:
        """Another request that a client has signed, the newest first; None if there is none."""
        return next((each for each in reversed(self.requests) if each != request), None)


class SilentPrimary(Liar):
    """Says nothing as long as it is the primary.

    Examples
    --------
    >>> SilentPrimary((1, 2, 3, 4)).f
    1
    """

    def stories(self, msg: Any, to: NodeId) -> list[Any]:
        return [] if self.is_primary() else [msg]


class WrongDigestPrimary(Liar):
    """As the primary, it sends a digest that is not the request's.

    Examples
    --------
    >>> WrongDigestPrimary((1, 2, 3, 4)).f
    1
    """

    def stories(self, msg: Any, to: NodeId) -> list[Any]:
        if not isinstance(msg, PrePrepare):
            return [msg]
        return [PrePrepare(msg.view, msg.number, digest((msg.digest, "wrong")), msg.request)]


class EquivocatingPrimary(Liar):
    """As the primary, it gives one number to two requests: one half of the backups hears of each.

    It waits until it knows two requests. To each half it confirms what that half has heard, as far as a
    single replica can.

    Examples
    --------
    >>> EquivocatingPrimary((1, 2, 3), f=1).quorum()
    2
    """

    def give_number(self, request: Request) -> None:
        other = self.other(request)
        if other is None or not self.in_window(self.number + 1):
            return
        self.number += 1
        for place, backup in enumerate(self.others()):
            said = (request, other)[place % 2]
            key = (self.view, self.number, digest(said))
            self.send(backup, PrePrepare(*key, said))
            self.send(backup, Commit(*key, self.id))


class LyingReplica(Liar):
    """Draws at random, for each message, whether to tell the truth, nothing, or something else.

    Whatever it may say: another request under the same number, a wrong digest, votes for what it has not
    accepted, view changes without their proofs or with made-up ones, a new view that does not follow, a wrong
    state, a wrong result.

    Parameters
    ----------
    replicas, options
        As for :class:`~distlab.coordination.consensus.pbft.Pbft`.
    honesty
        The probability of the truth.

    Examples
    --------
    >>> LyingReplica((1, 2, 3, 4), honesty=0.9).honesty
    0.9
    """

    def __init__(self, replicas: Any, honesty: float = 0.5, **options: Any) -> None:
        super().__init__(replicas, **options)
        self.honesty = honesty

    def stories(self, msg: Any, to: NodeId) -> list[Any]:
        if self.rng.random() < self.honesty:
            return [msg]
        if self.rng.random() < 0.25:
            return []
        return [self.another(msg)]

    def another(self, msg: Any) -> Any:
        """The same message with something else in it, signed by this replica as before."""
        kind, said = type(msg), msg  # a type checker cannot see what @message adds
        if getattr(msg, "replica", self.id) != self.id:
            return msg  # it only passes this on, and cannot sign in another's name
        if kind is PrePrepare:
            other = self.any_request(msg.request)
            wrong = self.rng.random() < 0.3
            return said.replace(request=other, digest=msg.digest if wrong else digest(other))
        if kind in (Prepare, Commit):
            view = msg.view if self.rng.random() < 0.7 else self.rng.randrange(msg.view + 2)
            return said.replace(view=view, digest=digest(self.any_request(None)))
        if kind is Checkpoint:
            return said.replace(digest=digest(LIE))
        if kind is ViewChange:
            return self.another_view_change(msg)
        if kind is NewView:
            return self.another_new_view(msg)
        if kind is State:
            return said.replace(snapshot=LIE)
        if kind is Reply:
            return said.replace(result=("lie", self.rng.randrange(3)))
        return msg

    def any_request(self, instead: Request | None) -> Request | None:
        return self.rng.choice(self.requests) if self.requests else instead

    def another_view_change(self, msg: Any) -> Any:
        kind = self.rng.choice(
            ("later view", "nothing prepared", "made up", "no checkpoint", "first proofs only")
        )
        if kind == "later view":
            return msg.replace(view=msg.view + self.rng.randrange(1, 4))
        if kind == "nothing prepared":
            return msg.replace(prepared=())
        if kind == "no checkpoint":
            return msg.replace(stable_number=msg.stable_number + self.interval, proof=())
        if kind == "first proofs only":
            return msg.replace(prepared=msg.prepared[: self.rng.randrange(len(msg.prepared) + 1)])
        return msg.replace(prepared=(*self.made_up(msg), *msg.prepared[1:]))

    def made_up(self, msg: ViewChange) -> list[Prepared]:
        """Pre-prepares of views in which it was the primary, with no more prepares than its own."""
        own = [view for view in range(msg.view) if self.primary_of(view) == self.id]
        request = self.any_request(None)
        if not own or request is None:
            return []
        return [Prepared(PrePrepare(own[-1], msg.stable_number + 1, digest(request), request), ())]

    def another_new_view(self, msg: Any) -> Any:
        kind = self.rng.choice(("fewer votes", "other requests", "nothing"))
        if kind == "fewer votes":
            votes = msg.view_changes[1:]
            return msg.replace(view_changes=votes, pre_prepares=self.pre_prepares_of(msg.view, votes))
        if kind == "nothing":
            return msg.replace(pre_prepares=())
        others = [
            each.replace(request=other, digest=digest(other))
            for each in msg.pre_prepares
            for other in [self.any_request(each.request)]
        ]
        return msg.replace(pre_prepares=tuple(others))
