import pytest

from distlab.plots import inside
from distlab.reliability import Client, Server
from distlab.reliability.scenarios import one_server
from distlab.sim import Call, Constant, Network, Outage, Pause, Simulation


def two_requests(faults=(), **client):
    """Two requests of a second each, at 0 s and 0.5 s, and four seconds of run."""
    nodes = {"client": Client(**client), "server": Server(Constant(1.0))}
    calls = [Call("client", at, "ask") for at in (0.0, 0.5)]
    return Simulation(nodes, Network(latency=0.0), faults, calls).run(until=4.0)


def steps(ax):
    """Where the line changes: (seconds, requests)."""
    line = ax.lines[0]
    return list(zip(line.get_xdata().tolist(), line.get_ydata().tolist(), strict=True))


def test_the_steps_are_the_requests_that_wait_or_are_served(look):
    """One from 0 s, two from 0.5 s, one from 1 s, none from 2 s; the mean over 4 s is 0.625."""
    ax = inside(two_requests())
    assert steps(ax) == [(0.0, 1), (0.5, 2), (1.0, 1), (2.0, 0), (4.0, 0)]
    assert ax.lines[1].get_ydata()[0] == pytest.approx(2.5 / 4)
    assert look.legend(ax) == ["requests inside", "mean 0.625"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (s)", "requests")
    assert ax.get_title(loc="left") == "Requests inside"


def test_what_is_still_open_counts_to_the_end():
    """The crash takes both requests away from the server, but no client knows."""
    ax = inside(two_requests([Outage("server", 0.7, 1.5)]))
    assert steps(ax)[-1] == (4.0, 2)


@pytest.mark.parametrize(
    ("fault", "label", "span"),
    [
        (Outage("server", 0.7, 1.5), "down", (0.7, 1.5)),
        (Pause("server", 0.7, 1.0), "stands still", (0.7, 1.7)),
    ],
)
def test_times_without_a_server_are_shaded(look, fault, label, span):
    """With a hatch and an entry in the legend."""
    ax = inside(two_requests([fault]))
    [patch] = [patch for patch in ax.patches if patch.get_gid() == label]
    assert (patch.get_x(), round(patch.get_x() + patch.get_width(), 9)) == span
    assert patch.get_hatch()
    assert look.legend(ax)[-1] == label


def test_no_request_is_an_empty_figure(look):
    """Nothing was asked, so the line is at 0."""
    ax = inside(one_server(0.0, seconds=2.0), title="idle")
    assert set(ax.lines[0].get_ydata().tolist()) == {0}
    assert ax.get_title(loc="left") == "idle"


def test_it_draws_where_it_is_told():
    """The given Axes come back."""
    first = inside(two_requests())
    assert inside(two_requests(), first) is first
