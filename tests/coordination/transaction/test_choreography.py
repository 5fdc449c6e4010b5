"""The saga without an orchestrator: the same outcomes, and what it costs."""

import pytest

from distlab.coordination.transaction.choreography import Dancer
from distlab.course import fixtures
from distlab.sim import Call, Crash, NodeId, Outage, Simulation, Trace


def row(n: int, k: int | None = None) -> tuple[Trace, dict[NodeId, Dancer]]:
    """A saga of n steps in a row, of which step k has too little; the run, and the nodes after it."""
    nodes = {
        step: Dancer(step - 1 or None, step + 1 if step < n else None, n, change=-(step == k))
        for step in range(1, n + 1)
    }
    sim = Simulation(nodes, workload=[Call(1, 0.0, "start", (1,))])
    return sim.run(), sim.nodes


@pytest.mark.parametrize("n", [1, 2, 3, 8])
def test_a_commit_costs_2_messages_per_neighbour(n: int) -> None:
    """Forward and Heard between each two neighbours; the last one settles it."""
    trace, nodes = row(n)
    assert len(trace.messages) == 2 * (n - 1)
    assert [node.outcomes[1] for node in nodes.values()] == ["done"] * n
    settled = trace.records.query("event == 'settle'")
    assert settled[["node", "outcome"]].to_numpy().tolist() == [[n, "commit"]]


@pytest.mark.parametrize("n", range(1, 7))
def test_a_refused_step_costs_4_messages_for_each_before_it(n: int) -> None:
    """All before it go forward, and back in reverse order; the first settles it; the rest hear nothing."""
    for k in range(1, n + 1):
        trace, nodes = row(n, k)
        records = trace.records
        assert len(trace.messages) == 4 * (k - 1)
        assert records[records.event == "do"].step.tolist() == list(range(1, k))
        assert records[records.event == "undo"].step.tolist() == list(range(k - 1, 0, -1))
        settled = records[records.event == "settle"]
        assert settled[["node", "outcome"]].to_numpy().tolist() == [[1, "abort"]]
        assert [1 in node.outcomes for node in nodes.values()] == [step <= k for step in range(1, n + 1)]


def two(fault: Crash | Outage) -> dict[str, int]:
    """The balances after a transfer that a fault disturbs."""
    nodes = {"A": Dancer(None, "B", 2, 800, -200), "B": Dancer("A", None, 2, 600, 200)}
    sim = Simulation(nodes, faults=[fault], workload=[Call("A", 0.0, "start", (1,))])
    sim.run(until=2.0)
    return {name: node.balance for name, node in sim.nodes.items()}


def test_whoever_crashes_the_rest_is_done_when_it_is_back() -> None:
    """The transfer of the course, with a crash of either at every millisecond: 600 and 800, or nothing."""
    before, after = (fixtures(6)["transfer"].values[when] for when in ("before", "after"))
    for node in ("A", "B"):
        for at in range(40):
            end = two(Outage(node, at=at / 1000 + 0.0005, until=at / 1000 + 0.1))
            assert end == after or (end == before and node == "A" and at < 5)


def test_nobody_else_can_end_what_a_participant_leaves_open() -> None:
    """A has given, B stays down: 200 are under way until it is back."""
    assert two(Crash("B", at=0.012)) == {"A": 600, "B": 600}
