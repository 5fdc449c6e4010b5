"""Tiny lessons, made for the tests of the machinery."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode, v4

import stored_form

Lesson = Callable[..., Path]


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    """A function that writes a lesson and returns its path.

    Texts that begin with `#` or a capital letter become markdown cells, all others code cells; a pair is a
    code cell and its metadata.
    """

    def write(*cells: str | tuple[str, dict[str, object]], name: str = "04_tiny.ipynb") -> Path:
        notebook = v4.new_notebook(cells=[_cell(cell) for cell in cells])
        path = tmp_path / "some notebooks" / name
        path.parent.mkdir(exist_ok=True)
        stored_form.write(path, notebook)
        return path

    return write


def _cell(cell: str | tuple[str, dict[str, object]]) -> NotebookNode:
    source, metadata = cell if isinstance(cell, tuple) else (cell, {})
    if source[:1] == "#" or source[:1].isupper():
        return v4.new_markdown_cell(source)
    return v4.new_code_cell(source, metadata=nbformat.from_dict(metadata))
