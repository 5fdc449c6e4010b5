"""Work that occupies a node's workers."""

import math

import pytest

from distlab.sim import (
    Arrivals,
    Call,
    ClockDrift,
    ContractError,
    Crash,
    Node,
    Pause,
    Poisson,
    Recover,
    Simulation,
    cluster,
)


class Server(Node):
    def __init__(self, duration=1.0, workers=1):
        self.duration = duration
        self.workers = workers

    def job(self, duration=None):
        self.work(self.duration if duration is None else duration, self.done)

    def done(self):
        self.record("done")


def serve(*calls, workers=1, duration=1.0, faults=(), until=None):
    """A run of one server: calls are (time, duration)."""
    workload = [Call(1, at, "job", args) for at, *args in calls]
    sim = Simulation({1: Server(duration, workers)}, faults=faults, workload=workload)
    return sim.run(until=until)


def spans(trace):
    """(arrived, started, ended) of each piece of work."""
    return trace.works[["arrived", "started", "ended"]].values.tolist()


def test_a_free_worker_starts_at_once():
    """Work takes its duration."""
    assert spans(serve((1.0,), (5.0,))) == [[1.0, 1.0, 2.0], [5.0, 5.0, 6.0]]


def test_more_work_waits_first_come_first_served():
    """Lindley's recursion: start = max(arrival, end of the one before)."""
    trace = serve((0.0, 3.0), (1.0, 1.0), (1.5, 2.0), (7.0, 1.0))
    assert spans(trace) == [[0.0, 0.0, 3.0], [1.0, 3.0, 4.0], [1.5, 4.0, 6.0], [7.0, 7.0, 8.0]]


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
def test_a_batch_on_several_workers(workers):
    """Of a batch of ten jobs of 1 s, job k ends after ceil(k / workers) seconds."""
    trace = serve(*[(0.0,)] * 10, workers=workers)
    assert trace.works.ended.tolist() == [math.ceil((k + 1) / workers) for k in range(10)]


def test_regular_arrivals_at_a_regular_server_never_wait():
    """D/D/1 below its capacity: each job finds the worker free."""
    sim = Simulation({1: Server(0.9)}, workload=[Arrivals(1.0, "job", until=50.0)])
    table = sim.run().works
    assert (table.started == table.arrived).all()


def test_regular_arrivals_above_the_capacity_wait_longer_and_longer():
    """D/D/1 with a load of 1.25: the k-th job waits k/4 of the gap."""
    sim = Simulation({1: Server(1.25)}, workload=[Arrivals(1.0, "job", until=40.0)])
    table = sim.run().works
    assert (table.started - table.arrived).tolist() == pytest.approx([0.25 * k for k in range(40)])


@pytest.mark.parametrize("load", [0.3, 0.6])
def test_random_arrivals_at_a_regular_server_wait_as_pollaczek_and_khinchine_say(load):
    """M/D/1: the mean wait is load / (2 (1 - load)) services (Pollaczek 1930, Khinchine 1932)."""
    sim = Simulation({1: Server(1.0)}, workload=[Poisson(load, "job", until=60_000.0)], seed=3)
    table = sim.run().works
    assert (table.started - table.arrived).mean() == pytest.approx(load / (2 * (1 - load)), rel=0.05)


def test_a_crash_loses_running_and_waiting_work():
    """What had begun has a start but no end; what waited has neither; the workers are free after recovery."""
    trace = serve((0.0, 3.0), (1.0, 1.0), (5.0, 1.0), faults=[Crash(1, 2.0), Recover(1, 4.0)])
    table = trace.works
    assert table.fate.tolist() == ["cancelled", "cancelled", "done"]
    assert table.started.fillna(-1).tolist() == [0.0, -1, 5.0]
    assert table.ended.fillna(-1).tolist() == [-1, -1, 6.0]


def test_a_pause_makes_work_take_longer():
    """Running work is interrupted, waiting work begins later, by the length of the pause."""
    trace = serve((0.0, 2.0), (0.5, 2.0), (6.0, 1.0), faults=[Pause(1, 1.0, 3.0)])
    assert spans(trace) == [[0.0, 0.0, 5.0], [0.5, 5.0, 7.0], [6.0, 7.0, 8.0]]
    assert trace.records.time.tolist() == [5.0, 7.0, 8.0]


def test_work_asked_for_during_a_pause_begins_after_it():
    """The call waits, and a worker that was free is free."""
    trace = serve((1.5, 1.0), faults=[Pause(1, 1.0, 3.0)])
    assert spans(trace) == [[4.0, 4.0, 5.0]]


def test_overlapping_pauses_count_once():
    """Work is postponed by the time that the node really stood still."""
    trace = serve((0.0, 2.0), faults=[Pause(1, 1.0, 2.0), Pause(1, 2.0, 2.0), Pause(1, 2.5, 0.5)])
    assert spans(trace) == [[0.0, 0.0, 5.0]]


def test_a_drifting_clock_does_not_change_how_fast_a_node_works():
    """Durations of work are real seconds."""
    assert spans(serve((1.0, 2.0), faults=[ClockDrift(1, 0.5, 2.0)])) == [[1.0, 1.0, 3.0]]


def test_at_the_end_of_the_run_work_is_pending():
    """What has begun has a start; what waits has none yet."""
    table = serve((0.0, 3.0), (1.0, 1.0), until=2.0).works
    assert table.fate.tolist() == ["pending", "pending"]
    assert table.started.fillna(-1).tolist() == [0.0, -1]
    assert table.ended.isna().all()


def test_work_of_no_duration_is_done_at_once():
    """It still passes through the queue."""
    assert spans(serve((1.0, 0.0), (1.0, 2.0), (1.5, 0.0))) == [
        [1.0, 1.0, 1.0],
        [1.0, 1.0, 3.0],
        [1.5, 3.0, 3.0],
    ]


def test_a_node_handles_messages_while_it_works():
    """Workers are apart from handlers."""

    class Busy(Server):
        def look(self):
            self.record("looked")

    workload = [Call(1, 0.0, "job", (5.0,)), Call(1, 1.0, "look")]
    assert Simulation({1: Busy()}, workload=workload).run().records.time.tolist() == [1.0, 5.0]


def test_work_is_pending_until_it_is_done():
    """What ``work`` returns can be asked."""

    class Asking(Node):
        def on_start(self):
            self.job = self.work(1.0, self.done)
            self.record("asked", pending=self.job.pending)

        def done(self):
            self.record("asked", pending=self.job.pending)

    assert Simulation(cluster(Asking, 1)).run().records.pending.tolist() == [True, False]


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (
            lambda node: node.work(1.0, node.on_start).cancel(),
            "Any 1: work cannot be cancelled once it is queued.",
        ),
        (
            lambda node: node.work(1.0, node.on_start).reset(),
            "Any 1: work cannot be reset; call self.work(...) again.",
        ),
        (
            lambda node: node.work(-1, node.on_start),
            "Any 1 called work(-1, ...): the duration must be 0 seconds or more.",
        ),
        (
            lambda node: node.work(1.0, None),
            "Any 1 called work(1.0, None): it needs one of the node's own methods, such as self.on_timeout, "
            "without brackets.",
        ),
    ],
)
def test_work_that_cannot_be_is_refused(act, sentence):
    """In one sentence."""

    class Any(Node):
        def on_start(self):
            act(self)

    with pytest.raises(ContractError) as error:
        Simulation(cluster(Any, 1)).run()
    assert str(error.value) == sentence


@pytest.mark.parametrize("workers", [0, 1.5, "two", True])
def test_workers_are_a_whole_number(workers):
    """One at least."""
    with pytest.raises(ContractError) as error:
        serve((0.0,), workers=workers)
    assert str(error.value) == f"Server 1: workers must be a whole number, 1 or more; got {workers!r}."
