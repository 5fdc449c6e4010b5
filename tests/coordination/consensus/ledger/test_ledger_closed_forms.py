"""What the papers calculate, and the races that come to the same."""

from math import comb, inf, sqrt

import pytest

from distlab.coordination.consensus.ledger.closed_forms import (
    catch_up,
    confirmations_needed,
    fork_share,
    incomplete_beta,
    nakamoto,
    private_race,
    selfish_revenue,
    selfish_threshold,
    true_race,
)
from distlab.coordination.consensus.ledger.double_spend import double_spends, race_paths
from distlab.coordination.consensus.ledger.selfish_mining import selfish_mining


def test_nakamotos_tables() -> None:
    """Both tables of section 11, all rows, to the seven digits that are printed."""
    tenth = [1.0, 0.2045873, 0.0509779, 0.0131722, 0.0034552, 0.0009137, 0.0002428, 0.0000647, 0.0000173,
             0.0000046, 0.0000012]  # fmt: skip
    assert [round(nakamoto(0.1, z), 7) for z in range(11)] == tenth
    third = {0: 1.0, 5: 0.1773523, 10: 0.0416605, 15: 0.0101008, 20: 0.0024804, 25: 0.0006132, 30: 0.0001522,
             35: 0.0000379, 40: 0.0000095, 45: 0.0000024, 50: 0.0000006}  # fmt: skip
    assert {z: round(nakamoto(0.3, z), 7) for z in third} == third


def test_nakamotos_last_table() -> None:
    """How many confirmations for a risk of less than 0.1 %, by his formula."""
    published = {0.1: 5, 0.15: 8, 0.2: 11, 0.25: 15, 0.3: 24, 0.35: 41, 0.4: 89, 0.45: 340}
    assert {q: confirmations_needed(q, 0.001, by="nakamoto") for q in published} == published


def test_the_true_race_needs_more() -> None:
    """Nakamoto underestimates: for a risk of 0.1 % against 10 % it takes 6 confirmations, not 5."""
    assert confirmations_needed(0.1, 0.001) == 6
    assert confirmations_needed(0.5, 0.001) == inf
    assert all(true_race(q, z) > nakamoto(q, z) for q in (0.1, 0.2, 0.3) for z in (3, 6, 10))


@pytest.mark.parametrize("q", [0.02, 0.1, 0.25, 0.4, 0.49])
@pytest.mark.parametrize("z", [1, 2, 6, 40, 300])
def test_two_ways_to_the_same_number(q: float, z: int) -> None:
    """The incomplete beta function of 2018 and the sum of 2014 agree."""
    assert true_race(q, z) == pytest.approx(private_race(q, z), abs=1e-12)


def test_the_incomplete_beta_function() -> None:
    """For whole numbers it is a binomial tail; for a = b = 1/2 it is symmetric."""
    tail = sum(comb(9, k) * 0.3**k * 0.7 ** (9 - k) for k in range(4, 10))
    assert incomplete_beta(0.3, 4, 6) == pytest.approx(tail, abs=1e-14)
    assert incomplete_beta(0.5, 0.5, 0.5) == pytest.approx(0.5, abs=1e-12)
    assert (incomplete_beta(0, 2, 3), incomplete_beta(1, 2, 3)) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("q", "z", "ahead"),
    [
        (0.1, 1, 0),
        (0.1, 3, 0),
        (0.25, 4, 0),
        (0.4, 6, 0),
        (0.45, 2, 0),
        (0.3, 0, 1),
        (0.3, 3, 1),
        (0.1, 2, 1),
    ],
)
def test_races_come_to_the_closed_form(q: float, z: int, ahead: int) -> None:
    """400,000 races are within 4 standard errors."""
    runs = 400_000
    expected = private_race(q, z, ahead)
    error = sqrt(expected * (1 - expected) / runs)
    assert double_spends(q, z, runs, ahead=ahead, seed=3) / runs == pytest.approx(expected, abs=4 * error)


def test_more_than_half_always_succeeds() -> None:
    """With 55 % of the power, every race is won in the end, however many confirmations."""
    assert double_spends(0.55, 20, runs=2_000) == 2_000
    assert (catch_up(0.55, 99), private_race(0.55, 20), nakamoto(0.55, 20)) == (1.0, 1.0, 1.0)
    assert (double_spends(0.0, 1, 10), double_spends(1.0, 5, 10)) == (0, 10)


@pytest.mark.parametrize("gamma", [0.0, 0.25, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("alpha", [0.1, 0.25, 1 / 3, 0.45])
def test_selfish_mining_comes_to_equation_8(alpha: float, gamma: float) -> None:
    """400,000 blocks are within 0.003 of the closed form."""
    found = selfish_mining(alpha, gamma, blocks=400_000, seed=2)
    assert found["revenue"] == pytest.approx(selfish_revenue(alpha, gamma), abs=0.003)
    assert found["pool"] + found["others"] + found["stale"] == 400_000


@pytest.mark.parametrize("gamma", [0.0, 0.3, 0.5, 0.8])
def test_at_the_threshold_selfish_mining_brings_what_honest_mining_brings(gamma: float) -> None:
    """There the revenue is the share of the power; above it is more, below less."""
    at = selfish_threshold(gamma)
    assert selfish_revenue(at, gamma) == pytest.approx(at, abs=1e-12)
    assert selfish_revenue(at + 0.01, gamma) > at + 0.01
    assert selfish_revenue(at - 0.01, gamma) < at - 0.01


def test_the_fork_share_of_bitcoin_in_2012() -> None:
    """12.6 s of 600 s give 2.08 %."""
    assert fork_share(12.6, 600) == pytest.approx(0.0208, abs=5e-5)


def test_paths_of_a_race() -> None:
    """Each block moves the lead by one; the mean step is q - p."""
    paths = race_paths(0.3, 2_000, paths=50, seed=1)
    assert paths.shape == (50, 2_001)
    assert set(abs(paths[:, 1:] - paths[:, :-1]).ravel().tolist()) == {1}
    assert paths[:, -1].mean() / 2_000 == pytest.approx(-0.4, abs=0.02)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: nakamoto(1.2, 3), "q must be a probability between 0 and 1; got 1.2"),
        (lambda: nakamoto(0.1, 2.5), "z must be a whole number of confirmations, 0 or more; got 2.5"),  # type: ignore[arg-type]
        (lambda: selfish_revenue(0.5, 0.1), "alpha must be less than 0.5"),
        (lambda: confirmations_needed(0.1, 0.0), "risk must be a probability of more than 0"),
        (lambda: confirmations_needed(0.1, 0.1, by="hope"), 'by must be "race" or "nakamoto"; got \'hope\''),
        (lambda: fork_share(-1, 600), "delay must be 0 or more"),
        (lambda: incomplete_beta(0.5, 0, 1), "a and b must be more than 0"),
        (lambda: double_spends(0.1, -1), "z must be a whole number"),
        (lambda: double_spends(0.1, 1, runs=0), "runs must be a whole number of 1 or more; got 0"),
        (lambda: selfish_mining(0.1, 2.0), "gamma must be a probability"),
        (lambda: selfish_mining(0.1, 0.5, blocks=0), "blocks must be a whole number"),
    ],
)
def test_bad_arguments_are_named(call, said: str) -> None:  # type: ignore[no-untyped-def]
    """A wrong argument is answered by one sentence with its name and its value."""
    with pytest.raises(ValueError, match=said):
        call()
