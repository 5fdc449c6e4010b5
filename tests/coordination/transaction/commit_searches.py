"""The searches that the tests of atomic commit protocols make."""

from distlab.check import AtomicCommitment, Bounds, FaultBudget, Report, check
from distlab.coordination.transaction import ThreePhaseCommit
from distlab.coordination.transaction.commit_mutants import ALL_BACK, ALL_OR_NONE, ONE_UP, CommitMutant
from distlab.sim import Constant, Network


def crashes_alone(crashes: int, stay_down: int) -> FaultBudget:
    """What three-phase commit is made for."""
    return FaultBudget(crashes, 0, 0, 0, 0, stay_down=stay_down)


def checked(mutant: CommitMutant, sound: bool = False, runs: int = 1000) -> Report:
    """Check a mutant, or the protocol it was made from, against what it breaks."""
    algorithm = mutant.build_sound if sound else mutant.build
    holds = AtomicCommitment(blocking_allowed=mutant.breaks == ALL_OR_NONE)
    n = mutant.nodes
    if mutant.by_order:
        orders = Bounds(nodes=3, timeouts=1)
        return check(algorithm, holds, nodes=n, runs=0, bounds=orders, progress=False)
    if mutant.faults:
        network = Network(latency=Constant(0.01))
        return check(
            algorithm, holds, n, runs=1, faults=mutant.faults, bounds=None, network=network, progress=False
        )
    if issubclass(mutant.base, ThreePhaseCommit):
        faults = crashes_alone(n - 2, n - 2) if mutant.breaks == ONE_UP else crashes_alone(4, n - 1)
    else:
        faults = FaultBudget(4, duplication=0.1, stay_down=0 if mutant.breaks == ALL_BACK else None)
    return check(algorithm, holds, n, runs, faults=faults, bounds=None, progress=False)
