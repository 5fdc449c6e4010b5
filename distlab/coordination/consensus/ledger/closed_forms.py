"""What papers calculate: the odds of a double spend, the gain of selfish mining, the rate of forks.

q is the attacker's share of the power, p = 1-q the others', z the number of confirmations.
"""

from __future__ import annotations

from math import comb, exp, inf, lgamma, log, log1p

from distlab.sim.network import probability

__all__ = [
    "catch_up",
    "confirmations_needed",
    "fork_share",
    "incomplete_beta",
    "nakamoto",
    "private_race",
    "selfish_revenue",
    "selfish_threshold",
    "true_race",
]


def _confirmations(z: int) -> int:
    if not isinstance(z, int) or isinstance(z, bool) or z < 0:
        raise ValueError(f"z must be a whole number of confirmations, 0 or more; got {z!r}.")
    return z


def catch_up(q: float, behind: int) -> float:
    """The probability of ever catching up from ``behind`` blocks behind: (q/p)^behind, or 1 if q >= p.

    References
    ----------
    Nakamoto 2008, section 11.

    Examples
    --------
    >>> round(catch_up(0.25, 2), 6)
    0.111111
    """
    probability(q, "q")
    return 1.0 if behind <= 0 or q >= 0.5 else (q / (1 - q)) ** behind


def nakamoto(q: float, z: int) -> float:
    """Nakamoto's probability that an attacker reverts z confirmations.

    While the others find z blocks, the attacker is taken to find a Poisson number with mean z q/p, and then
    has to catch up the rest. The true number is not Poisson; ``true_race`` has it right.

    Parameters
    ----------
    q
        The attacker's share of the power, 0 to 1.
    z
        Confirmations.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    References
    ----------
    Nakamoto 2008, section 11.

    Examples
    --------
    >>> [round(nakamoto(0.1, z), 7) for z in (0, 1, 5)]
    [1.0, 0.2045873, 0.0009137]
    """
    probability(q, "q")
    _confirmations(z)
    if q >= 0.5 or z == 0:
        return 1.0
    mean = z * q / (1 - q)
    held = 0.0
    for k in range(z + 1):
        poisson = exp(k * log(mean) - mean - lgamma(k + 1)) if mean else float(k == 0)
        held += poisson * (1 - catch_up(q, z - k))
    return 1 - held


def private_race(q: float, z: int, ahead: int = 0) -> float:
    """The probability that a private chain comes to be ``ahead`` blocks longer than the public one.

    Counted from the moment at which the public chain has z blocks; the attacker has mined since the first of
    them was begun. 1 - sum over k = 0..z+ahead-1 of C(k+z-1, k) p^z q^k (1 - (q/p)^(z+ahead-k)).

    Parameters
    ----------
    q
        The attacker's share of the power, 0 to 1.
    z
        Confirmations.
    ahead
        0: being as long is enough. 1: it must be longer, so that nodes that stay with the first chain move.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    References
    ----------
    M. Rosenfeld, *Analysis of Hashrate-Based Double-Spending*, 2014, section 5.

    Examples
    --------
    >>> round(private_race(0.1, 2), 9), round(private_race(0.1, 2, ahead=1), 9)
    (0.056, 0.009511111)
    """
    probability(q, "q")
    _confirmations(z)
    if q >= 0.5:
        return 1.0
    if z == 0:
        return catch_up(q, ahead)
    p = 1 - q
    held = sum(comb(k + z - 1, k) * p**z * q**k * (1 - catch_up(q, z + ahead - k)) for k in range(z + ahead))
    return max(0.0, 1 - held)


def true_race(q: float, z: int) -> float:
    """The probability that an attacker reverts z confirmations: I_{4pq}(z, 1/2).

    The same number as ``private_race(q, z)``, by another way.

    Parameters
    ----------
    q, z
        As for ``nakamoto``.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    References
    ----------
    C. Grunspan and R. Perez-Marco, *Double spend races*, 2018, theorem 2.

    Examples
    --------
    >>> [round(true_race(0.1, z), 5) for z in (0, 1, 2, 3)]
    [1.0, 0.2, 0.056, 0.01712]
    """
    probability(q, "q")
    if _confirmations(z) == 0 or q >= 0.5:
        return 1.0
    return incomplete_beta(4 * q * (1 - q), float(z), 0.5)


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by its continued fraction.

    Parameters
    ----------
    x
        From 0 to 1.
    a, b
        More than 0.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    References
    ----------
    NIST Digital Library of Mathematical Functions, 8.17.22.

    Examples
    --------
    >>> round(incomplete_beta(0.36, 1, 0.5), 12)
    0.2
    """
    probability(x, "x")
    if not (a > 0 and b > 0):
        raise ValueError(f"a and b must be more than 0; got {a!r} and {b!r}.")
    if x in (0.0, 1.0):
        return float(x)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    terms = []
    for m in range(1, 400):
        terms.append(-(a + m - 1) * (a + b + m - 1) * x / ((a + 2 * m - 2) * (a + 2 * m - 1)))
        terms.append(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)))
    value = 1.0
    for term in reversed(terms):
        value = 1 + term / value
    return front / value


def confirmations_needed(q: float, risk: float, by: str = "race") -> float:
    """The smallest z for which an attacker succeeds with a probability of less than ``risk``.

    Parameters
    ----------
    q
        The attacker's share of the power.
    risk
        A probability of more than 0.
    by
        "race": the true race. "nakamoto": his approximation.

    Returns
    -------
    float
        A whole number; infinite from q = 1/2 on.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    References
    ----------
    Nakamoto 2008, section 11: the list that ends the paper.

    Examples
    --------
    >>> [confirmations_needed(q, 0.001, by="nakamoto") for q in (0.1, 0.3, 0.45)]
    [5, 24, 340]
    """
    if not probability(risk, "risk") > 0:
        raise ValueError(f"risk must be a probability of more than 0; got {risk!r}.")
    if by not in ("race", "nakamoto"):
        raise ValueError(f'by must be "race" or "nakamoto"; got {by!r}.')
    if probability(q, "q") >= 0.5:
        return inf
    chance = true_race if by == "race" else nakamoto
    high = 1
    while chance(q, high) >= risk:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if chance(q, middle) < risk else (middle, high)
    return high


def selfish_revenue(alpha: float, gamma: float) -> float:
    """The share of the main chain's blocks that a selfish pool gets, equation 8.

    Parameters
    ----------
    alpha
        The pool's share of the power, 0 to less than 1/2.
    gamma
        The share of the honest power that mines on the pool's block in a tie, 0 to 1.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    References
    ----------
    I. Eyal and E. G. Sirer, *Majority is not Enough: Bitcoin Mining is Vulnerable*, 2014, equation 8.

    Examples
    --------
    >>> round(selfish_revenue(0.4, 0.5), 6)
    0.525581
    """
    a, g = probability(alpha, "alpha"), probability(gamma, "gamma")
    if a >= 0.5:
        raise ValueError(f"alpha must be less than 0.5, where the formula holds; got {alpha!r}.")
    return (a * (1 - a) ** 2 * (4 * a + g * (1 - 2 * a)) - a**3) / (1 - a * (1 + (2 - a) * a))


def selfish_threshold(gamma: float) -> float:
    """The share of the power above which selfish mining pays: (1-gamma)/(3-2 gamma).

    References
    ----------
    Eyal and Sirer 2014, equation 9.

    Examples
    --------
    >>> [round(selfish_threshold(gamma), 4) for gamma in (0, 0.5, 1)]
    [0.3333, 0.25, 0.0]
    """
    g = probability(gamma, "gamma")
    return (1 - g) / (3 - 2 * g)


def fork_share(delay: float, interval: float) -> float:
    """The share of blocks during whose way through the network another is found: 1 - exp(-delay/interval).

    Parameters
    ----------
    delay
        Seconds until a block has reached the others.
    interval
        Mean seconds between blocks.

    References
    ----------
    C. Decker and R. Wattenhofer, *Information Propagation in the Bitcoin Network*, 2013, section V.

    Examples
    --------
    >>> round(fork_share(12.6, 600), 4)
    0.0208
    """
    if not (delay >= 0 and interval > 0):
        raise ValueError(f"delay must be 0 or more and interval more than 0; got {delay!r} and {interval!r}.")
    return 1 - exp(-delay / interval)
