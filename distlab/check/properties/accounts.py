"""Accounts: nobody is ever overdrawn, and in the end the sum is right and nothing is left reserved.

What nodes have: ``balance``, an amount; and, if they reserve before they give, ``frozen``, a mapping of
amounts. Nodes without a balance count 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..property import RunEnd, Violation
from ..schedule import FaultBudget
from .conservation import Conservation

__all__ = ["Accounts"]


class Accounts(Conservation):
    """Money is moved, not made; nobody has less than 0; in the end no reservation is left.

    Parameters
    ----------
    total
        What the sum of all balances must be in the end; None: what it was after the first event.
    within
        Seconds after the last fault by which it must be so.

    Examples
    --------
    >>> Accounts(total=1400).goal
    'anything happened'
    """

    fixed_size = True  # each account is one of a kind

    def __init__(self, total: float | None = None, within: float = 5.0) -> None:
        super().__init__("balance", total)
        self.within = within

    def default_faults(self) -> FaultBudget:
        return FaultBudget(crashes=4, loss_bursts=2, stay_down=0, aim_at_leader=0.0, duplication=0.2)

    def begin(self, nodes: tuple[Any, ...]) -> Any:
        return (*super().begin(nodes), 0)

    def look(self, memory: Any, nodes: Mapping[Any, Any]) -> Any:
        for id, node in nodes.items():
            if getattr(node, "balance", 0) < 0:
                raise Violation(f"node {id!r} is overdrawn: its balance is {node.balance:g}.", nodes=(id,))
        reserved = sum([_reserved(node) for node in nodes.values()])
        return (*super().look(memory[:2], nodes), reserved)

    def at_end(self, memory: Any, end: RunEnd) -> None:
        total, now, reserved = memory
        super().at_end((total, now), end)
        if reserved:
            raise Violation(
                f"{reserved:g} are still reserved at t = {end.time:.3g} s, and nobody frees them."
            )


def _reserved(node: Any) -> float:
    return sum([abs(amount) for amount in getattr(node, "frozen", {}).values()])
