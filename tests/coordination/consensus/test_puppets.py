"""Byzantine nodes in exhaustive searches: everything that a liar can say, in every order."""

from typing import Any

from distlab.check import Bounds, Budget, Consensus, StateMachineSafety, check
from distlab.check.explore import deep_walks
from distlab.check.untimed import World
from distlab.coordination.consensus import OralMessages, Paxos, Pbft, PbftClient, pbft_cluster, puppet, says
from distlab.coordination.consensus.oral_messages import Order
from distlab.coordination.consensus.paxos import Accepted, Decided, Promise
from distlab.coordination.consensus.pbft_messages import Commit, Prepare, PrePrepare, Request, digest

A, B = Request("a", 1, ("write", 1)), Request("b", 1, ("write", 2))


def searched(build: Any, property: Any, calls: list[Any], n: int) -> Any:
    """Every order of the calls and of what follows from them."""
    limits = Bounds(nodes=n, timeouts=0, calls=len(calls), states=60_000)
    return check(build, property, nodes=n, runs=0, bounds=limits, workload=calls, progress=False)


def walked(nodes: Any, property: Any, calls: list[Any], timing: str = "asynchronous") -> Any:
    """Walks through the same, where there is too much of it."""
    world = World(nodes, property, Budget(timeouts=0), timing, calls=calls)
    return deep_walks(world, 150, depth=80, progress=False)


def replicas(n: int) -> Any:
    """Replica 1 is a puppet, the others count on one liar."""
    return lambda _: (
        {id: puppet(Pbft)() if id == 1 else Pbft(range(1, n + 1), f=1) for id in range(1, n + 1)}
        | {name: puppet(PbftClient)() for name in ("a", "b")}
    )


def words(backups: tuple[int, ...], crossed: bool) -> list[Any]:
    """A pre-prepare and a commit for A to the first half, for B to the others; or for both to all."""
    said = []
    for place, backup in enumerate(backups):
        for request in (A, B) if crossed else ((A, B)[place % 2],):
            said.append((backup, PrePrepare(0, 1, digest(request), request)))
            said.append((backup, Commit(0, 1, digest(request), 1)))
    return says(1, said)


def test_among_three_replicas_four_words_of_the_primary_are_enough() -> None:
    """The search finds the shortest way to two requests under one number."""
    report = searched(replicas(3), StateMachineSafety(liars=(1,)), words((2, 3), False), 3)
    assert report.verdict == "failed"
    assert report.sentence.startswith("state-machine safety: at index 1 node ")


def test_among_four_replicas_no_order_of_its_words_is() -> None:
    """Walks through everything that the primary can say about two requests, to each backup both."""
    for crossed in (False, True):
        property = StateMachineSafety(liars=(1,))
        result = walked(replicas(4)(4), property, words((2, 3, 4), crossed))
        assert result.violation is None
        assert result.reached


def generals(n: int, traitor: int) -> Any:
    """Loyal generals and a puppet."""
    return lambda _: {
        id: puppet(OralMessages)() if id == traitor else OralMessages(1) for id in range(1, n + 1)
    }


def test_every_order_of_a_traitors_words_among_four_generals() -> None:
    """He tells each of the others both orders, and the first one counts: no rule is broken."""
    for traitor in (1, 4):
        path = (1,) if traitor == 1 else (1, 4)
        others = [id for id in range(1, 5) if id not in path]
        said = says(traitor, [(to, Order(path, word)) for to in others for word in ("attack", "retreat")])
        result = walked(generals(4, traitor)(4), Consensus(liars=(traitor,), source=1), said, "synchronous")
        assert result.violation is None
        assert result.reached


def test_paxos_does_not_bear_one_liar() -> None:
    """A puppet that promises and accepts everything makes two majorities of three: Paxos is for crashes."""
    said = says(
        2,
        [
            (1, Promise((1, 1), None)),
            (1, Accepted((1, 1))),
            (3, Promise((1, 3), None)),
            (3, Accepted((1, 3))),
        ],
    )
    build = lambda _: {1: Paxos(), 2: puppet(Paxos)(), 3: Paxos()}  # noqa: E731 - one line
    report = searched(build, Consensus(liars=(2,), terminates=False), said, 3)
    assert report.verdict == "failed"
    assert report.sentence.startswith("agreement")


def test_one_call_of_each_node_stays_the_default() -> None:
    """Without ``calls`` an exhaustive search makes the first call of each node only."""
    said = says(2, [(1, Decided("x")), (1, Decided("y"))])
    build = lambda _: {1: Paxos(proposes=False), 2: puppet(Paxos)()}  # noqa: E731 - one line

    def never_y(nodes: Any) -> str | None:
        return "node 1 has decided y" if nodes[1].decision == "y" else None

    for most, verdict in ((1, "passed"), (2, "failed")):
        bounds = Bounds(nodes=2, timeouts=0, calls=most)
        report = check(build, never_y, nodes=2, runs=0, bounds=bounds, workload=said, progress=False)
        assert report.verdict == verdict


def test_the_cluster_of_the_lesson_has_the_ids_that_puppets_use() -> None:
    """Replicas are numbered from 1, clients have letters."""
    assert list(pbft_cluster(4, 2)) == [1, 2, 3, 4, "a", "b"]
    assert Prepare(0, 1, digest(A), 2).replica == 2
