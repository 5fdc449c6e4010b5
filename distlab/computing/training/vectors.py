"""Vectors on the wire: the eight bytes of each number, one after the other.

A message holds bytes, so what was sent cannot change, messages can be compared, and ``len`` says how many
bytes travel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Numbers", "Vector", "pack", "payload", "unpack"]

Vector = NDArray[np.float64]
BYTES = 8  # per number


class Numbers(bytes):
    """Bytes that are shown as what they are: so many numbers.

    >>> Numbers(16)
    <2 numbers>
    """

    __slots__ = ()

    def __repr__(self) -> str:
        count = len(self) // BYTES
        return f"<{count} number{'s' * (count != 1)}>"

    def __deepcopy__(self, memo: Any) -> Numbers:
        return self  # bytes cannot be changed

    def tobytes(self) -> bytes:
        """The bytes alone, by which two of them are compared."""
        return bytes(self)


def pack(values: Any) -> Numbers:
    """The bytes of an array of numbers, row by row.

    >>> pack([0.5, 0.25]), len(pack([0.5, 0.25]))
    (<2 numbers>, 16)
    """
    return Numbers(np.ascontiguousarray(values, dtype=np.float64).tobytes())


def unpack(data: bytes, columns: int | None = None) -> Vector:
    """The numbers again; they cannot be changed in place.

    Parameters
    ----------
    data
        What :func:`pack` gave.
    columns
        Of a matrix; None: a vector.

    Examples
    --------
    >>> unpack(pack([[1.0, 2.0], [3.0, 4.0]]), columns=2).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    flat = np.frombuffer(data, dtype=np.float64)
    return flat if columns is None else flat.reshape(-1, columns)


def payload(msg: Any) -> float:
    """The bytes of the numbers in a message, for ``Network(size=payload)``; headers count nothing.

    >>> from distlab.computing.training import Chunk
    >>> payload(Chunk(round=0, hop=0, values=pack([1.0, 2.0, 3.0])))
    24.0
    """
    return float(len(getattr(msg, "values", b"")))
