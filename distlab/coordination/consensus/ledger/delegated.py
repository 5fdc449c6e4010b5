"""Delegated proof of stake (委托权益证明): owners elect delegates, who write in turn.

D. Larimer, *Delegated Proof-of-Stake (DPOS)*, BitShares white paper, 2014.

The rule::

    owners:               approve of candidates; a vote weighs as much as the owner's stake
    every round:          the seats candidates with the most votes are the delegates, in an order drawn by lot
    in each slot:         the delegate whose turn it is writes a block; if it is down, the slot is missed
    an owner that watches: takes its vote from a delegate that missed its slot in the last round

Delegates do not compete: who writes when is known before the round begins, and no hash is tried.

Cost: one block per slot, whatever the number of nodes; of the delegates, only one works at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from distlab.sim import NodeId

from .block import Block
from .elections import Ballot, Council
from .slots import SlotLedger

__all__ = ["DelegatedProofOfStake", "audit_delegates"]


class DelegatedProofOfStake(SlotLedger):
    """An owner who may be a candidate, and also keeps the ledger.

    Parameters
    ----------
    seats
        How many delegates there are; a round has as many slots.
    stakes
        Id -> coins; None: everybody has 1.
    candidates
        Who stands; None: everybody.
    watchful
        Whether this owner votes: after a round in which a delegate missed its slot, for candidates that did
        not. False: it never votes, unless somebody calls ``approve``.
    patience
        Rounds after which a watchful owner forgives a delegate.
    slot, relay, tie, capacity
        As for ``SlotLedger``.

    Raises
    ------
    ValueError
        If ``seats`` is not a whole number of 1 or more.

    References
    ----------
    Larimer 2014.

    Examples
    --------
    >>> from distlab.sim import Simulation, cluster
    >>> sim = Simulation(cluster(DelegatedProofOfStake, 6, seats=3))
    >>> trace = sim.run(until=3.1)
    >>> [block.writer for block in sim.nodes[1].tree.chain(sim.nodes[1].tip.hash)[1:]]
    [3, 1, 2, 1, 2, 3, 3, 1, 2, 2, 1, 3]
    """

    def __init__(
        self,
        *,
        seats: int = 3,
        stakes: Mapping[NodeId, float] | None = None,
        candidates: Sequence[NodeId] | None = None,
        watchful: bool = True,
        patience: int = 10,
        slot: float = 0.25,
        relay: bool = True,
        tie: float = 0.0,
        capacity: int | None = None,
    ) -> None:
        super().__init__(slot=slot, relay=relay, tie=tie, capacity=capacity)
        if not isinstance(seats, int) or isinstance(seats, bool) or seats < 1:
            raise ValueError(f"seats must be a whole number of delegates, 1 or more; got {seats!r}.")
        self.seats = seats
        self.stakes = None if stakes is None else dict(stakes)
        self.candidates = None if candidates is None else tuple(candidates)
        self.watchful = watchful
        self.patience = patience
        self.blamed: dict[NodeId, int] = {}  # who missed a slot -> in which round

    def slot_begins(self) -> None:
        number = self.slot_now()
        if self.watchful and (number - 1) % self.seats == 0 and number > self.seats:
            self.vote_again(self.round_of(number) - 1)
        super().slot_begins()

    # --- whose turn it is

    def round_of(self, slot: int) -> int:
        return (slot - 1) // self.seats

    def owner(self, slot: int, parent: Block) -> NodeId | None:
        council = self.council(self.round_of(slot), parent)
        return council.order[(slot - 1) % len(council.order)]

    def council(self, round: int, parent: Block) -> Council:
        """Who are the delegates of a round, on the chain up to ``parent``."""
        return self.state_after(parent).in_round(round, self.coins(), self.standing(), self.seats)

    def coins(self) -> Mapping[NodeId, float]:
        return self.stakes or {id: 1.0 for id in self.everybody()}

    def standing(self) -> tuple[NodeId, ...]:
        return self.candidates or tuple(self.everybody())

    def first_state(self) -> Council:
        return Council()

    def next_state(self, state: Council, block: Block) -> Council:
        round = self.round_of(block.slot)
        return state.in_round(round, self.coins(), self.standing(), self.seats).after(block)

    # --- votes

    def vote_again(self, round: int) -> None:
        """If a delegate missed its slot in a round, vote for candidates of whom that is not known."""
        council = self.council(round, self.tip)
        slots = range(round * self.seats + 1, (round + 1) * self.seats + 1)
        written = {block.slot for block in self.last_blocks(self.seats)}
        missed = {council.order[(slot - 1) % len(council.order)] for slot in slots if slot not in written}
        self.blamed = {id: when for id, when in self.blamed.items() if round - when < self.patience}
        if missed - self.blamed.keys():
            self.blamed |= {id: round for id in sorted(missed)}
            self.approve([id for id in self.standing() if id not in self.blamed][: self.seats])

    def last_blocks(self, count: int) -> list[Block]:
        return [self.tree.ancestor(self.tip.hash, back) for back in range(count)]

    def approve(self, candidates: Sequence[NodeId]) -> None:
        """Vote; the ballot is in the chain once a delegate has written it."""
        self.submit(Ballot(self.id, tuple(candidates)))


def audit_delegates(
    seats: int, stakes: Mapping[Any, float], candidates: Sequence[Any] | None = None
) -> Callable[[Block, list[Block]], str | None]:
    """The rule of delegated proof of stake as a check of its own, for the property ``Ledger``.

    Parameters
    ----------
    seats, stakes, candidates
        As the nodes have them.

    Returns
    -------
    function
        (block, the blocks from height 1 up to its parent) -> None, or what is wrong with the block.

    Examples
    --------
    >>> from distlab.coordination.consensus.ledger import GENESIS, seal
    >>> audit_delegates(1, {1: 1.0, 2: 1.0})(seal(GENESIS, 2, 0.25, slot=1), [])
    'is written in slot 1 of node 1'
    """
    standing = tuple(candidates or sorted(stakes))

    def audit(block: Block, chain: list[Block]) -> str | None:
        last = chain[-1].slot if chain else 0
        if block.slot <= last:
            return f"has slot {block.slot}, not later than its parent's, {last}"
        council = Council()
        for one in chain:
            council = council.in_round((one.slot - 1) // seats, stakes, standing, seats).after(one)
        council = council.in_round((block.slot - 1) // seats, stakes, standing, seats)
        owner = council.order[(block.slot - 1) % len(council.order)]
        return None if owner == block.writer else f"is written in slot {block.slot} of node {owner}"

    return audit
