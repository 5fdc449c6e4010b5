"""The puzzle itself: find a number so that the hash of the block begins with enough zeros.

S. Nakamoto, *Bitcoin*, 2008, section 4; A. Back, *Hashcash*, 2002. Bitcoin hashes twice with SHA-256; once is
enough to count.

Finding such a number (nonce) takes 2^bits hashes on average, and the number of hashes is geometric: each try
succeeds with the same probability, whatever was tried before. Checking takes one hash. In the simulator,
miners draw the time that this takes instead of hashing; the tests hold that both have the same distribution.
"""

from __future__ import annotations

import hashlib

__all__ = ["solve", "solves"]


def solves(header: str, nonce: int, bits: int) -> bool:
    """Does the hash of header and nonce begin with so many zero bits? One hash.

    >>> solves("block 1", solve("block 1", bits=4)[0], bits=4)
    True
    """
    digest = hashlib.sha256(f"{header}/{nonce}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - bits) == 0 if bits else True


def solve(header: str, bits: int) -> tuple[int, int]:
    """The first number that solves the puzzle, and how many hashes that took.

    Parameters
    ----------
    header
        What is hashed besides the number.
    bits
        Zero bits asked for, 0 to 24: 2^bits hashes on average.

    Returns
    -------
    tuple
        (nonce, hashes).

    Raises
    ------
    ValueError
        If ``bits`` is not a whole number from 0 to 24.

    References
    ----------
    Nakamoto 2008, section 4.

    Examples
    --------
    >>> nonce, hashes = solve("block 1", bits=4)
    >>> solves("block 1", nonce, bits=4), hashes == nonce + 1
    (True, True)
    """
    if not isinstance(bits, int) or isinstance(bits, bool) or not 0 <= bits <= 24:
        raise ValueError(f"bits must be a whole number from 0 to 24; got {bits!r}.")
    nonce = 0
    while not solves(header, nonce, bits):
        nonce += 1
    return nonce, nonce + 1
