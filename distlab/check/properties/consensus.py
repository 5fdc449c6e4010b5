"""Consensus.

What nodes say: ``record("propose", value=v)`` and ``record("decide", value=v)``; with several instances
(slots of a log), both carry ``instance=i``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..memory import resorted
from ..observation import Observation
from ..property import Property, RunEnd, Violation
from ..schedule import FaultBudget

__all__ = ["Consensus"]


class _Memory(NamedTuple):
    nodes: tuple[Any, ...]
    proposed: tuple[tuple[Any, Any], ...] = ()  # (instance, value)
    decided: tuple[tuple[Any, Any, Any], ...] = ()  # (instance, node, value)


class Consensus(Property):
    """Agreement, validity, integrity and, once faults have stopped, termination.

    Parameters
    ----------
    within
        Seconds after the last fault by which all live nodes that saw an instance must have decided it.
    terminates
        False to leave termination out (no algorithm promises it in an asynchronous network: Fischer, Lynch,
        Paterson 1985).
    liars
        Nodes that may say anything (Byzantine); they are not looked at, and with liars any value may be
        decided, unless ``source`` is honest.
    everyone
        If true, every live node must decide; else one decision is enough.
    source
        The node whose proposal must be decided unless it lies, as the commander's in the Byzantine generals'
        problem; None: any proposal.

    Examples
    --------
    >>> Consensus().goal
    'somebody decided'
    """

    def __init__(
        self,
        within: float = 5.0,
        terminates: bool = True,
        liars: tuple[Any, ...] = (),
        everyone: bool = True,
        source: Any = None,
    ) -> None:
        self.within = within
        self.terminates = terminates
        self.liars = tuple(liars)
        self.everyone = everyone
        self.source = source
        self.fixed_size = bool(self.liars) or source is not None

    @property
    def goal(self) -> str:
        return "somebody decided"

    def default_faults(self) -> FaultBudget:
        return FaultBudget(crashes=4, duplication=0.1, liars=self.liars)

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
        return _Memory(tuple([node for node in nodes if node not in self.liars]))

    def see(self, memory: _Memory, seen: Observation) -> _Memory:
        if seen.kind != "record" or seen.name not in ("propose", "decide") or seen.node in self.liars:
            return memory
        instance, value = seen.facts.get("instance"), seen.facts.get("value")
        if seen.name == "propose":
            if self.source not in (None, seen.node):
                return memory
            return memory._replace(proposed=_with(memory.proposed, (instance, value)))
        at = f"at t = {seen.time:.4g} s"
        which = "" if instance is None else f" in instance {instance!r}"
        for other_instance, node, other in sorted(memory.decided, key=lambda one: one[1] != seen.node):
            if other_instance != instance or other == value:
                continue
            if node == seen.node:
                raise Violation(
                    f"integrity: node {node!r} decided {other!r} and then, {at}, {value!r}{which}.",
                    (seen.row,),
                    (node,),
                )
            raise Violation(
                f"agreement: node {node!r} decided {other!r}, but node {seen.node!r} decided {value!r} "
                f"{at}{which}.",
                (seen.row,),
                (node, seen.node),
            )
        anything = self.liars and (self.source is None or self.source in self.liars)
        if not anything and (instance, value) not in memory.proposed:
            who = "nobody" if self.source is None else f"node {self.source!r} never"
            raise Violation(
                f"validity: node {seen.node!r} decided {value!r} {at}{which}, which {who} had proposed.",
                (seen.row,),
                (seen.node,),
            )
        return memory._replace(decided=_with(memory.decided, (instance, seen.node, value)))

    def at_end(self, memory: _Memory, end: RunEnd) -> None:
        if not self.terminates:
            return
        instances = list(dict.fromkeys(instance for instance, _ in memory.proposed))
        for instance in instances:
            done = [node for at, node, _ in memory.decided if at == instance]
            open_ = [node for node in memory.nodes if node in end.live and node not in done]
            if open_ and (self.everyone or not done):
                which = "" if instance is None else f" instance {instance!r}"
                raise Violation(
                    f"termination: node {open_[0]!r} has not decided{which} at t = {end.time:.3g} s, "
                    f"{end.time - end.quiet_since:.3g} s after the last fault.",
                    nodes=tuple(open_),
                )

    def tidy(self, memory: Any) -> Any:
        return resorted(memory)

    def reached(self, memory: _Memory) -> bool:
        return bool(memory.decided)


def _with(pairs: tuple[Any, ...], new: Any) -> tuple[Any, ...]:
    return pairs if new in pairs else tuple(sorted((*pairs, new), key=repr))
