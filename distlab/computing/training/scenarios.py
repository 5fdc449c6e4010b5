"""Runs with everything set: those of the published figures, and of the lesson."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from distlab.sim import Exponential, Network, Node, Simulation, Trace

from .examples import Examples, whole
from .models import LeastSquares
from .ring_all_reduce import RingAllReduce
from .runs import train
from .synchronous import SynchronousServer
from .task import Descent, Task
from .tree_all_reduce import TreeAllReduce
from .vectors import BYTES, Vector, payload

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Ballast", "exchange", "messy_tables", "ring_chunks", "straggler_steps"]


@dataclass(frozen=True)
class Ballast:
    """A model that learns nothing and has a size: for counting bytes and seconds.

    >>> Ballast(3).initial().tolist()
    [0.0, 0.0, 0.0]
    """

    size: int

    def initial(self) -> Vector:
        return np.zeros(self.size)

    def loss(self, theta: Vector, x: Vector, y: Vector) -> float:
        return 0.0

    def gradient(self, theta: Vector, x: Vector, y: Vector) -> Vector:
        return np.zeros(self.size)


def exchange(
    kind: type[RingAllReduce] | type[TreeAllReduce] | str,
    n: int,
    size: int = 1_000_000,
    *,
    latency: float = 0.0001,
    per_byte: float = 1e-9,
) -> Trace:
    """Add up one vector of each of ``n`` nodes, and let everybody know the sum.

    Parameters
    ----------
    kind
        ``RingAllReduce``, ``TreeAllReduce``, or "server": a parameter server whose network card takes
        ``1 / per_byte`` bytes per second, in and out together, and one step without computing.
    n
        How many nodes.
    size
        Bytes of each vector, a multiple of 8.
    latency, per_byte
        Seconds per message, and per byte.

    Examples
    --------
    >>> round(exchange(RingAllReduce, 8).end, 9), round(exchange("server", 8).end, 9)
    (0.00315, 0.016)
    """
    if whole(size, "size") % BYTES:
        raise ValueError(
            f"size must be a multiple of {BYTES} bytes, whole numbers on the wire; got {size!r}."
        )
    numbers = size // BYTES
    if kind == "server":
        task = Task(Ballast(numbers), Examples("line", n, 1), (1,) * n, Descent(1.0))
        return train(SynchronousServer, task, 1, latency=latency, line=1.0 / per_byte, compute=0.0)
    nodes: list[Node] = [kind((1.0,) * numbers) for _ in range(whole(n, "n"))]  # type: ignore[operator]
    return Simulation(nodes, Network(latency=latency, bandwidth=1.0 / per_byte, size=payload)).run()


def ring_chunks(vectors: Sequence[Sequence[float]], hops: Iterable[int] | None = None) -> pd.DataFrame:
    """What each node of a ring holds of each chunk after some hops that all take equally long.

    Parameters
    ----------
    vectors
        What the nodes begin with.
    hops
        After which; None: before the first, in the middle, and at the end.

    Returns
    -------
    pandas.DataFrame
        A row per node, a column per number of hops and chunk; a chunk of several numbers is its sum.

    Examples
    --------
    >>> ring_chunks([[1, 1], [10, 10]]).values.tolist()
    [[1, 1, 1, 11, 11, 11], [10, 10, 11, 10, 11, 11]]
    """
    import pandas as pd

    last = 2 * (len(vectors) - 1)
    found = {}
    for hop in (0, last // 2, last) if hops is None else hops:
        simulation = Simulation([RingAllReduce(vector) for vector in vectors], Network(latency=1.0))
        simulation.run(until=float(hop))
        held = {id: [chunk.sum() for chunk in node.chunks] for id, node in simulation.nodes.items()}
        for chunk in range(len(vectors)):
            found[hop, chunk] = {id: chunks[chunk] for id, chunks in held.items()}
    table = pd.DataFrame(found).rename_axis(index="node", columns=["hops", "chunk"])
    return table.astype({column: int for column in table if (table[column] % 1 == 0).all()})


def straggler_steps(need: int, backup: int = 0, steps: int = 2000, seed: int = 1) -> Trace:
    """Synchronous descent with workers that compute for an exponential time of mean 1 s.

    Parameters
    ----------
    need, backup
        A step ends with the first ``need`` of ``need + backup`` gradients.
    steps
        How many.
    seed
        Of the times.

    Examples
    --------
    >>> from distlab.computing.training import step_times
    >>> bool(2.7 < step_times(straggler_steps(10, steps=500)).mean() < 3.2)
    True
    """
    n = whole(need, "need") + whole(backup, "backup", 0)
    task = Task(LeastSquares(1), Examples("line", n, 1), (1,) * n, Descent(0.1))
    return train(
        SynchronousServer, task, steps, need=need, compute=Exponential(1.0), seed=seed, trace="outline"
    )


def messy_tables(rows: int = 600, seed: int = 0) -> tuple[Vector, Vector]:
    """Two tables with a key in common, as data comes: gaps, values far off, keys that only one of them has.

    Parameters
    ----------
    rows
        Keys in all.
    seed
        Whole number.

    Returns
    -------
    tuple of arrays
        Each has a key and three columns, of which two say nearly the same.

    Examples
    --------
    >>> [table.shape for table in messy_tables(600)]
    [(600, 4), (540, 4)]
    """
    rng = Random(seed)
    tables = []
    for kept in (whole(rows, "rows"), rows - rows // 10):
        keys = rng.sample(range(rows), kept)
        table = np.array([[key, *[rng.gauss(2.0, 1.0) for _ in range(3)]] for key in keys])
        table[:, 3] = table[:, 2] + 0.1 * table[:, 3]
        table[rng.sample(range(kept), kept // 20), 1] = np.nan
        table[rng.sample(range(kept), kept // 100), 2] = 1000.0
        tables.append(table)
    return tables[0], tables[1]
