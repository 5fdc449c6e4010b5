"""Conservation of a sum: money is moved, not made.

What nodes have: an attribute with an amount (or a mapping of amounts).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..observation import Observation
from ..property import Property, RunEnd, Violation

__all__ = ["Conservation"]


class Conservation(Property):
    """The sum over all nodes is the same at the beginning and at the end, or at every moment.

    Parameters
    ----------
    of
        The attribute's name, or a function node -> amount. Mappings are summed; nodes without the attribute
        count 0.
    total
        What the sum must be; None: what it was after the first event.
    always
        If true, the sum must hold after every event; else only in the end (money may be under way in
        between).

    Examples
    --------
    >>> Conservation("balance", total=1400).goal
    'anything happened'
    """

    needs_nodes = True

    def __init__(
        self, of: str | Callable[[Any], float] = "balance", total: float | None = None, always: bool = False
    ) -> None:
        self.of = of
        self.total = total
        self.always = always

    def begin(self, nodes: tuple[Any, ...]) -> Any:
        return (self.total, None)

    def see(self, memory: Any, seen: Observation) -> Any:
        return memory

    def look(self, memory: Any, nodes: Mapping[Any, Any]) -> Any:
        total, _ = memory
        now = sum(self._amount(node) for node in nodes.values())
        if total is None:
            total = now
        if self.always and abs(now - total) > 1e-9:
            raise Violation(f"the sum is {now:g} instead of {total:g}.")
        return (total, now)

    def at_end(self, memory: Any, end: RunEnd) -> None:
        total, now = memory
        if now is not None and abs(now - total) > 1e-9:
            raise Violation(f"the sum is {now:g} instead of {total:g} at t = {end.time:.3g} s.")

    def _amount(self, node: Any) -> float:
        amount = self.of(node) if callable(self.of) else getattr(node, self.of, 0)
        return sum(amount.values()) if isinstance(amount, Mapping) else amount
