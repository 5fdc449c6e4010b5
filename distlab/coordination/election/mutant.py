"""What a mutant is: an algorithm with one safeguard switched off.

A mutant shows what a safeguard is for, and tests the checker: each must be caught.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distlab.sim import Node, NodeId

__all__ = ["Mutant"]


@dataclass(frozen=True)
class Mutant:
    """An algorithm with one safeguard switched off.

    Parameters
    ----------
    name
        What the mutant does, as a short phrase: "votes twice in a term".
    kind
        The broken class.
    base
        The sound class that it is derived from.
    safeguard
        The rule that is switched off, as a phrase: "one vote per term".
    source
        Paper and section that give the rule.
    breaks
        What no longer holds, such as "one leader per term" or "a leader once faults stop".
    nodes
        How many nodes suffice to show it.
    arguments
        Keyword arguments of the 1st, 2nd, ... node, where they need some.

    Examples
    --------
    >>> class Mute(Node):
    ...     pass
    >>> mutant = Mutant("says nothing", Mute, Node, "speaking", "none", "everything", nodes=2)
    >>> mutant.build()
    {1: Mute(...), 2: Mute(...)}
    """

    name: str
    kind: type[Node]
    base: type[Node]
    safeguard: str
    source: str
    breaks: str
    nodes: int = 3
    arguments: tuple[Mapping[str, Any], ...] = ()

    def build(self, n: int | None = None) -> dict[NodeId, Node]:
        """Fresh nodes of the broken class, with ids 1..n (default: ``nodes``)."""
        return self._build(self.kind, n)

    def build_sound(self, n: int | None = None) -> dict[NodeId, Node]:
        """The same of the sound class."""
        return self._build(self.base, n)

    def _build(self, kind: type[Node], n: int | None) -> dict[NodeId, Node]:
        ids = range(1, (self.nodes if n is None else n) + 1)
        given = dict(enumerate(self.arguments, start=1))
        return {id: kind(**given.get(id, {})) for id in ids}
