"""Jobs: tasks, what waits for what, and how long they take at least."""

from itertools import pairwise

import pytest
from hypothesis import given

from distlab.computing.parallel import Job, Task, report, shares, whole, with_serial_part
from tests.computing.random_jobs import jobs


def longest_chain(job: Job, name: str) -> float:
    """The length of the longest chain that ends with a task, by trying all of them."""
    return job[name].seconds + max((longest_chain(job, before) for before in job[name].after), default=0.0)


@given(jobs())
def test_the_span_is_the_longest_chain(job: Job) -> None:
    """The span equals the longest of all chains, and the critical path is a chain of that length."""
    assert job.span == max(longest_chain(job, task.name) for task in job.tasks)
    path = job.critical_path
    assert sum(job[name].seconds for name in path) == job.span
    assert all(before in job[name].after for before, name in pairwise(path))
    assert not job[path[0]].after


@given(jobs())
def test_slack_is_what_a_task_may_take_longer(job: Job) -> None:
    """A task that takes longer by its slack leaves the span as it is; one second more adds one second."""
    for name, slack in job.slack().items():
        length = job[name].seconds
        assert job.with_seconds(name, length + slack).span == job.span
        assert job.with_seconds(name, length + slack + 1).span == job.span + 1


@given(jobs())
def test_tasks_on_the_critical_path_have_no_slack(job: Job) -> None:
    """None of them can be late without making the job late."""
    slack = job.slack()
    assert {slack[name] for name in job.critical_path} == {0.0}


@given(jobs())
def test_every_task_stands_behind_what_it_waits_for(job: Job) -> None:
    """The order holds each task once, and none before a task that it waits for."""
    names = [task.name for task in job.order()]
    assert sorted(names) == sorted(task.name for task in job.tasks)
    assert all(names.index(before) < names.index(task.name) for task in job.tasks for before in task.after)


def test_the_report_of_the_lesson() -> None:
    """27 seconds of work, 14 of them one after the other; text and photos could be late."""
    job = report()
    assert (job.work, job.span) == (27.0, 14.0)
    late = {name: slack for name, slack in job.slack().items() if slack}
    assert late == {"totals": 3.0, "text": 3.0, "photos": 6.0, "scale": 6.0}


@pytest.mark.parametrize("pieces", [1, 2, 7, 100])
@pytest.mark.parametrize("skew", [0.0, 0.5, 1.0, 2.0])
def test_shares_are_all_of_the_work(pieces: int, skew: float) -> None:
    """However it is cut, nothing is lost, and share k is k ** -skew of the first."""
    tasks = shares(60.0, pieces, skew).tasks
    assert len(tasks) == pieces
    assert sum(task.seconds for task in tasks) == pytest.approx(60.0)
    assert tasks[-1].seconds == pytest.approx(tasks[0].seconds * pieces**-skew)


@pytest.mark.parametrize(("parallel", "span"), [(0.0, 12.0), (0.5, 7.5), (1.0, 3.0)])
def test_a_serial_part_is_the_floor_of_the_span(parallel: float, span: float) -> None:
    """Amdahl's job: the serial part, then one of four shares."""
    job = with_serial_part(12.0, parallel, pieces=4)
    assert (job.work, job.span) == pytest.approx((12.0, span))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: Job(()), "a job needs at least one task; got none."),
        (lambda: Job((Task("a", 1.0), Task("a", 2.0))), "'a' is there twice"),
        (lambda: Job.of(a=(1, "b")), "task 'a' waits for 'b'; the job's tasks are: 'a'."),
        (
            lambda: Job.of(a=(1, "b"), b=(1, "a"), c=1),
            "wait for each other in a circle, or for one: 'a', 'b'.",
        ),
        (
            lambda: Task("a", -1.0),
            "the seconds of task 'a' must be a number of seconds, 0 or more; got -1.0.",
        ),
        (lambda: Task("a", float("nan")), "must be a number of seconds, 0 or more; got nan."),
        (lambda: Task("a", 1.0, after="b"), r"write after=\('b',\)"),
        (lambda: shares(1.0, 0), "pieces must be a whole number of 1 or more; got 0."),
        (lambda: shares(1.0, 2, skew=-1.0), "skew must be a number of 0 or more; got -1.0."),
        (lambda: with_serial_part(1.0, 1.5, 2), "parallel must be a share between 0 and 1; got 1.5."),
    ],
)
def test_what_is_no_job_is_answered_by_a_sentence(wrong, sentence: str) -> None:
    """The sentence names the argument, the value, and what would be right."""
    with pytest.raises(ValueError, match=sentence):
        wrong()


def test_an_unknown_task_is_answered_with_the_known_ones() -> None:
    """Asking a job for a task that it does not have names those that it has."""
    with pytest.raises(KeyError, match="no task 'some'; its tasks are: 'all'"):
        whole(1.0)["some"]
