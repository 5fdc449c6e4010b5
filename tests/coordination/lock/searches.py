"""The searches that the tests of locks share: what may go wrong, and what must hold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from distlab.check import AllOf, FaultBudget, Fencing, OneHolder, Report, check
from distlab.coordination.lock.clusters import NETWORK
from distlab.coordination.lock.lock_mutants import (
    BY_LEASE,
    FENCED,
    ONE_HOLDER,
    ONE_WAKE_UP,
    SERVED,
    SHARED,
)
from distlab.coordination.lock.promises import (
    everybody_served,
    no_update_lost,
    one_wake_up_at_a_time,
    readers_or_one_writer,
)
from distlab.sim import Fault


def _budget(**allowed: Any) -> FaultBudget:
    nothing = {"crashes": 0, "partitions": 0, "pauses": 0, "loss_bursts": 0, "slow_links": 0}
    return FaultBudget(**{**nothing, **allowed}, until=1.5, aim_at_leader=0.0, stay_down=0)


@dataclass(frozen=True)
class OfClients(FaultBudget):
    """Faults of clients only."""

    def draw(self, nodes: Sequence[Any], rng: Random) -> list[Fault]:
        return super().draw([node for node in nodes if isinstance(node, int)], rng)


NOTHING = _budget()
CRASHES = _budget(crashes=3)
PAUSES = OfClients(0, 0, 4, 0, 0, until=1.5, aim_at_leader=0.0, stay_down=0)
MESSAGES = _budget(partitions=1, loss_bursts=2, slow_links=1)
ALL_BUT_PAUSES = _budget(crashes=2, partitions=1, loss_bursts=1, slow_links=1)
EVERYTHING = _budget(crashes=2, partitions=1, loss_bursts=1, slow_links=1, pauses=2)

FAULTS = {
    "nothing": NOTHING,
    "crashes": CRASHES,
    "pauses": PAUSES,
    "messages": MESSAGES,
    "everything": EVERYTHING,
}
PROMISES: dict[str, Any] = {
    ONE_HOLDER: OneHolder(),
    BY_LEASE: OneHolder(expiry_counts=True),
    SERVED: everybody_served,
    SHARED: readers_or_one_writer,
    FENCED: AllOf(Fencing(), no_update_lost),
    ONE_WAKE_UP: one_wake_up_at_a_time,
}

#: clients that want the lock again and again for as long as faults come
BUSY = {"rounds": 15, "hold": 0.03, "think": 0.02}


def search(
    build: Callable[..., Any],
    promise: Any,
    faults: Any,
    runs: int,
    nodes: int = 3,
    seed: int = 0,
    **arguments: Any,
) -> Report:
    """Random runs over links that keep the order."""
    return check(
        build,
        promise,
        nodes=nodes,
        runs=runs,
        faults=faults,
        bounds=None,
        network=NETWORK,
        arguments=arguments,
        within=4.0,
        seed=seed,
        progress=False,
    )
