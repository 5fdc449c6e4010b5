"""What a lesson stores of the player and of explorers: the same bytes every time, compared strictly."""

import subprocess
import sys
from pathlib import Path

from nbformat import v4

import execute
import stored_form

ROOT = Path(__file__).resolve().parent.parent.parent
IMPORTS = """from distlab.coordination.election import Raft
from distlab.plots import timeline
from distlab.sim import Crash, Simulation, cluster
from distlab.widgets import FaultTable, explorer, player"""
PLAYER = 'player(Simulation(cluster(Raft, 3), faults=[Crash("leader", at=0.5)]), until=1.0, at=12)'
EXPLORER = """def picture(nodes, faults):
    return timeline(Simulation(cluster(Raft, nodes), faults=faults).run(until=1.0))
explorer(picture, {"nodes": (3, 5, 1, 3), "faults": FaultTable([Crash("leader", at=0.5)])}, picture=True)"""


def _stored(path):
    cells = [
        v4.new_code_cell(source, id=f"cell-{number}")
        for number, source in enumerate((IMPORTS, PLAYER, EXPLORER), start=1)
    ]
    return execute.execute(v4.new_notebook(cells=cells), path)


def test_widgets_are_stored_the_same_and_compared_strictly(tmp_path):
    """A line of text and a picture each, without a tag; executing again gives the same bytes."""
    first = _stored(tmp_path)
    shown, panel = (cell.outputs[0].data for cell in first.cells[1:])
    assert shown["text/plain"].startswith(
        "Player of Raft, 3 nodes, seed 0: 39 steps, opened at step 12: t = "
    )
    assert panel["text/plain"].startswith("VBox(children=(IntSlider(value=3")
    assert set(shown) == set(panel) == {"text/plain", "image/png"}
    assert stored_form.text(_stored(tmp_path)) == stored_form.text(first)
    path = tmp_path / "04_widgets.ipynb"
    stored_form.write(path, first)
    settings = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *settings, "-p", "no:cacheprovider", "-q", str(path)],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
