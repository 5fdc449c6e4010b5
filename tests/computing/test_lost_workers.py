"""What happens when a worker, the dispatcher or the only machine stops."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distlab.check import check
from distlab.computing.parallel import (
    DataParallel,
    SingleMachine,
    TaskParallel,
    crew,
    finished_by,
    lost_jobs,
    makespan,
    report,
    run,
    schedule,
    whole,
)
from distlab.sim import Crash, Outage


def test_a_share_is_lost_and_done_again() -> None:
    """Shares of d s, one worker dies: noticed after d + patience, done again in d: 2 d + patience."""
    trace = run(DataParallel, whole(40.0), 4, pieces=4, patience=1.5, faults=[Crash(3, at=6.0)])
    assert makespan(trace) == 2 * 10.0 + 1.5
    lost = schedule(trace).query("fate == 'lost'")
    assert lost[["worker", "task", "start", "end"]].to_numpy().tolist() == [[3, "share 3", 0.0, 6.0]]


def test_who_waits_for_ever_never_ends() -> None:
    """Without patience one dead worker is enough, and the job never ends."""
    trace = run(DataParallel, whole(40.0), 4, pieces=4, faults=[Crash(3, at=6.0)])
    assert lost_jobs(trace) == 1
    assert math.isnan(makespan(trace))


@pytest.mark.parametrize(("at", "lost"), [(1.0, 6), (30.0, 5), (161.0, 1), (163.0, 0)])
def test_what_stops_the_machine_stops_every_open_job(at: float, lost: int) -> None:
    """Six jobs of 27 s on one machine: those that are not finished at the crash are lost."""
    assert lost_jobs(run(SingleMachine, [report()] * 6, faults=[Crash("machine", at=at)])) == lost


def test_a_machine_that_comes_back_begins_the_open_jobs_again() -> None:
    """What is finished is on its disk; the job that was under way starts from its beginning."""
    trace = run(SingleMachine, [whole(10.0)] * 3, faults=[Outage("machine", at=15.0, until=20.0)])
    assert trace.records.query("event == 'finished'").time.tolist() == [10.0, 30.0, 40.0]


def test_the_dispatcher_is_a_single_point_of_failure_too() -> None:
    """A dead worker costs no job, the dead dispatcher costs all that are open."""
    six = [report()] * 6
    worker = run(DataParallel, six, 4, patience=1.0, faults=[Crash(2, at=30.0)])
    dispatcher = run(DataParallel, six, 4, patience=1.0, faults=[Crash("dispatcher", at=30.0)])
    assert (lost_jobs(worker), lost_jobs(dispatcher)) == (0, 2)


def test_a_dispatcher_that_comes_back_asks_for_the_rest() -> None:
    """What was taken in is on its disk and is not handed out again."""
    trace = run(TaskParallel, report(), 3, faults=[Outage("dispatcher", at=4.5, until=6.0)])
    given = trace.messages.query("type == 'Assign'").message.map(lambda msg: msg.task).tolist()
    assert given.count("read") == given.count("clean") == 1
    assert lost_jobs(trace) == 0


def test_a_worker_that_comes_back_is_used_again() -> None:
    """It says that it is ready, and what it had is handed out at once, without waiting for the patience."""
    faults = [Outage(1, at=2.0, until=3.0)]
    trace = run(DataParallel, [whole(10.0)] * 2, 2, patience=100.0, faults=faults)
    assert makespan(trace) == 13.0
    assert trace.records.query("event == 'taken back'")[["time", "worker"]].to_numpy().tolist() == [[3.0, 1]]


def test_a_slow_worker_is_not_a_dead_one() -> None:
    """Too little patience: the share is done twice, and counts once."""
    trace = run(DataParallel, whole(20.0), 2, pieces=2, speeds=[0.4], patience=1.0)
    assert schedule(trace).task.tolist().count("share 1") == 2
    assert trace.records.event.tolist().count("finished") == 1
    assert makespan(trace) == 11.0 + 10.0


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.floats(0.0, 25.0), st.floats(0.1, 20.0)), min_size=1, max_size=5
    ),
    st.sampled_from([0.0, 0.01, 0.3]),
)
def test_no_outage_of_workers_loses_a_job(outages: list[tuple[int, float, float]], latency: float) -> None:
    """Whoever stops and comes back when, every job ends, once, and each task was done to its end."""
    faults = [Outage(worker, round(at, 3), round(at + length, 3)) for worker, at, length in outages]
    trace = run(TaskParallel, [report()] * 2, 3, patience=2.0, latency=latency, split=0.05, faults=faults)
    assert finished_by(1000.0)(trace) is None
    done = schedule(trace).query("fate == 'done' and worker != 'dispatcher'")
    assert set(zip(done["job"], done["task"], strict=True)) == {
        (job, task.name) for job in (1, 2) for task in report().tasks
    }


def team(n: int):
    """A dispatcher and n - 1 workers with one report."""
    return crew(TaskParallel, report(), workers=max(1, n - 1), patience=0.5)


def test_the_checker_finds_nothing_when_a_worker_dies() -> None:
    """Any of the workers may die at any time: the report still ends, within 45 s on a real network."""
    for victim in (1, 2):
        for at in (0.0, 1.0, 4.005, 9.9):
            faults = [Crash(victim, at=at)]
            verdict = check(team, finished_by(45.0), 3, 3, faults=faults, within=60.0, progress=False).verdict
            assert verdict == "passed"


def test_the_checker_finds_a_dispatcher_that_forgets() -> None:
    """With the safeguard off, the counterexample names the task and the worker that never answered."""

    class Forgets(TaskParallel):
        def give_up(self, worker):
            self.given.pop(worker)

    def forgetful(n: int):
        return crew(Forgets, report(), workers=max(1, n - 1), patience=0.5)

    faults = [Crash(2, at=1.0)]
    found = check(forgetful, finished_by(45.0), 3, 3, faults=faults, within=60.0, progress=False)
    assert found.verdict == "failed"
    assert "task 'photos' was given to worker 2, which never answered, and to nobody else" in found.sentence


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: run(TaskParallel, report(), 0), "workers must be a whole number of 1 or more; got 0."),
        (lambda: run(TaskParallel, [], 2), r"jobs must be a Job or a list of at least one Job; got \[\]"),
        (lambda: run(TaskParallel, report(), 1, speeds=[1.0, 2.0]), "names 2 workers, but there are only 1"),
        (lambda: run(TaskParallel, report(), 1, speeds=[0.0]), "speed must be a number above 0; got 0.0."),
        (lambda: run(TaskParallel, report(), split=-1.0), "split must be a number of seconds, 0 or more"),
        (
            lambda: run(TaskParallel, report(), patience=-1.0),
            "patience must be a number of seconds, 0 or more",
        ),
        (lambda: run(SingleMachine, report(), split=1.0), "a single machine takes no options; got split=1.0"),
    ],
)
def test_what_cannot_be_run_is_answered_by_a_sentence(wrong, sentence: str) -> None:
    """The sentence names the argument, the value, and what would be right."""
    with pytest.raises(ValueError, match=sentence):
        wrong()


def test_the_same_run_twice_is_the_same() -> None:
    """Two runs with the same arguments leave the same trace."""
    runs = [
        run(TaskParallel, [report()] * 3, 3, latency=0.2, patience=1.0, faults=[Crash(1, at=5.0)])
        for _ in range(2)
    ]
    assert runs[0].digest() == runs[1].digest()


def test_the_rule_tells_what_became_of_a_job() -> None:
    """A job that was never handed out, one that stopped half-way, and one that came late differ."""
    rule = finished_by(20.0)
    assert rule(run(TaskParallel, report(), 3)) is None
    assert rule(run(TaskParallel, report(), 1)) == "the last job ended after 27 s; 20 s are enough."

    class Idle(TaskParallel):
        def hand_out(self):
            pass

    class Stops(TaskParallel):
        def take_in(self, job, task):
            pass

    class Cheats(TaskParallel):
        def give_up(self, worker):
            piece = self.given.pop(worker)
            self.take_in(piece.job, piece.task.name)

    cheating = run(Cheats, report(), 3, patience=1.0, faults=[Crash(2, at=1.0)])
    assert rule(cheating) == "job 1 was called finished, but nobody did its task 'photos'."
    assert rule(run(Idle, report())) == "job 1 never ended: none of its tasks was handed out."
    assert rule(run(Stops, report())) == "job 1 never ended: after 'photos' none of its tasks was handed out."
