"""How stale is too stale: descent along old gradients against its closed form."""

import numpy as np
import pytest

from distlab.computing.training import (
    AsynchronousServer,
    Bowl,
    Descent,
    Examples,
    Task,
    delay_limit,
    losses,
    staleness,
    train,
)

WORKERS = [1, 2, 4, 8]


def _loss(workers: int, share: float) -> float:
    """The loss after 1,600 steps with a rate that is this share of the largest that converges."""
    rate = share * delay_limit(workers - 1) / 3.0
    task = Task(Bowl((3.0, 1.0)), Examples("line", workers, 1), (1,) * workers, Descent(rate))
    trace = train(AsynchronousServer, task, 1600 // workers)
    assert (staleness(trace)[workers - 1 :] == workers - 1).all()
    return float(losses(trace, task).loss.iloc[-1])


@pytest.mark.parametrize("workers", WORKERS)
def test_below_the_limit_descent_converges(workers: int) -> None:
    """N equal workers in turn: every gradient is N-1 steps old, and the rate may be 2 cos(t pi / (2t+1))."""
    assert _loss(workers, 0.95) < 1e-3


@pytest.mark.parametrize("workers", WORKERS)
def test_above_the_limit_it_diverges(workers: int) -> None:
    """A twentieth more is too much: the loss grows without end."""
    assert _loss(workers, 1.05) > 1e3


@pytest.mark.parametrize("staleness", [0, 1, 2, 5, 9])
def test_the_limit_is_where_the_largest_root_leaves_the_unit_circle(staleness: int) -> None:
    """z^(t+1) - z^t + a = 0 has all roots inside for a smaller a, and one outside for a larger one."""
    for share, inside in ((0.99, True), (1.01, False)):
        polynomial = [1.0, -1.0, *[0.0] * staleness]
        polynomial[-1] += share * delay_limit(staleness)
        assert bool(np.abs(np.roots(polynomial)).max() < 1.0) is inside
