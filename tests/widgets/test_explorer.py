"""The explorer: controls around a function that draws."""

import matplotlib.pyplot as plt
import pytest

from distlab.widgets import explorer, png


def picture(n=1, loss=0.0, kind="a", marks=False):
    """An empty picture whose title is what was chosen."""
    if n == 4:
        raise ValueError("four is not <allowed>")
    axes = plt.subplots(figsize=(2, 1))[1]
    axes.set_title(f"{n} {loss} {kind} {marks}")
    return axes


CONTROLS = {"n": (1, 5, 1, 2), "loss": (0.0, 1.0, 0.1, 0.5), "kind": ["a", "b"], "marks": True}


def test_moving_a_control_draws_again():
    """A moved control changes the picture, and moving it back brings the first one back."""
    panel = explorer(picture, CONTROLS)
    image = panel.children[-1]
    first = image.value
    panel.children[0].value = 3
    assert image.value != first
    panel.children[0].value = 2
    assert image.value == first


def test_an_error_is_a_sentence():
    """What the function raises is shown in the panel, escaped, and the last picture stays."""
    panel = explorer(picture, CONTROLS)
    before = panel.children[-1].value
    panel.children[0].value = 4
    assert panel.children[-2].value == "<b>ValueError:</b> four is not &lt;allowed&gt;"
    assert panel.children[-1].value == before
    panel.children[0].value = 5
    assert panel.children[-2].value == ""


def test_every_control_has_its_label_and_waits_for_the_mouse():
    """Labels are the given texts or the parameters' names; sliders report only when they are let go."""
    panel = explorer(picture, CONTROLS, labels={"n": "nodes"})
    assert [control.description for control in panel.children[:4]] == ["nodes", "loss", "kind", "marks"]
    assert not panel.children[0].continuous_update
    assert not panel.children[1].continuous_update


def test_a_control_that_is_none_is_refused():
    """The error names the control and says what would be right."""
    with pytest.raises(ValueError, match="the control 'n' must be"):
        explorer(picture, {"n": "many"})


def test_the_same_drawing_gives_the_same_bytes_and_leaves_no_figure_open():
    """PNG bytes do not depend on when they were made."""
    before = plt.get_fignums()
    assert png(picture()) == png(picture())
    assert plt.get_fignums() == before
