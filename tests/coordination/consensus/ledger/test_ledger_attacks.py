"""Attacks with real blocks come to what the papers calculate."""

from math import sqrt

import pytest

from distlab import course
from distlab.coordination.consensus.ledger import ledger_experiments as runs
from distlab.coordination.consensus.ledger import published_ledger
from distlab.coordination.consensus.ledger.closed_forms import (
    private_race,
    selfish_revenue,
    selfish_threshold,
)
from distlab.coordination.consensus.ledger.nothing_at_stake import branch_wins


@pytest.mark.parametrize(("q", "z"), [(0.1, 1), (0.3, 2), (0.4, 1)])
def test_double_spends_with_real_blocks(q: float, z: int) -> None:
    """The share of reverted payments is that of a race that must be won by one block, within 4 errors."""
    found = runs.double_spend(q, z, attacks=400)
    expected = private_race(q, z, ahead=1)
    assert found["share"] == pytest.approx(expected, abs=4 * sqrt(expected * (1 - expected) / 400))


def test_a_majority_reverts_whatever_it_wants() -> None:
    """With 60 % of the power, nearly all payments are reverted, however many blocks the seller waits."""
    assert runs.double_spend(0.6, 6, attacks=100)["share"] >= 0.98


@pytest.mark.parametrize(("alpha", "gamma"), [(0.35, 0.5), (0.4, 0.0), (0.25, 1.0), (0.15, 0.0)])
def test_a_selfish_pool_with_real_blocks(alpha: float, gamma: float) -> None:
    """A pool among ten honest miners gets the share that equation 8 says, within 0.04 at 4,000 blocks."""
    assert runs.selfish_pool(alpha, gamma, blocks=4_000) == pytest.approx(
        selfish_revenue(alpha, gamma), abs=0.04
    )


def test_nothing_at_stake() -> None:
    """A tenth of the stake reverts 3 blocks if the rest signs everywhere, and not if it is honest."""
    assert runs.nothing_at_stake(0.1, 0.0)["reverted"]
    assert not any(runs.nothing_at_stake(0.1, 0.9, seed=seed)["reverted"] for seed in range(5))


def test_slashing_takes_the_stake_of_those_who_sign_twice() -> None:
    """Who signs on both branches loses all it has; who signs on one loses nothing."""
    assert runs.nothing_at_stake(0.1, 0.0, slashing=True)["lost"] == pytest.approx(0.9)
    assert runs.nothing_at_stake(0.1, 0.45, slashing=True)["lost"] == pytest.approx(0.45)
    assert runs.nothing_at_stake(0.1, 0.9, slashing=True)["lost"] == 0.0
    assert runs.nothing_at_stake(0.1, 0.0)["lost"] == 0.0


@pytest.mark.parametrize(("q", "honest", "z"), [(0.1, 0.2, 2), (0.1, 0.3, 3), (0.2, 0.25, 1)])
def test_the_race_of_the_branches(q: float, honest: float, z: int) -> None:
    """The branch wins with probability (q/honest)^z."""
    expected = (q / honest) ** z
    found = branch_wins(q, honest, z, runs=20_000)
    assert found == pytest.approx(expected, abs=4 * sqrt(expected / 20_000))


def test_shares_of_more_than_everything() -> None:
    """Attackers and honest owners cannot have more than all the stake."""
    with pytest.raises(ValueError, match="q and honest must not add up to more than 1"):
        branch_wins(0.6, 0.5, 1)


def test_published_ledger_figures_are_reproduced() -> None:
    """POW-1, POW-3, POW-5/6, POW-7 and POS-2: each quantity is measured and within its tolerance."""
    shares, errors = published_ledger.races()
    collided, error = published_ledger.collisions()
    pays = {f"gamma={gamma:g}": published_ledger.pays_above(gamma) for gamma in (0, 0.5, 1)}
    name = "12.6 s of 600 s"
    tables = {
        "POW-1": course.compare("POW-1", published_ledger.approximated()),
        "POW-3": course.compare("POW-3", shares, standard_errors=errors),
        "POW-5/6": course.compare("POW-5/6", {**published_ledger.selfish(), "threshold": pays}),
        "POW-7": course.compare(
            "POW-7", {"fork_share": {name: collided}}, standard_errors={"fork_share": {name: error}}
        ),
        "POS-2": course.compare("POS-2", {"smallest_p": published_ledger.selection()["smallest_p"]}),
    }
    for id, table in tables.items():
        assert set(table.index) == set(course.published(id).flat()), id
        assert (table["within tolerance"] == "yes").all(), table
    assert pays["gamma=0.5"] == pytest.approx(selfish_threshold(0.5), abs=1e-9)
