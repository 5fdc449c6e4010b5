"""Faults as data, and what they do: crash, recovery, outage, partitions, slow and lossy links."""

import re
from dataclasses import dataclass, replace

import pytest

from distlab.sim import (
    ClockDrift,
    ClockJump,
    ContractError,
    Crash,
    Cut,
    Equivocate,
    Fault,
    Forge,
    Heal,
    Isolate,
    LossBurst,
    Network,
    Node,
    Outage,
    Partition,
    Pause,
    Recover,
    Silence,
    Simulation,
    SimulationError,
    SlowLink,
    cluster,
    message,
)


@message
class Hello:
    number: int


class Greeter(Node):
    """Greets all peers at 0.5, 1.5, 2.5, ... seconds."""

    def on_start(self):
        self.number = 0
        self.after(0.5, self.greet)

    def greet(self):
        self.broadcast(Hello(self.number))
        self.number += 1
        self.after(1.0, self.greet)

    def on_hello(self, msg, sender):
        self.record("heard", sender=sender, number=msg.number)


class Leader(Greeter):
    """Node 2 leads."""

    def on_start(self):
        super().on_start()
        if self.id == 2:
            self.become("leader")


def greet(*faults, nodes=3, until=3.0, kind=Greeter, latency=0.1, **options):
    """A run of greeters under some faults."""
    network = Network(latency=latency, **options)
    return Simulation(cluster(kind, nodes), network, faults=faults).run(until=until)


def heard(trace, number=None):
    """Who heard whom: (sender, receiver) pairs, of one round."""
    table = trace.records
    if number is not None:
        table = table[table.number == number]
    return sorted(zip(table.sender, table.node, strict=True))


ALL_PAIRS = [(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)]


def test_without_faults_everybody_hears_everybody():
    """The baseline of the tests below."""
    assert heard(greet(), 0) == heard(greet(), 1) == ALL_PAIRS


# --- crash, recovery, outage


class Counter(Node):
    """Counts ticks; ``total`` is on disk, ``recent`` is not."""

    stable = ("total",)

    def __init__(self, step=1, notes=None):
        self.step = step
        self.notes = notes
        self.total = 0
        self.recent = 0

    def on_start(self):
        self.every(1.0, self.tick)

    def on_recover(self):
        self.record("recovered", total=self.total, recent=self.recent, role=self.role)
        self.on_start()

    def tick(self):
        self.total += self.step
        self.recent += 1
        self.become("busy")


def test_a_crash_keeps_what_is_stable_and_loses_the_rest():
    """After recovery the node is built anew with its arguments, and gets the stable attributes back."""
    faults = [Crash(1, at=2.5), Recover(1, at=4.0)]
    sim = Simulation(cluster(Counter, 1, step=5), faults=faults)
    trace = sim.run(until=5.5)
    assert trace.records[["time", "total", "recent"]].values.tolist() == [[4.0, 10, 0]]
    assert trace.records.role.tolist() == [None]
    assert (sim.nodes[1].total, sim.nodes[1].recent, sim.nodes[1].step) == (15, 1, 5)


def test_a_crash_cancels_timers():
    """Nothing fires while the node is down, and what was set before never does."""
    trace = Simulation(cluster(Counter, 1), faults=[Crash(1, at=2.5), Recover(1, at=4.25)]).run(until=6.0)
    fired = trace.timers.query("fate == 'fired'")
    assert fired.due.tolist() == [1.0, 2.0, 5.25]
    assert trace.timers.fate.tolist() == ["fired", "fired", "cancelled", "fired", "pending"]


def test_without_on_recover_a_node_starts_as_at_the_beginning():
    """``on_recover`` calls ``on_start`` unless it is written."""
    trace = greet(Crash(1, at=1.0), Recover(1, at=2.0), until=3.0)
    assert trace.records.query("sender == 1").number.tolist() == [0, 0, 0, 0]


def test_messages_to_a_dead_node_are_gone():
    """Their fate is "down"; nobody hears of them, not even after a recovery."""
    trace = greet(Crash(3, at=1.0), Recover(3, at=1.7), until=2.0)
    assert heard(trace, 0) == ALL_PAIRS
    assert heard(trace, 1) == [(1, 2), (2, 1)]
    down = trace.messages.query("fate == 'down'")
    assert down[["sender", "receiver", "sent"]].values.tolist() == [[1, 3, 1.5], [2, 3, 1.5]]
    assert down.received.isna().all()


def test_a_message_under_way_survives_the_crash_of_its_sender():
    """What was sent was sent."""
    trace = greet(Crash(1, at=0.55))
    assert (1, 2) in heard(trace, 0)
    assert not [pair for pair in heard(trace, 1) if pair[0] == 1]


def test_a_message_can_arrive_after_a_quick_recovery():
    """A node that is back in time gets what was under way, though it has forgotten why."""
    trace = greet(Crash(3, at=0.52), Recover(3, at=0.58), until=1.0)
    assert heard(trace, 0) == ALL_PAIRS


def test_crashing_twice_is_crashing_once():
    """A crash of a dead node and a recovery of a living one do nothing."""
    faults = [Crash(1, 1.0), Crash(1, 1.2), Recover(1, 2.0), Recover(1, 2.2), Recover(2, 0.2)]
    trace = greet(*faults)
    assert trace.crashes == [(1, 1.0, 2.0)]
    assert len([event for event in trace.events() if event.kind == "restart"]) == 1


def test_crashes_are_spans_of_time():
    """A node that stays down is down to the end."""
    trace = greet(Crash(1, 1.0), Recover(1, 2.0), Crash(2, 1.5), Crash(1, 2.5))
    assert trace.crashes == [(1, 1.0, 2.0), (2, 1.5, 3.0), (1, 2.5, 3.0)]


def test_arguments_are_as_they_were_when_the_node_was_built():
    """A list given to the constructor is copied before anybody can change it."""

    class Listing(Node):
        def __init__(self, items):
            self.items = items

        def on_start(self):
            self.record("items", items=self.items)
            self.items.append(len(self.items))

    trace = Simulation({1: Listing([0])}, faults=[Crash(1, 1.0), Recover(1, 2.0)]).run()
    assert trace.records["items"].tolist() == [[0], [0]]


def test_a_stable_attribute_that_does_not_exist_is_a_mistake():
    """It is found when the disk is needed, at the crash."""

    class Typo(Node):
        stable = ("trem",)

        def __init__(self):
            self.term = 0

    with pytest.raises(ContractError) as error:
        Simulation(cluster(Typo, 1), faults=[Crash(1, 1.0)]).run()
    assert str(error.value) == "Typo.stable names 'trem', but node 1 has no such attribute."


def test_stable_is_a_tuple_of_names():
    """A single name in brackets is not a tuple."""
    with pytest.raises(
        ContractError, match=r"^Lone.stable must be a tuple of names: write stable = \('x',\)\.$"
    ):
        type("Lone", (Node,), {"stable": ("x")})
    with pytest.raises(ContractError, match=r"^Odd.stable must be a tuple of names; got \(1,\)\.$"):
        type("Odd", (Node,), {"stable": (1,)})


def test_an_outage_is_a_crash_and_the_recovery_of_the_same_node():
    """Also if the node was named "leader" and another one leads by then."""
    trace = greet(Outage("leader", at=1.0, until=2.0), kind=Leader)
    assert trace.crashes == [(2, 1.0, 2.0)]
    assert trace.faults.fault.tolist() == ["Outage", "Recover"]
    assert greet(Outage(1, at=1.0)).crashes == [(1, 1.0, 3.0)]


# --- links


def test_a_partition_stops_messages_between_groups():
    """Inside a group everybody hears everybody; after its end all do again."""
    trace = greet(Partition([[1, 2], [3]], at=1.0, until=2.0))
    assert heard(trace, 1) == [(1, 2), (2, 1)]
    assert heard(trace, 2) == ALL_PAIRS
    assert (trace.messages.fate == "cut").sum() == 4


def test_nodes_that_are_not_named_form_one_more_group():
    """Naming one side is enough."""
    assert heard(greet(Partition([[3]], at=1.0)), 1) == [(1, 2), (2, 1)]
    assert heard(greet(Partition([[1]], at=1.0), nodes=4), 1) == [
        (2, 3),
        (2, 4),
        (3, 2),
        (3, 4),
        (4, 2),
        (4, 3),
    ]


def test_any_number_of_groups():
    """Three groups of one node each: silence."""
    assert heard(greet(Partition([[1], [2], [3]], at=1.0)), 1) == []


def test_a_one_way_partition_stops_only_what_the_first_group_sends():
    """It still hears the others."""
    trace = greet(Partition([[1], [2, 3]], at=1.0, one_way=True))
    assert heard(trace, 1) == [(2, 1), (2, 3), (3, 1), (3, 2)]


def test_what_is_under_way_arrives_through_a_new_partition():
    """A partition is for what is sent from then on."""
    assert heard(greet(Partition([[1], [2], [3]], at=0.55)), 0) == ALL_PAIRS


def test_heal_ends_partitions_and_cuts_but_not_slow_links():
    """Everything that cuts is over."""
    faults = [Partition([[1], [2, 3]], 1.0), Isolate(2, 1.0), Cut(3, 2, 1.0), SlowLink(1, 2, 1.0, extra=0.2)]
    trace = greet(*faults, Heal(2.0), until=3.5)
    assert heard(trace, 1) == []
    assert heard(trace, 2) == ALL_PAIRS
    late = trace.messages.query("sent == 2.5 and sender == 1 and receiver == 2")
    assert (late.received - late.sent).round(9).tolist() == [0.3]


def test_overlapping_partitions_both_hold():
    """A link works when none of them cuts it."""
    trace = greet(Partition([[1], [2, 3]], 1.0, 2.2), Partition([[3], [1, 2]], 1.2, 3.2), until=4.0)
    assert heard(trace, 1) == []
    assert heard(trace, 2) == [(1, 2), (2, 1)]
    assert heard(trace, 3) == ALL_PAIRS


def test_of_two_equal_faults_each_has_its_own_end():
    """The first end does not end the second, though they are equal in all but time."""
    trace = greet(Cut(1, 2, 1.0, 2.0), Cut(1, 2, 1.0, 3.0), until=4.0)
    table = trace.messages.query("sender == 1 and receiver == 2")
    assert table.fate.tolist() == ["received", "cut", "cut", "received"]
    same = Cut(1, 2, 1.0, 2.0)
    table = greet(same, same, until=4.0).messages.query("sender == 1 and receiver == 2")
    assert table.fate.tolist() == ["received", "cut", "received", "received"]


def test_an_end_after_a_heal_ends_nothing_else():
    """A healed partition does not take a later one with it when its own end comes."""
    faults = [Partition([[1], [2, 3]], 0.2, 2.2), Heal(0.4), Partition([[1], [2, 3]], 1.2, 3.2)]
    table = greet(*faults, until=4.0).messages.query("sender == 1 and receiver == 2")
    assert table.fate.tolist() == ["received", "cut", "cut", "received"]


def test_isolation_cuts_one_node_off_in_both_directions():
    """The others go on."""
    assert heard(greet(Isolate(3, at=1.0)), 1) == [(1, 2), (2, 1)]


def test_a_single_link_can_be_cut_in_one_or_both_directions():
    """All other links work."""
    assert heard(greet(Cut(1, 2, at=1.0)), 1) == [pair for pair in ALL_PAIRS if pair != (1, 2)]
    both = heard(greet(Cut(1, 2, at=1.0, both=True)), 1)
    assert both == [pair for pair in ALL_PAIRS if pair not in [(1, 2), (2, 1)]]


def test_slow_links_take_longer():
    """Latency x factor + extra, for one link, for all links from or to a node, or for all."""
    trace = greet(SlowLink(1, None, 1.0, until=2.0, factor=2.0, extra=0.05), until=4.0)
    table = trace.messages.assign(delay=(trace.messages.received - trace.messages.sent).round(9))
    assert set(table.query("sender == 1 and 1 < sent < 2").delay) == {0.25}
    assert set(table.query("sender != 1 or sent < 1 or 2 < sent < 3").delay) == {0.1}
    both = greet(SlowLink(None, None, 1.0, factor=2.0), SlowLink(None, 2, 1.0, extra=0.5), until=4.0).messages
    assert (both.received - both.sent).round(9).loc[both.sent == 1.5].tolist() == [
        0.7,
        0.2,
        0.2,
        0.2,
        0.2,
        0.7,
    ]


def test_a_loss_burst_loses_on_the_links_that_it_names():
    """Losses of the network and of bursts are independent chances."""
    trace = greet(LossBurst(1.0, 1.0, until=2.0, receiver=3))
    assert heard(trace, 1) == [(1, 2), (2, 1), (3, 1), (3, 2)]
    assert heard(trace, 2) == ALL_PAIRS
    found = greet(LossBurst(0.5, 0.0), loss=0.2, nodes=20, until=9.9).messages
    assert (found.fate == "lost").mean() == pytest.approx(1 - 0.5 * 0.8, abs=0.03)


# --- whoever leads


def test_a_fault_may_name_the_leader():
    """The node that leads at that moment is hit, and the table of faults says which one it was."""
    trace = greet(Crash("leader", 1.0), kind=Leader)
    assert trace.crashes == [(2, 1.0, 3.0)]
    assert trace.faults[["fault", "node"]].values.tolist() == [["Crash", 2]]


def test_nobody_is_hit_if_nobody_leads():
    """The fault is in the table, with no node."""
    trace = greet(Crash("leader", 1.0), Partition([["leader"]], 1.0), Isolate("leader", 1.0))
    assert trace.crashes == []
    assert trace.faults.node.tolist() == [None, None, None]
    assert heard(trace, 1) == ALL_PAIRS


def test_a_leader_that_is_down_does_not_lead():
    """The second fault finds nobody."""
    trace = greet(Crash("leader", 1.0), Crash("leader", 1.2), kind=Leader)
    assert trace.faults.node.tolist() == [2, None]


class Zab(Greeter):
    def on_start(self):
        super().on_start()
        if self.id == 3:
            self.become("leading")


def test_zab_calls_its_leader_leading():
    """Both words count."""
    assert greet(Crash("leader", 1.0), kind=Zab).crashes == [(3, 1.0, 3.0)]


def test_the_latest_leader_counts():
    """Of two nodes that both believe to lead, the one that began last."""

    class Two(Greeter):
        def on_start(self):
            super().on_start()
            self.after(0.1 * self.id if self.id != 1 else 0.9, self.become, "leader")

    assert greet(Crash("leader", 1.0), kind=Two).crashes == [(1, 1.0, 3.0)]


@pytest.mark.parametrize(
    ("fault", "cut"),
    [
        (Partition([["leader"]], 1.0), [(1, 2), (2, 1), (2, 3), (3, 2)]),
        (Partition([["leader"], [1, 2, 3]], 1.0), [(1, 2), (2, 1), (2, 3), (3, 2)]),
        (Partition([["leader"], [1, 2, 3]], 1.0, one_way=True), [(2, 1), (2, 3)]),
        (Partition([[1, 3], ["leader"]], 1.0, one_way=True), [(1, 2), (3, 2)]),
        (Partition([["leader", 1], [3]], 1.0), [(1, 3), (2, 3), (3, 1), (3, 2)]),
        (Isolate("leader", 1.0), [(1, 2), (2, 1), (2, 3), (3, 2)]),
        (Cut("leader", 3, 1.0), [(2, 3)]),
        (Cut(3, "leader", 1.0), [(3, 2)]),
        (LossBurst(1.0, 1.0, sender="leader"), [(2, 1), (2, 3)]),
        (Silence("leader", 1.0), [(2, 1), (2, 3)]),
    ],
)
def test_faults_of_links_may_name_the_leader(fault, cut):
    """Node 2 leads; the list says which links stop."""
    assert heard(greet(fault, kind=Leader), 1) == [pair for pair in ALL_PAIRS if pair not in cut]


def test_a_node_may_be_called_leader():
    """Then the name means that node."""
    sim = Simulation({"leader": Greeter(), "other": Greeter()}, faults=[Crash("leader", 1.0)])
    assert sim.run(until=2.0).crashes == [("leader", 1.0, 2.0)]


# --- faults as data


SAMPLES = [
    Crash(1, 1.0),
    Recover(1, 1.0),
    Outage(1, 1.0, 2.0),
    Pause(1, 1.0, 0.5),
    Partition([[1], [2]], 1.0, 2.0),
    Isolate(1, 1.0),
    Cut(1, 2, 1.0),
    SlowLink(1, None, 1.0, factor=2.0),
    LossBurst(0.5, 1.0),
    Heal(1.0),
    ClockJump(1, 1.0, 5.0),
    ClockDrift(1, 1.0, 2.0),
    Silence(1, 1.0, to=[2]),
    Equivocate(1, 1.0),
    Forge(1, 1.0, pretend=2),
]


@pytest.mark.parametrize("fault", SAMPLES, ids=lambda fault: type(fault).__name__)
def test_faults_are_values(fault):
    """They are equal, hashed, shown, copied and moved in time as data."""
    import pickle

    assert fault == replace(fault) == pickle.loads(pickle.dumps(fault))
    assert hash(fault) == hash(replace(fault))
    assert isinstance(fault, Fault)
    assert eval(repr(fault), globals()) == fault
    moved = fault.moved(3.0)
    assert moved.at == 3.0
    if getattr(fault, "until", None) is not None:
        assert moved.until - moved.at == fault.until - fault.at


@pytest.mark.parametrize("fault", SAMPLES, ids=lambda fault: type(fault).__name__)
def test_every_fault_of_this_list_can_happen(fault):
    """It stands in the table of faults under its name, with its time."""
    trace = greet(fault)
    assert trace.faults[["time", "fault"]].values.tolist()[0] == [1.0, type(fault).__name__]


def test_the_table_of_faults_says_when_each_one_ends():
    """By itself, by a heal, or not at all."""
    faults = [
        Partition([[1]], 0.5),
        Cut(1, 2, 0.6, 0.9),
        Pause(1, 0.7, 0.1),
        Crash(3, 0.8),
        Isolate(2, 0.9, 9.0),
    ]
    table = greet(*faults, Heal(2.0)).faults
    assert table.until.fillna(-1).tolist() == pytest.approx([2.0, 0.9, 0.8, -1, 2.0, -1])
    assert table.detail[1] == "Cut(sender=1, receiver=2, at=0.6, until=0.9, both=False)"


def test_faults_that_have_not_happened_are_not_in_the_table():
    """The table is about the run as far as it went."""
    assert greet(Crash(1, 5.0)).faults.empty


def test_anybody_can_write_a_fault():
    """A frozen dataclass with ``at`` and ``happen``."""

    @dataclass(frozen=True)
    class Earthquake(Fault):
        at: float

        def happen(self, sim):
            for id in (1, 2):
                sim.crash(id)

    trace = greet(Earthquake(1.0))
    assert trace.crashes == [(1, 1.0, 3.0), (2, 1.0, 3.0)]
    assert trace.faults.fault.tolist() == ["Earthquake"]


def test_faults_come_before_everything_else_of_their_time():
    """A node that crashes at the time of a message does not get it."""
    trace = greet(Crash(3, at=0.6), until=1.0)
    assert heard(trace, 0) == [pair for pair in ALL_PAIRS if pair[1] != 3]


def test_a_fault_at_the_very_beginning_comes_before_the_nodes_start():
    """What they send as they start is cut off; a node that is crashed then never starts."""

    class Early(Greeter):
        def on_start(self):
            self.broadcast(Hello(0))

    assert heard(greet(Partition([[1]], at=0.0), kind=Early)) == [(2, 3), (3, 2)]
    trace = greet(Crash(1, at=0.0), kind=Early)
    assert heard(trace) == [(2, 3), (3, 2)]
    assert [event.fate for event in trace.events(False) if event.kind == "start"] == ["down", "done", "done"]


def test_faults_can_be_injected_while_a_run_rests():
    """A fault of the present moment happens before what is due then."""
    sim = Simulation(cluster(Greeter, 3), Network(latency=0.1))
    sim.run(until=1.0)
    sim.inject(Crash(3, at=1.0))
    assert sim.run(until=2.0).crashes == [(3, 1.0, 2.0)]
    with pytest.raises(
        SimulationError, match=r"^Crash\(node=1, at=1.0\) lies in the past: the simulation is at 2 s\.$"
    ):
        sim.inject(Crash(1, at=1.0))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Crash(1, at=-1), "Crash.at must be a number of seconds, 0 or more; got -1."),
        (lambda: Crash(1, at="soon"), "Crash.at must be a number of seconds, 0 or more; got 'soon'."),
        (lambda: Crash(1, at=float("nan")), "Crash.at must be a number of seconds, 0 or more; got nan."),
        (lambda: Outage(1, 2.0, 1.0), "Outage.until must be later than at=2.0; got 1.0."),
        (lambda: Isolate(1, 2.0, "x"), "Isolate.until must be a number of seconds, 0 or more; got 'x'."),
        (
            lambda: Recover("leader", 1.0),
            "Recover.node must be the id of a node, for nobody leads while it is down; "
            'use Outage("leader", ...).',
        ),
        (lambda: Pause(1, 1.0, 0), "Pause.duration must be a number of seconds, more than 0; got 0."),
        (lambda: Pause(1, 1.0, "x"), "Pause.duration must be a number of seconds, more than 0; got 'x'."),
        (lambda: Partition([], 1.0), "Partition needs at least one group of nodes; got none."),
        (lambda: Partition([[1], [1, 2]], 1.0), "Partition: node 1 is in two groups."),
        (
            lambda: Partition([1, 2], 1.0),
            "Partition.groups must be a list of groups such as [[1, 2], [3]]; got [1, 2].",
        ),
        (
            lambda: Partition(["ab", "c"], 1.0),
            "Partition.groups must be a list of groups such as [[1, 2], [3]]; got ['ab', 'c'].",
        ),
        (lambda: SlowLink(1, 2, 1.0, factor=-1), "SlowLink.factor must be a number, 0 or more; got -1."),
        (
            lambda: SlowLink(1, 2, 1.0, extra=-1),
            "SlowLink.extra must be a number of seconds, 0 or more; got -1.",
        ),
        (
            lambda: LossBurst(1.5, 1.0),
            "LossBurst.probability must be a probability between 0 and 1; got 1.5.",
        ),
        (lambda: ClockJump(1, 1.0, "x"), "ClockJump.by must be a number of seconds; got 'x'."),
        (lambda: ClockDrift(1, 1.0, 0), "ClockDrift.rate must be a number, more than 0; got 0."),
        (lambda: Silence(1, 1.0, to=2), "Silence.to must be a list of nodes such as [1, 2]; got 2."),
        (
            lambda: Equivocate(1, 1.0, rewrite=3),
            "Equivocate.rewrite must be a function (msg, to, rng) -> msg; got 3.",
        ),
    ],
)
def test_a_fault_that_cannot_be_is_refused(make, sentence):
    """When it is written, in one sentence."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        make()


@pytest.mark.parametrize(
    ("faults", "sentence"),
    [
        ([Crash(9, 1.0)], "Crash(node=9, at=1.0) names a node that does not exist; the nodes are: 1, 2, 3."),
        (
            [Partition([[1], [9]], 1.0)],
            "Partition(groups=((1,), (9,)), at=1.0, until=None, one_way=False) names a node that does not "
            "exist; the nodes are: 1, 2, 3.",
        ),
        (
            [Silence(1, 1.0, to=[9])],
            "Silence(node=1, at=1.0, until=None, to=(9,)) names a node that does not exist; "
            "the nodes are: 1, 2, 3.",
        ),
        (
            [Forge(1, 1.0, pretend=9)],
            "Forge(node=1, at=1.0, pretend=9, until=None) names a node that does not exist; "
            "the nodes are: 1, 2, 3.",
        ),
        ([3], "faults must be a list of faults such as Crash(3, at=1.0); got 3 in it."),
        (Crash(1, 1.0), "faults must be a list: write faults=[Crash(node=1, at=1.0)]."),
    ],
)
def test_a_schedule_must_fit_the_nodes(faults, sentence):
    """Found when the simulation is built."""
    with pytest.raises(SimulationError) as error:
        Simulation(cluster(Greeter, 3), faults=faults)
    assert str(error.value) == sentence


def test_a_set_of_nodes_is_taken_in_sorted_order():
    """The order of a set differs from process to process."""
    assert Partition([{"c", "a", "b"}], 1.0).groups == (("a", "b", "c"),)
    assert Silence(1, 1.0, to={"c", "a"}).to == ("a", "c")
