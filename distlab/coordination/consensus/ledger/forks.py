"""How often blocks collide, many at once: the finders are drawn, no node is simulated."""

from __future__ import annotations

import numpy as np

__all__ = ["colliding"]


def colliding(
    delay: float, interval: float, blocks: int = 1_000_000, *, miners: int = 10_000, seed: int = 0
) -> float:
    """The share of blocks that another miner finds while the one before is still on its way.

    Parameters
    ----------
    delay
        Seconds until a block has reached the others; its finder knows it at once.
    interval
        Mean seconds between blocks, with exponential times.
    blocks
        How many.
    miners
        How many miners of equal power.
    seed
        Same arguments, same result.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    References
    ----------
    Decker and Wattenhofer 2013, section V.

    Examples
    --------
    >>> abs(colliding(12.6, 600.0) - 0.0208) < 0.0005
    True
    """
    if not (delay >= 0 and interval > 0):
        raise ValueError(f"delay must be 0 or more and interval more than 0; got {delay!r} and {interval!r}.")
    if not isinstance(blocks, int) or blocks < 2:
        raise ValueError(f"blocks must be a whole number of 2 or more; got {blocks!r}.")
    rng = np.random.default_rng(seed)
    gaps = rng.exponential(interval, blocks - 1)
    finders = rng.integers(0, miners, blocks)
    return float(np.mean((gaps < delay) & (finders[1:] != finders[:-1])))
