"""Messages of all protocols of this package, counted in a run, beside their formulas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from distlab.sim import Constant, Network, NodeId, Simulation

from .multi_paxos import MultiPaxos
from .oral_messages import generals, oral_message_count
from .paxos import Paxos
from .pbft_runs import pbft_cluster, pbft_message_count

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["messages_beside_formula"]

_NETWORK = Network(latency=Constant(0.01))
_COMMANDS = 10


def messages_beside_formula(ns: Iterable[int] = (4, 7, 10)) -> pd.DataFrame:
    """What one decision costs among n nodes, without faults, and what for: who may fail, and how.

    ============ ======================= =================== ==========================================
    protocol     formula                 bears               one decision is
    ============ ======================= =================== ==========================================
    Paxos        5(n-1)                  (n-1)//2 crashes    a value, known to all
    Multi-Paxos  2(n-1)                  (n-1)//2 crashes    a command of a leader that is there already
    PBFT         2n^2 - n + 1            (n-1)//3 liars      a request, with the client's messages
    OM(f)        (n-1) + (n-1)(n-2) ...  f = (n-1)//3 liars  an order; every message arrives in time
    ============ ======================= =================== ==========================================

    Parameters
    ----------
    ns
        Numbers of nodes; OM(f) is left out above 10, where it has more than 30,000 messages.

    Returns
    -------
    DataFrame
        One row per protocol and n: ``protocol``, ``n``, ``bears``, ``of`` ("crashes" or "liars"),
        ``formula``, ``measured``.

    References
    ----------
    Lamport 2001; Castro and Liskov 1999; Lamport, Shostak and Pease 1982.

    Examples
    --------
    >>> messages_beside_formula([4])[["protocol", "bears", "formula", "measured"]].values.tolist()
    [['Paxos', 1, 15, 15], ['Multi-Paxos', 1, 6, 6], ['PBFT', 1, 29, 29], ['OM(1)', 1, 9, 9]]
    """
    import pandas as pd

    rows: list[tuple[str, int, int, str, int, int]] = []
    for n in ns:
        half, third = (n - 1) // 2, (n - 1) // 3
        rows.append(("Paxos", n, half, "crashes", 5 * (n - 1), _paxos(n)))
        rows.append(("Multi-Paxos", n, half, "crashes", 2 * (n - 1), _multi_paxos(n)))
        rows.append(("PBFT", n, third, "liars", pbft_message_count(n), _pbft(n)))
        if n <= 10:
            rows.append((f"OM({third})", n, third, "liars", oral_message_count(n, third), _oral(n, third)))
    return pd.DataFrame(rows, columns=["protocol", "n", "bears", "of", "formula", "measured"])


def _paxos(n: int) -> int:
    return len(Simulation({id: Paxos(proposes=id == 1) for id in range(1, n + 1)}, _NETWORK).run().messages)


def _multi_paxos(n: int) -> int:
    """Accept and Accepted, per command; heartbeats and the election come besides."""
    commands = [("write", k) for k in range(_COMMANDS)]
    nodes: dict[NodeId, MultiPaxos] = {
        id: MultiPaxos(commands if id == 1 else (), timeout=0.1 if id == 1 else 9.0) for id in range(1, n + 1)
    }
    types = Simulation(nodes, _NETWORK).run(until=2.0).messages.type
    return int(types.isin(["Accept", "Accepted"]).sum()) // _COMMANDS


def _pbft(n: int) -> int:
    return len(Simulation(pbft_cluster(n, 1, [("write", 1)]), _NETWORK).run(until=1.0).messages)


def _oral(n: int, m: int) -> int:
    return len(Simulation(generals(n, m), _NETWORK).run().messages)
