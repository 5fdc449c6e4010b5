"""What a simulation is given, checked before anything runs: each mistake is answered by one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from operator import index
from typing import Any

from .errors import SimulationError
from .network import Network
from .node import Node, NodeId
from .shown import shown

__all__ = [
    "PATIENCE",
    "checked_budget",
    "checked_network",
    "checked_nodes",
    "checked_seed",
    "checked_until",
    "listed",
]


PATIENCE = 2_000_000  # events after which a run without an end is thought to have none


def checked_nodes(nodes: Any) -> dict[NodeId, Any]:
    """Id -> node, from such a dict or from a list of nodes."""
    if isinstance(nodes, Mapping):
        checked = dict(nodes)
    elif isinstance(nodes, Iterable):
        checked = dict(enumerate(nodes, start=1))
    else:
        raise SimulationError(f"nodes must be {{id: node}} or a list of nodes; got {nodes!r}.")
    if not checked:
        raise SimulationError("a simulation needs at least one node; got none.")
    for id, node in checked.items():
        if not isinstance(node, Node):
            raise SimulationError(f"node {id!r} must be an instance of a Node class; got {shown(node)}.")
        if id is None:
            raise SimulationError("a node's id must not be None, which stands for the world outside.")
    return checked


def checked_network(network: Any, nodes: dict[NodeId, Any]) -> Network:
    """A network that fits the nodes."""
    if network is None:
        return Network()
    if not isinstance(network, Network):
        raise SimulationError(f"network must be a Network, such as Network(latency=0.01); got {network!r}.")
    if not network.plain:
        network.check(nodes)
    return network


def checked_seed(seed: Any) -> int:
    """A whole number, also one of numpy's."""
    try:
        return index(seed)
    except TypeError:
        raise ValueError(f"seed must be a whole number; got {seed!r}.") from None


def listed(given: Any, name: str, kind: type) -> list[Any]:
    """The items of a list, and not a single one without brackets."""
    if isinstance(given, kind) or not isinstance(given, Iterable):
        raise SimulationError(f"{name} must be a list: write {name}=[{given!r}].")
    return list(given)


def checked_until(until: Any, now: float) -> float | None:
    """A time that does not lie in the past, or None."""
    if until is None:
        return None
    try:
        right, past = not isinstance(until, bool) and until >= 0, until < now
    except TypeError:
        right = past = False
    if not right:
        raise ValueError(f"run(until=...) must be a time in seconds; got {until!r}.")
    if past:
        raise ValueError(f"run(until={until!r}) lies in the past: the simulation is at {now:g} s.")
    return None if until == inf else float(until)


def checked_budget(max_events: Any, until: float | None) -> int:
    """A number of events; by default few if nothing else ends the run."""
    if max_events is None:
        return PATIENCE if until is None else 10 * PATIENCE
    if isinstance(max_events, bool) or not isinstance(max_events, int) or max_events < 1:
        raise ValueError(f"run(max_events=...) must be a whole number, 1 or more; got {max_events!r}.")
    return max_events
