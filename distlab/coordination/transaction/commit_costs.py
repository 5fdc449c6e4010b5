"""What one transaction costs under each atomic commit protocol: closed forms, and the same measured.

Convention: every message between the coordinator and a participant counts, requests, votes, decisions and
acknowledgements; a forced write is one that its writer waits for. The coordinator takes no part itself. All
N participants change something and vote yes ("commit"), or one of them votes no ("abort"), or all only read
("read"). From Mohan, Lindsay and Obermarck 1986, and for three phases from Skeen 1981.
"""

from __future__ import annotations

from typing import NamedTuple

from distlab.sim import Call, Simulation, Trace

from .commit_measures import commit_latencies, lock_times, log_writes
from .presumed_abort import PresumedAbort
from .presumed_commit import PresumedCommit
from .three_phase import ThreePhaseCommit
from .two_phase import TwoPhaseCommit

__all__ = [
    "CASES",
    "PROTOCOLS",
    "Cost",
    "closed_form",
    "formula",
    "latency_and_lock_time",
    "measured_cost",
    "one_transaction",
]

CASES = ("commit", "abort", "read")
PROTOCOLS: dict[str, type[TwoPhaseCommit | ThreePhaseCommit]] = {
    "2PC, presumed nothing": TwoPhaseCommit,
    "2PC, presumed abort": PresumedAbort,
    "2PC, presumed commit": PresumedCommit,
    "3PC": ThreePhaseCommit,
}


class Cost(NamedTuple):
    """The cost of one transaction.

    Attributes
    ----------
    messages : int
    forced_writes, lazy_writes : int
    """

    messages: int
    forced_writes: int
    lazy_writes: int


def closed_form(protocol: str, case: str, n: int) -> Cost:
    """The cost of one transaction with ``n`` participants, by formula.

    Parameters
    ----------
    protocol
        A key of ``PROTOCOLS``.
    case
        "commit", "abort" (one of the participants votes no) or "read".
    n
        How many participants.

    Raises
    ------
    ValueError
        If protocol or case is unknown.

    Examples
    --------
    >>> closed_form("2PC, presumed nothing", "commit", 3)
    Cost(messages=12, forced_writes=7, lazy_writes=1)
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}; got {protocol!r}.")
    if case not in CASES:
        raise ValueError(f"case must be one of {', '.join(CASES)}; got {case!r}.")
    y = n - 1  # who votes yes if one votes no
    none = ("2PC, presumed nothing", "3PC")
    if case == "read" and protocol in none:  # they do not know that it only reads
        case = "commit"
    return {
        ("2PC, presumed nothing", "commit"): Cost(4 * n, 2 * n + 1, 1),
        ("2PC, presumed nothing", "abort"): Cost(2 * n + 2 * y, n + y + 1, 1 if y else 0),
        ("2PC, presumed abort", "commit"): Cost(4 * n, 2 * n + 1, 1),
        ("2PC, presumed abort", "abort"): Cost(2 * n + y, y, n + 1),
        ("2PC, presumed abort", "read"): Cost(2 * n, 0, 0),
        ("2PC, presumed commit", "commit"): Cost(3 * n, n + 2, n),
        ("2PC, presumed commit", "abort"): Cost(2 * n + 2 * y, 1 + n + y, 2 if y else 1),
        ("2PC, presumed commit", "read"): Cost(2 * n, 1, 1),
        ("3PC", "commit"): Cost(6 * n, 3 * n + 2, 1),
        ("3PC", "abort"): Cost(2 * n + y, n + y + 1, 0),
    }[protocol, case]


def formula(protocol: str, case: str) -> str:
    """Messages + forced writes as formulas in the number N of participants, of which there are two or more.

    Examples
    --------
    >>> formula("2PC, presumed nothing", "commit"), formula("2PC, presumed abort", "abort")
    ('4N + (2N+1)', '(3N-1) + (N-1)')
    """
    two, three = closed_form(protocol, case, 2), closed_form(protocol, case, 3)
    parts = []
    for at_two, at_three in zip(two[:2], three[:2], strict=True):
        slope = at_three - at_two
        constant = at_two - 2 * slope
        linear = {0: "", 1: "N"}.get(slope, f"{slope}N")
        parts.append(f"({linear}{constant:+d})" if linear and constant else linear or str(constant))
    return " + ".join(parts)


def one_transaction(kind: type[TwoPhaseCommit | ThreePhaseCommit], case: str, n: int) -> Trace:
    """The run of one transaction among ``n`` participants without faults.

    The participants vote at the same time, so that the no of the last one stops nobody else from voting yes.

    Examples
    --------
    >>> len(one_transaction(PresumedCommit, "commit", 5).messages)
    15
    """
    sites = [kind({"A": 100.0}, transactions=0) for _ in range(n + 1)]
    amount = {"commit": 1, "abort": 1, "read": 0}[case]
    wanted = {site: {"A": amount} for site in range(2, n + 2)}
    if case == "abort":
        wanted[n + 1] = {"A": -1000}
    return Simulation(sites, workload=[Call(1, 0.0, "begin", ("T", wanted))]).run(until=2.0)


def measured_cost(kind: type[TwoPhaseCommit | ThreePhaseCommit], case: str, n: int) -> Cost:
    """The cost of one transaction, counted in a run.

    Examples
    --------
    >>> measured_cost(PresumedCommit, "commit", 5) == closed_form("2PC, presumed commit", "commit", 5)
    True
    """
    trace = one_transaction(kind, case, n)
    writes = log_writes(trace)
    return Cost(len(trace.messages), writes.forced, writes.coordinator_lazy + writes.participants_lazy)


def latency_and_lock_time(kind: type[TwoPhaseCommit | ThreePhaseCommit], n: int) -> tuple[float, float]:
    """Seconds to the last commit, and seconds that the longest lock was held, without faults.

    Messages take 10 ms, forced writes 5 ms.

    Examples
    --------
    >>> latency_and_lock_time(TwoPhaseCommit, 3), latency_and_lock_time(ThreePhaseCommit, 3)
    ((0.045, 0.035), (0.075, 0.065))
    """
    trace = one_transaction(kind, "commit", n)
    return round(max(commit_latencies(trace)), 6), round(max(lock_times(trace)), 6)
