"""The answer of a check: a verdict, how much was looked at, and the smallest run that shows what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from distlab.sim import Trace

from .property import Violation

__all__ = ["Counterexample", "Report", "Search"]


@dataclass
class Search:
    """One search: its kind ("random", "exhaustive", "deep"), its bound in words, and what it counted.

    ``cut`` says what was cut short, ``inconclusive`` why it means nothing, ``asked`` whether the caller asked
    for it or it came by default.
    """

    kind: str
    bound: str
    counts: dict[str, Any] = field(default_factory=dict)
    cut: str = ""
    inconclusive: str = ""
    asked: bool = False

    def __str__(self) -> str:
        end = f"; {self.cut}" if self.cut else ""
        return f"{self.kind}: {self.bound}{end}{f'; {self.inconclusive}' if self.inconclusive else ''}"


@dataclass
class Counterexample:
    """The smallest failing run that was found.

    Attributes
    ----------
    sentence : str
        What is wrong, who, when.
    kind : str
        "property", "error" (the algorithm broke) or "contract" (it broke a rule of the laboratory).
    trace : Trace
        The run; in an untimed counterexample the times are step numbers.
    rows : tuple of int
        The guilty events in the trace.
    original, minimal : str
        The size before and after shrinking, in words.
    reruns : int
        How many runs the shrinking took.
    setting : list of (str, str)
        Nodes, seed, network and faults (or the moves of the script) in words, for the table.
    code : str
        Python that makes the same run again.
    passing : Trace or None
        The nearest run in which all is well.
    """

    sentence: str
    kind: str
    trace: Trace
    rows: tuple[int, ...]
    nodes: tuple[Any, ...]
    original: str
    minimal: str
    reruns: int
    setting: list[tuple[str, str]]
    code: str
    passing: Trace | None = None
    difference: str = ""

    def story(self, last: int = 25) -> list[str]:
        """The run as sentences: all of them if there are no more than ``last``; else those from which
        something followed that a node or a fault made known, the last ``last`` of them.
        """
        events = [event for event in self.trace.events() if tell(event)]
        told = events
        if len(events) > last:
            causes = frozenset(event.cause for event in events if event.kind in _NOTED)
            told = [
                event
                for event in events
                if event.kind in _NOTED or event.row in causes or event.row in self.rows
            ][-last:]
        lines = [tell(event, event.row in self.rows) for event in told]
        if len(told) < len(events):
            lines = [f"  ({len(events) - len(told)} of {len(events)} events are left out)", *lines]
        return lines


_NOTED = ("role", "record", "invoke", "return", "fault", "restart", "call")


def tell(event: Any, guilty: bool = False) -> str:
    """One event as a sentence; empty for what needs no words."""
    mark = "!" if guilty else " "
    at = f"{mark} t={event.time:<8.4g}"
    what = {
        "start": "",
        "restart": f"node {event.node!r} is back",
        "message": f"node {event.node!r} receives {event.payload!r} from {event.sender!r}",
        "timer": f"node {event.node!r}: {event.payload!r} fires",
        "work": f"node {event.node!r}: {event.payload!r} is done",
        "call": f"node {event.node!r} is called: {getattr(event.payload, 'method', '')}()",
        "role": f"node {event.node!r} becomes {getattr(event.payload, 'role', '')}{_facts(event.payload)}",
        "record": f"node {event.node!r} records {getattr(event.payload, 'event', '')}{_facts(event.payload)}",
        "invoke": f"node {event.node!r}: {event.payload!r}",
        "return": f"node {event.node!r}: {event.payload!r}",
        "fault": "" if type(event.payload).__name__.startswith("_") else f"fault: {event.payload!r}",
    }.get(event.kind, repr(event.payload))
    return f"{at} {what}" if what else ""


def _facts(payload: Any) -> str:
    facts = getattr(payload, "facts", None)
    return f" ({', '.join(f'{name}={value!r}' for name, value in facts.items())})" if facts else ""


class Report:
    """What :func:`distlab.check.check` answers.

    Attributes
    ----------
    verdict : str
        "passed", "failed" or "inconclusive" (nothing relevant happened, so passing means nothing).
    sentence : str
        Why, in one sentence.
    searches : list of Search
        What was searched and how far.
    counterexample : Counterexample or None
        The smallest failing run.
    """

    def __init__(
        self,
        algorithm: str,
        property: str,
        searches: Sequence[Search],
        counterexample: Counterexample | None = None,
        inconclusive: str = "",
        violation: Violation | None = None,
    ) -> None:
        self.algorithm = algorithm
        self.property = property
        self.searches = list(searches)
        self.counterexample = counterexample
        self._violation = violation
        self._inconclusive = inconclusive

    @property
    def verdict(self) -> str:
        if self.counterexample is not None or self._violation is not None:
            return "failed"
        return "inconclusive" if self._inconclusive or not self.searches else "passed"

    @property
    def ok(self) -> bool:
        """Did it pass?"""
        return self.verdict == "passed"

    def __bool__(self) -> bool:
        return self.ok

    @property
    def sentence(self) -> str:
        if self.counterexample is not None:
            return self.counterexample.sentence
        if self._violation is not None:
            return self._violation.sentence
        if self.verdict == "inconclusive":
            return self._inconclusive or "nothing was searched"
        return "no violation found within the bounds"

    @property
    def bound(self) -> str:
        """How far was searched, in one line per search."""
        return "\n".join(str(search) for search in self.searches)

    @property
    def trace(self) -> Trace | None:
        """The trace of the counterexample."""
        return None if self.counterexample is None else self.counterexample.trace

    def __repr__(self) -> str:
        lines = [f"{self.algorithm}, {self.property}: {self.verdict.upper()}", f"  {self.sentence}"]
        lines += [f"  {search}" for search in self.searches]
        found = self.counterexample
        if found is not None:
            lines.append(
                f"  counterexample: {found.minimal} (found as {found.original}; {found.reruns} re-runs to "
                "shrink it)"
            )
            lines += [f"    {name}: {value}" for name, value in found.setting]
            lines += [f"    {line}" for line in found.story()]
            if found.difference:
                lines.append(f"  nearest passing run: {found.difference}")
            lines.append("  replay:")
            lines += [f"    {line}" for line in found.code.splitlines()]
        return "\n".join(lines)

    def figure(self) -> Any:
        """The space-time diagram of the counterexample with the guilty events marked, beside the nearest
        passing run.
        """
        from distlab.plots import counterexample

        return counterexample(self)

    def to_html(self) -> str:
        """The report as HTML, without the picture."""
        from .page import html_of

        return html_of(self)

    def _ipython_display_(self) -> None:
        from IPython.display import HTML, display

        display(HTML(self.to_html()))
        if self.counterexample is not None:
            import matplotlib.pyplot as plt

            figure = self.figure()
            display(figure)
            plt.close(figure)
