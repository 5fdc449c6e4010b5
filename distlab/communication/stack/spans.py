"""Where the time of a request went: spans, and the path that its response waited for.

B. H. Sigelman and others, *Dapper, a large-scale distributed systems tracing infrastructure*, Google
technical report, 2010: every piece of work for a request is a span, with the number of the request and the
span that caused it.

Here every row of a trace has its cause, and every message and every piece of work carries the number of its
request. Read backwards from the response, the causes give the path: each step begins when the one before it
ends, so the lengths of the steps add up to the response time. What happened besides, nobody waited for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from distlab.sim import Event, Trace

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LAYERS", "layers", "spans"]

LAYERS = ("resources", "communication", "storage", "computing")
"""The horizontal layers of the course's map, from the bottom up."""

_MESSAGES = {
    "Request": "communication",
    "Response": "communication",
    "Write": "communication",
    "Written": "communication",
    "Append": "storage",
    "Ack": "storage",
}
_OWN = {  # what a node does by itself: the layer, and what it is called
    "heard_nothing": ("communication", "waits for a response in vain"),
    "computed": ("computing", "computes"),
    "save": ("storage", "writes to disk"),
}
_WAIT = ("resources", "waits for a slot")


def spans(trace: Trace) -> pd.DataFrame:
    """All spans of all requests, in the order of their beginning.

    Parameters
    ----------
    trace
        A full trace of the stack.

    Returns
    -------
    pandas.DataFrame
        request (its number); layer; what (in words); start and end in seconds; fate ("done", or "lost",
        "cut", "down": a message that never arrived, whose end is when it would have); on_path (did the
        response wait for it?).

    Raises
    ------
    SimulationError
        If the trace is an outline.

    References
    ----------
    Sigelman and others 2010.

    Examples
    --------
    >>> from distlab.communication import stack
    >>> table = spans(stack.one_request())
    >>> table[table.on_path].what.tolist()[:3]
    ['front → server: Request', 'server computes', 'server → store 1: Write']
    """
    import pandas as pd

    trace._need_full("spans")
    found: list[tuple[Any, ...]] = []
    on_path: set[int] = set()
    for number, invoked, row in _responses(trace):
        steps, granted = _path(trace, number, row)
        on_path.update(step.row for step in steps)
        if granted > invoked:
            layer, what = _WAIT
            found.append((number, layer, f"front {what}", invoked, granted, "done", True))
    for event in trace.events(happened=False):
        of = _number(event)
        if of is not None and event.fate not in ("cancelled", "pending", "in flight"):
            fate = "done" if event.happened else event.fate
            layer, what = _describe(event)
            found.append((of, layer, what, event.sent, event.time, fate, event.row in on_path))
    columns = ["request", "layer", "what", "start", "end", "fate", "on_path"]
    table = pd.DataFrame(found, columns=columns)
    return table.sort_values(["request", "start", "end"], kind="stable", ignore_index=True)


def layers(trace: Trace) -> pd.DataFrame:
    """The seconds that each answered request spent in each layer; a row adds up to its response time.

    Parameters
    ----------
    trace
        A full trace of the stack.

    Returns
    -------
    pandas.DataFrame
        A row per request, a column per layer.

    Examples
    --------
    >>> from distlab.communication import stack
    >>> layers(stack.one_request()).round(6).loc[1].to_dict()
    {'resources': 0.0, 'communication': 0.008, 'storage': 0.006, 'computing': 0.01}
    """
    import pandas as pd

    trace._need_full("layers")
    rows: dict[int, dict[str, float]] = {}
    for number, invoked, row in _responses(trace):
        steps, granted = _path(trace, number, row)
        rows[number] = spent = dict.fromkeys(LAYERS, 0.0)
        spent[_WAIT[0]] = granted - invoked
        for step in steps:
            spent[_describe(step)[0]] += step.time - step.sent
    return (
        pd.DataFrame.from_dict(rows, orient="index", columns=list(LAYERS)).rename_axis("request").sort_index()
    )


def _responses(trace: Trace) -> list[tuple[int, float, int]]:
    """(number, time of its coming, row of the response) for each request that was answered."""
    begun: dict[int, tuple[int, float]] = {}
    found = []
    for _, cause, time, _, what in trace.instants():
        kind = type(what).__name__
        if kind == "Invoked":
            begun[what.number] = (what.key, time)
        elif kind == "Returned" and what.status == "ok":
            found.append((*begun[what.number], cause))
    return found


def _path(trace: Trace, number: int, row: int) -> tuple[list[Event], float]:
    """The events that led to a response, the last one first, and when the request was given its slot.

    The causes end where another request, whose end gave the slot free, or the outside world begins.
    """
    steps = []
    event = trace.event(row)
    while _number(event) == number:
        steps.append(event)
        event = trace.event(event.cause)
    return steps, event.time


def _number(event: Event) -> int | None:
    """The request that an event belongs to; None if it belongs to none."""
    if event.kind == "message":
        return event.payload.number
    if event.kind in ("timer", "work"):
        return event.payload.args[0]
    return None


def _describe(event: Event) -> tuple[str, str]:
    """The layer of an event, and what it is in words."""
    if event.kind == "message":
        kind = type(event.payload).__name__
        return _MESSAGES[kind], f"{event.sender} → {event.node}: {kind}"
    layer, words = _OWN[event.payload.method.__name__]
    return layer, f"{event.node} {words}"
