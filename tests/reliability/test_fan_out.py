import math

import pytest

from distlab.metrics import fan_out_tail, messages_sent, response_times
from distlab.reliability import Leaf, NowAndThen, Root, fan_out
from distlab.reliability.scenarios import searches
from distlab.sim import Call, Constant, Network, Outage, Simulation


def search(nodes, faults=(), calls=(1.0,)):
    """A run of some searches."""
    work = [Call("root", at, "search") for at in calls]
    return Simulation(nodes, Network(latency=0.0), faults, work).run(until=20.0)


def test_the_slowest_leaf_decides():
    """Leaves that need 0.1, 0.5 and 0.2 s: the search takes 0.5 s."""
    nodes = {"root": Root([[1], [2], [3]])}
    nodes |= {name: Leaf(Constant(seconds)) for name, seconds in ((1, 0.1), (2, 0.5), (3, 0.2))}
    assert response_times(search(nodes)).tolist() == pytest.approx([0.5])


def test_queries_do_not_wait_for_each_other_at_a_leaf():
    """Two searches at once take as long as one."""
    assert response_times(search(fan_out(3, Constant(0.4)), calls=(1.0, 1.0))).tolist() == pytest.approx(
        [0.4] * 2
    )


def test_the_first_answer_counts():
    """The slow first replica is overtaken by the second, asked after 50 ms; its own answer is ignored."""
    nodes = {"root": Root([[1, 2]], hedge_after=0.05), 1: Leaf(Constant(1.0)), 2: Leaf(Constant(0.01))}
    trace = search(nodes)
    assert response_times(trace).tolist() == pytest.approx([0.06])
    assert messages_sent(trace, only="Answer") == 2


def test_only_silent_shards_are_asked_again():
    """Shard 1 has answered when the hedge is due."""
    nodes = {"root": Root([[1, 3], [2, 4]], hedge_after=0.05)}
    nodes |= {name: Leaf(Constant(seconds)) for name, seconds in ((1, 0.01), (2, 1.0), (3, 0.01), (4, 0.01))}
    sent = search(nodes).messages.query("type == 'Query'")
    assert sent["receiver"].tolist() == [1, 2, 4]


def test_a_root_that_crashed_takes_no_old_answer_for_a_new_one():
    """The answer to search 1 arrives during search 2, which has a number of its own."""
    trace = search(fan_out(1, Constant(1.0)), [Outage("root", 1.2, 1.3)], calls=(1.0, 1.5))
    assert trace.operations["returned"].tolist()[1] == 2.5


@pytest.mark.parametrize("leaves", [10, 100])
def test_a_hedged_search_is_slow_only_if_both_replicas_are(leaves):
    """1 - (1 - p^2)^n within three standard errors of 2,000 searches, for p = 5 %."""
    trace = searches(leaves, 0.05, hedge_after=0.05, requests=2_000 if leaves == 10 else 500, trace="outline")
    times = response_times(trace)
    expected = fan_out_tail(leaves, 0.05**2)
    assert abs((times > 1.0).mean() - expected) <= 3 * math.sqrt(expected * (1 - expected) / len(times))


def test_hedging_costs_the_share_of_slow_answers():
    """About one more query per hundred, within three standard errors."""
    extra = messages_sent(searches(100, 0.01, hedge_after=0.05, requests=300), only="Query") - 30_000
    assert abs(extra - 300) <= 3 * math.sqrt(30_000 * 0.01 * 0.99)


@pytest.mark.parametrize("leaves", [0, 1.5, True])
def test_leaves_are_counted_in_whole_numbers(leaves):
    """The sentence names the argument and the value."""
    with pytest.raises(ValueError, match=f"leaves must be a whole number of 1 or more; got {leaves!r}"):
        fan_out(leaves, Constant(1.0))


def test_a_share_is_between_0_and_1():
    """The sentence names the argument and the value."""
    with pytest.raises(ValueError, match=r"NowAndThen.share must be between 0 and 1; got 2"):
        NowAndThen(Constant(1.0), Constant(2.0), share=2)
