"""What the experiments measure, on runs whose answer is known."""

from math import isnan
from typing import Any

import pytest

from distlab.coordination.mutex import Contender, RicartAgrawala
from distlab.coordination.mutex.measures import measure, overlaps
from distlab.coordination.mutex.mutex_experiments import (
    ALGORITHMS,
    contenders,
    disturbed,
    idle,
    lap,
    one_at_a_time,
    saturated,
    under_load,
)
from distlab.metrics import jain_index
from distlab.sim import Call, Crash, Simulation, Trace, cluster


class Scripted(Contender):
    """Enters when it is told to, whatever the others do."""

    def acquire(self) -> None:
        self.wait()

    def go_in(self) -> None:
        """Enter now."""
        self.enter()


def script(*visits: tuple[int, float, float, float], faults: Any = ()) -> Trace:
    """(node, asked, entered, left) of each visit."""
    calls = []
    for node, asked, entered, left in visits:
        calls += [Call(node, asked, "request", (left - entered,)), Call(node, entered, "go_in")]
    return Simulation(cluster(Scripted, 3), faults=faults, workload=calls).run(until=10.0)


def test_times_and_counts() -> None:
    """Three visits by hand: waits 1, 3 and 4 seconds, delays of half a second and one second."""
    found = measure(script((1, 0.0, 1.0, 2.0), (2, 0.5, 4.5, 5.0), (3, 1.0, 4.0 - 1.5, 4.0)))
    assert found.entries == 3
    assert found.messages == 0
    assert found.wait == pytest.approx((1 + 4 + 1.5) / 3)
    assert found.wait_p99 == 4.0
    assert found.synchronisation_delay == pytest.approx((0.5 + 0.5) / 2)
    assert found.throughput == pytest.approx(0.3)
    assert (found.overtaken, found.most_overtaken) == (pytest.approx(1 / 3), 1)
    assert found.jain == 1.0


def test_jain_is_the_index_of_the_metrics() -> None:
    """The same number as distlab.metrics gives for the entries per node."""
    trace = script((1, 0.0, 1.0, 2.0), (1, 2.5, 3.0, 4.0), (2, 4.0, 5.0, 6.0))
    assert measure(trace).jain == pytest.approx(jain_index([2, 1, 0]))
    assert measure(trace, nodes=[1, 2]).jain == pytest.approx(jain_index([2, 1]))


def test_only_a_part_counts() -> None:
    """With since and until, what was before and after is left out."""
    trace = script((1, 0.0, 1.0, 2.0), (2, 2.5, 3.0, 4.0), (3, 4.0, 5.0, 6.0))
    part = measure(trace, since=2.0, until=4.5)
    assert (part.entries, part.wait, part.throughput) == (1, 0.5, pytest.approx(0.4))


def test_a_run_without_entries() -> None:
    """What did not happen is NaN and not 0."""
    nothing = measure(script())
    assert nothing.entries == 0
    assert all(
        isnan(value)
        for value in (
            nothing.wait,
            nothing.synchronisation_delay,
            nothing.messages_per_entry,
            nothing.jain,
            nothing.busiest,
        )
    )


def test_overlaps_are_counted() -> None:
    """Two inside at once is one overlap; a node that crashed is no longer inside."""
    two = ((1, 0.0, 1.0, 3.0), (2, 0.0, 2.0, 4.0))
    assert overlaps(script(*two)) == 1
    assert overlaps(script(*two, faults=[Crash(1, at=1.5)])) == 0
    assert overlaps(script((1, 0.0, 1.0, 2.0), (2, 0.0, 2.5, 4.0))) == 0


def test_a_request_counts_from_when_it_was_made() -> None:
    """Given when the outside world asked, the wait includes the time behind the node's earlier requests."""
    calls = [Call(2, 0.0, "request", (1.0,)), Call(2, 0.0, "request", (1.0,))]
    trace = Simulation(cluster(RicartAgrawala, 3), workload=calls).run()
    assert measure(trace).wait == pytest.approx(0.02)
    assert measure(trace, [(0.0, 2), (0.0, 2)]).wait == pytest.approx((0.02 + 1.04) / 2)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_same_arguments_give_the_same_numbers(algorithm: str) -> None:
    """Each experiment depends on its arguments only, and on the seed."""
    for experiment in (
        lambda seed: one_at_a_time(algorithm, 4, 5, seed),
        lambda seed: saturated(algorithm, 4, 3, seed),
        lambda seed: under_load(algorithm, 4, 0.3, 2.0, seed),
        lambda seed: disturbed(algorithm, "peer", False, seed=seed, seconds=2.0),
    ):
        assert repr(experiment(1)) == repr(experiment(1))
    assert under_load(algorithm, 4, 0.3, 2.0, 1) != under_load(algorithm, 4, 0.3, 2.0, 2)


def test_only_rings_are_busy_when_idle() -> None:
    """Where nobody asks, only tokens that go round cost messages: one per message delay."""
    for algorithm in ALGORITHMS:
        ring = algorithm in ("token ring", "two-layer ring")
        assert idle(algorithm, 6) == pytest.approx(100 if ring else 0, rel=0.05)


@pytest.mark.parametrize(("groups", "size"), [(2, 2), (4, 4), (8, 8)])
def test_rounds_of_the_token(groups: int, size: int) -> None:
    """One ring takes n - g local and g wide steps; two layers g wide ones; a mixed ring n wide ones."""
    local, wide = 0.0005, 0.03
    n = groups * size
    assert lap("token ring", groups, size) == pytest.approx((n - groups) * local + groups * wide)
    assert lap("token ring", groups, size, mixed=True) == pytest.approx(n * wide)
    assert lap("two-layer ring", groups, size) == pytest.approx(groups * wide)


def test_the_coordinator_is_in_every_message() -> None:
    """The busiest node has a part in all messages of the centralised algorithm; 2/n where all are alike."""
    assert saturated("centralised", 9).busiest == 1.0
    assert saturated("Ricart-Agrawala", 9).busiest == pytest.approx(2 / 9)


def test_load_is_the_share_of_the_time_inside() -> None:
    """Throughput times hold is the load, as long as the algorithm keeps up."""
    for algorithm in ("centralised", "Suzuki-Kasami"):
        served = under_load(algorithm, 9, load=0.4, seconds=100.0, hold=0.05)
        assert served.throughput * 0.05 == pytest.approx(0.4, rel=0.1)


def test_what_cannot_be_set_up() -> None:
    """Wrong names and numbers are answered by a sentence."""
    with pytest.raises(ValueError, match=r"algorithm must be one of 'centralised', .*; got 'Peterson'"):
        contenders("Peterson", 3)
    with pytest.raises(ValueError, match=r"load must be more than 0 .*; got 0"):
        under_load("Lamport", 3, 0)
    with pytest.raises(ValueError, match=r"victim must be .*; got 'coordinator' of 'Lamport'"):
        disturbed("Lamport", "coordinator", remedy=False)
