"""Figures of papers and textbooks, their tolerance, and the comparison with a measurement."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING, Any

from distlab.course.claims import spell
from distlab.course.errors import unknown
from distlab.course.facts import names, read
from distlab.course.lectures import lecture_number

if TYPE_CHECKING:
    from distlab.course.frames import FactTable

__all__ = ["PublishedFigure", "Tolerance", "compare", "published", "published_figures"]


@dataclass(frozen=True)
class Tolerance:
    """How far a measurement may be from a published value.

    kind is one of: exact (nothing), rounded (limit decimal places), relative (limit as a share of the
    value), absolute (limit in the value's unit), sigma (limit standard errors), at_most and at_least (the
    value is a bound), stated (a text that no number judges).

    >>> Tolerance("relative", 0.10).holds(published=287, measured=301)
    True
    """

    kind: str
    limit: float = 0.0

    def holds(self, published: object, measured: object, standard_error: float | None = None) -> bool | None:
        """Whether the measurement is within the tolerance; None, if that cannot be judged.

        Parameters: published and measured, two values of one unit; standard_error, of the measurement, in
        the same unit, needed for the kind sigma.
        """
        if self.kind == "stated":
            return None
        if not (_is_number(published) and _is_number(measured)):
            return bool(published == measured)
        value, found = float(published), float(measured)  # type: ignore[arg-type]
        if self.kind == "at_most":
            return found <= value
        if self.kind == "at_least":
            return found >= value
        if self.kind == "sigma" and standard_error is None:
            return None
        room = {
            "exact": 1e-12 * max(1.0, abs(value)),
            "rounded": 0.5 * 10.0**-self.limit * (1 + 1e-9),
            "relative": self.limit * abs(value),
            "absolute": self.limit,
            "sigma": self.limit * (standard_error or 0.0),
        }[self.kind]
        return abs(found - value) <= room


@dataclass(frozen=True)
class PublishedFigure:
    """A number, table or curve that others have published, for a run to reproduce.

    >>> published("LE-3").values["messages, n=5"]["i=1"]
    19
    """

    id: str
    lecture: str
    what: str
    values: dict[str, Any]
    """Numbers, texts or truth values, at most one level of groups deep."""
    formula: str
    """The closed form, where there is one; empty otherwise."""
    setup: str
    tolerance: str
    """The tolerance in words."""
    convention: str
    """What is counted and what is not."""
    citation: str
    within: dict[str, Tolerance] = field(repr=False, default_factory=dict)
    """Tolerances by quantity, as "group" or "group/key"; "*" is for all others."""

    def flat(self) -> dict[str, Any]:
        """Return the values by quantity, "group/key" or "group".

        >>> published("RAFT-4").flat()["mean_ms/0 failed"]
        430.0
        """
        return dict(_flatten(self.values))

    def judged_by(self, quantity: str) -> Tolerance:
        """Return the tolerance of one quantity: its own, its group's, or that of all."""
        for name in (quantity, quantity.split("/")[0], "*"):
            if name in self.within:
                return self.within[name]
        return Tolerance("stated")


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)


def _flatten(values: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    for group, value in values.items():
        if isinstance(value, Mapping):
            for key, inner in value.items():
                yield f"{group}/{key}", inner
        else:
            yield str(group), value


def _figure(facts: Mapping[str, Any], number: str) -> PublishedFigure:
    return PublishedFigure(
        id=facts["id"],
        lecture=number,
        what=facts["what"],
        values=deepcopy(facts["values"]),
        formula=facts.get("formula", ""),
        setup=facts["setup"],
        tolerance=facts["tolerance"],
        convention=facts["convention"],
        citation=facts["citation"],
        within={quantity: Tolerance(**limit) for quantity, limit in facts["within"].items()},
    )


def _figures() -> dict[str, PublishedFigure]:
    return {
        facts["id"]: _figure(facts, number)
        for number in names("published")
        for facts in read(f"published/{number}")["figure"]
    }


def published(figure_id: str) -> PublishedFigure:
    """Return one published figure.

    Parameters: figure_id, such as "RAFT-1/3".
    Raises UnknownName, if there is no such figure.

    >>> published("RAFT-7").values["split_vote_share"]["3 servers, 1 failed"]
    0.19
    """
    figures = _figures()
    if figure_id not in figures:
        raise unknown("The course", "published figure", figure_id, figures)
    return figures[figure_id]


def published_figures(lecture: int | str | None = None) -> "FactTable":
    """Return the list of published figures: all of them, or those of one lecture.

    Parameters: lecture, its number; None for all.
    Raises UnknownName, if there is no such lecture.

    >>> list(published_figures(8).index)
    ['DT-1', 'DT-2', 'DT-3', 'DT-4', 'DT-6', 'DT-7']
    """
    from distlab.course.frames import fact_table

    wanted = None if lecture is None else lecture_number(lecture)
    figures = [one for one in _figures().values() if wanted in (None, one.lecture)]
    rows = [[one.lecture, one.what, one.setup, one.tolerance, one.citation] for one in figures]
    columns = ["lecture", "what", "set-up", "tolerance", "source"]
    return fact_table(rows, columns, index=[one.id for one in figures])


def compare(
    figure_id: str,
    measured: Mapping[Any, Any],
    *,
    standard_errors: Mapping[Any, Any] | None = None,
) -> "FactTable":
    """Return published and measured values side by side, with the deviation and whether it is tolerated.

    Parameters: figure_id, such as "RAFT-1/3"; measured, the values that were measured, in the shape of the
    figure's values, whole or in part ({"medians_ms": {"150-155": 291.0}}, or {"medians_ms/150-155": 291.0});
    standard_errors, in the same shape, for figures whose tolerance is in standard errors.
    Returns a table with one row per measured quantity: published, measured, deviation %, within tolerance
    ("yes", "no", or why it cannot be judged).
    Raises UnknownName for a figure or a quantity that does not exist; ValueError if nothing was measured.

    >>> compare("RAFT-1/3", {"medians_ms": {"150-155": 301.35}}).loc["medians_ms/150-155", "deviation %"]
    '+5.00'
    """
    from distlab.course.frames import fact_table

    figure = published(figure_id)
    values = figure.flat()
    found = _known(figure, measured, "measured")
    errors = _known(figure, standard_errors or {}, "standard_errors")
    if not found:
        raise ValueError(f"Nothing was measured for {figure_id!r}; its quantities are {', '.join(values)}.")
    rows = []
    for quantity in found:
        value, result, rule = values[quantity], found[quantity], figure.judged_by(quantity)
        verdict = rule.holds(value, result, errors.get(quantity))
        if verdict is not None:
            judged = "yes" if verdict else "no"
        else:
            judged = "needs standard_errors" if rule.kind == "sigma" else "not judged"
        is_bound = rule.kind in ("at_most", "at_least")
        if _is_number(value) and _is_number(result) and value and not is_bound:
            deviation = f"{100 * (float(result) / float(value) - 1):+.2f}"
        else:
            deviation = "-"
        rows.append([_digits(value), _digits(result), deviation, judged])
    return fact_table(rows, ["published", "measured", "deviation %", "within tolerance"], index=list(found))


def _digits(value: object) -> str:
    """Return a number with at most seven significant digits, anything else as a short text."""
    return f"{value:.7g}" if isinstance(value, float) else spell(value)


def _known(figure: PublishedFigure, given: Mapping[Any, Any], argument: str) -> dict[str, Any]:
    """Return what was given by quantity, in the figure's order; every name is one of the figure's."""
    if not isinstance(given, Mapping):
        raise TypeError(f"{argument} must be a mapping in the shape of the figure's values; got {given!r}.")
    flat = dict(_flatten(given))
    values = figure.flat()
    for quantity in flat:
        if quantity not in values:
            raise unknown(f"Figure {figure.id!r}", "quantity", quantity, values)
    return {quantity: flat[quantity] for quantity in values if quantity in flat}
