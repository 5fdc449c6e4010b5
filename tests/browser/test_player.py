"""The player in a real browser: mouse, keyboard, branches, themes, and a kernel that is gone."""

import re

import pytest

from tests.browser import jupyter_pages as jupyter

IMPORTS = """from distlab.check import Bounds, LeaderElection, check
from distlab.coordination.election import Raft
from distlab.coordination.election.raft_mutants import ForgetsItsVote
from distlab.sim import Network, Outage, Simulation, Uniform, cluster
from distlab.widgets import player"""
RAFT = """network = Network(latency=Uniform(0.005, 0.015), loss=0.05)
player(Simulation(cluster(Raft, 5), network, [Outage("leader", 0.5, 1.0)], seed=7), until=1.5)"""
FAILED = """bounds = Bounds(nodes=3, timeouts=2, crashes=1)
player(check(ForgetsItsVote, LeaderElection(), nodes=3, runs=0, bounds=bounds, progress=False))"""

CELLS = (IMPORTS, RAFT, FAILED)


@pytest.fixture
def box(shared_page):
    """The player of the shared page, at its beginning."""
    shared_page.set_viewport_size({"width": 1280, "height": 800})
    box = _player(shared_page)
    forget = box.get_by_role("button", name="forget the branch")
    if forget.count():
        forget.click()
    box.get_by_label("One step is").select_option("event")
    box.focus()
    box.press("Home")
    return box


def _player(page, name="Player: Raft"):
    box = page.get_by_role("region", name=name).first
    box.wait_for()
    box.scroll_into_view_if_needed()
    return box


def _says(box, text):
    """Wait until the sentence of the step contains a text."""
    box.get_by_role("status").filter(has_text=text).first.wait_for()


def test_steps_by_mouse_and_keyboard(box):
    """Buttons, arrows, Home, End, the slider and a click into the diagram go to the same steps."""
    _says(box, "Before the run")
    forward = box.get_by_role("button", name="Step forward")
    for _ in range(3):
        forward.click()
    _says(box, "t = 0 s: node 3 starts; becomes follower (term 0)")
    box.get_by_role("button", name="Step back").click()
    _says(box, "t = 0 s: node 2 starts")
    box.focus()
    box.press("ArrowRight")
    _says(box, "node 3 starts")
    box.press("End")
    assert "step 154 of 154" in box.locator(".dl-count").inner_text()
    box.press("Home")
    _says(box, "Before the run")
    box.press("PageDown")
    assert "step 10 of 154" in box.locator(".dl-count").inner_text()
    box.get_by_role("slider", name="Step of the run").fill("12")
    _says(
        box,
        "node 1 receives RequestVoteReply(term=1, vote_granted=True) from node 5; becomes leader (term 1)",
    )
    assert box.get_by_role("button", name="node 1: leader, term 1").is_visible()
    box.get_by_label("One step is").select_option("0.1")
    box.get_by_role("button", name="Step forward").click()
    assert "t = 0.29" in box.locator(".dl-count").inner_text()
    box.locator(".dl-chart").click(position={"x": 200, "y": 60})
    assert "t = 0.29" not in box.locator(".dl-count").inner_text()


@pytest.mark.parametrize("place", ["box", "button", "slider", "select", "node"])
def test_keys_do_not_reach_the_notebook(box, place):
    """While any part of the player has the focus, the notebook's shortcuts are silent: no cell is cut."""
    page = box.page
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    part = {
        "box": box,
        "button": box.get_by_role("button", name="Step forward"),
        "slider": box.get_by_role("slider", name="Step of the run"),
        "select": box.get_by_label("One step is"),
        "node": box.locator(".dl-ring [tabindex]").first,
    }[place]
    part.focus()
    for key in ("b", "x", "a", "d", "d"):
        page.keyboard.press(key)
    if place != "select":
        page.keyboard.press("ArrowRight")
        assert "step 1 of 154" in box.locator(".dl-count").inner_text()
    page.wait_for_timeout(500)
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells
    assert page.evaluate("document.activeElement.closest('.dl-player') !== null")


def test_playing_goes_on_by_itself(box):
    """Space starts and stops the film."""
    page = box.page
    box.focus()
    box.press(" ")
    _says(box, "node 2 starts")
    box.get_by_role("button", name="Pause").click()
    stopped = box.locator(".dl-count").inner_text()
    page.wait_for_timeout(1500)
    assert box.locator(".dl-count").inner_text() == stopped


def test_the_state_the_source_and_the_messages_follow_the_step(box):
    """Beside the diagram stand memory, lines of code, what is under way, and faults."""
    box.get_by_role("slider", name="Step of the run").fill("8")
    code = box.get_by_role("region", name="Source of the handler")
    assert "Raft.on_request_vote" in code.inner_text()
    assert "self.grant_vote" in code.locator(".dl-hit").all_inner_texts()[2]
    box.get_by_label("Chosen node").select_option("node 5")
    state = box.get_by_role("region", name="State of a node")
    assert "voted_for" in state.locator("tr.dl-fresh").all_inner_texts()[1]
    assert "Under way: 4 messages" in box.get_by_role("region", name="Messages under way").inner_text()
    assert "Outage" in box.get_by_role("region", name="Faults").inner_text()
    box.get_by_role("button", name="node 2: follower").click()
    assert state.get_by_label("Chosen node").input_value() == "1"


def test_the_state_is_of_whoever_acts_until_a_node_is_chosen(box):
    """The panel follows the steps; a chosen node stays."""
    menu = box.get_by_label("Chosen node")
    menu.select_option("-1")
    slider = box.get_by_role("slider", name="Step of the run")
    for step, node in (("2", "node 2"), ("3", "node 3")):
        slider.fill(step)
        assert menu.locator("option:checked").inner_text() == f"whoever acts: {node}"
    menu.select_option("node 5")
    slider.fill("2")
    assert menu.locator("option:checked").inner_text() == "node 5"


def test_a_branch_stands_beside_the_run(box):
    """A dropped vote, a crash on top of it, and back: the pictures and the words say what differs."""
    page = box.page
    box.get_by_role("slider", name="Step of the run").fill("10")
    assert box.locator(".dl-chart").count() == 1
    box.get_by_role("button", name="drop RequestVoteReply from node 3 to node 1").click()
    _says(box, "is dropped by hand")
    assert box.locator(".dl-chart").count() == 2
    told = box.get_by_role("region", name="Comparison of branch and run")
    assert "The same for 10 steps." in told.inner_text()
    assert "first leader" in told.inner_text()
    box.get_by_label("Chosen node").select_option("node 1")
    box.get_by_role("button", name="crash node 1").click()
    _says(box, "node 1 crashes")
    assert "down" not in box.get_by_role("button", name="node 2:").get_attribute("aria-label")
    box.get_by_role("button", name="the run", exact=True).click()
    _says(box, "node 5")
    box.get_by_role("button", name="forget the branch").click()
    page.wait_for_timeout(300)
    assert box.locator(".dl-chart").count() == 1


def test_another_message_can_be_delivered_first(box):
    """What is chosen arrives in the next step."""
    box.get_by_role("slider", name="Step of the run").fill("6")
    box.get_by_role("button", name="deliver RequestVote from node 1 to node 2 now").click()
    _says(box, "node 2 receives RequestVote(term=1")
    assert "step 7 of" in box.locator(".dl-count").inner_text()


def test_a_counterexample_opens_at_its_guilty_step(shared_page):
    """The verdict stands above; the script can be branched, too."""
    box = _player(shared_page, "Player: ForgetsItsVote")
    assert "two leaders in term 1" in box.inner_text()
    _says(box, "step 8: node 3 receives RequestVoteReply")
    box.press("ArrowLeft")
    box.get_by_role("button", name="drop RequestVoteReply from node 1 to node 3").click()
    _says(box, "from node 1 to node 3 is lost")
    assert "node 3 at the end" in box.get_by_role("region", name="Comparison").inner_text()


def test_without_a_kernel_the_film_can_still_be_seen(open_cells, kill_kernels):
    """Stepping goes on; a branch is answered with a sentence."""
    page = open_cells(IMPORTS, RAFT)
    box = _player(page)
    kill_kernels()
    page.wait_for_timeout(1000)
    box.get_by_role("button", name="Last step").click()
    assert "step 154 of 154" in box.locator(".dl-count").inner_text()
    box.get_by_role("slider", name="Step of the run").fill("10")
    box.get_by_role("button", name="drop RequestVoteReply from node 3 to node 1").click()
    box.get_by_role("alert").filter(has_text="The kernel has not answered").wait_for()
    assert "step 10 of 154" in box.locator(".dl-count").inner_text()


def test_every_control_has_a_name(box):
    """Buttons, menus and fields can be told apart by a screen reader; ids are used once."""
    box.get_by_role("slider", name="Step of the run").fill("12")
    unnamed = box.evaluate(
        """box => [...box.querySelectorAll('button, select, input, [role=button], [role=img], section')]
            .filter(one => !(one.getAttribute('aria-label') || one.textContent.trim()))
            .map(one => one.outerHTML)"""
    )
    assert unnamed == []
    twice = box.evaluate(
        """box => {
            const ids = [...box.querySelectorAll('[id]')].map(one => one.id);
            return ids.length - new Set(ids).size;
        }"""
    )
    assert twice == 0


def _colours(box):
    """Text and background of the sentence, as (red, green, blue)."""
    found = box.locator(".dl-say").evaluate(
        "one => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]"
    )
    return [[float(part) for part in re.findall(r"[\d.]+", colour)[:3]] for colour in found]


def _luminance(colour):
    parts = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _contrast(box):
    dark, light = sorted(map(_luminance, _colours(box)))
    return (light + 0.05) / (dark + 0.05)


def test_text_can_be_read_in_both_themes(page, lab, open_cells, box):
    """The contrast of text and background is at least 7 to 1 (WCAG AAA), dark on light and light on dark."""
    assert _contrast(box) >= 7
    assert _luminance(_colours(box)[1]) > 0.5
    jupyter.set_theme(page, lab, "JupyterLab Dark")
    try:
        dark = _player(open_cells(IMPORTS, RAFT))
        assert _contrast(dark) >= 7
        assert _luminance(_colours(dark)[1]) < 0.2
    finally:
        jupyter.set_theme(page, lab, "JupyterLab Light")


def test_nothing_is_cut_off_at_two_hundred_percent(box):
    """On a page half as wide, which is what zooming to 200 % means, nothing needs to be scrolled sideways."""
    page = box.page
    page.set_viewport_size({"width": 640, "height": 400})
    page.wait_for_timeout(1000)
    wide, room = box.evaluate("box => [box.scrollWidth, box.clientWidth]")
    assert wide <= room + 1


def test_the_player_works_in_notebook_7(page, lab):
    """The other front end shows the same player."""
    (lab.folder / "seven.ipynb").write_text(jupyter.notebook(IMPORTS, RAFT))
    jupyter.open_notebook(page, lab, "seven.ipynb")
    box = _player(page)
    box.get_by_role("button", name="Step forward").click()
    _says(box, "node 1 starts")
    box.get_by_role("button", name="crash node 1").click()
    _says(box, "node 1 crashes")
    assert box.locator(".dl-chart").count() == 2
