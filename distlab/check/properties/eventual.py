"""All or nothing in the end: transactions whose parts commit one after the other (saga, TCC, messages).

What nodes say, with ``transaction=t``: who begins one ``record("begin", steps=n)``; who executes or takes
back the local part ``s`` ``record("do", step=s)`` or ``record("undo", step=s)``; who knows that it is over
``record("settle", outcome="commit")`` or ``"abort"``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..observation import Observation
from ..property import Property, RunEnd, Violation
from ..schedule import FaultBudget

__all__ = ["EventualAtomicity"]


class _Memory(NamedTuple):
    begun: tuple[tuple[Any, int], ...] = ()  # (transaction, number of steps)
    done: tuple[tuple[Any, Any], ...] = ()  # (transaction, step), in the order in which they were done
    settled: tuple[tuple[Any, str], ...] = ()  # (transaction, outcome)


class EventualAtomicity(Property):
    """No part of a transaction takes effect twice, and in the end all do or none.

    In between some may have and others not: there is no isolation.

    Parameters
    ----------
    within
        Seconds after the last fault by which every transaction must have settled.
    reverse
        Must parts be taken back in the reverse order, as in a saga?

    References
    ----------
    Garcia-Molina and Salem, "Sagas", SIGMOD 1987; Pritchett, "BASE: an ACID alternative", ACM Queue 2008.

    Examples
    --------
    >>> EventualAtomicity().goal
    'a transaction settled'
    """

    fixed_size = True  # the nodes are not all alike

    def __init__(self, within: float = 5.0, reverse: bool = False) -> None:
        self.within = within
        self.reverse = reverse

    @property
    def goal(self) -> str:
        return "a transaction settled"

    def default_faults(self) -> FaultBudget:
        return FaultBudget(crashes=4, loss_bursts=2, stay_down=0, aim_at_leader=0.0, duplication=0.2)

    def begin(self, nodes: tuple[Any, ...]) -> _Memory:
        return _Memory()

    def see(self, memory: _Memory, seen: Observation) -> _Memory:
        if seen.kind != "record" or seen.name not in ("begin", "do", "undo", "settle"):
            return memory
        transaction = seen.facts.get("transaction")
        at = f"at t = {seen.time:.4g} s"
        if seen.name == "begin":
            begun = (transaction, int(seen.facts["steps"]))
            return memory if begun in memory.begun else memory._replace(begun=(*memory.begun, begun))
        if seen.name == "settle":
            return self._settle(memory, seen, transaction, at)
        part = (transaction, seen.facts.get("step"))
        if seen.name == "do":
            return self._do(memory, seen, part, at)
        return self._undo(memory, seen, part, at)

    def _do(self, memory: _Memory, seen: Observation, part: tuple[Any, Any], at: str) -> _Memory:
        transaction = part[0]
        if part in memory.done:
            raise _wrong(seen, f"{_name(part)} takes effect twice, the second time {at}.")
        if (transaction, "abort") in memory.settled:
            raise _wrong(seen, f"{_name(part)} takes effect {at}, after the transaction was given up.")
        return memory._replace(done=(*memory.done, part))

    def _undo(self, memory: _Memory, seen: Observation, part: tuple[Any, Any], at: str) -> _Memory:
        if part not in memory.done:
            raise _wrong(seen, f"{_name(part)} is taken back {at}, but it is not in effect.")
        own = [each for each in memory.done if each[0] == part[0]]
        if self.reverse and own[-1] != part:
            raise _wrong(seen, f"{_name(part)} is taken back {at}, before step {own[-1][1]!r}.")
        return memory._replace(done=tuple([each for each in memory.done if each != part]))

    def _settle(self, memory: _Memory, seen: Observation, transaction: Any, at: str) -> _Memory:
        outcome = seen.facts.get("outcome")
        if outcome not in ("commit", "abort"):
            raise Violation(
                f'node {seen.node!r}: record("settle", outcome=...) must say "commit" or "abort"; got '
                f"{outcome!r}.",
                (seen.row,),
                (seen.node,),
                kind="contract",
            )
        if (transaction, outcome) in memory.settled:
            return memory
        if any(other == transaction for other, _ in memory.settled):
            raise _wrong(seen, f"transaction {transaction!r} ends in two ways, with {outcome} {at}.")
        self._all_or_none(memory, transaction, outcome, at, seen)
        return memory._replace(settled=(*memory.settled, (transaction, outcome)))

    def _all_or_none(
        self, memory: _Memory, transaction: Any, outcome: str, at: str, seen: Observation | None = None
    ) -> None:
        done = sum(other == transaction for other, _ in memory.done)
        steps = next((steps for other, steps in memory.begun if other == transaction), None)
        if done != (steps if outcome == "commit" else 0):
            ends = f"transaction {transaction!r} ends with {outcome}"
            sentence = f"{ends}, and {done} of its {steps} steps are in effect {at}."
            if steps is None:
                sentence = f"{ends} {at}, but nobody has begun it."
            raise _wrong(seen, sentence) if seen is not None else Violation(sentence)

    def at_end(self, memory: _Memory, end: RunEnd) -> None:
        at = f"at t = {end.time:.3g} s"
        for transaction, outcome in memory.settled:
            self._all_or_none(memory, transaction, outcome, at)
        for transaction, steps in memory.begun:
            if all(other != transaction for other, _ in memory.settled):
                done = sum(other == transaction for other, _ in memory.done)
                raise Violation(
                    f"transaction {transaction!r} never ends: {done} of its {steps} steps are in effect "
                    f"{at}, {end.time - end.quiet_since:.3g} s after the last fault."
                )

    def reached(self, memory: _Memory) -> bool:
        return bool(memory.settled)


def _name(part: tuple[Any, Any]) -> str:
    return f"step {part[1]!r} of transaction {part[0]!r}"


def _wrong(seen: Observation, sentence: str) -> Violation:
    return Violation(sentence, (seen.row,), (seen.node,))
