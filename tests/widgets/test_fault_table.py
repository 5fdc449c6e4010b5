"""The table of faults: rows and faults are the same data."""

import pytest

from distlab.coordination.election import Raft
from distlab.sim import (
    ClockDrift,
    ClockJump,
    Crash,
    Cut,
    Equivocate,
    Heal,
    Isolate,
    LossBurst,
    Outage,
    Partition,
    Pause,
    Recover,
    Simulation,
    SlowLink,
    cluster,
)
from distlab.widgets import FaultTable
from distlab.widgets.fault_rows import KINDS, Row, fault_of, row_of

FAULTS = [
    Crash("leader", at=1.0),
    Recover(3, at=2.0),
    Outage(2, at=1.0, until=2.5),
    Outage("n2", at=0.125),
    Pause(3, at=1.0, duration=0.5),
    Isolate("leader", at=1.0, until=2.0),
    Partition([[1, 2], [3, "leader"]], at=1.0, until=4.0),
    Heal(at=3.0),
    Cut(1, 2, at=1.0),
    SlowLink(1, None, at=1.0, until=2.0, factor=10.0),
    LossBurst(0.5, at=1.0),
    LossBurst(0.25, at=1.0, until=2.0, receiver=3),
    ClockJump(3, at=1.0, by=-0.5),
    ClockDrift(3, at=1.0, rate=1.01),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_and_its_row_are_the_same(fault):
    """What is shown gives the fault back."""
    assert fault_of(row_of(fault)) == fault


def test_every_kind_has_been_tried():
    """No kind of the menu is left out above."""
    assert {type(fault).__name__ for fault in FAULTS} == set(KINDS)


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (Row("Crash", "", "1"), "whom must be a node, or leader; it is empty"),
        (Row("Crash", "9", "1"), "whom names '9', but the nodes are 1, 2, 3; or write leader"),
        (Row("Crash", "1", "soon"), "at must be a number of seconds; got 'soon'"),
        (Row("Crash", "1", "inf"), "at must be a number of seconds; got 'inf'"),
        (Row("Crash", "1", "-1"), "Crash.at must be"),
        (Row("Recover", "leader", "1"), "Recover.node must be the id of a node"),
        (Row("Outage", "1", "2", "1"), "until must be later than at, which is 2 s; got '1'"),
        (Row("Pause", "1", "2"), "until must be a number of seconds, for a pause ends"),
        (Row("Partition", "1 2 |", "1"), "whom must be groups such as 1 2 | 3 4 5; got '1 2 |'"),
        (Row("Partition", "1 | 1", "1"), "node 1 is in two groups"),
        (Row("Cut", "1", "1"), "whom must be a link such as 1 > 2; got '1'"),
        (Row("Cut", "1 > *", "1"), "whom must be a link such as 1 > 2"),
        (Row("LossBurst", "", "1", "", "2"), "LossBurst.probability must be"),
        (Row("SlowLink", "1 > 2", "1", "", "fast"), r"amount \(the factor\) must be a number; got 'fast'"),
        (Row("Meteor", "1", "1"), "fault must be one of Crash, Recover"),
    ],
)
def test_a_row_that_cannot_be_read_is_answered_with_a_sentence(row, what):
    """The sentence names the column and says what would be right."""
    with pytest.raises(ValueError, match=what):
        fault_of(row, nodes=[1, 2, 3])


@pytest.mark.parametrize(
    "fault", [Equivocate(3, at=0.0), Cut(1, 2, at=1.0, both=True), SlowLink(1, 2, at=1.0, extra=0.5)]
)
def test_a_fault_that_no_row_can_hold_is_refused(fault):
    """Nothing is dropped silently."""
    with pytest.raises(ValueError, match="a table of faults has no row for"):
        FaultTable([fault])


def test_the_value_is_what_code_uses():
    """A simulation takes it as it is."""
    table = FaultTable([Outage("leader", at=0.5, until=0.8)], nodes=3)
    trace = Simulation(cluster(Raft, 3), faults=table.value).run(until=1.0)
    assert len(trace.crashes) == 1


def test_rows_are_added_changed_and_removed():
    """The value follows the table; a wrong row leaves it as it was and says why."""
    seen = []
    table = FaultTable([Crash(1, at=1.0)], nodes=3)
    table.observe(lambda change: seen.append(change["new"]), names="value")
    table.add()
    table.write(1, kind="Pause", whom="2", until="1.5")
    table.write(1, whom="7")
    assert table.said == "Row 2: whom names '7', but the nodes are 1, 2, 3; or write leader."
    table.write(1, whom="3")
    assert table.said == ""
    table.remove(0)
    assert seen == [
        (Crash(1, at=1.0), Crash("leader", at=1.0)),
        (Crash(1, at=1.0), Pause(2, at=1.0, duration=0.5)),
        (Crash(1, at=1.0), Pause(3, at=1.0, duration=0.5)),
        (Pause(3, at=1.0, duration=0.5),),
    ]
    table.set([Heal(at=2.0)])
    assert table.value == (Heal(at=2.0),)


def test_buttons_and_fields_do_the_same():
    """What a person types and clicks goes the same way; every field says what it is."""
    table = FaultTable([Crash(1, at=1.0)])
    _, rows, more, _ = table.children
    more.click()
    row = rows.children[1].children
    row[1].value = "2"
    assert table.value == (Crash(1, at=1.0), Crash(2, at=1.0))
    assert [field.tooltip for field in row] == [
        "fault of fault 2",
        "whom of fault 2",
        "at (s) of fault 2",
        "until (s) of fault 2",
        "amount of fault 2",
        "Remove fault 2",
    ]
    assert row[3].disabled
    row[0].value = "Outage"
    assert not row[3].disabled
    rows.children[0].children[-1].click()
    assert table.value == (Outage(2, at=1.0),)
    assert rows.children[0].children[-1].tooltip == "Remove fault 1"


def test_a_notebook_stores_the_faults_as_code():
    """The text is short and the same every time."""
    table = FaultTable([Crash("leader", at=1.0)])
    assert table._repr_mimebundle_()["text/plain"] == "FaultTable([Crash(node='leader', at=1.0)])"
