"""Lotteries and orders that everybody computes alike: the hash of the slot's number is the die.

A beacon that nobody can choose is taken for granted; real ledgers spend much care on one (Ouroboros 2017,
section 4; Ethereum's RANDAO).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["drawn", "ordered", "point"]


def point(*purpose: object) -> float:
    """A number from 0 to 1 (not included) that depends on the purpose only.

    >>> point("slot", 7) == point("slot", 7), point("slot", 7) == point("slot", 8)
    (True, False)
    """
    name = "/".join(map(repr, purpose))
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)


def drawn(weights: Mapping[Any, float], *purpose: object) -> Any:
    """One of the keys, each with the probability of its weight; None if all weights are 0.

    >>> drawn({"a": 0.0, "b": 2.0}, 7)
    'b'
    """
    left = point(*purpose) * sum(weights.values())
    last = None
    for key, weight in weights.items():
        if weight > 0:
            last = key
            left -= weight
            if left < 0:
                break
    return last


def ordered(members: Sequence[Any], *purpose: object) -> tuple[Any, ...]:
    """The members in an order that depends on the purpose only.

    >>> sorted(ordered([1, 2, 3], "round", 5))
    [1, 2, 3]
    """
    return tuple(sorted(members, key=lambda member: point(*purpose, member)))
