"""The README keeps its promises."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_lessons_listed_are_those_that_exist():
    """`python tools/readme.py` would change nothing."""
    assert (
        subprocess.run([sys.executable, "tools/readme.py", "--check"], cwd=ROOT, check=False).returncode == 0
    )


def test_the_script_runs(tmp_path, capsys):
    """The script of the README has at most ten lines of code, runs, and passes the check that it makes."""
    script = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1]
    assert len([line for line in script.splitlines() if line.strip()]) <= 10
    path = tmp_path / "script.py"
    path.write_text(script, encoding="utf-8")
    runpy.run_path(str(path))
    printed = capsys.readouterr().out
    assert "RequestVote" in printed
    assert "Raft, LeaderElection: PASSED" in printed


def test_files_that_it_names_exist():
    """Links lead somewhere."""
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
