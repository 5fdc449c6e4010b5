"""Difficulty: how many hashes a block takes, and how it follows the power of the miners.

Bitcoin's rule: every 2016 blocks, the difficulty is multiplied with the time that the window should have
taken, 2016 times 600 s, over the time that it took, but never with more than 4 or less than 1/4. The time
is that between the first and the last block of the window, so it spans one interval less than there are
blocks: Bitcoin counts it so, and blocks come a little slower than intended.

S. Nakamoto, *Bitcoin*, 2008, section 4; Bitcoin Core, ``CalculateNextWorkRequired``.
"""

from __future__ import annotations

from collections.abc import Callable

from distlab.sim.distributions import seconds

from .block import Block

__all__ = ["adjusted", "clamped", "required"]


def clamped(ratio: float, clamp: float = 4.0) -> float:
    """A ratio kept between 1/clamp and clamp.

    >>> clamped(9.0), clamped(0.1), clamped(1.5)
    (4.0, 0.25, 1.5)
    """
    return min(clamp, max(1 / clamp, ratio))


def adjusted(difficulty: float, took: float, intended: float, clamp: float = 4.0) -> float:
    """The difficulty after a window that took ``took`` seconds instead of ``intended``.

    Parameters
    ----------
    difficulty
        Hashes per block so far.
    took, intended
        Seconds.
    clamp
        The largest factor by which it changes.

    Returns
    -------
    float
        Hashes per block from now on.

    Raises
    ------
    ValueError
        If ``took`` or ``intended`` is no duration, or ``clamp`` is less than 1.

    References
    ----------
    Bitcoin Core, ``CalculateNextWorkRequired``.

    Examples
    --------
    >>> adjusted(1000, took=300, intended=600)
    2000.0
    >>> adjusted(1000, took=10, intended=600)
    4000.0
    """
    seconds(took, "took")
    seconds(intended, "intended", "more than 0")
    if not clamp >= 1:
        raise ValueError(f"clamp must be a factor of 1 or more; got {clamp!r}.")
    ratio = intended / took if took > 0 else float("inf")
    return difficulty * clamped(ratio, clamp)


def required(
    parent: Block,
    back: Callable[[Block, int], Block],
    first: float,
    window: int | None,
    interval: float,
    clamp: float = 4.0,
) -> float:
    """The difficulty that a block on ``parent`` must have.

    Parameters
    ----------
    parent
        The block before it.
    back
        Function (block, k) -> the block that is k blocks before.
    first
        The difficulty of the first window, in hashes per block.
    window
        Blocks after which it is adjusted; None: never.
    interval
        Seconds between blocks that are aimed at.
    clamp
        The largest factor by which it changes at once.
    """
    if parent.height == 0:
        return first
    if window is None or parent.height % window:
        return parent.difficulty
    begin = back(parent, window - 1)
    return adjusted(parent.difficulty, parent.time - begin.time, window * interval, clamp)
