"""Atomic commitment.

What nodes say: participants ``record("vote", yes=True)``, everybody ``record("decide", decision="commit")``
or ``"abort"``; with several transactions, both carry ``transaction=t``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..memory import resorted
from ..observation import Observation
from ..property import Property, RunEnd, Violation
from ..schedule import FaultBudget

__all__ = ["AtomicCommitment"]


class _Memory(NamedTuple):
    votes: tuple[tuple[Any, Any, bool], ...] = ()  # (transaction, node, yes)
    decisions: tuple[tuple[Any, Any, str], ...] = ()  # (transaction, node, decision)


class AtomicCommitment(Property):
    """All or none: decisions never differ, nobody commits against a no, nobody changes its mind, nobody
    blocks.

    Parameters
    ----------
    within
        Seconds after the last fault by which every live participant that voted must have decided.
    participants
        How many must vote yes before anybody commits; None: as many as voted.
    blocking_allowed
        True for protocols that may block (two-phase commit with its coordinator down).

    Examples
    --------
    >>> AtomicCommitment(participants=3).goal
    'somebody decided'
    """

    def __init__(
        self, within: float = 5.0, participants: int | None = None, blocking_allowed: bool = False
    ) -> None:
        self.within = within
        self.participants = participants
        self.blocking_allowed = blocking_allowed
        self.fixed_size = participants is not None

    @property
    def goal(self) -> str:
        return "somebody decided"

    def default_faults(self) -> FaultBudget:
        return FaultBudget(crashes=4, duplication=0.1)

    def searches(self, memory: _Memory) -> list[dict[str, Any]]:
        return [
            {"crashes": 1, "timeouts": 2},
            {"timeouts": 3},
            {
                "nodes": 4,
                "crashes": 2,
                "drops": 1,
                "duplicates": 2,
                "timeouts": None,
                "walks": 300,
                "states": 10_000,
            },
        ]

    def begin(self, nodes: tuple[Any, ...]) -> _Memory:
        return _Memory()

    def see(self, memory: _Memory, seen: Observation) -> _Memory:
        if seen.kind != "record" or seen.name not in ("vote", "decide"):
            return memory
        transaction = seen.facts.get("transaction")
        if seen.name == "vote":
            vote = (transaction, seen.node, bool(seen.facts.get("yes")))
            votes = memory.votes if vote in memory.votes else tuple(sorted((*memory.votes, vote), key=repr))
            return memory._replace(votes=votes)
        decision = seen.facts.get("decision")
        if decision not in ("commit", "abort"):
            raise Violation(
                f'node {seen.node!r}: record("decide", decision=...) must say "commit" or "abort"; got '
                f"{decision!r}.",
                (seen.row,),
                (seen.node,),
                kind="contract",
            )
        at = f"at t = {seen.time:.4g} s"
        for other_transaction, node, other in sorted(memory.decisions, key=lambda one: one[1] != seen.node):
            if other_transaction == transaction and other != decision:
                if node == seen.node:
                    raise Violation(
                        f"node {node!r} decided {other} and then, {at}, {decision}.", (seen.row,), (node,)
                    )
                raise Violation(
                    f"the decisions differ: node {node!r} decided {other}, node {seen.node!r} {decision} "
                    f"{at}.",
                    (seen.row,),
                    (node, seen.node),
                )
        if decision == "commit":
            self._may_commit(memory, transaction, seen, at)
        new = (transaction, seen.node, decision)
        decisions = memory.decisions
        return memory._replace(
            decisions=decisions if new in decisions else tuple(sorted((*decisions, new), key=repr))
        )

    def _may_commit(self, memory: _Memory, transaction: Any, seen: Observation, at: str) -> None:
        votes = {node: yes for voted, node, yes in memory.votes if voted == transaction}
        against = [node for node, yes in votes.items() if not yes]
        if against:
            raise Violation(
                f"node {seen.node!r} decided commit {at} although node {against[0]!r} had voted no.",
                (seen.row,),
                (seen.node, against[0]),
            )
        if self.participants is not None and len(votes) < self.participants:
            raise Violation(
                f"node {seen.node!r} decided commit {at} after only {len(votes)} of {self.participants} "
                "votes.",
                (seen.row,),
                (seen.node,),
            )

    def at_end(self, memory: _Memory, end: RunEnd) -> None:
        if self.blocking_allowed:
            return
        done = {(transaction, node) for transaction, node, _ in memory.decisions}
        for transaction, node, _ in memory.votes:
            if node in end.live and (transaction, node) not in done:
                raise Violation(
                    f"node {node!r} has voted and is blocked: no decision at t = {end.time:.3g} s, "
                    f"{end.time - end.quiet_since:.3g} s after the last fault.",
                    nodes=(node,),
                )

    def tidy(self, memory: Any) -> Any:
        return resorted(memory)

    def reached(self, memory: _Memory) -> bool:
        return bool(memory.decisions)
