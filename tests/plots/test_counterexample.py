import io
from dataclasses import replace

import pytest

from distlab.check import Bounds, LeaderElection, check
from distlab.coordination.election import Bully, Raft
from distlab.coordination.election.raft_mutants import MUTANTS
from distlab.plots import counterexample
from distlab.sim import Isolate, Network, Simulation, Uniform, cluster


@pytest.fixture(scope="module")
def votes_twice():
    """The report of the first mutant of Raft, whose voters forget their vote: found by the untimed search."""
    return check(
        MUTANTS[0].build,
        LeaderElection(),
        nodes=3,
        runs=0,
        bounds=Bounds(nodes=3, timeouts=2),
        progress=False,
    )


def test_both_runs_are_drawn_in_steps(votes_twice):
    """The failing run stands above the nearest passing run, both over numbers of steps, at the same scale."""
    failing, passing = counterexample(votes_twice).axes
    assert failing.get_title(loc="left").startswith("The failing run")
    assert passing.get_title(loc="left") == "The nearest run in which all is well"
    assert failing.get_xlabel() == passing.get_xlabel() == "step"
    assert failing.get_xlim() == passing.get_xlim()


def test_the_sentence_is_the_title(votes_twice):
    """The title of the figure says what is wrong."""
    title = counterexample(votes_twice).get_suptitle()
    assert title.replace("\n", " ") == votes_twice.counterexample.sentence


def test_guilty_events_are_marked_in_the_failing_run_only(votes_twice, look):
    """Each guilty event has a ring, where and when it happened."""
    found = votes_twice.counterexample
    failing, passing = counterexample(votes_twice).axes
    events = [found.trace.event(row) for row in found.rows]
    assert look.points(failing, "highlight") == [(event.time, event.node - 1) for event in events]
    assert not look.points(passing, "highlight")


def test_the_first_difference_is_marked_in_both(votes_twice, look):
    """A dashed line stands where the runs part."""
    failing, passing = counterexample(votes_twice).axes
    assert [line.get_xdata()[0] for line in look.marked(failing, "parting")] == [6.0, 6.0]
    assert [line.get_xdata()[0] for line in look.marked(passing, "parting")] == [5.0]
    assert "the runs part here" in [text.get_text() for text in failing.texts]
    assert "the run ends here; the other goes on" in [text.get_text() for text in passing.texts]


def test_one_legend_serves_both(votes_twice, look):
    """The legend stands once, under the figure, and explains rings and stars."""
    failing, passing = counterexample(votes_twice).axes
    assert failing.get_legend() is None
    texts = look.legend(passing)
    assert {"event to look at", "where the runs part", "RequestVote", "leader"} <= set(texts)
    assert len(texts) == len(set(texts))


def test_without_a_passing_run(votes_twice):
    """If no run passes, the failing one stands alone."""
    found = replace(votes_twice.counterexample, passing=None)
    assert len(counterexample(found).axes) == 1


def test_timed_runs_have_seconds(votes_twice, look):
    """A counterexample of the simulator is drawn over seconds, cut to what matters, and says so."""
    network = Network(latency=Uniform(0.005, 0.015))

    def run(**options):
        return Simulation(cluster(Bully, 3), network=network, **options).run(until=3.0)

    trace, passing = run(faults=[Isolate(3, at=2.0)]), run()
    late = [row for row, *_, payload in trace.instants() if getattr(payload, "role", "") == "leader"][-1]
    found = replace(
        votes_twice.counterexample,
        trace=trace,
        passing=passing,
        rows=(late,),
        setting=[("seed", "0")],
        code="run()",
        sentence="two leaders at t = 2.3 s: " + "node 3 and node 2, " * 8,
    )
    figure = counterexample(found, max_messages=30)
    failing = figure.axes[0]
    assert failing.get_xlabel() == "time (s)"
    assert "messages not shown" in failing.get_title(loc="left")
    assert look.points(failing, "highlight")
    assert max(map(len, figure.get_suptitle().split("\n"))) <= 88


def test_a_report_without_a_counterexample():
    """What passed has nothing to draw."""
    report = check(Raft, LeaderElection(), nodes=3, runs=2, bounds=None, progress=False)
    with pytest.raises(ValueError, match="report must have a counterexample to draw"):
        counterexample(report)


def test_the_report_draws_itself(votes_twice):
    """``report.figure()`` is this figure, and the same bytes each time."""
    pictures = []
    for figure in (votes_twice.figure(), counterexample(votes_twice)):
        file = io.BytesIO()
        figure.savefig(file, format="png")
        pictures.append(file.getvalue())
    assert pictures[0] == pictures[1]
