"""The published figures of lecture 08, and the closed forms at other values."""

import numpy as np
import pytest

from distlab.computing.training import (
    Descent,
    Examples,
    LeastSquares,
    Logistic,
    Perceptron,
    RingAllReduce,
    RingReplica,
    StaleSynchronousServer,
    SynchronousServer,
    Task,
    TreeAllReduce,
    TreeReplica,
    assembled,
    bubble_share,
    exchange,
    final_parameters,
    idle_share,
    largest_gap,
    ring_bytes,
    ring_seconds,
    run_hybrid,
    run_pipeline,
    run_tensor,
    server_bytes,
    server_seconds,
    shares,
    step_times,
    straggler_step,
    straggler_steps,
    train,
    tree_seconds,
)
from distlab.course import compare
from distlab.metrics import message_bytes, message_counts
from distlab.sim import Exponential, LogNormal, Network, Simulation, Trace, Uniform


def _within(figure: str, measured: dict[str, object]) -> bool:
    return bool((compare(figure, measured)["within tolerance"] == "yes").all())


@pytest.mark.parametrize("n", [2, 3, 4, 5, 8, 16, 64])
def test_each_node_of_a_ring_sends_2_n_minus_1_over_n_times_the_size(n: int) -> None:
    """DT-1, and other N: the bytes of each node, and one message per hop and node."""
    size = 8 * n * 3
    trace = exchange(RingAllReduce, n, size)
    assert (message_bytes(trace, "sender")["sent"] == ring_bytes(n, size)).all()
    assert (message_counts(trace, "sender")["sent"] == 2 * (n - 1)).all()


def test_the_published_ring() -> None:
    """DT-1 as it is published."""
    traces = {f"N={n}": exchange(RingAllReduce, n, 8 * 64) for n in (2, 4, 8, 64)}
    sent = {n: float(message_bytes(trace, "sender")["sent"].iloc[0]) / 512 for n, trace in traces.items()}
    steps = {n: int(message_counts(trace, "sender")["sent"].iloc[0]) for n, trace in traces.items()}
    assert _within("DT-1", {"sent_over_size": sent, "steps": steps})


def test_the_published_costs_of_one_exchange() -> None:
    """DT-2: a ring's seconds, and the bytes in and out of a server."""
    server = message_bytes(exchange("server", 8), "node").iloc[0]
    measured = {"ring_seconds": exchange(RingAllReduce, 8).end, "server_bytes": server.sent + server.received}
    assert _within("DT-2", measured)


@pytest.mark.parametrize("n", [2, 3, 7, 8, 13])
@pytest.mark.parametrize(("latency", "per_byte"), [(1e-4, 1e-9), (0.05, 1e-6), (0.0, 1e-8)])
def test_exchanges_take_as_long_as_the_formulas_say(n: int, latency: float, per_byte: float) -> None:
    """Ring, tree and server, in simulated seconds."""
    size = 8 * n * 100
    for kind, formula in (
        (RingAllReduce, ring_seconds),
        (TreeAllReduce, tree_seconds),
        ("server", server_seconds),
    ):
        measured = exchange(kind, n, size, latency=latency, per_byte=per_byte).end  # type: ignore[arg-type]
        assert measured == pytest.approx(formula(n, size, latency, per_byte), rel=1e-12)


def test_a_server_moves_2_n_times_the_size_in_every_step() -> None:
    """The bytes in and out of a server, over several steps and with a real model."""
    task = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.5))
    server = message_bytes(train(SynchronousServer, task, steps=5), "node").iloc[0]
    assert server.sent + server.received == 5 * server_bytes(4, 8 * task.model.size)


MODELS = [Logistic(2), LeastSquares(2), Perceptron((2, 5, 1)), Perceptron((2, 6, 4, 3, 1))]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("way", [SynchronousServer, RingReplica, TreeReplica])
@pytest.mark.parametrize("batches", [(16,) * 4, (40, 12, 7, 5), (64,)], ids=["even", "uneven", "one"])
def test_data_parallel_equals_one_big_batch(way: type, model: object, batches: tuple[int, ...]) -> None:
    """DT-3: with momentum, even and uneven shares, delays at random: the parameters are the serial ones."""
    shape = "line" if isinstance(model, LeastSquares) else "rings"
    task = Task(model, Examples(shape, 256, 2), batches, Descent(0.2, momentum=0.9))  # type: ignore[arg-type]
    trace = train(way, task, steps=12, compute=Exponential(1.0), latency=Uniform(0.0, 0.5), seed=3)
    difference = float(np.abs(final_parameters(trace) - task.serial(12)[-1]).max())
    assert _within("DT-3", {"largest_difference": difference})


@pytest.mark.parametrize(
    ("stages", "micro"), [(1, 1), (1, 4), (2, 3), (3, 7), (4, 1), (4, 8), (4, 32), (6, 6)]
)
def test_the_bubble_of_a_pipeline(stages: int, micro: int) -> None:
    """DT-4 and other values: (K-1)/(M+K-1) of the time, and the same parameters as on one machine."""
    model = Perceptron((2, 5, 4, 3, 3, 2, 1))
    task = Task(model, Examples("rings", 64, 2), (64,), Descent(0.2, momentum=0.5))
    trace = run_pipeline(task, 2, stages, micro)
    assert idle_share(trace) == pytest.approx(bubble_share(stages, micro), abs=1e-12)
    assert trace.end == 2 * 2 * (micro + stages - 1)
    assert np.abs(assembled(trace, task) - task.serial(2)[-1]).max() < 1e-12


def test_the_published_bubbles() -> None:
    """DT-4 as it is published."""
    task = Task(Perceptron((2, 4, 4, 4, 1)), Examples("rings", 64, 2), (64,), Descent(0.2))
    bubbles = {f"K=4, M={micro}": idle_share(run_pipeline(task, 1, 4, micro)) for micro in (8, 32)}
    assert _within("DT-4", {"bubble": bubbles})


@pytest.mark.parametrize("parts", [1, 2, 3, 4, 8])
def test_a_split_layer_learns_what_the_whole_one_learns(parts: int) -> None:
    """Tensor parallel: the same parameters, and 2(N-1)/N numbers per example and machine."""
    task = Task(Perceptron((2, 8, 1)), Examples("rings", 120, 2), (24,), Descent(0.5, momentum=0.5))
    trace = run_tensor(task, 5, parts)
    assert np.abs(assembled(trace, task) - task.serial(5)[-1]).max() < 1e-12
    assert (message_bytes(trace, "sender")["sent"] == 5 * ring_bytes(parts, 8 * 24)).all()


@pytest.mark.parametrize(
    ("groups", "stages", "micro"), [(1, 2, 4), (2, 2, 4), (3, 2, 2), (2, 3, 8), (4, 1, 1)]
)
def test_hybrid_learns_what_one_machine_learns(groups: int, stages: int, micro: int) -> None:
    """Pipelines that share the examples, with uneven shares and slow links."""
    batches = tuple([8 + 2 * group for group in range(groups)])
    examples = Examples("rings", 6 * sum(batches), 2)
    task = Task(Perceptron((2, 5, 4, 1)), examples, batches, Descent(0.5, momentum=0.5))
    trace = run_hybrid(task, 5, stages, micro, latency=0.3, bandwidth=2000.0)
    assert np.abs(assembled(trace, task) - task.serial(5)[-1]).max() < 1e-12


@pytest.mark.parametrize(("need", "backup"), [(10, 0), (100, 0), (96, 4)])
def test_stragglers_make_steps_as_long_as_published(need: int, backup: int) -> None:
    """DT-6: H_N, and H_(N+B) - H_B with backup workers, within 1.5 %."""
    key = f"{need}+{backup}" if backup else f"N={need}"
    steps = 8_000 if need == 10 else 1_000
    mean = _mean_step(need, backup, steps)
    assert _within("DT-6", {"step_time": {key: mean}})


@pytest.mark.parametrize(("need", "backup"), [(1, 0), (4, 1), (8, 4), (3, 9)])
def test_stragglers_at_other_numbers(need: int, backup: int) -> None:
    """The mean time of a step is within four standard errors of the formula."""
    times = step_times(straggler_steps(need, backup, steps=1_000, seed=5))
    error = times.std() / len(times) ** 0.5
    assert abs(times.mean() - straggler_step(need, backup)) < 4 * error


def _mean_step(need: int, backup: int, steps: int) -> float:
    """Of several short runs, whose memory stays small."""
    runs = [straggler_steps(need, backup, steps // 10, seed) for seed in range(10)]
    return float(np.mean([step_times(trace).mean() for trace in runs]))


@pytest.mark.parametrize("bound", [0, 1, 3])
@pytest.mark.parametrize(
    "compute", [1.0, Exponential(1.0), LogNormal(1.0, 1.5)], ids=["even", "exp", "heavy"]
)
def test_clocks_are_never_further_apart_than_the_bound_and_one(bound: int, compute: object) -> None:
    """DT-7: whatever the delays, and with a slow worker the bound is reached."""
    task = Task(Logistic(2), Examples("clouds", 64, 2), shares(16, 4), Descent(0.05))
    trace = train(StaleSynchronousServer, task, 20, bound=bound, compute=compute, latency=Uniform(0, 0.3),
                  slow={2: 4.0}, seed=2)  # fmt: skip
    gap = largest_gap(trace)
    assert _within("DT-7", {"largest_gap": {f"s={bound}": gap}})
    assert gap == bound + 1


def test_a_bound_of_zero_is_bulk_synchronous() -> None:
    """DT-7: with an N-th of the rate the parameters after every N gradients are those of the barrier."""
    examples = Examples("clouds", 64, 2)
    barrier = Task(Logistic(2), examples, shares(16, 4), Descent(0.4))
    stale = Task(Logistic(2), examples, shares(16, 4), Descent(0.1))
    trace = train(StaleSynchronousServer, stale, 9, bound=0, compute=Exponential(1.0), seed=4)
    assert np.abs(final_parameters(trace) - barrier.serial(9)[-1]).max() < 1e-12


def _ring(values: list[list[float]], **network: object) -> Trace:
    return Simulation([RingAllReduce(each) for each in values], Network(**network)).run()  # type: ignore[arg-type]


def test_a_vector_shorter_than_the_ring_is_summed_too() -> None:
    """Two numbers on five nodes: some chunks are empty."""
    trace = _ring([[1.0, 2.0]] * 5, latency=Uniform(0.0, 1.0))
    assert [np.frombuffer(data).tolist() for data in trace.records["values"]] == [[5.0, 10.0]] * 5
