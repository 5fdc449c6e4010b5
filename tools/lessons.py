"""Which lessons a command line means: `04`, `4`, `04_leader_election` or a path. Standard library only."""

from collections.abc import Sequence
from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


class UnknownLesson(ValueError):
    """A name that fits no lesson; the message lists the lessons that exist."""


def all_lessons(folder: Path = NOTEBOOKS) -> list[Path]:
    """Return the notebooks of a folder in the order of their numbers."""
    return sorted(folder.glob("*.ipynb"))


def named(names: Sequence[str], folder: Path = NOTEBOOKS) -> list[Path]:
    """Return the notebooks that the names mean, or all of them when there is no name.

    Parameters: `names` are numbers (`4`, `04`), file names with or without their ending, or paths; `folder`
    is where the notebooks are. Raises `UnknownLesson` for a name that fits none.
    """
    lessons = all_lessons(folder)
    chosen = [lesson for name in names for lesson in [_find(name, lessons)]] if names else lessons
    return list(dict.fromkeys(chosen))


def _find(name: str, lessons: list[Path]) -> Path:
    wanted = Path(name).name.removesuffix(".ipynb")
    for lesson in lessons:
        number = lesson.stem.split("_")[0]
        if wanted == lesson.stem or wanted.upper().zfill(2) == number:
            return lesson
    existing = ", ".join(lesson.stem for lesson in lessons) or "none yet"
    raise UnknownLesson(f"There is no lesson {name!r}. The lessons are: {existing}.")
