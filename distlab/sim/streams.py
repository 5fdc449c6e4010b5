"""Independent random streams, one per purpose, from one seed.

A draw added in one place must not shift the draws of another, so the network, each node, the faults and the
workload have a stream each. The seed of a stream is a hash of its name, not Python's ``hash``, which changes
from process to process.
"""

from __future__ import annotations

import random
from hashlib import blake2b

__all__ = ["stream"]


def stream(seed: object, *purpose: object) -> random.Random:
    """A random stream that depends on the seed and its purpose only.

    >>> stream(7, "network").random() == stream(7, "network").random()
    True
    >>> stream(7, "network").random() == stream(7, "node", 1).random()
    False
    """
    name = "/".join([repr(seed), *map(repr, purpose)])
    return random.Random(int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big"))
