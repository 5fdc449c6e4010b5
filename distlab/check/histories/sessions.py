"""The four session guarantees: what a client may rely on while it moves between replicas.

D. Terry, A. Demers, K. Petersen, M. Spreitzer, M. Theimer and B. Welch, Session Guarantees for Weakly
Consistent Replicated Data, PDIS 1994. There, a guarantee speaks of the writes that a replica has, and of
their order there. A history shows neither; so a guarantee counts as broken when no choice of both explains
what a client read:

- a read returns, of the writes of that register that it sees, the newest in an order of this client's own;
  and the initial value when it sees none;
- read your writes: a read sees all earlier writes of its client;
- monotonic reads: a read sees all that earlier reads of its client saw;
- monotonic writes: who sees a write also sees the earlier writes of the same client, in their order;
- writes follow reads: who sees a write also sees, before it, what its writer had read until then.

For the first two, which could hardly be broken otherwise, the order always keeps the order of each writer.
For the same reason the last two are about clients that do not forget what they saw; and what cannot be
explained to such a client by any order of writes is not counted against them.
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
from .causal import fifo_order, for_each_client
from .models import Model
from .relation import Relation, bits
from .verdict import Verdict

__all__ = [
    "check_monotonic_reads",
    "check_monotonic_writes",
    "check_read_your_writes",
    "check_writes_follow_reads",
]

LIMIT = 2_000
Steps = Callable[[Accesses, Sources], list[tuple[int, int, str]]]


def check_read_your_writes(
    history: Any, model: Model | None = None, *, real_time: bool = False, limit: int = LIMIT
) -> Verdict:
    """Check that no client reads something older than what it wrote itself.

    Parameters
    ----------
    history : a `History`, or whatever `History.of` takes.
    model : ``Register()`` when left out; a register with an initial value, or ``KeyValue()``.
    real_time : a write that returned before another was invoked counts as the older one, whoever wrote them.
        So it is with one leader, or with clocks in step. Otherwise the store may order the writes of
        different clients freely.
    limit : how many choices of sources to try when values were written more than once.

    >>> from distlab.check.histories import Operation
    >>> verdict = check_read_your_writes([
    ...     Operation("Ann", "write", "x", 1, 0.0, 0.1),
    ...     Operation("Ann", "read", "x", None, 0.2, 0.3, result=None),
    ... ])
    >>> print(verdict.sentence)
    Read your writes broken: client Ann read x = None during [0.2, 0.3], but x = 1 had been written before: \
client Ann wrote x = 1, then read x = None.
    """

    def rule(accesses: Accesses, sources: Sources, client: Hashable) -> Violation | None:
        relation = fifo_order(accesses, sources, client)
        if isinstance(relation, Circle):
            return relation
        _add_time(relation, accesses, sources, real_time)
        written = 0
        for i in accesses.sessions[client]:
            if i in sources:
                violation = _newest(relation, accesses, i, sources[i], written)
                if violation is not None:
                    return violation
            elif not accesses.is_read[i] and not accesses.operations[i].is_unknown:
                written |= 1 << i
        return None

    kept = "no client read something older than what it had written itself"
    return check_accesses("read your writes", kept, history, model, partial(for_each_client, rule), limit)


def check_monotonic_reads(
    history: Any, model: Model | None = None, *, real_time: bool = False, limit: int = LIMIT
) -> Verdict:
    """Check that no client reads something older than what it read before.

    Parameters are those of `check_read_your_writes`.

    >>> from distlab.check.histories import Operation
    >>> check_monotonic_reads([
    ...     Operation("Ann", "write", "x", 1, 0.0, 0.1),
    ...     Operation("Ann", "write", "x", 2, 0.2, 0.3),
    ...     Operation("Bob", "read", "x", None, 0.4, 0.5, result=2),
    ...     Operation("Bob", "read", "x", None, 0.6, 0.7, result=1),
    ... ]).ok
    False
    """

    def rule(accesses: Accesses, sources: Sources, client: Hashable) -> Violation | None:
        relation = fifo_order(accesses, sources, client)
        if isinstance(relation, Circle):
            return relation
        _add_time(relation, accesses, sources, real_time)
        return _never_back(relation, accesses, sources, client, lambda write: 0)

    kept = "no client read something older than what it had read before"
    return check_accesses("monotonic reads", kept, history, model, partial(for_each_client, rule), limit)


def check_monotonic_writes(
    history: Any, model: Model | None = None, *, real_time: bool = False, limit: int = LIMIT
) -> Verdict:
    """Check that the writes of one client are seen in its order, and none without the earlier ones.

    Parameters are those of `check_read_your_writes`.

    >>> from distlab.check.histories import Operation
    >>> verdict = check_monotonic_writes([
    ...     Operation("Ann", "write", "x", 1, 0.0, 0.1),
    ...     Operation("Ann", "write", "y", 1, 0.2, 0.3),
    ...     Operation("Bob", "read", "y", None, 0.4, 0.5, result=1),
    ...     Operation("Bob", "read", "x", None, 0.6, 0.7, result=None),
    ... ])
    >>> print(verdict.sentence)
    Monotonic writes broken: client Bob read x = None during [0.6, 0.7], but x = 1 had been written before: \
client Ann wrote x = 1, then wrote y = 1, client Bob read y = 1, then read x = None.
    """

    def order(accesses: Accesses, sources: Sources) -> list[tuple[int, int, str]]:
        return [(a, b, "program") for a, b in accesses.program_order(set(accesses.writes(sources)))]

    kept = "nobody saw writes of one client out of their order"
    return check_accesses(
        "monotonic writes", kept, history, model, partial(_remembering, order, False, real_time), limit
    )


def check_writes_follow_reads(
    history: Any, model: Model | None = None, *, real_time: bool = False, limit: int = LIMIT
) -> Verdict:
    """Check that nobody sees a write without, or before, what its writer had read.

    Parameters are those of `check_read_your_writes`.

    >>> from distlab.check.histories import Operation
    >>> check_writes_follow_reads([
    ...     Operation("Ann", "write", "x", 1, 0.0, 0.1),
    ...     Operation("Bob", "read", "x", None, 0.2, 0.3, result=1),
    ...     Operation("Bob", "write", "x", 2, 0.4, 0.5),
    ...     Operation("Cid", "read", "x", None, 0.6, 0.7, result=2),
    ...     Operation("Cid", "read", "x", None, 0.8, 0.9, result=1),
    ... ]).ok
    False
    """

    def order(accesses: Accesses, sources: Sources) -> list[tuple[int, int, str]]:
        steps = [(source, read, "read") for read, source in sources.items() if source != START]
        for session in accesses.sessions.values():
            last = None
            for i in session:
                if last is not None:
                    steps.append((last, i, "program"))
                if i in sources:
                    last = i
        return steps

    kept = "nobody saw a write without what its writer had read before"
    return check_accesses(
        "writes follow reads", kept, history, model, partial(_remembering, order, True, real_time), limit
    )


def _remembering(order: Steps, of_all: bool, real_time: bool, accesses: Accesses) -> list[Promise]:
    """For each client that does not forget: who sees a write sees all that comes before it in an order, too.

    That order asks about the reads of all clients, or of none.
    """
    return [
        Promise(
            partial(_remembers, client=client, order=order, real_time=real_time),
            accesses.sessions if of_all else [client],
            unless=partial(_remembers, client=client, order=_no_order, real_time=real_time),
            unless_reads=[client],
        )
        for client in accesses.sessions
    ]


def _no_order(accesses: Accesses, sources: Sources) -> list[tuple[int, int, str]]:
    return []


def _remembers(
    accesses: Accesses, sources: Sources, client: Hashable, order: Steps, real_time: bool
) -> Violation | None:
    relation = Relation(len(accesses.operations))
    for a, b, kind in sorted(order(accesses, sources), key=lambda step: step[1]):
        relation.add(a, b, kind)
        if relation.precedes(a, a):
            return Circle(relation, a)
    writes = sum(1 << i for i in accesses.writes(sources))
    along = [before & writes for before in relation.before]
    mine = set(accesses.sessions[client]) & set(sources)
    for a, b in accesses.program_order(mine):
        relation.add(a, b, "program")
    for read in sorted(mine):
        if sources[read] != START:
            relation.add(sources[read], read, "read")
    _add_time(relation, accesses, sources, real_time)
    return _never_back(relation, accesses, sources, client, along.__getitem__)


def _never_back(
    relation: Relation, accesses: Accesses, sources: Sources, client: Hashable, along: Callable[[int], int]
) -> Violation | None:
    """What a client has seen, with all that comes along with it, stays seen."""
    seen = 0
    for read in accesses.sessions[client]:
        if read not in sources:
            continue
        source = sources[read]
        if source != START:
            seen |= 1 << source | along(source)
        violation = _newest(relation, accesses, read, source, seen)
        if violation is not None:
            return violation
    return None


def _newest(relation: Relation, accesses: Accesses, read: int, source: int, seen: int) -> Violation | None:
    """Let all seen writes of the register come before the source; a read is stale if one comes after it."""
    for other in bits(seen):
        if other == source or accesses.key(other) != accesses.key(read):
            continue
        if source == START or relation.precedes(source, other):
            return Stale(relation, read, source, other)
        relation.add(other, source, "implied", read)
    return None


def _add_time(relation: Relation, accesses: Accesses, sources: Sources, real_time: bool) -> None:
    """Let a write come before those of the same register that were invoked after it had returned."""
    if not real_time:
        return
    writes = accesses.writes(sources)
    for b in writes:
        for a in writes:
            over = accesses.operations[a].deadline < accesses.operations[b].invoked
            if over and accesses.key(a) == accesses.key(b):
                relation.add(a, b, "time")
