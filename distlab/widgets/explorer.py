"""An explorer: one function, a labelled control for each of its parameters, and the picture that it draws.

Only sliders, menus, check boxes and a table of faults that fill a picture and a line of text are used, no
Output widgets: they run the same in JupyterLab, in Notebook 7 and without a browser.
"""

from __future__ import annotations

import asyncio
import base64
import html
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
import matplotlib.pyplot as plt
import pandas as pd
import traitlets
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from distlab.sim import ContractError, SimulationError
from distlab.sim.shown import shown

from .alert import alert
from .fault_table import FaultTable

__all__ = ["explorer", "png"]

_WIDE = {"description_width": "initial"}
_PATIENCE = 0.15  # seconds without a further change before the picture is drawn
_PLAIN = (ValueError, ContractError, SimulationError)  # what the package says to people, in whole sentences


def png(drawing: Axes | Figure) -> bytes:
    """The picture as PNG; the figure is closed.

    Parameters
    ----------
    drawing
        Axes or a Figure.

    Returns
    -------
    bytes
        The same for the same drawing.

    Examples
    --------
    >>> png(plt.subplots()[1])[1:4]
    b'PNG'
    """
    figure = drawing if isinstance(drawing, Figure) else drawing.get_figure()
    assert isinstance(figure, Figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)
    return buffer.getvalue()


def explorer(
    draw: Callable[..., Any],
    controls: Mapping[str, Any],
    *,
    labels: Mapping[str, str] | None = None,
    alt: str = "",
    presets: Mapping[str, Mapping[str, Any]] | None = None,
    compare: bool = False,
    code: bool | str | Callable[..., str] | None = None,
    picture: bool = False,
) -> widgets.VBox:
    """A panel that calls ``draw`` again whenever a control has been moved.

    The picture is drawn a moment after the last movement; meanwhile the panel says so. What a notebook stores
    of the panel is one line of text, so a lesson shows the first picture in a cell of its own before it, or
    asks for it with ``picture``.

    Parameters
    ----------
    draw
        Function of the controls' values that returns Axes or a Figure, or a pair of that and a table: a
        DataFrame, or a mapping of names to values. What it raises is shown as a sentence.
    controls
        Parameter -> ``(low, high, step, first)`` for a slider (whole numbers or decimals), a sequence of
        choices (the first is chosen), True or False for a check box, or a
        :class:`~distlab.widgets.FaultTable`, whose faults the function gets as a list.
    labels
        Parameter -> the text beside the control, with its unit; default: the parameter's name.
    alt
        What the picture shows, for those who cannot see it.
    presets
        Name -> values of some of the controls, to be chosen from a menu.
    compare
        Whether a run can be kept, to stand beside the next ones.
    code
        What the button "Copy as code" copies. None: a call of ``draw``, if it has a name; True or False: with
        or without a button; a text with the parameters in braces, ``"space_time(run({nodes}, {seed}))"``; or
        a function of the values that returns the code.
    picture
        Whether a notebook stores the first picture, too.

    Returns
    -------
    ipywidgets.VBox
        The controls, a line for what went wrong, the picture, and the table.

    Raises
    ------
    ValueError
        If a control is none of the above, or a preset names no control or a value that it cannot take.

    Examples
    --------
    >>> panel = explorer(lambda n: plt.subplots()[1], {"n": (1, 9, 1, 3)})
    >>> panel.children[0].value
    3
    """
    if code is None:
        code = getattr(draw, "__name__", "").isidentifier()
    panel = _Panel(draw, controls, labels or {}, alt, presets or {}, compare, code)
    panel.redraw()
    kind = _WithPicture if picture else widgets.VBox
    box = kind(panel.children())
    if isinstance(box, _WithPicture):
        box.first = panel.png
    return box


class _WithPicture(widgets.VBox):
    """A box of which a notebook stores the first picture beside the text."""

    first = b""

    def __repr__(self) -> str:
        return super().__repr__().replace("_WithPicture", "VBox", 1)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        return {**super()._repr_mimebundle_(**kwargs), "image/png": base64.b64encode(self.first).decode()}


class _CopyCode(anywidget.AnyWidget):
    """A button that copies a piece of code."""

    _esm = Path(__file__).parent / "copy_code.js"
    code = traitlets.Unicode("").tag(sync=True)


class _Panel:
    """The parts of an explorer and what connects them."""

    def __init__(
        self,
        draw: Callable[..., Any],
        controls: Mapping[str, Any],
        labels: Mapping[str, str],
        alt: str,
        presets: Mapping[str, Mapping[str, Any]],
        compare: bool,
        code: bool | str | Callable[..., str],
    ) -> None:
        self.draw, self.labels, self.code = draw, labels, code
        self.handles = {name: _control(name, kind, labels.get(name, name)) for name, kind in controls.items()}
        self.alt = alt
        self.png = b""
        self.drawn: dict[str, Any] = {}  # the values that made the picture
        self.image = widgets.HTML()
        self.said = widgets.HTML()
        self.table = widgets.HTML()
        self.made: Any = None  # the present table
        self.kept: tuple[str, Any] | None = None
        self.waiting: asyncio.TimerHandle | None = None
        self.settling = False
        self.menu = self._presets(presets) if presets else None
        self.tools: list[Any] = [] if self.menu is None else [self.menu]
        self.other = widgets.VBox()
        if compare:
            self.tools += self._keeping(alt)
        self.copy = _CopyCode() if code else None
        for handle in self.handles.values():
            handle.observe(self._changed, names="value")

    def children(self) -> list[Any]:
        """The parts in their order: controls, tools, what went wrong, the pictures, the table, the code."""
        tools = [widgets.HBox(self.tools)] if self.tools else []
        rest = [part for part in (self.other, self.copy) if part is self.copy or self.tools]
        rest = [part for part in rest if part is not None]
        table = [] if self.png and self.made is None else [self.table]
        return [*self._labelled(), *tools, self.said, self.image, *table, *rest]

    def _labelled(self) -> list[Any]:
        parts = []
        for name, handle in self.handles.items():
            if isinstance(handle, FaultTable):
                parts.append(widgets.HTML(f"<b>{html.escape(self.labels.get(name, name))}</b>"))
            parts.append(handle)
        return parts

    def values(self) -> dict[str, Any]:
        """Parameter -> its value; faults as a list."""
        return {
            name: list(handle.value) if isinstance(handle, FaultTable) else handle.value
            for name, handle in self.handles.items()
        }

    def _changed(self, change: Any) -> None:
        """A control was moved: draw when nothing more comes for a moment."""
        if self.settling:
            return
        if self.menu is not None:
            self.menu.value = ""  # what stands there is no longer the preset
        self.said.value = _SIGN
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no kernel: draw at once
            self.redraw()
            return
        if self.waiting is not None:
            self.waiting.cancel()
        self.waiting = loop.call_later(_PATIENCE, self.redraw)

    def redraw(self) -> None:
        """Draw with the present values; an error becomes a sentence, and the last picture stays."""
        self.waiting = None
        values = self.values()
        self.said.value = _SIGN
        try:
            drawn = self.draw(**values)
            drawing, self.made = drawn if isinstance(drawn, tuple) else (drawn, None)
            self.png = png(drawing)
            self.drawn = values
            self.image.value = _shown(self.png, self.alt)
            self._tabulate()
            if self.copy is not None:
                self.copy.code = self._code(values)
            self.said.value = ""
        except Exception as error:
            stays = " The picture still shows what could be drawn last." if self.png else ""
            self.said.value = alert(_sentence(error) + stays)

    def _tabulate(self) -> None:
        if self.made is None:
            self.table.value = ""
        elif isinstance(self.made, Mapping) and self.kept is not None and isinstance(self.kept[1], Mapping):
            self.table.value = _beside(self.made, self.kept[1])
        else:
            self.table.value = _table(self.made)

    def _code(self, values: Mapping[str, Any]) -> str:
        if callable(self.code):
            return self.code(**values)
        texts = {name: shown(value) for name, value in values.items()}
        if isinstance(self.code, str):
            return self.code.format(**texts)
        arguments = ", ".join(f"{name}={text}" for name, text in texts.items())
        return f"{getattr(self.draw, '__name__', 'draw')}({arguments})"

    def _presets(self, presets: Mapping[str, Mapping[str, Any]]) -> Any:
        for name, values in presets.items():
            self._check(name, values)
        menu = widgets.Dropdown(
            options=[("choose ...", ""), *[(name, name) for name in presets]],
            description="preset",
            style=_WIDE,
        )

        def choose(change: Any) -> None:
            if not change["new"]:
                return
            self.settling = True
            try:
                for parameter, value in presets[change["new"]].items():
                    _set(self.handles[parameter], value)
            finally:
                self.settling = False
            self.redraw()

        menu.observe(choose, names="value")
        return menu

    def _check(self, name: str, values: Mapping[str, Any]) -> None:
        before = {parameter: handle.value for parameter, handle in self.handles.items()}
        for parameter, value in values.items():
            if parameter not in self.handles:
                raise ValueError(
                    f"the preset {name!r} names {parameter!r}, "
                    f"but the controls are: {', '.join(self.handles)}."
                )
            handle = self.handles[parameter]
            try:
                _set(handle, value)
                taken = handle.value
                _set(handle, before[parameter])
            except (ValueError, TypeError, traitlets.TraitError) as error:
                raise ValueError(
                    f"the preset {name!r} cannot set {parameter!r} to {value!r}: {error}"
                ) from error
            if (list(taken) != list(value)) if isinstance(handle, FaultTable) else taken != value:
                raise ValueError(
                    f"the preset {name!r} sets {parameter!r} to {value!r}, which the control cannot take."
                )

    def _keeping(self, alt: str) -> list[Any]:
        keep = widgets.Button(description="keep to compare", tooltip="Keep this run beside the next ones")
        drop = widgets.Button(description="forget", tooltip="Forget the kept run", disabled=True)
        image = widgets.HTML()

        def keep_it(_: Any) -> None:
            setting = ", ".join(
                f"{self.labels.get(name, name)}: {shown(value)}" for name, value in self.drawn.items()
            )
            self.kept = (setting, self.made)
            image.value = _shown(self.png, f"{alt} (kept)".strip())
            table = (
                []
                if self.made is None or isinstance(self.made, Mapping)
                else [widgets.HTML(_table(self.made))]
            )
            self.other.children = [widgets.HTML(f"<b>Kept:</b> {html.escape(setting)}"), image, *table]
            drop.disabled = False
            self._tabulate()

        def drop_it(_: Any) -> None:
            self.kept = None
            self.other.children = []
            drop.disabled = True
            self._tabulate()

        keep.on_click(keep_it)
        drop.on_click(drop_it)
        return [keep, drop]


_SIGN = '<span role="status">drawing ...</span>'


def _sentence(error: Exception) -> str:
    text = str(error)
    said = html.escape(text if text.endswith((".", "!", "?")) else f"{text}.")
    if isinstance(error, _PLAIN) and text:
        return said[0].upper() + said[1:]
    return f"<b>{html.escape(type(error).__name__)}:</b> {said}"


def _shown(picture: bytes, alt: str) -> str:
    """A picture with its text for those who cannot see it, which an Image widget does not have."""
    data = base64.b64encode(picture).decode()
    return f'<img alt="{html.escape(alt)}" style="max-width:100%" src="data:image/png;base64,{data}">'


def _set(handle: Any, value: Any) -> None:
    if isinstance(handle, FaultTable):
        handle.set(value)
    else:
        handle.value = value


def _table(made: Any) -> str:
    if isinstance(made, pd.DataFrame):
        return str(made.to_html(border=0, index=not isinstance(made.index, pd.RangeIndex)))
    if isinstance(made, Mapping):
        return _rows([[name, _text(value)] for name, value in made.items()])
    return html.escape(str(made))


def _beside(now: Mapping[str, Any], kept: Mapping[str, Any]) -> str:
    """A table of this run and the kept one; what differs is bold."""
    names = dict.fromkeys([*now, *kept])
    rows = [[name, _text(now.get(name, "")), _text(kept.get(name, ""))] for name in names]
    return _rows(rows, ["", "this run", "kept run"])


def _rows(rows: Sequence[Sequence[str]], heads: Sequence[str] = ()) -> str:
    lines = ["<tr>" + "".join(f'<th scope="col">{head}</th>' for head in heads) + "</tr>"] if heads else []
    for name, *cells in rows:
        mark = "b" if len(set(cells)) > 1 else "span"
        told = "".join(f"<td><{mark}>{html.escape(cell)}</{mark}></td>" for cell in cells)
        lines.append(f'<tr><th scope="row">{html.escape(str(name))}</th>{told}</tr>')
    return f'<table class="dataframe">{"".join(lines)}</table>'


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _control(name: str, kind: Any, label: str) -> Any:
    if isinstance(kind, FaultTable):
        return kind
    if isinstance(kind, bool):
        return widgets.Checkbox(value=kind, description=label, style=_WIDE)
    numbers = isinstance(kind, tuple) and len(kind) == 4
    if numbers and all(isinstance(value, int | float) and not isinstance(value, bool) for value in kind):
        low, high, step, first = kind
        slider = widgets.IntSlider if all(isinstance(value, int) for value in kind) else widgets.FloatSlider
        return slider(
            value=first,
            min=low,
            max=high,
            step=step,
            description=label,
            continuous_update=False,
            style=_WIDE,
            layout=widgets.Layout(width="28em"),
        )
    if isinstance(kind, Sequence) and not isinstance(kind, str) and kind:
        return widgets.Dropdown(options=list(kind), value=kind[0], description=label, style=_WIDE)
    raise ValueError(
        f"the control {name!r} must be (low, high, step, first), a sequence of choices, True or False, or a "
        f"FaultTable; got {kind!r}."
    )
