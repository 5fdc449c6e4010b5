"""The player on counterexamples of the checker: timed runs and scripts of moves."""

import json
import pickle

import pytest

from distlab.check import Bounds, LeaderElection, check, replay
from distlab.coordination.election import Raft
from distlab.coordination.election.raft_mutants import ForgetsItsVote, VotesTwice
from distlab.widgets import player


@pytest.fixture(scope="module")
def timed():
    """A failed report of random runs."""
    return check(VotesTwice, LeaderElection(), nodes=3, bounds=None, progress=False)


@pytest.fixture(scope="module")
def untimed():
    """A failed report of an exhaustive search, with a crash in it."""
    bounds = Bounds(nodes=3, timeouts=2, crashes=1)
    return check(ForgetsItsVote, LeaderElection(), nodes=3, runs=0, bounds=bounds, progress=False)


def test_a_timed_counterexample_opens_at_its_guilty_event(timed):
    """The guilty step makes the second leader, and memories are known there."""
    shown = player(timed)
    film = shown.run
    assert shown.step == film.data["guilty"][-1]
    assert "becomes leader" in film.sentence(shown.step)
    assert film.data["verdict"] == timed.counterexample.sentence
    assert film.data["memory"] is not None
    assert shown.why == ""
    assert film.trace.digest() == timed.trace.digest()


def test_a_script_opens_at_its_guilty_move(untimed):
    """Step k of the player is step k of the report; what the nodes remember is known at each."""
    shown = player(untimed.counterexample)
    film = shown.run
    moves = untimed.counterexample.setting
    assert film.data["unit"] == "step"
    assert len(film) == len(moves) == shown.step
    assert film.sentence(0) == "Before the first step: the nodes have started"
    assert film.sentence(5) == "step 5: node 1 crashes"
    assert film.sentence(6).startswith("step 6: node 1 is back with what was on its disk; becomes follower")
    assert film.data["down"][0] == [[5, 1], [6, 0]]
    assert film.data["memory"] is not None
    assert film.trace.digest() == untimed.trace.digest()
    json.dumps(film.data)


def _under_way(film, step):
    return [
        one for one in film.data["messages"] if one["s0"] <= step and not (one["s1"] and one["s1"] <= step)
    ]


def test_a_script_can_be_branched(untimed):
    """Deliver another message, drop one, crash or recover a node; then the script goes on."""
    shown = player(untimed)
    message = _under_way(shown.run, 4)[0]
    dropped = shown.make_branch(4, "drop", message["row"])
    assert dropped.sentence(5).endswith("is lost")
    assert dropped.sentence(6) == "step 6: node 1 crashes"
    other = next(one for one in dropped.data["messages"] if one["row"] == message["row"])
    assert (other["fate"], other["s1"]) == ("dropped", 5)
    shown.make_branch(4, "deliver", message["row"])
    assert "receives" in shown.other.sentence(5)
    branch = shown.make_branch(4, "crash", 2)
    assert branch.sentence(5) == "step 5: node 2 crashes"
    again = shown.make_branch(5, "recover", 2, of="branch")
    assert again.sentence(6).startswith("step 6: node 2 is back")
    timer = next(
        one for one in shown.run.data["timers"] if one["s0"] <= 4 and one["node"] == 1 and not one["s1"]
    )
    assert "the timer election_timeout_elapsed() runs out" in shown.make_branch(
        4, "fire", timer["row"]
    ).sentence(5)
    with pytest.raises(ValueError, match="is not possible here: 9999 is not under way"):
        shown.make_branch(4, "deliver", 9999)
    with pytest.raises(ValueError, match="there is no node 9"):
        shown.make_branch(4, "crash", 9)


def test_a_script_goes_on_behind_its_end():
    """What the script left under way can be delivered by hand, move after move."""
    trace = replay(Raft, 3, [("timer", 1, ("election_timeout_elapsed", ()))])
    shown = player(trace)
    assert len(shown.run) == 1
    first, second = _under_way(shown.run, 1)
    shown.make_branch(1, "deliver", second["row"])
    branch = shown.make_branch(2, "deliver", first["row"], of="branch")
    assert [branch.sentence(step)[:16] for step in (2, 3)] == ["step 2: node 3 r", "step 3: node 2 r"]


def test_duplicates_and_drops_of_a_script_are_steps():
    """A message that is doubled arrives twice, one that is dropped never."""
    request = ("deliver", 2, (1, _request()))
    script = [
        ("timer", 1, ("election_timeout_elapsed", ())),
        ("duplicate", *request[1:]),
        request,
        request,
        ("drop", 3, (1, _request())),
    ]
    film = player(replay(Raft, 3, script)).run
    says = [film.sentence(step) for step in range(1, len(film) + 1)]
    assert [say.split(": ")[1].split("(")[0] for say in says][2:] == [
        "node 2 receives RequestVote",
        "node 2 receives a second copy of RequestVote",
        "RequestVote",
    ]
    assert "is doubled" in says[1]


def _request():
    from distlab.coordination.election.raft import RequestVote

    return RequestVote(term=1, candidate_id=1, last_log_index=0, last_log_term=0)


def test_a_counterexample_from_another_process_is_shown_without_memory(untimed):
    """Its steps are still numbered, and it says why there is no branch."""
    found = untimed.counterexample
    trace = found.trace
    found.trace = pickle.loads(pickle.dumps(trace))
    try:
        shown = player(untimed)
    finally:
        found.trace = trace
    assert shown.run.data["unit"] == "step"
    assert shown.run.sentence(5) == "step 5: node 1 crashes"
    assert "came from another process" in shown.why


def test_a_report_that_passed_is_refused():
    """There is nothing to open; the error says what the report says."""
    report = check(Raft, LeaderElection(), nodes=3, runs=3, bounds=None, progress=False)
    with pytest.raises(ValueError, match="source must be a report with a counterexample; this one says '"):
        player(report)
