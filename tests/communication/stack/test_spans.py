"""Spans, paths, and what they add up to."""

from itertools import pairwise

import pytest

from distlab import metrics
from distlab.communication import stack
from distlab.sim import Crash, LossBurst, Outage, Simulation, SimulationError, SlowLink

TROUBLE = {
    "nothing": [],
    "loss": [LossBurst(0.05, at=0.0)],
    "slow link": [SlowLink("front", "server", at=0.0, extra=0.01)],
    "copy down": [Crash("store 2", at=0.5)],
    "server restarts": [Outage("server", at=0.3, until=0.6)],
    "primary restarts": [Outage("store 1", at=0.3, until=0.6)],
}


@pytest.fixture(params=TROUBLE, name="trace")
def _trace(request):
    return stack.serve(rate=60.0, until=2.0, seed=2, faults=TROUBLE[request.param])


def test_the_layers_add_up_to_the_response_time(trace):
    """For every answered request, under load and in every trouble."""
    taken = metrics.response_times(trace)
    numbers = trace.operations.loc[taken.index, "key"]
    found = stack.layers(trace)
    assert found.index.tolist() == sorted(numbers)
    assert found.sum(axis=1).loc[numbers].tolist() == pytest.approx(taken.tolist())


def test_each_step_begins_when_the_one_before_it_ends(trace):
    """The path has no gap and no overlap, from the coming of the request to its response."""
    table = stack.spans(trace)
    times = trace.operations.set_index("key")
    for number, path in table[table.on_path].groupby("request"):
        assert path.start.iloc[0] == pytest.approx(times.invoked[number])
        assert path.end.iloc[-1] == pytest.approx(times.returned[number])
        for one, other in pairwise(path.itertuples()):
            assert one.end == pytest.approx(other.start)


def test_spans_and_layers_agree(trace):
    """The spans on the path, added up by layer, are the layers' table."""
    table = stack.spans(trace)
    path = table[table.on_path].assign(seconds=lambda rows: rows.end - rows.start)
    sums = path.pivot_table(index="request", columns="layer", values="seconds", aggfunc="sum")
    found = stack.layers(trace)
    for layer in stack.LAYERS:
        if layer in sums:
            assert sums[layer].fillna(0.0).tolist() == pytest.approx(found[layer].tolist())


def test_the_path_of_the_course_s_request():
    """8 of 12 spans lie on the path; the own disk and the far copy do not."""
    table = stack.spans(stack.one_request())
    assert table[table.on_path].what.tolist() == [
        "front → server: Request",
        "server computes",
        "server → store 1: Write",
        "store 1 → store 2: Append",
        "store 2 writes to disk",
        "store 2 → store 1: Ack",
        "store 1 → server: Written",
        "server → front: Response",
    ]
    assert set(table[~table.on_path].what) == {
        "store 1 writes to disk",
        "store 1 → store 3: Append",
        "store 3 writes to disk",
        "store 3 → store 1: Ack",
    }


def test_the_wait_for_a_slot_is_a_span_of_the_resources():
    """Of two requests at once and one slot, the second waits as long as the first is served."""
    from distlab.sim import Call

    calls = [Call("front", 0.0, "request")] * 2
    trace = Simulation(stack.nodes(slots=1), stack.network(), workload=calls).run()
    [wait] = stack.spans(trace).query("layer == 'resources'").itertuples()
    assert (wait.request, wait.what, wait.on_path) == (2, "front waits for a slot", True)
    assert (wait.start, wait.end) == pytest.approx((0.0, 0.024))


def test_a_lost_message_and_the_time_out_are_spans():
    """The lost response lies beside the path, the time-out on it."""
    fault = LossBurst(1.0, at=0.021, until=0.023, sender="server")
    table = stack.spans(stack.one_request(faults=[fault]))
    [lost] = table[table.fate != "done"].itertuples()
    assert (lost.what, lost.fate, lost.on_path) == ("server → front: Response", "lost", False)
    [silence] = table[table.what == "front waits for a response in vain"].itertuples()
    assert (silence.layer, silence.on_path) == ("communication", True)
    assert silence.end - silence.start == pytest.approx(0.1)


def test_a_request_without_a_response_has_spans_but_no_path():
    """It is in the table of spans, not in that of layers."""
    trace = stack.one_request(faults=[Crash("store 2", at=0.0), Crash("store 3", at=0.0)])
    table = stack.spans(trace)
    assert len(table)
    assert not table.on_path.any()
    assert stack.layers(trace).empty


@pytest.mark.parametrize("function", [stack.spans, stack.layers])
def test_an_outline_has_no_spans(function):
    """It keeps no messages, and the error says so."""
    trace = Simulation(stack.nodes(), stack.network(), trace="outline").run()
    with pytest.raises(SimulationError, match="needs a full trace"):
        function(trace)


def test_ten_milliseconds_are_ten_milliseconds_to_the_queue():
    """A link and a computation that are 10 ms slower make the others wait equally long."""
    link = stack.layers(stack.serve(seed=1, faults=[SlowLink("front", "server", at=0.0, extra=0.01)]))
    computing = stack.layers(stack.serve(seed=1, compute=0.02))
    assert link.resources.tolist() == pytest.approx(computing.resources.tolist())
    assert (link.communication - computing.communication).tolist() == pytest.approx([0.01] * len(link))
