"""Each safeguard is needed: without it, a search finds two inside, or a request that is never granted."""

import pytest

from distlab.check import MutualExclusion
from distlab.coordination.election.mutant import Mutant
from distlab.coordination.mutex import Lamport
from distlab.coordination.mutex.mutex_mutants import GRANTED, MUTANTS, ONE_AT_A_TIME

from .searches import CRASHES, OneAtATime, crowded, every_order, random_runs

IN_ALGORITHMS = [mutant for mutant in MUTANTS if not mutant.arguments]
IN_REMEDIES = [mutant for mutant in MUTANTS if mutant.arguments]


def found_at_random(mutant: Mutant, sound: bool) -> bool:
    """Whether runs with random delays, and nothing else, find something wrong."""
    build = mutant.build_sound if sound else mutant.build
    promised = OneAtATime() if mutant.breaks == ONE_AT_A_TIME else MutualExclusion()
    report = random_runs(build, promised, mutant.base, 60, nodes=mutant.nodes, load=crowded(mutant.nodes))
    return report.verdict == "failed"


def found_with_a_crash(mutant: Mutant, sound: bool) -> bool:
    """Whether a crash, and a request made after it, at the worst moments, brings two inside."""
    n = max(mutant.nodes, 3)
    build = mutant.build_sound if sound else mutant.build
    fifo = issubclass(mutant.base, Lamport)
    return any(
        every_order(build(n), OneAtATime(), asking, crashes=1, fifo=fifo, states=20_000).violation
        for asking in ((2, 2, 1), (1, 2, 3))
    )


@pytest.mark.parametrize("mutant", IN_ALGORITHMS, ids=lambda mutant: mutant.kind.__name__)
def test_each_safeguard_is_needed(mutant: Mutant) -> None:
    """The mutant is caught, and by the same search its sound class is not."""
    if found_at_random(mutant, sound=False):
        assert not found_at_random(mutant, sound=True)
    else:
        assert mutant.breaks == ONE_AT_A_TIME
        assert found_with_a_crash(mutant, sound=False)
        assert not found_with_a_crash(mutant, sound=True)


@pytest.mark.parametrize("mutant", IN_REMEDIES, ids=lambda mutant: mutant.kind.__name__)
def test_each_safeguard_of_a_remedy_is_needed(mutant: Mutant) -> None:
    """Under crashes alone, a remedy without one of its rules lets two in; with all of them it does not."""
    for build, verdict in (mutant.build, "failed"), (mutant.build_sound, "passed"):
        report = random_runs(build, OneAtATime(), mutant.base, runs=400, faults=CRASHES, nodes=mutant.nodes)
        assert report.verdict == verdict, str(report)


def test_mutants_say_what_they_break() -> None:
    """Each mutant names its base, its safeguard and what breaks; no two have the same class."""
    assert {mutant.breaks for mutant in MUTANTS} == {ONE_AT_A_TIME, GRANTED}
    assert len({mutant.kind for mutant in MUTANTS}) == len(MUTANTS)
    assert all(issubclass(mutant.kind, mutant.base) for mutant in MUTANTS)
