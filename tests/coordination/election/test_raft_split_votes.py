"""How often votes are split in the first term (Ongaro 2014, section 9.2), measured on Raft as it is."""

from math import comb

import pytest

from distlab.coordination.election.raft_experiments import first_term_split
from distlab.sim import Distribution, Uniform

# servers, failed, latency -> probability
PUBLISHED = {(5, 1, 0.1): 0.0523, (3, 1, 0.1): 0.19, (9, 4, 0.1): 0.4095}


def rate(servers: int, failed: int, latency: Distribution | float, runs: int) -> float:
    """The share of runs whose first term ends without a leader."""
    return sum(first_term_split(servers, failed, latency, seed) for seed in range(runs)) / runs


def formula(servers: int, failed: int, latency: float) -> float:
    """P(Bin(s, l) >= s - floor(n/2)): so many time out within l of the first that it gets no majority."""
    up = servers - failed
    return sum(comb(up, k) * latency**k * (1 - latency) ** (up - k) for k in range(up - servers // 2, up + 1))


@pytest.mark.parametrize(("servers", "failed", "latency"), PUBLISHED)
def test_split_votes_with_a_fixed_latency(servers: int, failed: int, latency: float) -> None:
    """Half a point at 40,000 runs."""
    published = PUBLISHED[servers, failed, latency]
    assert formula(servers, failed, latency) == pytest.approx(published, abs=5e-5)
    assert rate(servers, failed, latency, 40_000) == pytest.approx(published, abs=0.005)


@pytest.mark.parametrize(("servers", "failed"), [(2, 0), (4, 1), (5, 2), (9, 2)])
def test_the_formula_for_other_clusters(servers: int, failed: int) -> None:
    """Three standard errors at 2,000 runs."""
    for latency in (0.05, 0.30):
        expected = formula(servers, failed, latency)
        error = (expected * (1 - expected) / 2_000) ** 0.5
        assert rate(servers, failed, latency, 2_000) == pytest.approx(expected, abs=3 * error + 1e-12)


def test_split_votes_with_varying_latencies() -> None:
    """The contours of the figure: latencies of .1 to .2 split about 16 % of the votes with one of five
    servers failed, nearly 40 % with two; and with a bare majority of nine as many as a fixed latency of .15.
    """
    latency = Uniform(0.1, 0.2)
    assert rate(5, 1, latency, 3_000) == pytest.approx(0.16, abs=0.02)
    assert rate(5, 2, latency, 3_000) == pytest.approx(0.39, abs=0.02)
    assert rate(9, 4, latency, 3_000) == pytest.approx(formula(9, 4, 0.15), abs=0.03)
