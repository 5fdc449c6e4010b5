"""How far the searches in the untimed world go, and which of them a check makes by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from distlab.sim import Network

from .explore import Prune
from .property import Property
from .untimed import Budget

__all__ = ["Bounds", "Plan", "asked_for", "by_default"]


@dataclass(frozen=True)
class Bounds:
    """The bounds of the searches in the untimed world (:mod:`distlab.check.untimed`).

    Parameters
    ----------
    nodes
        How many nodes; 3 shows most mistakes.
    crashes, recoveries, drops, duplicates
        How many of each, at most, along one run. ``recoveries`` None: as many as crashes.
    timeouts
        How many timers may fire along one run (asynchronous timing); None: any number.
    depth, states, seconds
        Where to stop; ``seconds`` is real time.
    samples
        With ``settle``: from how many states.
    timing
        "asynchronous": any timer at any time; "synchronous": messages are faster than timers.
    calls
        How many calls of the workload each node gets, at most, in any order and at any moments: one is enough
        to begin with; a Byzantine node (a puppet) that is told what to say needs more.
    fifo
        Messages of one link arrive in order.
    symmetric
        Count states that differ by a renaming of the nodes once; None: if the algorithm's class says
        ``symmetric = True``.
    settle
        With synchronous timing: seconds of a fair run from sampled states after which the promise for the end
        must hold.
    prune, goal
        Functions of the nodes: where not to go on; what must be reached somewhere.

    Examples
    --------
    >>> str(Bounds(nodes=3, crashes=1, timeouts=4))
    'n=3, 1 crash, 1 recovery, 4 timeouts'
    """

    nodes: int = 3
    crashes: int = 0
    recoveries: int | None = None
    drops: int = 0
    duplicates: int = 0
    timeouts: int | None = 3
    depth: int | None = None
    states: int = 100_000
    seconds: float | None = None
    timing: str = "asynchronous"
    calls: int = 1
    fifo: bool = False
    symmetric: bool | None = None
    settle: float = 0.0
    samples: int = 300
    prune: Prune | None = None
    goal: Prune | None = None

    def __post_init__(self) -> None:
        if self.timing not in ("asynchronous", "synchronous"):
            raise ValueError(f'Bounds.timing must be "asynchronous" or "synchronous"; got {self.timing!r}.')
        for name in ("crashes", "drops", "duplicates", "recoveries", "timeouts"):
            value = getattr(self, name)
            if value is None and name in ("recoveries", "timeouts"):
                continue
            if not isinstance(value, int) or value < 0:
                raise ValueError(f"Bounds.{name} must be a whole number of 0 or more; got {value!r}.")
        for name in ("nodes", "states", "calls"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"Bounds.{name} must be a whole number of 1 or more; got {value!r}.")
        if self.settle and self.timing != "synchronous":
            raise ValueError('Bounds.settle needs timing="synchronous": without it no time passes.')

    @property
    def budget(self) -> Budget:
        """The budgets along one run."""
        recoveries = self.crashes if self.recoveries is None else self.recoveries
        timeouts = None if self.timing == "synchronous" else self.timeouts
        return Budget(self.crashes, recoveries, self.drops, self.duplicates, timeouts)

    def __str__(self) -> str:
        budget = self.budget
        words = [f"n={self.nodes}"]
        for name, one, many in (
            ("crashes", "crash", "crashes"),
            ("recoveries", "recovery", "recoveries"),
            ("drops", "lost message", "lost messages"),
            ("duplicates", "doubled message", "doubled messages"),
            ("timeouts", "timeout", "timeouts"),
        ):
            count = getattr(budget, name)
            if count:
                words.append(f"{count} {one if count == 1 else many}")
        if self.timing == "synchronous":
            words.append("synchronous")
        if self.fifo:
            words.append("FIFO links")
        return ", ".join(words)


Plan = list[tuple[str, Bounds, int]]  # kind of search, bounds, number of walks


def asked_for(bounds: Bounds | str | None, nodes: int, walks: int) -> Plan:
    """The searches in the untimed world that the caller of a check asked for."""
    if bounds != "auto" and not isinstance(bounds, Bounds | None):
        raise TypeError(f'bounds must be Bounds(...), None or "auto"; got {bounds!r}.')
    exact = bounds if isinstance(bounds, Bounds) else None
    found: Plan = [] if exact is None else [("exhaustive", exact, 0)]
    small = exact or Bounds(nodes=min(nodes, 3), crashes=1, timeouts=None)
    return [*found, ("deep", small, walks)] if walks else found


def by_default(property: Property, memory: Any, nodes: int, network: Network | None) -> Plan:
    """The searches that a check makes by itself, given what a random run left in the property's memory."""
    fifo = network is not None and network.fifo
    found: Plan = []
    for search in property.searches(memory):
        options = {"nodes": min(nodes, 3), "fifo": fifo, "states": 20_000, **search}
        walks = options.pop("walks", 0)
        if fifo:
            options["duplicates"] = 0
        options["nodes"] = min(nodes, options["nodes"])
        found.append(("deep" if walks else "exhaustive", Bounds(**options), walks))
    return found
