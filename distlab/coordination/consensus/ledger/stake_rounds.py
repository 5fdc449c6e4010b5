"""What becomes of the stakes after many rounds, in many runs at once.

In each round one owner wins, with the probability of its weight, and gets the reward. If the weight is the
stake, this is Polya's urn: the expected share of each owner stays what it was, but the shares drift apart.
With coin age, who has just won waits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .stakes import StakeRules

__all__ = ["chi_square_p", "ginis", "selection_counts", "stake_rounds"]


def stake_rounds(
    stakes: Sequence[float], rounds: int, rules: StakeRules, *, runs: int = 200, seed: int = 0
) -> np.ndarray:
    """The stakes after ``rounds`` rounds.

    Parameters
    ----------
    stakes
        Coins of each owner at first.
    rounds
        How many; one block in each.
    rules
        Reward and coin age.
    runs
        How many ledgers.
    seed
        Same arguments, same result.

    Returns
    -------
    numpy.ndarray
        Shape (runs, owners): coins.

    Raises
    ------
    ValueError
        If ``rounds`` or ``runs`` is no such number.

    References
    ----------
    The course, lecture 05: stake = amount times age.

    Examples
    --------
    >>> stake_rounds([1.0, 1.0], 10, StakeRules(reward=1.0), runs=3).sum(axis=1)
    array([12., 12., 12.])
    """
    if not isinstance(rounds, int) or rounds < 0:
        raise ValueError(f"rounds must be a whole number of 0 or more; got {rounds!r}.")
    if not isinstance(runs, int) or runs < 1:
        raise ValueError(f"runs must be a whole number of 1 or more; got {runs!r}.")
    rng = np.random.default_rng(seed)
    held = np.tile(np.asarray(stakes, dtype=float), (runs, 1))
    won = np.full(held.shape, -rules.max_age, dtype=np.int64)
    each = np.arange(runs)
    for slot in range(1, rounds + 1):
        weights = held
        if rules.coin_age:
            age = slot - won
            weights = held * np.where(age > rules.min_age, np.minimum(age, rules.max_age), 0)
        edges = weights.cumsum(axis=1)
        total = edges[:, -1]
        winner = (edges <= (rng.random(runs) * total)[:, None]).sum(axis=1)
        somebody = total > 0  # with coin age all may be too young
        held[each[somebody], winner[somebody]] += rules.reward
        won[each[somebody], winner[somebody]] = slot
    return held


def ginis(held: np.ndarray) -> np.ndarray:
    """The Gini coefficient of each row.

    >>> ginis(np.array([[1.0, 1.0], [0.0, 2.0]]))
    array([0. , 0.5])
    """
    ordered = np.sort(held, axis=1)
    n = held.shape[1]
    ranks = np.arange(1, n + 1)
    return 2 * (ordered * ranks).sum(axis=1) / (n * ordered.sum(axis=1)) - (n + 1) / n


def selection_counts(stakes: Sequence[float], slots: int = 100_000, lot: str = "slot") -> np.ndarray:
    """How often each owner is drawn in ``slots`` slots, by the lot that the nodes use.

    Parameters
    ----------
    stakes
        Coins of each owner.
    slots
        How many.
    lot
        The name of the lot; another name, another draw.

    Examples
    --------
    >>> selection_counts([3.0, 1.0], slots=4_000).tolist()
    [2967, 1033]
    """
    from .lottery import point

    edges = np.cumsum(np.asarray(stakes, dtype=float))
    points = np.array([point(lot, slot) for slot in range(1, slots + 1)]) * edges[-1]
    return np.bincount(np.searchsorted(edges, points, side="right"), minlength=len(edges))


def chi_square_p(counts: Sequence[int] | np.ndarray, shares: Sequence[float]) -> float:
    """The probability of counts at least as far from the shares as these: the chi-square test.

    Parameters
    ----------
    counts
        How often each was seen.
    shares
        What they should be in proportion to.

    Returns
    -------
    float
        1 - P(k/2, x/2), the upper incomplete gamma function, by its series.

    Raises
    ------
    ValueError
        If the lengths differ or a share is 0.

    References
    ----------
    K. Pearson, 1900; NIST Digital Library of Mathematical Functions, 8.11.4.

    Examples
    --------
    >>> round(chi_square_p([44, 56], [1, 1]), 4)
    0.2301
    """
    from math import exp, lgamma, log

    seen, due = np.asarray(counts, dtype=float), np.asarray(shares, dtype=float)
    if seen.shape != due.shape or seen.size < 2 or not (due > 0).all():
        raise ValueError(
            f"counts and shares must be equally many, two or more, and all shares more than 0; "
            f"got {seen.tolist()!r} and {due.tolist()!r}."
        )
    due = due / due.sum() * seen.sum()
    half, a = float(((seen - due) ** 2 / due).sum()) / 2, (seen.size - 1) / 2
    if half == 0:
        return 1.0
    term = total = 1.0
    step = 0
    while term > total * 1e-16:
        step += 1
        term *= half / (a + step)
        total += term
    return max(0.0, 1 - total * exp(a * log(half) - half - lgamma(a + 1)))
