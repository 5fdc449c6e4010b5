"""Schedules that show what Paxos does: the late proposal, the duel, the adversary.

========================= ===================================================================================
late_lower_proposal       an acceptor accepts a proposal after a later one was chosen; it is never chosen
duel                      two proposers, and how long each waits after it had to give way
adversary                 somebody decides which message is late: no decision, for as long as he likes
undecided_runs            the share of the duels without a decision, by back-off
========================= ===================================================================================

Messages take 10 ms, all of them, except where a schedule says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from distlab.sim import (
    Call,
    Constant,
    Cut,
    Distribution,
    Network,
    Simulation,
    SlowLink,
    Trace,
    Uniform,
    stream,
)

from .by_hand import ByHand
from .paxos import Accept, Ballot, Paxos, Prepare, Promise, Reject

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LATENCY", "adversary", "chosen", "duel", "late_lower_proposal", "undecided_runs"]

LATENCY = 0.01  # seconds

_NETWORK = Network(latency=Constant(LATENCY))


def chosen(trace: Trace, n: int | None = None) -> list[tuple[Ballot, Any]]:
    """The proposals that a majority of the acceptors has accepted in some run, in the order of choice.

    Parameters
    ----------
    trace
        A run of :class:`~distlab.coordination.consensus.paxos.Paxos`.
    n
        Number of acceptors; None: all nodes.

    Returns
    -------
    list of (ballot, value)
        All of them have the same value, if the algorithm is right.

    References
    ----------
    Lamport 2001, section 2.2.

    Examples
    --------
    >>> chosen(late_lower_proposal())
    [((1, 5), 'new')]
    """
    size = len(trace.nodes) if n is None else n
    accepted: dict[tuple[Any, ...], set[Any]] = {}
    found: list[Any] = []
    records = trace.records
    if "ballot" not in records:
        return found
    accepts = records[records.event == "accept"]
    for node, *proposal in zip(
        *[accepts[each].tolist() for each in ("node", "ballot", "value")], strict=True
    ):
        by = accepted.setdefault(tuple(proposal), set())
        by.add(node)
        if 2 * len(by) > size and tuple(proposal) not in found:
            found.append(tuple(proposal))
    return found


def late_lower_proposal(algorithm: type[Paxos] = Paxos) -> Trace:
    """Node 1 proposes "old" with ballot (1, 1); node 5 proposes "new" with ballot (1, 5), and it is chosen.

    Node 5 reaches nodes 3 and 4 only, and node 1's Accept messages take 110 ms instead of 10. When they
    arrive, "new" has been chosen by 3, 4 and 5. Node 2 has promised nothing to node 5, so it accepts "old";
    node 3 does not. In the end all five decide "new".

    Parameters
    ----------
    algorithm
        The class of the nodes.

    Returns
    -------
    Trace
        One second.

    References
    ----------
    Lamport 2001, section 2.2: an acceptor may accept a proposal that will never be chosen.

    Examples
    --------
    >>> records = late_lower_proposal().records
    >>> records.query("event == 'accept' and node == 2")[["time", "value"]].values.tolist()
    [[0.13, 'old']]
    >>> set(records.query("event == 'decide'").value)
    {'new'}
    """
    nodes = {id: algorithm(proposes=False) for id in range(1, 6)}
    slow = SlowLink(1, None, at=0.015, until=0.05, extra=0.1)
    cuts = [Cut(*link, at=0.0, until=0.15) for link in ((1, 4), (1, 5), (5, 1), (5, 2))]
    calls = [Call(1, 0.0, "propose", ("old",)), Call(5, 0.03, "propose", ("new",))]
    return Simulation(nodes, _NETWORK, [slow, *cuts], workload=calls).run(until=1.0)


def duel(
    back_off: Distribution | float, seed: int = 0, gap: float = 0.015, until: float = 2.0, n: int = 3
) -> Trace:
    """Nodes 1 and 2 of ``n`` propose, the second ``gap`` seconds after the first; both have this back-off.

    A proposer that sees a later ballot gives way, and begins a still later one after its back-off. If the
    back-off is less than a message delay (10 ms) and the same for both, each overtakes the other before
    anything is accepted, for ever.

    Parameters
    ----------
    back_off
        Seconds, or a distribution of seconds.
    seed
        Whole number; the draws depend on it.
    gap
        Seconds between the first two ballots.
    until
        Seconds until the run is stopped.
    n
        Number of nodes.

    Returns
    -------
    Trace
        The run.

    Examples
    --------
    >>> [trace.records.event.tolist().count("decide") for trace in (duel(0.005), duel(0.02))]
    [0, 3]
    """
    nodes = {id: Paxos(proposes=False, back_off=back_off) for id in range(1, n + 1)}
    calls = [Call(1, 0.0, "propose", ("a",)), Call(2, gap, "propose", ("b",))]
    return Simulation(nodes, _NETWORK, workload=calls, seed=seed).run(until=until)


def adversary(ballots: int) -> ByHand:
    """Somebody who sees everything decides which message is late; every message arrives in the end.

    He lets each proposer get its promises, and then the other one, before he lets the first one's Accept
    arrive. He can do so for as long as he likes, whatever the back-offs are: in an asynchronous network a
    timer may fire at any time.

    Parameters
    ----------
    ballots
        How many ballots to let pass.

    Returns
    -------
    ByHand
        The run: nobody has decided, and nothing is under way but the last ballot's two Accept messages.

    References
    ----------
    Fischer, Lynch and Paterson, "Impossibility of distributed consensus with one faulty process", Journal of
    the ACM 32(2), 1985.

    Examples
    --------
    >>> run = adversary(1000)
    >>> [run.node(id).role for id in (1, 2, 3)], run.node(3).promised, len(run.waiting)
    (['waiting', 'proposing', 'waiting'], (1000, 2), 2)
    """
    if ballots < 1:
        raise ValueError(f"ballots must be 1 or more; got {ballots!r}.")
    run = ByHand({id: Paxos(proposes=False) for id in (1, 2, 3)})
    for ballot in range(ballots):
        me, rival = (2, 1) if ballot % 2 else (1, 2)
        if ballot < 2:
            run.call(me, "propose", "ab"[ballot])
        else:
            run.fire(me, "propose")
        for acceptor in (3, rival):
            run.deliver(Prepare, me, acceptor)
            run.deliver(Promise, acceptor, me)
        if ballot:  # now the rival's Accept may arrive: it is too late
            for acceptor in (3, me):
                run.deliver(Accept, rival, acceptor)
                run.deliver(Reject, acceptor, rival)
    return run


def undecided_runs(
    back_offs: Sequence[float] = (0.002, 0.005, 0.006, 0.008, 0.012, 0.02),
    runs: int = 100,
    until: float = 2.0,
) -> pd.DataFrame:
    """The share of the duels that end without a decision, by back-off: the same for both, or drawn at random.

    Messages take 10 ms. A back-off of that or more leaves the rival in peace for long enough; a random one
    does now and then, if its largest draw does. Against :func:`adversary` none helps.

    Parameters
    ----------
    back_offs
        Mean back-offs in seconds. "equal" is that number; "random" is uniform between 0 and twice that.
    runs
        Runs per point; the gap between the first two ballots differs from run to run, 1 to 19 ms.
    until
        Seconds after which a run counts as undecided.

    Returns
    -------
    DataFrame
        One row per back-off: ``back_off`` (seconds), ``equal`` and ``random`` (shares), and the mean seconds
        until the first decision of the runs that decided with random back-offs, ``seconds``.

    References
    ----------
    Lamport 2001, section 2.4, for the duel; Fischer, Lynch and Paterson 1985.

    Examples
    --------
    >>> undecided_runs([0.002, 0.008, 0.02], runs=5)[["equal", "random"]].values.tolist()
    [[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]
    """
    import pandas as pd

    rows = []
    for mean in back_offs:
        first: dict[str, list[float | None]] = {"equal": [], "random": []}
        for run in range(runs):
            gap = stream(run, "gap").uniform(0.001, 0.019)
            for kind, back_off in (("equal", mean), ("random", Uniform(0.0, 2 * mean))):
                first[kind].append(_first_decision(duel(back_off, run, gap, until)))
        decided = [time for time in first["random"] if time is not None]
        rows.append(
            {
                "back_off": mean,
                "equal": first["equal"].count(None) / runs,
                "random": first["random"].count(None) / runs,
                "seconds": sum(decided) / len(decided) if decided else float("nan"),
            }
        )
    return pd.DataFrame(rows)


def _first_decision(trace: Trace) -> float | None:
    records = trace.records
    times = records[records.event == "decide"].time
    return None if times.empty else float(times.iloc[0])
