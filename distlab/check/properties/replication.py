"""Log replication (Ongaro & Ousterhout 2014, figure 3).

What nodes have: an attribute with the log, a sequence of entries; each entry is a pair ``(term, command)`` or
has a ``term``. What nodes say: ``record("apply", index=i, value=command)`` when an entry is given to the
state machine; ``become("leader", term=t)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..memory import resorted
from ..observation import Observation
from ..property import Property, Violation
from ..schedule import FaultBudget

__all__ = ["LeaderCompleteness", "LogMatching", "StateMachineSafety"]


def _term(entry: Any) -> Any:
    return entry[0] if isinstance(entry, tuple | list) else getattr(entry, "term", entry)


class LogMatching(Property):
    """If two logs have an entry with the same index and term, they are the same up to there.

    Parameters
    ----------
    log
        The name of the attribute that holds the log.
    """

    needs_nodes = True

    def __init__(self, log: str = "log") -> None:
        self.log = log

    def look(self, memory: Any, nodes: Mapping[Any, Any]) -> Any:
        logs = [(id, tuple(getattr(node, self.log))) for id, node in nodes.items() if hasattr(node, self.log)]
        for index, (one, mine) in enumerate(logs):
            for other, theirs in logs[index + 1 :]:
                self._match(one, mine, other, theirs)
        return memory

    def _match(self, one: Any, mine: tuple[Any, ...], other: Any, theirs: tuple[Any, ...]) -> None:
        for last in range(min(len(mine), len(theirs)), 0, -1):
            if _term(mine[last - 1]) == _term(theirs[last - 1]):
                for at in range(last):
                    if mine[at] != theirs[at]:
                        raise Violation(
                            f"log matching: nodes {one!r} and {other!r} have the same term at index {last}, "
                            "but at index "
                            f"{at + 1} they hold {mine[at]!r} and {theirs[at]!r}.",
                            nodes=(one, other),
                        )
                return


class StateMachineSafety(Property):
    """If a node has applied an entry at an index, no other node ever applies a different one there.

    Parameters
    ----------
    liars
        Nodes that may do anything (Byzantine); they are not looked at.

    Examples
    --------
    >>> StateMachineSafety(liars=(1,)).default_faults().liars
    (1,)
    """

    def __init__(self, liars: tuple[Any, ...] = ()) -> None:
        self.liars = tuple(liars)
        self.fixed_size = bool(self.liars)

    def default_faults(self) -> FaultBudget:
        return FaultBudget(liars=self.liars)

    @property
    def goal(self) -> str:
        return "an entry was applied"

    def begin(self, nodes: tuple[Any, ...]) -> Any:
        return ()

    def see(self, memory: Any, seen: Observation) -> Any:
        if seen.kind != "record" or seen.name != "apply" or seen.node in self.liars:
            return memory
        index, value = seen.facts.get("index"), seen.facts.get("value")
        for at, node, other in memory:
            if at == index and other != value:
                raise Violation(
                    f"state-machine safety: at index {index!r} node {node!r} applied {other!r}, node "
                    f"{seen.node!r} "
                    f"{value!r} at t = {seen.time:.4g} s.",
                    (seen.row,),
                    (node, seen.node),
                )
        if any(at == index for at, _, _ in memory):
            return memory
        return tuple(sorted((*memory, (index, seen.node, value)), key=repr))

    def tidy(self, memory: Any) -> Any:
        return resorted(memory)

    def reached(self, memory: Any) -> bool:
        return bool(memory)


class LeaderCompleteness(Property):
    """An entry that was applied is in the log of every later leader.

    Parameters
    ----------
    log
        The name of the attribute that holds the log; entries are ``(term, command)`` or have a ``value``.
    """

    needs_nodes = True

    def __init__(self, log: str = "log") -> None:
        self.log = log

    @property
    def goal(self) -> str:
        return "an entry was applied"

    def begin(self, nodes: tuple[Any, ...]) -> Any:
        return ((), ())

    def see(self, memory: Any, seen: Observation) -> Any:
        applied, fresh = memory
        if seen.kind == "record" and seen.name == "apply":
            entry = (seen.facts.get("index"), seen.facts.get("value"))
            return (applied if entry in applied else tuple(sorted((*applied, entry), key=repr)), fresh)
        if seen.kind == "role" and seen.name in ("leader", "leading"):
            return (applied, (*fresh, seen.node))
        return memory

    def look(self, memory: Any, nodes: Mapping[Any, Any]) -> Any:
        applied, fresh = memory
        for leader in fresh:
            log = tuple(getattr(nodes[leader], self.log, ()))
            for index, value in applied:
                if index > len(log) or _command(log[index - 1]) != value:
                    raise Violation(
                        f"leader completeness: node {leader!r} became leader, but its log lacks the applied "
                        "entry "
                        f"{value!r} at index {index!r}.",
                        nodes=(leader,),
                    )
        return (applied, ())

    def tidy(self, memory: Any) -> Any:
        return resorted(memory)

    def reached(self, memory: Any) -> bool:
        return bool(memory[0])


def _command(entry: Any) -> Any:
    return entry[1] if isinstance(entry, tuple | list) else getattr(entry, "value", entry)
