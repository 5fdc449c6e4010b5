"""Runs of messages, outbox, saga and TCC to look at: the course's examples, and one thing that goes wrong.

Every message takes 10 ms, every local transaction 5 ms.

======================= ==========================================================================
transfer                200 from A (800) to B (600), by any of the four
order_of_50             an order of 50 against a balance of 150
t_shirts                100 T-shirts are ordered, and 80 are there
lost_outcome            messages: the outcome of the local transaction is lost; the broker asks back
lost_acknowledgement    messages: the consumer's acknowledgement is lost
dead_letter             messages: the consumer cannot process it
failing_saga            saga: step k of n is refused
interrupted_saga        saga: the orchestrator crashes, at every moment
dirty_reads             saga: what others see between two steps
suspended_try           TCC: the try comes after the cancel
crashed_at_every_moment any: a node crashes, at every moment of a transfer
======================= ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any, NamedTuple

from distlab.sim import Call, Fault, LossBurst, Node, NodeId, Outage, Simulation, SlowLink, Trace

from .eventual_mutants import ConsumesEveryDelivery
from .outbox import Consumer, Outbox
from .saga import Orchestrator, Step
from .tcc import Reserving, TccCoordinator
from .transactional_messages import Broker, MessageConsumer, Producer

__all__ = [
    "PATTERNS",
    "Crashes",
    "Interrupted",
    "Read",
    "Run",
    "crashed_at_every_moment",
    "dead_letter",
    "dirty_reads",
    "failing_saga",
    "interrupted_saga",
    "lost_acknowledgement",
    "lost_outcome",
    "order_of_50",
    "suspended_try",
    "t_shirts",
    "transfer",
]

PATTERNS = ("messages", "outbox", "saga", "tcc")


class Run(NamedTuple):
    """A run, and what the accounts hold in the end."""

    trace: Trace
    balances: dict[NodeId, int]


def transfer(
    pattern: str,
    amount: int = 200,
    balances: tuple[int, int] = (800, 600),
    *,
    faults: Iterable[Fault] = (),
    until: float = 3.0,
) -> Run:
    """An amount moves from A to B.

    Parameters
    ----------
    pattern
        One of ``PATTERNS``.
    amount
        How much.
    balances
        What A and B hold before.
    faults
        What goes wrong.
    until
        Seconds after which the run ends.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If there is no such pattern.

    Examples
    --------
    >>> [transfer(pattern).balances for pattern in PATTERNS]
    [{'A': 600, 'B': 800}, {'A': 600, 'B': 800}, {'A': 600, 'B': 800}, {'A': 600, 'B': 800}]
    """
    nodes, call = _cast(pattern, amount, *balances)
    return _run(nodes, [call], faults, until)


def order_of_50(pattern: str) -> Run:
    """An order of 50 against a balance of 150: the payment goes from the account to the shop.

    >>> order_of_50("tcc").balances
    {'A': 100, 'B': 50}
    """
    return transfer(pattern, 50, (150, 0))


def t_shirts(pattern: str) -> Run:
    """100 T-shirts are ordered, and 80 are in stock: the order is stored, and taken back.

    With messages, the order's own transaction commits before anybody looks at the stock, so a compensation is
    needed; an outbox has none.

    Parameters
    ----------
    pattern
        "messages", "saga" or "tcc".

    Raises
    ------
    ValueError
        If there is no such pattern, or it is "outbox".

    Examples
    --------
    >>> t_shirts("saga").balances
    {'order': 0, 'stock': 80}
    """
    if pattern == "messages":
        nodes: dict[NodeId, Node] = {
            "order": Producer("broker", "stock", 0),
            "broker": Broker("order", "stock", tries=4),
            "stock": MessageConsumer(80),
        }
        return _run(nodes, [Call("order", 0.0, "transfer", (1, -100))])
    if pattern == "saga":
        nodes = {
            "saga": Orchestrator(["order", "stock"]),
            "order": Step(0, 100),
            "stock": Step(80, -100),
        }
        return _run(nodes, [Call("saga", 0.0, "start", (1,))])
    if pattern == "tcc":
        nodes = {
            "tcc": TccCoordinator(["order", "stock"]),
            "order": Reserving(0, 100),
            "stock": Reserving(80, -100),
        }
        return _run(nodes, [Call("tcc", 0.0, "start", (1,))])
    raise ValueError(f'pattern must be "messages", "saga" or "tcc"; got {pattern!r}.')


# --- messages


def lost_outcome(checks: int | None = None) -> Run:
    """The message that says how the local transaction ended is lost; the broker asks back.

    Parameters
    ----------
    checks
        How often the broker asks; 0: never, so the money has left A and never arrives.

    Examples
    --------
    >>> lost_outcome().balances, lost_outcome(checks=0).balances
    ({'A': 600, 'B': 800}, {'A': 600, 'B': 600})
    """
    nodes = {
        "A": Producer("broker", "B", 800),
        "broker": Broker("A", "B", checks=checks),
        "B": MessageConsumer(600),
    }
    lost = LossBurst(1.0, at=0.022, until=0.03, sender="A", receiver="broker")
    return _run(nodes, [_TRANSFER], [lost], until=0.5)


def lost_acknowledgement(idempotent: bool = True) -> Run:
    """The consumer's acknowledgement is lost, so the broker delivers again.

    Parameters
    ----------
    idempotent
        Whether the consumer looks at the ids that it has stored.

    Examples
    --------
    >>> lost_acknowledgement().balances, lost_acknowledgement(idempotent=False).balances
    ({'A': 600, 'B': 800}, {'A': 600, 'B': 1000})
    """
    nodes = {
        "A": Producer("broker", "B", 800),
        "broker": Broker("A", "B"),
        "B": MessageConsumer(600) if idempotent else ConsumesEveryDelivery(600),
    }
    lost = LossBurst(1.0, at=0.046, until=0.055, sender="B", receiver="broker")
    return _run(nodes, [_TRANSFER], [lost], until=0.5)


def dead_letter(tries: int = 4, until: float = 1.0) -> Run:
    """The consumer cannot process the message; after some tries the money goes back.

    >>> dead_letter().balances
    {'A': 800, 'B': 600}
    """
    nodes = {
        "A": Producer("broker", "B", 800),
        "broker": Broker("A", "B", tries=tries),
        "B": MessageConsumer(600, fails=[1]),
    }
    return _run(nodes, [_TRANSFER], until=until)


# --- saga


def failing_saga(n: int = 5, k: int | None = 3) -> tuple[Trace, str]:
    """A saga of n steps of which step k is refused; the run, and its history as the paper writes it.

    Parameters
    ----------
    n
        Number of steps, 1 or more.
    k
        The step that is refused; None: none.

    Raises
    ------
    ValueError
        If there is no step k.

    Examples
    --------
    >>> failing_saga(5, 3)[1]
    'T1 T2 T3x C2 C1'
    """
    if k is not None and not 1 <= k <= n:
        raise ValueError(f"k must be a step from 1 to {n}, or None; got {k!r}.")
    nodes: dict[NodeId, Node] = {"saga": Orchestrator(range(1, n + 1))}
    nodes.update({step: Step(refuses=inf if step == k else 0) for step in range(1, n + 1)})
    sim = Simulation(nodes, workload=[_START])
    trace = sim.run()
    return trace, sim.nodes["saga"].history(1)


class Interrupted(NamedTuple):
    """A saga whose orchestrator crashed.

    Attributes
    ----------
    at : float
        Seconds at which it crashed.
    before, history : str
        What the log said then, and in the end.
    outcome : str
    balances : dict
    """

    at: float
    before: str
    history: str
    outcome: str
    balances: dict[NodeId, int]


def interrupted_saga(
    recovery: str = "forward", *, refused: bool = False, every: float = 0.005, down: float = 0.1
) -> list[Interrupted]:
    """The transfer as a saga, again and again; each time the orchestrator crashes a little later.

    Parameters
    ----------
    recovery
        "forward" or "backward".
    refused
        Whether B refuses, so that the saga turns back by itself.
    every
        Seconds from one moment of a crash to the next.
    down
        Seconds until the orchestrator comes back.

    Returns
    -------
    list of Interrupted
        One for each moment until the saga would have been over.

    Examples
    --------
    >>> interrupted_saga("backward")[4].history
    'T1? C1'
    """
    rows: list[Interrupted] = []
    while True:
        moment = round(every * (len(rows) + 0.5), 6)
        nodes = {
            "saga": Orchestrator(["A", "B"], recovery=recovery),
            "A": Step(800, -200),
            "B": Step(600, 200, refuses=inf if refused else 0),
        }
        fault = Outage("saga", at=moment, until=moment + down)
        sim = Simulation(nodes, faults=[fault], workload=[_START])
        sim.run(until=moment)
        saga = sim.nodes["saga"]
        before = " ".join(entry for entry in saga.log[1] if entry != "begin")
        if before.endswith(("commit", "abort")):
            return rows
        sim.run(until=moment + 2.0)
        rows.append(Interrupted(moment, before, saga.history(1), saga.log[1][-1], _balances(sim.nodes)))


class Read(NamedTuple):
    """What somebody sees who looks at both accounts."""

    at: float
    A: int
    B: int
    total: int


def dirty_reads(refused: bool = False, every: float = 0.01) -> tuple[Trace, list[Read]]:
    """Somebody looks at both accounts while a saga moves 200: they see what no transaction left behind.

    Parameters
    ----------
    refused
        Whether B refuses: then they see a state that is taken back.
    every
        Seconds between two looks.

    Returns
    -------
    tuple
        The run, and what was seen.

    Examples
    --------
    >>> sorted({read.total for read in dirty_reads()[1]})
    [1200, 1400]
    """
    looks = [place * every for place in range(1, 10)]
    nodes = {
        "saga": Orchestrator(["A", "B"]),
        "A": Step(800, -200),
        "B": Step(600, 200, refuses=inf if refused else 0),
    }
    calls = [_START, *[Call(node, at, "read") for at in looks for node in ("A", "B")]]
    trace = Simulation(nodes, workload=calls).run()
    reads = trace.records.query("event == 'read'")
    seen = {node: reads[reads.node == node].balance.astype(int).tolist() for node in ("A", "B")}
    return trace, [
        Read(round(at, 6), a, b, a + b) for at, a, b in zip(looks, seen["A"], seen["B"], strict=True)
    ]


# --- TCC


def suspended_try() -> Run:
    """B's try takes half a second; meanwhile the coordinator cancels; B refuses the try that comes late.

    >>> run = suspended_try()
    >>> run.trace.records.query("node == 'B'").event.tolist(), run.balances
    (['empty cancel', 'late try'], {'A': 800, 'B': 600})
    """
    nodes = {
        "tcc": TccCoordinator(["A", "B"], patience=0.3, deadline=0.2),
        "A": Reserving(800, -200),
        "B": Reserving(600, 200),
    }
    slow = SlowLink("tcc", "B", at=0.0, until=0.1, extra=0.5)
    return _run(nodes, [Call("tcc", 0.001, "start", (1,))], [slow], until=0.6)


# --- any


class Crashes(NamedTuple):
    """What a crash does, summed up over all moments of it.

    Attributes
    ----------
    node
        Who crashed.
    moments, committed, aborted, forgotten : int
        How many runs, and how they ended; forgotten: nothing was stored anywhere, so nothing happened.
    wrong_sums : int
        Runs after which the sum of the accounts was not what it had been.
    slowest : float
        The longest time in seconds in which the accounts differed.
    """

    node: NodeId
    moments: int
    committed: int
    aborted: int
    forgotten: int
    wrong_sums: int
    slowest: float


def crashed_at_every_moment(pattern: str, every: float = 0.002, down: float = 0.2) -> list[Crashes]:
    """The transfer, again and again; each time a node crashes a little later, and comes back.

    Parameters
    ----------
    pattern
        One of ``PATTERNS``.
    every
        Seconds from one moment of a crash to the next, over the first tenth of a second.
    down
        Seconds until the node comes back.

    Returns
    -------
    list of Crashes
        One for each node.

    Examples
    --------
    >>> [(row.node, row.wrong_sums) for row in crashed_at_every_moment("saga", every=0.01)]
    [('saga', 0), ('A', 0), ('B', 0)]
    """
    from .eventual_measures import convergence_times, transactions

    moments = [round(every * (place + 0.5), 6) for place in range(round(0.1 / every))]
    rows = []
    for node in _cast(pattern, 200, 800, 600)[0]:
        runs = [transfer(pattern, faults=[Outage(node, at, at + down)]) for at in moments]
        ends = [next((one.outcome for one in transactions(run.trace)), "") for run in runs]
        slowest = max((round(time, 6) for run in runs for time in convergence_times(run.trace)), default=0.0)
        wrong = sum([sum(run.balances.values()) != 1400 for run in runs])
        counts = [ends.count(outcome) for outcome in ("commit", "abort", "")]
        rows.append(Crashes(node, len(moments), counts[0], counts[1], counts[2], wrong, slowest))
    return rows


_TRANSFER = Call("A", 0.0, "transfer", (1, 200))
_START = Call("saga", 0.0, "start", (1,))


def _cast(pattern: str, amount: int, a: int, b: int) -> tuple[dict[NodeId, Any], Call]:
    if pattern == "messages":
        nodes: dict[NodeId, Any] = {
            "A": Producer("broker", "B", a),
            "broker": Broker("A", "B"),
            "B": MessageConsumer(b),
        }
        return nodes, Call("A", 0.0, "transfer", (1, amount))
    if pattern == "outbox":
        return {"A": Outbox("B", a), "B": Consumer(b)}, Call("A", 0.0, "act", (1, amount))
    if pattern == "saga":
        nodes = {"saga": Orchestrator(["A", "B"]), "A": Step(a, -amount), "B": Step(b, amount)}
        return nodes, _START
    if pattern == "tcc":
        nodes = {
            "tcc": TccCoordinator(["A", "B"]),
            "A": Reserving(a, -amount),
            "B": Reserving(b, amount),
        }
        return nodes, Call("tcc", 0.0, "start", (1,))
    raise ValueError(f"pattern must be one of {', '.join(map(repr, PATTERNS))}; got {pattern!r}.")


def _run(
    nodes: dict[NodeId, Any], calls: list[Call], faults: Iterable[Fault] = (), until: float = 3.0
) -> Run:
    sim = Simulation(nodes, faults=faults, workload=calls)
    trace = sim.run(until=until)
    return Run(trace, _balances(sim.nodes))


def _balances(nodes: dict[NodeId, Any]) -> dict[NodeId, int]:
    return {id: node.balance for id, node in nodes.items() if hasattr(node, "balance")}
