"""Single-decree Paxos: the sentences of the paper, the published schedules, and every safeguard."""

from typing import Any

import pytest

from distlab.check import Consensus, FaultBudget, check
from distlab.coordination.consensus import (
    PAXOS_MUTANTS,
    ByHand,
    Paxos,
    adversary,
    chosen,
    duel,
    late_lower_proposal,
    undecided_runs,
)
from distlab.coordination.consensus.paxos import Accept, Accepted, Decided, Prepare, Promise, Reject
from distlab.course import compare
from distlab.sim import Constant, Crash, Exponential, Network, Outage, Simulation, Uniform

from .searches import CALM, STORM, paxos, rivals, runs


def by_hand(n: int = 3) -> ByHand:
    """Nodes that propose only when they are called."""
    return ByHand({id: Paxos(proposes=False) for id in range(1, n + 1)})


# --- what the paper says


def test_without_rivals_each_kind_of_message_is_sent_once_to_each_other_node() -> None:
    """5(n-1) messages: n-1 of Prepare, Promise, Accept, Accepted and Decided."""
    for n in (1, 2, 3, 5, 9):
        nodes = {id: Paxos(proposes=id == 1) for id in range(1, n + 1)}
        counts = Simulation(nodes, Network(latency=Constant(0.01))).run().messages.type.value_counts()
        assert counts.to_dict() == ({} if n == 1 else dict.fromkeys(_KINDS, n - 1))


_KINDS = ("Prepare", "Promise", "Accept", "Accepted", "Decided")


def test_the_proposer_knows_after_four_delays_and_all_after_five() -> None:
    """Two round trips, and one message to all."""
    nodes = {id: Paxos(proposes=id == 1) for id in (1, 2, 3)}
    decided = Simulation(nodes, Network(latency=Constant(0.01))).run().records.query("event == 'decide'")
    assert decided.time.round(6).tolist() == [0.04, 0.05, 0.05]


def test_an_acceptor_promises_to_accept_nothing_below() -> None:
    """After a promise for ballot (1, 3), an Accept with ballot (1, 1) is rejected."""
    run = by_hand()
    run.call(1, "propose", "a")
    run.call(3, "propose", "c")
    run.deliver(Prepare, 1, 2)
    run.deliver(Promise, 2, 1)
    run.deliver(Prepare, 3, 2)
    run.deliver(Accept, 1, 2)
    assert run.node(2).accepted is None
    assert run.deliver(Reject, 2, 1) == Reject((1, 1), (1, 3))


def test_a_proposer_takes_over_the_latest_proposal_that_it_is_told_of() -> None:
    """What may have been chosen is proposed again, not the proposer's own value."""
    run = by_hand()
    run.call(1, "propose", "a")
    run.deliver(Prepare, 1, 2)
    run.deliver(Promise, 2, 1)
    run.deliver(Accept, 1, 2)
    run.call(3, "propose", "c")
    run.deliver(Prepare, 3, 2)
    assert run.deliver(Promise, 2, 3) == Promise((1, 3), ((1, 1), "a"))
    assert run.node(3).proposal == "a"


def test_a_promise_and_an_acceptance_survive_a_crash() -> None:
    """They are on disk before they are told; the role of proposer is not."""
    run = by_hand()
    run.call(1, "propose", "a")
    run.deliver(Prepare, 1, 2)
    run.deliver(Promise, 2, 1)
    run.deliver(Accept, 1, 2)
    run.crash(2)
    run.recover(2)
    assert (run.node(2).promised, run.node(2).accepted) == ((1, 1), ((1, 1), "a"))
    assert run.node(2).role == "waiting"


def test_who_knows_the_decision_answers_with_it() -> None:
    """A late proposer learns at once what was chosen."""
    run = by_hand()
    run.call(1, "propose", "a")
    run.deliver(Prepare, 1, 2)
    run.deliver(Promise, 2, 1)
    run.deliver(Accept, 1, 2)
    run.deliver(Accepted, 2, 1)
    run.call(3, "propose", "c")
    run.deliver(Prepare, 3, 1)
    assert run.deliver(Decided, 1, 3).value == "a"
    assert run.node(3).decision == "a"


def test_a_ballot_is_never_used_twice() -> None:
    """Not even after a crash: the own ballots are promised, and promises are on disk."""
    run = by_hand()
    run.call(1, "propose", "a")
    run.crash(1)
    run.recover(1)
    run.call(1, "propose", "b")
    assert run.node(1).ballot == (2, 1)


def test_a_majority_is_enough_and_less_is_not() -> None:
    """Two of five may be down; with three down nobody decides."""
    for down, decided in ((2, 3), (3, 0)):
        faults = [Crash(id, at=0.0) for id in range(1, down + 1)]
        trace = Simulation(paxos(Paxos)(5), faults=faults, seed=3).run(until=3.0)
        assert (trace.records.event == "decide").sum() == decided


def test_a_proposer_that_crashes_after_phase_1_blocks_nobody() -> None:
    """The others lose patience and go on with a later ballot."""
    nodes = {id: Paxos(proposes=id == 1) for id in (1, 2, 3)}
    trace = Simulation(nodes, Network(latency=Constant(0.01)), [Crash(1, at=0.021)], seed=1).run(until=2.0)
    assert set(trace.records.query("event == 'decide'").node) == {2, 3}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({"back_off": -1}, "back_off"), ({"patience": 0}, "patience"), ({"patience": "long"}, "patience")],
)
def test_wrong_durations_are_named(arguments: dict[str, Any], said: str) -> None:
    """The argument is named before anything runs."""
    with pytest.raises(ValueError, match=said):
        Paxos(**arguments)


# --- the published schedules


def test_the_published_rows_of_paxos() -> None:
    """A late lower proposal is accepted, never chosen; equal back-offs duel for ever, random ones do not."""
    late = late_lower_proposal()
    accepted = late.records.query("event == 'accept' and node == 2")
    first_choice = late.records.query("event == 'decide'").time.min()
    measured = {
        "late_lower_proposal_may_be_accepted": accepted.value.tolist() == ["old"]
        and bool((accepted.time > first_choice).all()),
        "late_lower_proposal_is_chosen": "old" in [value for _, value in chosen(late)],
        "duel_with_equal_back_off_chooses": bool(chosen(duel(0.005, until=10.0))),
        "duel_with_random_back_off_chooses": all(
            chosen(duel(Uniform(0.0, 0.04), seed)) for seed in range(50)
        ),
    }
    assert set(compare("PAX-3..5", measured)["within tolerance"]) == {"yes"}


def test_a_duel_ends_when_the_back_off_is_a_message_delay_or_more() -> None:
    """Below 10 ms no equal back-off ends it, whenever the second one begins; above, each does."""
    table = undecided_runs((0.004, 0.0099, 0.0101, 0.02), runs=20)
    assert table.equal.tolist() == [1.0, 1.0, 0.0, 0.0]
    assert table.random.tolist() == [1.0, 0.0, 0.0, 0.0]


def test_an_adversary_who_delays_messages_prevents_any_decision() -> None:
    """For as many ballots as he likes; nothing is lost, and the last two messages would decide."""
    run = adversary(500)
    assert not [event for _, event, _ in run.records if event == "decide"]
    assert run.node(3).promised == (500, 2)
    run.deliver_all()
    assert {run.node(id).decision for id in (1, 2, 3)} == {"b"}


# --- the checker


def test_paxos_is_right_under_everything() -> None:
    """Crashes that stay and restarts, partitions, pauses, loss, doubled messages; every default search."""
    assert check(Paxos, Consensus(), nodes=5, runs=300, progress=False).verdict == "passed"


def test_every_order_of_two_rivals_messages_with_a_crash() -> None:
    """The search in which most of the mutants are caught finds nothing in Paxos."""
    assert rivals(Paxos, (1, 3), crashes=1).verdict == "passed"


def search_for(name: str, kind: type[Paxos]) -> Any:
    """The search that shows what a safeguard is for."""
    if name == "accepts without promising":
        return rivals(kind, (1, 3), timeouts=1, prune=one_has_not_heard_of_three)
    if name == "counts an answer twice when it comes twice":
        doubled = Network(latency=Exponential(0.02), duplication=0.5)
        return runs(paxos(kind, (1, 5)), Consensus(), 5, 900, CALM, doubled)
    if name == "never takes a higher ballot":
        crash = [Crash(3, at=0.02)]  # the others have promised its ballot, and reject their own old ones
        return check(kind, Consensus(), nodes=3, runs=5, faults=crash, bounds=None, progress=False)
    if name in IN_A_STORM:
        hurry = {"back_off": Uniform(0.0, 0.05), "patience": 0.1}
        restarts = FaultBudget(crashes=6, until=1.0, stay_down=0)
        return runs(paxos(kind, **hurry), Consensus(), 3, 480, restarts, STORM)
    n = 4 if name == "takes half for a majority" else 3
    return rivals(kind, (1, n), n, crashes=int("crash" in name), states=60_000)


IN_A_STORM = (
    "forgets in a crash what it accepted",
    "takes over the earliest proposal",
    "counts answers to an earlier ballot",
    "keeps the decision to itself",
)


def one_has_not_heard_of_three(nodes: Any) -> bool:
    """Where not to go on: node 1 has promised node 3's ballot, or there is a third round."""
    latest = max(node.promised for node in nodes.values())
    return nodes[1].promised == (1, 3) or nodes[3].promised > (1, 3) or latest > (2, 2)


@pytest.mark.parametrize("mutant", PAXOS_MUTANTS, ids=lambda mutant: mutant.kind.__name__)
def test_each_safeguard_is_needed(mutant: Any) -> None:
    """Without it the checker finds a counterexample; with it the same search finds none."""
    report = search_for(mutant.name, mutant.kind)
    assert report.verdict == "failed", str(report)
    wanted = ("agreement", "integrity") if mutant.breaks == "agreement" else ("termination",)
    assert report.sentence.startswith(wanted)
    assert search_for(mutant.name, Paxos).verdict == "passed"


def test_a_short_outage_of_everybody_forgets_nothing() -> None:
    """All five restart after a value may have been chosen: the same value is decided."""
    for at in (0.021, 0.031, 0.041, 0.051):
        faults = [Outage(id, at=at, until=at + 0.01) for id in range(1, 6)]
        trace = Simulation(paxos(Paxos, (1,))(5), Network(latency=Constant(0.01)), faults, seed=2).run(
            until=3.0
        )
        values = {value for _, value in chosen(trace)}
        assert len(values) == 1
        assert set(trace.records.query("event == 'decide'").value) == values
