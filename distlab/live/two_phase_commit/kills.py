"""Killing the coordinator of a real two-phase commit, at every point, and what is left then.

======================= ==========================================================================
killed_at_every_point   what is in doubt, who is blocked, and how it ends
in_doubt                one kill, in the databases' own words
decided_by_hand         an operator who does not wait: a heuristic decision
latencies               one phase and two phases, in seconds
======================= ==========================================================================
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any

from ..experiments import Experiment
from .bank import AMOUNT, bank
from .coordinator import POINTS, commit
from .recovery import recover

__all__ = [
    "DOUBT_POSTGRES",
    "DOUBT_SQLITE",
    "KILLS_POSTGRES",
    "KILLS_SQLITE",
    "LATENCY_POSTGRES",
    "LATENCY_SQLITE",
    "TELLING",
    "decided_by_hand",
    "in_doubt",
    "killed_at_every_point",
    "latencies",
]

#: the points between the phases; each kill costs the start of a process
TELLING = ("prepared A", "prepared B", "half a decision", "decided", "committed A")


def killed_at_every_point(kind: str = "sqlite", points: Sequence[str] = POINTS) -> list[dict[str, Any]]:
    """The transfer of 200, killed at every point; then what the databases say; then recovery.

    Parameters
    ----------
    kind
        "sqlite" or "postgres".
    points
        Some of ``POINTS``.

    Returns
    -------
    list of dict
        For each point: the journal's decision; who is in doubt, from the databases' own catalogues; whose
        account an ordinary update cannot change; how recovery ended it; and the balances and their sum after.

    Raises
    ------
    ServerNotFound
        If PostgreSQL is not installed.

    Examples
    --------
    >>> [row["recovery"] for row in killed_at_every_point(points=["prepared B", "decided"])]
    ['abort', 'commit']
    """
    rows = []
    with bank(kind) as accounts:
        for point in points:
            accounts.begin_again()
            accounts.kill_coordinator(point)
            in_doubt = [doubt.participant for doubt in accounts.in_doubt()]
            blocked = [name for name, why in accounts.blocked().items() if why]
            decision = accounts.journal.decision("T1")
            resolved = recover(accounts.participants, accounts.journal)
            balances = accounts.balances()
            rows.append(
                {
                    "killed when": point,
                    "journal": decision or "-",
                    "in doubt": ", ".join(in_doubt) or "-",
                    "blocked": ", ".join(blocked) or "-",
                    "recovery": ", ".join(sorted({one.decision for one in resolved})) or "-",
                    **balances,
                    "sum": sum(balances.values()),
                }
            )
    return rows


def in_doubt(kind: str = "sqlite", point: str = "prepared B") -> list[dict[str, Any]]:
    """The coordinator is killed once: what each database says, what an update meets, how it is resolved.

    Parameters
    ----------
    kind
        "sqlite" or "postgres".
    point
        One of ``POINTS`` at which both are in doubt.

    Returns
    -------
    list of dict
        For each participant its catalogue's row, the locks that are held, the error that an update of the
        account meets, what recovery decides, and the balance after it.

    Examples
    --------
    >>> in_doubt()[0]["its own catalogue"]
    'prepared: gid T1, account A, change -200'
    """
    with bank(kind) as accounts:
        accounts.kill_coordinator(point)
        shown = {one.name: one.catalogue() for one in accounts.participants}
        locks = {doubt.participant: doubt.locks for doubt in accounts.in_doubt()}
        blocked = accounts.blocked()
        decisions = {
            one.participant: one.decision for one in recover(accounts.participants, accounts.journal)
        }
        balances = accounts.balances()
    return [
        {
            "participant": name,
            "its own catalogue": "; ".join(shown[name]) or "-",
            "locks": locks.get(name, 0),
            "an update meets": blocked[name] or "-",
            "recovery": decisions.get(name, "-"),
            "balance": balances[name],
        }
        for name in balances
    ]


def decided_by_hand(kind: str = "sqlite") -> list[dict[str, Any]]:
    """An operator rolls B back by hand while it is in doubt; then recovery commits A, as was decided.

    Parameters
    ----------
    kind
        "sqlite" or "postgres".

    Returns
    -------
    list of dict
        The balances and their sum: in doubt, after the operator, after recovery.

    Examples
    --------
    >>> [row["sum"] for row in decided_by_hand()]
    [1400, 1400, 1200]
    """
    rows = []
    with bank(kind) as accounts:

        def see(when: str) -> None:
            balances = accounts.balances()
            in_doubt = ", ".join(doubt.participant for doubt in accounts.in_doubt()) or "-"
            rows.append({"when": when, "in doubt": in_doubt, **balances, "sum": sum(balances.values())})

        accounts.kill_coordinator("decided")
        see("the coordinator was killed after its decision")
        accounts.participants[1].rollback_prepared("T1")
        see("an operator has rolled B back")
        recover(accounts.participants, accounts.journal)
        see("recovery has committed A")
    return rows


def latencies(kind: str = "sqlite", transactions: int = 50) -> dict[str, list[float]]:
    """Seconds per transfer, in one phase and in two, in turns.

    In one phase, A commits and then B: if somebody dies in between, 200 are gone. In two phases, the
    coordinator also prepares both and forces its decision to disk.

    Parameters
    ----------
    kind
        "sqlite" or "postgres".
    transactions
        How many of each.

    Returns
    -------
    dict
        "one phase" and "two phases": seconds.

    Examples
    --------
    >>> [len(times) for times in latencies(transactions=3).values()]
    [3, 3]
    """
    times: dict[str, list[float]] = {"one phase": [], "two phases": []}
    with bank(kind) as accounts:
        a, b = accounts.participants
        journal = accounts.journal
        for number in range(transactions):
            amount = AMOUNT if number % 2 == 0 else -AMOUNT
            start = time.perf_counter()
            a.commit_in_one_phase(-amount)
            b.commit_in_one_phase(amount)
            middle = time.perf_counter()
            commit(f"L{number}", (a, b), {"A": amount, "B": -amount}, journal)
            end = time.perf_counter()
            times["one phase"].append(middle - start)
            times["two phases"].append(end - middle)
    return times


def _kills(kind: str, points: Sequence[str] = TELLING) -> dict[str, Any]:
    rows = killed_at_every_point(kind, points)
    return {"rows": rows, "settings": {"participants": kind, "amount": AMOUNT}}


def _doubt(kind: str) -> dict[str, Any]:
    return {"rows": in_doubt(kind), "settings": {"participants": kind, "amount": AMOUNT}}


def _latency(kind: str, transactions: int = 50) -> dict[str, Any]:
    times = latencies(kind, transactions)
    once = statistics.median(times["one phase"])
    rows = [
        {
            "commit": label,
            "median (ms)": 1000 * statistics.median(found),
            "slowest (ms)": 1000 * max(found),
            "times one phase": statistics.median(found) / once,
        }
        for label, found in times.items()
    ]
    settings = {"participants": kind, "transactions": transactions}
    return {"rows": rows, "samples": times, "settings": settings}


_KILLED = (
    "The coordinator of a transfer of 200 between two {} was killed between the phases of two-phase commit, "
    "and then what was in doubt was ended by its journal."
)
_IN_DOUBT = "The coordinator of a transfer of 200 between two {} was killed after both had prepared."
_TIMED = "A transfer between two {} was committed in one phase and in two."

KILLS_SQLITE = Experiment(
    "two_phase_kills_sqlite",
    _KILLED.format("SQLite files"),
    ("sqlite",),
    lambda points=TELLING: _kills("sqlite", points),
    {"points": POINTS},
)
KILLS_POSTGRES = Experiment(
    "two_phase_kills_postgres",
    _KILLED.format("PostgreSQL databases"),
    ("postgres",),
    lambda points=TELLING: _kills("postgres", points),
    {"points": POINTS},
)
DOUBT_SQLITE = Experiment(
    "two_phase_in_doubt_sqlite", _IN_DOUBT.format("SQLite files"), ("sqlite",), lambda: _doubt("sqlite")
)
DOUBT_POSTGRES = Experiment(
    "two_phase_in_doubt_postgres",
    _IN_DOUBT.format("PostgreSQL databases"),
    ("postgres",),
    lambda: _doubt("postgres"),
)
LATENCY_SQLITE = Experiment(
    "two_phase_latency_sqlite",
    _TIMED.format("SQLite files"),
    ("sqlite",),
    lambda transactions=50: _latency("sqlite", transactions),
    {"transactions": 200},
)
LATENCY_POSTGRES = Experiment(
    "two_phase_latency_postgres",
    _TIMED.format("PostgreSQL databases"),
    ("postgres",),
    lambda transactions=50: _latency("postgres", transactions),
    {"transactions": 200},
)
