"""What a learner gets from `check`: verdicts, sentences, counterexamples that replay."""

import itertools
from dataclasses import replace

import pytest

from distlab import sim as simulator
from distlab.check import (
    Bounds,
    FaultBudget,
    LeaderElection,
    MutualExclusion,
    check,
    check_property,
    grade,
    grade_value,
)
from distlab.coordination.election import MUTANTS, Bully, ChangRoberts, HirschbergSinclair, Raft, Zab, raft
from distlab.coordination.election.bully import Victory
from distlab.coordination.election.raft_mutants import ForgetsItsVote, HalfIsEnough, VotesTwice
from distlab.sim import Call, Exponential, Network, Node, Trace, message

QUICK = {"progress": False}


SHARED: list[int] = []


class Impatient(Node):
    """Enters the critical section without asking."""

    def request(self):
        """Enter, and leave a little later."""
        self.record("request")
        self.record("enter")
        self.after(0.1, self.leave)

    def leave(self):
        """Leave."""
        self.record("exit")


@pytest.mark.parametrize("algorithm", [Bully, ChangRoberts, HirschbergSinclair, Raft, Zab])
def test_every_election_algorithm_passes_and_says_how_far_was_looked(algorithm):
    """300 random runs and the default searches: no violation, with the bounds in the text."""
    highest = algorithm not in (Raft, Zab)
    report = check(algorithm, LeaderElection(highest=highest), nodes=5, runs=300, **QUICK)
    assert report.verdict == "passed", report
    assert "300 runs" in report.bound
    assert " states, depth " in report.bound
    assert "faults fired" in report.bound


def test_a_complete_search_of_raft_names_its_bound():
    """Three nodes, two time-outs, one crash: nothing within the bound is left out."""
    bounds = Bounds(nodes=3, timeouts=2, crashes=1, symmetric=True)
    search = check(Raft, LeaderElection(), runs=0, bounds=bounds, **QUICK).searches[0]
    assert search.cut == ""
    assert str(search).startswith("exhaustive: n=3, 1 crash, 1 recovery, 2 timeouts, ")
    assert search.counts["depth"] == 20


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize(("mutant", "steps"), [(VotesTwice, 6), (ForgetsItsVote, 8)])
def test_the_shortest_counterexample_is_found(mutant, steps, symmetric):
    """By hand: two elections of three steps each, and a crash with its recovery to forget a vote."""
    bounds = Bounds(nodes=3, timeouts=2, crashes=1, symmetric=symmetric)
    report = check(mutant, LeaderElection(), runs=0, bounds=bounds, **QUICK)
    assert report.verdict == "failed"
    assert report.counterexample.minimal == f"n=3, {steps} steps"


@pytest.mark.parametrize(
    "search", [{"runs": 0, "bounds": Bounds(nodes=2, timeouts=2)}, {"nodes": 4, "bounds": None}]
)
def test_the_printed_code_makes_the_same_run(search):
    """Timed or untimed, the code of the report replays the counterexample."""
    report = check(HalfIsEnough, LeaderElection(), **search, **QUICK)
    found = report.counterexample
    names = {name: getattr(raft, name) for name in raft.__all__} | {"HalfIsEnough": HalfIsEnough}
    exec(found.code, names)
    assert names["trace"].digest() == found.trace.digest()


def test_nothing_can_be_left_out_of_a_counterexample():
    """Without any one of its faults the run passes."""
    report = check(ForgetsItsTerm, LeaderElection(), nodes=3, runs=2000, bounds=None, **QUICK)
    assert report.verdict == "failed"
    faults = [value for name, value in report.counterexample.setting if name == "fault"]
    assert faults
    names = {**vars(simulator), "ForgetsItsTerm": ForgetsItsTerm}
    for kept in itertools.combinations(faults, len(faults) - 1):
        code = report.counterexample.code.replace(", ".join(faults), ", ".join(kept))
        exec(code, names)
        won = names["trace"].roles.query("role == 'leader'").groupby("term").node.nunique()
        assert (won <= 1).all()


class ForgetsItsTerm(Raft):
    """Loses its term in a crash."""

    stable = ("voted_for", "log")


def test_a_run_in_which_nothing_happened_is_inconclusive():
    """No message was sent: that is said, and is not a pass."""
    none = check(Impatient, MutualExclusion(), nodes=2, runs=5, bounds=None, **QUICK)
    assert none.verdict == "inconclusive"
    assert "no message was sent" in none.sentence


def test_mutual_exclusion_is_violated_by_who_does_not_ask():
    """Two calls at the same time, and the sentence names both nodes."""
    calls = [Call(1, 0.5, "request"), Call(2, 0.55, "request")]
    report = check(Impatient, MutualExclusion(), nodes=2, runs=3, workload=calls, bounds=None, **QUICK)
    assert report.sentence == "node 2 entered the critical section at t = 0.55 s while node 1 was in it."


class Sharing(Bully):
    """Nodes that meet in a global list."""

    def on_start(self):
        """Leave a note for everybody."""
        SHARED.append(self.id)
        super().on_start()


class Typo(Bully):
    """A handler that breaks."""

    def on_alive(self, msg, sender):
        """Name an attribute that does not exist."""
        self.missing_attribute += 1


@pytest.mark.parametrize(
    ("algorithm", "words"),
    [
        (Sharing, "SHARED"),
        (Typo, "missing_attribute"),
    ],
)
def test_broken_rules_are_said_in_a_learners_words(algorithm, words):
    """The sentence names what was done."""
    report = check(algorithm, LeaderElection(), nodes=3, runs=20, **QUICK)
    assert report.verdict == "failed"
    assert words in report.sentence


class MyBully(Bully):
    """The three rules of lesson 04."""

    def higher(self):
        """Whom to ask."""
        return [peer for peer in self.peers if peer > self.id]

    def on_election(self, msg, sender):
        """Answer a lower node."""
        self.answer(sender)
        if self.role == "leader":
            self.send(sender, Victory())
        elif self.role != "candidate":
            self.stand_for_election()

    def heard_nobody(self):
        """The time to wait is over."""
        if self.role == "candidate" and not self.answered:
            self.declare_victory()
        else:
            self.stand_for_election()


class NoAlive(MyBully):
    """Does not answer."""

    def on_election(self, msg, sender):
        """Stand, without a word."""
        if self.role != "candidate":
            self.stand_for_election()


class AsksLower(MyBully):
    """Asks the wrong side."""

    def higher(self):
        """The lower ones."""
        return [peer for peer in self.peers if peer < self.id]


class NeverWins(MyBully):
    """Does not declare victory."""

    def heard_nobody(self):
        """Stand again."""
        self.stand_for_election()


def test_three_wrong_bullys_get_three_different_sentences():
    """Two leaders, the wrong leader, no leader; and the right one is right."""
    said = [grade(kind, LeaderElection(highest=True), nodes=4) for kind in (NoAlive, AsksLower, NeverWins)]
    assert [one.status for one in said] == ["wrong"] * 3
    assert "while node" in said[0].sentence
    assert "is up and higher" in said[1].sentence
    assert "nobody leads" in said[2].sentence
    assert grade(MyBully, LeaderElection(highest=True), nodes=4).right


def test_a_skeleton_is_not_attempted_and_a_number_gets_its_hint():
    """Skeletons never fail; wrong numbers get the hint."""

    class Skeleton(Bully):
        def on_election(self, msg, sender): ...

    assert repr(grade(Skeleton, LeaderElection())) == "not attempted yet"
    assert repr(grade_value(..., 19)) == "not attempted yet"
    assert repr(grade_value(20, 19, hint="count again")) == "wrong: 20 is not it: count again."


def test_a_class_that_is_filled_in_by_half_is_told_what_is_empty():
    """It is judged, and whatever is wrong, the sentence begins with the methods that are left."""

    class Half(Bully):
        def on_election(self, msg, sender): ...

        def higher(self):
            return self.peers

        def heard_nobody(self): ...

    class Whole(MyBully):
        def on_recover(self):
            super().on_recover()

        def unused(self): ...

    said = grade(Half, LeaderElection(highest=True), nodes=4)
    assert said.status == "wrong"
    assert said.sentence.startswith("on_election and heard_nobody are still empty; ")
    assert grade(Whole, LeaderElection(highest=True), nodes=4).right  # a method may do nothing


def test_a_property_that_breaks_is_told_so():
    """A property that raises, or answers neither None nor a sentence, is wrong; nothing is scored."""

    def asks_the_ids(nodes):
        return next((f"{node} leads" for node in nodes if node.role == "leader"), None)

    def counts(nodes):
        return len(nodes)

    assert "'int' object has no attribute 'role'" in check_property(asks_the_ids).sentence
    assert "must answer None" in check_property(counts).sentence


def test_a_mutant_that_breaks_by_itself_is_no_merit_of_the_property():
    """Its exception would be found with any property; the score leaves it out."""

    class Breaks(Raft):
        def on_start(self):
            raise RuntimeError("broken")

    twice = next(mutant for mutant in MUTANTS if mutant.kind is VotesTwice)
    broken = replace(twice, name="breaks", kind=Breaks)
    score = check_property(LeaderElection(), [twice, broken])
    assert score.table.verdict.tolist() == ["passed", "caught", "broke"]
    assert (score.killed, score.mutants) == (1, 1)


def test_a_report_is_the_same_every_time():
    """Same arguments, same text."""
    options = {"nodes": 4, "runs": 50, "faults": FaultBudget(crashes=2), "network": Network(latency=0.01)}
    texts = {repr(check(HalfIsEnough, LeaderElection(), **options, **QUICK)) for _ in range(2)}
    assert len(texts) == 1


class Overtaken(Node):
    """Sends two messages, and its peer minds if the second arrives at all."""

    def on_start(self) -> None:
        if self.id == 1:
            self.broadcast(Ordered(1))
            self.broadcast(Ordered(2))

    def on_ordered(self, msg: "Ordered", sender: int) -> None:
        self.record("got", number=msg.number)


@message
class Ordered:
    """The first or the second message."""

    number: int


def build_overtaken(n: int, kind: type[Node] = Overtaken) -> dict[int, Node]:
    """Nodes of a class that is given as an argument."""
    return {id: kind() for id in range(1, n + 1)}


def test_a_counterexample_keeps_the_order_of_messages_that_was_asked_for() -> None:
    """A network with FIFO links is not shrunk to one without."""

    def got_none(trace: Trace) -> str | None:
        return "something arrived" if len(trace.records) else None

    network = Network(latency=Exponential(0.01), loss=0.1, fifo=True)
    report = check(build_overtaken, got_none, nodes=2, runs=3, bounds=None, network=network, **QUICK)
    assert "fifo=True" in report.counterexample.code


def test_a_class_among_the_arguments_is_named_in_the_code() -> None:
    """What replays a run names the class and does not print its address."""
    report = check(
        build_overtaken,
        lambda trace: "always",
        nodes=2,
        runs=1,
        bounds=None,
        arguments={"kind": Bully},
        **QUICK,
    )
    assert "kind=Bully" in report.counterexample.code
    assert "import Bully" in report.counterexample.code


def test_a_part_of_what_runs_is_graded_with_the_rest_around_it() -> None:
    """A skeleton is not attempted; an answer runs among the nodes that are made around it."""

    class Skeleton(Overtaken):
        def on_ordered(self, msg: Ordered, sender: int) -> None: ...

    class Deaf(Overtaken):
        def on_ordered(self, msg: Ordered, sender: int) -> None:
            self.heard = True

    def got_both(trace: Trace) -> str | None:
        return None if len(trace.records) == 2 else "something did not arrive"

    def beside(n: int, kind: type[Node]) -> dict[int, Node]:
        return {1: Overtaken(), 2: kind()}

    quiet = FaultBudget(0, 0, 0, 0, 0)
    answers = [
        grade(kind, got_both, around=beside, nodes=2, runs=2, bounds=None, faults=quiet)
        for kind in (Skeleton, Deaf, Overtaken)
    ]
    assert [answer.status for answer in answers] == ["not attempted yet", "wrong", "right"]
    assert answers[1].sentence == "something did not arrive"
