import pandas as pd
import pytest

from distlab.plots.stacked import stacked


@pytest.fixture
def parts():
    """What two bars are made of; one part is too small for its number."""
    return pd.DataFrame(
        {"wait": [0.1, 5.0], "work": [10.0, 10.0], "reply": [2.0, 2.0]}, index=["calm", "busy"]
    )


def test_parts_lie_end_to_end_and_the_total_stands_behind(parts, look):
    """A bar per row from the top down; each part begins where the one before it ends."""
    ax = stacked(parts, xlabel="time (ms)")
    calm = ax.patches[:3]
    assert [bar.get_x() for bar in calm] == pytest.approx([0, 0.1, 10.1])
    assert [bar.get_width() for bar in calm] == pytest.approx([0.1, 10, 2])
    assert [text.get_text() for text in ax.texts if text.get_gid() == "total"] == ["12.1", "17"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["calm", "busy"]
    assert look.legend(ax) == ["wait", "work", "reply"]
    assert ax.get_xlabel() == "time (ms)"
    assert ax.get_title(loc="left") == "Made up of wait, work, reply"


def test_a_number_stands_only_where_there_is_room(parts):
    """The part of 0.1 has none; the total has it all the same."""
    ax = stacked(parts)
    assert [text.get_text() for text in ax.texts if text.get_gid() == "part"] == ["10", "2", "5", "10", "2"]


def test_each_part_has_a_colour_and_a_hatch_of_its_own(parts):
    """Two cues, and the same in every bar."""
    ax = stacked(parts)
    looks = [(bar.get_facecolor(), bar.get_hatch()) for bar in ax.patches]
    assert looks[:3] == looks[3:]
    assert len({face for face, _ in looks[:3]}) == len({hatch for _, hatch in looks[:3]}) == 3


def test_more_parts_than_looks_begin_again():
    """Ten parts are drawn, and all are in the legend."""
    ax = stacked(pd.DataFrame({f"part {number}": [1.0] for number in range(10)}))
    assert len(ax.patches) == len(ax.get_legend().get_texts()) == 10


def test_parts_that_cannot_be_drawn(parts):
    """Nothing, a text, a negative or a missing number: a sentence each."""
    with pytest.raises(ValueError, match="at least one row and one column"):
        stacked(parts[:0])
    for wrong in (["a", "b"], [1.0, -1.0], [1.0, float("nan")]):
        with pytest.raises(ValueError, match="numbers of 0 or more; the column 'work' does not"):
            stacked(parts.assign(work=wrong))
