"""What holds for every lesson in notebooks/. The strict comparison of its outputs is run by nbval."""

from pathlib import Path

import pytest

import hygiene
import lessons
import stored_form
from distlab import course

LECTURES = {lecture.notebook: lecture for lecture in course.lectures()}
PATHS = pytest.mark.parametrize("path", lessons.all_lessons(), ids=lambda path: path.stem)


@PATHS
def test_a_lesson_has_no_fault_of_form(path: Path) -> None:
    """Executed in order, stored by the script, nothing of one machine, each exercise with its solution."""
    assert hygiene.faults(path) == []


@PATHS
def test_number_and_titles_are_those_of_the_lecture(path: Path) -> None:
    """The first cell begins with the lecture's number and English title, and has the Chinese one under it."""
    lecture = LECTURES[path.name]
    number = lecture.number.lstrip("0") or "0"
    first, *below = [line for line in stored_form.read(path).cells[0].source.splitlines() if line.strip()]
    assert first == f"# {number}. {lecture.title}"
    assert lecture.title_zh in below[0]


def test_every_notebook_belongs_to_a_lecture() -> None:
    """There is at least one lesson, and each is the notebook that data/ names for its lecture."""
    names = {path.name for path in lessons.all_lessons()}
    assert names
    assert names <= LECTURES.keys()
