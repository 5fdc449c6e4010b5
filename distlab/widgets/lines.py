"""Which lines of which methods run in an event, and their source.

Python's trace hook is on only while a handler runs, and only if nobody else uses it (a debugger, a coverage
tool): then no line is known, and the player shows no source.
"""

from __future__ import annotations

import inspect
import sys
from types import CodeType, FrameType, TracebackType
from typing import Any

from distlab.sim import Node

__all__ = ["Lines"]

_LABORATORY = ("distlab.sim", "distlab.check", "distlab.widgets")


class Lines:
    """Collects the lines that run inside ``with lines: ...``; :meth:`take` gives them away.

    Attributes
    ----------
    sources : list of dict
        Per method: ``name``, ``where`` (its file), ``first`` (number of its first line) and ``lines``.

    Examples
    --------
    >>> from distlab.coordination.election import Bully
    >>> from distlab.sim import Simulation, cluster
    >>> lines, sim = Lines(), Simulation(cluster(Bully, 2))
    >>> with lines:
    ...     row = sim.step()
    >>> [lines.sources[number]["name"] for number, _ in lines.take()][0]
    'Bully.on_start'
    """

    def __init__(self) -> None:
        self.sources: list[dict[str, Any]] = []
        self._known: dict[CodeType, int | None] = {}
        self._seen: dict[int, dict[int, None]] = {}
        self._mine = False

    def __enter__(self) -> Lines:
        if sys.gettrace() is None:
            self._mine = True
            sys.settrace(self._call)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._mine:
            sys.settrace(None)
            self._mine = False

    def take(self) -> list[tuple[int, list[int]]]:
        """(number of the method, lines counted from its first) for what ran since the last time, in order."""
        seen, self._seen = self._seen, {}
        return [(number, sorted(lines)) for number, lines in seen.items()]

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if code not in self._known:
            self._known[code] = self._method(frame)
        number = self._known[code]
        if number is None:
            return None
        lines = self._seen.setdefault(number, {})
        first = self.sources[number]["first"]

        def line(frame: FrameType, event: str, argument: Any) -> Any:
            if event == "line":
                lines[frame.f_lineno - first] = None
            return line

        return line

    def _method(self, frame: FrameType) -> int | None:
        """The number of the method that a frame runs; None if it is not a node's own."""
        code = frame.f_code
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith(_LABORATORY) or code.co_name.startswith("<"):
            return None
        node = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
        if not isinstance(node, Node):
            return None
        try:
            text, first = inspect.getsourcelines(code)
        except (OSError, TypeError):
            return None
        where = "this notebook" if module == "__main__" else module.replace(".", "/") + ".py"
        self.sources.append(
            {
                "name": f"{type(node).__name__}.{code.co_name}",
                "where": where,
                "first": first,
                "lines": _unindented(text),
            }
        )
        return len(self.sources) - 1


def _unindented(lines: list[str]) -> list[str]:
    indent = len(lines[0]) - len(lines[0].lstrip())
    return [line[indent:].rstrip("\n") if line[:indent].isspace() else line.strip("\n") for line in lines]
