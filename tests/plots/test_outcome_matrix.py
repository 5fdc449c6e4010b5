"""The matrix of outcomes: cells, labels, and what it refuses."""

import pandas as pd
import pytest

from distlab.plots import outcome_matrix
from distlab.plots.outcome_matrix import OUTCOMES
from distlab.plots.roles import looks


@pytest.fixture
def frame():
    """Two protocols, two steps, before and after each."""
    cells = [["aborted", "aborted", "blocked", "committed"], ["aborted", "diverged", "diverged", "committed"]]
    return pd.DataFrame(cells, ["2PC", "3PC"], ["ask", "ask", "tell", "tell"])


def test_each_cell_is_drawn_with_its_letter(frame):
    """From the top down, from the left to the right."""
    ax = outcome_matrix(frame)
    assert [cell.get_gid() for cell in ax.patches] == frame.to_numpy().ravel().tolist()
    assert [text.get_text() for text in ax.texts] == list("AABCADDC")


def test_a_step_has_one_label_for_both_sides_of_it(frame):
    """In the middle of its columns; rows have theirs."""
    ax = outcome_matrix(frame, title="Crash of the coordinator")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["ask", "tell"]
    assert list(ax.get_xticks()) == [1, 3]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["2PC", "3PC"]
    assert ax.get_title(loc="left") == "Crash of the coordinator"


def test_every_outcome_has_a_colour_and_a_letter_of_its_own(frame):
    """A letter besides the colour; the legend lists what occurs."""
    ax = outcome_matrix(frame)
    looks = {(cell.get_facecolor(), cell.get_hatch()) for cell in ax.patches}
    assert len(looks) == 4
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["C  committed", "A  aborted", "B  blocked", "D  diverged"]


def test_what_cannot_be_drawn(frame):
    """An empty table, and an unknown outcome."""
    with pytest.raises(ValueError, match="at least one row and one column"):
        outcome_matrix(frame[:0])
    with pytest.raises(ValueError, match=r"frame must hold 'committed'.*got 'lost'"):
        outcome_matrix(frame.replace("blocked", "lost"))


def test_states_look_like_their_outcomes():
    """What is committed in a space-time diagram has the colour of what is committed in the matrix."""
    states = looks(["starting", "in doubt", "pre-committed", "committed", "aborted"])
    for state, outcome in {"in doubt": "blocked", "committed": "committed", "aborted": "aborted"}.items():
        assert (states[state].color, states[state].hatch) == (
            OUTCOMES[outcome].color,
            OUTCOMES[outcome].hatch,
        )
    assert len({look.color for look in states.values()}) == 5
