"""The double spend (双花) as a race, many at once.

The attacker pays, and from the same moment mines a private chain without the payment. The seller waits for z
confirmations (确认). The attacker publishes as soon as its chain is long enough.

Two ways to count, because papers differ: being as long as the public chain is enough (Nakamoto; Rosenfeld;
Grunspan and Perez-Marco), or one block more is needed, because nodes stay with the first of two equal
chains.
"""

from __future__ import annotations

from math import ceil, log

import numpy as np

from distlab.sim.network import probability

__all__ = ["double_spends", "race_paths"]


def double_spends(
    q: float, z: int, runs: int = 1_000_000, *, seed: int = 0, ahead: int = 0, give_up: int | None = None
) -> int:
    """How many of ``runs`` attackers with the share q of the power revert z confirmations.

    Parameters
    ----------
    q
        The attacker's share of the power, 0 to 1.
    z
        Confirmations, the block with the payment included.
    runs
        How many races.
    seed
        Same arguments, same result.
    ahead
        How much longer the private chain must be: 0 or 1.
    give_up
        Blocks behind at which an attacker gives up; None: where it would catch up with less than 1e-9. With
        exactly half of the power, where a race can last for ever, 200.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    References
    ----------
    Rosenfeld 2014, section 5.

    Examples
    --------
    >>> abs(double_spends(0.1, 2, runs=100_000) - 5_600) < 300
    True
    """
    probability(q, "q")
    if not isinstance(z, int) or z < 0:
        raise ValueError(f"z must be a whole number of confirmations, 0 or more; got {z!r}.")
    if not isinstance(runs, int) or runs < 1:
        raise ValueError(f"runs must be a whole number of 1 or more; got {runs!r}.")
    if q in (0.0, 1.0):
        return 0 if q == 0 and z + ahead else runs
    if give_up is None:
        give_up = ceil(log(1e-9) / log(q / (1 - q))) if q < 0.5 else 200 if q == 0.5 else 1 << 30
    rng = np.random.default_rng(seed)
    found = rng.negative_binomial(z, 1 - q, runs) if z else np.zeros(runs, dtype=np.int64)
    behind = z + ahead - found
    reverted = int(np.count_nonzero(behind <= 0))
    behind = behind[behind > 0].astype(np.int32)
    while behind.size:  # one more block: the attacker's, or somebody else's
        behind += np.where(rng.random(behind.size, dtype=np.float32) < q, -1, 1)
        reverted += int(np.count_nonzero(behind <= 0))
        behind = behind[(behind > 0) & (behind < give_up)]
    return reverted


def race_paths(q: float, blocks: int, paths: int = 8, *, seed: int = 0) -> np.ndarray:
    """The lead of private chains over the public one, block by block.

    Parameters
    ----------
    q
        The attacker's share of the power.
    blocks
        How many blocks are found, by whomever.
    paths
        How many races.
    seed
        Same arguments, same result.

    Returns
    -------
    numpy.ndarray
        Shape (paths, blocks + 1): the lead after 0, 1, 2, ... blocks.

    Examples
    --------
    >>> race_paths(1.0, 3, paths=1)
    array([[0, 1, 2, 3]])
    """
    probability(q, "q")
    steps = np.where(np.random.default_rng(seed).random((paths, blocks)) < q, 1, -1)
    return np.concatenate([np.zeros((paths, 1), dtype=np.int64), np.cumsum(steps, axis=1)], axis=1)
