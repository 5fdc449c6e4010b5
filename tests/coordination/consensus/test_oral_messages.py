"""Oral messages: counts, every strategy of one traitor, and the thresholds of the paper."""

from itertools import product
from typing import Any

import pytest

from distlab.check import Consensus, check
from distlab.coordination.consensus import (
    ORAL_MESSAGES_MUTANTS,
    OralMessages,
    Traitor,
    all_lies,
    count_broken,
    generals,
    interactive_consistency,
    oral_message_count,
    oral_messages_beside_formula,
    three_generals,
    traitors_tolerated,
)
from distlab.course import compare
from distlab.sim import Call, Constant, Crash, Network, Simulation, Uniform

NETWORK = Network(latency=Uniform(0.005, 0.095))


def test_the_published_counts() -> None:
    """BYZ-1: 9 messages for n=4, m=1 and 156 for n=7, m=2."""
    table = oral_messages_beside_formula([(4, 1), (7, 2)])
    counts = dict(zip(("n=4, m=1", "n=7, m=2"), table.measured.tolist(), strict=True))
    assert set(compare("BYZ-1", {"messages": counts})["within tolerance"]) == {"yes"}


@pytest.mark.parametrize(("n", "m"), [(2, 0), (4, 0), (3, 1), (4, 1), (6, 2), (7, 2), (5, 4)])
def test_the_count_is_a_sum_of_products(n: int, m: int) -> None:
    """(n-1) + (n-1)(n-2) + ..., m+1 products; a product with nobody left to tell is 0."""
    sum_, product_ = 0, 1
    for round in range(m + 1):
        product_ *= max(0, n - 1 - round)
        sum_ += product_
    trace = Simulation(generals(n, m), NETWORK).run()
    assert len(trace.messages) == oral_message_count(n, m) == sum_


def test_the_rounds_take_m_plus_1_times_the_bound() -> None:
    """Everybody decides at (m+1) round lengths: what is missing by then was never sent."""
    records = Simulation(generals(7, 2), NETWORK).run().records.query("event == 'decide' and node != 1")
    assert records.time.round(9).unique().tolist() == [0.3]


def test_no_strategy_of_one_traitor_among_four_breaks_anything() -> None:
    """All 108 ways to lie in OM(1): the commander to three, a lieutenant to two, with each order."""
    table = count_broken(4)
    assert table.strategies.tolist() == [54, 18, 18, 18]
    assert table.broken.sum() == 0


def test_one_traitor_among_three_breaks_ic2() -> None:
    """Figure 1 of the paper: a lieutenant cannot tell whether the commander or the other one lies."""
    assert interactive_consistency(three_generals(), traitors=[3]) == (
        "IC2: the commander's order was 'attack', but loyal lieutenant 2 obeys 'retreat'."
    )
    assert count_broken(3).broken.tolist() == [0, 2, 2]  # saying "retreat", or nothing, against "attack"


def test_as_many_traitors_are_borne_as_the_paper_says() -> None:
    """(n-1)//3, and one more breaks IC1 or IC2."""
    table = traitors_tolerated((3, 4, 6, 7), runs=5)
    assert table.measured.tolist() == table.formula.tolist() == [0, 1, 1, 2]
    assert all(sentence.startswith("IC") for sentence in table.example)


@pytest.mark.parametrize("traitors", [(1, 2), (2, 7), (1, 7)])
@pytest.mark.parametrize("lies", ["random", "opposite", "two-faced", "in others' names"])
def test_two_traitors_among_seven(traitors: tuple[int, int], lies: str) -> None:
    """OM(2) bears them, whoever they are and whatever they say."""
    report = check(
        lambda _: generals(7, 2, traitors=dict.fromkeys(traitors, lies)),
        Consensus(liars=traitors, source=1),
        nodes=7,
        runs=10,
        faults=[],
        network=NETWORK,
        bounds=None,
        progress=False,
    )
    assert report.verdict == "passed"


def test_traitors_in_concert_are_borne_too() -> None:
    """The commander and a lieutenant who have agreed on their lies: every pair of stories for two rounds."""
    ends = product(("attack", "retreat"), repeat=4)
    for first, second, third, fourth in ends:
        commander = {((1,), to): word for to, word in zip(range(2, 8), (first, second) * 3, strict=True)}
        helper = {
            (path, to): (third, fourth)[to % 2]
            for path in [(1, 2), *[(1, other, 2) for other in range(3, 8)]]
            for to in range(3, 8)
        }
        nodes = generals(7, 2, traitors={1: commander, 2: helper})
        assert interactive_consistency(Simulation(nodes, NETWORK).run(), [1, 2]) is None


def search(kind: type[OralMessages]) -> str | None:
    """What the traitors of these tests can do to four generals of a class."""
    table = count_broken(4, kind)
    if table.broken.any():
        return str(table[table.broken > 0].example.iloc[0])
    for lies in ("in others' names", "opposite"):
        nodes = generals(4, 1, traitors={4: lies}, kind=kind)
        sentence = interactive_consistency(Simulation(nodes, Network(latency=Constant(0.01))).run(), [4])
        if sentence is not None:
            return sentence
    return None


@pytest.mark.parametrize("mutant", ORAL_MESSAGES_MUTANTS, ids=lambda mutant: mutant.kind.__name__)
def test_each_safeguard_is_needed(mutant: Any) -> None:
    """Without it one traitor among four breaks IC1 or IC2."""
    sentence = search(mutant.kind)
    assert sentence is not None
    assert sentence.startswith("IC")


def test_with_all_safeguards_the_same_search_finds_nothing() -> None:
    """What is found is the missing safeguard."""
    assert search(OralMessages) is None


@pytest.mark.parametrize("mutant", ORAL_MESSAGES_MUTANTS, ids=lambda mutant: mutant.kind.__name__)
def test_the_checker_finds_what_is_missing(mutant: Any) -> None:
    """``check`` with a liar says agreement or validity, and shrinks what it found."""
    lies = {"BelievesNames": "in others' names", "ObeysTheCommander": "two-faced"}.get(
        mutant.kind.__name__, "random"
    )
    liar = 1 if lies == "two-faced" else 4
    order = "retreat" if mutant.kind.__name__ == "AttacksWithAnyone" else "attack"
    report = check(
        lambda _: generals(4, 1, order=order, traitors={liar: lies}, kind=mutant.kind),
        Consensus(liars=(liar,), source=1),
        nodes=4,
        runs=60,
        faults=[],
        network=Network(latency=Uniform(0.05, 0.09)),
        bounds=None,
        progress=False,
    )
    assert report.verdict == "failed"
    assert report.sentence.startswith(("agreement", "validity"))


def test_a_general_who_crashes_is_a_silent_traitor() -> None:
    """One crash at any moment among four breaks nothing, whoever crashes."""
    for general, at in product((1, 2, 3), (0.0, 0.02, 0.06, 0.12)):
        trace = Simulation(generals(4, 1), NETWORK, [Crash(general, at=at)], seed=general).run()
        assert interactive_consistency(trace, [general]) is None


def test_who_knows_nothing_of_a_path_says_so() -> None:
    """All lies of a traitor keep his name on the path: the sender of a message is known."""
    for lies in all_lies(4, traitor=2):
        assert all(path[-1] == 2 for path, _ in lies)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: OralMessages(-1), "m must be a whole number of traitors, 0 or more; got -1"),
        (lambda: OralMessages(1, round_length=0), "round_length"),
        (lambda: Traitor(1, lies="white"), 'lies must be "random"'),
    ],
)
def test_wrong_arguments_are_named(build: Any, said: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValueError, match=said):
        build()


def test_a_forged_path_is_not_believed() -> None:
    """An order whose path does not end with its sender is dropped."""
    nodes = generals(4, 1, traitors={4: "in others' names"})
    sim = Simulation(nodes, NETWORK, workload=[Call(4, 0.0, "tell", ((1, 3), "retreat"))])
    sim.run()
    assert sim.nodes[2].heard == {(1,): "attack", (1, 3): "attack", (1, 4): "retreat"}
