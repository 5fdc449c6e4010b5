"""Judging what learners write: their algorithms, and their own properties.

A skeleton that was not filled in is "not attempted yet", never an error: a value that is still ``...``, a
function whose body is still ``...``, a class whose methods all are. Everything else gets a sentence; if
only some methods of a class are, it says which are empty. Nothing here raises because an answer is wrong.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .bounds import Bounds
from .checking import check
from .property import as_property
from .report import Report
from .schedule import FaultBudget

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Grade", "PropertyScore", "attempted", "check_property", "grade", "grade_value"]


def _skeleton(self: Any) -> Any: ...


def _is_skeleton(function: Any) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and code.co_code == _skeleton.__code__.co_code and not code.co_names


def attempted(answer: Any) -> bool:
    """Has a learner filled in a skeleton, or a part of it?

    >>> attempted(...), attempted(3)
    (False, True)
    """
    if answer is ... or answer is None:
        return False
    if isinstance(answer, types.FunctionType):
        return not _is_skeleton(answer)
    if isinstance(answer, type):
        return len(_empty(answer)) < len(_methods(answer))
    return True


def _methods(answer: type) -> list[types.FunctionType]:
    return [member for member in vars(answer).values() if isinstance(member, types.FunctionType)]


def _empty(answer: Any) -> list[str]:
    """The methods of a class that are still to be filled in."""
    if not isinstance(answer, type):
        return []
    return [method.__name__ for method in _methods(answer) if _is_skeleton(method)]


@dataclass
class Grade:
    """What a learner is told: "not attempted yet", "right", or what is wrong; ``report`` has the
    counterexample.
    """

    status: str
    sentence: str
    report: Report | None = None

    @property
    def right(self) -> bool:
        """Was the answer right?"""
        return self.status == "right"

    def __repr__(self) -> str:
        return f"{self.status}: {self.sentence}" if self.sentence else self.status

    def _ipython_display_(self) -> None:
        print(repr(self))
        if self.report is not None and self.status == "wrong":
            self.report._ipython_display_()


def grade(
    algorithm: Any,
    property: Any,
    *,
    runs: int = 200,
    praise: str = "",
    around: Callable[[int, Any], Any] | None = None,
    **options: Any,
) -> Grade:
    """Judge a learner's algorithm; deterministic; never raises for a wrong answer.

    Parameters
    ----------
    algorithm
        A node class, perhaps still a skeleton.
    property
        What it must satisfy.
    runs, options
        As for :func:`distlab.check.check`.
    praise
        What to say if it is right, besides the bound of the search.
    around
        A function of n and the algorithm that makes the nodes of a run, if the algorithm is only a part of
        what runs, such as one server and its clients.

    Returns
    -------
    Grade
        Prints as one sentence; shows the counterexample in a notebook.

    Examples
    --------
    >>> from distlab.check import LeaderElection
    >>> from distlab.sim import Node
    >>> class Mine(Node):
    ...     def on_start(self): ...
    >>> grade(Mine, LeaderElection())
    not attempted yet
    """
    if not attempted(algorithm):
        return Grade("not attempted yet", "")
    empty = _empty(algorithm)
    unfinished = f"{' and '.join(empty)} {'is' if len(empty) == 1 else 'are'} still empty; " if empty else ""
    try:
        whole = algorithm if around is None else lambda n: around(n, algorithm)
        report = check(whole, property, runs=runs, **{"progress": False, **options})
    except TypeError as error:
        return Grade("wrong", f"{unfinished}{error}")
    if report.verdict == "passed":
        return Grade("right", praise or "; ".join(str(search) for search in report.searches), report)
    if report.verdict == "inconclusive":
        return Grade("wrong", f"{unfinished}nothing could be judged: {report.sentence}.", report)
    found = report if report.counterexample is not None else None
    return Grade("wrong", f"{unfinished}{report.sentence}", found)


def grade_value(answer: Any, right: float, tolerance: float = 0.0, hint: str = "", unit: str = "") -> Grade:
    """Judge a number that a learner predicted.

    >>> grade_value(..., 19)
    not attempted yet
    >>> grade_value(20, 19, hint="count the messages to the dead node too")
    wrong: 20 is not it: count the messages to the dead node too.
    >>> grade_value(20, 19, hint="who else is asked?")
    wrong: 20 is not it: who else is asked?
    >>> grade_value(19, 19, unit="messages")
    right: 19 messages.
    """
    if not attempted(answer):
        return Grade("not attempted yet", "")
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return Grade("wrong", f"{answer!r} is not a number.")
    if abs(answer - right) <= tolerance:
        shown = f"{right:g} {unit}".strip()
        return Grade("right", f"{shown}.")
    end = "" if hint.endswith("?") else "."
    return Grade("wrong", f"{answer:g} is not it{': ' + hint if hint else ''}{end}")


@dataclass
class PropertyScore:
    """How well a property tells wrong algorithms from right ones.

    Attributes
    ----------
    table : DataFrame
        One row per algorithm: algorithm, what is switched off, verdict, the property's sentence.
    killed, mutants : int
        How many of the wrong algorithms it caught, of how many.
    false_alarms : list of str
        Right algorithms that it called wrong.
    """

    name: str
    table: pd.DataFrame
    killed: int
    mutants: int
    false_alarms: list[str]

    @property
    def sentence(self) -> str:
        """The score in words."""
        if self.false_alarms:
            return (
                f"{self.name} calls the correct {self.false_alarms[0]} wrong, so what else it says means "
                "nothing."
            )
        if not self.killed:
            return f"{self.name} catches none of {self.mutants} wrong algorithms: it never says no."
        return (
            f"{self.name} catches {self.killed} of {self.mutants} wrong algorithms and raises no false alarm."
        )

    def __repr__(self) -> str:
        return f"{self.sentence}\n{self.table.to_string(index=False)}"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        print(self.sentence)
        display(self.table)


def check_property(
    property: Any,
    mutants: Sequence[Any] | None = None,
    *,
    runs: int = 30,
    states: int = 6_000,
    breaks: str | None = None,
    seed: int = 0,
) -> PropertyScore | Grade:
    """Judge a learner's own property by the wrong algorithms that it catches.

    Parameters
    ----------
    property
        A :class:`Property`, or a function of ``nodes`` or of ``trace``; perhaps still a skeleton.
    mutants
        Algorithms with one safeguard switched off; default: all mutants of the election algorithms.
    runs, states
        How much to search per algorithm.
    breaks
        Only mutants that break this, such as "one leader per term".

    Returns
    -------
    PropertyScore or Grade
        The score; or a grade that says "not attempted yet" or why the property cannot be used. A mutant
        that broke by an exception of its own counts neither as caught nor as missed.

    Examples
    --------
    >>> def never(nodes): ...
    >>> check_property(never)
    not attempted yet
    """
    if not attempted(property):
        return Grade("not attempted yet", "")
    try:
        judged = as_property(property)
    except TypeError as error:
        return Grade("wrong", str(error))
    chosen = list(_catalogue() if mutants is None else mutants)
    if breaks is not None:
        known = list(dict.fromkeys(mutant.breaks for mutant in chosen))
        chosen = [mutant for mutant in chosen if mutant.breaks == breaks]
        if not chosen:
            raise ValueError(f"no mutant breaks {breaks!r}; there are: {', '.join(map(repr, known))}.")
    rows: list[dict[str, str]] = []
    false_alarms: list[str] = []
    sound: dict[Any, Report] = {}
    for mutant in chosen:
        key = (mutant.base, mutant.nodes, repr(mutant.arguments))
        if key not in sound:
            sound[key] = _try(mutant.build_sound, judged, mutant.nodes, runs, states, seed)
            if _cannot_judge(sound[key]):
                return Grade("wrong", f"{sound[key].sentence}.")
            verdict = "passed" if sound[key].verdict != "failed" else "FALSE ALARM"
            rows.append(_row(mutant.base.__name__, "nothing", verdict, sound[key]))
            if verdict != "passed":
                false_alarms.append(mutant.base.__name__)
    verdicts: list[str] = []
    for mutant in chosen:
        report = _try(mutant.build, judged, mutant.nodes, runs, states, seed)
        verdicts.append(_of_mutant(report))
        rows.append(_row(mutant.base.__name__, mutant.safeguard, verdicts[-1], report))
    import pandas as pd

    killed = verdicts.count("caught")
    return PropertyScore(
        judged.name, pd.DataFrame(rows), killed, killed + verdicts.count("missed"), false_alarms
    )


def _catalogue() -> Sequence[Any]:
    from distlab.coordination.election import MUTANTS

    return MUTANTS


def _try(build: Callable[[int], Any], judged: Any, nodes: int, runs: int, states: int, seed: int) -> Report:
    bounds = Bounds(nodes=nodes, crashes=1, duplicates=1, timeouts=3, states=states)
    budget = FaultBudget()
    return check(
        build, judged, nodes=nodes, runs=runs, faults=budget, bounds=bounds, seed=seed, progress=False
    )


def _of_mutant(report: Report) -> str:
    """A mutant whose code raises an exception is not caught by the property: any property would find it."""
    found = report.counterexample
    if found is not None and found.kind != "property":
        return "broke"
    return "caught" if report.verdict == "failed" else "missed"


def _cannot_judge(report: Report) -> bool:
    """Is it the property, not the algorithm, that is wrong?"""
    return report.verdict == "inconclusive" and report.sentence.startswith("the property ")


def _row(algorithm: str, switched_off: str, verdict: str, report: Report) -> dict[str, str]:
    said = report.sentence if report.verdict == "failed" else ""
    return {
        "algorithm": algorithm,
        "switched off": switched_off,
        "verdict": verdict,
        "what the property said": said,
    }
