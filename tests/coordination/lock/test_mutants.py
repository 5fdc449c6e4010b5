"""Each safeguard is needed: without it, a search finds what it is there to prevent."""

import pytest

from distlab.coordination.lock.lock_mutants import MUTANTS, LockMutant

from .searches import FAULTS, PROMISES, search

RUNS = 1500


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.kind.__name__)
def test_each_safeguard_is_needed(mutant: LockMutant) -> None:
    """The mutant is caught with a counterexample; by as many runs its sound class is not."""
    promise, faults = PROMISES[mutant.breaks], FAULTS[mutant.needs]
    caught = search(mutant.build, promise, faults, RUNS, nodes=mutant.nodes)
    assert caught.verdict == "failed", str(caught)
    assert caught.counterexample is not None
    runs = next(search.done["runs"] for search in caught.searches)
    sound = search(mutant.build_sound, promise, faults, min(2 * runs, 150), nodes=mutant.nodes)
    assert sound.verdict == "passed", str(sound)


def test_mutants_say_what_they_break() -> None:
    """Each names its base, its safeguard and what breaks; no two have the same class."""
    assert {mutant.breaks for mutant in MUTANTS} == set(PROMISES)
    assert {mutant.needs for mutant in MUTANTS} == set(FAULTS)
    assert len({mutant.kind for mutant in MUTANTS}) == len(MUTANTS)
    assert all(issubclass(mutant.kind, mutant.base) for mutant in MUTANTS)
