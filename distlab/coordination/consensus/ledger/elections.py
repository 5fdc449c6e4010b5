"""Elections of delegates by stake: what delegated proof of stake reads from a chain.

Every owner may approve of several candidates; a candidate's votes are the stakes of those who approve of it.
The ``seats`` candidates with the most votes are the delegates (代表, called witnesses in BitShares) of the
next round, in an order drawn by lot. An owner who does not vote gives nobody its weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .block import Block
from .lottery import ordered

__all__ = ["Ballot", "Council", "elected", "turnout"]


@dataclass(frozen=True)
class Ballot:
    """The candidates that an owner approves of; its newest ballot counts."""

    owner: Any
    approves: tuple[Any, ...]


def elected(
    ballots: Mapping[Any, Sequence[Any]], stakes: Mapping[Any, float], candidates: Sequence[Any], seats: int
) -> tuple[Any, ...]:
    """The candidates with the most stake behind them; of two with equal votes, the one that is named first.

    Parameters
    ----------
    ballots
        Owner -> the candidates it approves of.
    stakes
        Owner -> coins.
    candidates
        Who stands.
    seats
        How many are elected.

    Examples
    --------
    >>> ballots = {"a": ("x",), "b": ("y", "x"), "c": ("y",)}
    >>> elected(ballots, {"a": 5, "b": 1, "c": 2}, ("x", "y", "z"), seats=2)
    ('x', 'y')
    """
    votes = {candidate: 0.0 for candidate in candidates}
    for owner, approved in ballots.items():
        for candidate in dict.fromkeys(approved):
            if candidate in votes:
                votes[candidate] += stakes.get(owner, 0.0)
    return tuple(sorted(votes, key=lambda candidate: -votes[candidate])[:seats])


def turnout(ballots: Mapping[Any, Sequence[Any]], stakes: Mapping[Any, float]) -> float:
    """The share of all coins whose owner has voted.

    >>> turnout({"a": ("x",)}, {"a": 1, "b": 3})
    0.25
    """
    voted = sum(stakes.get(owner, 0.0) for owner, approved in ballots.items() if approved)
    return voted / sum(stakes.values())


@dataclass(frozen=True)
class Council:
    """What the chain says after a block: the ballots, and who has which slot in the present round."""

    ballots: tuple[tuple[Any, tuple[Any, ...]], ...] = ()
    round: int = -1
    order: tuple[Any, ...] = ()

    def in_round(
        self, number: int, stakes: Mapping[Any, float], candidates: Sequence[Any], seats: int
    ) -> Council:
        """The council of a round: the same, or a newly elected one."""
        if number == self.round:
            return self
        delegates = elected(dict(self.ballots), stakes, candidates, seats)
        return Council(self.ballots, number, ordered(delegates, "round", number))

    def after(self, block: Block) -> Council:
        """The council after a block: its ballots count from the next round on."""
        cast = {entry.owner: entry.approves for entry in block.payload if isinstance(entry, Ballot)}
        if not cast:
            return self
        return Council(tuple({**dict(self.ballots), **cast}.items()), self.round, self.order)
