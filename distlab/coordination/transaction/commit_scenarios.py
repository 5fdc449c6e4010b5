"""The course's worked examples under an atomic commit protocol, and the orders in which it can go wrong.

======================= ==========================================================================
transfer                200 from A (800) to B (600); 1400 before and after
order_of_50             an order of 50 against a balance of 150
t_shirts                100 T-shirts are ordered, and 80 are there: nothing happens
cut_off_after_pre_commit  3PC: a participant is cut off when it has got PreCommit
heuristic_damage        2PC: a participant in doubt decides alone, and wrongly
======================= ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from distlab.sim import Call, Constant, Fault, Network, NodeId, Partition, Simulation, Trace

from .three_phase import ThreePhaseCommit
from .two_phase import TwoPhaseCommit

__all__ = [
    "Settled",
    "cut_off_after_pre_commit",
    "heuristic_damage",
    "order_of_50",
    "t_shirts",
    "transfer",
]

Protocol = type[TwoPhaseCommit] | type[ThreePhaseCommit]


class Settled(NamedTuple):
    """A run, and what the accounts hold in the end."""

    trace: Trace
    balances: dict[str, float]


def transfer(
    kind: Protocol,
    amount: float = 200,
    balances: tuple[float, float] = (800, 600),
    *,
    names: tuple[str, str] = ("A", "B"),
    faults: Iterable[Fault] = (),
    until: float = 3.0,
    **options: Any,
) -> Settled:
    """An amount moves from the account of site 2 to that of site 3; site 1 coordinates.

    Parameters
    ----------
    kind
        A protocol, such as :class:`PresumedAbort`.
    amount, balances, names
        How much moves, what the two accounts hold before, and how they are called.
    faults
        What goes wrong.
    until
        Seconds at which the run ends.
    options
        Arguments of each node.

    Examples
    --------
    >>> transfer(TwoPhaseCommit).balances
    {'A': 600, 'B': 800}
    """
    giver, taker = names
    nodes: dict[NodeId, Any] = {
        1: kind({}, transactions=0, **options),
        2: kind({giver: balances[0]}, transactions=0, **options),
        3: kind({taker: balances[1]}, transactions=0, **options),
    }
    call = Call(1, 0.0, "begin", ("T", {2: {giver: -amount}, 3: {taker: amount}}))
    sim = Simulation(nodes, Network(latency=Constant(0.01)), faults=faults, workload=[call])
    trace = sim.run(until=until)
    return Settled(trace, {**getattr(nodes[2], "balances", {}), **getattr(nodes[3], "balances", {})})


def order_of_50(kind: Protocol) -> Settled:
    """An order of 50 against a balance of 150.

    >>> order_of_50(TwoPhaseCommit).balances
    {'customer': 100, 'shop': 50}
    """
    return transfer(kind, 50, (150, 0), names=("customer", "shop"))


def t_shirts(kind: Protocol) -> Settled:
    """100 T-shirts are ordered, and 80 are in stock: the stock votes no, and nobody changes anything.

    >>> t_shirts(ThreePhaseCommit).balances
    {'stock': 80, 'ordered': 0}
    """
    return transfer(kind, 100, (80, 0), names=("stock", "ordered"))


def cut_off_after_pre_commit(kind: type[ThreePhaseCommit] = ThreePhaseCommit) -> Settled:
    """Site 3 is cut off when it has got PreCommit, before anybody hears that it has.

    The coordinator misses its acknowledgement and aborts; site 3 misses the Commit and commits.

    >>> cut_off_after_pre_commit().balances
    {'A': 800, 'B': 800}
    """
    return transfer(kind, faults=[Partition([[3]], at=0.035)])


def heuristic_damage(decision: str = "abort", heals: float = 4.0) -> Settled:
    """Site 3 has voted yes and is cut off; after 2 s in doubt it decides alone. The others have committed.

    When the partition heals, the coordinator tells it what was decided: too late.

    >>> heuristic_damage().balances
    {'A': 600, 'B': 600}
    """
    cut = Partition([[3]], at=0.028, until=heals)
    return transfer(TwoPhaseCommit, faults=[cut], until=heals + 2.0, heuristic=decision)
