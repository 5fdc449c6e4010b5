"""Leader election.

What nodes say: ``become("leader", term=3)`` (or ``"leading"``, or ``epoch=3``) when they lead, any other role
when they do not.
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

from ..memory import resorted
from ..observation import Observation
from ..property import Property, RunEnd, Violation
from ..schedule import FaultBudget

__all__ = ["LeaderElection"]

LEADING = ("leader", "leading")


class _Memory(NamedTuple):
    winners: tuple[tuple[Any, Any], ...] = ()  # (term, node), once per term
    reigns: tuple[tuple[Any, Any], ...] = ()  # (node, term) of those who lead now
    ever: bool = False


class LeaderElection(Property):
    """At most one leader per term; exactly one leader once faults have stopped.

    Parameters
    ----------
    within
        Seconds after the last fault by which a leader must be there.
    stable
        If true, that leader must not have changed during the last quarter of these seconds.
    one_at_a_time
        If true, there must never be two leaders at the same moment, whatever their terms (too strict for
        algorithms that may run on both sides of a partition).
    highest
        If true, the leader in the end must be the highest live node, as Bully and the rings promise.

    Notes
    -----
    Algorithms without terms (Bully) make no promise during faults: two leaders under a partition are no
    violation, two leaders in the end are.

    Examples
    --------
    >>> LeaderElection(within=3.0).goal
    'a leader was elected'
    """

    def __init__(
        self, within: float = 3.0, stable: bool = True, one_at_a_time: bool = False, highest: bool = False
    ) -> None:
        self.within = within
        self.stable = stable
        self.one_at_a_time = one_at_a_time
        self.highest = highest
        self._calm = False

    @property
    def goal(self) -> str:
        return "a leader was elected"

    def calm(self) -> LeaderElection:
        stricter = copy.copy(self)
        stricter._calm = True
        return stricter

    def default_faults(self) -> FaultBudget:
        return FaultBudget(crashes=4, duplication=0.1)

    def searches(self, memory: _Memory) -> list[dict[str, Any]]:
        if memory.winners:  # terms: one leader in each, at every speed of machines and network
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
        return [
            {"crashes": 1, "timing": "synchronous", "settle": self.within, "samples": 60, "states": 3_000}
        ]

    def begin(self, nodes: tuple[Any, ...]) -> _Memory:
        return _Memory()

    def see(self, memory: _Memory, seen: Observation) -> _Memory:
        if seen.kind in ("role", "down", "up"):
            winners, reigns, ever = memory
            reigns = tuple([reign for reign in reigns if reign[0] != seen.node])
            if seen.kind == "role" and seen.name in LEADING:
                term = seen.facts.get("term", seen.facts.get("epoch"))
                if term is not None:
                    winners = self._one_per_term(winners, term, seen)
                if reigns and (self.one_at_a_time or (self._calm and term is None)):
                    raise Violation(
                        f"node {seen.node!r} became leader at {_when(seen)} while node {reigns[0][0]!r} was "
                        "still leader.",
                        (seen.row,),
                        (reigns[0][0], seen.node),
                    )
                reigns = tuple(sorted((*reigns, (seen.node, term)), key=repr))
                ever = True
            return _Memory(winners, reigns, ever)
        return memory

    def _one_per_term(self, winners: Any, term: Any, seen: Observation) -> Any:
        for won, winner in winners:
            if won == term and winner != seen.node:
                raise Violation(
                    f"two leaders in term {term!r}: node {winner!r}, and since {_when(seen)} also node "
                    f"{seen.node!r}.",
                    (seen.row,),
                    (winner, seen.node),
                )
        if (term, seen.node) in winners:
            return winners
        return tuple(sorted((*winners, (term, seen.node)), key=repr))

    def at_end(self, memory: _Memory, end: RunEnd) -> None:
        if not end.live:
            return
        waited = end.time - end.quiet_since
        leaders = [node for node, _ in memory.reigns]
        if not leaders:
            roles = ", ".join(f"{node!r}: {end.roles.get(node) or 'no role'}" for node in end.live)
            raise Violation(
                f"nobody leads at t = {end.time:.3g} s, {waited:.3g} s after the last fault (roles: "
                f"{roles}).",
                nodes=end.live,
            )
        if len(leaders) > 1:
            shown = " and ".join(repr(node) for node in leaders)
            raise Violation(
                f"nodes {shown} both lead at t = {end.time:.3g} s, {waited:.3g} s after the last fault.",
                nodes=tuple(leaders),
            )
        if self.highest and leaders[0] != max(end.live):
            raise Violation(
                f"node {leaders[0]!r} leads at t = {end.time:.3g} s although node {max(end.live)!r} is up "
                "and higher.",
                nodes=(leaders[0], max(end.live)),
            )
        if self.stable and end.trace is not None:
            self._has_settled(leaders[0], end)

    def _has_settled(self, leader: Any, end: RunEnd) -> None:
        from ..observation import observations

        since = end.time - (end.time - end.quiet_since) / 4
        late = [
            seen
            for seen in observations(end.trace)
            if seen.kind == "role"
            and seen.name in LEADING
            and seen.time >= since
            and seen.time > end.quiet_since
        ]
        if late:
            raise Violation(
                f"the leader still changes: node {late[-1].node!r} became leader at {_when(late[-1])}, "
                f"{late[-1].time - end.quiet_since:.3g} s after the last fault.",
                (late[-1].row,),
                (late[-1].node,),
            )

    def tidy(self, memory: Any) -> Any:
        return resorted(memory)

    def reached(self, memory: _Memory) -> bool:
        return memory.ever


def _when(seen: Observation) -> str:
    return f"t = {seen.time:.4g} s"
