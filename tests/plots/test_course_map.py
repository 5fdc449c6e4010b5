import re
from dataclasses import dataclass, field

import matplotlib.pyplot as plt
import pytest

from distlab import course
from distlab.plots.course_map import course_map

LAYERS = ("resources", "communication", "storage", "computing")
UNTAUGHT = {"tracing": "high availability", "deployment": None}


@pytest.fixture(scope="module")
def drawn():
    """The map of the course as the lesson shows it."""
    return course_map(course.lectures(), course.claims(0), layers=LAYERS, untaught=UNTAUGHT)


@dataclass
class Imagined:
    """A lecture whose lesson exists or not, whatever is on the disk."""

    number: str
    title: str
    station: str
    has_lesson: bool = field(default=False)


def texts(ax, gid):
    """The texts of one kind."""
    return [text.get_text() for text in ax.texts if text.get_gid() == gid]


def boxes(ax, gid):
    """The boxes of one kind."""
    return [
        box.get_path().get_extents(box.get_patch_transform()) for box in ax.patches if box.get_gid() == gid
    ]


def test_every_lecture_has_one_card(drawn):
    """All 37 are there once, with number and title."""
    assert sorted(texts(drawn, "number")) == [lecture.number for lecture in course.lectures()]
    titles = [re.sub(r"\s+", " ", title) for title in texts(drawn, "title")]
    assert sorted(titles) == sorted(lecture.title for lecture in course.lectures())


def test_there_are_four_layers_and_four_lines(drawn):
    """Bands from the bottom up, pillars from the left; the last one comes without lectures."""
    assert texts(drawn, "layer") == [
        "resource pooling", "communication", "data storage and management", "computing",
    ]  # fmt: skip
    assert texts(drawn, "line") == ["coordination", "scheduling", "high\navailability", "deployment"]
    assert len(boxes(drawn, "band")) == len(boxes(drawn, "pillar")) == 4
    assert drawn.get_title(loc="left") == "Four horizontals, four verticals"


def test_what_is_not_taught_is_dashed(drawn, look):
    """Tracing shares a pillar, deployment has one of its own; both are signs without a number."""
    assert texts(drawn, "sign") == ["09 to 14:\nin this layer", "tracing:\nnot taught", "not taught"]
    assert len(boxes(drawn, "untaught")) == 2
    assert look.legend(drawn)[-1] == "on the map, not taught"


def test_every_pillar_crosses_every_band(drawn):
    """A line concerns all layers."""
    for pillar in boxes(drawn, "pillar"):
        for band in boxes(drawn, "band"):
            assert pillar.overlaps(band)


def test_no_card_lies_on_another(drawn):
    """Cards and signs keep apart from each other."""
    cards = [box for gid in ("lesson", "lecture", "untaught", "crossing") for box in boxes(drawn, gid)]
    assert len(cards) == 37 + 3
    for place, one in enumerate(cards):
        assert not any(one.overlaps(other) for other in cards[:place])


def test_a_lecture_lies_in_its_layer_or_stands_in_its_line(drawn):
    """The cards of storage are inside its band, those of coordination inside its pillar."""
    places = {text.get_text(): text.get_position() for text in drawn.texts if text.get_gid() == "number"}
    storage, coordination = boxes(drawn, "band")[2], boxes(drawn, "pillar")[0]
    assert all(storage.contains(*places[number]) for number in ("23", "24", "25", "26", "27"))
    assert all(coordination.contains(*places[f"{number:02d}"]) for number in range(3, 9))


def test_titles_stay_inside_their_cards(drawn):
    """No line of a title is wider than its card, as drawn."""
    drawn.figure.draw_without_rendering()
    cards = [box.get_window_extent() for box in drawn.patches if box.get_gid() in ("lesson", "lecture")]
    for text in drawn.texts:
        if text.get_gid() == "title":
            inside = text.get_window_extent()
            assert any(card.x0 < inside.x0 and inside.x1 < card.x1 and card.y0 < inside.y0 for card in cards)


@pytest.mark.parametrize(("there", "entries"), [(True, 1), (False, 1), (None, 2)])
def test_the_cards_say_which_lessons_exist(there, entries, look):
    """A thick edge for a lesson that is there; the legend names only what occurs."""
    lectures = [
        Imagined(one.number, one.title, one.station, place % 2 == 0 if there is None else there)
        for place, one in enumerate(course.lectures())
    ]
    ax = course_map(lectures, course.claims(0))
    assert len(boxes(ax, "lesson")) == sum(lecture.has_lesson for lecture in lectures)
    assert len(look.legend(ax)) == entries


def test_a_map_on_given_axes_and_with_a_title():
    """It draws where it is told to."""
    ax = plt.subplots()[1]
    assert course_map(course.lectures(), course.claims(0), ax, title="The course") is ax
    assert ax.get_title(loc="left") == "The course"


def test_a_wrong_argument_gets_a_sentence():
    """Layers that are not those of the table, and a line that is not on it."""
    table = course.claims(0)
    with pytest.raises(
        ValueError, match="layers must name each of resources, computing, communication, storage"
    ):
        course_map(course.lectures(), table, layers=["storage"])
    with pytest.raises(
        ValueError, match=r"untaught\['tracing'\] must be None or one of the lines coordination"
    ):
        course_map(course.lectures(), table, untaught={"tracing": "reliability"})
