"""Suzuki and Kasami: one token, asked for by everybody, that carries the queue.

I. Suzuki and T. Kasami, *A Distributed Mutual Exclusion Algorithm*, ACM Transactions on Computer Systems
3(4), 1985, with the paper's names.

The rule::

    RN[j]            the largest number of a request of j that this node has heard of
    the token        carries Q, a queue of nodes, and LN[j], the number of j's last request that was served
    to request:      the token is here: enter.  Else RN[i] += 1, send Request(RN[i]) to all others
    on Request(n):   RN[j] = max(RN[j], n);  the token is here, unused, and RN[j] > LN[j]:  send it to j
    to enter:        have the token
    to release:      LN[i] = RN[i];  append each j that is not in Q and has RN[j] > LN[j] to Q;
                     Q is not empty:  send the token to its head

The paper writes RN[j] = LN[j] + 1. The two differ only if a request was given up in a crash. The token and
RN are on disk. A token that is lost on its way is lost for good: nobody can enter any more.

Cost: 0 messages if the token is here, else n: n-1 requests and the token. The delay from an exit to the
next entry is one message.
"""

from __future__ import annotations

from typing import ClassVar

from distlab.sim import NodeId, message

from .contender import Contender

__all__ = ["Request", "SuzukiKasami", "Token"]


@message
class Request:
    """I want the token; this is my n-th request."""

    n: int


@message
class Token:
    """Whoever has it may enter. ``ln`` holds (node, number) for each node that was served."""

    q: tuple[int | str, ...]
    ln: tuple[tuple[int | str, int], ...]


class SuzukiKasami(Contender):
    """A node of Suzuki and Kasami's algorithm.

    Parameters
    ----------
    hold
        Seconds inside the critical section, for requests that do not say it themselves.
    first
        Who has the token at the beginning; None: the smallest id.

    References
    ----------
    Suzuki and Kasami 1985.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation, cluster
    >>> calls = [Call(node, at, "request") for at, node in enumerate([1, 2, 2, 3])]
    >>> trace = Simulation(cluster(SuzukiKasami, 5), workload=calls).run()
    >>> [len(trace.messages.query("@at <= sent < @at + 1")) for at in range(4)]
    [0, 5, 0, 5]
    """

    stable: ClassVar[tuple[str, ...]] = ("rn", "token")

    def __init__(self, *, hold: float = 0.01, first: NodeId | None = None) -> None:
        super().__init__(hold=hold)
        self.first = first
        self.rn: dict[NodeId, int] = {}
        self.token: Token | None = None

    def on_start(self) -> None:
        super().on_start()
        if self.id == (self.everybody()[0] if self.first is None else self.first):
            self.token = Token((), ())

    def on_recover(self) -> None:
        if self.token is None and not self.rn:  # it crashed before it had started
            self.on_start()
        super().on_recover()
        self.release()

    # --- to enter and to leave

    def acquire(self) -> None:
        self.wait()
        if self.token is not None:
            self.enter()
        else:
            self.rn[self.id] = self.rn.get(self.id, 0) + 1
            self.broadcast(Request(self.rn[self.id]))

    def release(self) -> None:
        if self.token is None:  # it comes back from a crash without it
            return
        ln = dict(self.token.ln)
        if self.id in self.rn:
            ln[self.id] = self.rn[self.id]
        q = list(self.token.q)
        q += [node for node in self.everybody() if node not in q and self.is_outstanding(node, ln)]
        if q:
            self.pass_on(q[0], Token(tuple(q[1:]), tuple(sorted(ln.items()))))
        else:
            self.token = Token((), tuple(sorted(ln.items())))

    # --- messages

    def on_request(self, msg: Request, sender: NodeId) -> None:
        self.rn[sender] = max(self.rn.get(sender, 0), msg.n)
        if self.may_give() and self.token is not None and self.is_outstanding(sender, dict(self.token.ln)):
            self.pass_on(sender, self.token)

    def on_token(self, msg: Token, sender: NodeId) -> None:
        self.token = msg
        if self.state == "waiting":
            self.enter()
        else:  # its request was given up in a crash
            self.release()

    # --- rules

    def may_give(self) -> bool:
        return self.state == "idle"

    def is_outstanding(self, node: NodeId, ln: dict[NodeId, int]) -> bool:
        return self.rn.get(node, 0) > ln.get(node, 0)

    def pass_on(self, node: NodeId, token: Token) -> None:
        self.token = None
        self.send(node, token)
