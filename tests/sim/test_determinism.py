"""Same arguments, same trace: in every process, under every hash seed, on every Python."""

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from distlab.sim import Fault

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GOLDEN = ROOT / "tests" / "golden" / "sim_rich_run.jsonl"
DIGESTS = "196bda940847df0dafcd46f12bad9711 427e37426fb348dcef851b97dcf721b5 d88747b85b8d39c2ad058b1281944297"


def output(python, hash_seed):
    """What the rich run prints in another interpreter."""
    environment = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        [python, str(HERE / "rich_run.py")],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    digests, _, lines = done.stdout.partition("\n")
    return digests, lines


@functools.cache
def interpreters():
    """Other interpreters on this machine that distlab supports: version -> path."""
    found = {}
    roots = [Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"]
    for minor in (11, 12, 13, 14):
        version = f"3.{minor}"
        candidates = [shutil.which(f"python{version}")]
        candidates += sorted(
            str(path) for root in roots for path in root.glob(f"{version}.*/bin/python{version}")
        )
        if shutil.which("uv"):
            answer = subprocess.run(
                ["uv", "python", "find", "--no-python-downloads", "--system", version],
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
            candidates.append(answer.stdout.strip())
        for candidate in filter(None, candidates):
            asked = subprocess.run(
                [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
            if asked.stdout.strip() == version:
                found[version] = candidate
                break
    return found


def golden():
    """The stored trace of the rich run."""
    return GOLDEN.read_text(encoding="utf-8")


def test_the_golden_trace_has_everything_in_it():
    """Every kind of event, almost every fate, and every fault that there is."""
    events = [json.loads(line) for line in golden().splitlines()]
    kinds = {
        "start",
        "restart",
        "message",
        "timer",
        "work",
        "call",
        "fault",
        "role",
        "record",
        "invoke",
        "return",
    }
    assert {event["kind"] for event in events} == kinds
    fates = {event["fate"] for event in events}
    assert fates >= {
        "received",
        "fired",
        "done",
        "lost",
        "cut",
        "down",
        "duplicate",
        "cancelled",
        "in flight",
        "pending",
    }
    faults = {event["what"].partition("(")[0] for event in events if event["kind"] == "fault"}

    def all_faults(kind):
        return {sub for child in kind.__subclasses__() for sub in (child, *all_faults(child))}

    public = {kind.__name__ for kind in all_faults(Fault) if kind.__module__ == Fault.__module__}
    assert faults >= {name for name in public if not name.startswith("_") and name != "Ends"}


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_the_trace_is_the_same_under_every_hash_seed(hash_seed):
    """Byte by byte the golden one."""
    digests, lines = output(sys.executable, hash_seed)
    assert lines == golden()
    assert digests == DIGESTS


def test_the_trace_is_the_same_on_every_python():
    """Each interpreter that is found here prints the golden trace; distlab.sim needs nothing but Python."""
    found = interpreters()
    assert f"{sys.version_info[0]}.{sys.version_info[1]}" in found or not found
    for version, python in found.items():
        digests, lines = output(python, "random")
        assert (version, digests) == (version, DIGESTS)
        assert lines == golden()
