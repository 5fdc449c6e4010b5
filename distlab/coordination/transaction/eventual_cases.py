"""The same transfers for every pattern, to be checked under faults.

A and B hold 800 and 600; amounts of 200 move from A to B, one after the other; what A cannot pay is refused.
Each case says who takes part, what is asked of them, and what must hold: all or nothing in the end, and the
sum.

================= =================================================================================
messages          transactional messages; the consumer cannot process transaction 3
outbox            a service with an outbox, and a consumer
saga              three steps; C refuses some; an interrupted saga is resumed
saga backward     the same; an interrupted saga is taken back
choreography      the same three steps without an orchestrator
saga with a pivot the second of three steps cannot be taken back; B refuses some, and is asked again
tcc               try, confirm, cancel
================= =================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from distlab.sim import Call, Empirical, Network, Node, NodeId

from .choreography import Dancer
from .outbox import Consumer, Outbox
from .saga import Orchestrator, Step
from .tcc import Reserving, TccCoordinator
from .transactional_messages import Broker, MessageConsumer, Producer

__all__ = ["CASES", "ROUGH", "Case"]

#: most messages take 5 to 15 ms, a few take a detour; some are lost, some come twice
ROUGH = Network(
    latency=Empirical((0.005, 0.006, 0.008, 0.01, 0.015) * 4 + (0.05, 0.2, 0.6)), loss=0.05, duplication=0.1
)

Swap = Mapping[type[Node], type[Node]]


def _no_swap() -> Swap:
    return {}


@dataclass(frozen=True)
class Case:
    """Nodes, what is asked of them, and what must hold.

    Parameters
    ----------
    name
        As in ``CASES``.
    cast
        A function from (class -> class to use instead) to nodes.
    calls
        What is asked of them.
    total
        The sum of all balances.
    reverse
        Must what is done be taken back in the reverse order?
    swap
        Classes to use instead of others.

    Examples
    --------
    >>> from distlab.check import Accounts, AllOf, EventualAtomicity, check
    >>> case = CASES["tcc"]
    >>> promise = AllOf(EventualAtomicity(), Accounts(case.total))
    >>> options = {"nodes": case.size, "workload": case.calls, "network": ROUGH, "bounds": None}
    >>> check(case, promise, runs=20, progress=False, **options).verdict
    'passed'
    """

    name: str
    cast: Callable[[Callable[[Any], Any]], dict[NodeId, Node]]
    calls: tuple[Call, ...]
    total: int
    reverse: bool = False
    swap: Swap = field(default_factory=_no_swap)

    def __call__(self, n: int | None = None) -> dict[NodeId, Node]:
        """Fresh nodes; their number is fixed."""
        return self.cast(lambda kind: self.swap.get(kind, kind))

    @property
    def size(self) -> int:
        """How many nodes take part."""
        return len(self())


def _calls(node: NodeId, method: str, *args: Any) -> tuple[Call, ...]:
    """Five, one every 0.4 s."""
    return tuple([Call(node, round(0.4 * place, 1), method, (place + 1, *args)) for place in range(5)])


def _messages(of: Callable[[Any], Any]) -> dict[NodeId, Node]:
    return {
        "A": of(Producer)("broker", "B", 800),
        "broker": of(Broker)("A", "B", tries=6),
        "B": of(MessageConsumer)(600, fails=[3]),
    }


def _outbox(of: Callable[[Any], Any]) -> dict[NodeId, Node]:
    return {"A": of(Outbox)("B", 800), "B": of(Consumer)(600)}


def _saga(of: Callable[[Any], Any], recovery: str = "forward") -> dict[NodeId, Node]:
    return {
        "saga": of(Orchestrator)(["A", "B", "C"], recovery=recovery),
        "A": of(Step)(800, -200),
        "B": of(Step)(600, 200),
        "C": of(Step)(flaky=0.3),
    }


def _choreography(of: Callable[[Any], Any]) -> dict[NodeId, Node]:
    return {
        "A": of(Dancer)(None, "B", 3, 800, -200),
        "B": of(Dancer)("A", "C", 3, 600, 200),
        "C": of(Dancer)("B", None, 3, flaky=0.3),
    }


def _pivot(of: Callable[[Any], Any]) -> dict[NodeId, Node]:
    return {
        "saga": of(Orchestrator)(["A", "P", "B"], pivot=2, recovery="backward"),
        "A": of(Step)(800, -200),
        "P": of(Step)(flaky=0.3, compensates=False),
        "B": of(Step)(600, 200, flaky=0.3),
    }


def _tcc(of: Callable[[Any], Any]) -> dict[NodeId, Node]:
    return {
        "tcc": of(TccCoordinator)(["A", "B"]),
        "A": of(Reserving)(800, -200),
        "B": of(Reserving)(600, 200),
    }


#: name -> case
CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("messages", _messages, _calls("A", "transfer", 200), 1400),
        Case("outbox", _outbox, _calls("A", "act", 200), 1400),
        Case("saga", _saga, _calls("saga", "start"), 1400, reverse=True),
        Case("saga backward", lambda of: _saga(of, "backward"), _calls("saga", "start"), 1400, reverse=True),
        Case("choreography", _choreography, _calls("A", "start"), 1400, reverse=True),
        Case("saga with a pivot", _pivot, _calls("saga", "start"), 1400, reverse=True),
        Case("tcc", _tcc, _calls("tcc", "start"), 1400),
    )
}
