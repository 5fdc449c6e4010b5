"""Accounts at several sites: what a transaction asks of them, and what a log says they hold.

The sum of all accounts is the course's example of what a transaction must keep: 800 + 600 = 1400 before and
after 200 have moved. That no account falls below zero is a constraint of one site, the C of ACID.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .write_ahead_log import LogRecord

__all__ = ["Change", "balances", "changes", "money", "only_reads"]


class Change(NamedTuple):
    """Add ``amount`` to an account; 0 only reads it."""

    account: str
    amount: float


def changes(wanted: Mapping[str, float] | Iterable[Change]) -> tuple[Change, ...]:
    """What a transaction asks of one site, as a tuple of :class:`Change`.

    Parameters
    ----------
    wanted
        ``{account: amount}``, or changes.

    Examples
    --------
    >>> changes({"A": -200})
    (Change(account='A', amount=-200),)
    """
    pairs = wanted.items() if isinstance(wanted, Mapping) else wanted
    return tuple([Change(account, amount) for account, amount in pairs])


def only_reads(wanted: Iterable[Change]) -> bool:
    """Does a transaction change nothing here?

    >>> only_reads([Change("A", 0)])
    True
    """
    return all([change.amount == 0 for change in wanted])


def balances(log: Iterable[LogRecord]) -> dict[str, float]:
    """What the accounts of a site hold, worked out from its log: redo what is committed, and nothing else.

    Parameters
    ----------
    log
        "opened" with the accounts; "prepared" with the changes as its second fact; "committed".

    Examples
    --------
    >>> opened = LogRecord("opened", None, (("A", 800),))
    >>> log = [opened, LogRecord("prepared", "T", (1, (Change("A", -200),)))]
    >>> balances(log), balances([*log, LogRecord("committed", "T")])
    ({'A': 800}, {'A': 600})
    """
    held: dict[str, float] = {}
    asked: dict[Any, tuple[Change, ...]] = {}
    for entry in log:
        if entry.kind == "opened":
            held.update(entry.facts)
        elif entry.kind == "prepared":
            asked[entry.transaction] = entry.facts[1]
        elif entry.kind == "committed":
            for account, amount in asked.get(entry.transaction, ()):
                held[account] = held.get(account, 0) + amount
    return held


def money(node: Any) -> dict[str, float]:
    """The accounts of a node, also of one that is down; for :class:`distlab.check.Conservation`.

    Examples
    --------
    >>> from distlab.check import Conservation
    >>> Conservation(money, total=1400).total
    1400
    """
    return balances(getattr(node, "log", ()))
