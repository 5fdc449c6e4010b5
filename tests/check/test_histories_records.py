"""Operations and histories: what they hold, where they come from, and what they refuse."""

import math

import numpy as np
import pandas as pd
import pytest

from distlab.check.histories import History, Operation, Register, check_linearizable
from distlab.sim import Node, Simulation, cluster


def test_an_operation_is_a_value():
    """Two records of the same call are equal, and a record cannot be changed."""
    one, other = (Operation("Ann", "cas", "x", [1, 2], 0, 1, True) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert one.value == (1, 2)
    with pytest.raises(AttributeError):
        one.result = False


@pytest.mark.parametrize(
    ("given", "status", "deadline"),
    [
        ({"returned": 2}, "ok", 2.0),
        ({"returned": None}, "unknown", math.inf),
        ({"returned": math.inf}, "unknown", math.inf),
        ({"returned": 2, "status": "unknown"}, "unknown", math.inf),
        ({"returned": 2, "status": "failed"}, "failed", 2.0),
        ({"returned": None, "status": "failed"}, "failed", math.inf),
    ],
)
def test_what_is_not_known_has_no_deadline(given, status, deadline):
    """An operation that never returned is unknown; one that is unknown may take effect at any later time."""
    operation = Operation("Ann", "write", "x", 1, invoked=1, **given)
    assert operation.status == status
    assert operation.deadline == deadline


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"returned": 0.5}, "'write' of client Ann returned at 0.5 s, before it was invoked at 1 s"),
        (
            {"returned": 2, "status": "lost"},
            "status of 'write' of client Ann must be 'ok', 'failed' or 'unknown'",
        ),
        ({"status": "ok"}, "has status 'ok' but no returned time; give the time of its answer, or status"),
        ({"returned": "soon"}, "returned of 'write' of client Ann must be a time in seconds, not 'soon'"),
        ({"returned": float("nan")}, "returned of 'write' of client Ann must be a time in seconds"),
        ({"returned": 2, "result": object.__new__(type("Thing", (), {"__hash__": None}))}, "cannot be kept"),
    ],
)
def test_an_operation_that_makes_no_sense_is_refused(given, sentence):
    """The sentence names what was given and what would be right."""
    with pytest.raises(ValueError, match=sentence.replace("(", r"\(")):
        Operation("Ann", "write", "x", 1, invoked=1, **given)


def test_a_client_does_one_operation_at_a_time():
    """Overlapping operations of one client are refused, with their times."""
    with pytest.raises(
        ValueError, match=r"client 1 has two operations at once: 'write' during \[0, 2\] and 'read'"
    ):
        History([Operation(1, "write", "x", 1, 0, 2), Operation(1, "read", "x", None, 1, 3)])


def test_a_client_may_go_on_after_an_operation_of_unknown_outcome():
    """A lost answer does not end a client, whether or not the time is known at which it gave up."""
    lost = [Operation(1, "write", "x", 1, 0), Operation(1, "write", "x", 2, 0.5, 9, status="unknown")]
    assert len(History([*lost, Operation(1, "read", "x", None, 1, 2, 1)])) == 3


def test_calls_are_kept_in_order():
    """Operations are kept by the time of their calls; of calls at one time, the one given first is first."""
    late, first, second = (
        Operation("Ann", "read", "x", None, 2, 3),
        Operation("Bob", "read", "y", None, 1, 1),
        Operation("Bob", "read", "x", None, 1, 2),
    )
    history = History([late, second, first])
    assert list(history) == [first, second, late]
    assert history.clients == ("Bob", "Ann")
    assert history.keys == ("y", "x")


def test_a_table_makes_a_history():
    """A DataFrame with the columns of a trace becomes a history; missing values become None."""
    table = pd.DataFrame(
        {
            "client": [1, 2, 2],
            "operation": ["write", "read", "cas"],
            "key": ["x", "x", "x"],
            "value": [np.int64(5), np.nan, [5, 6]],
            "invoked": [0.0, 1.0, 3.0],
            "returned": [0.5, 2.0, np.nan],
            "result": [None, 5.0, None],
            "status": ["ok", "ok", "unknown"],
            "note": ["not a column of a history"] * 3,
        }
    )
    assert list(History.from_rows(table)) == [
        Operation(1, "write", "x", 5, 0.0, 0.5),
        Operation(2, "read", "x", None, 1.0, 2.0, 5),
        Operation(2, "cas", "x", (5, 6), 3.0, None, None, "unknown"),
    ]
    assert History.of(table) == History.from_rows(table.to_dict("records"))


def test_a_history_goes_through_json_lines():
    """What is written as JSON lines is read back as the same history."""
    history = History(
        [
            Operation("Ann", "cas", "x", (None, "a"), 0, 1, True),
            Operation("Bob", "read", "x", None, 0.25, 0.5, ("a", "b")),
            Operation("Bob", "write", "x", 2.5, 1),
        ]
    )
    assert History.from_json_lines(history.to_json_lines()) == history


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: History.from_rows([{"client": 1, "invoked": 0}]), "row 0 of the history has no 'operation'"),
        (lambda: History.from_json_lines("{}\nno"), "line 2 of the history is not JSON"),
        (lambda: History([{"client": 1}]), "use History.from_rows"),
    ],
)
def test_what_is_no_history_is_refused(make, sentence):
    """The sentence names the row or line, and what would be right."""
    with pytest.raises((TypeError, ValueError), match=sentence):
        make()


class Client(Node):
    """Writes and reads back through a store that answers after a second."""

    def on_start(self):
        self.operation = self.invoke("write", "x", self.id)
        self.after(1.0, self.written)

    def written(self):
        self.operation.complete()
        self.operation = self.invoke("read", "x")
        if self.id == 1:
            self.after(1.0, self.have_read)

    def have_read(self):
        self.operation.complete(2)


def test_a_simulated_run_is_a_history():
    """The operations of a trace can be checked; those still open at the end are of unknown outcome."""
    trace = Simulation(cluster(Client, 2)).run(until=10)
    history = History.from_trace(trace)
    assert [(op.client, op.operation, op.status) for op in history] == [
        (1, "write", "ok"),
        (2, "write", "ok"),
        (1, "read", "ok"),
        (2, "read", "unknown"),
    ]
    assert History.of(trace) == history
    assert check_linearizable(trace, Register()).ok


class Impatient(Node):
    """Asks three times before the first answer comes."""

    def on_start(self):
        asked = [self.invoke("read", "x") for _ in range(3)]
        self.after(1.0, self.answer, asked)

    def answer(self, asked):
        for operation in asked:
            operation.complete(None)
        self.invoke("read", "x").complete(None)


def test_a_node_with_several_open_operations_counts_as_several_clients():
    """What a node asks while it waits is asked by another client."""
    history = History.from_trace(Simulation(cluster(Impatient, 1)).run())
    assert [operation.client for operation in history] == [1, "1#2", "1#3", 1]
    assert check_linearizable(history, Register()).ok
