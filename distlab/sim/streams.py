"""Independent random streams, one per purpose, from one seed.

A draw added in one place must not shift the draws of another, so the network, each node, each kind of
chance and each workload have a stream of their own. The seed of a stream is a hash of its name, not
Python's ``hash``, which changes from process to process.
"""

from __future__ import annotations

import random
from hashlib import blake2b

__all__ = ["stream"]


def stream(seed: object, *purpose: object) -> random.Random:
    """A random stream that depends on the seed and its purpose only.

    Parameters
    ----------
    seed
        The seed of the run.
    purpose
        What the stream is for: any values whose ``repr`` is the same in every process.

    Returns
    -------
    random.Random
        A generator of its own; equal names give equal streams.

    Examples
    --------
    >>> stream(7, "network").random() == stream(7, "network").random()
    True
    >>> stream(7, "network").random() == stream(7, "node", 1).random()
    False
    """
    name = "/".join([repr(seed), *map(repr, purpose)])
    return random.Random(int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big"))
