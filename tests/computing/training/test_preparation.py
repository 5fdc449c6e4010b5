"""Data preparation on several nodes gives what one machine gives."""

import numpy as np
import pytest

from distlab.computing.training import (
    Statistics,
    clean,
    integrate,
    prepare,
    prepare_on_nodes,
    ring_bytes,
    sums_of,
)
from distlab.metrics import bytes_sent


def _tables(rows: int = 400, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Two tables with a key each, with gaps, with rows far off, and with keys that only one of them has."""
    rng = np.random.default_rng(seed)
    keys = rng.permutation(rows).astype(float)
    left = np.column_stack([keys, rng.normal(3.0, 2.0, (rows, 2))])
    right = np.column_stack([np.sort(keys)[: rows - 20], rng.normal(-1.0, 1.0, (rows - 20, 2))])
    right[:, 2] += 0.7 * right[:, 1]
    left[rng.choice(rows, 15, replace=False), 1] = np.nan
    left[rng.choice(rows, 3, replace=False), 2] = 1e4
    return left, right


def _on_one_machine(tables: tuple[np.ndarray, np.ndarray], keep: int) -> np.ndarray:
    joined = clean(integrate(*tables))
    joined = joined[np.argsort(joined[:, 0])][:, 1:]
    mean, deviation = joined.mean(axis=0), joined.std(axis=0)
    kept = joined[(np.abs(joined - mean) <= 4 * deviation).all(axis=1)]
    known = Statistics(len(joined), mean, np.cov(joined.T, bias=True))
    return prepare(kept, known, keep)


@pytest.mark.parametrize("nodes", [1, 2, 3, 8])
@pytest.mark.parametrize("keep", [2, 4])
def test_shares_give_what_the_whole_gives(nodes: int, keep: int) -> None:
    """Statistics, integration, cleaning, reduction and transformation, beside numpy on the whole table."""
    tables = _tables()
    found, _ = prepare_on_nodes(tables, nodes, keep)
    right = _on_one_machine(tables, keep)
    assert found.shape == right.shape
    assert np.abs(found - right).max() < 1e-8  # values of 10,000 among the squares: eight digits are left
    one, _ = prepare_on_nodes(tables, 1, keep)
    assert np.abs(found - one).max() < 1e-9


def test_bytes_depend_on_the_columns_and_not_on_the_rows() -> None:
    """Ten times as many rows, the same bytes."""
    few, many = [bytes_sent(prepare_on_nodes(_tables(rows), 4, 2)[1]) for rows in (400, 4000)]
    assert few == many == 2 * 3 * 8 * (1 + 4 + 16)
    assert ring_bytes(4, 8 * 21) * 4 == few  # a tree moves as many bytes in all as a ring


def test_statistics_add_up() -> None:
    """Mean and covariance from the sums of two halves are those of numpy."""
    x = np.random.default_rng(2).normal(1.0, 3.0, (100, 3))
    known = Statistics.of(sums_of(x[:37]) + sums_of(x[37:]))
    assert known.rows == 100
    assert np.abs(known.mean - x.mean(axis=0)).max() < 1e-12
    assert np.abs(known.covariance - np.cov(x.T, bias=True)).max() < 1e-12
