"""An explorer: one function, a labelled control for each of its parameters, and the picture that it draws.

Only sliders, menus and check boxes that fill an image and a line of text are used, no Output widgets: they
run the same in JupyterLab, in Notebook 7 and without a browser, where the first picture stays.
"""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["explorer", "png"]

_WIDE = {"description_width": "initial"}


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
    draw: Callable[..., Axes | Figure],
    controls: Mapping[str, Any],
    *,
    labels: Mapping[str, str] | None = None,
    alt: str = "",
) -> widgets.VBox:
    """A panel that calls ``draw`` again whenever a control has been moved.

    Parameters
    ----------
    draw
        Function of the controls' values that returns Axes or a Figure. What it raises is shown as a sentence.
    controls
        Parameter -> ``(low, high, step, first)`` for a slider (whole numbers or decimals), a sequence of
        choices (the first is chosen), or True or False for a check box.
    labels
        Parameter -> the text beside the control, with its unit; default: the parameter's name.
    alt
        What the picture shows, for those who cannot see it.

    Returns
    -------
    ipywidgets.VBox
        The controls, a line for what went wrong, and the picture.

    Raises
    ------
    ValueError
        If a control is none of the above.

    Examples
    --------
    >>> panel = explorer(lambda n: plt.subplots()[1], {"n": (1, 9, 1, 3)})
    >>> panel.children[0].value
    3
    """
    labels = labels or {}
    handles = {name: _control(name, kind, labels.get(name, name)) for name, kind in controls.items()}
    image = widgets.Image(format="png", layout=widgets.Layout(max_width="100%"))
    if alt:
        image.alt = alt
    said = widgets.HTML()

    def redraw(change: Any = None) -> None:
        said.value = "drawing ..."
        try:
            image.value = png(draw(**{name: handle.value for name, handle in handles.items()}))
            said.value = ""
        except Exception as error:
            said.value = f"<b>{html.escape(type(error).__name__)}:</b> {html.escape(str(error))}"

    for handle in handles.values():
        handle.observe(redraw, names="value")
    redraw()
    return widgets.VBox([*handles.values(), said, image])


def _control(name: str, kind: Any, label: str) -> Any:
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
        f"the control {name!r} must be (low, high, step, first), a sequence of choices, or True or False; "
        f"got {kind!r}."
    )
