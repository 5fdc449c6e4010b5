"""The dispatcher does what the papers say: list scheduling, its bounds, its anomalies."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distlab.computing.parallel import (
    ANOMALIES,
    CriticalPathFirst,
    DataParallel,
    Job,
    LongestFirst,
    ShortestFirst,
    SingleMachine,
    TaskParallel,
    anomalies,
    graham_bound,
    least_makespan,
    makespan,
    report,
    run,
    schedule,
)
from tests.computing.random_jobs import jobs


def list_schedule(job: Job, workers: int) -> float:
    """Graham's rule as on paper, without nodes and messages: who is idle takes the first ready task."""
    ends: dict[str, float] = {}
    free = [0.0] * workers
    waiting = list(job.tasks)
    time = 0.0
    while waiting:
        for task in list(waiting):
            ready = all(name in ends and ends[name] <= time for name in task.after)
            if ready and min(free) <= time:
                free[free.index(min(free))] = ends[task.name] = time + task.seconds
                waiting.remove(task)
        time = min((end for end in ends.values() if end > time), default=time)
    return max(ends.values())


def positive(job: Job) -> Job:
    """The same job with tasks of at least one second."""
    for task in job.tasks:
        job = job.with_seconds(task.name, task.seconds + 1)
    return job


@settings(max_examples=150)
@given(jobs(), st.integers(1, 4))
def test_the_dispatcher_is_grahams_list_scheduling(job: Job, workers: int) -> None:
    """With nothing to split and no delay, the simulated makespan is that of the rule on paper."""
    job = positive(job)
    assert makespan(run(TaskParallel, job, workers)) == list_schedule(job, workers)


@settings(max_examples=150)
@given(
    jobs(), st.integers(1, 4), st.sampled_from([TaskParallel, LongestFirst, ShortestFirst, CriticalPathFirst])
)
def test_every_order_keeps_grahams_bound(job: Job, workers: int, order: type[TaskParallel]) -> None:
    """No list schedule is shorter than the span or W/m, and none longer than W/m + (1 - 1/m) S."""
    found = makespan(run(order, job, workers))
    assert least_makespan(job, workers) - 1e-9 <= found <= graham_bound(job, workers) + 1e-9


@settings(max_examples=60)
@given(jobs(), st.integers(1, 4), st.sampled_from([0.0, 0.1]), st.sampled_from([0.0, 0.5]))
def test_a_schedule_is_one(job: Job, workers: int, latency: float, split: float) -> None:
    """Each task runs once and whole, no worker does two things at once, no task before those it waits for."""
    job = positive(job)
    table = schedule(run(TaskParallel, job, workers, latency=latency, split=split))
    tasks = table[table["worker"] != "dispatcher"].set_index("task")
    assert sorted(tasks.index) == sorted(task.name for task in job.tasks)
    assert set(tasks["fate"]) == {"done"}
    for task in job.tasks:
        row = tasks.loc[task.name]
        assert row["end"] - row["start"] == pytest.approx(task.seconds)
        assert all(tasks.loc[name, "end"] <= row["start"] + 1e-9 for name in task.after)
    for _, rows in table.groupby("worker", sort=False):
        rows = rows.sort_values("start")
        assert (rows["end"].to_numpy()[:-1] <= rows["start"].to_numpy()[1:] + 1e-9).all()


@pytest.mark.parametrize("what", ANOMALIES)
def test_grahams_anomalies(what: str) -> None:
    """Graham 1969: 12 s; another order 14, a fourth worker 15, shorter tasks 13, fewer constraints 16."""
    job, workers = anomalies()[what]
    assert makespan(run(TaskParallel, job, workers)) == ANOMALIES[what]


@pytest.mark.parametrize("workers", [2, 3, 4, 7])
def test_the_bound_is_reached(workers: int) -> None:
    """Graham's worst list: m(m-1) tasks of 1 s, then one of m s, end after 2m - 1 s instead of m."""
    short = {f"s{k}": 1.0 for k in range(workers * (workers - 1))}
    assert makespan(run(TaskParallel, Job.of(**short, long=workers), workers)) == 2 * workers - 1
    assert makespan(run(TaskParallel, Job.of(long=workers, **short), workers)) == workers


@pytest.mark.parametrize("workers", [2, 3, 4, 6])
def test_longest_first_at_its_worst(workers: int) -> None:
    """Graham 1969: two tasks each of 2m-1, ..., m+1 s and three of m s end after 4m - 1 s; 3m are enough."""
    lengths = [length for length in range(2 * workers - 1, workers, -1) for _ in range(2)] + [workers] * 3
    job = Job.of(**{f"t{k}": length for k, length in enumerate(lengths)})
    assert makespan(run(LongestFirst, job, workers)) == 4 * workers - 1
    assert job.work / workers == 3 * workers


@settings(max_examples=40)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(1, 3))
def test_longest_first_is_within_four_thirds(lengths: list[int], workers: int) -> None:
    """For independent tasks, longest first takes at most 4/3 - 1/(3m) of the best order's time."""

    def taken(order: tuple[int, ...]) -> float:
        free = [0] * workers
        for length in order:
            free[free.index(min(free))] += length
        return max(free)

    job = Job.of(**{f"t{k}": length for k, length in enumerate(lengths)})
    best = min(map(taken, set(permutations(lengths))))
    assert makespan(run(LongestFirst, job, workers)) <= (4 / 3 - 1 / (3 * workers)) * best + 1e-9


@pytest.mark.parametrize(("workers", "seconds"), [(1, 27.0), (2, 15.0), (3, 14.0), (9, 14.0)])
def test_the_report_on_more_workers(workers: int, seconds: float) -> None:
    """The third worker reaches the span, and no more workers can help."""
    assert makespan(run(TaskParallel, report(), workers)) == seconds


def test_the_critical_path_first_needs_only_two_workers_for_the_report() -> None:
    """In the right order two workers reach the span, which the order of the list misses by a second."""
    assert makespan(run(CriticalPathFirst, report(), workers=2)) == report().span


def test_six_reports_in_three_ways() -> None:
    """One machine 6 x 27 s; whole jobs on four workers ceil(6/4) x 27 s; subtasks 43 s."""
    six = [report()] * 6
    assert makespan(run(SingleMachine, six)) == 162.0
    assert makespan(run(DataParallel, six, workers=4)) == 54.0
    assert makespan(run(TaskParallel, six, workers=4)) == 43.0


@pytest.mark.parametrize("way", [DataParallel, TaskParallel])
def test_two_messages_per_task(way: type[TaskParallel]) -> None:
    """One message hands a task out, one brings the answer."""
    trace = run(way, [report()] * 3, workers=2)
    tasks = 3 if way is DataParallel else 27
    assert trace.messages["type"].value_counts().to_dict() == {"Assign": tasks, "Done": tasks}


def test_an_order_must_choose_what_is_ready() -> None:
    """Something else is answered by a sentence, not by a broken list."""

    class Forgets(TaskParallel):
        def choose(self, ready):
            return None

    with pytest.raises(ValueError, match=r"Forgets.choose\(\) must return one of the ready pieces; got None"):
        run(Forgets, report())
