"""Selfish mining (自私挖矿) as a state machine, for millions of blocks.

I. Eyal and E. G. Sirer, *Majority is not Enough: Bitcoin Mining is Vulnerable*, 2014, algorithm 1 and
section 4.

The rule::

    the pool finds a block:       keep it; in a tie: publish it, and win the tie
    the others find a block, and the pool's private lead is
        0:    theirs counts
        1:    publish the own block: a tie; gamma of the honest power mines on it
        2:    publish both: the others' block is stale
        more: publish one, which keeps the lead; in the end it counts

``selfish_miner`` has the same rule as a node with real blocks.
"""

from __future__ import annotations

import numpy as np

from distlab.sim.network import probability

__all__ = ["selfish_mining"]


def selfish_mining(alpha: float, gamma: float, blocks: int = 1_000_000, *, seed: int = 0) -> dict[str, float]:
    """Mine ``blocks`` blocks, and count whose are in the main chain.

    Parameters
    ----------
    alpha
        The pool's share of the power, 0 to 1.
    gamma
        The share of the honest power that mines on the pool's block in a tie, 0 to 1.
    blocks
        How many are found, by whomever.
    seed
        Same arguments, same result.

    Returns
    -------
    dict
        "pool" and "others": blocks of the main chain; "stale": the rest; "revenue": the pool's share of the
        main chain.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    References
    ----------
    Eyal and Sirer 2014, algorithm 1.

    Examples
    --------
    >>> abs(selfish_mining(0.4, 0.5, blocks=400_000)["revenue"] - 0.525581) < 0.003
    True
    """
    a, g = probability(alpha, "alpha"), probability(gamma, "gamma")
    if not isinstance(blocks, int) or blocks < 1:
        raise ValueError(f"blocks must be a whole number of 1 or more; got {blocks!r}.")
    rng = np.random.default_rng(seed)
    draws = rng.random(blocks)
    #: 0: the pool finds it; 1: an honest miner that mines on the pool's block in a tie; 2: another one
    finders = np.where(draws < a, 0, np.where(draws < a + (1 - a) * g, 1, 2))
    pool = others = lead = 0
    tie = False
    for finder in finders.tolist():
        if tie:  # two chains of equal length, each with one block that is still open
            tie = False
            pool += 2 - finder
            others += finder
        elif finder == 0:
            lead += 1
        elif lead == 0:
            others += 1
        elif lead == 1:
            tie, lead = True, 0
        elif lead == 2:
            pool, lead = pool + 2, 0
        else:
            pool, lead = pool + 1, lead - 1
    pool += lead  # at the end it publishes what it has
    counted = pool + others
    return {
        "pool": pool,
        "others": others,
        "stale": blocks - counted,
        "revenue": pool / counted if counted else 0.0,
    }
