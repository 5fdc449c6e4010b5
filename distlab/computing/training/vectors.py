"""Vectors on the wire: the eight bytes of each number, one after the other.

A message holds bytes, so what was sent cannot change, messages can be compared, and ``len`` says how many
bytes travel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Vector", "brief", "pack", "payload", "unpack"]

Vector = NDArray[np.float64]
BYTES = 8  # per number


def pack(values: Any) -> bytes:
    """The bytes of an array of numbers, row by row.

    >>> len(pack([0.5, 0.25]))
    16
    """
    return np.ascontiguousarray(values, dtype=np.float64).tobytes()


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


def brief(msg: Any) -> str:
    """The text of a message, with the number of its numbers instead of their bytes."""
    pairs = zip(msg._fields, msg._values(), strict=True)
    said = [
        f"{name}=<{len(value) // BYTES} numbers>" if isinstance(value, bytes) else f"{name}={value!r}"
        for name, value in pairs
    ]
    return f"{type(msg).__name__}({', '.join(said)})"
