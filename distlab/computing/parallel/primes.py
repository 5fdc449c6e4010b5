"""A job that keeps a core busy and nothing else: counting primes by trial division.

Large numbers take longer than small ones, so equal ranges are unequal work: a skew that nobody planned.
"""

from __future__ import annotations

from itertools import pairwise

__all__ = ["count_primes", "even_ranges"]


def count_primes(first: int, last: int) -> int:
    """How many primes p there are with ``first <= p < last``.

    >>> count_primes(0, 100), count_primes(100, 200)
    (25, 21)
    """
    found = 0
    for number in range(max(first, 2), last):
        divisor = 2
        while divisor * divisor <= number and number % divisor:
            divisor += 1
        found += divisor * divisor > number
    return found


def even_ranges(limit: int, pieces: int) -> list[tuple[int, int]]:
    """The numbers below ``limit``, cut into ranges of equal length (the last ones may be one shorter).

    >>> even_ranges(10, 3)
    [(0, 4), (4, 7), (7, 10)]
    """
    if not isinstance(pieces, int) or isinstance(pieces, bool) or not 1 <= pieces <= limit:
        raise ValueError(f"pieces must be a whole number from 1 to {limit}; got {pieces!r}.")
    length, longer = divmod(limit, pieces)
    starts = [k * length + min(k, longer) for k in range(pieces + 1)]
    return list(pairwise(starts))
