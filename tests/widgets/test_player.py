"""The player without a browser: its film, its branches, and what a notebook stores of it."""

import json
import pickle

import pytest

from distlab.coordination.election import Bully, Raft
from distlab.sim import (
    Call,
    Constant,
    Crash,
    Network,
    Node,
    Outage,
    Pause,
    Simulation,
    Uniform,
    cluster,
    message,
)
from distlab.widgets import player


@message
class Hello:
    number: int


class Greeter(Node):
    """Node 1 greets the others; they count."""

    stable = ("heard",)

    def __init__(self):
        self.heard = 0

    def on_start(self):
        self.become("greeter" if self.id == 1 else "listener", term=self.id)
        if self.id == 1:
            self.greet()

    def greet(self):
        self.broadcast(Hello(1))
        self.timer = self.after(0.05, self.greet)

    def stop(self):
        self.timer.cancel()

    def on_hello(self, msg, sender):
        self.heard += msg.number
        self.record("heard", total=self.heard)


def _raft(**options):
    network = Network(latency=Uniform(0.005, 0.015), loss=0.05)
    return Simulation(cluster(Raft, 5), network, faults=[Outage("leader", 0.5, 1.0)], seed=7, **options)


def _greeting(**options):
    return Simulation(cluster(Greeter, 3), **options)


def test_each_event_is_a_step_with_its_sentence():
    """Starts, arrivals and timers, in the order of the run."""
    film = player(_greeting(), until=0.04).run
    assert [film.sentence(step) for step in range(len(film) + 1)] == [
        "Before the run: nothing has happened yet",
        "t = 0 s: node 1 starts; becomes greeter (term 1); sends Hello(number=1) to nodes 2, 3",
        "t = 0 s: node 2 starts; becomes listener (term 2)",
        "t = 0 s: node 3 starts; becomes listener (term 3)",
        "t = 0.01 s: node 2 receives Hello(number=1) from node 1; notes heard (total 1)",
        "t = 0.01 s: node 3 receives Hello(number=1) from node 1; notes heard (total 1)",
    ]


def test_the_film_is_the_run():
    """The player's copy leaves the trace that the simulation would leave; the simulation is left alone."""
    sim = _raft()
    shown = player(sim, until=1.5)
    assert sim.time == 0
    assert shown.run.trace.digest() == sim.run(until=1.5).digest()
    assert len(shown.run) == sum(
        event.kind not in ("role", "record") and (event.happened or event.fate == "down")
        for event in sim.trace.events(happened=False)
    )


def test_a_run_that_is_over_gives_the_same_film():
    """A trace knows what it was made from, so memories and lines of code are there, too."""
    sim = _raft()
    before = player(sim, until=1.5).run.data
    trace = sim.run(until=1.5)
    assert player(trace).run.data == before
    assert player(sim).run.data == before
    outline = _raft(trace="outline").run(until=1.5)
    assert player(outline).run.data == before


def test_a_run_that_stopped_early_ends_at_the_same_event():
    """What was due at the same time, but behind the end, is not shown."""
    trace = _raft().run(until=5.0, stop_at="leader")
    film = player(trace).run
    assert film.sentence(len(film)).split("; ")[1] == "becomes leader (term 1)"


def test_memory_is_what_the_nodes_remembered():
    """Values are known for every step, and whether they are on disk."""
    data = player(_greeting(), until=0.07).run.data
    heard = next(one for one in data["memory"][1] if one["name"] == "heard")
    assert heard == {"name": "heard", "disk": True, "values": [(0, "0"), (4, "1"), (7, "2")]}
    timer = next(one for one in data["memory"][0] if one["name"] == "timer")
    assert timer["values"] == [(1, "Timer(greet())")]


def test_the_lines_that_ran_are_known():
    """A step names the methods that ran, and their lines; the source stands beside them."""
    data = player(_greeting(), until=0.04).run.data
    named = [
        [
            (
                data["sources"][number]["name"],
                [data["sources"][number]["lines"][line].strip() for line in lines],
            )
            for number, lines in step.get("lines", [])
        ]
        for step in data["steps"]
    ]
    assert named[2] == [
        (
            "Greeter.on_start",
            ['self.become("greeter" if self.id == 1 else "listener", term=self.id)', "if self.id == 1:"],
        )
    ]
    assert [name for name, _ in named[1]] == ["Greeter.on_start", "Greeter.greet"]
    assert data["sources"][0]["where"].endswith("test_player.py")
    assert "/" not in data["sources"][0]["where"].split("tests")[0]


def test_messages_go_from_their_sending_step_to_their_end():
    """What is under way at a step can be told from two numbers per message, also for what got lost."""
    film = player(_raft(), until=1.5).run
    data = film.data
    table = film.trace.messages
    assert len(data["messages"]) == len(table)
    for one, sent, fate in zip(data["messages"], table.sent, table.fate, strict=True):
        assert data["steps"][one["s0"]]["t"] == sent
        assert one["fate"] == fate
        if fate in ("received", "down"):
            assert data["steps"][one["s1"]]["row"] == one["row"]
        elif one["s1"] is not None and one["s1"] <= len(film):
            assert data["steps"][one["s1"]]["t"] >= one["due"]
    assert {"lost", "down", "received"} <= set(table.fate)


def test_timers_run_from_setting_to_end():
    """At every step the running timers are those that the simulation has pending."""
    sim = _raft()
    film = player(sim, until=1.2).run
    for step in range(1, len(film) + 1):
        assert sim.step() == film.data["steps"][step]["row"]
        running = {
            one["row"]
            for one in film.data["timers"]
            if one["s0"] <= step and not (one["s1"] is not None and one["s1"] <= step)
        }
        assert running == {row for _, row, _, _, payload in sim.pending() if "Timer" in repr(payload)}


def test_roles_and_crashes_are_told_per_step():
    """The leader that crashes has no role and is down, then it is back."""
    data = player(_raft(), until=1.5).run.data
    taken = [role for _, role, _ in data["roles"][0]]
    assert taken[:5] == [None, "follower", "candidate", "leader", None]
    [down, up] = data["down"][0]
    assert [down[1], up[1]] == [1, 0]
    assert data["steps"][down[0]]["say"] == "t = 0.5 s: node 1, the leader, crashes, until t = 1 s"
    assert data["faults"][0]["step"] == down[0]


def test_a_pause_is_told():
    """A node that stands still is marked from one step to another."""
    data = player(_greeting(faults=[Pause(2, 0.005, 0.02)]), until=0.06).run.data
    [[node, start, end]] = data["paused"]
    assert node == 1
    assert data["steps"][start]["kind"] == "fault"
    assert "node 2 receives" in data["steps"][end]["say"]


def test_a_trace_from_elsewhere_is_shown_without_memory_and_branches():
    """It says why there is no branch."""
    trace = pickle.loads(pickle.dumps(_raft().run(until=1.5)))
    shown = player(trace)
    assert shown.run.data["memory"] is None
    assert [step["say"] for step in shown.run.data["steps"]] == [
        step["say"] for step in player(_raft(), until=1.5).run.data["steps"]
    ]
    assert shown.why.startswith("No branches here: this trace does not know what it was made from")
    with pytest.raises(ValueError, match="does not know what it was made from"):
        shown.make_branch(3, "crash", 1)


def test_a_run_that_was_changed_on_the_way_is_shown_as_it_was():
    """A message dropped by hand in the middle cannot be made again from the arguments, and is not."""
    sim = _greeting()
    sim.step()
    sim.drop(next(row for _, row, _, _, payload in sim.pending() if payload == Hello(1)))
    sim.run(until=0.04)
    shown = player(sim)
    assert "changed by hand" in shown.why
    assert len(shown.run) == 4


def test_data_is_plain_and_deterministic():
    """The same call gives the same JSON."""
    first, second = (json.dumps(player(_raft(), until=1.5).run.data) for _ in range(2))
    assert first == second


def test_a_long_run_is_cut_and_says_so():
    """The player of a run without end shows its beginning."""
    shown = player(_greeting(), events=10)
    assert len(shown.run) == 10
    assert shown.run.data["cut"] == "Only the first 10 events are shown; the run goes on."


def test_an_algorithm_that_breaks_is_shown_up_to_there():
    """The last step says what went wrong."""

    class Breaks(Greeter):
        def on_hello(self, msg, sender):
            raise KeyError("no such thing")

    film = player(Simulation(cluster(Breaks, 2)), until=1.0).run
    assert film.sentence(len(film)).startswith(
        "t = 0.01 s: node 2 receives Hello(number=1) from node 1; the algorithm broke with KeyError"
    )


def test_at_is_a_step_or_a_time():
    """A whole number is a step, a decimal number a time."""
    assert player(_greeting(), until=0.1, at=4).step == 4
    assert player(_greeting(), until=0.1, at=0.01).step == 5
    assert player(_greeting(), until=0.1, at=4).node == 1
    assert player(_greeting(), until=0.1, node=3).node == 2
    for wrong, what in [
        ({"at": 99}, "a step from 0"),
        ({"at": 2.0}, "a time from 0 to 0.1"),
        ({"at": "x"}, "whole number"),
        ({"node": 9}, "node must be one of 1, 2, 3"),
    ]:
        with pytest.raises(ValueError, match=what):
            player(_greeting(), until=0.1, **wrong)


def test_a_source_that_is_none_is_refused():
    """The error says what would be right."""
    with pytest.raises(ValueError, match=r"run\(until=...\) must be a time in seconds; got -1.0"):
        player(_greeting(), until=-1.0)
    with pytest.raises(ValueError, match="events must be a whole number of 1 or more; got 0"):
        player(_greeting(), events=0)
    with pytest.raises(ValueError, match="source must be a Simulation, a Trace, or a failed Report"):
        player("run")


def _row(shown, step, to):
    return next(
        one["row"]
        for one in shown.run.data["messages"]
        if one["s0"] <= step and (one["s1"] is None or one["s1"] > step) and one["to"] == to - 1
    )


def test_a_branch_delivers_another_message_first():
    """Node 3 hears the greeting before node 2; the rest of the run is the same."""
    shown = player(_greeting(), until=0.04)
    branch = shown.make_branch(3, "deliver", _row(shown, 3, to=3))
    assert [branch.sentence(step).split(": ")[1].split(" receives")[0] for step in (4, 5)] == [
        "node 3",
        "node 2",
    ]
    assert shown.compared["parted"] == 4
    assert shown.compared["sentences"][0] == "The same for 3 steps."
    assert shown.branch == branch.data


def test_a_branch_drops_a_message():
    """What is dropped never arrives, and the drop is a step."""
    shown = player(_greeting(), until=0.04)
    branch = shown.make_branch(3, "drop", _row(shown, 3, to=3))
    assert branch.sentence(4) == "t = 0 s: Hello(number=1) from node 1 to node 3 is dropped by hand"
    assert branch.trace.records.node.tolist() == [2]
    assert branch.data["messages"][1]["s1"] == 4


def test_a_branch_crashes_and_recovers_a_node():
    """Later changes come on top of earlier ones, if the branch is branched."""
    shown = player(_greeting(), until=0.2)
    shown.make_branch(3, "crash", 1)
    assert shown.other.sentence(4) == "t = 0 s: node 1 crashes"
    assert len(shown.other.trace.messages) == 2
    branch = shown.make_branch(5, "recover", 1, of="branch")
    assert [change.action for change in branch.changes] == ["crash", "recover"]
    assert branch.sentence(6) == "t = 0.01 s: node 1 recovers"
    assert len(branch.trace.messages) > 2
    assert shown.make_branch(3, "drop", _row(shown, 3, to=2), of="branch").changes[0].action == "drop"


def test_a_branch_lets_a_timer_run_out():
    """The timer fires at once and not again at its time."""
    shown = player(_greeting(), until=0.04)
    [timer] = [one["row"] for one in shown.run.data["timers"] if one["s0"] == 1]
    branch = shown.make_branch(3, "fire", timer)
    assert branch.sentence(4).startswith("t = 0 s: node 1: the timer greet() runs out; sends Hello")


def test_a_branch_of_an_election_changes_the_leader():
    """The comparison says who led in both."""
    shown = player(Simulation(cluster(Bully, 3), Network(latency=Constant(0.01))), until=1.0)
    shown.make_branch(2, "crash", 3)
    assert ["first leader", "node 3, t = 0 s", "node 2, t = 0.1 s"] in shown.compared["rows"]
    assert ["node 3 at the end", "leader", "down"] in shown.compared["rows"]


@pytest.mark.parametrize(
    ("after", "action", "target", "what"),
    [
        (3, "drop", 99, "dropping the message is not possible here: row 99 is not a message"),
        (3, "explode", 1, "action must be one of deliver, fire, drop, crash, recover"),
        (99, "crash", 1, "after must be a step from 0 to"),
        (3, "crash", 9, "names a node that does not exist"),
    ],
)
def test_a_branch_that_is_not_possible_is_refused(after, action, target, what):
    """The error says why."""
    with pytest.raises(ValueError, match=what):
        player(_greeting(), until=0.04).make_branch(after, action, target)


def test_the_front_end_is_answered():
    """A question from the browser gives a branch, or a sentence."""
    shown = player(_greeting(), until=0.04)
    said = []
    shown.send = lambda content, buffers=None: said.append(content)
    shown._asked(shown, {"ask": "branch", "of": "run", "after": 3, "action": "crash", "target": 1}, [])
    assert shown.branch["steps"][4]["say"] == "t = 0 s: node 2 crashes"
    shown._asked(shown, {"ask": "branch", "of": "run", "after": 3, "action": "drop", "target": 99}, [])
    [answer] = said
    assert answer["say"].startswith("This is not possible: dropping the message is not possible here: row 99")


def test_calls_of_the_world_are_told():
    """The workload's calls are steps."""
    film = player(_greeting(workload=[Call(1, 0.02, "stop")]), until=0.2).run
    assert "t = 0.02 s: node 1 is called: stop()" in [step["say"] for step in film.data["steps"]]
    assert film.data["timers"][0]["s1"] == 6


def test_a_notebook_stores_a_line_and_a_picture():
    """The same bytes every time; the widget view is there for JupyterLab."""
    first, second = (player(_raft(), until=1.5, at=12)._repr_mimebundle_()[0] for _ in range(2))
    assert first["text/plain"] == (
        "Player of Raft, 5 nodes, seed 7: 154 steps, opened at step 12: t = 0.1963 s: node 1 receives "
        "RequestVoteReply(term=1, vote_granted=True) from node 5; becomes leader (term 1); sends "
        "AppendEntries(term=1, leader_id=1) to nodes 2, 3, 4, 5"
    )
    assert first["image/png"] == second["image/png"]
    assert len(first["image/png"]) < 40_000
    assert "application/vnd.jupyter.widget-view+json" in first
    crashed = player(_greeting(faults=[Crash(1, 0.01)]), until=0.04)
    assert "image/png" in crashed._repr_mimebundle_()[0]


def test_what_changes_comes_first():
    """A node's memory begins with what changes; a crash alone changes nothing."""
    data = player(_raft(), until=1.5).run.data
    names = [one["name"] for one in data["memory"][0]]
    assert names.index("current_term") < names.index("timeout")
    assert names.index("votes") < names.index("heartbeat")
