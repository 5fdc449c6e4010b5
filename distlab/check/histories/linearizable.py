"""Linearizability: every operation seems to take effect at one instant between its call and its return.

M. Herlihy and J. Wing, Linearizability: A Correctness Condition for Concurrent Objects, TOPLAS 12(3), 1990.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .history import History
from .models import Model
from .operation import Operation
from .order import time_order
from .reasons import why_not_linearizable
from .search import explain_in_order
from .shrink import Checks
from .verdict import Verdict

__all__ = ["check_linearizable", "gave_up", "merged_in_time", "nothing_to_check"]

LEVEL = "linearizable"


def check_linearizable(history: Any, model: Model, *, limit: int = 1_000_000) -> Verdict:
    """Check whether a correct object could have given these answers.

    Parameters
    ----------
    history : a `History`, or whatever `History.of` takes (a table of operations, a trace).
    model : what the object does, for example ``CASRegister()``. Objects with different keys are independent.
    limit : how many states to explore before giving up. A million takes some seconds.

    Operations that failed are left out. Those whose outcome is unknown may have taken effect at any time
    after their call, or never. Operations that touch in one instant count as concurrent.

    Returns
    -------
    A `Verdict`. When ok, its ``linearization`` is one order of all operations that explains the answers; when
    not, ``counterexample`` holds the few operations that matter.

    Sources: J. Wing and C. Gong, Testing and Verifying Concurrent Objects, 1993; G. Lowe, Testing for
    Linearizability, 2017; A. Horn and D. Kroening, Faster Linearizability Checking via P-Compositionality,
    2015.

    Examples
    --------
    >>> from distlab.check.histories import Register
    >>> history = [
    ...     Operation(1, "write", "x", 1, 0.0, 1.0),
    ...     Operation(2, "write", "x", 2, 1.2, 1.5),
    ...     Operation(3, "read", "x", None, 2.0, 2.1, result=1),
    ... ]
    >>> verdict = check_linearizable(history, Register())
    >>> verdict.ok
    False
    >>> print(verdict.sentence)
    Not linearizable: client 3 read x = 1 during [2, 2.1], but x = 2 had been written by client 2 at the \
latest by 1.5, and nobody wrote 1 afterwards. The only right answer was 2.
    """
    history = History.of(history)
    if limit < 1:
        raise ValueError(f"limit must be a number of states of at least 1, not {limit!r}")
    for operation in history:
        model.check(operation)
    happened = [operation for operation in history if operation.status != "failed"]
    if all(operation.is_unknown for operation in happened):
        return nothing_to_check(LEVEL, history)
    sequences: list[tuple[Operation, ...]] = []
    states, cut_short = 0, False
    for part in model.parts(happened).values():
        found = explain_in_order(part, model, time_order, limit)
        states += found.states
        if found.impossible:
            checks = Checks(model, limit, len(part))
            why, culprit, shown_by = why_not_linearizable(part, checks)
            sentence = f"Not linearizable: {why}"
            states += checks.states
            return Verdict(LEVEL, False, sentence, None, History(shown_by), culprit, states)
        if found.sequence is None:
            cut_short = True
        else:
            sequences.append(found.sequence)
    if cut_short:
        return gave_up(LEVEL, states, limit)
    many = "" if len(sequences) == 1 else f" on {len(sequences)} independent objects"
    sentence = (
        f"Linearizable: {len(happened)} operations by {len(history.clients)} clients{many} are explained by "
        f"one order ({states:,} states explored)."
    )
    return Verdict(LEVEL, True, sentence, merged_in_time(sequences), states=states)


def nothing_to_check(level: str, history: History) -> Verdict:
    """The verdict on a history in which nobody was told anything."""
    have = "no operation" if not len(history) else "no operation with a known outcome"
    return Verdict(level, None, f"Nothing was checked: the history has {have}.")


def gave_up(level: str, states: int, limit: int) -> Verdict:
    """The verdict of a search that was cut short."""
    sentence = f"Gave up after {states:,} states, without a verdict; a limit above {limit:,} may bring one."
    return Verdict(level, None, sentence, states=states)


def merged_in_time(sequences: Sequence[Sequence[Operation]]) -> tuple[Operation, ...]:
    """One order of all operations that keeps the order on each object, real time, and each client's order.

    Linearizability is local (Herlihy and Wing, theorem 1): give every operation the earliest instant that its
    object's order allows, and sort by it. At one instant, an operation waits for those it has to follow.
    """
    waiting: list[tuple[float, Operation, list[Operation]]] = []
    last: dict[Any, Operation] = {}
    follows: dict[int, list[Operation]] = {}
    everything = sorted((op for sequence in sequences for op in sequence), key=lambda op: op.invoked)
    for op in everything:
        follows[id(op)] = [last[op.client]] if op.client in last else []
        if not op.is_unknown:
            last[op.client] = op
    for sequence in sequences:
        instant = float("-inf")
        for number, op in enumerate(sequence):
            instant = max(instant, op.invoked)
            before = [sequence[number - 1]] if number else []
            waiting.append((instant, op, follows[id(op)] + before))
    waiting.sort(key=lambda item: item[0])
    merged: list[Operation] = []
    done: set[int] = set()
    while waiting:
        ready = next(
            (n for n, (_, _, before) in enumerate(waiting) if all(id(op) in done for op in before)), 0
        )
        op = waiting.pop(ready)[1]
        done.add(id(op))
        merged.append(op)
    return tuple(merged)
