"""A service with a database of its own: local transactions, one after the other, each whole or not at all.

The rule::

    a message comes:   it is being worked at, or waits to be: it came twice, forget it
                       else begin a local transaction; after ``takes`` seconds it commits
    it commits:        the effect, and whatever is stored with it, at one moment
    a crash:           what has not committed never happened

One at a time, because all of them change the same balance. What came twice and is forgotten would be answered
anyway, when the first one commits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from distlab.sim import Node, NodeId
from distlab.sim.distributions import seconds

__all__ = ["LocalTransactions"]


class LocalTransactions(Node):
    """A node with a balance and local transactions on it.

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
    >>> LocalTransactions(balance=800).balance
    800
    """

    def __init__(self, balance: int = 0, *, takes: float = 0.005) -> None:
        self.balance = balance
        self.takes = seconds(takes, "takes")
        self.under_way: list[Any] = []  # messages; a crash forgets them, and what was done for them

    def transact(self, method: Callable[[Any, NodeId], None], msg: Any, sender: NodeId) -> None:
        """Carry out a method of this node for a message as a local transaction.

        Parameters
        ----------
        method
            A method of this node; it is called when the transaction commits.
        msg, sender
            Its arguments.
        """
        if msg not in self.under_way:
            self.under_way.append(msg)
            self.work(self.takes, self.commit, method.__name__, msg, sender)

    def commit(self, name: str, msg: Any, sender: NodeId) -> None:
        """At this moment everything that the method does takes place."""
        self.under_way.remove(msg)
        getattr(self, name)(msg, sender)
