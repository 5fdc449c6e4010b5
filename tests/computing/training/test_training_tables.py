"""The tables of the lesson: published figures, the schemes beside each other, what a crash does."""

import pytest

from distlab.computing.training import (
    Descent,
    Examples,
    Logistic,
    Perceptron,
    RingReplica,
    SynchronousServer,
    Task,
    after_a_crash,
    compared,
    messy_tables,
    published_figures,
    run_hybrid,
    run_pipeline,
    run_tensor,
    schedule,
    shares,
    train,
)
from distlab.course import compare, published
from distlab.sim import Crash, Outage

TASK = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.1))


def test_all_published_figures_are_measured_and_hold() -> None:
    """Every value of DT-1, DT-2, DT-3, DT-4 and DT-7, within its tolerance; DT-6 is measured elsewhere."""
    for figure, measured in published_figures().items():
        table = compare(figure, measured)
        assert list(table.index) == list(published(figure).flat())
        assert (table["within tolerance"] == "yes").all()


def test_what_each_way_to_split_costs() -> None:
    """A layer of 16 to 16 between two stages: what a worker holds and sends follows from the sizes."""
    model, examples = Perceptron((2, 16, 16, 1)), Examples("rings", 256, 2)
    data, whole, halves = [Task(model, examples, b, Descent(0.1)) for b in ((16,) * 4, (64,), (32, 32))]
    wide = Task(Perceptron((2, 16, 1)), examples, (64,), Descent(0.1))
    table = compared(
        {
            "ring": (data, train(RingReplica, data, 3)),
            "server": (data, train(SynchronousServer, data, 3)),
            "pipeline": (whole, run_pipeline(whole, 3, 3, micro=4)),
            "tensor": (wide, run_tensor(wide, 3, 4)),
            "hybrid": (halves, run_hybrid(halves, 3, 3, micro=4)),
        }
    )
    size = 2 * 16 + 16 + 16 * 16 + 16 + 16 + 1
    assert table["workers"].tolist() == [4, 4, 3, 4, 6]
    assert table["numbers held"].tolist() == [size, size, 16 * 17, 4 * 4 + 1, 16 * 17]
    assert table["bytes per step"]["server"] == 8 * size
    assert table["bytes per step"]["pipeline"] == 2 * 8 * 64 * 16
    assert table["bytes per step"]["tensor"] == 1.5 * 8 * 64
    assert table["bytes per step"]["hybrid"] == 2 * 8 * 32 * 16 + 8 * 16 * 17
    assert (table["difference"] < 1e-12).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"faults": [Crash(2, at=3.5)]}, ("never", 3, 0, "30%")),
        ({"faults": [Crash(2, at=3.5)], "need": 3}, ("10.0", 10, 0, "75%")),
        ({"faults": [Outage("server", at=3.5, until=4.5)]}, ("14.5", 10, 3, "100%")),
        ({"faults": [Outage("server", at=3.5, until=4.5)], "checkpoint": 2}, ("12.5", 10, 1, "100%")),
    ],
)
def test_what_a_crash_does_in_short(options: dict[str, object], said: tuple[object, ...]) -> None:
    """Whether training ends, the last step, what is made again, and how many of the examples are used."""
    assert tuple(after_a_crash(SynchronousServer, TASK, 10, **options).values()) == said


def test_given_up_work_is_shown_and_does_not_count() -> None:
    """With a backup worker the slow one is interrupted in every step but the last."""
    table = schedule(train(SynchronousServer, TASK, 3, need=3, slow={4: 5.0}))
    assert table[table.job == "given up"].worker.tolist() == [4, 4]
    assert (table.job == "computing").sum() == 3 * 3 + 1


def test_messy_tables_are_messy_and_the_same_again() -> None:
    """Gaps and values far off, and equal for equal arguments."""
    left, right = messy_tables(200, seed=3)
    assert (left == messy_tables(200, seed=3)[0]).sum() == left.size - 10  # ten gaps, which equal nothing
    assert (right[:, 2] == 1000.0).sum() == 1
