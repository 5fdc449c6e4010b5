"""Each safeguard of messages, outbox, saga and TCC is needed: without it, a search finds what breaks."""

import pytest

from distlab.coordination.transaction.eventual_cases import CASES
from distlab.coordination.transaction.eventual_mutants import EVENTUAL_MUTANTS, CaseMutant

from .eventual_searches import random_runs


@pytest.mark.parametrize("rough", [True, False], ids=["rough", "plain"])
@pytest.mark.parametrize("name", CASES)
def test_the_sound_classes_keep_their_promise(name: str, rough: bool) -> None:
    """All or nothing in the end, and the sum is kept, under crashes, partitions, loss and doubling."""
    report = random_runs(CASES[name], runs=300, rough=rough)
    assert report.verdict == "passed", str(report)


@pytest.mark.parametrize("mutant", EVENTUAL_MUTANTS, ids=lambda mutant: mutant.kind.__name__)
def test_each_safeguard_is_needed(mutant: CaseMutant) -> None:
    """The mutant is caught, and four faults or fewer are left of those in which it was found."""
    report = random_runs(mutant.where(), runs=1500)
    assert report.verdict == "failed", str(report)
    found = report.counterexample
    assert found is not None
    assert found.kind == "property", report.sentence
    assert sum(name == "fault" for name, _ in found.setting) <= 4


def test_the_same_search_passes_the_sound_class_of_the_rarest_mutant() -> None:
    """The 1,500 runs that catch the mutants find nothing in what they were made from."""
    assert random_runs(CASES["messages"], runs=1500).verdict == "passed"


def test_mutants_say_what_they_break() -> None:
    """Each names a case and derives from its sound class; no two have the same class."""
    assert {mutant.case for mutant in EVENTUAL_MUTANTS} == set(CASES)
    assert len({mutant.kind for mutant in EVENTUAL_MUTANTS}) == len(EVENTUAL_MUTANTS)
    assert all(issubclass(mutant.kind, mutant.base) for mutant in EVENTUAL_MUTANTS)
    for mutant in EVENTUAL_MUTANTS:
        assert mutant.kind in [type(node) for node in mutant.build().values()]
        assert mutant.kind not in [type(node) for node in mutant.build_sound().values()]
