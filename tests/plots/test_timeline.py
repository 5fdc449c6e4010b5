import io

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from distlab.coordination.election import Bully, Raft
from distlab.metrics import leaderless_intervals
from distlab.plots import timeline
from distlab.sim import (
    ClockJump,
    Crash,
    Heal,
    Isolate,
    LossBurst,
    Node,
    Outage,
    Partition,
    Pause,
    Simulation,
    cluster,
)


def spans(artists):
    """Starts and ends of bars."""
    return sorted((patch.get_x(), patch.get_x() + patch.get_width()) for patch in artists)


def test_a_bar_per_time_in_a_role(asking, look):
    """Each row of trace.roles that lasts is one bar in its node's lane, from its start to its end."""
    trace = asking()
    ax = timeline(trace)
    roles = trace.roles.query("end > start")
    for role, rows in roles.groupby("role"):
        bars = look.marked(ax, role)
        assert spans(bars) == sorted(zip(rows["start"], rows["end"], strict=True))
    assert len(roles) == 5


def test_leaders_stand_out_by_more_than_colour(asking, look):
    """Bars of leaders are the highest, and those of candidates are hatched."""
    ax = timeline(asking())
    leader, candidate, follower = (look.marked(ax, role)[0] for role in ("leader", "candidate", "follower"))
    assert leader.get_height() > candidate.get_height() > follower.get_height()
    assert candidate.get_hatch()
    assert not follower.get_hatch()


def test_terms_are_written_into_bars(asking):
    """The term stands in the bar, where there is room for it."""
    texts = [text.get_text() for text in timeline(asking()).texts]
    assert texts.count("term 0") == 3
    assert "term 1" in texts


def test_leaderless_time_is_shaded_as_measured(look):
    """The shaded spans are the leaderless intervals that distlab.metrics finds, across all lanes."""
    trace = Simulation(cluster(Raft, 5), faults=[Outage("leader", at=1.0, until=2.0)], seed=3).run(until=3.0)
    ax = timeline(trace)
    gaps = leaderless_intervals(trace)
    shaded = [found.get_paths()[0].get_extents() for found in look.marked(ax, "nobody leads")]
    assert [(box.x0, box.x1) for box in shaded] == list(zip(gaps["start"], gaps["end"], strict=True))
    assert {(box.y0, box.y1) for box in shaded} == {(-0.5, 4.5)}
    assert len(gaps) >= 2


def test_votes_are_marked_with_the_candidate(asking, look):
    """A vote is a triangle at its time, with the candidate beside it."""
    ax = timeline(asking())
    assert [x for x, _ in look.points(ax, "vote")] == [1.0]
    assert "1" in [text.get_text() for text in ax.texts]
    assert "vote, and for whom" in look.legend(ax)
    assert not look.points(timeline(asking(), votes=False), "vote")


def test_crashes_and_recoveries(asking, look):
    """A crash is a cross, the time down a hatched bar, a recovery a triangle; all are in the legend."""
    ax = timeline(asking(faults=[Outage(2, at=0.5, until=1.5), Crash(3, at=2.0)]))
    assert sorted(x for x, _ in look.points(ax, "crash")) == [0.5, 2.0]
    assert [x for x, _ in look.points(ax, "recovery")] == [1.5]
    assert spans(look.marked(ax, "down")) == [(0.5, 1.5), (2.0, 3.5)]
    assert {"down", "crash", "recovery"} <= set(look.legend(ax))


def test_pauses_and_clocks(asking, look):
    """A pause is a hatched bar over the lane; a clock that jumps is a mark with its size."""
    ax = timeline(asking(faults=[Pause(2, at=0.5, duration=0.25), ClockJump(3, at=2.0, by=1.5)]))
    assert spans(look.marked(ax, "paused")) == [(0.5, 0.75)]
    assert [x for x, _ in look.points(ax, "clock fault")] == [2.0]
    assert "clock +1.5 s" in [text.get_text() for text in ax.texts]


def test_faults_of_the_network_stand_above_the_lanes(asking, look):
    """A partition, a loss burst and a node cut off are bars with names; overlapping ones take two rows."""
    faults = [
        Partition([[1], [2, 3]], at=0.5, until=1.5),
        LossBurst(0.3, at=1.0, until=2.0),
        Isolate(3, at=2.5),
    ]
    ax = timeline(asking(faults=faults))
    bars = look.marked(ax, "network fault")
    assert spans(bars) == [(0.5, 1.5), (1.0, 2.0), (2.5, 3.5)]
    assert all(bar.get_y() + bar.get_height() < -0.5 for bar in bars)
    assert len({bar.get_y() for bar in bars}) == 2
    assert {"partition {1} | {2, 3}", "loss 30%", "node 3 cut off"} <= {text.get_text() for text in ax.texts}
    assert "faults" in [text.get_text() for text in ax.get_yticklabels()]


def test_a_heal_ends_a_partition(asking, look):
    """A partition without an end lasts until all links are healed."""
    ax = timeline(asking(faults=[Partition([[1], [2, 3]], at=0.5), Heal(at=1.25)]))
    assert spans(look.marked(ax, "network fault")) == [(0.5, 1.25)]


def test_a_leader_that_is_cut_off_is_named(look):
    """A fault that names "leader" shows the node that led."""
    trace = Simulation(cluster(Bully, 3), faults=[Partition([["leader"]], at=1.0, until=2.0)]).run(until=3.0)
    assert "partition {3} | {1, 2}" in [text.get_text() for text in timeline(trace).texts]


def test_a_window_is_announced(asking):
    """The title says which part of the run is shown, and the axis ends there."""
    ax = timeline(asking(), start=1.0, end=2.0)
    assert ax.get_title(loc="left").endswith("(showing 1 to 2 s of 3.5 s)")
    assert ax.get_xlim() == (1.0, 2.0)


def test_labels_and_title(asking):
    """Lanes are named, the first node is on top, time has its unit."""
    ax = timeline(asking())
    assert [text.get_text() for text in ax.get_yticklabels()] == ["node 1", "node 2", "node 3"]
    assert ax.yaxis_inverted()
    assert ax.get_xlabel() == "time (s)"
    assert ax.get_title(loc="left") == "Timeline: Asker, 3 nodes, seed 0"
    assert timeline(asking(), title="Mine").get_title(loc="left") == "Mine"


def test_the_legend_covers_no_data(asking):
    """The legend is outside of the axes."""
    ax = timeline(asking())
    ax.figure.canvas.draw()
    assert ax.get_legend().get_window_extent().y1 < ax.get_window_extent().y0


def test_nothing_happened():
    """A run without a role says so and can be drawn; one node too."""
    ax = timeline(Simulation(cluster(Node, 1)).run(until=1.0))
    assert "no node took a role" in [text.get_text() for text in ax.texts]
    assert len(timeline(Simulation(cluster(Node, 2)).run()).get_yticklabels()) == 2


def test_a_given_axes_is_used(asking):
    """The function draws on the Axes that it gets, and returns it."""
    _, (left, _) = plt.subplots(1, 2)
    assert timeline(asking(), ax=left) is left


def test_an_outline_can_be_drawn(asking):
    """A timeline needs no messages."""
    trace = Simulation(cluster(Raft, 5), trace="outline").run(until=1.0)
    assert timeline(trace).patches


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ({"start": 9.0}, "start must lie within the run, from 0 to 3.5 seconds; got 9.0"),
        ({"start": 2.0, "end": 1.0}, "end must be later than start=2 seconds; got 1.0"),
    ],
)
def test_wrong_windows(asking, window, message):
    """A window outside the run is answered by one sentence."""
    with pytest.raises(ValueError, match=message):
        timeline(asking(), **window)


def test_the_same_trace_gives_the_same_bytes(asking):
    """Drawing twice gives the same picture, byte for byte."""
    pictures = []
    for _ in range(2):
        file = io.BytesIO()
        timeline(asking(faults=[Crash(2, at=1.0)])).figure.savefig(file, format="png")
        pictures.append(file.getvalue())
    assert pictures[0] == pictures[1]


def test_the_settings_of_matplotlib_stay(asking):
    """Drawing leaves rcParams as they were."""
    before = dict(mpl.rcParams)
    timeline(asking())
    assert dict(mpl.rcParams) == before


def test_no_figure_is_wider_than_a_page(asking, crowd):
    """A figure is at most 10 inches wide, and its smallest text has 10 points."""
    for ax in (timeline(asking()), timeline(crowd(25, 0.5))):
        assert ax.figure.get_figwidth() <= 10
        assert min(text.get_fontsize() for text in [*ax.texts, *ax.get_yticklabels()]) >= 10
