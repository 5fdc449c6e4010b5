"""Explorers and the table of faults in a real browser."""

import pytest

_CELL = """from distlab.coordination.election import Raft
from distlab.metrics import message_counts
from distlab.plots import timeline
from distlab.sim import Crash, Network, Simulation, cluster
from distlab.widgets import FaultTable, explorer

def picture(nodes, loss, faults):
    if nodes == 4:
        raise ValueError("four nodes are not for today")
    trace = Simulation(cluster(Raft, nodes), Network(latency=0.01, loss=loss), faults, seed=1).run(until=2.0)
    return timeline(trace), {"messages": len(trace.messages)}

explorer(
    picture,
    {"nodes": (3, 7, 1, 3), "loss": (0.0, 0.5, 0.1, 0.0), "faults": FaultTable([Crash("leader", at=1.0)])},
    labels={"faults": "what goes wrong"},
    alt="Who led, and when",
    presets={"five, lossy": {"nodes": 5, "loss": 0.3}},
    compare=True,
)"""
CELLS = (_CELL,)


@pytest.fixture
def panel(shared_page):
    """The page with the panel, when its picture is there."""
    shared_page.get_by_role("img", name="Who led, and when").first.wait_for()
    return shared_page


def _source(page):
    """What the picture shows, as the address of its bytes: it changes with the picture."""
    return page.get_by_role("img", name="Who led, and when").first.get_attribute("src")


def _changed(page, before):
    page.wait_for_function(
        """before => document.querySelector('img[alt="Who led, and when"]').getAttribute('src') !== before""",
        arg=before,
    )


def test_a_slider_moved_by_keyboard_draws_again(panel):
    """The picture and the table change; an error is a sentence, and the picture stays."""
    before = _source(panel)
    handle = panel.get_by_role("slider").first
    handle.focus()
    handle.press("ArrowRight")
    panel.get_by_role("alert").filter(has_text="Four nodes are not for today").wait_for()
    assert _source(panel) == before
    handle.press("ArrowRight")
    _changed(panel, before)


def test_a_preset_and_a_kept_run(panel):
    """A preset moves the controls; the kept run stands beside it."""
    panel.get_by_role("button", name="keep to compare").click()
    panel.get_by_text("Kept:").wait_for()
    before = _source(panel)
    panel.get_by_label("preset").select_option("five, lossy")
    _changed(panel, before)
    panel.get_by_role("columnheader", name="kept run").wait_for()
    assert panel.get_by_role("img", name="Who led, and when (kept)").get_attribute("src")


def test_the_code_is_shown_to_be_copied(panel):
    """The cell that makes the same run."""
    panel.get_by_role("button", name="Copy as code").click()
    code = panel.get_by_label("Code of a cell that makes the same run")
    assert code.inner_text() == "picture(nodes=5, loss=0.3, faults=[Crash(node='leader', at=1.0)])"


def test_faults_are_edited_by_keyboard(panel):
    """A wrong entry is answered with a sentence; a right one draws."""
    before = _source(panel)
    at = panel.locator(".widget-text input").nth(1)
    at.fill("soon")
    at.press("Enter")
    told = "Row 1: at must be a number of seconds; got 'soon'."
    panel.get_by_role("alert").filter(has_text=told).wait_for()
    assert _source(panel) == before
    at.fill("0.5")
    at.press("Enter")
    _changed(panel, before)
    before = _source(panel)
    panel.get_by_role("button", name="add a fault").click()
    _changed(panel, before)
    before = _source(panel)
    panel.locator("button[title='Remove fault 2']").click()
    _changed(panel, before)
