"""Each rule of tools/hygiene.py finds the fault that it is for, and a good lesson has none."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import NotebookNode

import execute
import hygiene
import stored_form

WriteLesson = Callable[..., Path]
HIDDEN = {"jupyter": {"source_hidden": True}}
GOOD = (
    "# 4. Tiny\n\n小课",
    "import math",
    "## The rule\n\n```python\n# not a heading\n```",
    "print(math.comb(5, 2))",
    "### Exercise 1\n\nHow many pairs have six nodes?",
    "answer = None\nprint('not attempted yet' if answer is None else answer == 15)",
    "### Solution 1",
    ("answer = math.comb(6, 2)\nprint(answer == 15)", HIDDEN),
)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of a lesson without faults, executed once."""
    from nbformat import v4

    cells = []
    for cell in GOOD:
        source, metadata = cell if isinstance(cell, tuple) else (cell, {})
        new = v4.new_markdown_cell if source.startswith("#") else v4.new_code_cell
        cells.append(new(source, metadata=metadata))
    return stored_form.text(execute.execute(v4.new_notebook(cells=cells), tmp_path_factory.mktemp("good")))


@pytest.fixture
def path(good: str, tmp_path: Path) -> Path:
    """The file of a lesson without faults."""
    path = tmp_path / "04_tiny.ipynb"
    path.write_bytes(good.encode())
    return path


def _faults(path: Path, change: Callable[[NotebookNode], object]) -> list[str]:
    notebook = stored_form.read(path)
    change(notebook)
    stored_form.write(path, notebook)
    return hygiene.faults(path)


def test_a_good_lesson_has_no_fault(path: Path) -> None:
    """The rules can be kept."""
    assert hygiene.faults(path) == []


def _code(notebook: NotebookNode, number: int) -> NotebookNode:
    return hygiene.code_cells(notebook)[number - 1]


def _set(number: int, **fields: object) -> Callable[[NotebookNode], object]:
    """A change of some fields of a code cell."""
    return lambda notebook: _code(notebook, number).update(fields)


def _strip(notebook: NotebookNode) -> None:
    for cell in hygiene.code_cells(notebook):
        cell.outputs, cell.execution_count = [], None


def _strip_outputs(notebook: NotebookNode) -> None:
    for cell in hygiene.code_cells(notebook):
        cell.outputs = []


def _output(**output: object) -> list[NotebookNode]:
    return [NotebookNode(output)]


FAULTS = {
    "counts removed": (_strip, "The execution counts are [None, None, None, None], not 1 to 4"),
    "outputs removed": (_strip_outputs, "No cell has a stored output"),
    "out of order": (_set(2, execution_count=7), "The execution counts are [1, 7, 3, 4]"),
    "two titles": (lambda n: n.cells[2].update(source="# Another"), "There must be one H1"),
    "no title": (lambda n: n.cells[0].update(source="## Tiny"), "There must be one H1"),
    "level skipped": (lambda n: n.cells[2].update(source="### Deep"), "'Deep' jumps from level 1 to 3"),
    "unknown tag": (_set(2, metadata={"tags": ["nbval-ignore-ouput"]}), "'nbval-ignore-ouput' is not one of"),
    "path in an output": (
        _set(2, outputs=_output(output_type="stream", name="stdout", text="/ho" + "me/ann/x.py\n")),
        "The output of cell 4 names a path of one machine: /ho" + "me/ann",
    ),
    "path in a table": (
        _set(
            2,
            outputs=_output(
                output_type="display_data", metadata={}, data={"text/html": "C:" + "\\Users\\ann\\x.py"}
            ),
        ),
        "names a path of one machine: C:",
    ),
    "path in the code": (_set(2, source="open('/tm" + "p/x.csv')"), "Cell 4 names a path of one machine"),
    "address": (
        _set(2, outputs=_output(output_type="stream", name="stdout", text="<Node at 0x7f3b5c0d1e50>\n")),
        "shows the address of an object: at 0x7f3b5c0d1e50",
    ),
    "error": (
        _set(2, outputs=_output(output_type="error", ename="KeyError", evalue="'n'", traceback=[])),
        "Code cell 2 stores an error: KeyError",
    ),
    "warning": (
        _set(2, outputs=_output(output_type="stream", name="stderr", text="UserWarning: old\n")),
        "Code cell 2 writes to stderr: UserWarning: old",
    ),
    "empty cell": (_set(2, source=""), "Code cell 2 is empty"),
    "long cell": (_set(2, source="\n".join(["1"] * 21)), "Code cell 2 has 21 lines; 20 is the limit"),
    "long cells": (
        lambda n: [_set(k, source="\n".join(["1"] * 13))(n) for k in (2, 3)],
        "Only 2 of 4 code cells have at most 12 lines",
    ),
    "second import": (_set(2, source="import math\nprint(10)"), "Code cell 2 imports"),
    "import in a function": (_set(2, source="def f():\n    import math"), "Code cell 2 imports"),
    "first cell computes": (_set(1, source="import math\nn = 3"), "Code cell 1 must hold the imports"),
    "magic": (_set(2, source="%matplotlib inline"), "Code cell 2 uses a magic"),
    "shell": (_set(2, source="!pip list"), "Code cell 2 uses a magic or a shell command"),
    "semicolon": (_set(2, source="print(10);"), "Code cell 2 ends with a semicolon"),
    "comment marker": (_set(2, source="# NBVAL_SKIP\nprint(10)"), "steers the test by a comment"),
    "filter": (_set(2, source="warnings.filterwarnings('ignore')"), "changes sys.path or filters warnings"),
    "not introduced": (lambda n: n.cells.pop(2), "Cell 3 is code without a sentence before it"),
    "no solution": (lambda n: n.cells[6].update(source="### End"), "exercises [1] and solutions []"),
    "exercise numbers": (lambda n: n.cells[4].update(source="### Exercise 2"), "numbered [2], not from 1 on"),
    "solution shown": (_set(4, metadata={}), "The code under 'Solution 1' is not collapsed"),
    "too large": (
        lambda n: n.cells[0].update(source=n.cells[0].source + "\n" + "x" * 300_000),
        "it must stay under 300,000",
    ),
}


@pytest.mark.parametrize(("change", "fault"), FAULTS.values(), ids=FAULTS.keys())
def test_each_fault_is_found(path: Path, change: Callable[[NotebookNode], object], fault: str) -> None:
    """A lesson with one fault gets a sentence that names it."""
    assert fault in "\n".join(_faults(path, change))


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw["metadata"].update(widgets={}),
        lambda raw: raw["metadata"]["language_info"].update(version="3.12.1"),
        lambda raw: raw["metadata"]["kernelspec"].update(name="my-env", display_name="my env"),
        lambda raw: raw["cells"][1]["metadata"].update(execution={"iopub.status.busy": "2026-01-01"}),
        lambda raw: raw["cells"][1].pop("id"),
        lambda raw: raw["cells"][3]["outputs"].append(
            {
                "output_type": "display_data",
                "metadata": {},
                "data": {stored_form.WIDGET_VIEW: {"model_id": "1"}, "text/plain": ["slider"]},
            }
        ),
    ],
    ids=["widget state", "Python version", "kernel", "time stamps", "no id", "widget view"],
)
def test_a_file_that_was_not_stored_by_the_script_is_found(
    path: Path, change: Callable[[dict[str, object]], object]
) -> None:
    """What differs from machine to machine may not get into a file, whoever saved it."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    change(raw)
    path.write_text(json.dumps(raw, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    assert "The file is not in its stored form; run python tools/execute.py on it." in hygiene.faults(path)


def test_the_command_line_lists_the_faults(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The tool prints each fault behind the name of its file, and says so when there is none."""
    assert hygiene.main(["--folder", str(path.parent)]) == 0
    assert capsys.readouterr().out == "No faults in 1 lessons.\n"
    _faults(path, _set(2, source="print(10);"))
    assert hygiene.main(["--folder", str(path.parent), "4"]) == 1
    assert capsys.readouterr().out == "04_tiny.ipynb: Code cell 2 ends with a semicolon.\n"
