"""What more workers bring, and what splitting costs, against closed forms."""

import math

import pytest

from distlab import course, metrics
from distlab.computing.parallel import (
    DataParallel,
    TaskParallel,
    batch_makespan,
    best_number_of_pieces,
    fixed_speed_up,
    growing_speed_up,
    makespan,
    run,
    schedule,
    shares,
    skewed_speed_up,
    split_makespan,
    whole,
)


@pytest.mark.parametrize("n", [1, 2, 7, 10, 100])
@pytest.mark.parametrize("parallel", [0.0, 0.5, 0.95, 1.0])
def test_amdahl_and_gustafson_in_the_simulator(n: int, parallel: float) -> None:
    """A serial part and shares for the rest give Amdahl's speed-up, a growing job gives Gustafson's."""
    assert fixed_speed_up(n, parallel) == pytest.approx(metrics.amdahl(n, parallel))
    assert growing_speed_up(n, parallel) == pytest.approx(metrics.gustafson(n, parallel))


def test_the_published_speed_ups() -> None:
    """DT-8: p = 0.95 gives 6.897 and 9.55 on 10 workers, 16.807 and 95.05 on 100."""
    found = {
        "amdahl": {f"N={n}": fixed_speed_up(n, 0.95) for n in (10, 100)},
        "gustafson": {f"N={n}": round(growing_speed_up(n, 0.95), 9) for n in (10, 100)},
    }
    assert list(course.compare("DT-8", found)["within tolerance"]) == ["yes"] * 4


@pytest.mark.parametrize("workers", [1, 2, 4, 5, 12, 20])
def test_whole_jobs_in_rounds(workers: int) -> None:
    """Twelve equal jobs on n workers take ceil(12/n) rounds, and no job takes less than alone."""
    trace = run(DataParallel, [whole(3.0)] * 12, workers)
    assert makespan(trace) == batch_makespan(12, 3.0, workers)
    latencies = metrics.turnaround_times(trace, begin="submitted", end="finished")
    assert latencies.min() == 3.0


@pytest.mark.parametrize("workers", [1, 3, 10])
def test_a_whole_job_is_no_faster_but_its_shares_are(workers: int) -> None:
    """The lecture's data parallelism leaves one job as it is, that of MapReduce divides it by n."""
    assert makespan(run(DataParallel, whole(30.0), workers)) == 30.0
    assert makespan(run(DataParallel, whole(30.0), workers, pieces=workers)) == pytest.approx(30.0 / workers)


@pytest.mark.parametrize("pieces", [1, 2, 5, 12])
@pytest.mark.parametrize("split", [0.0, 0.1, 0.45])
@pytest.mark.parametrize("merge", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("latency", [0.0, 0.25])
def test_the_cost_of_splitting(pieces: int, split: float, merge: float, latency: float) -> None:
    """W/n + 2L + a + b + (n-1) max(a, b): shares leave one by one and results are taken in one by one."""
    options = {"split": split, "merge": merge, "latency": latency}
    trace = run(DataParallel, whole(60.0), pieces, pieces=pieces, **options)
    assert makespan(trace) == pytest.approx(split_makespan(60.0, pieces, **options))
    own = schedule(trace).query("worker == 'dispatcher'")
    assert (own["end"] - own["start"]).sum() == pytest.approx(pieces * (split + merge))


@pytest.mark.parametrize("pieces", [20, 60])
def test_long_splitting(pieces: int) -> None:
    """Without merging, W/n + a n holds too when the first results are there before the last share is."""
    taken = makespan(run(DataParallel, whole(60.0), pieces, pieces=pieces, split=1.0))
    assert taken == pytest.approx(60.0 / pieces + pieces)
    assert taken == pytest.approx(split_makespan(60.0, pieces, split=1.0))


def test_more_workers_than_the_best_number_are_slower() -> None:
    """100 s of work and 0.25 s per share: 20 workers are best, and 40 are slower than 20."""
    best = best_number_of_pieces(100.0, split=0.25)
    taken = {n: makespan(run(DataParallel, whole(100.0), n, pieces=n, split=0.25)) for n in range(1, 61)}
    assert min(taken, key=lambda n: taken[n]) == best == 20
    assert taken[40] > taken[20] == pytest.approx(2 * math.sqrt(100.0 * 0.25))


@pytest.mark.parametrize("n", [2, 10, 50])
@pytest.mark.parametrize("skew", [0.0, 0.5, 1.0, 2.0])
def test_the_largest_share_decides(n: int, skew: float) -> None:
    """A worker for each of n unequal shares: the speed-up is the sum of all shares over the largest."""
    taken = makespan(run(DataParallel, whole(100.0), n, pieces=n, skew=skew))
    assert 100.0 / taken == pytest.approx(skewed_speed_up(n, skew))


@pytest.mark.parametrize("pieces", [4, 8, 16])
def test_a_slow_worker_gets_fewer_of_many_small_shares(pieces: int) -> None:
    """With one share each a worker of speed 0.4 needs 25 s instead of 10; more shares take work off it."""
    taken = makespan(run(DataParallel, whole(40.0), 4, pieces=pieces, speeds=[0.4]))
    assert taken == {4: 25.0, 8: 15.0, 16: 12.5}[pieces]
    assert taken >= 40.0 / 3.4


def test_shares_need_no_dispatcher_of_their_own() -> None:
    """A job that comes in shares takes as long as one that the dispatcher cuts."""
    one = makespan(run(TaskParallel, shares(30.0, 6, 1.0), workers=3))
    assert one == makespan(run(DataParallel, whole(30.0), 3, pieces=6, skew=1.0))


def test_the_closed_form_says_where_it_ends() -> None:
    """When results are merged while shares are still cut out, there is no simple form."""
    with pytest.raises(ValueError, match="split must be at most"):
        split_makespan(10.0, 10, split=1.0, merge=0.1)
    with pytest.raises(ValueError, match=r"work and split must be more than 0 seconds; got 1\.0 and 0"):
        best_number_of_pieces(1.0, split=0)
