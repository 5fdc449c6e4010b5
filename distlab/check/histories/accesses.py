"""Reads and writes of registers, and from which write each read can have come."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .history import History
from .models import Model, Register
from .operation import shown
from .order import time_order
from .reasons import did
from .relation import Edge, Relation
from .search import explain_in_order
from .verdict import Verdict

__all__ = ["START", "Accesses", "Circle", "Promise", "Sources", "Stale", "Violation", "check_accesses"]

LITTLE = 20_000  # states
START = -1  # the source of a read that found the initial value
Sources = dict[int, int]  # for each read the write it came from, or START


class Accesses:
    """The reads and writes of a history, numbered in the order of their calls.

    Attributes
    ----------
    operations : reads that were answered, and writes that did not fail.
    sessions : the numbers of each client's operations, in its order. What a client did after an operation of
        unknown outcome does not come after it.
    """

    def __init__(self, history: History, model: Model, level: str) -> None:
        if not isinstance(model, Register):
            raise ValueError(f"{level} is defined here for registers (Register, KeyValue), not for {model!r}")
        for operation in history:
            model.check(operation)
            if (
                not model.writes(operation) and not model.is_observer(operation)
            ) or operation.operation == "cas":
                raise ValueError(
                    f"{level} is checked for reads and writes; client {operation.client} called "
                    f"{operation.operation!r}, which does both: check 'linearizable' or 'sequential' instead"
                )
        self.model = model
        self.operations = [
            op for op in history if op.status != "failed" and not (op.is_unknown and model.is_observer(op))
        ]
        self.is_read = [model.is_observer(op) for op in self.operations]
        self.sessions: dict[Hashable, list[int]] = {}
        for i, op in enumerate(self.operations):
            self.sessions.setdefault(op.client, []).append(i)

    def key(self, i: int) -> Hashable:
        """The register that an operation is about."""
        return self.operations[i].key

    def writes(self, sources: Sources) -> list[int]:
        """The writes that happened: those that returned or were read."""
        read = set(sources.values())
        return [
            i
            for i, op in enumerate(self.operations)
            if not self.is_read[i] and (not op.is_unknown or i in read)
        ]

    def program_order(self, members: set[int]) -> list[tuple[int, int]]:
        """The steps from each operation to the next of its client, among the members."""
        steps = []
        for session in self.sessions.values():
            last = None
            for i in session:
                if i in members:
                    if last is not None:
                        steps.append((last, i))
                    if not self.operations[i].is_unknown:
                        last = i
        return steps

    def candidates(self, read: int) -> list[int]:
        """The writes a read can have come from, the most likely one first."""
        op = self.operations[read]
        value = self.model.reads(op)
        found = [
            i
            for i, other in enumerate(self.operations)
            if not self.is_read[i] and other.key == op.key and self.model.writes(other) == value
        ]
        found.sort(key=lambda i: (self.operations[i].invoked > op.deadline, -self.operations[i].invoked))
        if value == (self.model.initial,):
            found.append(START)
        return found


@dataclass(frozen=True, slots=True)
class Stale:
    """A read came from a write although, for somebody, another write of that register lay between the two."""

    relation: Relation
    read: int
    source: int
    newer: int


@dataclass(frozen=True, slots=True)
class Circle:
    """An operation comes before itself."""

    relation: Relation
    start: int


Violation = Stale | Circle
Rule = Callable[[Accesses, Sources], Violation | None]


@dataclass(frozen=True, slots=True)
class Promise:
    """What has to hold.

    Attributes
    ----------
    rule : finds what is wrong when each read came from a given write. More reads never mend what is wrong,
        so it is asked about some of the reads first.
    reads : the clients whose reads the rule asks about.
    unless : when nothing can satisfy this rule either, the promise is not to blame.
    unless_reads : the clients whose reads that rule asks about.
    """

    rule: Rule
    reads: Collection[Hashable]
    unless: Rule | None = None
    unless_reads: Collection[Hashable] = ()


def check_accesses(
    level: str,
    kept: str,
    history: Any,
    model: Model | None,
    promises: Callable[[Accesses], Iterable[Promise]],
    limit: int,
) -> Verdict:
    """Check promises about which write each read came from; where that is not certain, try every choice.

    Parameters
    ----------
    level : the level's name, for the verdict.
    kept : what it means when all promises are kept, for the verdict.
    promises : the promises to check, for these reads and writes.
    limit : how many choices to try for each promise.
    """
    history = History.of(history)
    if limit < 1:
        raise ValueError(f"limit must be a number of choices of at least 1, not {limit!r}")
    accesses = Accesses(history, Register() if model is None else model, level)
    reads = [i for i, is_read in enumerate(accesses.is_read) if is_read]
    if not reads:
        have = "no operation" if not len(history) else "no read that was answered"
        return Verdict(level, None, f"Nothing was checked: the history has {have}.")
    title, counted = _heading(level, True), f"{len(reads)} reads by {len(history.clients)} clients"
    candidates = {read: accesses.candidates(read) for read in reads}
    for read in reads:
        if not candidates[read]:
            op = accesses.operations[read]
            sentence = (
                f"{_heading(level, False)}: {did(accesses.model, op)}, but nobody wrote {shown(op.result)}."
            )
            return Verdict(level, False, sentence, None, History([op]), op)
    if any(len(found) > 1 for found in candidates.values()) and _linearizable(accesses):
        return Verdict(level, True, f"{title}: {kept}, as the history is linearizable ({counted}).")

    def sources_of(clients: Collection[Hashable]) -> dict[int, list[int]]:
        return {
            read: found for read, found in candidates.items() if accesses.operations[read].client in clients
        }

    tried, gave_up = 0, False
    for promise in promises(accesses):
        violation, count = _violation(accesses, promise.rule, sources_of(promise.reads), limit)
        tried += count
        if violation is None:
            gave_up = gave_up or count > limit
        elif (
            promise.unless is None
            or _violation(accesses, promise.unless, sources_of(promise.unless_reads), limit)[0] is None
        ):
            return _violated(level, accesses, violation, count > 1, tried)
    if gave_up:
        sentence = (
            f"Gave up after {tried:,} choices of which write each read came from, without a verdict; "
            "write every value once, or raise the limit."
        )
        return Verdict(level, None, sentence, states=tried)
    return Verdict(level, True, f"{title}: {kept} ({counted}).", states=tried)


def _linearizable(accesses: Accesses) -> bool:
    """True when the history is quickly seen to be linearizable, which implies all that is checked here."""
    parts = accesses.model.parts(accesses.operations).values()
    return all(
        explain_in_order(part, accesses.model, time_order, LITTLE).sequence is not None for part in parts
    )


def _violation(
    accesses: Accesses, rule: Rule, candidates: dict[int, list[int]], limit: int
) -> tuple[Violation | None, int]:
    """What is wrong whatever the reads came from; and the choices tried, more than the limit if cut short."""
    sources: Sources = {read: found[0] for read, found in candidates.items() if len(found) == 1}
    violation, tried = rule(accesses, sources), 1
    open_reads = [read for read in candidates if read not in sources]
    if violation is not None or not open_reads:
        return violation, tried
    last: Violation | None = None
    choosing = [_Choice(open_reads[0], iter(candidates[open_reads[0]]), set())]
    while choosing:
        choice = choosing[-1]
        source = next(choice.untried, None)
        if source is None:
            # Every source fails, and only the blamed choices take part in it: go back to the last of them.
            while choosing and (choosing[-1] is choice or choosing[-1].read not in choice.blamed):
                sources.pop(choosing.pop().read)
            if choosing:
                choosing[-1].blamed |= choice.blamed - {choosing[-1].read}
            continue
        tried += 1
        if tried > limit:
            return None, tried
        sources[choice.read] = source
        violation = rule(accesses, sources)
        if violation is not None:
            last = violation
            choice.blamed |= _choices_in(accesses, violation, sources) - {choice.read}
        elif len(choosing) == len(open_reads):
            return None, tried
        else:
            read = open_reads[len(choosing)]
            choosing.append(_Choice(read, iter(candidates[read]), set()))
    return last, tried


@dataclass(slots=True)
class _Choice:
    """The sources of a read that are still to be tried, and the other reads that made the tried ones fail."""

    read: int
    untried: Iterator[int]
    blamed: set[int]


def _choices_in(accesses: Accesses, violation: Violation, sources: Sources) -> set[int]:
    """The reads whose sources make up a violation."""
    used = _Teller(accesses, violation.relation).involved(violation)
    return {read for read, source in sources.items() if read in used or (source in used and source != START)}


def _violated(level: str, accesses: Accesses, violation: Violation, by_choice: bool, tried: int) -> Verdict:
    model, operations, relation = accesses.model, accesses.operations, violation.relation
    teller = _Teller(accesses, relation)
    if isinstance(violation, Circle):
        culprit = operations[violation.start]
        told = f"{did(model, culprit)}, but that comes before itself: " + teller.tell(
            violation.start, violation.start
        )
    else:
        culprit = operations[violation.read]
        newer = shown(model.writes(operations[violation.newer])[0])
        name = model.object_name(culprit)
        told = f"{did(model, culprit)}, but {name} = {newer} "
        if violation.source == START:
            told += f"had been written before: {teller.tell(violation.newer, violation.read)}"
        else:
            told += (
                f"was newer: {teller.tell(violation.source, violation.newer)}; "
                f"and it came before this read: {teller.tell(violation.newer, violation.read)}"
            )
    if by_choice:
        told += " (and so with every other choice of the writes that were read)"
    counterexample = History(operations[i] for i in sorted(teller.used))
    sentence = f"{_heading(level, False)}: {told}."
    return Verdict(level, False, sentence, None, counterexample, culprit, tried)


def _heading(level: str, kept: bool) -> str:
    """How a sentence about a level begins: "Not causal", "Monotonic reads broken"."""
    if level.endswith(("reads", "writes")):
        return f"{level.capitalize()} {'kept' if kept else 'broken'}"
    name = "FIFO" if level == "fifo" else level
    return (name[0].upper() + name[1:]) if kept else f"Not {name}"


class _Teller:
    """Tells how one operation came before another, and notes the operations that have to do with it."""

    def __init__(self, accesses: Accesses, relation: Relation) -> None:
        self.accesses = accesses
        self.relation = relation
        self.used: set[int] = set()

    def involved(self, violation: Violation) -> set[int]:
        """The operations that a violation is made of."""
        if isinstance(violation, Circle):
            self.tell(violation.start, violation.start)
        else:
            if violation.source != START:
                self.tell(violation.source, violation.newer)
            self.tell(violation.newer, violation.read)
        return self.used

    def tell(self, a: int, b: int, older_than: int | None = None) -> str:
        self.used |= {a, b}
        text = self._who_did(a)
        for edge in self.relation.path(a, b, older_than):
            self.used.add(edge.b)
            text += self._step(edge)
        return text

    def _step(self, edge: Edge) -> str:
        if edge.kind == "program":
            return f", then {self._did(edge.b)}"
        if edge.kind == "read":
            return f", {self._who_did(edge.b)}"
        if edge.kind == "time":
            return f", and after that {self._who_did(edge.b)}"
        self._note(edge)
        by = self.accesses.operations[edge.by]
        later = f"(it {self._did(edge.by)} later)"
        return f", which for client {by.client} came before {self._who_did(edge.b)} {later}"

    def _note(self, edge: Edge) -> None:
        """Note, without telling, what led to an implied step."""
        self.used |= {edge.a, edge.b, edge.by}
        for step in self.relation.path(edge.a, edge.by, edge.stamp):
            self.used |= {step.a, step.b}
            if step.kind == "implied":
                self._note(step)

    def _did(self, i: int) -> str:
        return self.accesses.model.describe(self.accesses.operations[i])

    def _who_did(self, i: int) -> str:
        return f"client {self.accesses.operations[i].client} {self._did(i)}"
