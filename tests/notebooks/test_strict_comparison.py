"""The comparison of stored and new outputs, with the options of pyproject.toml, can fail."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import execute
import stored_form

WriteLesson = Callable[..., Path]
ROOT = Path(__file__).resolve().parent.parent.parent


CELLS = (
    "# 4. Tiny",
    "import ipywidgets as widgets\nimport matplotlib.pyplot as plt\nimport pandas as pd",
    "A stream.",
    "print('elected:', 5)",
    "A table.",
    "pd.DataFrame({'n': [3, 5], 'messages': [4, 8]})",
    "A figure.",
    "plt.plot([1, 3, 2])\nplt.show()",
    "A slider.",
    "slider = widgets.IntSlider(3)\nslider",
)
WRONG = {
    "elected: 5\\n": "elected: 4\\n",
    "<td>8</td>": "<td>9</td>",
    "<Figure size 640x480 with 1 Axes>": "<Figure size 640x480 with 2 Axes>",
    "IntSlider(value=3)": "IntSlider(value=4)",
}


def _compare(path: Path) -> tuple[int, str]:
    """Exit code and output of pytest on one notebook, with the project's own settings."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(path.parent),
    ]
    command += ["-p", "no:cacheprovider", "--color=no", "--quiet", str(path)]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, check=False, encoding="utf-8")
    return done.returncode, done.stdout + done.stderr


def test_a_stored_output_passes_and_each_wrong_one_is_caught(lesson: WriteLesson) -> None:
    """What the script stores is found the same; one changed character fails its cell, and only that."""
    path = lesson(*CELLS)
    stored_form.write(path, execute.execute(stored_form.read(path), path.parent))
    code, output = _compare(path)
    assert code == 0, output
    assert "5 passed" in output
    text = path.read_text(encoding="utf-8")
    for right, wrong in WRONG.items():
        assert text.count(right) == 1
        text = text.replace(right, wrong)
    path.write_bytes(text.encode())
    code, output = _compare(path)
    assert code == 1
    assert "4 failed, 1 passed" in output


def test_every_run_compares_strictly(pytestconfig: pytest.Config) -> None:
    """The options are part of the settings: strict, in this Python, a minute per cell, nothing masked."""
    assert pytestconfig.getoption("nbval")
    assert not pytestconfig.getoption("nbval_lax")
    assert pytestconfig.getoption("nbval_current_env")
    assert pytestconfig.getoption("nbval_cell_timeout") <= 60
    assert pytestconfig.getoption("nbval_sanitize_with") is None
