"""The one form in which a notebook is stored, so that executing it again changes no byte.

Dropped are: time stamps, the state and the views of widgets (their text stays), the author's Python version,
and the path in a traceback. Cells keep their ids; a cell without one is numbered by its place. Pictures are
stored with a palette of 64 colours, a fifth of the size.
"""

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from PIL import Image

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CELL_METADATA = ("collapsed", "jupyter", "tags")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def normalised(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of a notebook in the form in which it is stored."""
    copy = nbformat.from_dict(notebook)
    copy.nbformat, copy.nbformat_minor = 4, 5
    copy.metadata = nbformat.from_dict(METADATA)
    for cell, identifier in zip(copy.cells, _identifiers(copy.cells), strict=True):
        cell.id = identifier
        cell.metadata = NotebookNode(
            {key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata}
        )
        for output in cell.get("outputs", []):
            _normalise_output(output)
    return copy


def text(notebook: NotebookNode) -> str:
    """Return the text of the file: the notebook in its stored form, as JSON that ends with a line break."""
    return nbformat.writes(normalised(notebook)) + "\n"


def read(path: Path) -> NotebookNode:
    """Return the notebook of a file as it stands there; nothing is repaired on the way.

    Raises `ValueError` when the file is not a notebook of format 4.
    """
    try:
        notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
    except (AttributeError, ValueError) as error:  # no cells, or no JSON
        raise ValueError(f"{path} is not a notebook: {error}") from error
    if notebook.get("nbformat") != 4:
        raise ValueError(f"{path} has notebook format {notebook.get('nbformat')}; format 4 is expected.")
    return notebook


def write(path: Path, notebook: NotebookNode) -> None:
    """Store a notebook, with the same line breaks on every system."""
    path.write_bytes(text(notebook).encode())


def _identifiers(cells: list[NotebookNode]) -> Iterator[str]:
    taken = {cell["id"] for cell in cells if cell.get("id")}
    seen: set[str] = set()
    for place, cell in enumerate(cells, start=1):
        identifier = cell.get("id", "")
        if not identifier or identifier in seen:
            identifier = f"cell-{place:02d}"
            while identifier in taken or identifier in seen:
                identifier += "-again"
        seen.add(identifier)
        yield identifier


def _normalise_output(output: NotebookNode) -> None:
    if output.output_type == "error":
        # The frames name the machine's folders, and differ between versions of Python.
        output.traceback = [f"{output.ename}: {output.evalue}"]
    data = output.get("data", {})
    data.pop(WIDGET_VIEW, None)
    if "image/png" in data:
        data["image/png"] = _with_palette(data["image/png"])


def _with_palette(picture: str) -> str:
    """A picture in base64, with at most 64 colours; one that has a palette already stays as it is."""
    image = Image.open(io.BytesIO(base64.b64decode(picture)))
    if image.mode == "P":
        return picture
    reduced = image.convert("RGB").quantize(64, method=Image.Quantize.MAXCOVERAGE, kmeans=3)
    buffer = io.BytesIO()
    reduced.save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode() + "\n"
