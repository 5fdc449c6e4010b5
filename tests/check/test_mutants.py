"""Each safeguard of each election algorithm is needed: without it the checker finds a counterexample."""

import importlib.util
from pathlib import Path

import pytest

from distlab.coordination.election import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("mutants_tool", ROOT / "tools" / "mutants.py")
assert SPEC is not None
assert SPEC.loader is not None
tool = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tool)

REPORTS = {}


def report_of(mutant):
    """Judge each mutant once for all tests."""
    if mutant.name not in REPORTS.setdefault(mutant.base.__name__, {}):
        REPORTS[mutant.base.__name__][mutant.name] = tool.judged(mutant)
    return REPORTS[mutant.base.__name__][mutant.name]


@pytest.mark.parametrize("mutant", MUTANTS, ids=tool.name_of)
def test_a_mutant_is_caught_with_its_shortest_counterexample(mutant):
    """The checker's defaults catch it; the counterexample is the stored one and took few re-runs."""
    report = report_of(mutant)
    assert report.verdict == "failed"
    stored = (tool.GOLDEN / tool.name_of(mutant)).read_text(encoding="utf-8")
    assert tool.golden(mutant, report) == stored
    assert report.counterexample.reruns <= 150


def test_the_table_of_mutants_is_up_to_date():
    """docs/mutants.md says what the checker finds today; `python tools/mutants.py` writes it."""
    table = tool.table([(mutant, report_of(mutant)) for mutant in MUTANTS])
    assert tool.TABLE.read_text(encoding="utf-8") == table


@pytest.mark.parametrize(
    "mutant", {(m.base, m.breaks, max(3, m.nodes)): m for m in MUTANTS}.values(), ids=tool.name_of
)
def test_the_sound_algorithm_passes_the_same_check(mutant):
    """What is caught is the missing safeguard, not the algorithm."""
    assert tool.judged(mutant, sound=True).verdict == "passed"
