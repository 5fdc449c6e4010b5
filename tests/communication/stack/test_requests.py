"""One request and many: messages, response times, slots, retries, replicas."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distlab import metrics
from distlab.communication import stack
from distlab.sim import Crash, Cut, Isolate, LossBurst, Outage, Poisson, Simulation

times = st.integers(min_value=0, max_value=30).map(lambda ms: ms / 1000)


def response_time(trace):
    """Seconds until the first response."""
    return metrics.response_times(trace).iloc[0]


@given(link=times, far=times, compute=times, disk=times)
@settings(max_examples=30)
def test_the_response_time_is_the_sum_of_the_path(link, far, compute, disk):
    """Four link delays, the computation, and the round trip and disk of the copy that is nearest."""
    trace = stack.one_request(link=link, far=far, compute=compute, disk=disk, timeout=9.0)
    nearest = min(link, far)
    assert response_time(trace) == pytest.approx(4 * link + compute + 2 * nearest + disk)


@given(link=times, far=times, disk=times)
@settings(max_examples=30)
def test_all_three_wait_for_the_slowest_copy(link, far, disk):
    """With a quorum of three, the farther copy decides."""
    trace = stack.one_request(link=link, far=far, disk=disk, quorum=3, timeout=9.0)
    assert response_time(trace) == pytest.approx(4 * link + 0.01 + 2 * max(link, far) + disk)


@pytest.mark.parametrize(("replicas", "ms"), [(1, 20), (2, 24), (3, 24), (4, 24), (5, 24), (8, 24), (9, 24)])
def test_messages_grow_with_the_copies_and_time_does_not(replicas, ms):
    """4 messages for the two calls and 2 per copy; the time stays, as long as a majority is near."""
    trace = stack.one_request(replicas=replicas)
    assert metrics.messages_sent(trace) == 4 + 2 * (replicas - 1)
    assert response_time(trace) == pytest.approx(ms / 1000)


@pytest.mark.parametrize("quorum", [1, 2, 3])
def test_a_quorum_bears_as_many_dead_replicas_as_it_leaves_out(quorum):
    """With q of three, 3 - q copies may be down, and with one more nothing is answered."""
    for down in range(3):
        faults = [Crash(id, at=0.0) for id in ("store 2", "store 3")[:down]]
        trace = stack.one_request(quorum=quorum, faults=faults)
        assert trace.operations.status.tolist() == ["ok" if down <= 3 - quorum else "unknown"]


def test_there_are_never_more_requests_in_service_than_slots():
    """Under load all slots are used, and never one more."""
    trace = stack.serve(rate=200.0, until=1.0, seed=3, slots=2)
    table = stack.spans(trace)
    first = table[table.what == "front → server: Request"].groupby("request").start.min()
    ended = trace.operations.set_index("key").returned
    in_service = [int(((first <= time) & (ended[first.index] > time)).sum()) for time in first]
    assert max(in_service) == 2


def test_slots_are_given_in_the_order_of_coming():
    """The queue is first come, first served."""
    table = stack.spans(stack.serve(rate=200.0, until=1.0, seed=3, slots=2))
    first = table[table.what == "front → server: Request"].groupby("request").start.min()
    assert first.is_monotonic_increasing


def test_one_slot_is_a_queue_of_type_m_d_1():
    """With one slot and constant steps, the mean wait is that of Pollaczek and Khinchine, within 3 %."""
    rate, held = 20.0, 0.024
    calls = [Poisson(rate, "request", until=150.0, nodes=["front"])]
    taken = []
    for seed in range(10):
        nodes = stack.nodes(slots=1, replicas=2)
        sim = Simulation(nodes, stack.network(replicas=2), workload=calls, seed=seed, trace="outline")
        taken += metrics.response_times(sim.run()).tolist()
    expected = rate * held**2 / (2 * (1 - rate * held))
    assert sum(taken) / len(taken) - held == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("message", ["Request", "Write", "Written", "Response"])
def test_any_lost_message_of_the_call_costs_one_time_out(message):
    """Whichever of the four is lost, the caller waits for its time-out, asks again, and is answered."""
    link = {
        "Request": Cut("front", "server", at=0.0, until=0.05),
        "Write": Cut("server", "store 1", at=0.0, until=0.05),
        "Written": Cut("store 1", "server", at=0.0, until=0.05),
        "Response": Cut("server", "front", at=0.0, until=0.05),
    }[message]
    trace = stack.one_request(faults=[link])
    assert trace.messages.query("fate == 'cut'").type.tolist() == [message]
    assert trace.messages.query("type == 'Request'").sent.round(6).tolist() == [0.0, 0.1]
    again = 0.020 if message in ("Written", "Response") else 0.024  # the copies have it already
    assert response_time(trace) == pytest.approx(0.1 + again)


def test_after_the_last_try_nobody_knows():
    """A server that is cut off gets three tries; then the request ends, and its slot is free again."""
    trace = stack.serve(rate=5.0, until=1.0, seed=1, slots=1, faults=[Isolate("server", at=0.0)])
    assert set(trace.operations.status) == {"unknown"}
    sent = trace.messages.groupby([message.number for message in trace.messages.message]).size()
    assert set(sent) == {3}
    assert len(sent) == len(trace.operations)


def test_a_late_response_is_not_counted_twice():
    """With a time-out that is too short the server answers twice; the request ends once."""
    trace = stack.one_request(timeout=0.01)
    assert (trace.messages.type == "Response").sum() > 1
    assert trace.operations.status.tolist() == ["ok"]


def test_a_primary_that_comes_back_has_its_log():
    """What is on disk survives: the request is tried again and is not stored twice."""
    trace = stack.one_request(faults=[Outage("store 1", at=0.0165, until=0.05)])
    assert trace.operations.status.tolist() == ["ok"]
    assert trace.records.query("event == 'stored'").node.value_counts().to_dict() == {
        "store 1": 1,
        "store 2": 1,
        "store 3": 1,
    }


def test_the_same_seed_gives_the_same_requests_whatever_is_broken():
    """Degrading a layer moves no arrival, and the same arguments give the same trace."""
    healthy, broken = stack.serve(seed=4), stack.serve(seed=4, slots=1, compute=0.02)
    assert healthy.operations.invoked.tolist() == broken.operations.invoked.tolist()
    assert healthy.digest() == stack.serve(seed=4).digest()
    lossy = stack.serve(seed=4, faults=[LossBurst(0.1, at=0.0)])
    assert healthy.operations.invoked.tolist() == lossy.operations.invoked.tolist()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"slots": 0}, "slots must be a whole number, 1 or more; got 0."),
        ({"slots": 1.5}, "slots must be a whole number, 1 or more; got 1.5."),
        ({"tries": True}, "tries must be a whole number, 1 or more; got True."),
        ({"timeout": 0}, "timeout must be a number of seconds, more than 0; got 0."),
        ({"compute": -1}, "compute must be a number of seconds, 0 or more; got -1."),
        ({"disk": "slow"}, "disk must be a number of seconds, 0 or more; got 'slow'."),
        ({"replicas": 0}, "replicas must be a whole number, 1 or more; got 0."),
        ({"quorum": 4}, "quorum must be 1 to 3, the number of replicas; got 4."),
        ({"quorum": 0}, "quorum must be 1 to 3, the number of replicas; got 0."),
        ({"replicas": 1, "quorum": 2}, "quorum must be 1 to 1, the number of replicas; got 2."),
    ],
)
def test_a_wrong_argument_gets_a_sentence(arguments, sentence):
    """Each names the argument, the value, and what would be right."""
    with pytest.raises(ValueError, match=sentence.replace(".", r"\.")):
        stack.one_request(**arguments)


def test_a_stack_of_two_nodes_is_refused():
    """Fewer than a front, a server and a store make no stack."""
    with pytest.raises(ValueError, match="n must be 3 or more"):
        stack.sized(2)
