import math

import pytest

from distlab.metrics import elections, split_votes


@pytest.fixture
def campaign(play):
    """1: nodes 1 and 2 stand, nobody wins. 2: node 3 wins. 3: node 1 stands alone. 4: nodes 2 and 3 stand."""
    return play(
        (0.0, 1, "become", "follower"),
        (1.0, 1, "become", "candidate", {"term": 1}),
        (1.5, 2, "become", "candidate", {"term": 1}),
        (2.0, 3, "become", "candidate", {"term": 2}),
        (2.5, 3, "become", "leader", {"term": 2}),
        (5.0, 1, "become", "candidate", {"term": 3}),
        (6.0, 2, "become", "candidate", {"term": 4}),
        (6.0, 3, "become", "candidate", {"term": 4}),
    )


def test_a_term_has_candidates_and_perhaps_a_leader(campaign):
    """One row per term, with who stood, who won, and when."""
    table = elections(campaign)
    assert table.columns.tolist() == ["term", "began", "candidates", "leaders", "decided", "over"]
    assert table["term"].tolist() == [1, 2, 3, 4]
    assert table["term"].dtype == "int64"
    assert table["began"].tolist() == [1.0, 2.0, 5.0, 6.0]
    assert table["candidates"].tolist() == [(1, 2), (3,), (1,), (2, 3)]
    assert table["leaders"].tolist() == [(), (3,), (), ()]
    assert table["decided"].tolist() == pytest.approx([math.nan, 2.5, math.nan, math.nan], nan_ok=True)
    assert table["over"].tolist() == [True, True, True, False]


def test_a_split_vote_has_two_candidates_and_no_winner_and_is_over(campaign):
    """Term 3 had one candidate and term 4 may still be decided, so only term 1 was split."""
    assert split_votes(campaign) == 1


def test_two_leaders_of_one_term_are_both_shown(play):
    """The table does not hide what must not happen."""
    trace = play((1.0, 2, "become", "leader", {"term": 7}), (3.0, 1, "become", "leader", {"term": 7}))
    assert elections(trace)["leaders"].tolist() == [(2, 1)]


def test_other_names_for_terms_and_roles(play):
    """ZAB speaks of epochs, of looking and of leading."""
    trace = play((1.0, 1, "become", "looking", {"epoch": 1}), (2.0, 1, "become", "leading", {"epoch": 1}))
    table = elections(trace, "epoch", candidate="looking")
    assert table[["epoch", "began", "decided"]].values.tolist() == [[1, 1.0, 2.0]]


def test_no_election_is_an_empty_table(play):
    """Nobody stood: no row, no split vote."""
    trace = play((1.0, 1, "become", "follower", {"term": 1}))
    assert elections(trace).empty
    assert split_votes(trace) == 0


def test_roles_that_do_not_say_their_term_are_refused(play):
    """The error lists the facts that there are."""
    trace = play((1.0, 1, "become", "candidate", {"epoch": 1}))
    with pytest.raises(ValueError, match=r"elections needs the fact 'term' .* they all have are: 'epoch'"):
        elections(trace)
    half = play((1.0, 1, "become", "candidate", {"term": 1}), (2.0, 1, "become", "leader"))
    with pytest.raises(ValueError, match="they all have are: none"):
        elections(half)
