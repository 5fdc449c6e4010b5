"""The published numbers about ledgers, calculated or counted, in the shape of data/published/05.toml."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

from .closed_forms import nakamoto, selfish_revenue
from .double_spend import double_spends
from .forks import colliding
from .selfish_mining import selfish_mining
from .stake_rounds import chi_square_p, selection_counts

__all__ = ["approximated", "collisions", "pays_above", "races", "selection", "selfish"]

NAKAMOTO = {0.1: (0, 1, 2, 3, 4, 5), 0.3: (0, 5, 10, 15, 20)}
ALPHAS = (0.1, 0.2, 0.3, 0.4)
GAMMAS = (0.0, 0.5, 1.0)


def approximated() -> dict[str, dict[str, float]]:
    """POW-1: Nakamoto's formula.

    >>> round(approximated()["q=0.3"]["z=10"], 7)
    0.0416605
    """
    return {f"q={q}": {f"z={z}": nakamoto(q, z) for z in depths} for q, depths in NAKAMOTO.items()}


def races(
    q: float = 0.1, depths: Sequence[int] = (1, 2, 3), runs: int = 1_000_000, seed: int = 0
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """POW-3: the shares of so many races that the attacker wins, and their standard errors.

    >>> shares, errors = races(runs=10_000)
    >>> abs(shares["q=0.1"]["z=1"] - 0.2) < 4 * errors["q=0.1"]["z=1"]
    True
    """
    found = {z: double_spends(q, z, runs, seed=seed) / runs for z in depths}
    shares = {f"z={z}": share for z, share in found.items()}
    errors = {f"z={z}": sqrt(share * (1 - share) / runs) for z, share in found.items()}
    return {f"q={q}": shares}, {f"q={q}": errors}


def selfish(blocks: int = 400_000, seed: int = 0) -> dict[str, dict[str, float]]:
    """POW-5/6: the pool's share of the blocks, counted with the state machine.

    >>> abs(selfish(blocks=100_000)["gamma=0"]["alpha=0.3"] - 0.273126) < 0.01
    True
    """
    return {
        f"gamma={gamma:g}": {
            f"alpha={alpha}": selfish_mining(alpha, gamma, blocks, seed=seed)["revenue"] for alpha in ALPHAS
        }
        for gamma in GAMMAS
    }


def pays_above(gamma: float) -> float:
    """The share of the power above which equation 8 gives a pool more than its share, by bisection.

    The closed form is ``selfish_threshold``.

    >>> round(pays_above(0.5), 9)
    0.25
    """
    low, high = 0.0, 0.499
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if selfish_revenue(middle, gamma) > middle else (middle, high)
    return round(high, 12)


def collisions(
    delay: float = 12.6, interval: float = 600.0, blocks: int = 1_000_000, seed: int = 0
) -> tuple[float, float]:
    """POW-7: the share of colliding blocks, and its standard error.

    >>> share, error = collisions(blocks=10_000)
    >>> abs(share - 0.0208) < 4 * error
    True
    """
    share = colliding(delay, interval, blocks, seed=seed)
    return share, sqrt(share * (1 - share) / blocks)


def selection(stakes: Sequence[float] = (35, 25, 15, 10, 10, 5), slots: int = 100_000) -> dict[str, Any]:
    """POS-2: how often each owner was drawn, and the chi-square test against the stakes.

    >>> selection(slots=10_000)["smallest_p"] > 1e-4
    True
    """
    counts = selection_counts(stakes, slots)
    return {"smallest_p": chi_square_p(counts, list(stakes)), "counts": counts.tolist()}
