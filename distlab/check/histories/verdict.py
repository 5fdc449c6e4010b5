"""The answer of a consistency checker."""

from __future__ import annotations

from dataclasses import dataclass

from .history import History
from .operation import Operation

__all__ = ["Verdict"]

SHOWN = 20  # operations that are printed


@dataclass(frozen=True, slots=True, repr=False)
class Verdict:
    """Whether a history keeps what a consistency level promises, and why.

    Attributes
    ----------
    level : the level that was checked, for example "linearizable".
    ok : True, False, or None when nothing could be said: the search gave up, or there was nothing to check.
    sentence : what was found, in words.
    linearization : one order of the operations that explains all answers, when ok and the level asks for one.
    counterexample : operations of the history that already break the promise, when not ok.
    culprit : the first operation whose answer cannot be explained, when not ok and there is one.
    states : how many states the search explored.
    """

    level: str
    ok: bool | None
    sentence: str
    linearization: tuple[Operation, ...] | None = None
    counterexample: History | None = None
    culprit: Operation | None = None
    states: int = 0

    def __bool__(self) -> bool:
        return self.ok is True

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        if self.counterexample is None or len(self.counterexample) < 2:
            return self.sentence
        lines = [f"  {operation}" for operation in self.counterexample]
        if len(lines) > SHOWN:
            lines[SHOWN // 2 : -SHOWN // 2] = [f"  ... and {len(lines) - SHOWN} more ..."]
        return "\n".join([self.sentence, *lines])
