"""How many traitors can be borne, and what it costs: formulas beside what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from distlab.sim import Constant, Network, NodeId, Simulation, Trace, cluster

from .oral_messages import (
    ATTACK,
    RETREAT,
    OralMessages,
    generals,
    interactive_consistency,
    oral_message_count,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["all_lies", "count_broken", "oral_messages_beside_formula", "traitors_tolerated"]

_NETWORK = Network(latency=Constant(0.08))  # less than a round of 0.1 s


def oral_messages_beside_formula(
    cases: Iterable[tuple[int, int]] = ((4, 1), (5, 1), (7, 1), (7, 2), (10, 2)),
) -> pd.DataFrame:
    """Messages of OM(m), counted in a run of loyal generals, beside the formula.

    Parameters
    ----------
    cases
        Pairs (n, m).

    Returns
    -------
    DataFrame
        One row per case: ``n``, ``m``, ``formula``, ``measured``.

    References
    ----------
    Lamport, Shostak and Pease 1982, section 3.

    Examples
    --------
    >>> oral_messages_beside_formula([(4, 1), (7, 2)])[["formula", "measured"]].values.tolist()
    [[9, 9], [156, 156]]
    """
    import pandas as pd

    rows = []
    for n, m in cases:
        trace = Simulation(cluster(OralMessages, n, m=m), _NETWORK).run()
        rows.append({"n": n, "m": m, "formula": oral_message_count(n, m), "measured": len(trace.messages)})
    return pd.DataFrame(rows)


def all_lies(n: int, traitor: NodeId) -> Iterator[dict[tuple[tuple[Any, ...], NodeId], Any]]:
    """Everything that one traitor can say in OM(1) among n generals: "attack", "retreat" or nothing to each.

    Parameters
    ----------
    n
        Generals 1..n; 1 is the commander.
    traitor
        Who lies.

    Examples
    --------
    >>> len(list(all_lies(4, traitor=1))), len(list(all_lies(4, traitor=2)))
    (27, 9)
    """
    path: tuple[Any, ...] = (1,) if traitor == 1 else (1, traitor)
    receivers = [id for id in range(1, n + 1) if id not in path]
    for words in product((ATTACK, RETREAT, None), repeat=len(receivers)):
        yield {(path, to): word for to, word in zip(receivers, words, strict=True)}


def count_broken(n: int, kind: type[OralMessages] = OralMessages) -> pd.DataFrame:
    """Every traitor, every lie and both orders in OM(1) among n generals: how often IC1 or IC2 is broken.

    Parameters
    ----------
    n
        Generals 1..n; 1 is the commander.
    kind
        The class of the loyal ones.

    Returns
    -------
    DataFrame
        One row per traitor: ``traitor``, ``strategies``, ``broken`` (how many), and ``example``, a sentence.

    Examples
    --------
    >>> count_broken(4)[["strategies", "broken"]].sum().tolist()
    [108, 0]
    >>> int(count_broken(3).broken.sum()) > 0
    True
    """
    import pandas as pd

    rows = []
    for traitor in range(1, n + 1):
        said = [
            interactive_consistency(
                _run(generals(n, 1, order=order, traitors={traitor: lies}, kind=kind)), [traitor]
            )
            for lies in all_lies(n, traitor)
            for order in (ATTACK, RETREAT)
        ]
        broken = [sentence for sentence in said if sentence is not None]
        rows.append(
            {
                "traitor": "commander" if traitor == 1 else f"lieutenant {traitor}",
                "strategies": len(said),
                "broken": len(broken),
                "example": broken[0] if broken else "",
            }
        )
    return pd.DataFrame(rows)


def traitors_tolerated(ns: Sequence[int] = (3, 4, 5, 6, 7), runs: int = 60) -> pd.DataFrame:
    """The largest number of traitors with which the loyal of n generals still agree, by OM(m).

    For each n, m grows until some run with m traitors breaks IC1 or IC2. Tried are two-faced traitors, who
    tell one half of the generals "attack" and the other "retreat", and traitors who draw at random what they
    say; with the commander among them, and without.

    Parameters
    ----------
    ns
        Numbers of generals.
    runs
        Runs with random lies, for each n, m and choice of traitors.

    Returns
    -------
    DataFrame
        One row per n: ``n``, ``formula`` (n-1)//3, ``measured``, and ``example``, what breaks with one more.

    References
    ----------
    Lamport, Shostak and Pease 1982, sections 2 and 3.

    Examples
    --------
    >>> traitors_tolerated([3, 4], runs=5)[["formula", "measured"]].values.tolist()
    [[0, 0], [1, 1]]
    """
    import pandas as pd

    rows = []
    for n in ns:
        m, sentence = 0, None
        while sentence is None and m < n - 2:
            m += 1
            sentence = _first_broken(n, m, runs)
        tolerated = m if sentence is None else m - 1
        rows.append({"n": n, "formula": (n - 1) // 3, "measured": tolerated, "example": sentence or ""})
    return pd.DataFrame(rows)


def _first_broken(n: int, m: int, runs: int) -> str | None:
    """What the first run with m traitors says that breaks IC1 or IC2."""
    last = list(range(n - m + 1, n + 1))
    for traitors, order in product(([1, *last[1:]], last), (ATTACK, RETREAT)):
        for lies, seed in [("two-faced", 0), ("opposite", 0), *[("random", run) for run in range(runs)]]:
            nodes = generals(n, m, order=order, traitors=dict.fromkeys(traitors, lies))
            sentence = interactive_consistency(_run(nodes, seed), traitors)
            if sentence is not None:
                return sentence
    return None


def _run(nodes: Mapping[NodeId, OralMessages], seed: int = 0) -> Trace:
    return Simulation(dict(nodes), _NETWORK, seed=seed).run()
