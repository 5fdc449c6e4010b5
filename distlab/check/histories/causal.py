"""Causal consistency and FIFO consistency (PRAM): what one saw before one wrote, others see in that order.

The causal order is: each client's own order; a write before every read that came from it; and what follows
from both. Three promises are built on it. Causal memory: every client can put all writes and its own reads
in one order that keeps the causal order. Weak causal consistency: the same for every read on its own. Causal
convergence: all clients agree on the order of writes. FIFO consistency is causal memory with nothing but each
client's own order.

The bad patterns are those of A. Bouajjani, C. Enea, R. Guerraoui and J. Hamza, On Verifying Causal
Consistency, POPL 2017. They decide histories in which every value is written once; otherwise every choice
of writes that the reads can have come from is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any

from .accesses import (
    START,
    Accesses,
    Circle,
    Promise,
    Sources,
    Stale,
    Violation,
    check_accesses,
)
from .models import Model
from .relation import Relation, bits
from .verdict import Verdict

__all__ = ["check_causal", "check_fifo", "fifo_order", "for_each_client"]

LIMIT = 2_000
ClientRule = Callable[..., Violation | None]  # accesses, sources, client


def check_causal(
    history: Any, model: Model | None = None, *, kind: str = "memory", limit: int = LIMIT
) -> Verdict:
    """Check whether reads and writes of registers are causally consistent.

    Parameters
    ----------
    history : a `History`, or whatever `History.of` takes.
    model : ``Register()`` when left out; a register with an initial value, or ``KeyValue()``.
    kind : ``"memory"`` (causal memory, M. Ahamad et al. 1995), ``"weak"`` (weak causal consistency) or
        ``"convergent"`` (causal convergence).
    limit : how many choices of sources to try when values were written more than once.

    Examples
    --------
    Bob answers Ann's question; Cid sees the answer, but not yet the question.

    >>> from distlab.check.histories import Operation
    >>> verdict = check_causal([
    ...     Operation("Ann", "write", "question", "?", 0.0, 0.1),
    ...     Operation("Bob", "read", "question", None, 0.2, 0.3, result="?"),
    ...     Operation("Bob", "write", "answer", "!", 0.4, 0.5),
    ...     Operation("Cid", "read", "answer", None, 0.6, 0.7, result="!"),
    ...     Operation("Cid", "read", "question", None, 0.8, 0.9, result=None),
    ... ])
    >>> print(verdict.sentence)
    Not causal: client Cid read question = None during [0.8, 0.9], but question = ? had been written before: \
client Ann wrote question = ?, client Bob read question = ?, then wrote answer = !, client Cid read \
answer = !, then read question = None.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(map(repr, KINDS))}, not {kind!r}")
    level, kept, rule = KINDS[kind]
    return check_accesses(
        level, kept, history, model, lambda accesses: [Promise(rule, accesses.sessions)], limit
    )


def check_fifo(history: Any, model: Model | None = None, *, limit: int = LIMIT) -> Verdict:
    """Check FIFO consistency: the writes of a client are seen in its order.

    Source: R. Lipton and J. Sandberg, PRAM: A Scalable Shared Memory, Princeton CS-TR-180-88, 1988.
    Parameters are those of `check_causal`.

    >>> from distlab.check.histories import Operation
    >>> check_fifo([
    ...     Operation("Ann", "write", "x", 1, 0.0, 0.1),
    ...     Operation("Ann", "write", "x", 2, 0.2, 0.3),
    ...     Operation("Bob", "read", "x", None, 0.4, 0.5, result=2),
    ...     Operation("Bob", "read", "x", None, 0.6, 0.7, result=1),
    ... ]).ok
    False
    """
    kept = "every client saw the writes of each other client in the order they were written"
    return check_accesses("fifo", kept, history, model, partial(for_each_client, _fifo), limit)


def for_each_client(rule: ClientRule, accesses: Accesses) -> list[Promise]:
    """The promise that a rule, which only asks about the reads of one client, holds for each client."""
    return [Promise(partial(rule, client=client), [client]) for client in accesses.sessions]


def causal_order(accesses: Accesses, sources: Sources) -> Relation | Circle:
    """Each client's own order, and every write before the reads that came from it."""
    members = {*accesses.writes(sources), *sources}
    relation = Relation(len(accesses.operations))
    steps = [(a, b, "program") for a, b in accesses.program_order(members)]
    steps += [(source, read, "read") for read, source in sources.items() if source != START]
    for a, b, kind in sorted(steps, key=lambda step: step[1]):
        relation.add(a, b, kind)
        if relation.precedes(a, a):
            return Circle(relation, a)
    return relation


def _weak(accesses: Accesses, sources: Sources) -> Violation | None:
    """CyclicCO, WriteCORead, WriteCOInitRead."""
    relation = causal_order(accesses, sources)
    if isinstance(relation, Circle):
        return relation
    on_key = _writes_on_key(accesses, sources)
    for read, source in sorted(sources.items()):
        for newer in bits(relation.before[read] & on_key[accesses.key(read)]):
            if newer != source and (source == START or relation.precedes(source, newer)):
                return Stale(relation, read, source, newer)
    return None


def _memory(accesses: Accesses, sources: Sources) -> Violation | None:
    """The patterns of weak causal consistency, and CyclicHB and WriteHBInitRead for every client."""
    violation = _weak(accesses, sources)
    if violation is not None:
        return violation
    relation = causal_order(accesses, sources)
    assert isinstance(relation, Relation)
    return _serialized(accesses, sources, {client: relation for client in accesses.sessions})


def _convergent(accesses: Accesses, sources: Sources) -> Violation | None:
    """The patterns of weak causal consistency, and CyclicCF: the clients disagree on the order of writes."""
    violation = _weak(accesses, sources)
    if violation is not None:
        return violation
    relation = causal_order(accesses, sources)
    assert isinstance(relation, Relation)
    on_key = _writes_on_key(accesses, sources)
    seen = list(relation.before)
    for read, source in sorted(sources.items()):
        for other in bits(seen[read] & on_key[accesses.key(read)]):
            if other != source:
                if relation.precedes(source, other):
                    return Stale(relation, read, source, other)
                relation.add(other, source, "implied", read)
    return None


def fifo_order(accesses: Accesses, sources: Sources, client: Hashable) -> Relation | Circle:
    """The writes in their clients' order, together with one client's reads and where they came from."""
    mine = set(accesses.sessions[client])
    seen = {*accesses.writes(sources), *(read for read in sources if read in mine)}
    relation = Relation(len(accesses.operations))
    steps = [(a, b, "program") for a, b in accesses.program_order(seen)]
    steps += [(source, read, "read") for read, source in sources.items() if read in mine and source != START]
    for a, b, kind in sorted(steps, key=lambda step: step[1]):
        relation.add(a, b, kind)
        if relation.precedes(a, a):
            return Circle(relation, a)
    return relation


def _fifo(accesses: Accesses, sources: Sources, client: Hashable) -> Violation | None:
    """CyclicHB and WriteHBInitRead for a client, from program order and its own reads only."""
    relation = fifo_order(accesses, sources, client)
    if isinstance(relation, Circle):
        return relation
    return _serialized(accesses, sources, {client: relation})


def _serialized(accesses: Accesses, sources: Sources, orders: dict[Hashable, Relation]) -> Violation | None:
    """Whether each client can put what came before its operations in one order (HB of Bouajjani et al.)."""
    on_key = _writes_on_key(accesses, sources)
    for client, order in orders.items():
        reads = [i for i in accesses.sessions[client] if i in sources]
        relation = order.copy()
        changed = True
        while changed:
            changed = False
            for read in reads:
                source = sources[read]
                earlier = relation.before[read] & on_key[accesses.key(read)]
                if source == START:
                    for newer in bits(earlier):
                        return Stale(relation, read, START, newer)
                    continue
                for other in bits(earlier & ~relation.before[source] & ~(1 << source)):
                    if relation.precedes(source, other):
                        return Stale(relation, read, source, other)
                    changed = relation.add(other, source, "implied", read) or changed
    return None


def _writes_on_key(accesses: Accesses, sources: Sources) -> dict[Hashable, int]:
    """The writes of each register, as bits of a number."""
    on_key: dict[Hashable, int] = {accesses.key(read): 0 for read in sources}
    for i in accesses.writes(sources):
        on_key[accesses.key(i)] = on_key.get(accesses.key(i), 0) | 1 << i
    return on_key


KINDS = {
    "memory": ("causal", "every client saw all writes in an order that keeps cause before effect", _memory),
    "weak": ("weakly causal", "every read fits an order of writes that keeps cause before effect", _weak),
    "convergent": (
        "causally convergent",
        "all clients saw the writes in one order that keeps cause before effect",
        _convergent,
    ),
}
