"""Closed forms for the messages per entry, to be set beside what was measured."""

from __future__ import annotations

from math import nan

from .maekawa import grid_quorum
from .trees import mean_distance
from .two_layer_ring import in_groups

__all__ = ["messages_per_entry"]


def messages_per_entry(algorithm: str, n: int, load: str) -> float:
    """The mean number of messages per entry that the literature gives, or that follows from the rule.

    Under light load, one request is made at a time, each by a node drawn at random; the mean is that of the
    long run. Under full load, each node asks again as soon as it has left.

    ================== ===================== ==========================================
    algorithm          light                 full
    ================== ===================== ==========================================
    centralised        3                     3
    Lamport            3(n-1)                3(n-1)
    Ricart-Agrawala    2(n-1)                2(n-1)
    Roucairol-Carvalho n-1                   2(n-1)
    Suzuki-Kasami      n-1                   n
    Maekawa            3(K-1)                5(K-1), a bound
    Raymond            twice the distance    4(n-1)/n
    Naimi-Trehel       1 + 1/2 + ... 1/(n-1) (4n-2)/(n+1)
    token ring         without bound (NaN)   1
    two-layer ring     without bound (NaN)   2, less 1/n for each group of one
    ================== ===================== ==========================================

    Roucairol and Carvalho: of each pair, the last one to enter has the permission; so a node drawn at random
    lacks that of every other one with probability 1/2, and fetching it takes two messages. Suzuki and Kasami:
    n messages, or none with probability 1/n. K is the mean size of the grid quorums, and the tree is binary.

    Parameters
    ----------
    algorithm
        A name in ``mutex_experiments.ALGORITHMS``.
    n
        How many nodes ask.
    load
        "light" or "full".

    Raises
    ------
    ValueError
        If there is no such algorithm or load.

    References
    ----------
    The papers that the algorithms' modules name.

    Examples
    --------
    >>> messages_per_entry("Ricart-Agrawala", 64, "full"), messages_per_entry("Raymond", 4, "full")
    (126, 3.0)
    """
    if load not in ("light", "full"):
        raise ValueError(f'load must be "light" or "full"; got {load!r}.')
    nodes = list(range(1, n + 1))
    others = sum(len(grid_quorum(node, nodes)) - 1 for node in nodes) / n  # K - 1
    groups_of_one = sum(len(group) == 1 for group in in_groups(nodes))
    forms: dict[str, tuple[float, float]] = {
        "centralised": (3, 3),
        "Lamport": (3 * (n - 1), 3 * (n - 1)),
        "Ricart-Agrawala": (2 * (n - 1), 2 * (n - 1)),
        "Roucairol-Carvalho": (n - 1, 2 * (n - 1)),
        "Suzuki-Kasami": (n - 1, n),
        "Maekawa": (3 * others, 5 * others),
        "Raymond": (2 * mean_distance("binary", nodes), 4 * (n - 1) / n),
        "Naimi-Trehel": (sum(1 / k for k in range(1, n)), (4 * n - 2) / (n + 1)),
        "token ring": (nan, 1),
        "two-layer ring": (nan, 2 - groups_of_one / n),
    }
    if algorithm not in forms:
        raise ValueError(f"algorithm must be one of {', '.join(map(repr, forms))}; got {algorithm!r}.")
    return forms[algorithm][load == "full"]
