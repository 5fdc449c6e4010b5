"""A trace as text: JSON lines for other programs, and the log format of ShiViz."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .shown import shown

if TYPE_CHECKING:
    from .trace import Event, Trace

__all__ = ["SHIVIZ_PATTERN", "lines", "shiviz"]

SHIVIZ_PATTERN = r"(?<host>\S*) (?<clock>{.*})\n(?<event>.*)"
"""The regular expression that ShiViz needs to read the log."""


def lines(trace: Trace) -> Iterator[str]:
    """One JSON object per event, in the order of happening; lost and cancelled events with their fate.

    Times are in seconds; a message also has its sender and the time when it was sent (null if that was
    outside the run).
    """
    for event in trace.events(happened=False):
        facts = {
            "row": event.row,
            "time": event.time,
            "kind": event.kind,
            "node": _plain(event.node),
            "what": shown(event.payload),
            "fate": event.fate,
            "cause": event.cause,
        }
        if event.kind == "message":
            facts |= {"sender": _plain(event.sender), "sent": _plain(event.sent)}
        yield json.dumps(facts, ensure_ascii=False) + "\n"


def shiviz(trace: Trace) -> str:
    """Two lines per event: host and vector clock, then the text. Read it with :data:`SHIVIZ_PATTERN`."""
    clocks = trace.clocks
    hosts = {node: "_".join(str(node).split()) for node in trace.nodes}
    out = []
    for event in trace.events():
        if event.row in clocks:
            clock = {hosts[node]: count for node, count in clocks[event.row].items()}
            out.append(f"{hosts[event.node]} {json.dumps(clock)}\n{_text(event)}\n")
    return "".join(out)


def _plain(value: Any) -> Any:
    if value != value:  # NaN is not JSON
        return None
    return value if isinstance(value, int | float | str | type(None)) else shown(value)


def _text(event: Event) -> str:
    text = shown(event.payload) + (f" from {event.sender}" if event.kind == "message" else "")
    return " ".join(text.split())
