"""Gantt charts: a bar per piece of work, in its worker's lane."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from distlab.computing.parallel import DataParallel, SingleMachine, TaskParallel, report, run, schedule, whole
from distlab.plots import gantt
from distlab.sim import Crash


def bars(ax):
    """Lane, start, end of each bar."""
    found = [(round(bar.get_y() + bar.get_height() / 2), bar.get_x(), bar.get_width()) for bar in ax.patches]
    return sorted((lane, start, start + width) for lane, start, width in found)


def entries(ax):
    """The texts of the legend."""
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_bar_per_piece_of_work_in_its_lane():
    """Each row of the schedule is one bar from its start to its end; the dispatcher stands on top."""
    table = schedule(run(TaskParallel, report(), 3, split=0.2))
    ax = gantt(table)
    lanes = {"dispatcher": 0, 1: 1, 2: 2, 3: 3}
    assert [text.get_text() for text in ax.get_yticklabels()] == [
        "dispatcher",
        "worker 1",
        "worker 2",
        "worker 3",
    ]
    rows = zip(table["worker"].map(lanes), table["start"], table["end"], strict=True)
    assert [pytest.approx(row) for row in sorted(rows)] == bars(ax)


def test_the_end_is_marked_and_named():
    """The dashed line stands at the end of the last piece, with the time beside it, inside the axes."""
    ax = gantt(schedule(run(TaskParallel, report(), 3)))
    [line] = [line for line in ax.lines if line.get_gid() == "end"]
    [said] = [text for text in ax.texts if text.get_gid() == "end"]
    assert line.get_xdata()[0] == 14.0
    assert said.get_text() == "14 s"
    ax.figure.canvas.draw()
    assert said.get_window_extent().x1 <= ax.get_window_extent().x1 + 1
    assert ax.get_xlabel() == "time (s)"
    assert ax.get_title(loc="left") == "Schedule: 9 pieces of work on 3 workers"


def test_jobs_differ_by_colour_and_hatch():
    """Every job has a look of its own, by two cues, and an entry in the legend."""
    ax = gantt(schedule(run(DataParallel, [whole(2.0)] * 4, 2)))
    looks = {bar.get_gid(): (bar.get_facecolor(), bar.get_hatch()) for bar in ax.patches}
    assert len({color for color, _ in looks.values()}) == len({hatch for _, hatch in looks.values()}) == 4
    assert entries(ax)[:4] == ["job 1", "job 2", "job 3", "job 4"]


def test_what_a_crash_destroyed_is_crossed_out():
    """The lost piece is hatched, and a cross stands where the worker stopped."""
    trace = run(DataParallel, whole(40.0), 4, pieces=4, patience=1.0, faults=[Crash(3, at=6.0)])
    ax = gantt(schedule(trace))
    [lost] = [bar for bar in ax.patches if bar.get_gid() == "lost"]
    [cross] = [line for line in ax.lines if line.get_gid() == "crash"]
    assert lost.get_hatch() == "xxx"
    assert (cross.get_xdata()[0], cross.get_ydata()[0]) == (6.0, 2)
    assert "lost" in entries(ax)


def test_what_the_dispatcher_does_is_dark():
    """Splitting and merging look alike whatever the job, and are named in the legend."""
    ax = gantt(schedule(run(DataParallel, [whole(2.0)] * 2, 2, split=0.5, merge=0.25)))
    own = [bar for bar in ax.patches if bar.get_gid() == "split or merge"]
    assert sorted(bar.get_width() for bar in own) == [0.25, 0.25, 0.5, 0.5]
    assert len({bar.get_facecolor() for bar in own}) == 1
    assert "split or merge" in entries(ax)


def test_tasks_are_named_where_there_is_room():
    """A long bar bears its name, a short one does not; without a label column there is none."""
    rows = [(1, "long", 0.0, 9.0), (2, "short", 0.0, 0.1)]
    table = pd.DataFrame(rows, columns=["worker", "task", "start", "end"])
    assert [text.get_text() for text in gantt(table).texts] == ["long", "9 s"]
    assert [text.get_text() for text in gantt(table, label=None).texts] == ["9 s"]


def test_the_critical_path_is_framed():
    """The named tasks have a thicker frame of another colour, and the legend says what it means."""
    job = report()
    ax = gantt(schedule(run(TaskParallel, job, 3)), highlight=job.critical_path)
    thick = [bar for bar in ax.patches if bar.get_linewidth() > 2]
    assert len(thick) == len(job.critical_path)
    assert "critical path" in entries(ax)


def test_several_charts_share_a_scale_and_name_idle_workers():
    """With ``until`` two charts have the same time axis; who had nothing to do has an empty lane."""
    short = schedule(run(SingleMachine, [whole(2.0)] * 2))
    long = schedule(run(SingleMachine, [whole(2.0)] * 100))
    charts = [gantt(table, plt.subplots()[1], until=200.0) for table in (short, long)]
    assert charts[0].get_xlim() == charts[1].get_xlim()
    ax = gantt(short, workers=["machine", "spare"], title="One box")
    assert [text.get_text() for text in ax.get_yticklabels()] == ["machine", "spare"]
    assert ax.get_title(loc="left") == "One box"


def test_one_legend_is_enough_for_several_charts():
    """Without a legend, and with bars that all look alike, nothing is explained."""
    table = schedule(run(DataParallel, [whole(2.0)] * 3, 2))
    assert gantt(table, legend=False).get_legend() is None
    alike = gantt(table, by=None)
    assert alike.get_legend() is None
    assert len({(bar.get_facecolor(), bar.get_hatch()) for bar in alike.patches}) == 1


def test_processes_stand_in_the_order_of_their_numbers():
    """Process 10 comes after process 9."""
    table = pd.DataFrame({"worker": ["process 10", "process 9"], "start": [0.0, 0.0], "end": [1.0, 1.0]})
    assert [text.get_text() for text in gantt(table).get_yticklabels()] == ["process 9", "process 10"]


def test_nothing_at_all_is_said():
    """A table without rows gives a chart that says so."""
    empty = schedule(run(DataParallel, whole(1.0), 1, faults=[Crash("dispatcher", at=0.0)]))
    assert len(empty) == 0
    assert "nobody did anything" in [text.get_text() for text in gantt(empty).texts]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"workers": [1]}, "workers must name all workers of the table; 2 is missing"),
        ({"drop": "start"}, "start names 'start', which is no column"),
    ],
)
def test_a_wrong_table_is_answered_by_a_sentence(options, sentence):
    """A missing column or worker is named."""
    table = schedule(run(DataParallel, [whole(2.0)] * 2, 2))
    if "drop" in options:
        table = table.drop(columns=options.pop("drop"))
    with pytest.raises(ValueError, match=sentence):
        gantt(table, **options)
