"""Transactions that begin by themselves: what a coordinator does when nobody tells it what to do.

Of N participants one gives 10 to each of the others, and each is the giver in turn (a single one moves 10
from its cash to its savings); in every third transaction it gives more than it has, and has to refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from distlab.sim import Node, NodeId
from distlab.sim.distributions import seconds

__all__ = ["Begins"]


class Begins(Node):
    """A node that begins some transactions, if it is the one with the smallest id.

    How many it has begun is on disk: after a crash it goes on, with a new name.

    Parameters
    ----------
    transactions
        How many; they are called 1, 2, ...
    interval
        Seconds between two of them; the first begins at once.

    Raises
    ------
    ValueError
        If ``transactions`` is not a whole number of 0 or more.
    """

    stable: ClassVar[tuple[str, ...]] = ("begun",)

    def __init__(self, transactions: int, interval: float) -> None:
        if not isinstance(transactions, int) or transactions < 0:
            raise ValueError(f"transactions must be a whole number of 0 or more; got {transactions!r}.")
        self.transactions = transactions
        self.interval = seconds(interval, "interval", "more than 0")
        self.begun = 0

    def on_start(self) -> None:
        super().on_start()
        if self.is_first():
            self.begin_next()

    def on_recover(self) -> None:
        super().on_recover()
        if self.is_first():
            self.after(self.interval, self.begin_next)

    def is_first(self) -> bool:
        """Does it begin transactions?"""
        return bool(self.peers) and self.id == min([self.id, *self.peers], key=_order)

    def begin_next(self) -> None:
        if self.begun < self.transactions:
            self.begun += 1
            self.begin(self.begun, self.next_one(self.begun))
            self.after(self.interval, self.begin_next)

    def next_one(self, number: int) -> dict[NodeId, dict[str, float]]:
        giver = self.peers[(number - 1) % len(self.peers)]
        gift = 10 if number % 3 else 100_000
        if len(self.peers) == 1:
            return {giver: {"cash": -gift, "savings": gift}}
        wanted = {site: {"cash": float(gift)} for site in self.peers if site != giver}
        return {giver: {"cash": -gift * len(wanted)}, **wanted}

    def begin(self, transaction: Any, wanted: Mapping[NodeId, Mapping[str, float]]) -> None:
        """Begin a transaction: a protocol says how."""
        raise NotImplementedError

    def check_wanted(self, transaction: Any, wanted: Mapping[NodeId, Mapping[str, float]]) -> None:
        if not wanted or self.id in wanted or any(site not in self.peers for site in wanted):
            raise ValueError(
                f"wanted must name at least one site besides the coordinator {self.id!r}; got {wanted!r} "
                f"for transaction {transaction!r}."
            )


def _order(id: NodeId) -> tuple[bool, Any]:
    return (isinstance(id, str), id)
