"""Sequential consistency: one order of all operations, in which each client's operations are in its order.

L. Lamport, How to Make a Multiprocessor Computer That Correctly Executes Multiprocess Programs, IEEE
Transactions on Computers C-28(9), 1979. Real time does not count: a write may be seen late by all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .history import History
from .linearizable import gave_up, merged_in_time, nothing_to_check
from .models import Model, Register
from .operation import Operation
from .order import client_order, time_order
from .search import explain_in_order
from .shrink import drop_in_turn
from .verdict import Verdict

__all__ = ["check_sequential"]

LEVEL = "sequential"
LITTLE = 20_000  # states


def check_sequential(history: Any, model: Model | None = None, *, limit: int = 1_000_000) -> Verdict:
    """Check whether one order of all operations, that keeps each client's own order, explains all answers.

    Unlike linearizability this cannot be checked key by key. Parameters and result are those of
    `check_linearizable`; the model is ``Register()`` when left out.

    Both clients write and then miss the other's write:

    >>> from distlab.check.histories import Operation
    >>> verdict = check_sequential([
    ...     Operation("Ann", "write", "x", 1, 0.0, 0.1),
    ...     Operation("Ann", "read", "y", None, 0.2, 0.3, result=None),
    ...     Operation("Bob", "write", "y", 1, 0.0, 0.1),
    ...     Operation("Bob", "read", "x", None, 0.2, 0.3, result=None),
    ... ])
    >>> print(verdict.sentence)
    Not sequential: no order that keeps each client's own order explains these 4 operations \
of clients Ann and Bob.
    """
    history = History.of(history)
    model = Register() if model is None else model
    if limit < 1:
        raise ValueError(f"limit must be a number of states of at least 1, not {limit!r}")
    for operation in history:
        model.check(operation)
    happened = [operation for operation in history if operation.status != "failed"]
    if all(operation.is_unknown for operation in happened):
        return nothing_to_check(LEVEL, history)
    at_instants = [
        explain_in_order(part, model, time_order, LITTLE) for part in model.parts(happened).values()
    ]
    if all(found.sequence is not None for found in at_instants):
        states = sum(found.states for found in at_instants)
        merged = merged_in_time([found.sequence or () for found in at_instants])
        return _kept(history, happened, merged, states)
    found = explain_in_order(happened, model, client_order, limit)
    if found.cut_short:
        return gave_up(LEVEL, found.states, limit)
    if found.sequence is not None:
        return _kept(history, happened, found.sequence, found.states)
    return _violated(happened, model, limit, found.states)


def _kept(
    history: History, happened: Sequence[Operation], sequence: tuple[Operation, ...], states: int
) -> Verdict:
    sentence = (
        f"Sequential: {len(happened)} operations by {len(history.clients)} clients are explained by one "
        f"order ({states:,} states explored)."
    )
    return Verdict(LEVEL, True, sentence, sequence, states=states)


def _violated(operations: Sequence[Operation], model: Model, limit: int, states: int) -> Verdict:
    def may_go(members: Sequence[int]) -> list[list[int]]:
        numbers = {id(operations[i]): i for i in members}
        groups = [[i] for i in members if model.is_observer(operations[i])]
        for part in model.parts([operations[i] for i in members]).values():
            groups += [[numbers[id(op)] for op in group] for group in model.groups(part)]
        return groups

    def fails(members: Sequence[int]) -> bool:
        nonlocal states
        if states > 2 * limit:
            return False
        found = explain_in_order([operations[i] for i in members], model, client_order, limit)
        states += found.states
        return found.impossible

    kept = [operations[i] for i in drop_in_turn(list(range(len(operations))), may_go, fails)]
    clients = list(dict.fromkeys(str(op.client) for op in kept))
    if len(kept) == 1:
        sentence = f"Not sequential: client {clients[0]} {model.describe(kept[0])}, which nothing explains."
    else:
        of = (
            f"client {clients[0]}"
            if len(clients) == 1
            else f"clients {', '.join(clients[:-1])} and {clients[-1]}"
        )
        sentence = (
            "Not sequential: no order that keeps each client's own order explains "
            f"these {len(kept)} operations of {of}."
        )
    return Verdict(LEVEL, False, sentence, None, History(kept), None, states)
