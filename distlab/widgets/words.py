"""What happens in one step of a run, as a sentence: for the player, screen readers and comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from distlab.plots.lanes import name
from distlab.plots.roles import terms
from distlab.sim.shown import shown

__all__ = ["clipped", "moment", "sentence"]

_LONGEST = 140


def clipped(text: str, longest: int = _LONGEST) -> str:
    """A text on one line, cut off if it is long.

    >>> clipped("abcdefghij", 8)
    'abcde...'
    """
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 3] + "..."


def moment(time: float, unit: str) -> str:
    """When a step takes place.

    >>> moment(0.1534, "s"), moment(3.0, "step")
    ('t = 0.1534 s', 'step 3')
    """
    return f"step {time:g}" if unit == "step" else f"t = {round(time, 9):.4g} s"  # 1e-324 s is 0


def sentence(
    event: Any, time: float, kind: str, noted: Sequence[Any], unit: str = "s", led: Any = None
) -> str:
    """An event and what its handler did.

    Parameters
    ----------
    event
        The event of a trace.
    time
        When the step is, in seconds or steps.
    kind
        The kind of the event, or "dropped" or "doubled" for what is done to a message under way.
    noted
        The events that it caused, in order; what was sent and set is among them.
    unit
        "s" or "step".
    led
        Who led when a fault struck that names the leader; None: nobody.

    Examples
    --------
    >>> from distlab.coordination.election import Bully
    >>> from distlab.sim import Simulation, cluster
    >>> trace = Simulation(cluster(Bully, 2)).run(until=1.0)
    >>> every = list(trace.events(happened=False))
    >>> first = trace.event(0)
    >>> sentence(first, 0.0, "start", [event for event in every if event.cause == 0])
    't = 0 s: node 1 starts; becomes candidate; sends Election() to node 2'
    """
    if kind in ("dropped", "doubled"):
        what = f"{clipped(shown(event.payload))} from {name(event.sender)} to {name(event.node)}"
        how = "dropped by hand" if kind == "dropped" else "doubled by the network"
        return f"{moment(time, unit)}: {what} is {how}"
    return "; ".join([f"{moment(time, unit)}: {_happens(event, led)}", *_becomes(noted), *_sends(noted)])


def _happens(event: Any, led: Any) -> str:
    who = "" if event.node is None else name(event.node)
    if event.kind == "message":
        what = clipped(shown(event.payload))
        origin = name(event.sender)
        if event.fate == "down":
            return f"{what} from {origin} meets {who}, which is down"
        if event.fate in ("lost", "cut"):
            how = "is lost" if event.fate == "lost" else "does not get through"
            return f"{what} from {origin} to {who} {how}"
        copy = "a second copy of " if event.fate == "duplicate" else ""
        return f"{who} receives {copy}{what} from {origin}"
    if event.kind == "fault":
        return _fault(event.payload, led)
    if event.kind == "timer":
        return f"{who}: the timer {_method(event.payload)} runs out"
    if event.kind == "work":
        return f"{who}: the work {_method(event.payload)} is done"
    if event.kind == "call":
        return f"{who} is called: {_call(event.payload)}"
    if event.kind == "restart":
        return f"{who} is back with what was on its disk"
    return f"{who} starts"


def _method(timer: Any) -> str:
    return clipped(f"{timer.method.__name__}({', '.join(map(shown, timer.args))})")


def _call(call: Any) -> str:
    return clipped(f"{call.method}({', '.join(map(shown, call.args))})")


def _fault(fault: Any, led: Any) -> str:
    node = getattr(fault, "node", None)
    who = name(node)
    if node == "leader":
        if led is None:
            return f"{type(fault).__name__} of the leader, but nobody leads"
        who = f"{name(led)}, the leader,"
    kind = type(fault).__name__
    if kind == "Crash" or (kind == "Outage" and fault.until is None):
        return f"{who} crashes"
    if kind == "Outage":
        return f"{who} crashes, until t = {fault.until:g} s"
    if kind == "Recover":
        return f"{who} recovers"
    if kind == "ClockJump":
        return f"the clock of {who} jumps by {fault.by:+g} s"
    if kind == "ClockDrift":
        return f"the clock of {who} runs at {fault.rate:g} times the rate"
    if kind == "Pause":
        return f"{who} stands still, until t = {fault.end:g} s"
    return f"fault: {clipped(shown(fault))}"


def _becomes(noted: Sequence[Any]) -> list[str]:
    parts = []
    for event in noted:
        payload = event.payload
        if event.kind == "role":
            term = terms(payload.facts)[0]
            parts.append(f"becomes {payload.role}{f' ({term})' if term else ''}")
        elif event.kind == "record":
            facts = ", ".join(f"{fact} {shown(value)}" for fact, value in payload.facts.items())
            parts.append(clipped(f"notes {payload.event}{f' ({facts})' if facts else ''}"))
        elif event.kind == "invoke":
            key = "" if payload.key is None else f" {shown(payload.key)}"
            value = "" if payload.value is None else f" = {shown(payload.value)}"
            parts.append(clipped(f"begins {payload.operation}{key}{value}"))
        elif event.kind == "return":
            parts.append(clipped(f"ends an operation: {payload.status}, {shown(payload.result)}"))
    return parts


def _sends(noted: Sequence[Any]) -> list[str]:
    groups: dict[str, list[Any]] = {}
    for event in noted:
        if event.kind == "message" and event.fate != "duplicate":
            groups.setdefault(clipped(shown(event.payload)), []).append(event.node)
    parts = []
    for what, to in list(groups.items())[:3]:
        whom = name(to[0]) if len(to) == 1 else _several(to)
        parts.append(f"sends {what} to {whom}")
    if len(groups) > 3:
        parts.append(f"and sends {len(groups) - 3} more kinds of message")
    return parts


def _several(nodes: Sequence[Any]) -> str:
    if len(nodes) > 6:
        return f"{len(nodes)} nodes"
    if any(isinstance(node, str) for node in nodes):
        return ", ".join(map(name, nodes))
    return "nodes " + ", ".join(map(str, nodes))
