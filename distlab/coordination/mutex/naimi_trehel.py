"""Naimi and Trehel: requests run to the end of a distributed queue, and bend all pointers on their way.

M. Naimi and M. Trehel, *An Improvement of the log(n) Distributed Algorithm for Mutual Exclusion*, 7th
International Conference on Distributed Computing Systems, 1987; M. Naimi, M. Trehel and A. Arnold, *A
log(N) Distributed Mutual Exclusion Algorithm Based on Path Reversal*, Journal of Parallel and Distributed
Computing 34(1), 1996.

The rule::

    last             who is the last in the queue, as far as this node knows; None: this node itself
    next             who gets the token after this node
    to request:      last is None: the token is here, enter.  Else send Request(i) to last;  last = None
    on Request(j):   last is not None:         pass it on to last
                     the token is here, idle:  send it to j
                     else:                     next = j
                     in each case last = j  (path reversal)
    to enter:        have the token
    to release:      next is not None:  send the token to next, next = None

All four are on disk: last, next, whether the token is here, and whether it has been asked for. A token that
is lost on its way is lost for good.

Cost: one request at a time from nodes drawn at random, H(n-1) = 1 + 1/2 + ... + 1/(n-1) messages per entry
on average: H(n) - 1 requests, and the token in n-1 of n cases. If all nodes want to enter all the time and
stay inside for so long that requests arrive, (4n-2)/(n+1) messages. One entry can need n messages. The
delay from an exit to the next entry is one message.
"""

from __future__ import annotations

from typing import ClassVar

from distlab.sim import NodeId, message

from .contender import Contender

__all__ = ["NaimiTrehel", "Request", "Token"]


@message
class Request:
    """A node wants the token."""

    requester: int | str


@message
class Token:
    """Whoever has it may enter."""


class NaimiTrehel(Contender):
    """A node of Naimi and Trehel's algorithm.

    Parameters
    ----------
    hold
        Seconds inside the critical section, for requests that do not say it themselves.
    first
        Who has the token at the beginning; None: the smallest id.

    References
    ----------
    Naimi and Trehel 1987; Naimi, Trehel and Arnold 1996. The average: C. Lavault, *Analysis of an Efficient
    Distributed Algorithm for Mutual Exclusion*, 1992.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation, cluster
    >>> calls = [Call(node, at, "request") for at, node in enumerate([1, 2, 3, 4, 2])]
    >>> trace = Simulation(cluster(NaimiTrehel, 4), workload=calls).run()
    >>> [len(trace.messages.query("@at <= sent < @at + 1")) for at in range(5)]
    [0, 2, 3, 3, 3]
    """

    stable: ClassVar[tuple[str, ...]] = ("last", "next", "token_present", "asked")

    def __init__(self, *, hold: float = 0.01, first: NodeId | None = None) -> None:
        super().__init__(hold=hold)
        self.first = first
        self.last: NodeId | None = None
        self.next: NodeId | None = None
        self.token_present = False
        self.asked = False

    def on_start(self) -> None:
        super().on_start()
        first = self.everybody()[0] if self.first is None else self.first
        self.token_present = self.id == first
        self.last = None if self.token_present else first

    def on_recover(self) -> None:
        if self.last is None and not (self.token_present or self.asked):  # it crashed before it had started
            self.on_start()
        super().on_recover()
        self.release()

    # --- to enter and to leave

    def acquire(self) -> None:
        self.wait()
        if self.token_present:
            self.enter()
        elif not self.asked:  # else it crashed since, and what it asked for before will come
            self.asked = True
            self.send(self.last, Request(self.id))
            self.last = None

    def release(self) -> None:
        if self.token_present and self.next is not None:
            self.give_token(self.next)
            self.next = None

    # --- messages

    def on_request(self, msg: Request, sender: NodeId) -> None:
        if self.last is not None:
            self.send(self.last, msg)
        elif self.token_present and self.may_give():
            self.give_token(msg.requester)
        else:
            self.next = msg.requester
        self.last = msg.requester

    def on_token(self, msg: Token, sender: NodeId) -> None:
        self.token_present = True
        self.asked = False
        if self.state == "waiting":
            self.enter()
        else:  # its request was given up in a crash
            self.release()

    # --- rules

    def may_give(self) -> bool:
        return self.state == "idle"

    def give_token(self, node: NodeId) -> None:
        self.token_present = False
        self.send(node, Token())
