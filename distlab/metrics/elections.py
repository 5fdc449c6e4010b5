"""Terms: who stood for election in each, who won, and which ended in a split vote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .leadership import LEADER_ROLES, fact_values

if TYPE_CHECKING:
    from distlab.sim import Trace

__all__ = ["elections", "split_votes"]


def elections(
    trace: Trace,
    fact: str = "term",
    *,
    candidate: str = "candidate",
    roles: Sequence[str] = LEADER_ROLES,
) -> pd.DataFrame:
    """One row per term in which somebody stood for election or led.

    Parameters
    ----------
    trace
        Any trace whose nodes say their term: ``become("candidate", term=3)``.
    fact
        The name of that fact.
    candidate
        The role of those who stand.
    roles
        The roles that count as leading.

    Returns
    -------
    pandas.DataFrame
        The fact, in rising order; began: when the first candidate stood, in seconds; candidates and leaders:
        tuples of ids in the order in which they stood and won; decided: when the first leader won, NaN if
        there was none; over: whether a higher term began.

    Raises
    ------
    ValueError
        If candidates or leaders do not say the fact.

    References
    ----------
    D. Ongaro and J. Ousterhout, "In search of an understandable consensus algorithm", USENIX ATC 2014,
    section 5.2.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Sole(Node):
    ...     def on_start(self):
    ...         self.become("candidate", term=1)
    ...         self.after(0.5, self.win)
    ...     def win(self):
    ...         self.become("leader", term=1)
    >>> elections(Simulation(cluster(Sole, 1)).run())
       term  began candidates leaders  decided   over
    0     1    0.0       (1,)    (1,)      0.5  False
    """
    leading = (roles,) if isinstance(roles, str) else tuple(roles)
    table = trace.roles
    table = table[table["role"].isin((candidate, *leading))]
    if len(table) and (fact not in table.columns[4:] or table[fact].isna().any()):
        said = [name for name in table.columns[4:] if table[name].notna().all()]
        raise ValueError(
            f"elections needs the fact {fact!r} with each role of {(candidate, *leading)!r}; "
            f"the facts they all have are: {', '.join(map(repr, said)) or 'none'}."
        )
    began: dict[Any, float] = {}
    decided: dict[Any, float] = {}
    candidates: dict[Any, dict[Any, None]] = {}
    leaders: dict[Any, dict[Any, None]] = {}
    terms = fact_values(table[fact]) if len(table) else []
    for term, node, role, start in zip(terms, table["node"], table["role"], table["start"], strict=True):
        began.setdefault(term, float(start))
        stands, leads = candidates.setdefault(term, {}), leaders.setdefault(term, {})
        if role == candidate:
            stands[node] = None
        else:
            leads[node] = None
            decided.setdefault(term, float(start))
    ordered = sorted(began)
    return pd.DataFrame(
        {
            fact: pd.Series(ordered, dtype=None if ordered else object).infer_objects(),
            "began": np.array([began[term] for term in ordered], dtype=np.float64),
            "candidates": pd.Series([tuple(candidates[term]) for term in ordered], dtype=object),
            "leaders": pd.Series([tuple(leaders[term]) for term in ordered], dtype=object),
            "decided": np.array([decided.get(term, np.nan) for term in ordered], dtype=np.float64),
            "over": np.array([term != ordered[-1] for term in ordered], dtype=bool),
        }
    )


def split_votes(
    trace: Trace,
    fact: str = "term",
    *,
    candidate: str = "candidate",
    roles: Sequence[str] = LEADER_ROLES,
) -> int:
    """The number of terms in which two or more stood and nobody won before a higher term began.

    A term that is undecided when the run ends is not counted. See :func:`elections` for the parameters.

    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Stubborn(Node):
    ...     def on_start(self):
    ...         self.term = 0
    ...         self.every(1.0, self.stand)
    ...     def stand(self):
    ...         self.term += 1
    ...         self.become("candidate", term=self.term)
    >>> split_votes(Simulation(cluster(Stubborn, 2)).run(until=3.5))
    2
    """
    table = elections(trace, fact, candidate=candidate, roles=roles)
    stood = table["candidates"].map(len)
    won = table["leaders"].map(len)
    return int(((stood >= 2) & (won == 0) & table["over"]).sum())
