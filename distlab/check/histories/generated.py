"""Random histories: of a correct object, and spoiled ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

from .history import History
from .models import CASRegister, Counter, KeyValue, Lock, Model, Queue, Register, Set
from .operation import Operation

__all__ = ["random_history", "spoil"]

Call = tuple[str, Any]


def random_history(
    model: Model,
    *,
    clients: int = 5,
    operations: int = 100,
    keys: int = 1,
    values: int | None = None,
    overlap: float = 1.0,
    unknown: float = 0.0,
    seed: int = 0,
) -> History:
    """A history that a correct object could have produced: every operation takes effect at one instant.

    Parameters
    ----------
    model : the object.
    clients : how many clients call, each one operation after the other.
    operations : how many operations they do together.
    keys : over how many objects, named "x0", "x1", ..., they spread.
    values : how many different values are written; None for all different.
    overlap : mean duration of an operation, in mean pauses between two operations of a client.
    unknown : the share of operations whose answer gets lost. Half of them take effect, at any later time.
    seed : seeds the choices. The same arguments give the same history.

    >>> history = random_history(Register(), clients=3, operations=20, seed=1)
    >>> len(history), history == random_history(Register(), clients=3, operations=20, seed=1)
    (20, True)
    """
    rng = random.Random(seed)
    free_at = [rng.expovariate(1.0) for _ in range(clients)]
    names = [f"c{number}" for number in range(clients)]
    planned = []
    for number in range(operations):
        client = min(range(clients), key=free_at.__getitem__)
        invoked = free_at[client]
        returned = invoked + rng.expovariate(1.0) * overlap
        lost = rng.random() < unknown
        takes_effect = not lost or rng.random() < 0.5
        instant = rng.uniform(invoked, returned + (20.0 * rng.random() if lost else 0.0))
        name, value = _call(model, rng, number if values is None else rng.randrange(values), values)
        key = None if keys == 1 else f"x{rng.randrange(keys)}"
        status = "unknown" if lost else "ok"
        operation = Operation(names[client], name, key, value, invoked, returned, None, status)
        planned.append((instant if takes_effect else None, operation))
        free_at[client] = returned + rng.expovariate(1.0)
        if lost:
            names[client] += "'"  # as in Jepsen, a client whose call got lost goes on under a new name
    return History(_serve(model, planned))


def _serve(model: Model, planned: list[tuple[float | None, Operation]]) -> list[Operation]:
    """Serve the planned operations at their instants, and note the answers."""
    states: dict[Hashable, Any] = {}
    done = [operation for instant, operation in planned if instant is None]
    for _, operation in sorted(
        ((instant, operation) for instant, operation in planned if instant is not None),
        key=lambda pair: pair[0],
    ):
        state = states.get(operation.key, model.initial)
        answered, state = _answer(model, state, operation)
        if answered is not None:
            states[operation.key] = state
            done.append(answered)
    return done


def _answer(model: Model, state: Any, operation: Operation) -> tuple[Operation | None, Any]:
    if operation.is_unknown:
        possible, after = model.step(state, operation)
        return operation, after if possible else state
    for result in _results(state, operation.operation):
        answered = replace(operation, result=result)
        right, after = model.step(state, answered)
        if right:
            return answered, after
    return None, state


def _results(state: Any, name: str) -> list[Any]:
    if name in ("read", "get"):
        return [state]
    if name == "dequeue":
        return [state[0] if state else None]
    return [True, False] if name in ("cas", "add", "remove", "contains", "acquire", "release") else [None]


def _call(model: Model, rng: random.Random, value: int, values: int | None) -> Call:
    for kind, calls in CALLS:
        if isinstance(model, kind):
            return calls(rng, value, values)
    raise ValueError(f"random_history knows the models of distlab, not {model!r}")


def _cas_call(rng: random.Random, value: int, values: int | None) -> Call:
    name = rng.choice(("read", "write", "cas"))
    expected = rng.randrange(value + 1 if values is None else values)
    return name, {"read": None, "write": value, "cas": (expected, value)}[name]


def _set_call(rng: random.Random, value: int, values: int | None) -> Call:
    name = rng.choice(
        ("add", "add", "remove", "contains", "read") if values is not None else ("add", "contains")
    )
    return name, None if name == "read" else value


CALLS: tuple[tuple[type[Model], Callable[[random.Random, int, int | None], Call]], ...] = (
    (KeyValue, lambda rng, value, values: rng.choice((("get", None), ("put", value), ("delete", None)))),
    (CASRegister, _cas_call),
    (Register, lambda rng, value, values: rng.choice((("read", None), ("write", value)))),
    (Counter, lambda rng, value, values: rng.choice((("read", None), ("increment", None), ("increment", 2)))),
    (Queue, lambda rng, value, values: rng.choice((("enqueue", value), ("dequeue", None)))),
    (Set, _set_call),
    (Lock, lambda rng, value, values: rng.choice((("acquire", None), ("release", None)))),
)


def spoil(history: History, model: Model, *, seed: int = 0) -> History:
    """The same history with one answer replaced by another one that was possible at some time.

    Most spoiled histories are wrong; some are still right by chance.

    >>> history = random_history(Register(), clients=3, operations=20, seed=1)
    >>> sum(a != b for a, b in zip(history, spoil(history, Register(), seed=2)))
    1
    """
    rng = random.Random(seed)
    choices = []
    for number, operation in enumerate(history):
        if operation.status == "ok":
            part = [other for other in history if model.part(other) == model.part(operation)]
            others = [answer for answer in model.answers(operation, part) if answer != operation.result]
            if others:
                choices.append((number, others))
    if not choices:
        raise ValueError(
            "the history has no answer that could be replaced; it needs completed reads or dequeues"
        )
    number, others = rng.choice(choices)
    operations = list(history)
    operations[number] = replace(operations[number], result=rng.choice(others))
    return History(operations)
