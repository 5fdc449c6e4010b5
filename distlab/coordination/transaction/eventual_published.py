"""The figures TX-6 to TX-8 in the shape of data/published/06.toml, and RocketMQ's own times, from runs."""

from __future__ import annotations

from collections import Counter
from math import sqrt
from statistics import stdev
from typing import Any

from distlab.sim import Call, Link, Network, Simulation, Uniform

from .eventual_mutants import ProcessesEveryDelivery
from .eventual_scenarios import failing_saga
from .outbox import Consumer, Outbox
from .tcc import Cancel, Confirm, Reserving, TccCoordinator
from .transactional_messages import ROCKETMQ_RETRIES, Broker, MessageConsumer, Producer

__all__ = ["deliveries", "outbox", "rocketmq", "saga", "tcc"]


def saga(n: int = 5, k: int = 3) -> dict[str, Any]:
    """TX-6: a saga of n steps of which step k is refused; effects and compensations counted at the steps.

    Parameters
    ----------
    n, k
        As for :func:`~distlab.coordination.transaction.eventual_scenarios.failing_saga`.

    Examples
    --------
    >>> saga()
    {'history': 'T1 T2 T3x C2 C1', 'forward': 2, 'compensations': 2}
    """
    trace, history = failing_saga(n, k)
    events = trace.records.event.tolist()
    return {"history": history, "forward": events.count("do"), "compensations": events.count("undo")}


def tcc(transactions: int = 100, seed: int = 0) -> dict[str, Any]:
    """TX-7: many transactions over a network that drops, doubles and reorders messages.

    Parameters
    ----------
    transactions
        How many, one every second.
    seed
        Whole number; the run depends on it.

    Returns
    -------
    dict
        Whether tries came after their cancels, and none of them reserved anything; and the largest number of
        effects of a confirm, and of a cancel, that came more than once.

    Examples
    --------
    >>> tcc()
    {'late_try_refused': True, 'effects_of_repeated_confirm': 1, 'effects_of_repeated_cancel': 1}
    """
    nodes: dict[Any, Any] = {
        "tcc": TccCoordinator(["A", "B"], deadline=0.06),
        "A": Reserving(200 * transactions, -200),
        "B": Reserving(0, 200),
    }
    network = Network(Uniform(0.005, 0.015), loss=0.2, duplication=0.2, reordering=0.2, hold=10)
    calls = [Call("tcc", float(at), "start", (at,)) for at in range(transactions)]
    sim = Simulation(nodes, network, workload=calls, seed=seed)
    trace = sim.run(until=transactions + 5.0)
    records = trace.records
    received = [event for event in trace.events() if event.kind == "message" and event.happened]
    late = records[records.event == "late try"]
    kept = sum([len(node.frozen) for node in nodes.values() if isinstance(node, Reserving)])

    def repeated(message: Any, effect: str) -> int:
        arrived = Counter(
            (event.payload.transaction, event.node)
            for event in received
            if isinstance(event.payload, message)
        )
        happened = records[records.event == effect]
        done = Counter(zip(happened.transaction, happened.node, strict=True))
        return max([done[key] for key, count in arrived.items() if count > 1])

    return {
        "late_try_refused": len(late) > 0 and kept == 0,
        "effects_of_repeated_confirm": repeated(Confirm, "do"),
        "effects_of_repeated_cancel": repeated(Cancel, "release"),
    }


def outbox(messages: int = 1000, seed: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
    """TX-8: effects at a consumer that stores numbers, and at one that does not; with standard errors.

    Parameters
    ----------
    messages
        How many, N.
    seed
        Whole number; the runs depend on it.

    Returns
    -------
    tuple
        The measured values, and the standard errors of the sums, from the spread over the messages.

    Examples
    --------
    >>> measured, errors = outbox(messages=100)
    >>> measured["effects_idempotent"]
    100
    """
    effects, errors = {}, {}
    for p in (0.1, 0.5):
        counts = deliveries(p, messages, idempotent=False, seed=seed)
        effects[f"p={p:g}"] = sum(counts)
        errors[f"p={p:g}"] = sqrt(messages) * stdev(counts)
    once = sum(deliveries(0.5, messages, idempotent=True, seed=seed))
    return (
        {"effects_idempotent": once, "effects_without_idempotence": effects},
        {"effects_without_idempotence": errors},
    )


def rocketmq() -> dict[str, Any]:
    """RocketMQ's own times: a message that is never accepted, and a producer that never knows the outcome.

    Its documentation says: 16 retries, after 10 s, 30 s, 1 min, ... 2 h, which together are 4 hours and 46
    minutes; then a dead letter. And 15 check-backs; then the half message is thrown away.

    Examples
    --------
    >>> rocketmq()["retries"], rocketmq()["seconds"]
    (16, 17140)
    """
    nodes: dict[Any, Any] = {
        "A": Producer("broker", "B", 800),
        "broker": Broker("A", "B", retry=ROCKETMQ_RETRIES),
        "B": MessageConsumer(600, fails=[1]),
    }
    call = Call("A", 0.0, "transfer", (1, 200))
    records = Simulation(nodes, workload=[call]).run(until=20_000.0).records
    delivered = records[records.event == "deliver"].time.tolist()
    silent: dict[Any, Any] = {
        "A": Producer("broker", "B", 800, takes=1e6),  # its local transaction never ends
        "broker": Broker("A", "B", check=60.0, checks=15),
        "B": MessageConsumer(600),
    }
    asked = Simulation(silent, workload=[call]).run(until=20_000.0).records.event.tolist()
    return {
        "retries": len(delivered) - 1,
        "first_interval": round(delivered[1] - delivered[0]),
        "last_interval": round(delivered[-1] - delivered[-2]),
        "seconds": round(delivered[-1] - delivered[0]),
        "check_backs": asked.count("check back"),
        "dead_letters": records.event.tolist().count("dead letter"),
        "discarded": asked.count("lost"),
    }


def deliveries(p: float, messages: int = 1000, *, idempotent: bool = True, seed: int = 0) -> list[int]:
    """How many effects each message has if each acknowledgement is lost with probability p.

    Parameters
    ----------
    p
        A probability, less than 1.
    messages
        How many, one every 5 ms.
    idempotent
        Whether the consumer stores their numbers.
    seed
        Whole number; the run depends on it.

    Returns
    -------
    list of int
        For each message the effects at the consumer.

    Examples
    --------
    >>> sum(deliveries(0.0, 20)), sum(deliveries(0.5, 20))
    (20, 20)
    """
    kind = Consumer if idempotent else ProcessesEveryDelivery
    nodes = {"A": Outbox("B", messages, takes=0.001), "B": kind(takes=0.001)}
    network = Network(latency=0.01, links={("B", "A"): Link(loss=p)})
    calls = [Call("A", 0.005 * number, "act", (number, 1)) for number in range(messages)]
    sim = Simulation(nodes, network, workload=calls, seed=seed, trace="outline")
    trace = sim.run(until=0.005 * messages, max_events=10_000_000)
    end = 0.005 * messages
    while nodes["A"].outbox:  # type: ignore[attr-defined]
        end += 1.0
        trace = sim.run(until=end, max_events=10_000_000)
    records = trace.records
    counts = [0] * messages
    for number in records[(records.event == "do") & (records.step == 2)].transaction:
        counts[int(number)] += 1
    return counts
