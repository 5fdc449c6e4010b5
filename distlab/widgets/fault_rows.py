"""Faults as rows of a table, and rows as faults: what a person types, and what code uses."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any, NamedTuple

from distlab.sim import (
    ClockDrift,
    ClockJump,
    Crash,
    Cut,
    Fault,
    Heal,
    Isolate,
    LossBurst,
    Outage,
    Partition,
    Pause,
    Recover,
    SlowLink,
)

__all__ = ["AMOUNTS", "KINDS", "WHOM", "Row", "fault_of", "row_of"]

KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        Crash,
        Recover,
        Outage,
        Pause,
        Isolate,
        Partition,
        Heal,
        Cut,
        SlowLink,
        LossBurst,
        ClockJump,
        ClockDrift,
    )
}
"""The faults that a table can hold."""

AMOUNTS = {
    "SlowLink": "factor",
    "LossBurst": "probability",
    "ClockJump": "by",
    "ClockDrift": "rate",
}
"""What the column "amount" means, for the kinds that have one."""

WHOM = {
    "Partition": "groups such as 1 2 | 3 4 5",
    "Cut": "a link such as 1 > 2",
    "SlowLink": "a link such as 1 > 2; * is any node",
    "LossBurst": "empty, or a link such as 1 > 2",
    "Heal": "empty",
}
"""What to write into the column "whom"; for all others a node, or leader."""

_ENDS = ("Outage", "Pause", "Isolate", "Partition", "Cut", "SlowLink", "LossBurst")
_LINKS = ("Cut", "SlowLink", "LossBurst")


class Row(NamedTuple):
    """One row of the table, as text."""

    kind: str
    whom: str = ""
    at: str = "1"
    until: str = ""
    amount: str = ""


def row_of(fault: Fault) -> Row:
    """The row that stands for a fault.

    Parameters
    ----------
    fault
        One of the kinds in :data:`KINDS`.

    Raises
    ------
    ValueError
        If no row can stand for it.

    Examples
    --------
    >>> row_of(Outage("leader", at=1.0, until=2.5))
    Row(kind='Outage', whom='leader', at='1', until='2.5', amount='')
    >>> row_of(Partition([[1, 2], [3]], at=1.0)).whom
    '1 2 | 3'
    """
    kind = type(fault).__name__
    if KINDS.get(kind) is not type(fault):
        raise ValueError(f"a table of faults has no row for {fault!r}; it has {', '.join(KINDS)}.")
    given: Any = fault
    whom = ""
    if kind == "Partition":
        whom = " | ".join(" ".join(map(str, group)) for group in given.groups)
    elif kind in _LINKS:
        ends = [given.sender, given.receiver]
        if kind != "LossBurst" or ends != [None, None]:
            whom = " > ".join("*" if end is None else str(end) for end in ends)
    elif kind != "Heal":
        whom = str(given.node)
    until = f"{fault.end:.10g}" if kind in _ENDS and fault.end is not None else ""
    amount = f"{getattr(given, AMOUNTS[kind]):.10g}" if kind in AMOUNTS else ""
    row = Row(kind, whom, f"{fault.at:.10g}", until, amount)
    if fault_of(row) != fault:
        raise ValueError(f"a table of faults has no row for {fault!r}: it says more than a row can hold.")
    return row


def fault_of(row: Row, nodes: Sequence[Any] | None = None) -> Fault:
    """The fault that a row stands for.

    Parameters
    ----------
    row
        What was typed.
    nodes
        The ids that exist; None: numbers are taken for numbers, and nothing is checked.

    Raises
    ------
    ValueError
        If a column cannot be read; the sentence names it and says what would be right.

    Examples
    --------
    >>> fault_of(Row("Pause", "3", "1", "1.5"))
    Pause(node=3, at=1.0, duration=0.5)
    >>> fault_of(Row("Cut", "1 > 2", "0.5"))
    Cut(sender=1, receiver=2, at=0.5, until=None, both=False)
    """
    kind = row.kind
    if kind not in KINDS:
        raise ValueError(f"fault must be one of {', '.join(KINDS)}; got {kind!r}.")
    arguments: dict[str, Any] = {"at": _number("at", row.at)}
    if kind == "Partition":
        groups = [[_node(word, nodes) for word in group.split()] for group in row.whom.split("|")]
        if not all(groups):
            raise ValueError(f"whom must be {WHOM[kind]}; got {row.whom!r}.")
        arguments["groups"] = groups
    elif kind in _LINKS:
        arguments |= _link(kind, row.whom, nodes)
    elif kind != "Heal":
        if not row.whom.strip():
            raise ValueError("whom must be a node, or leader; it is empty.")
        arguments["node"] = _node(row.whom.strip(), nodes)
    if kind in _ENDS:
        arguments |= _end(kind, row.until, arguments["at"])
    if kind in AMOUNTS:
        arguments[AMOUNTS[kind]] = _number(f"amount (the {AMOUNTS[kind]})", row.amount)
    made: Fault = KINDS[kind](**arguments)
    return made


def _end(kind: str, until: str, at: float) -> dict[str, Any]:
    if not until.strip():
        if kind == "Pause":
            raise ValueError("until must be a number of seconds, for a pause ends; it is empty.")
        return {"until": None}
    end = _number("until", until)
    if end <= at:
        raise ValueError(f"until must be later than at, which is {at:g} s; got {until!r}.")
    return {"duration": round(end - at, 9)} if kind == "Pause" else {"until": end}


def _link(kind: str, whom: str, nodes: Sequence[Any] | None) -> dict[str, Any]:
    if kind == "LossBurst" and not whom.strip():
        return {"sender": None, "receiver": None}
    ends = [end.strip() for end in whom.split(">")]
    if len(ends) != 2 or not all(ends) or (kind == "Cut" and "*" in ends):
        raise ValueError(f"whom must be {WHOM[kind]}; got {whom!r}.")
    sender, receiver = (None if end == "*" else _node(end, nodes) for end in ends)
    return {"sender": sender, "receiver": receiver}


def _number(column: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        unit = "a number of seconds" if column in ("at", "until") else "a number"
        raise ValueError(f"{column} must be {unit}; got {text!r}.")
    return number


def _node(word: str, nodes: Sequence[Any] | None) -> Any:
    if nodes is not None:
        for node in nodes:
            if str(node) == word:
                return node
        if word != "leader":
            raise ValueError(
                f"whom names {word!r}, but the nodes are {', '.join(map(str, nodes))}; or write leader."
            )
        return word
    return int(word) if word.lstrip("-").isdigit() else word
