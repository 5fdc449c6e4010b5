"""A table in which a schedule of faults is edited; its value is the list of faults that code uses."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets
import traitlets

from distlab.sim import Fault
from distlab.sim.shown import shown

from .alert import alert
from .fault_rows import AMOUNTS, KINDS, WHOM, Row, fault_of, row_of

__all__ = ["FaultTable"]

_COLUMNS = {"kind": "8em", "whom": "11em", "at": "5.5em", "until": "5.5em", "amount": "6.5em"}
_TITLES = {"kind": "fault", "whom": "whom", "at": "at (s)", "until": "until (s)", "amount": "amount"}


class FaultTable(widgets.VBox):
    """Rows that can be added, changed and removed: fault, whom, from when, until when, how much.

    It can stand alone, or be one of the controls of :func:`~distlab.widgets.explorer`, whose function then
    gets the faults. A row that cannot be read is answered with a sentence, and the value stays as it was.

    Parameters
    ----------
    faults
        The first schedule.
    nodes
        The ids that exist, or how many nodes there are; None: ids are not checked here.

    Attributes
    ----------
    value : tuple of Fault
        The schedule, as :class:`~distlab.sim.Simulation` takes it.

    Raises
    ------
    ValueError
        If a row cannot hold one of the faults.

    Examples
    --------
    >>> from distlab.sim import Crash
    >>> table = FaultTable([Crash("leader", at=1.0)], nodes=5)
    >>> table.write(0, until="2", kind="Outage")
    >>> table.value
    (Outage(node='leader', at=1.0, until=2.0),)
    >>> table.write(0, at="soon")
    >>> table.said
    "Row 1: at must be a number of seconds; got 'soon'."
    """

    value = traitlets.Tuple()

    def __init__(self, faults: Sequence[Fault] = (), nodes: int | Sequence[Any] | None = None) -> None:
        self.ids = tuple(range(1, nodes + 1)) if isinstance(nodes, int) else nodes
        self.said = ""
        self._quiet = False
        self._lines: list[dict[str, Any]] = []
        self._rows = widgets.VBox()
        self._answer = widgets.HTML()
        heads = [widgets.HTML(f"<b>{_TITLES[name]}</b>", layout=_wide(name)) for name in _COLUMNS]
        more = widgets.Button(
            description="add a fault", icon="plus", tooltip="Add a row to the table of faults"
        )
        more.on_click(lambda _: self.add())
        super().__init__(children=[widgets.HBox(heads), self._rows, more, self._answer])
        for fault in faults:
            self._append(row_of(fault))
        self._read()

    def add(self, fault: Fault | None = None) -> None:
        """Add a row at the end: a fault, or a crash of the leader to be changed."""
        self._append(Row("Crash", "leader") if fault is None else row_of(fault))
        self._read()

    def remove(self, number: int) -> None:
        """Remove a row, counted from 0."""
        del self._lines[number]
        self._show()
        self._read()

    def write(self, number: int, **columns: str) -> None:
        """Write into the columns of a row, counted from 0: kind, whom, at, until, amount."""
        self._quiet = True
        try:
            for name, text in columns.items():
                self._lines[number][name].value = text
        finally:
            self._quiet = False
        self._read()

    def set(self, faults: Sequence[Fault]) -> None:
        """Show another schedule."""
        rows = [row_of(fault) for fault in faults]
        self._lines.clear()
        for row in rows:
            self._append(row)
        self._show()
        self._read()

    def __repr__(self) -> str:
        return f"FaultTable([{', '.join(map(shown, self.value))}])"

    def _append(self, row: Row) -> None:
        number = len(self._lines) + 1
        line: dict[str, Any] = {}
        for name in _COLUMNS:
            told = f"{_TITLES[name]} of fault {number}"
            if name == "kind":
                made = widgets.Dropdown(options=list(KINDS), value=row.kind, layout=_wide(name), tooltip=told)
            else:
                made = widgets.Text(
                    value=getattr(row, name), continuous_update=False, layout=_wide(name), tooltip=told
                )
            line[name] = made
            made.observe(self._changed, names="value")
        line["gone"] = widgets.Button(icon="trash", layout=widgets.Layout(width="3em"))
        line["gone"].on_click(lambda _, line=line: self.remove(self._lines.index(line)))
        self._lines.append(line)
        self._show()

    def _show(self) -> None:
        for number, line in enumerate(self._lines, start=1):
            line["gone"].tooltip = f"Remove fault {number}"
        self._rows.children = [widgets.HBox(list(line.values())) for line in self._lines]

    def _changed(self, change: Any) -> None:
        if not self._quiet:
            self._read()

    def _read(self) -> None:
        """Take over what was typed, if it can be read."""
        faults: list[Fault] = []
        for number, line in enumerate(self._lines, start=1):
            row = Row(*(line[name].value for name in _COLUMNS))
            line["amount"].placeholder = AMOUNTS.get(row.kind, "")
            line["amount"].disabled = row.kind not in AMOUNTS
            line["until"].disabled = row.kind in ("Crash", "Recover", "Heal", "ClockJump", "ClockDrift")
            line["whom"].placeholder = WHOM.get(row.kind, "a node, or leader")
            try:
                faults.append(fault_of(row, self.ids))
            except ValueError as error:
                self._say(f"Row {number}: {error}")
                return
        self._say("")
        self.value = tuple(faults)

    def _say(self, text: str) -> None:
        self.said = text
        stays = " Until it can be read, the last schedule that could is used."
        self._answer.value = alert(html.escape(text) + stays) if text else ""


def _wide(column: str) -> Any:
    return widgets.Layout(width=_COLUMNS[column])
