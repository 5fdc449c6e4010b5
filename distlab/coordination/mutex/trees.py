"""Trees over the nodes, for Raymond's algorithm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from distlab.sim import NodeId

__all__ = ["mean_distance", "parents_in"]

_SHAPES: dict[str, Callable[[int], int]] = {
    "binary": lambda place: (place - 1) // 2,
    "star": lambda place: 0,
    "line": lambda place: place - 1,
}


def parents_in(
    tree: str | Mapping[NodeId, NodeId | None], nodes: Sequence[NodeId]
) -> dict[NodeId, NodeId | None]:
    """The parent of each node in a tree.

    Parameters
    ----------
    tree
        "binary" (each node has two children, level by level), "star" (all are children of the first), "line"
        (each is the child of the one before it); or a mapping node -> its parent, None for the root.
    nodes
        The ids, the root of a named shape first.

    Returns
    -------
    dict
        Node -> parent; None for the root.

    Raises
    ------
    ValueError
        If the shape is not known, or the mapping is not one tree over these nodes.

    Examples
    --------
    >>> parents_in("binary", [1, 2, 3, 4, 5])
    {1: None, 2: 1, 3: 1, 4: 2, 5: 2}
    """
    if isinstance(tree, str):
        if tree not in _SHAPES:
            raise ValueError(f'tree must be "binary", "star", "line" or {{node: parent}}; got {tree!r}.')
        above = _SHAPES[tree]
        return {node: nodes[above(place)] if place else None for place, node in enumerate(nodes)}
    parents = dict(tree)
    if set(parents) != set(nodes) or list(parents.values()).count(None) != 1:
        raise ValueError(
            f"tree must give each node its parent, and None to one of them, the root; got {parents!r} for "
            f"the nodes {', '.join(map(repr, nodes))}."
        )
    for node in nodes:
        path = [node]
        while (parent := parents[path[-1]]) is not None:
            if parent in path or parent not in parents:
                raise ValueError(
                    f"tree must lead from each node to the root; from node {node!r} it does not."
                )
            path.append(parent)
    return parents


def mean_distance(tree: str | Mapping[NodeId, NodeId | None], nodes: Sequence[NodeId]) -> float:
    """The mean number of edges between two nodes drawn at random, which may be the same one.

    Parameters
    ----------
    tree, nodes
        As for :func:`parents_in`.

    Examples
    --------
    >>> mean_distance("star", range(1, 11))
    1.62
    """
    parents = parents_in(tree, list(nodes))
    behind = dict.fromkeys(parents, 0)  # how many nodes are in the part of the tree that begins at a node
    for node in parents:
        above: NodeId | None = node
        while above is not None:
            behind[above] += 1
            above = parents[above]
    n = len(parents)
    crossings = sum(2 * size * (n - size) for node, size in behind.items() if parents[node] is not None)
    return crossings / n**2
