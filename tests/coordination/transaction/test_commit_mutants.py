"""Each safeguard of each atomic commit protocol is needed: without it the checker finds a counterexample."""

import pytest

from distlab.coordination.transaction.commit_mutants import COMMIT_MUTANTS

from .commit_searches import checked

# how many random runs show it
HARD = {"votes before it writes": 500, "tells before it writes": 800, "commits lazily": 800}


@pytest.mark.parametrize("mutant", COMMIT_MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_caught_with_a_small_counterexample(mutant):
    """At most four nodes and five faults remain, and few re-runs were needed."""
    report = checked(mutant, runs=HARD.get(mutant.name, 400))
    assert report.verdict == "failed"
    assert report.counterexample.kind == "property"
    assert report.counterexample.reruns <= 150
    assert sum(name == "fault" for name, _ in report.counterexample.setting) <= 5


@pytest.mark.parametrize(
    "mutant",
    {(m.base, m.breaks, m.faults, m.by_order): m for m in COMMIT_MUTANTS}.values(),
    ids=lambda mutant: mutant.name,
)
def test_the_sound_protocol_passes_the_same_check(mutant):
    """What is caught is the missing safeguard, not the protocol."""
    assert checked(mutant, sound=True, runs=60).verdict == "passed"
