"""What all algorithms share, what they are built with, and what single nodes do."""

from typing import Any

import pytest

from distlab.coordination.mutex import (
    Centralised,
    Contender,
    Lamport,
    Maekawa,
    Raymond,
    RicartAgrawala,
    TokenRing,
    TwoLayerRing,
    parents_in,
)
from distlab.coordination.mutex.mutex_experiments import ALGORITHMS
from distlab.sim import Call, Crash, Network, Outage, Simulation, cluster


def records(kind: type[Contender], calls: list[Call], n: int = 3, **arguments: Any) -> list[tuple[Any, ...]]:
    """(time, node, event) of each record; messages take 10 ms, on FIFO links."""
    sim = Simulation(cluster(kind, n, **arguments), network=Network(fifo=True), workload=calls)
    found = sim.run(until=5.0).records
    return list(zip(found.time.round(4), found.node, found.event, strict=True))


@pytest.mark.parametrize("kind", ALGORITHMS.values())
def test_requests_of_one_node_are_served_in_turn(kind: Any) -> None:
    """A request made while another is under way waits until that is served, and stays as long as it says."""
    calls = [Call(2, 0.0, "request", (0.5,)), Call(2, 0.1, "request", (0.25,)), Call(2, 0.1, "request")]
    found = records(kind, calls, hold=0.125)
    assert [event for _, _, event in found] == ["request", "enter", "exit"] * 3
    times = [time for time, _, _ in found]
    stays = [round(left - entered, 4) for entered, left in zip(times[1::3], times[2::3], strict=True)]
    assert stays == [0.5, 0.25, 0.125]
    assert times[3] == times[2]  # asks again as soon as it has left


@pytest.mark.parametrize("kind", ALGORITHMS.values())
def test_a_node_alone_enters_at_once(kind: Any) -> None:
    """With nobody else there is nobody to ask."""
    found = records(kind, [Call(1, 1.0, "request", (0.5,))] * 2, n=1)
    assert [time for time, _, _ in found] == [1.0, 1.0, 1.5, 1.5, 1.5, 2.0]


@pytest.mark.parametrize("kind", ALGORITHMS.values())
def test_roles_follow_the_state(kind: Any) -> None:
    """A contender is idle, waiting, inside, and idle again; a coordinator is "leader"."""
    sim = Simulation(cluster(kind, 3), network=Network(fifo=True), workload=[Call(2, 0.1, "request")])
    roles = sim.run(until=1.0).roles
    assert roles.query("node == 2").role.tolist() == ["idle", "waiting", "inside", "idle"]
    assert roles.query("node == 1").role.tolist() == ["leader" if kind is Centralised else "idle"]


@pytest.mark.parametrize("kind", ALGORITHMS.values())
def test_a_crash_before_the_start_does_no_harm(kind: Any) -> None:
    """A node that is down when the run begins, and comes back, takes part."""
    for down in (1, 2):
        sim = Simulation(
            cluster(kind, 3),
            network=Network(fifo=True),
            faults=[Outage(down, at=0.0, until=0.5)],
            workload=[Call(3, 1.0, "request"), Call(2, 2.0, "request")],
        )
        events = sim.run(until=3.0).records.event.tolist()
        assert events.count("enter") == events.count("exit")
        if down == 2 and kind not in (TokenRing, TwoLayerRing):  # their token was lost on its way
            assert events.count("enter") == 2


def test_a_lost_token_ends_the_plain_ring() -> None:
    """Without its remedy, the ring is dead as soon as the token meets a dead node."""
    sim = Simulation(cluster(TokenRing, 3), faults=[Crash(2, at=0.5)], workload=[Call(3, 1.0, "request")])
    trace = sim.run()  # nothing is left to happen, so it ends by itself
    assert trace.records.event.tolist() == ["request"]


def test_grants_in_timestamp_order() -> None:
    """Of two requests, the one with the smaller (timestamp, id) enters first, although it was made later."""
    for kind in (Lamport, RicartAgrawala):
        calls = [Call(3, 0.0, "request"), Call(1, 0.005, "request")]  # both have timestamp 1
        found = records(kind, calls)
        assert [node for _, node, event in found if event == "enter"] == [1, 3]


def test_the_coordinator_serves_first_come_first_served() -> None:
    """Grants follow the order in which requests arrive, whoever sends them."""
    calls = [Call(node, 0.001 * at, "request") for at, node in enumerate([3, 5, 1, 4, 2])]
    found = records(Centralised, calls, n=6)
    assert [node for _, node, event in found if event == "enter"] == [1, 3, 5, 4, 2]


def test_maekawa_gives_way() -> None:
    """Node 4 was first at member 2, but has failed at member 3; so it gives 2 back, for node 1."""
    calls = [Call(4, 0.0, "request"), Call(1, 0.001, "request"), Call(3, 0.002, "request")]
    trace = Simulation(cluster(Maekawa, 4), workload=calls).run()
    given_back = trace.messages.query("type == 'Relinquish'")
    assert given_back[["sender", "receiver"]].values.tolist() == [[4, 2]]
    assert trace.records.query("event == 'enter'").node.tolist() == [1, 3, 4]


def test_weights_in_the_ring() -> None:
    """A node that stands in the ring twice has its turn twice as often."""
    calls = [Call(node, 0.0, "request") for _ in range(40) for node in (1, 2, 3)]
    found = records(TokenRing, calls, order=(1, 2, 1, 3), hold=0.03)
    entered = [node for _, node, event in found if event == "enter"][:60]
    assert [entered.count(node) for node in (1, 2, 3)] == [30, 15, 15]


def test_idle_groups_are_passed_over() -> None:
    """While one group asks, the local tokens of the others rest."""
    groups = [(1, 2, 3), (4, 5, 6), (7, 8, 9)]
    calls = [Call(5, 0.1 * turn, "request") for turn in range(20)]
    sim = Simulation(cluster(TwoLayerRing, 9, groups=groups), workload=calls)
    local = sim.run(until=3.0).messages.query("type == 'LocalToken'")
    assert set(local.sender) == {4, 5, 6}
    assert len(local) == 3 * 20


@pytest.mark.parametrize(
    ("kind", "arguments", "said"),
    [
        (Lamport, {"hold": -1}, "hold must be a number of seconds, 0 or more; got -1"),
        (Centralised, {"heartbeat": 0}, "heartbeat must be a number of seconds, more than 0; got 0"),
        (Centralised, {"heartbeat": 0.2}, "timeout must be more than heartbeat=0.2; got 0.2"),
        (Centralised, {"coordinators": ()}, "coordinators must name at least one node"),
        (RicartAgrawala, {"patience": 0}, "patience must be a number of seconds, more than 0; got 0"),
        (TokenRing, {"timeout": 2.0}, "late must be more than timeout=2.0; got 1.0"),
    ],
)
def test_bad_arguments_are_named(kind: Any, arguments: dict[str, Any], said: str) -> None:
    """A wrong argument is answered by one sentence that says its name, its value, and what would be right."""
    with pytest.raises(ValueError, match=said):
        kind(**arguments)


@pytest.mark.parametrize(
    ("kind", "arguments", "said"),
    [
        (TokenRing, {"order": (1, 2)}, "order must name all nodes"),
        (TwoLayerRing, {"groups": [(1, 2), (2, 3)]}, "groups must name each node once"),
        (Raymond, {"tree": "ring"}, 'tree must be "binary", "star", "line"'),
        (Centralised, {"coordinators": (7,)}, "coordinators must name nodes of the run"),
    ],
)
def test_what_does_not_fit_the_nodes_is_said_at_the_start(
    kind: Any, arguments: dict[str, Any], said: str
) -> None:
    """What can only be seen with all nodes is said when the run begins."""
    with pytest.raises(ValueError, match=said):
        Simulation(cluster(kind, 3, **arguments)).run(until=1.0)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({1: None, 2: 1}, "must give each node its parent"),
        ({1: None, 2: None, 3: 1}, "must give each node its parent"),
        ({1: None, 2: 3, 3: 2}, "must lead from each node to the root; from node 2"),
        ({1: None, 2: 1, 3: 9}, "must lead from each node to the root; from node 3"),
    ],
)
def test_what_is_no_tree(tree: dict[int, int | None], said: str) -> None:
    """A mapping that leaves nodes out, has two roots or a circle is refused."""
    with pytest.raises(ValueError, match=said):
        parents_in(tree, [1, 2, 3])


def test_a_request_names_its_stay_in_seconds() -> None:
    """A stay that is no duration is refused when it is asked for."""
    with pytest.raises(ValueError, match="hold must be a number of seconds, 0 or more; got 'long'"):
        Simulation(cluster(Lamport, 2), workload=[Call(1, 0.0, "request", ("long",))]).run()


def test_who_does_not_say_how_it_enters() -> None:
    """A contender without an entry protocol is refused with a sentence."""
    with pytest.raises(NotImplementedError, match=r"Contender must say in acquire\(\) how it enters"):
        Simulation([Contender()], workload=[Call(1, 0.0, "request")]).run()
