"""``check``: is an algorithm right? Three searches, one report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from distlab.sim import ContractError, Network

from .bounds import Bounds, Plan, asked_for, by_default
from .property import Property, PropertyBroke, Violation, as_property, guarded
from .random_runs import DEFAULT, random_runs
from .report import Report, Search
from .rules import Shared, broken_rule
from .schedule import FaultBudget
from .subject import Subject
from .untimed_search import untimed_search
from .watchdog import watchdog
from .watched import Unusable

__all__ = ["check"]


def check(
    algorithm: Any,
    property: Any,
    nodes: int = 5,
    runs: int = 500,
    *,
    faults: FaultBudget | Sequence[Any] | None = None,
    bounds: Bounds | str | None = "auto",
    walks: int = 0,
    network: Network | None = None,
    workload: Iterable[Any] = (),
    seed: int = 0,
    arguments: Mapping[str, Any] | None = None,
    within: float | None = None,
    progress: bool = True,
) -> Report:
    """Search for a run in which an algorithm violates a property; shrink it; explain it.

    Parameters
    ----------
    algorithm
        A node class, or a function number of nodes -> {id: node}.
    property
        A :class:`Property`, or a function of ``nodes`` (asked after every event) or of ``trace`` (asked at
        the end).
    nodes
        How many nodes in the random runs.
    runs
        How many random runs under generated fault schedules; 0 for none.
    faults
        What may go wrong in a random run: a :class:`FaultBudget`, or a fixed list of faults; None: the
        default budget.
    bounds
        The bounds of the exhaustive search; None: no such search; "auto": small bounds (3 nodes, 40,000
        states) if the property is one that must hold at every speed, such as one leader per term.
    walks
        If more than 0, also so many guided deep walks (within ``bounds``, or the default ones).
    network, workload
        For the random runs; the default network delivers in 5 to 15 ms.
    seed
        Run i uses the seed ``seed + i``. Same arguments, same report.
    arguments
        Keyword arguments for each node.
    within
        Seconds after the last fault by which the property's promise for the end must hold; None: as the
        property says.
    progress
        Show a bar if the search takes long.

    Returns
    -------
    Report
        With the verdict "passed", "failed" or "inconclusive"; it prints as text and draws itself in a
        notebook.

    Raises
    ------
    TypeError
        If the algorithm or the property is not one.

    Examples
    --------
    >>> from distlab.check import LeaderElection, check
    >>> from distlab.coordination.election import Bully
    >>> check(Bully, LeaderElection(), nodes=3, runs=20, progress=False).verdict
    'passed'
    """
    subject = Subject(algorithm, arguments)
    judged = guarded(as_property(property))
    if not isinstance(runs, int) or runs < 0:
        raise ValueError(f"runs must be a whole number of 0 or more; got {runs!r}.")
    if not isinstance(nodes, int) or nodes < 1:
        raise ValueError(f"nodes must be a whole number of 1 or more; got {nodes!r}.")
    if not isinstance(walks, int) or walks < 0:
        raise ValueError(f"walks must be a whole number of 0 or more; got {walks!r}.")
    asked = asked_for(bounds, nodes, walks)
    n = nodes if runs or not asked else asked[0][1].nodes
    with watchdog():
        try:
            name = subject.name(n)
        except Unusable as error:
            name = getattr(algorithm, "__name__", "the algorithm")
            return Report(name, judged.name, [], violation=Violation(str(error), kind="error"))
        calls = tuple(workload)
        broken = None
        done: list[Search] = []
        try:
            broken = broken_rule(subject, judged, n, network or DEFAULT, calls, seed)
            if broken is None:
                shared = Shared(subject.classes(n))
                try:
                    report = _searched(
                        subject, judged, name, nodes, runs, faults, asked, bounds == "auto", network, calls,
                        seed, within, progress, done,
                    )  # fmt: skip
                    changed = shared.change()
                    if changed is None:
                        return report
                    broken = Violation(changed, kind="contract")
                finally:
                    shared.put_back()
        except PropertyBroke as error:
            return Report(name, judged.name, done, inconclusive=str(error))
        except (ContractError, Unusable) as error:
            broken = Violation(str(error), kind="contract")
        return Report(name, judged.name, [], violation=broken)


def _searched(
    subject: Subject,
    property: Property,
    name: str,
    nodes: int,
    runs: int,
    faults: FaultBudget | Sequence[Any] | None,
    asked: Plan,
    more: bool,
    network: Network | None,
    workload: tuple[Any, ...],
    seed: int,
    within: float | None,
    progress: bool,
    done: list[Search],
) -> Report:
    """All searches, until one finds something; each is added to ``done``. ``more``: also those that belong to
    the property.
    """
    memory: Any = property.begin(tuple(subject.nodes(nodes)))
    if runs:
        found, search, memory = random_runs(
            subject, property, nodes, runs, faults, network, workload, seed, within, progress
        )
        done.append(search)
        if found is not None:
            return Report(name, property.name, done, found)
    plan = [(True, *each) for each in asked]
    if more:
        plan += [(False, *each) for each in by_default(property, memory, nodes, network)]
    for wanted, kind, limits, walks in plan:
        found, search, tampered = untimed_search(
            subject, property, limits, kind, walks, network, workload, seed, wanted, progress
        )
        if wanted or tampered or found or not search.inconclusive:  # the rest says nothing
            done.append(search)
        if tampered is not None:
            return Report(name, property.name, done, violation=Violation(tampered, kind="contract"))
        if found is not None:
            return Report(name, property.name, done, found)
    return Report(name, property.name, done, inconclusive=_vacuous(done))


def _vacuous(searches: list[Search]) -> str:
    """Why passing means nothing: a search that was asked for tested nothing, or none did."""
    empty = [search for search in searches if search.inconclusive]
    asked = [search for search in empty if search.asked]
    if asked or len(empty) == len(searches):
        return (asked or empty or [Search("none", "", inconclusive="nothing was searched")])[0].inconclusive
    return ""
