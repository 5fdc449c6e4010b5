"""What clients saw: linearizability and the weaker models, as a property of a run.

What nodes say: ``op = self.invoke("write", key="x", value=3)`` and later ``op.complete(result)``,
``op.fail()`` or ``op.unknown()``.
"""

from __future__ import annotations

from typing import Any

from ..property import Property, RunEnd, Violation

__all__ = ["Linearizable"]


class Linearizable(Property):
    """The clients' operations look as if each took effect at one moment between its begin and its end.

    Parameters
    ----------
    model
        A sequential model of :mod:`distlab.check`, such as ``Register()``.
    level
        "linearizable" or a weaker level that :func:`distlab.check.check_history` knows.

    Examples
    --------
    >>> from distlab.check import Register
    >>> Linearizable(Register()).goal
    'a client operation succeeded'
    """

    needs_trace = True

    def __init__(self, model: Any, level: str = "linearizable", within: float = 2.0) -> None:
        self.model = model
        self.level = level
        self.within = within

    @property
    def name(self) -> str:
        return self.level.capitalize()

    @property
    def goal(self) -> str:
        return "a client operation succeeded"

    def begin(self, nodes: tuple[Any, ...]) -> bool:
        return False

    def see(self, memory: bool, seen: Any) -> bool:
        return memory or (seen.kind == "return" and seen.name == "ok")

    def at_end(self, memory: bool, end: RunEnd) -> None:
        from ..histories import History, check_history

        verdict = check_history(History.from_trace(end.trace), self.model, self.level)
        if verdict.ok is False:
            raise Violation(verdict.sentence)

    def reached(self, memory: bool) -> bool:
        return memory
