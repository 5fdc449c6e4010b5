"""Lessons run without a browser become pages to read."""

from collections.abc import Callable
from pathlib import Path

import pytest

import pages

WriteLesson = Callable[..., Path]


def test_a_page_shows_text_code_and_result(lesson: WriteLesson, tmp_path: Path) -> None:
    """Each lesson becomes one HTML file; the notebook itself stays as it was."""
    path = lesson("# 4. Leader election\n\n分布式选举", "print(6 * 7)")
    before = path.read_bytes()
    assert pages.main(["--folder", str(path.parent), "--pages", str(tmp_path / "html"), "4"]) == 0
    page = (tmp_path / "html" / "04_tiny.html").read_text(encoding="utf-8")
    assert all(text in page for text in ("Leader election", "分布式选举", "<pre>42\n</pre>"))
    assert path.read_bytes() == before


def test_a_lesson_that_fails_does_not_stop_the_others(
    lesson: WriteLesson, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The failing cell is named, its page shows how far it came, and the exit code is 1."""
    lesson("# 4. Tiny", "print('so far')", "1 / 0", name="04_fails.ipynb")
    path = lesson("# 5. Tiny", "print(5)", name="05_works.ipynb")
    assert pages.main(["--folder", str(path.parent), "--pages", str(tmp_path / "html")]) == 1
    assert "04_fails.ipynb: code cell 2: ZeroDivisionError" in capsys.readouterr().err
    assert "so far" in (tmp_path / "html" / "04_fails.html").read_text(encoding="utf-8")
    assert "<pre>5\n</pre>" in (tmp_path / "html" / "05_works.html").read_text(encoding="utf-8")
