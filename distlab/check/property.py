"""A property: what must never happen (safety), and what must happen in the end (liveness).

A property watches a stream of observations and keeps a *memory*, a hashable value. It raises
:class:`Violation` with a sentence as soon as something is wrong; at the end of a run whose faults are over it
is asked once more. That
the memory is a value and not an attribute is what lets the exhaustive search go back and forth between
states: the memory is a part of the state.

Plain functions are properties too: ``def never_two(nodes): ...`` is called with the nodes after every event,
``def all_served(trace): ...`` with the trace at the end of every run; both answer None or a sentence.
"""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .observation import Observation
from .schedule import FaultBudget

__all__ = ["Property", "PropertyBroke", "RunEnd", "Violation", "as_property", "guarded"]


class Violation(Exception):
    """Something is wrong. The text is the sentence that a learner reads.

    ``rows`` are the rows of the trace in which the guilty events stand, ``nodes`` who is involved, ``kind``
    is "property", "error" (the algorithm broke) or "contract" (it broke a rule of the laboratory).
    """

    def __init__(
        self,
        sentence: str,
        rows: tuple[int, ...] = (),
        nodes: tuple[Any, ...] = (),
        kind: str = "property",
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.rows = tuple(row for row in rows if row >= 0)
        self.nodes = nodes
        self.kind = kind


class PropertyBroke(Exception):
    """A property could not be evaluated: it raised something else than a violation. The text says where."""


@dataclass(frozen=True)
class RunEnd:
    """How things stand at the end of a run whose faults are over.

    Attributes
    ----------
    time : float
        The end of the run in seconds.
    quiet_since : float
        When the last fault ended.
    live : tuple
        The nodes that are up.
    roles : mapping
        Node -> its last role.
    trace
        The trace, or None in an untimed search.
    """

    time: float
    quiet_since: float
    live: tuple[Any, ...]
    roles: Mapping[Any, str | None] = field(default_factory=dict)
    trace: Any = None


class Property:
    """The base of all properties. Override what is needed; the defaults find nothing wrong."""

    #: does the property need the nodes' attributes after every event (``look``)?
    needs_nodes = False
    #: does it need the trace at the end?
    needs_trace = False
    #: seconds that a run goes on after its last fault before ``at_end`` is asked
    within = 2.0
    #: does it speak of a certain number of nodes, so that a run with fewer is another question?
    fixed_size = False

    @property
    def name(self) -> str:
        """How reports call it."""
        return type(self).__name__

    def begin(self, nodes: tuple[Any, ...]) -> Any:
        """The memory at the beginning: any hashable value."""
        return None

    def see(self, memory: Any, seen: Observation) -> Any:
        """The memory after an observation; raises :class:`Violation` if it must not be."""
        return memory

    def look(self, memory: Any, nodes: Mapping[Any, Any]) -> Any:
        """The memory after an event, with the nodes to look at (id -> node); raises :class:`Violation`."""
        return memory

    def at_end(self, memory: Any, end: RunEnd) -> None:
        """Raise :class:`Violation` if something has not happened that should have."""

    def reached(self, memory: Any) -> bool:
        """Has the run exercised what the property speaks about? If no run has, a check is inconclusive, not
        passed.
        """
        return True

    @property
    def goal(self) -> str:
        """What ``reached`` waits for, in words."""
        return "anything happened"

    def calm(self) -> Property:
        """What holds in runs with nothing worse than crashes that stay, on a network that keeps its bounds;
        often more.
        """
        return self

    def default_faults(self) -> FaultBudget:
        """What may go wrong in random runs by default: what algorithms of this family promise to survive."""
        return FaultBudget()

    def searches(self, memory: Any) -> list[dict[str, Any]]:
        """The searches in the untimed world that belong to a check by default: arguments of ``Bounds`` for an
        exhaustive one; with ``walks=...`` for deep walks.

        ``memory`` is what the property remembered at the end of a random run: it may tell what the algorithm
        promises. With asynchronous timing only what holds at every speed of machines and network can be
        asked, such as one leader per term.
        """
        return []

    def tidy(self, memory: Any) -> Any:
        """A memory in its normal form, after nodes have been renamed in it: for instance, sorted again."""
        return memory

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={value!r}" for name, value in vars(self).items() if not name.startswith("_")
        )
        return f"{self.name}({shown})"


class AllOf(Property):
    """Several properties at once; the first that is violated speaks."""

    def __init__(self, *properties: Any) -> None:
        self._all = tuple(as_property(each) for each in properties)
        self.needs_nodes = any(each.needs_nodes for each in self._all)
        self.needs_trace = any(each.needs_trace for each in self._all)
        self.within = max(each.within for each in self._all)
        self.fixed_size = any(each.fixed_size for each in self._all)

    @property
    def name(self) -> str:
        return " and ".join(each.name for each in self._all)

    def begin(self, nodes: tuple[Any, ...]) -> Any:
        return tuple([each.begin(nodes) for each in self._all])

    def see(self, memory: Any, seen: Observation) -> Any:
        return tuple([each.see(part, seen) for each, part in zip(self._all, memory, strict=True)])

    def look(self, memory: Any, nodes: Mapping[Any, Any]) -> Any:
        return tuple([each.look(part, nodes) for each, part in zip(self._all, memory, strict=True)])

    def at_end(self, memory: Any, end: RunEnd) -> None:
        for each, part in zip(self._all, memory, strict=True):
            each.at_end(part, end)

    def reached(self, memory: Any) -> bool:
        return all(each.reached(part) for each, part in zip(self._all, memory, strict=True))

    @property
    def goal(self) -> str:
        return " and ".join(each.goal for each in self._all)

    def calm(self) -> Property:
        return AllOf(*[each.calm() for each in self._all])

    def tidy(self, memory: Any) -> Any:
        return tuple([each.tidy(part) for each, part in zip(self._all, memory, strict=True)])

    def default_faults(self) -> FaultBudget:
        least = [each.default_faults() for each in self._all]
        return functools.reduce(FaultBudget.both, least)

    def searches(self, memory: Any) -> list[dict[str, Any]]:
        found = [
            search for each, part in zip(self._all, memory, strict=True) for search in each.searches(part)
        ]
        return [search for place, search in enumerate(found) if search not in found[:place]]


class _OfNodes(Property):
    """A function of the nodes, called after every event."""

    needs_nodes = True

    def __init__(self, function: Callable[[Any], str | None]) -> None:
        self._function = function

    @property
    def name(self) -> str:
        return self._function.__name__

    def look(self, memory: Any, nodes: Mapping[Any, Any]) -> Any:
        _raise_if(self._function(nodes), self.name)
        return memory


class _OfTrace(Property):
    """A function of the trace, called at the end of every run."""

    needs_trace = True

    def __init__(self, function: Callable[[Any], str | None]) -> None:
        self._function = function

    @property
    def name(self) -> str:
        return self._function.__name__

    def at_end(self, memory: Any, end: RunEnd) -> None:
        _raise_if(self._function(end.trace), self.name)


class _Guarded(Property):
    """A property whose own mistakes are told from those of the algorithm."""

    def __init__(self, inner: Property) -> None:
        self._inner = inner
        self.needs_nodes = inner.needs_nodes
        self.needs_trace = inner.needs_trace
        self.within = inner.within
        self.fixed_size = inner.fixed_size

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def goal(self) -> str:
        return self._inner.goal

    @property
    def ours(self) -> bool:
        """Is it one of this package, not one of the caller's own?"""
        return type(self._inner).__module__.startswith("distlab.") and not isinstance(
            self._inner, _OfNodes | _OfTrace
        )

    def begin(self, nodes: tuple[Any, ...]) -> Any:
        return self._ask("begin", nodes)

    def see(self, memory: Any, seen: Observation) -> Any:
        try:
            return self._inner.see(memory, seen)
        except (Violation, PropertyBroke):
            raise
        except Exception as error:
            raise self._broke(error) from error

    def look(self, memory: Any, nodes: Mapping[Any, Any]) -> Any:
        try:
            return self._inner.look(memory, nodes)
        except (Violation, PropertyBroke):
            raise
        except Exception as error:
            raise self._broke(error) from error

    def at_end(self, memory: Any, end: RunEnd) -> None:
        self._ask("at_end", memory, end)

    def reached(self, memory: Any) -> bool:
        return bool(self._ask("reached", memory))

    def calm(self) -> Property:
        return _Guarded(self._inner.calm())

    def default_faults(self) -> FaultBudget:
        return self._inner.default_faults()

    def searches(self, memory: Any) -> list[dict[str, Any]]:
        return self._inner.searches(memory)

    def tidy(self, memory: Any) -> Any:
        return self._ask("tidy", memory)

    def __repr__(self) -> str:
        return repr(self._inner)

    def _ask(self, what: str, *arguments: Any) -> Any:
        try:
            return getattr(self._inner, what)(*arguments)
        except (Violation, PropertyBroke):
            raise
        except Exception as error:
            raise self._broke(error) from error

    def _broke(self, error: Exception) -> PropertyBroke:
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if "/distlab/check/" not in frame.filename.replace("\\", "/")
        ]
        where = f" in {frames[-1].name}(), line {frames[-1].lineno}" if frames else ""
        return PropertyBroke(
            f"the property {self.name} broke with {type(error).__name__}: {error}{where}; so nothing was "
            "judged"
        )


def guarded(property: Property) -> Property:
    """The same property; what it raises besides violations becomes :class:`PropertyBroke`."""
    return property if isinstance(property, _Guarded) else _Guarded(property)


def _raise_if(answer: Any, name: str) -> None:
    if answer is None or answer is True:
        return
    if answer is False:
        raise Violation(f"{name} does not hold.")
    if not isinstance(answer, str):
        raise PropertyBroke(
            f"the property {name} must answer None (all is well) or a sentence that says what is wrong; it "
            f"answered {answer!r}"
        )
    raise Violation(answer)


def as_property(value: Any) -> Property:
    """A property as it is; a property class without arguments; or a function of ``nodes`` or of ``trace``.

    >>> def quiet(trace):
    ...     return None if trace.messages.empty else "somebody spoke"
    >>> as_property(quiet).name
    'quiet'
    """
    if isinstance(value, Property):
        return value
    if isinstance(value, type) and issubclass(value, Property):
        return value()
    if callable(value):
        names = [name for name in inspect.signature(value).parameters]
        if names[:1] == ["nodes"]:
            return _OfNodes(value)
        if names[:1] == ["trace"]:
            return _OfTrace(value)
        raise TypeError(
            f"{getattr(value, '__name__', value)!r} must take one argument, called nodes (checked after "
            "every event) "
            f"or trace (checked at the end of every run); it takes: {', '.join(names) or 'nothing'}."
        )
    raise TypeError(f"a property is a Property, or a function of nodes or of trace; got {value!r}.")
