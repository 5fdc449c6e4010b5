"""A report as HTML for a notebook: no ids, no styles from outside, the same bytes for the same report."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .report import Counterexample, Report

__all__ = ["html_of"]

_SIGNS = {"passed": ("\u2714", "#009E73"), "failed": ("\u2718", "#D55E00")}
_LEFT = 'style="text-align:left"'


def html_of(report: Report) -> str:
    """The report without its picture."""
    sign, colour = _SIGNS.get(report.verdict, ("?", "#E69F00"))
    head = f"{sign} {escape(report.algorithm)}, {escape(report.property)}: {report.verdict}"
    parts = [
        f'<div style="border-left:4px solid {colour};padding-left:0.8em">',
        f"<p><b>{head}</b><br>{escape(report.sentence)}</p>",
        "<p>" + "<br>".join(escape(str(search)) for search in report.searches) + "</p>",
    ]
    if report.counterexample is not None:
        parts += _counterexample(report.counterexample)
    return "".join([*parts, "</div>"])


def _counterexample(found: Counterexample) -> list[str]:
    rows = [
        ("counterexample", found.minimal),
        ("found as", f"{found.original}; {found.reruns} re-runs to shrink it"),
        *found.setting,
    ]
    table = "".join(
        f"<tr><td {_LEFT}>{escape(name)}</td><td {_LEFT}>{escape(value)}</td></tr>" for name, value in rows
    )
    parts = [f"<table>{table}</table>", _folded("the run as a story", "\n".join(found.story()))]
    if found.difference:
        parts.append(f"<p>Nearest passing run: {escape(found.difference)}.</p>")
    parts.append(_folded("replay it", found.code))
    return parts


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{escape(title)}</summary><pre>{escape(text)}</pre></details>"
