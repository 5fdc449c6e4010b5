"""Messages per entry, delays and closed forms: the published figures, and other shapes and sizes."""

from collections.abc import Callable
from math import isqrt, sqrt
from typing import Any

import numpy as np
import pytest

from distlab.coordination.mutex import Maekawa, Raymond, RoucairolCarvalho, grid_quorum, mean_distance
from distlab.coordination.mutex.mutex_experiments import (
    ALGORITHMS,
    LATENCY,
    contenders,
    one_at_a_time,
    saturated,
    under_load,
)
from distlab.sim import Call, Network, Simulation, Trace, cluster, stream

SHAPES = ("star", "line", "binary")


def harmonic(k: int) -> float:
    """1 + 1/2 + ... + 1/k."""
    return sum(1 / i for i in range(1, k + 1))


def visits(algorithm: str, n: int, asking: list[int], **arguments: Any) -> list[int]:
    """Messages of each of some requests, one second apart."""
    calls = [Call(node, float(at), "request") for at, node in enumerate(asking)]
    sim = Simulation(contenders(algorithm, n, **arguments), network=Network(fifo=True), workload=calls)
    sent = sim.run(until=float(len(asking))).messages.sent
    return [int(((sent >= at) & (sent < at + 1)).sum()) for at in range(len(asking))]


# --- MX-1 and MX-2: light load


@pytest.mark.parametrize("n", [2, 3, 5, 16, 64])
@pytest.mark.parametrize(
    ("algorithm", "formula"),
    [
        ("centralised", lambda n: 3),
        ("Lamport", lambda n: 3 * (n - 1)),
        ("Ricart-Agrawala", lambda n: 2 * (n - 1)),
    ],
)
def test_messages_per_entry(algorithm: str, formula: Callable[[int], int], n: int) -> None:
    """Each entry costs 3, 3(n-1) or 2(n-1) messages, whoever asks and how often (MX-1)."""
    assert visits(algorithm, n, [n, 1, n, n]) == [formula(n)] * 4


@pytest.mark.parametrize("n", [2, 5, 10])
def test_suzuki_kasami(n: int) -> None:
    """An entry costs n messages, or none if the token is here (MX-1)."""
    assert visits("Suzuki-Kasami", n, [1, n, n, 1]) == [0, n, 0, n]


@pytest.mark.parametrize("n", [3, 5, 10])
def test_roucairol_carvalho(n: int) -> None:
    """From 0 to 2(n-1): a repeated entry costs nothing, one after k others have entered 2k (MX-2)."""
    most = 2 * (n - 1)
    costs = visits("Roucairol-Carvalho", n, [1, 1, 2, 1, 1, 3, 2, 1, 1])
    assert costs == [most, 0, most, 2, 0, most, 4, 4, 0]


def test_roucairol_carvalho_never_needs_more_than_ricart_agrawala() -> None:
    """At full load all permissions move at every entry: 2(n-1), as with Ricart and Agrawala."""
    for n in (3, 8):
        full = saturated("Roucairol-Carvalho", n, latency=0.01)
        assert full.messages_per_entry == saturated("Ricart-Agrawala", n, latency=0.01).messages_per_entry
        assert under_load("Roucairol-Carvalho", n, load=0.3).messages_per_entry < 2 * (n - 1)


def test_all_at_once_is_quadratic() -> None:
    """When all n ask at once, Ricart and Agrawala's algorithm sends 2n(n-1) messages."""
    for n in (3, 8, 32):
        calls = [Call(node, 0.0, "request") for node in range(1, n + 1)]
        trace = Simulation(contenders("Ricart-Agrawala", n), workload=calls).run()
        assert len(trace.messages) == 2 * n * (n - 1)


# --- MX-3: quorums


@pytest.mark.parametrize(("n", "published"), [(9, 12), (16, 18), (25, 24), (100, 54)])
def test_maekawa_alone(n: int, published: int) -> None:
    """Alone, 3(K-1) messages with K = 2 sqrt(n) - 1 (MX-3)."""
    assert 3 * (2 * isqrt(n) - 2) == published
    assert visits("Maekawa", n, [1, n, n // 2]) == [published] * 3


@pytest.mark.parametrize("n", [4, 9, 16, 25])
def test_maekawa_with_contention(n: int) -> None:
    """With contention, at most 5(K-1) messages per entry (MX-3), and more than 3(K-1)."""
    others = 2 * isqrt(n) - 2
    for seed in range(5):
        assert 3 * others < saturated("Maekawa", n, seed=seed).messages_per_entry <= 5 * others
        assert 3 * others <= under_load("Maekawa", n, 0.5, 5.0, seed).messages_per_entry <= 5 * others


def test_any_two_quorums_share_a_member() -> None:
    """For each number of nodes, also where the grid's last row is short; each node is in its own quorum."""
    for n in range(1, 65):
        nodes = list(range(1, n + 1))
        quorums = [set(grid_quorum(node, nodes)) for node in nodes]
        assert all(one & other for one in quorums for other in quorums)
        assert all(node in quorum for node, quorum in zip(nodes, quorums, strict=True))


# --- MX-5: the tree


@pytest.mark.parametrize(
    ("shape", "n", "published"),
    [
        ("star", 10, 3.24),
        ("star", 31, 3.746),
        ("star", 100, 3.922),
        ("binary", 10, 5.09),
        ("binary", 31, 9.58),
    ],
)
def test_twice_the_mean_distance(shape: str, n: int, published: float) -> None:
    """The published figures are twice the mean distance between two nodes drawn at random (MX-5)."""
    assert 2 * mean_distance(shape, range(1, n + 1)) == pytest.approx(published, rel=0.01)


@pytest.mark.parametrize(("shape", "n"), [("star", 10), ("binary", 10), ("binary", 31), ("line", 7)])
def test_raymond_at_light_load(shape: str, n: int) -> None:
    """One request at a time, each from a node drawn at random: twice the mean distance, within 1 %."""
    measured = one_at_a_time("Raymond", n, requests=10_000, latency=0.01, tree=shape).messages_per_entry
    assert measured == pytest.approx(2 * mean_distance(shape, range(1, n + 1)), rel=0.01)


def test_raymond_needs_twice_the_distance() -> None:
    """REQUEST goes from the requester to the holder, PRIVILEGE the same way back."""
    tree = {1: None, 2: 1, 3: 1, 4: 2, 5: 4, 6: 3}
    assert visits("Raymond", 6, [5, 6, 6, 2, 1], tree=tree) == [6, 10, 0, 6, 2]


def test_mean_distances() -> None:
    """Closed forms: star 2(n-1)^2/n^2, line (n^2-1)/(3n)."""
    for n in (1, 2, 3, 10, 31):
        nodes = range(1, n + 1)
        assert mean_distance("star", nodes) == pytest.approx(2 * (n - 1) ** 2 / n**2)
        assert mean_distance("line", nodes) == pytest.approx((n**2 - 1) / (3 * n))


def random_tree(n: int, seed: int) -> dict[int, int | None]:
    """Each node but the first hangs below one drawn from those before it."""
    draw = stream(seed, "tree")
    return {node: draw.randint(1, node - 1) if node > 1 else None for node in range(1, n + 1)}


@pytest.mark.parametrize("n", [2, 3, 10, 31, 64])
def test_raymond_at_full_load(n: int) -> None:
    """If all want to enter all the time, 4(n-1)/n messages per entry, whatever the tree and the delays."""
    for tree in (*SHAPES, random_tree(n, 1), random_tree(n, 2)):
        for latency in ({"latency": 0.01}, {}):
            measured = saturated("Raymond", n, rounds=4, hold=0.02, tree=tree, **latency)
            assert measured.messages_per_entry == pytest.approx(4 * (n - 1) / n, rel=1e-12)


# --- path reversal


@pytest.mark.parametrize("n", [2, 3, 5, 8, 16])
def test_naimi_trehel_at_light_load(n: int) -> None:
    """One request at a time, each from a node drawn at random: H(n-1) messages, the token included.

    The expected cost of path reversal is Lavault's (1992).
    """
    measured = one_at_a_time("Naimi-Trehel", n, requests=10_000, latency=0.01).messages_per_entry
    assert measured == pytest.approx(harmonic(n - 1), rel=0.02)


def reversed_path(fathers: tuple[int | None, ...], requester: int) -> tuple[tuple[int | None, ...], int]:
    """All fathers after a request, and how many steps it took to the root."""
    path = [requester]
    while (father := fathers[path[-1]]) is not None:
        path.append(father)
    bent = [requester if node in path else father for node, father in enumerate(fathers)]
    bent[requester] = None
    return tuple(bent), len(path) - 1


@pytest.mark.parametrize(("n", "shapes"), [(2, 2), (3, 9), (4, 64)])
def test_the_average_of_path_reversal_is_exact(n: int, shapes: int) -> None:
    """In the long run, over all n^(n-1) trees that the pointers can form, it is H(n-1) and nothing else."""
    trees: list[tuple[int | None, ...]] = [(None, *[0] * (n - 1))]
    moves = []
    for tree in trees:
        for requester in range(n):
            after, steps = reversed_path(tree, requester)
            if after not in trees:
                trees.append(after)
            moves.append((trees.index(tree), trees.index(after), steps + (steps > 0)))
    assert len(trees) == shapes == n ** (n - 1)
    chain = np.zeros((shapes, shapes))
    for here, there, _ in moves:
        chain[there, here] += 1 / n
    chain -= np.eye(shapes)
    chain[-1] = 1.0  # the shares add up to 1
    share = np.linalg.solve(chain, np.eye(shapes)[-1])
    assert sum(share[here] * cost / n for here, _, cost in moves) == pytest.approx(harmonic(n - 1), abs=1e-12)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 8, 16, 31])
def test_naimi_trehel_at_full_load(n: int) -> None:
    """If all want to enter all the time, and requests travel while somebody is inside: (4n-2)/(n+1) messages.

    Requests come in turn; in a period of n+1 of them one runs through all other nodes, the first and the last
    take one step, and the others two: 3(n-1) requests and n+1 tokens.
    """
    measured = saturated("Naimi-Trehel", n, rounds=n + 1, latency=0.01, hold=0.01 * (n + 2))
    assert measured.messages_per_entry == pytest.approx((4 * n - 2) / (n + 1), rel=1e-12)


def test_one_request_can_need_n_messages() -> None:
    """If each other node has asked in turn, a request runs through all of them: n-1 steps, and the token."""
    n = 8
    turns = [*range(2, n + 1), 1, 2]
    assert visits("Naimi-Trehel", n, turns)[-1] == n


# --- rings


def test_a_ring_needs_one_message_per_entry_when_all_ask() -> None:
    """At full load each step of the token is an entry; with two layers there is one more message to each."""
    for n in (2, 5, 16):
        assert saturated("token ring", n).messages_per_entry == 1.0
    for n in (4, 9, 16):
        assert saturated("two-layer ring", n).messages_per_entry == 2.0


def test_waiting_for_the_token() -> None:
    """One request waits for half of a round on average, in one ring."""
    n, requests = 9, 2_000
    lap = n * LATENCY.mean
    waits = one_at_a_time("token ring", n, requests).wait
    assert waits == pytest.approx(lap / 2, abs=3 * lap / sqrt(12 * requests))


# --- delays


@pytest.mark.parametrize(
    ("algorithm", "messages"),
    [
        ("centralised", lambda n: 2),
        ("Lamport", lambda n: 1),
        ("Ricart-Agrawala", lambda n: 1),
        ("Roucairol-Carvalho", lambda n: 1),
        ("Suzuki-Kasami", lambda n: 1),
        ("Maekawa", lambda n: 2),
        ("Raymond", lambda n: 2 * (n - 1) / n),
        ("Naimi-Trehel", lambda n: 1),
        ("token ring", lambda n: 1),
        ("two-layer ring", lambda n: (n + isqrt(n)) / n),
    ],
)
@pytest.mark.parametrize("n", [9, 16, 25])
def test_synchronisation_delay(algorithm: str, messages: Callable[[int], float], n: int) -> None:
    """At full load, so many messages lie between an exit and the next entry; throughput and wait follow."""
    latency, hold = 0.01, 0.03
    full = saturated(algorithm, n, latency=latency, hold=hold)
    delay = messages(n) * latency
    assert full.synchronisation_delay == pytest.approx(delay)
    assert full.throughput == pytest.approx(1 / (hold + delay))
    assert full.wait == pytest.approx(n * (hold + delay) - hold, rel=0.01)
    assert full.jain == pytest.approx(1.0)


def test_every_algorithm_is_measured_here() -> None:
    """The table of delays names each algorithm."""
    [mark] = [mark for mark in test_synchronisation_delay.pytestmark if mark.args[0] != "n"]
    assert [case[0] for case in mark.args[1]] == list(ALGORITHMS)


def test_messages_are_not_sent_to_oneself() -> None:
    """No algorithm sends a message to itself, so none is counted."""
    for algorithm, kind in ALGORITHMS.items():
        calls = [Call(node, 0.0, "request") for node in range(1, 6)]
        trace: Trace = Simulation(contenders(algorithm, 5), network=Network(fifo=True), workload=calls).run(
            until=2.0
        )
        assert (trace.messages.sender != trace.messages.receiver).all(), kind


def test_the_nodes_themselves_can_be_counted() -> None:
    """A cluster of any class does the same as the experiments' set-ups."""
    for kind, expected in (Maekawa, 12), (RoucairolCarvalho, 16), (Raymond, 4):
        trace = Simulation(cluster(kind, 9), workload=[Call(5, 0.0, "request")]).run()
        assert len(trace.messages) == expected
