"""The explorer: controls around a function that draws."""

import asyncio
import base64

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from distlab.sim import Crash, Outage, SimulationError
from distlab.widgets import FaultTable, explorer, png
from distlab.widgets.alert import alert


def picture(n=1, loss=0.0, kind="a", marks=False):
    """An empty picture whose title is what was chosen."""
    if n == 4:
        raise ValueError("four is not <allowed>")
    if n == 5:
        raise KeyError("five")
    axes = plt.subplots(figsize=(2, 1))[1]
    axes.set_title(f"{n} {loss} {kind} {marks}")
    return axes


CONTROLS = {"n": (1, 5, 1, 2), "loss": (0.0, 1.0, 0.1, 0.5), "kind": ["a", "b"], "marks": True}


def _parts(panel, kind):
    """The children of a panel of one kind, also in boxes."""
    found = []
    for child in panel.children:
        if type(child).__name__ == kind:
            found.append(child)
        elif hasattr(child, "children") and kind != "FaultTable":
            found += _parts(child, kind)
    return found


def _images(panel):
    return [one for one in _parts(panel, "HTML") if one.value.startswith("<img")]


def _image(panel):
    return _images(panel)[0]


def _said(panel):
    """The line above the picture."""
    return panel.children[list(panel.children).index(_image(panel)) - 1]


def test_moving_a_control_draws_again():
    """A moved control changes the picture, and moving it back brings the first one back."""
    panel = explorer(picture, CONTROLS)
    image = _image(panel)
    first = image.value
    panel.children[0].value = 3
    assert image.value != first
    panel.children[0].value = 2
    assert image.value == first


def test_an_error_is_a_sentence():
    """What the function raises is shown in the panel, escaped, and the last picture stays."""
    panel = explorer(picture, CONTROLS)
    before = _image(panel).value
    panel.children[0].value = 4
    stays = " The picture still shows what could be drawn last."
    assert _said(panel).value == alert(f"Four is not &lt;allowed&gt;.{stays}")
    assert _image(panel).value == before
    panel.children[0].value = 5
    assert _said(panel).value == alert(f"<b>KeyError:</b> &#x27;five&#x27;.{stays}")
    panel.children[0].value = 3
    assert _said(panel).value == ""


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


def test_many_movements_draw_once():
    """In a kernel, the picture is drawn when nothing has moved for a moment; until then the panel says so."""
    drawn = []

    def draw(n):
        drawn.append(n)
        return picture(n)

    async def use():
        panel = explorer(draw, {"n": (1, 9, 1, 1)})
        for n in (2, 3, 6):
            panel.children[0].value = n
        busy = _said(panel).value
        await asyncio.sleep(0.6)
        return busy, _said(panel).value

    busy, after = asyncio.run(use())
    assert drawn == [1, 6]
    assert "drawing ..." in busy
    assert 'role="status"' in busy
    assert after == ""


def test_a_table_stands_under_the_picture():
    """A mapping or a DataFrame beside the picture is shown as a table."""
    panel = explorer(lambda n: (picture(n), {"messages": n, "mean <s>": 1 / 3}), {"n": (1, 3, 1, 2)})
    assert "<td><span>2</span></td>" in panel.children[-1].value
    assert "mean &lt;s&gt;</th><td><span>0.3333</span>" in panel.children[-1].value
    panel.children[0].value = 3
    assert "<td><span>3</span></td>" in panel.children[-1].value
    frame = explorer(lambda n: (picture(n), pd.DataFrame({"n": [n]})), {"n": (1, 3, 1, 2)})
    assert "<td>2</td>" in frame.children[-1].value


def test_a_preset_sets_controls_and_draws_once():
    """Choosing a preset moves all its controls, and the picture is drawn one time."""
    drawn = []

    def draw(n, kind):
        drawn.append((n, kind))
        return picture(n, kind=kind)

    panel = explorer(draw, {"n": (1, 9, 1, 1), "kind": ["a", "b"]}, presets={"large": {"n": 9, "kind": "b"}})
    menu = next(one for one in _parts(panel, "Dropdown") if one.description == "preset")
    menu.value = "large"
    assert drawn == [(1, "a"), (9, "b")]
    assert (panel.children[0].value, panel.children[1].value) == (9, "b")


@pytest.mark.parametrize(
    ("preset", "what"),
    [
        ({"m": 1}, "names 'm', but the controls are: n, kind"),
        ({"n": 99}, "sets 'n' to 99, which the control cannot take"),
        ({"kind": "z"}, "cannot set 'kind' to 'z'"),
    ],
)
def test_a_preset_that_cannot_be_set_is_refused(preset, what):
    """It is found when the panel is built, not when it is chosen."""
    with pytest.raises(ValueError, match=what):
        explorer(picture, {"n": (1, 9, 1, 1), "kind": ["a", "b"]}, presets={"wrong": preset})


def test_a_run_can_be_kept_to_compare():
    """The kept picture stands beside the next ones, and a table of both marks what differs."""
    panel = explorer(lambda n: (picture(n), {"n": n, "same": 1}), {"n": (1, 9, 1, 2)}, compare=True)
    keep, forget = [
        one for one in _parts(panel, "Button") if one.description in ("keep to compare", "forget")
    ]
    first = _image(panel).value
    keep.click()
    panel.children[0].value = 3
    now, kept = _images(panel)
    assert now.value != first
    assert kept.value == first.replace('alt=""', 'alt="(kept)"')
    [table] = [one.value for one in _parts(panel, "HTML") if "kept run" in one.value]
    assert '<th scope="row">n</th><td><b>3</b></td><td><b>2</b></td>' in table
    assert '<th scope="row">same</th><td><span>1</span></td>' in table
    assert any("<b>Kept:</b> n: 2" in one.value for one in _parts(panel, "HTML"))
    forget.click()
    assert len(_images(panel)) == 1
    assert forget.disabled


def _code(panel):
    found = _parts(panel, "_CopyCode")
    return found[0].code if found else None


def test_the_code_of_a_run_can_be_copied():
    """By default it is the call; a text and a function of the values do, too; a lambda has no code."""
    panel = explorer(picture, CONTROLS)
    assert _code(panel) == "picture(n=2, loss=0.5, kind='a', marks=True)"
    panel.children[0].value = 3
    assert _code(panel) == "picture(n=3, loss=0.5, kind='a', marks=True)"
    assert _code(explorer(picture, {"n": (1, 3, 1, 2)}, code="show(run({n}))")) == "show(run(2))"
    assert _code(explorer(picture, {"n": (1, 3, 1, 2)}, code=lambda n: f"run({n})")) == "run(2)"
    assert _code(explorer(lambda n: picture(n), {"n": (1, 3, 1, 2)})) is None
    assert _code(explorer(picture, {"n": (1, 3, 1, 2)}, code=False)) is None


def test_the_copied_code_makes_the_same_picture():
    """Faults are written as code, so that the call can be run."""

    def draw(n, faults):
        return picture(n, kind=str(faults))

    table = FaultTable([Crash("leader", at=1.0)])
    panel = explorer(draw, {"n": (1, 3, 1, 2), "faults": table})
    table.write(0, kind="Outage", until="2")
    assert _code(panel) == "draw(n=2, faults=[Outage(node='leader', at=1.0, until=2.0)])"
    again = png(eval(_code(panel), {"draw": draw, "Outage": Outage}))
    assert base64.b64encode(again).decode() in _image(panel).value


def test_faults_are_edited_in_a_table():
    """The function gets a list of faults; a row that cannot be read draws nothing."""
    got = []

    def draw(faults):
        got.append(faults)
        return picture()

    table = FaultTable([Crash(1, at=1.0)])
    explorer(draw, {"faults": table})
    table.write(0, whom="2")
    table.write(0, at="soon")
    table.write(0, at="3")
    assert got == [[Crash(1, at=1.0)], [Crash(2, at=1.0)], [Crash(2, at=3.0)]]


def test_what_is_kept_is_what_was_drawn():
    """A run is kept with the values that made its picture, not with those that could not be drawn."""
    panel = explorer(picture, CONTROLS, compare=True)
    panel.children[0].value = 4  # refused
    keep = next(one for one in _parts(panel, "Button") if one.description == "keep to compare")
    keep.click()
    kept = next(one.value for one in _parts(panel, "HTML") if one.value.startswith("<b>Kept:"))
    assert ": 4" not in kept.partition(",")[0]


def test_a_preset_can_be_chosen_again():
    """A control that is moved by hand takes the preset's name from the menu."""
    panel = explorer(picture, {"n": (1, 9, 1, 3)}, presets={"two": {"n": 2}})
    menu = next(one for one in _parts(panel, "Dropdown") if one.description == "preset")
    menu.value = "two"
    assert panel.children[0].value == 2
    panel.children[0].value = 7
    assert menu.value == ""
    menu.value = "two"
    assert panel.children[0].value == 2


def test_what_the_package_says_is_a_sentence_of_its_own():
    """Errors of the simulator stand without their class."""

    def draw(n):
        raise SimulationError("faults name a node that does not exist")

    told = [one.value for one in _parts(explorer(draw, {"n": (1, 3, 1, 2)}), "HTML")]
    assert alert("Faults name a node that does not exist.") in told


def test_a_notebook_stores_a_line_and_on_demand_the_picture():
    """The text is the same with and without the new parts."""
    plain = explorer(picture, CONTROLS)._repr_mimebundle_()
    more = explorer(
        picture, CONTROLS, presets={"b": {"kind": "b"}}, compare=True, picture=True
    )._repr_mimebundle_()
    assert plain["text/plain"] == more["text/plain"]
    assert plain["text/plain"].startswith("VBox(children=(IntSlider(value=2")
    assert "image/png" not in plain
    assert more["image/png"].startswith("iVBOR")


def test_the_picture_has_a_text():
    """Those who cannot see it are told what it shows."""
    assert 'alt="who &quot;led&quot;"' in _image(explorer(picture, CONTROLS, alt='who "led"')).value
