"""How long the player takes: the film in Python, and a step in a real browser.

Run by name: ``pytest tests/benchmarks/test_bench_player.py -s``. The goal: a step of a run with 7 nodes and
1,000 events is drawn within 100 ms.
"""

import gc
import json
from pathlib import Path
from time import perf_counter

from distlab.coordination.election import Raft
from distlab.sim import Network, Outage, Simulation, Uniform, cluster
from distlab.widgets import player
from tests.browser.jupyter_pages import chromium

WIDGETS = Path(__file__).resolve().parent.parent.parent / "distlab" / "widgets"
LIMIT = 100.0  # milliseconds

STEPS = """async ([script, film]) => {
    const data = { film, branch: null, compared: {}, step: 0, node: 0, why: "" };
    const model = {
        get: (name) => data[name], set: (name, value) => { data[name] = value; },
        save_changes() {}, send() {}, on() {}, off() {},
    };
    const place = document.createElement("div");
    document.body.append(place);
    const blob = new Blob([script], { type: "text/javascript" });
    const { default: widget } = await import(URL.createObjectURL(blob));
    widget.render({ model, el: place });
    const player = place.player;
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    const drawn = [];
    for (let number = 0; number < 320; number++) {
        if (number === 120) player.go(700);
        if (number === 200) { player.axis = "time"; player.from = 0; }
        await frame();
        const start = performance.now();
        player.move(number % 8 === 7 ? -1 : 1);
        document.body.offsetHeight; // the browser lays the page out
        drawn.push(performance.now() - start);
    }
    return { drawn: drawn.slice(20), steps: player.last };
}"""


def _run(events=1000):
    network = Network(latency=Uniform(0.005, 0.015), loss=0.05)
    sim = Simulation(cluster(Raft, 7), network, [Outage("leader", 0.5, 1.0)], seed=7)
    return player(sim, events=events)


def _median(act, rounds=5):
    gc.collect()
    times = []
    for _ in range(rounds):
        began = perf_counter()
        act()
        times.append(perf_counter() - began)
    return sorted(times)[rounds // 2]


def test_the_film_is_made_in_a_second(capsys):
    """All states, lines of code and sentences of 1,000 events."""
    shown = _run()
    assert len(shown.run) == 1000
    seconds = _median(_run)
    size = len(json.dumps(shown.run.data)) / 1e6
    with capsys.disabled():
        print(f"\nfilm of 1,000 events: {seconds:.2f} s, {size:.2f} MB")
    assert seconds < 1.0


def test_a_branch_is_made_in_a_second(capsys):
    """The run again from its beginning, something by hand, and on to the end."""
    shown = _run()
    seconds = _median(lambda: shown.make_branch(500, "crash", 2))
    assert len(shown.other) == 1000
    with capsys.disabled():
        print(f"\nbranch of 1,000 events: {seconds:.2f} s")
    assert seconds < 1.0


def test_a_step_is_drawn_within_100_milliseconds(capsys):
    """300 steps forwards and back, in both kinds of diagram: script and layout, in Chromium."""
    film = json.loads(json.dumps(_run().run.data))
    script = (WIDGETS / "player.js").read_text(encoding="utf-8")
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_content("<!doctype html><body></body>")
        page.add_style_tag(path=WIDGETS / "player.css")
        found = page.evaluate(STEPS, [script, film])
    times = sorted(found["drawn"])
    median, late = times[len(times) // 2], times[int(0.95 * len(times))]
    with capsys.disabled():
        print(f"\na step: median {median:.1f} ms, 95 % {late:.1f} ms, worst {times[-1]:.1f} ms")
    assert found["steps"] == 1000
    assert median < LIMIT
