"""A Byzantine node for exhaustive searches: it does nothing but say what it is told to say.

Each thing that it might say is one call in the workload. The search makes these calls in every order and at
every moment, or never: so it tries everything that a liar with these words could do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from distlab.sim import Call, Node, NodeId

__all__ = ["puppet", "says"]


def puppet(kind: type[Node]) -> type[Node]:
    """A class that receives what another class receives, and ignores it.

    Parameters
    ----------
    kind
        The class whose place it takes; it is built without arguments.

    Returns
    -------
    type
        With a method ``say(to, msg)``, to be called from outside.

    Examples
    --------
    >>> from distlab.coordination.consensus.paxos import Paxos
    >>> puppet(Paxos).__name__
    'PaxosPuppet'
    """

    def __init__(self: Any) -> None:
        pass

    def ignore(self: Any, msg: Any, sender: NodeId) -> None:
        pass

    def on_start(self: Any) -> None:
        self.become("puppet")

    def say(self: Any, to: NodeId, msg: Any) -> None:
        self.send(to, msg)

    handlers = {
        name: ignore
        for name in dir(kind)
        if name.startswith("on_") and name not in ("on_start", "on_recover")
    }
    own = {"__init__": __init__, "on_start": on_start, "say": say, "__module__": __name__, "stable": ()}
    return type(f"{kind.__name__}Puppet", (Node,), {**handlers, **own})


def says(node: NodeId, words: Iterable[tuple[NodeId, Any]]) -> list[Call]:
    """The calls that make a puppet say something.

    Parameters
    ----------
    node
        The puppet's id.
    words
        Pairs (to, message).

    Examples
    --------
    >>> from distlab.coordination.consensus.paxos import Decided
    >>> says(1, [(2, Decided("a"))])
    [Call(node=1, at=0.0, method='say', args=(2, Decided(value='a')))]
    """
    return [Call(node, 0.0, "say", (to, msg)) for to, msg in words]
