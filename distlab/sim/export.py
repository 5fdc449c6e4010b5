"""A trace as text: JSON lines for other programs, and the log format of ShiViz."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .trace import Event, Trace

__all__ = ["SHIVIZ_PATTERN", "lines", "shiviz"]

SHIVIZ_PATTERN = r"(?<host>\S*) (?<clock>{.*})\n(?<event>.*)"


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str | bool | type(None)) else repr(value)


def lines(trace: Trace) -> Iterator[str]:
    """One JSON object per event, in the order of happening; lost and cancelled events with their fate."""
    for event in trace.events(happened=False):
        facts = {
            "row": event.row,
            "time": event.time,
            "kind": event.kind,
            "node": _plain(event.node),
            "what": repr(event.payload),
            "fate": event.fate,
            "cause": event.cause,
        }
        if event.kind == "message":
            facts |= {"sender": _plain(event.sender), "sent": event.sent}
        yield json.dumps(facts, ensure_ascii=False) + "\n"


def shiviz(trace: Trace) -> str:
    """Two lines per event: host and vector clock, then the text. Read it with :data:`SHIVIZ_PATTERN`."""
    clocks = trace.clocks
    out = []
    for event in trace.events():
        if event.row in clocks:
            clock = {str(node): count for node, count in clocks[event.row].items()}
            out.append(f"{event.node} {json.dumps(clock)}\n{_text(event)}\n")
    return "".join(out)


def _text(event: Event) -> str:
    return f"{event.payload!r} from {event.sender}" if event.kind == "message" else repr(event.payload)
