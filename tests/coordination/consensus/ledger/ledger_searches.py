"""The searches that the tests of the ledgers share: with which arguments, and against which audit."""

from collections.abc import Callable
from typing import Any

from distlab.check import Ledger, Report, check
from distlab.coordination.consensus.ledger import (
    DelegatedProofOfStake,
    ProofOfStake,
    ProofOfWork,
    StakeRules,
    audit_delegates,
    audit_stake,
    audit_work,
)
from distlab.sim import Node

STAKES = {1: 4.0, 2: 3.0, 3: 2.0, 4: 1.0}
AGED = StakeRules(reward=1.0, coin_age=True, min_age=1, max_age=20)
ARGUMENTS: dict[type[Node], dict[str, Any]] = {
    ProofOfWork: {"window": 8},
    ProofOfStake: {"stakes": STAKES, "rules": AGED, "slashing": True},
    DelegatedProofOfStake: {"stakes": STAKES, "seats": 3},
}
AUDITS = {
    ProofOfWork: audit_work(window=8),
    ProofOfStake: audit_stake(STAKES, AGED),
    DelegatedProofOfStake: audit_delegates(3, STAKES),
}


def searched(
    build: Callable[..., Any], base: type[Node], runs: int, liars: tuple[int, ...] = (), **options: Any
) -> Report:
    """Random runs of four nodes under faults, judged by the ledger's own rule."""
    return check(
        build,
        Ledger(audit=AUDITS[base], liars=liars),
        nodes=4,
        runs=runs,
        arguments=ARGUMENTS[base],
        progress=False,
        **options,
    )
