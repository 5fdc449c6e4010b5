"""Why an answer cannot be explained, in words: what was done, by whom, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .models import Counter, KeyValue, Lock, Model, Queue, Register, Set
from .operation import Operation, seconds, shown
from .order import time_order
from .search import explain_in_order
from .shrink import CHECK, Checks, first_wrong, known_between, shrink

__all__ = ["did", "why_not_linearizable"]


PLAIN = 2_000  # answers to look at for a plain reason
Reason = tuple[str, Sequence[Operation]]  # in words, and the operations spoken of


def did(model: Model, operation: Operation) -> str:
    """Who did what, and when: "client 3 read x = 1 during [2, 2.1]"."""
    if operation.is_unknown:
        when = f"from {seconds(operation.invoked)} on"
    else:
        when = f"during [{seconds(operation.invoked)}, {seconds(operation.deadline)}]"
    return f"client {operation.client} {model.describe(operation)} {when}"


def why_not_linearizable(
    operations: Sequence[Operation], checks: Checks
) -> tuple[str, Operation, list[Operation]]:
    """A sentence about the first answer that cannot be explained, that answer, and what shows it.

    The operations are on one object. Where they show a plain reason, it is given; otherwise they are shrunk.
    """
    model = checks.model
    answered = first_wrong(operations, checks)
    culprit = answered[-1]
    reason = _reason(model, culprit, [op for op in operations if op is not culprit])
    if reason is None and checks.cut_short:
        culprit, reason = _plainly_wrong(operations, model) or (culprit, None)
    if reason is not None:
        text, spoken_of = reason
        shown_by = [op for op in operations if op is culprit or any(op is other for other in spoken_of)]
    else:
        shown_by = shrink(operations, answered, checks)
        count = len(shown_by) - 1
        text = f"no order explains that together with the {count} other operation{'s' * (count != 1)} below"
        if not count:
            text = f"a {model.noun} as at the start does not answer that"
    right = _right_answers(operations, model, culprit, checks.each)
    return f"{did(model, culprit)}, but {text}.{right}", culprit, shown_by


def _plainly_wrong(operations: Sequence[Operation], model: Model) -> tuple[Operation, Reason] | None:
    """The first answer, by return, for which there is a plain reason."""
    for culprit in sorted(operations, key=lambda op: op.deadline)[:PLAIN]:
        if not culprit.is_unknown:
            reason = _reason(model, culprit, [op for op in operations if op is not culprit])
            if reason is not None:
                return culprit, reason
    return None


def _right_answers(operations: Sequence[Operation], model: Model, culprit: Operation, limit: int) -> str:
    """Which answers the culprit could have been given, when there are few."""
    before = [op for op in operations if op is culprit or op.invoked <= culprit.deadline]
    candidates = model.likely_answers(culprit, before)
    if not 1 <= len(candidates) <= 20:
        return ""
    known = sorted((op for op in operations if not op.is_unknown), key=lambda op: op.deadline)
    answered = known[: next(n for n, op in enumerate(known) if op is culprit) + 1]
    seen = known_between(operations, answered, None, model)
    right = []
    for candidate in candidates:
        told = [_answered(op, candidate) if op is culprit else op for op in seen.values()]
        found = explain_in_order(told, model, time_order, min(limit, CHECK))
        if found.sequence is not None:
            right.append(shown(candidate))
        elif found.cut_short:
            return ""
    if not 1 <= len(right) <= 4:
        return ""
    right.sort(key=lambda answer: (len(answer), answer))
    if len(right) == 1:
        return f" The only right answer was {right[0]}."
    return f" Right answers were {', '.join(right[:-1])} and {right[-1]}."


def _answered(operation: Operation, result: object) -> Operation:
    return Operation(
        operation.client, operation.operation, operation.key, operation.value, operation.invoked,
        operation.returned, result, operation.status,
    )  # fmt: skip


def _reason(model: Model, culprit: Operation, others: Sequence[Operation]) -> Reason | None:
    """A reason that holds whatever else happened, given all other operations of the history."""
    for kind, reason in REASONS:
        if isinstance(model, kind):
            return reason(model, culprit, others)
    return None


def _before(a: Operation, b: Operation) -> bool:
    """True when a was over before b began; the next operation of a client may begin in the same instant."""
    touching = a.client == b.client and a.invoked < b.invoked and a.deadline == b.invoked
    return touching or a.deadline < b.invoked


def _over(operations: Sequence[Operation], culprit: Operation) -> list[Operation]:
    """Those that were over before the culprit began, the last one first."""
    over = [op for op in operations if _before(op, culprit)]
    return sorted(over, key=lambda op: (op.deadline, op.invoked), reverse=True)


def _all_over(operations: Sequence[Operation], other: Operation) -> bool:
    """True when all were over before the other began."""
    return all(_before(op, other) for op in operations)


def _begun(operations: Sequence[Operation], culprit: Operation) -> list[Operation]:
    """Those that had begun when the culprit returned."""
    return [op for op in operations if op.invoked <= culprit.deadline]


def _too_late(verb: str, operations: Sequence[Operation]) -> str:
    """Who did it, when nobody had done it in time."""
    if not operations:
        return ""
    first = operations[0]
    return f" (client {first.client} {verb} only from {seconds(first.invoked)} on)"


def _by(operation: Operation) -> str:
    return f"by client {operation.client} at the latest by {seconds(operation.deadline)}"


def _register(model: Model, culprit: Operation, others: Sequence[Operation]) -> Reason | None:
    """The value read was never there, or was overwritten for good, or somebody had seen a newer one."""
    wanted = model.reads(culprit)
    if not wanted or (isinstance(model, KeyValue) and any(op.operation == "append" for op in others)):
        return None
    value, name = wanted[0], model.object_name(culprit)
    writing = [op for op in others if model.writes(op) == wanted]
    sources, others = _begun(writing, culprit), _begun(others, culprit)
    if not sources and value != model.initial:
        return f"nobody had written {shown(value)} by then{_too_late('wrote it', writing)}", writing[:1]
    again = (
        f"nobody wrote {shown(value)} afterwards"
        if sources
        else f"{shown(value)} is only what it held at the start"
    )
    for other in _over(others, culprit):
        newer = model.writes(other)
        if newer and newer != wanted and _all_over(sources, other):
            return f"{name} = {shown(newer[0])} had been written {_by(other)}, and {again}", [
                *sources[-1:],
                other,
            ]
    for other in _over(others, culprit):
        newer = model.reads(other)
        if newer and newer != wanted and not model.writes(other) and _all_over(sources, other):
            text = f"{name} = {shown(newer[0])} had been read {_by(other)}, and {again}"
            return text, [*sources[-1:], *[op for op in others if model.writes(op) == newer][-1:], other]
    if len(sources) == 1 and value != model.initial:
        return _overwritten_after_it_was_seen(model, culprit, sources[0], others)
    return None


def _overwritten_after_it_was_seen(
    model: Model, culprit: Operation, source: Operation, others: Sequence[Operation]
) -> Reason | None:
    """The one write of the value may have gone on for long, but somebody read it before another one began."""
    wanted, name = model.reads(culprit), model.object_name(culprit)
    readers = [op for op in others if op is not source and model.reads(op) == wanted]
    for other in _over(others, culprit):
        newer = model.writes(other)
        reader = next((op for op in readers if _before(op, other)), None)
        if newer and newer != wanted and reader is not None:
            text = (
                f"{name} = {shown(newer[0])} had been written {_by(other)}, after client {reader.client} "
                f"had read {shown(wanted[0])}, which was written only once"
            )
            return text, [source, reader, other]
    return None


def _queue(model: Model, culprit: Operation, others: Sequence[Operation]) -> Reason | None:
    """The item was not there, or another one was in front of it; or the queue was not empty."""
    taken = model.takes(culprit)
    putting = [op for op in others if taken and model.puts(op) == taken]
    if taken and not _begun(putting, culprit):
        late = putting[:1]
        return f"nobody had put {shown(taken[0])} in by then{_too_late('put it in', late)}", late
    puts = {model.puts(op): op for op in others if model.puts(op)}
    takes = {model.takes(op): op for op in others if model.takes(op)}
    if any(op.operation == "dequeue" and op.is_unknown for op in others):
        return None  # it may have taken what was in front
    if len(puts) < sum(bool(model.puts(op)) for op in others):
        return None  # an item that was put in more than once
    if taken in takes:
        text = f"client {takes[taken].client} took it, too, and it was put in only once"
        return text, [puts[taken], takes[taken]]
    for item, put in puts.items():
        still_there = item not in takes or takes[item].invoked > culprit.deadline
        in_front = _before(put, puts[taken] if taken else culprit)
        if item != taken and still_there and in_front:
            where = "was in it" if not taken else "was in front of it"
            nobody = (
                "nobody took it out"
                if item not in takes
                else f"client {takes[item].client} took it out only later"
            )
            spoken_of = [put, *([puts[taken]] if taken else []), *([takes[item]] if item in takes else [])]
            return f"{shown(item[0])} {where}, put in {_by(put)}, and {nobody}", spoken_of
    return None


def _lock(model: Model, culprit: Operation, others: Sequence[Operation]) -> Reason | None:
    """Somebody else held the lock, or the client itself did not."""
    if culprit.result is False:
        return None
    others = _begun(others, culprit)
    acquired = [op for op in others if op.operation == "acquire" and op.result is not False]
    if culprit.operation == "release":
        mine = any(op.client == culprit.client for op in acquired)
        return None if mine else ("it had not acquired it", [])
    for other in _over(acquired, culprit):
        releases = [op for op in others if op.operation == "release" and op.client == other.client]
        if other.client != culprit.client and _all_over(releases, other):
            since = f"had acquired it at the latest by {seconds(other.deadline)} and not released it"
            return f"client {other.client} held it: it {since}", [other]
    return None


def _counter(model: Model, culprit: Operation, others: Sequence[Operation]) -> Reason | None:
    """The number is outside what the changes that were certainly, or possibly, done by then allow."""
    assert isinstance(model, Counter)
    if culprit.operation != "read":
        return None
    others = _begun(others, culprit)
    over = {id(op) for op in _over(others, culprit)}
    sure = [op for op in others if id(op) in over]
    least, most = model.bounds(sure, [op for op in others if id(op) not in over])
    if culprit.result < least:
        added = [op for op in others if (model.change(op) > 0 and id(op) in over) or model.change(op) < 0]
        return f"what had been added by then, and returned, made it at least {shown(least)}", added
    if culprit.result > most:
        added = [op for op in others if (model.change(op) < 0 and id(op) in over) or model.change(op) > 0]
        return f"what had been added by then made it at most {shown(most)}", added
    return None


def _set(model: Model, culprit: Operation, others: Sequence[Operation]) -> Reason | None:
    """The element had been added and not removed, or the reverse."""
    others = _begun(others, culprit)
    if culprit.operation == "read":
        told = culprit.result or ()
        elements = {op.value: op for op in others if op.operation == "add"}
        for element in told:
            if element not in elements:
                return f"nobody had added {shown(element)} by then", []
        for element, added in elements.items():
            missing = element not in told and _before(added, culprit)
            if missing and all(op.operation != "remove" or op.value != element for op in others):
                return (
                    f"{shown(element)} is missing: it had been added {_by(added)}, and nobody removed it",
                    [added],
                )
        return None
    if culprit.result is None:
        return None
    was_in = bool(culprit.result) != (culprit.operation == "add")
    wanted, undone = ("add", "remove") if was_in else ("remove", "add")
    sources = [op for op in others if op.operation == wanted and op.value == culprit.value]
    if was_in and not sources:
        return f"nobody had added {shown(culprit.value)} by then", []
    for other in _over(others, culprit):
        if (other.operation, other.value) == (undone, culprit.value) and _all_over(sources, other):
            verb = "removed" if was_in else "added"
            again = "added it again" if was_in else "removed it"
            return f"it had been {verb} {_by(other)}, and nobody {again} afterwards", [
                *sources[-1:],
                other,
            ]
    return None


REASONS: tuple[tuple[type[Model], Callable[[Model, Operation, Sequence[Operation]], Reason | None]], ...] = (
    (Register, _register),
    (Queue, _queue),
    (Lock, _lock),
    (Counter, _counter),
    (Set, _set),
)
