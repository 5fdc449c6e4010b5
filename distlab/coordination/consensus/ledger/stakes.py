"""Who holds how much, since when: what proof of stake reads from a chain.

The course's rule: weight = amount times age (币量 × 币龄). Coins that have just won start again from age 0,
may not take part for ``min_age`` slots, and gain no more weight after ``max_age`` slots (S. King and
S. Nadal, *PPCoin*, 2012: 30 and 90 days). Without coin age the weight is the amount.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .block import Block

__all__ = ["Offence", "StakeRules", "Stakes"]


@dataclass(frozen=True)
class Offence:
    """Evidence: the hashes of two blocks that one node wrote for one slot."""

    writer: Any
    slot: int
    blocks: tuple[str, str]


@dataclass(frozen=True)
class Stakes:
    """The stakes after a block: (owner, coins, slot of the last win) in the order of the owners."""

    held: tuple[tuple[Any, float, int], ...]

    def coins(self) -> dict[Any, float]:
        """Owner -> coins."""
        return {owner: coins for owner, coins, _ in self.held}


@dataclass(frozen=True)
class StakeRules:
    """What makes a weight of a stake.

    Parameters
    ----------
    reward
        Coins that the writer of a block gets.
    coin_age
        Whether the weight is amount times age, and not the amount.
    min_age, max_age
        Slots; used with ``coin_age``.

    Raises
    ------
    ValueError
        If ``reward`` is negative, or not 0 <= ``min_age`` < ``max_age``.

    Examples
    --------
    >>> rules = StakeRules(coin_age=True, min_age=2, max_age=10)
    >>> start = rules.first({"a": 30.0, "b": 70.0})
    >>> rules.weights(start, slot=1)  # all begin with the full age
    {'a': 300.0, 'b': 700.0}
    """

    reward: float = 0.0
    coin_age: bool = False
    min_age: int = 3
    max_age: int = 30

    def __post_init__(self) -> None:
        if not self.reward >= 0:
            raise ValueError(f"reward must be a number of coins, 0 or more; got {self.reward!r}.")
        if not 0 <= self.min_age < self.max_age:
            raise ValueError(
                f"min_age must be slots from 0 to less than max_age={self.max_age!r}; got {self.min_age!r}."
            )

    def first(self, coins: Mapping[Any, float]) -> Stakes:
        """The stakes before the first block; all coins are as old as counts."""
        if not coins or min(coins.values()) < 0 or not sum(coins.values()) > 0:
            raise ValueError(f"stakes must be coins of 0 or more, not all 0; got {dict(coins)!r}.")
        return Stakes(tuple([(owner, float(held), -self.max_age) for owner, held in coins.items()]))

    def weights(self, stakes: Stakes, slot: int) -> dict[Any, float]:
        """Owner -> weight in a slot."""
        return {owner: coins * self.age(slot - won) for owner, coins, won in stakes.held}

    def age(self, slots: int) -> float:
        """What a coin's age multiplies its weight with."""
        if not self.coin_age:
            return 1.0
        return float(min(slots, self.max_age)) if slots > self.min_age else 0.0

    def after(self, stakes: Stakes, block: Block) -> Stakes:
        """The stakes after one more block: the writer's reward, its age, and what offenders lose."""
        guilty = {entry.writer for entry in block.payload if isinstance(entry, Offence)}
        held = []
        for owner, coins, won in stakes.held:
            if owner == block.writer:
                coins, won = coins + self.reward, self.won(won, block.slot)
            held.append((owner, 0.0 if owner in guilty else coins, won))
        return replace(stakes, held=tuple(held))

    def won(self, before: int, slot: int) -> int:
        """The slot from which the winner's age counts."""
        return slot
