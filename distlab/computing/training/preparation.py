"""Data preparation as a data-parallel pass: what the lecture does before training.

    statistics (统计)       count, mean and covariance: one all-reduce of sums
    integration (集成)      two tables become one, by a key: each node joins its own keys
    cleaning (清洗)         rows with a gap, or far from the mean, are left out: each node its own
    reduction (规约)        the directions with the largest variance: from the covariance, the same everywhere
    transformation (变换)   mean 0 and variance 1: each node its own rows

Only statistics need the network: sums add up, so the pass over shares gives what one machine gives. How many
bytes travel depends on the number of features, not on the number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from distlab.sim import Network, Simulation, Trace

from .examples import whole
from .tree_all_reduce import TreeAllReduce
from .vectors import Vector, payload, unpack

__all__ = ["Statistics", "clean", "integrate", "prepare", "prepare_on_nodes", "sums_of"]


@dataclass(frozen=True)
class Statistics:
    """What is known of a table after one pass.

    Attributes
    ----------
    rows : int
    mean : array, one number per column
    covariance : array, columns x columns

    Examples
    --------
    >>> import numpy as np
    >>> known = Statistics.of(sums_of(np.array([[1.0, 2.0], [3.0, 6.0]])))
    >>> known.rows, known.mean.tolist(), known.covariance.tolist()
    (2, [2.0, 4.0], [[1.0, 2.0], [2.0, 4.0]])
    """

    rows: int
    mean: Vector
    covariance: Vector

    @classmethod
    def of(cls, sums: Vector) -> Statistics:
        """From the sums of all shares, added up."""
        columns = round(((1 + 4 * (sums.size - 1)) ** 0.5 - 1) / 2)
        rows, first, second = sums[0], sums[1 : columns + 1], sums[columns + 1 :].reshape(columns, columns)
        mean = first / rows
        return cls(int(rows), mean, second / rows - np.outer(mean, mean))


def sums_of(x: Vector) -> Vector:
    """What a share adds to the statistics: the number of rows, their sum, and the sum of their products.

    >>> import numpy as np
    >>> sums_of(np.array([[1.0, 2.0], [3.0, 6.0]])).tolist()
    [2.0, 4.0, 8.0, 10.0, 20.0, 20.0, 40.0]
    """
    return np.concatenate([[float(len(x))], x.sum(axis=0), (x.T @ x).ravel()])


def integrate(left: Vector, right: Vector) -> Vector:
    """Join two tables whose first column is a key; keys that only one of them has are left out.

    >>> import numpy as np
    >>> integrate(np.array([[1.0, 10.0], [2.0, 20.0]]), np.array([[2.0, 0.5], [3.0, 0.7]])).tolist()
    [[2.0, 20.0, 0.5]]
    """
    place = {key: row for row, key in enumerate(right[:, 0].tolist())}
    pairs = [(row, place[key]) for row, key in enumerate(left[:, 0].tolist()) if key in place]
    mine, theirs = [one for one, _ in pairs], [other for _, other in pairs]
    return np.hstack([left[mine], right[theirs][:, 1:]])


def clean(x: Vector, known: Statistics | None = None, widths: float = 4.0) -> Vector:
    """Leave out the rows with a gap (NaN); with statistics also those further than ``widths`` standard
    deviations from the mean in a column.

    >>> import numpy as np
    >>> clean(np.array([[1.0], [np.nan], [3.0]])).tolist()
    [[1.0], [3.0]]
    """
    keep: Any = ~np.isnan(x).any(axis=1)
    if known is not None:
        deviation = np.sqrt(np.diag(known.covariance))
        distance = np.abs(np.where(keep[:, None], x, known.mean) - known.mean)
        keep = keep & np.all(distance <= widths * deviation, axis=1)
    return x[keep]


def prepare(x: Vector, known: Statistics, keep: int) -> Vector:
    """Reduce to the ``keep`` directions of the largest variance, and transform to mean 0 and variance 1.

    >>> import numpy as np
    >>> x = np.array([[1.0, 2.0], [3.0, 6.0]])
    >>> prepare(x, Statistics.of(sums_of(x)), keep=1).round(6).tolist()
    [[-1.0], [1.0]]
    """
    variance, directions = np.linalg.eigh(known.covariance)
    chosen = np.argsort(variance)[::-1][: whole(keep, "keep")]
    axes = directions[:, chosen]
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), np.arange(len(chosen))] < 0, -1.0, 1.0)
    return (x - known.mean) @ axes / np.sqrt(variance[chosen])


def prepare_on_nodes(tables: tuple[Vector, Vector], nodes: int, keep: int) -> tuple[Vector, Trace]:
    """The whole pass on several nodes, each with the keys that leave its number when divided by ``nodes``.

    Parameters
    ----------
    tables
        Two tables whose first column is a key (a whole number).
    nodes
        How many share the work.
    keep
        Columns that are left in the end.

    Returns
    -------
    array, Trace
        The prepared rows in the order of their keys, and the run of the all-reduce.

    Examples
    --------
    >>> import numpy as np
    >>> keys = np.arange(50.0)[:, None]
    >>> tables = np.hstack([keys, np.sin(keys)]), np.hstack([keys, np.cos(2 * keys)])
    >>> one, many = prepare_on_nodes(tables, 1, keep=2)[0], prepare_on_nodes(tables, 4, keep=2)[0]
    >>> bool(np.abs(one - many).max() < 1e-12)
    True
    """
    own: list[Any] = []
    for node in range(whole(nodes, "nodes")):
        left, right = [table[table[:, 0] % nodes == node] for table in tables]
        own.append(clean(integrate(left, right)))
    trace = Simulation([TreeAllReduce(sums_of(part[:, 1:])) for part in own], Network(size=payload)).run()
    known = Statistics.of(unpack(trace.records["values"].iloc[0]))
    with_key = Statistics(known.rows, np.append(0.0, known.mean), np.pad(known.covariance, ((1, 0), (1, 0))))
    with_key.covariance[0, 0] = np.inf  # a key is never too far from anything
    kept = [clean(part, with_key) for part in own]
    done = np.vstack([np.column_stack([part[:, 0], prepare(part[:, 1:], known, keep)]) for part in kept])
    return done[np.argsort(done[:, 0], kind="stable"), 1:], trace
