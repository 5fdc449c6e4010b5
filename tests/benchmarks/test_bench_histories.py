"""How fast histories are checked. Run by name: ``pytest tests/benchmarks/test_bench_histories.py``."""

import pytest

from distlab.check.histories import (
    CASRegister,
    Counter,
    KeyValue,
    Queue,
    Register,
    Set,
    check_history,
    check_linearizable,
    random_history,
    spoil,
)

SHAPES = {
    "5 clients, 200 operations": {"clients": 5, "operations": 200},
    "12 clients, 500 operations": {"clients": 12, "operations": 500, "overlap": 3.0},
    "20 clients, 1000 operations": {"clients": 20, "operations": 1000, "overlap": 3.0},
}
OBJECTS = {
    "register": (Register(), {}),
    "compare-and-set, 5 values, a tenth lost": (CASRegister(), {"values": 5, "unknown": 0.1}),
    "key-value, 4 keys": (KeyValue(), {"values": 5, "keys": 4}),
    "counter": (Counter(), {}),
    "queue": (Queue(), {}),
    "set": (Set(), {"values": 20}),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("spoiled", [False, True], ids=["right", "spoiled"])
def test_linearizable(benchmark, name, shape, spoiled):
    """A right history, and one with a wrong answer that is found, shrunk and explained."""
    model, options = OBJECTS[name]
    history = random_history(model, **SHAPES[shape], **options, seed=1)
    if spoiled:
        history = spoil(history, model, seed=1)
    verdict = benchmark.pedantic(check_linearizable, (history, model), rounds=3, warmup_rounds=1)
    assert verdict.ok is not None
    assert spoiled or verdict.ok


@pytest.mark.parametrize("level", ["sequential", "causal", "fifo", "monotonic reads", "writes follow reads"])
def test_weaker_levels(benchmark, level):
    """Three hundred operations of a dozen clients, all values different."""
    history = spoil(random_history(Register(), clients=12, operations=300, seed=1), Register(), seed=1)
    assert benchmark.pedantic(check_history, (history, Register(), level), rounds=3).ok is not None
