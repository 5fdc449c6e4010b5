"""Linearizability: known histories and verdicts, sentences, counterexamples and limits."""

import os
import subprocess
import sys

import pytest

from distlab.check.histories import (
    CASRegister,
    Counter,
    History,
    KeyValue,
    Lock,
    Operation,
    Queue,
    Register,
    Set,
    check_linearizable,
    check_sequential,
    history_from_events,
    random_history,
    spoil,
)


def recorded(text):
    """A history from events: "A: enqueue 1" calls, "A: ok" or "A: ok 1" answers."""
    events, calling = [], {}
    for line in text.split("\n"):
        client, _, event = line.strip().partition(": ")
        name, *value = event.split()
        number = ord(client) - ord("A")
        if name == "ok":
            name = calling[number]
            events.append({"process": number, "type": "ok", "f": name, "value": value[0] if value else None})
        else:
            calling[number] = name
            argument = value[0] if value else None
            events.append({"process": number, "type": "invoke", "f": name, "value": argument})
    return history_from_events(events)


HERLIHY_AND_WING = {
    "H1": (
        """A: enqueue x
        B: enqueue y
        B: ok
        A: ok
        B: dequeue
        B: ok x
        A: dequeue
        A: ok y
        A: enqueue z""",
        True,
    ),
    "H2": (
        """A: enqueue x
        A: ok
        B: enqueue y
        A: dequeue
        B: ok
        A: ok y""",
        False,
    ),
    "H3": (
        """A: enqueue x
        B: dequeue
        B: ok x""",
        True,
    ),
    "H4": (
        """A: enqueue x
        B: enqueue y
        A: ok
        B: ok
        A: dequeue
        C: dequeue
        A: ok y
        C: ok y""",
        False,
    ),
}


@pytest.mark.parametrize("name", HERLIHY_AND_WING)
def test_the_queues_of_herlihy_and_wing(name):
    """Histories H1 to H4 of section 1.2 of the paper, with its verdicts."""
    text, linearizable = HERLIHY_AND_WING[name]
    assert check_linearizable(recorded(text), Queue()).ok is linearizable


WRITES = [Operation("A", "write", "x", 0, 0, 1), Operation("A", "write", "x", 1, 2, 10)]


@pytest.mark.parametrize(
    ("reads", "linearizable"),
    [
        ([("B", 3, 4, 1), ("C", 5, 6, 1)], True),
        ([("B", 3, 4, 0), ("C", 5, 6, 1)], True),
        ([("B", 3, 4, 0), ("C", 5, 6, 0)], True),
        ([("B", 3, 4, 1), ("C", 5, 6, 0)], False),
        ([("B", 3, 5, 1), ("C", 4, 6, 0)], True),
        ([("B", 3, 4, 1), ("B", 5, 6, 1), ("C", 11, 12, 0)], False),
        ([("B", 1.5, 1.8, None)], False),
    ],
)
def test_reads_during_a_write(reads, linearizable):
    """Reads during a write may return the old or the new value, but not the old one after the new one."""
    history = [*WRITES, *(Operation(client, "read", "x", None, *rest) for client, *rest in reads)]
    assert check_linearizable(history, Register()).ok is linearizable


def test_operations_that_touch_are_concurrent():
    """When one operation returns in the instant in which another client's begins, either may be first."""
    write = Operation("A", "write", "x", 1, 0, 1)
    for result in (None, 1):
        assert check_linearizable([write, Operation("B", "read", "x", None, 1, 2, result)], Register()).ok
    assert not check_linearizable([write, Operation("A", "read", "x", None, 1, 2, None)], Register()).ok


def test_operations_without_duration():
    """Operations that take no time are in the order of their clients, and free between clients."""
    history = [
        Operation("A", "write", "x", 1, 1, 1),
        Operation("A", "write", "x", 2, 1, 1),
        Operation("B", "read", "x", None, 1, 1, 2),
        Operation("B", "read", "x", None, 1, 1, 1),
    ]
    assert not check_linearizable(history, Register()).ok
    assert check_linearizable(history[:3], Register()).ok


LOST = Operation("A", "write", "x", 1, 0, 1, status="unknown")


@pytest.mark.parametrize(
    ("seen", "linearizable"),
    [
        ([None, None], True),  # it never happened
        ([None, 1], True),  # it happened late
        ([1, 1], True),
        ([1, None], False),  # it cannot be undone
    ],
)
def test_a_write_of_unknown_outcome(seen, linearizable):
    """It may take effect at any time after its call, or never, but only once."""
    reads = [Operation("B", "read", "x", None, 10 + n, 10.5 + n, result) for n, result in enumerate(seen)]
    assert check_linearizable([LOST, *reads], Register()).ok is linearizable


def test_a_client_that_goes_on_after_a_lost_answer():
    """A lost write may take effect after later operations of the same client."""
    later = [Operation("A", "write", "x", 2, 2, 3), Operation("B", "read", "x", None, 4, 5, 1)]
    assert check_linearizable([LOST, *later], Register()).ok


def test_a_failed_write_did_not_happen():
    """Nobody may see the value of a write that failed."""
    failed = Operation("A", "write", "x", 1, 0, 1, status="failed")
    verdict = check_linearizable([failed, Operation("B", "read", "x", None, 2, 3, 1)], Register())
    assert verdict.sentence == (
        "Not linearizable: client B read x = 1 during [2, 3], but nobody had written 1 by then. "
        "The only right answer was None."
    )


def test_lost_compare_and_sets_may_form_a_chain():
    """What was read can need several operations of unknown outcome, in one order."""
    lost = [Operation(n, "cas", "x", (n, n + 1), 0) for n in (3, 1, 4, 2)]
    history = [Operation(9, "write", "x", 1, 1, 2), *lost]
    assert check_linearizable([*history, Operation(9, "read", "x", None, 3, 4, 5)], CASRegister()).ok
    assert not check_linearizable([*history, Operation(9, "read", "x", None, 3, 4, 6)], CASRegister()).ok


def test_objects_with_different_keys_are_independent():
    """Each key has a register of its own; the counterexample is about one key."""
    history = [
        Operation("A", "write", "x", 1, 0, 1),
        Operation("A", "write", "y", 2, 2, 3),
        Operation("B", "read", "x", None, 4, 5, 1),
        Operation("B", "read", "y", None, 6, 7, None),
    ]
    verdict = check_linearizable(history, Register())
    assert verdict.counterexample.keys == ("y",)
    assert check_linearizable(history[:3], Register()).ok


@pytest.mark.parametrize(
    ("model", "history", "sentence"),
    [
        (
            Register(0),
            [("A", "write", 1, 0, 1, None), ("B", "read", None, 2, 3, 0)],
            "client B read x = 0 during [2, 3], but x = 1 had been written by client A at the latest by 1, "
            "and 0 is only what it held at the start. The only right answer was 1.",
        ),
        (
            Register(),
            [("A", "read", None, 0, 1, 7), ("B", "write", 7, 2, 3, None)],
            "client A read x = 7 during [0, 1], but nobody had written 7 by then (client B wrote it "
            "only from 2 on). "
            "The only right answer was None.",
        ),
        (
            CASRegister(),
            [("A", "write", 1, 0, 1, None), ("B", "write", 2, 2, 3, None), ("C", "cas", (1, 3), 4, 5, True)],
            "client C set x from 1 to 3 during [4, 5], but x = 2 had been written by client B at the "
            "latest by 3, "
            "and nobody wrote 1 afterwards. The only right answer was False.",
        ),
        (
            Register(),
            [
                ("A", "write", 1, 0, 9, None),
                ("B", "read", None, 1, 2, 1),
                ("B", "write", 2, 3, 4, None),
                ("C", "read", None, 5, 6, 1),
            ],
            "client C read x = 1 during [5, 6], but x = 2 had been written by client B at the latest by 4, "
            "after client B had read 1, which was written only once. The only right answer was 2.",
        ),
        (
            KeyValue(),
            [("A", "put", 1, 0, 1, None), ("B", "delete", None, 2, 3, None), ("C", "get", None, 4, 5, 1)],
            "client C read x = 1 during [4, 5], but x = None had been written by client B at the "
            "latest by 3, "
            "and nobody wrote 1 afterwards. The only right answer was None.",
        ),
        (
            Counter(),
            [
                ("A", "increment", None, 0, 1, None),
                ("B", "increment", 2, 0, 1, None),
                ("C", "read", None, 2, 3, 2),
            ],
            "client C read x = 2 during [2, 3], but what had been added by then, and returned, made "
            "it at least 3. "
            "The only right answer was 3.",
        ),
        (
            Counter(),
            [
                ("A", "increment", None, 0, 1, None),
                ("B", "increment", 2, 2, 4, None),
                ("C", "read", None, 2, 3, 9),
            ],
            "client C read x = 9 during [2, 3], but what had been added by then made it at most 3. "
            "Right answers were 1 and 3.",
        ),
        (
            Queue(),
            [
                ("A", "enqueue", "a", 0, 1, None),
                ("A", "enqueue", "b", 1, 2, None),
                ("B", "dequeue", None, 3, 4, "b"),
            ],
            "client B took b from x during [3, 4], but a was in front of it, put in by client A at "
            "the latest by 1, "
            "and nobody took it out. The only right answer was a.",
        ),
        (
            Queue(),
            [
                ("A", "enqueue", "a", 0, 1, None),
                ("B", "dequeue", None, 2, 3, None),
                ("C", "dequeue", None, 4, 5, "a"),
            ],
            "client B found x empty during [2, 3], but a was in it, put in by client A at the latest by 1, "
            "and client C took it out only later. The only right answer was a.",
        ),
        (
            Queue(),
            [
                ("A", "enqueue", "a", 0, 1, None),
                ("B", "dequeue", None, 2, 3, "a"),
                ("C", "dequeue", None, 4, 5, "a"),
            ],
            "client C took a from x during [4, 5], but client B took it, too, and it was put in only once. "
            "The only right answer was None.",
        ),
        (
            Set(),
            [("A", "add", 5, 0, 1, True), ("B", "contains", 5, 2, 3, False)],
            "client B was told that 5 is not in x during [2, 3], but it had been added by client A "
            "at the latest "
            "by 1, and nobody removed it afterwards. The only right answer was True.",
        ),
        (
            Set(),
            [("A", "add", 5, 0, 1, True), ("A", "add", 6, 2, 3, True), ("B", "read", None, 4, 5, (6,))],
            "client B read x = {6} during [4, 5], but 5 is missing: it had been added by client A at "
            "the latest by 1, "
            "and nobody removed it.",
        ),
        (
            Lock(),
            [
                ("A", "acquire", None, 0, 1, None),
                ("B", "acquire", None, 2, 3, None),
                ("A", "release", None, 4, 5, None),
            ],
            "client B acquired x during [2, 3], but client A held it: it had acquired it at the latest by 1 "
            "and not released it. The only right answer was False.",
        ),
        (
            Lock(),
            [("A", "release", None, 0, 1, None)],
            "client A released x during [0, 1], but it had not acquired it. The only right answer was False.",
        ),
    ],
    ids=lambda value: "" if isinstance(value, (str, list)) else str(value),
)
def test_sentences(model, history, sentence):
    """The sentence says who was told what, when, and why that cannot be."""
    verdict = check_linearizable(
        [Operation(client, name, "x", *rest) for client, name, *rest in history], model
    )
    assert verdict.sentence == f"Not linearizable: {sentence}"


def test_only_the_operations_that_matter_are_shown():
    """Of many operations, the counterexample has the stale value's write, the newer one's, and the read."""
    right = [
        operation
        for n in range(0, 60, 3)
        for operation in (
            Operation("A", "write", "x", n, 10 * n, 10 * n + 1),
            Operation("B", "read", "x", None, 10 * n + 2, 10 * n + 3, n),
            Operation("C", "cas", "x", (n, n + 1), 10 * n + 4, 10 * n + 5, True),
        )
    ]
    stale = Operation("D", "read", "x", None, 700, 701, 30)
    verdict = check_linearizable([*right, stale], CASRegister())
    assert verdict.culprit == stale
    assert [str(op) for op in verdict.counterexample] == [
        "A: write x = 30 [300, 301]",
        "C: cas x (57, 58) -> True [574, 575]",
        "D: read x -> 30 [700, 701]",
    ]
    assert str(verdict).count("\n") == 3


def test_the_culprit_is_the_first_wrong_answer():
    """Answers that came before it can all be explained, whatever comes later."""
    history = random_history(Register(), clients=4, operations=60, seed=5)
    spoiled = spoil(history, Register(), seed=3)
    verdict = check_linearizable(spoiled, Register())
    assert verdict.ok is False
    earlier = [op for op in spoiled if op.deadline < verdict.culprit.deadline]
    assert check_linearizable(earlier, Register()).ok


def test_giving_up_is_not_a_verdict():
    """A search that was cut short says so, and neither passes nor fails."""
    counts = [Operation(n, "increment", "x", 2**n, 0, 1) for n in range(16)]
    history = [*counts, Operation("reader", "read", "x", None, 0, 1, 2**15 - 1)]
    verdict = check_linearizable(history, Counter(), limit=5)
    assert verdict.ok is None
    assert not verdict
    assert verdict.sentence.startswith("Gave up after 5 states, without a verdict")
    assert check_linearizable(history, Counter()).ok


def test_a_plain_reason_is_given_where_a_small_counterexample_takes_too_long():
    """With just enough states for the verdict, the answer that is plainly wrong is still named."""
    history = spoil(
        random_history(Counter(), clients=8, operations=100, overlap=3.0, seed=1), Counter(), seed=1
    )
    hasty, thorough = (check_linearizable(history, Counter(), limit=limit) for limit in (200, 1_000_000))
    assert hasty.ok is False
    assert hasty.sentence == thorough.sentence
    assert hasty.culprit == thorough.culprit


def test_a_wrong_object_is_found_although_another_one_is_too_hard():
    """Giving up on one key does not keep the checker from the others."""
    hard = [Operation(n, "increment", "x", 2**n, 0, 1) for n in range(16)]
    hard.append(Operation("reader", "read", "x", None, 0, 1, 2**15 - 1))
    wrong = Operation("reader", "read", "y", None, 2, 3, 1)
    assert check_linearizable([*hard, wrong], Counter(), limit=5).ok is False


@pytest.mark.parametrize("check", [check_linearizable, check_sequential])
@pytest.mark.parametrize(
    "history",
    [[], [LOST], [Operation("A", "write", "x", 1, 0, 1, status="failed")]],
    ids=["empty", "unknown", "failed"],
)
def test_a_history_without_answers_is_neither_right_nor_wrong(check, history):
    """Where nothing was checked, nothing has passed."""
    verdict = check(history, Register())
    assert verdict.ok is None
    assert verdict.sentence.startswith("Nothing was checked")


def test_a_limit_below_one_is_refused():
    """The sentence names the argument and what would be right."""
    with pytest.raises(ValueError, match="limit must be a number of states of at least 1, not 0"):
        check_linearizable([], Register(), limit=0)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (Register(), {}),
        (Register(), {"values": 5}),
        (CASRegister(), {"values": 5, "unknown": 0.2}),
        (KeyValue(), {"values": 5, "keys": 3}),
        (Counter(), {"unknown": 0.05}),
        (Queue(), {}),
        (Queue(), {"unknown": 0.05}),
        (Set(), {"values": 20}),
        (Lock(), {"unknown": 0.1}),
    ],
    ids=str,
)
def test_hundreds_of_operations_of_a_dozen_clients(model, options):
    """Long histories with much overlap are decided in a few thousand states, right ones and spoiled ones."""
    history = random_history(model, clients=12, operations=400, overlap=3.0, seed=1, **options)
    verdict = check_linearizable(history, model)
    assert verdict.ok
    assert len(verdict.linearization) >= sum(not op.is_unknown for op in history)
    assert verdict.states < 20_000
    wrong = check_linearizable(spoil(history, model, seed=1), model)
    assert wrong.ok is not None
    assert wrong.states < 100_000


def test_several_objects_share_one_linearization():
    """The order of all operations keeps real time across objects (Herlihy and Wing, theorem 1)."""
    history = random_history(KeyValue(), clients=5, operations=200, keys=4, values=3, seed=2)
    order = check_linearizable(history, KeyValue()).linearization
    assert sorted(map(str, order)) == sorted(map(str, history))
    latest = 0.0
    for operation in order:
        latest = max(latest, operation.invoked)
        assert latest <= operation.deadline


def test_the_answer_does_not_depend_on_how_python_hashes():
    """The same history gives the same sentence, counterexample and count whatever the seed of the hash."""
    code = (
        "from distlab.check.histories import *\n"
        "m = CASRegister()\n"
        "h = random_history(m, clients=6, operations=80, values=3, unknown=0.2, keys=2, seed=4)\n"
        "h = spoil(h, m, seed=4)\n"
        "for level in ('linearizable', 'sequential'):\n"
        "    v = check_history(h, m, level); print(v, v.states, v.linearization)\n"
        "r = random_history(Register(), clients=3, operations=30, values=3, keys=2, seed=4)\n"
        "r = spoil(r, Register())\n"
        "for level in LEVELS:\n"
        "    v = check_history(r, Register(), level); print(v, v.states)\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1
    assert "Not linearizable" in outputs.pop()


def test_a_random_history_is_what_was_asked_for():
    """Clients, operations, keys and lost answers are as many as asked for, and the seed decides the rest."""
    history = random_history(CASRegister(), clients=4, operations=50, keys=3, values=4, unknown=0.2, seed=8)
    assert len(history) == 50
    assert set(history.keys) == {"x0", "x1", "x2"}
    assert {client.rstrip("'") for client in history.clients} == {"c0", "c1", "c2", "c3"}
    assert 0 < sum(op.is_unknown for op in history) < 25
    assert history != random_history(CASRegister(), clients=4, operations=50, keys=3, values=4, seed=9)


def test_only_what_was_answered_can_be_spoiled():
    """A history without answers is refused."""
    with pytest.raises(ValueError, match="the history has no answer that could be replaced"):
        spoil(History([LOST]), Register())
