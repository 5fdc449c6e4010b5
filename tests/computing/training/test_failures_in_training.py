"""What a crash does to each way to train, and what is lost."""

import numpy as np
import pytest

from distlab.computing.training import (
    AsynchronousServer,
    Descent,
    Examples,
    Logistic,
    RingReplica,
    StaleSynchronousServer,
    SynchronousServer,
    Task,
    final_parameters,
    idle_share,
    losses,
    schedule,
    shares,
    time_to_loss,
    train,
)
from distlab.sim import Crash, Outage, Trace

TASK = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.5, momentum=0.5))
GENTLE = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.1))


def _versions(trace: Trace) -> list[int]:
    return trace.records.query("event == 'updated'").version.astype(int).tolist()


def _finished(trace: Trace) -> bool:
    return bool((trace.records.event == "finished").any())


@pytest.mark.parametrize("way", [SynchronousServer, RingReplica])
def test_one_dead_worker_stops_the_barrier(way: type) -> None:
    """It dies in step 4: three steps are made, and no more."""
    trace = train(way, TASK, 10, faults=[Crash(2, at=3.5)], until=100.0)
    assert max(_versions(trace)) == 3
    assert not _finished(trace)


def test_with_patience_the_others_go_on() -> None:
    """Each step then takes as long as the patience, and leaves out a quarter of the examples."""
    trace = train(SynchronousServer, TASK, 10, patience=1.5, faults=[Crash(2, at=3.5)])
    made = trace.records.query("event == 'updated'")
    assert made.time.tolist() == [1.0, 2.0, 3.0] + [3.0 + 1.5 * k for k in range(1, 8)]
    assert made.samples.astype(int).tolist() == [64] * 3 + [48] * 7


def test_with_backup_workers_a_dead_one_costs_nothing() -> None:
    """Three of four are needed: all steps are made in their time."""
    trace = train(SynchronousServer, TASK, 10, need=3, faults=[Crash(2, at=3.5)])
    assert _finished(trace)
    assert trace.end == 10.0


def test_a_worker_that_comes_back_joins_again() -> None:
    """It asks for the parameters and computes the step that all wait for; nothing else is lost."""
    trace = train(SynchronousServer, TASK, 10, faults=[Outage(2, at=3.5, until=6.0)])
    assert trace.end == 10.0 + 3.0  # step 4 ends at 7 s instead of 4 s
    assert np.abs(final_parameters(trace) - TASK.serial(10)[-1]).max() < 1e-12


@pytest.mark.parametrize("checkpoint", [1, 3, 4, None])
def test_a_server_that_comes_back_goes_on_from_its_checkpoint(checkpoint: int | None) -> None:
    """At 7.5 s seven steps were made; those since the checkpoint are made again."""
    trace = train(SynchronousServer, TASK, 10, checkpoint=checkpoint, faults=[Outage("server", 7.5, 8.0)])
    saved = 7 - 7 % checkpoint if checkpoint else 0
    assert _versions(trace) == [*range(1, 8), *range(saved + 1, 11)]
    assert trace.end == 8.0 + (10 - saved)
    assert np.abs(final_parameters(trace) - TASK.serial(10)[-1]).max() < 1e-12


def test_without_a_bound_a_dead_worker_stops_nobody() -> None:
    """The others make all their steps; with a bound of 2 they make 3 more than the dead one."""
    free = train(AsynchronousServer, GENTLE, 10, faults=[Crash(2, at=3.5)], until=100.0)
    bound = train(StaleSynchronousServer, GENTLE, 10, bound=2, faults=[Crash(2, at=3.5)], until=100.0)
    assert max(_versions(free)) == 3 * 10 + 3
    assert max(_versions(bound)) == 3 * (3 + 2 + 1) + 3


@pytest.mark.parametrize("workers", [2, 4, 8])
@pytest.mark.parametrize("slow", [1.0, 3.0, 10.0])
def test_the_mean_staleness_is_n_minus_1_whatever_the_speeds(workers: int, slow: float) -> None:
    """Each step of the server is news for the N-1 others: all but the last, unread, ones are counted."""
    task = Task(Logistic(8), Examples("clouds"), shares(64, workers), Descent(0.01))
    trace = train(AsynchronousServer, task, 400, slow={1: slow}, until=200.0)
    made = trace.records.query("event == 'updated'")
    assert made.staleness.mean() == pytest.approx(workers - 1, abs=0.12)


def test_a_slow_worker_holds_up_the_barrier_but_not_the_others() -> None:
    """Ten times slower: the barrier takes ten times as long, asynchronous descent hardly longer to a loss."""
    goal = 0.36
    barrier = time_to_loss(train(SynchronousServer, GENTLE, 60, slow={4: 10.0}), GENTLE, goal)
    free = time_to_loss(train(AsynchronousServer, GENTLE, 60, slow={4: 10.0}), GENTLE, goal)
    assert free < barrier / 5


def test_who_waits_is_seen_in_the_schedule() -> None:
    """One of four takes twice as long: the three others are idle for half of the time."""
    trace = train(SynchronousServer, TASK, 5, slow={4: 2.0})
    assert idle_share(trace) == pytest.approx(3 / 8)
    assert schedule(trace).groupby("worker").size().to_dict() == {1: 5, 2: 5, 3: 5, 4: 5}


def test_the_loss_really_falls() -> None:
    """From that of a coin to less than two thirds of it."""
    table = losses(train(SynchronousServer, TASK, 40), TASK)
    assert table.loss.iloc[0] == pytest.approx(np.log(2))
    assert table.loss.iloc[-1] < 0.4


def test_nothing_that_was_sent_can_change() -> None:
    """What a message holds is bytes, and what is read from it refuses to be written to."""
    trace = train(SynchronousServer, TASK, 1)
    from distlab.computing.training import unpack

    with pytest.raises(ValueError, match="read-only"):
        unpack(trace.messages.message.iloc[0].values)[0] = 1.0


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Descent(0.0), "rate must be a number above 0; got 0.0"),
        (lambda: Descent(0.1, momentum=1.0), "momentum must be from 0 to below 1; got 1.0"),
        (lambda: Examples("moons"), "shape must be one of 'clouds', 'line', 'rings'; got 'moons'"),
        (lambda: Examples(samples=0), "samples must be a whole number of 1 or more; got 0"),
        (lambda: Task(Logistic(8), Examples(), (60,), Descent(0.1)), "divisor of the 512 examples; they"),
        (lambda: shares(3, 4), "total must be a whole number of 4 or more, one per worker; got 3"),
        (lambda: SynchronousServer(TASK, 3, need=5), "need must be at most the number of workers, 4; got 5"),
        (lambda: StaleSynchronousServer(TASK, 3, bound=0.5), "bound must be a whole number of 0 or more"),
        (lambda: SynchronousServer(TASK, 3, line=0.0), "line must be more than 0 bytes per second, or None"),
        (lambda: train(SynchronousServer, TASK, 3, slow={9: 2.0}), "slow must name workers from 1 to 4"),
        (lambda: train(Crash, TASK, 3), "way must be a class of parameter servers or of replicas; got Crash"),
    ],
)  # fmt: skip
def test_bad_input_is_answered_by_one_sentence(make: object, said: str) -> None:
    """The sentence names the argument, the value, and what would be right."""
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        make()  # type: ignore[operator]
