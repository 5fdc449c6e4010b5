import io
import time

import pytest
from matplotlib.patches import FancyArrowPatch

from distlab.plots import space_time
from distlab.sim import (
    Crash,
    Cut,
    Network,
    Node,
    Outage,
    Partition,
    Pause,
    Simulation,
    SimulationError,
    cluster,
)


def arrows(ax):
    """All arrows of a diagram."""
    return [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]


def test_an_arrow_per_message(asking):
    """Each message is one arrow from (sent, sender) to (received, receiver)."""
    trace = asking()
    table = trace.messages.query("fate == 'received'")
    ends = sorted((*arrow._posA_posB[0], *arrow._posA_posB[1]) for arrow in arrows(space_time(trace)))
    expected = sorted(
        (row.sent, row.sender - 1, row.received, row.receiver - 1) for row in table.itertuples(index=False)
    )
    assert ends == expected
    assert len(expected) == 12


def test_types_are_told_apart_by_colour_and_marker(asking, look):
    """Each type has its colour, its marker at the sender, and its entry in the legend."""
    ax = space_time(asking())
    assert {"Ask", "Answer"} <= set(look.legend(ax))
    (ask,), (answer,) = look.marked(ax, "Ask"), look.marked(ax, "Answer")
    assert len(ask.get_offsets()) == len(answer.get_offsets()) == 6
    assert ask.get_facecolor().tolist() != answer.get_facecolor().tolist()
    assert len(ask.get_paths()[0].vertices) != len(answer.get_paths()[0].vertices)
    assert {"Ask", "Answer"} <= {text.get_text() for text in look.marked(ax, "type")}


@pytest.mark.parametrize(
    ("options", "fate", "words"),
    [
        ({"network": Network(loss=1.0)}, "lost", "lost"),
        ({"faults": [Cut(1, 2, at=0.0)]}, "cut", "cut off"),
        ({"faults": [Crash(2, at=0.5)]}, "down", "receiver down"),
    ],
)
def test_messages_that_do_not_arrive_end_in_a_cross(asking, look, options, fate, words):
    """A message that was lost, cut off or met a dead node is dashed and ends in a cross."""
    trace = asking(**options)
    ax = space_time(trace)
    missing = (trace.messages["fate"] == fate).sum()
    assert missing > 0
    assert len(look.points(ax, "not received")) == missing
    assert words in look.legend(ax)
    dashed = [arrow for arrow in arrows(ax) if arrow.get_linestyle() not in ("-", "solid")]
    assert len(dashed) >= missing


def test_messages_under_way_end_with_the_run(asking, look):
    """A message that arrives after the end is drawn as far as the end, and the legend says so."""
    trace = asking(until=1.05)
    ax = space_time(trace)
    assert "still under way" in look.legend(ax)
    assert all(arrow._posA_posB[1][0] <= ax.get_xlim()[1] + 1e-9 for arrow in arrows(ax))


def test_copies_are_told_apart(asking, look):
    """A copy that the network made has its own dashes."""
    ax = space_time(asking(network=Network(duplication=1.0)))
    assert "copy made by the network" in look.legend(ax)


def test_timers_and_records(asking, look):
    """Ticks are timers that fired, circles what was recorded; both can be left out."""
    trace = asking()
    ax = space_time(trace)
    assert len(look.points(ax, "timer")) == 3
    assert look.points(ax, "record") == [(1.0, 0.0)]
    bare = space_time(trace, timers=False, records=False)
    assert not look.points(bare, "timer")
    assert not look.points(bare, "record")


def test_a_crash_leaves_a_gap_in_the_lane(asking, look):
    """While a node is down its lane is dotted, and it has no role."""
    ax = space_time(asking(faults=[Outage(2, at=0.5, until=1.5)]))
    assert look.points(ax, "crash") == [(0.5, 1.0)]
    assert look.points(ax, "recovery") == [(1.5, 1.0)]
    assert "down" in look.legend(ax)
    in_lane = [
        bar for bar in look.marked(ax, "follower") if abs(bar.get_y() + bar.get_height() / 2 - 1) < 1e-9
    ]
    assert not any(bar.get_x() < 1.0 < bar.get_x() + bar.get_width() for bar in in_lane)


def test_pauses_and_partitions(asking, look):
    """A pause is a hatched box; a partition is a bar above the lanes and walls between them."""
    ax = space_time(
        asking(faults=[Pause(2, at=0.5, duration=0.25), Partition([[1, 2], [3]], at=1.0, until=2.0)])
    )
    assert [bar.get_width() for bar in look.marked(ax, "paused")] == [0.25]
    assert len(look.marked(ax, "network fault")) == 1
    assert "partition between lanes" in look.legend(ax)


def test_marked_events(asking, look):
    """A marked message has a ring at its receipt, a bold arrow and a text."""
    trace = asking()
    row = int(trace.messages["id"].iloc[0])
    event = trace.event(row)
    ax = space_time(trace, highlight=[row, row])
    assert look.points(ax, "highlight") == [(event.time, event.node - 1)]
    assert [arrow.get_linewidth() > 3 for arrow in look.marked(ax, "bold arrow")] == [True]
    assert repr(event.payload) in [text.get_text() for text in ax.texts]
    assert "event to look at" in look.legend(ax)


def test_long_runs_are_cut_and_say_so(crowd):
    """With too many messages the beginning is shown, and the title tells the window and what is missing."""
    trace = crowd(4, 10.0)
    ax = space_time(trace, max_messages=24)
    shown = len(arrows(ax))
    assert 24 <= shown < 60
    title = ax.get_title(loc="left")
    assert "showing t = " in title
    assert "of 10 s" in title
    assert f"{len(trace.messages) - shown:,} messages not shown" in title


def test_marked_events_at_the_end_move_the_window(crowd):
    """If the marked event is late, what leads to it is shown."""
    trace = crowd(4, 10.0)
    row = int(trace.messages.query("fate == 'received'")["id"].iloc[-1])
    ax = space_time(trace, highlight=[row], max_messages=24)
    left, right = ax.get_xlim()
    assert left < trace.event(row).time < right
    assert left > 5


def test_a_window_of_ones_own(asking):
    """A given window is shown and announced."""
    ax = space_time(asking(), start=0.9, end=1.6, unit="ms")
    assert "showing t = 900 to 1600 ms of 3500 ms; 8 messages not shown" in ax.get_title(loc="left")
    assert ax.get_xlabel() == "time (ms)"
    assert ax.xaxis.get_major_formatter()(1.5, 0) == "1500"


def test_types_can_be_left_out(asking, look):
    """Left-out types are not drawn, and the title names them."""
    ax = space_time(asking(), leave_out=["Answer"])
    assert len(arrows(ax)) == 6
    assert "Answer" not in look.legend(ax)
    assert "without Answer" in ax.get_title(loc="left")


def test_steps(asking):
    """In the unit "step" the axis counts steps."""
    ax = space_time(asking(), unit="step")
    assert ax.get_xlabel() == "step"
    ax.figure.canvas.draw()
    assert all(float(tick).is_integer() for tick in ax.get_xticks())


def test_texts_do_not_cover_each_other(asking):
    """No two texts inside the diagram overlap."""
    ax = space_time(asking(nodes=5))
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    overlaps = [
        (one, other)
        for number, one in enumerate(boxes)
        for other in boxes[number + 1 :]
        if min(one.x1, other.x1) - max(one.x0, other.x0) > 2
        and min(one.y1, other.y1) - max(one.y0, other.y0) > 2
    ]
    assert len(boxes) > 5
    assert not overlaps


def test_small_and_large_clusters(crowd):
    """One node, none that says anything, and 25 nodes can be drawn."""
    assert not arrows(space_time(Simulation(cluster(Node, 1)).run()))
    assert not arrows(space_time(Simulation(cluster(Node, 3)).run(until=2.0)))
    assert arrows(space_time(crowd(25, 0.3)))


def test_ten_thousand_messages_take_less_than_two_seconds(crowd):
    """A long run is drawn quickly, because only a part of it is."""
    trace = crowd(11, 9.3)
    assert len(trace.messages) > 10_000
    begin = time.perf_counter()
    space_time(trace).figure.savefig(io.BytesIO())
    assert time.perf_counter() - begin < 2


def test_wrong_arguments(asking):
    """Each wrong argument is answered by one sentence."""
    with pytest.raises(ValueError, match=r'unit must be one of "s", "ms" and "step"; got \'min\''):
        space_time(asking(), unit="min")
    with pytest.raises(ValueError, match="max_messages must be 1 or more; got 0"):
        space_time(asking(), max_messages=0)
    with pytest.raises(ValueError, match="leave_out names 'Anser', but the messages are: Ask, Answer"):
        space_time(asking(), leave_out=["Anser"])
    with pytest.raises(SimulationError, match="full trace"):
        space_time(asking(trace="outline"))


def test_the_same_trace_gives_the_same_bytes(asking):
    """Drawing twice gives the same picture, byte for byte."""
    pictures = []
    for _ in range(2):
        file = io.BytesIO()
        space_time(asking(faults=[Crash(2, at=1.0)])).figure.savefig(file, format="png")
        pictures.append(file.getvalue())
    assert pictures[0] == pictures[1]
