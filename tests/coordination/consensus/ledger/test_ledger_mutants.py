"""Each ledger keeps its promises under faults and beside cheats; each safeguard is needed for that."""

from typing import Any

import pytest

from distlab.coordination.consensus.ledger import (
    MUTANTS,
    DelegatedProofOfStake,
    ProofOfStake,
    ProofOfWork,
)
from distlab.coordination.consensus.ledger.ledger_mutants import (
    CHEATS,
    GROWTH,
    PERSISTENCE,
    PREFIX,
    VALID,
    beside_a_cheat,
)
from distlab.coordination.election.mutant import Mutant

from .ledger_searches import searched

WORDS = {VALID: "validity", PREFIX: "common prefix", GROWTH: "chain growth", PERSISTENCE: "persistence"}


@pytest.mark.parametrize("kind", [ProofOfWork, ProofOfStake, DelegatedProofOfStake])
def test_a_ledger_agrees_and_grows_once_faults_stop(kind: Any) -> None:
    """Under crashes, partitions, pauses, loss, slow links and doubled messages, blocks 6 deep stay."""
    report = searched(kind, kind, runs=60)
    assert report.verdict == "passed", str(report)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.kind.__name__)
def test_each_safeguard_is_needed(mutant: Mutant) -> None:
    """The mutant is caught, with a run that shows it; the sound class passes the same search."""
    cheat = CHEATS.get(mutant.kind)
    liars = () if cheat is None else (1,)

    def build(kind: Any) -> Any:
        return kind if cheat is None else beside_a_cheat(kind, cheat)

    report = searched(build(mutant.kind), mutant.base, runs=40, liars=liars)
    assert report.verdict == "failed", str(report)
    assert report.counterexample is not None
    word = {VALID: "validity", PREFIX: "common prefix", GROWTH: "chain growth", PERSISTENCE: "persistence"}[
        mutant.breaks
    ]
    assert report.sentence.startswith(word)
    sound = searched(build(mutant.base), mutant.base, runs=12, liars=liars)
    assert sound.verdict == "passed", str(sound)


def test_mutants_say_what_they_break() -> None:
    """Each mutant has a class, a base, a safeguard of its own; each cheat belongs to one."""
    assert len({mutant.kind for mutant in MUTANTS}) == len(MUTANTS)
    assert all(issubclass(mutant.kind, mutant.base) for mutant in MUTANTS)
    assert set(CHEATS) < {mutant.kind for mutant in MUTANTS}
