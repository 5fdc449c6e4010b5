"""The published numbers of messages per entry, counted in runs, in the shape of data/published/03.toml."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from distlab.sim import Call, Simulation, cluster

from .maekawa import grid_quorum
from .mutex_experiments import contenders, saturated
from .raymond import Raymond

__all__ = ["four_algorithms", "maekawa", "raymond", "roucairol_carvalho", "sent"]


def sent(algorithm: str, n: int, who: Iterable[int]) -> int:
    """How many messages are sent in all if some nodes ask at the same moment, once for each time named.

    Parameters
    ----------
    algorithm
        A name in ``mutex_experiments.ALGORITHMS``, but not one of the rings, whose token never rests.
    n
        How many nodes there are.
    who
        The ids of those that ask.

    Raises
    ------
    ValueError
        If the algorithm is a ring.

    Examples
    --------
    >>> sent("Ricart-Agrawala", 5, [5]), sent("Ricart-Agrawala", 5, range(1, 6))
    (8, 40)
    """
    if "ring" in algorithm:
        raise ValueError(f"algorithm must not be a ring, whose token never rests; got {algorithm!r}.")
    calls = [Call(node, at=0.0, method="request") for node in who]
    return len(Simulation(contenders(algorithm, n), workload=calls).run().messages)


def four_algorithms() -> dict[str, Any]:
    """MX-1: one entry of the node with the largest id; the smallest has the token.

    >>> four_algorithms()["lamport"]
    {'N=5': 12, 'N=10': 27}
    """

    def one(algorithm: str) -> dict[str, int]:
        return {f"N={n}": sent(algorithm, n, [n]) for n in (5, 10)}

    return {
        "central": sent("centralised", 5, [5]),
        "lamport": one("Lamport"),
        "ricart_agrawala": one("Ricart-Agrawala"),
        "suzuki_kasami_with_token": sent("Suzuki-Kasami", 5, [1]),
        "suzuki_kasami_without_token": one("Suzuki-Kasami"),
    }


def roucairol_carvalho() -> dict[str, Any]:
    """MX-2: the second entry of a node that nobody disturbs, and the mean under full load.

    >>> roucairol_carvalho()["repeated_entry_without_contention"]
    0
    """
    name = "Roucairol-Carvalho"
    again = sent(name, 5, [5, 5]) - sent(name, 5, [5])
    most = {f"N={n}": saturated(name, n).messages_per_entry for n in (5, 10)}
    return {"repeated_entry_without_contention": again, "least": again, "most": most}


def maekawa() -> dict[str, Any]:
    """MX-3: grid quorums, one entry alone, and the mean under full load.

    >>> maekawa()["uncontended"]["N=100"]
    54
    """
    sizes = (9, 16, 25, 100)
    return {
        "quorum_size": {f"N={n}": len(grid_quorum(1, range(1, n + 1))) for n in sizes},
        "uncontended": {f"N={n}": sent("Maekawa", n, [n]) for n in sizes},
        "contended_at_most": {f"N={n}": saturated("Maekawa", n, rounds=2).messages_per_entry for n in sizes},
    }


def raymond() -> dict[str, Any]:
    """MX-5: the mean over all pairs of a holder and a requester, each of which occurs once.

    >>> raymond()["star"]["N=10"]
    3.24
    """
    return {
        "star": {f"N={n}": _mean_over_pairs("star", n) for n in (10, 31, 100)},
        "binary_tree": {f"N={n}": _mean_over_pairs("binary", n) for n in (10, 31)},
    }


def _mean_over_pairs(tree: str, n: int) -> float:
    calls = [Call(node, at=float(at), method="request") for at, node in enumerate(_all_pairs(n))]
    return len(Simulation(cluster(Raymond, n, tree=tree), workload=calls).run().messages) / n**2


def _all_pairs(n: int) -> list[int]:
    """A walk over 1 to n, from 1 back to 1, in which each node follows each one, itself too, exactly once.

    >>> _all_pairs(3)
    [1, 1, 2, 1, 3, 2, 2, 3, 3, 1]
    """
    walk = []
    for first in range(1, n + 1):
        walk.append(first)
        for second in range(first + 1, n + 1):
            walk += [first, second]
    return [*walk, 1]
