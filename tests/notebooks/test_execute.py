"""The script that stores notebooks: the same bytes every time, and nothing stored of a run that failed."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import execute
import stored_form

WriteLesson = Callable[..., Path]

LESSON = (
    "# 4. Tiny",
    "import ipywidgets as widgets\nimport matplotlib.pyplot as plt\nimport pandas as pd",
    "A figure.",
    "plt.plot([1, 3, 2])\nplt.show()",
    "A table.",
    "pd.DataFrame({'n': [3, 5], 'messages': [4, 8]})",
    "A slider.",
    "slider = widgets.IntSlider(3)\nslider",
    "Streams, in pieces.",
    "import sys\nfor n in range(3):\n    print(n, flush=True)\n    print(-n, file=sys.stderr, flush=True)",
    "A set, whose order depends on the hash of its members.",
    "print({'a', 'b', 'c', 'd', 'e'})",
)


def _run(path: Path, *options: str) -> int:
    return execute.main(["--folder", str(path.parent), *options])


def test_executing_again_changes_no_byte(lesson: WriteLesson, capsys: pytest.CaptureFixture[str]) -> None:
    """Figures, tables, widgets, streams and sets are stored the same by every run, without times and ids."""
    path = lesson(*LESSON)
    assert _run(path) == 0
    first = path.read_bytes()
    assert _run(path) == 0
    assert path.read_bytes() == first
    verdicts = [line.split(" (")[0] for line in capsys.readouterr().out.splitlines()]
    assert verdicts == ["04_tiny.ipynb: written", "04_tiny.ipynb: unchanged"]

    notebook = json.loads(first)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert notebook["metadata"] == stored_form.METADATA
    assert [cell["execution_count"] for cell in code] == [1, 2, 3, 4, 5, 6]
    assert all(cell["metadata"] == {} for cell in code)
    [widget] = code[3]["outputs"]
    assert widget["data"] == {"text/plain": ["IntSlider(value=3)"]}
    streams = [stream["text"] for stream in code[4]["outputs"]]
    assert streams == [["0\n", "1\n", "2\n"], ["0\n", "-1\n", "-2\n"]]


def test_check_tells_a_changed_result_and_writes_nothing(lesson: WriteLesson) -> None:
    """With --check the exit code says that a stored output is not what the cell gives now."""
    path = lesson("# 4. Tiny", "print(1 + 1)")
    _run(path)
    path.write_text(path.read_text().replace('"2\\n"', '"3\\n"'))
    before = path.read_bytes()
    assert _run(path, "--check") == 1
    assert path.read_bytes() == before
    assert _run(path) == 0
    assert path.read_bytes() != before


def test_outputs_that_are_not_compared_are_renewed_only_on_demand(lesson: WriteLesson) -> None:
    """A cell tagged nbval-ignore-output runs, but keeps its stored output until --fresh is given."""
    path = lesson("# 4. Tiny", "import time", "A time.", "print(time.perf_counter())")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][-1]["metadata"]["tags"] = ["nbval-ignore-output"]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert _run(path) == 0
    first = path.read_bytes()
    assert _run(path) == 0
    assert path.read_bytes() == first
    assert _run(path, "--fresh") == 0
    assert path.read_bytes() != first


def test_a_lesson_that_fails_is_not_stored(lesson: WriteLesson, capsys: pytest.CaptureFixture[str]) -> None:
    """The script names the cell and the error, exits with 1 and leaves the file alone."""
    path = lesson("# 4. Tiny", "print(1)", "Then an error.", "1 / 0", name="04_fails.ipynb")
    before = path.read_bytes()
    assert _run(path) == 1
    assert path.read_bytes() == before
    assert "04_fails.ipynb: code cell 2: ZeroDivisionError: division by zero" in capsys.readouterr().err


def test_an_error_on_purpose_is_stored_without_its_path(lesson: WriteLesson) -> None:
    """A cell with the tag raises-exception stores the error's sentence, not the frames of one machine."""
    path = lesson("# 4. Tiny", ("int('five')", {"tags": ["raises-exception"]}))
    assert _run(path) == 0
    [error] = json.loads(path.read_text())["cells"][1]["outputs"]
    assert error["traceback"] == ["ValueError: invalid literal for int() with base 10: 'five'"]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("while True:\n    pass", "the cell did not end in time"),
        ("import os\nos._exit(1)", "the kernel died"),
        (
            "while True:\n    try:\n        while True: pass\n    except BaseException:\n        pass",
            "the cell did not end in time",
        ),
    ],
    ids=["endless", "dies", "ignores interrupts"],
)
def test_a_cell_that_does_not_end_is_stopped(
    lesson: WriteLesson, capsys: pytest.CaptureFixture[str], cell: str, reason: str
) -> None:
    """No cell, however stubborn, holds the script longer than its time-out and the end of its kernel."""
    path = lesson("# 4. Tiny", cell)
    started = time.monotonic()
    assert _run(path, "--timeout", "2") == 1
    assert time.monotonic() - started < 30
    assert reason in capsys.readouterr().err


def test_output_widgets_do_not_stall(lesson: WriteLesson) -> None:
    """Sixty cells with Output widgets end in seconds: no reply is waited for after it has come."""
    captured = "out = widgets.Output()\nwith out:\n    for n in range(20):\n"
    captured += "        print(n)\n        clear_output()\nout"
    imports = "import ipywidgets as widgets\nfrom IPython.display import clear_output"
    path = lesson("# 4. Tiny", imports, *[captured] * 60)
    started = time.monotonic()
    assert _run(path, "--timeout", "60") == 0
    assert time.monotonic() - started < 40


def test_cells_keep_their_ids_and_missing_ids_are_numbered(lesson: WriteLesson) -> None:
    """An id is kept; a missing or repeated one is made from the place of the cell."""
    path = lesson("# 4. Tiny", "print(1)", "Text.", "print(2)")
    notebook = stored_form.read(path)
    kept = notebook.cells[0].id
    del notebook.cells[1]["id"]
    notebook.cells[2].id = kept
    notebook.cells[3].id = "cell-02"
    assert [cell.id for cell in stored_form.normalised(notebook).cells] == [
        kept,
        "cell-02-again",
        "cell-03",
        "cell-02",
    ]


def test_a_file_that_is_no_notebook_is_named(lesson: WriteLesson, capsys: pytest.CaptureFixture[str]) -> None:
    """A broken file gets a sentence with its name, not a stack trace."""
    path = lesson("# 4. Tiny", "print(1)")
    path.write_text("{}")
    assert _run(path) == 1
    assert f"{path} is not a notebook" in capsys.readouterr().err


def test_an_unknown_lesson_is_answered_with_those_that_exist(
    lesson: WriteLesson, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer to a number without a lesson lists the lessons."""
    path = lesson("# 4. Tiny", "print(1)")
    with pytest.raises(SystemExit, match="2"):
        _run(path, "5")
    assert "There is no lesson '5'. The lessons are: 04_tiny." in capsys.readouterr().err
