"""Histories in the formats of Jepsen and Knossos."""

from pathlib import Path

import pytest

from distlab.check.histories import (
    CASRegister,
    KeyValue,
    Operation,
    Queue,
    check_linearizable,
    history_from_edn,
    history_from_events,
    history_from_file,
    history_from_log,
)
from distlab.check.histories.edn import read_edn

DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("nil true false", [None, True, False]),
        ("1 -2 3N 4.5 1e3 2.5M", [1, -2, 3, 4.5, 1000.0, 2.5]),
        (':a :b/c symbol - "text \\"quoted\\"\\n"', ["a", "b/c", "symbol", "-", 'text "quoted"\n']),
        ("(1 2) [3, [4]] {:a 1 :b {}} #{5}", [(1, 2), (3, (4,)), {"a": 1, "b": {}}, frozenset({5})]),
        ('; a comment\n1 #_ 2 #_[3 4] 5 #inst "2015"', [1, 5, "2015"]),
        ("\\a \\newline \\u0041", ["a", "\n", "A"]),
        ("[1 #_2]{}", [(1,), {}]),
        ("", []),
    ],
)
def test_edn_is_read(text, values):
    """Every kind of value that the notation knows."""
    assert read_edn(text) == values


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("\n[1 2", r"line 2 of the EDN text: the text ends where '\]' was due"),
        ("(1]", r"found '\]' where '\)'"),
    ],
)
def test_broken_edn_is_refused(text, sentence):
    """The sentence names the line."""
    with pytest.raises(ValueError, match=sentence):
        read_edn(text)


def test_a_log_is_read():
    """Answers, refusals, failures, time-outs and lines that are none of it."""
    history = history_from_file(DATA / "stale.log")
    assert [(op.client, op.operation, op.value, op.result, op.status) for op in history] == [
        (0, "write", 1, None, "ok"),
        (1, "read", None, None, "ok"),
        (2, "cas", (1, 2), True, "ok"),
        (3, "cas", (1, 3), False, "ok"),
        (0, "write", 4, None, "unknown"),
        (1, "read", None, None, "failed"),
        (1, "read", None, 4, "ok"),
        (5, "read", None, 2, "ok"),
    ]


def test_the_history_of_the_log_is_wrong():
    """The lost write of 4 was seen, so that a later read of the 2 before it is stale."""
    verdict = check_linearizable(history_from_file(DATA / "stale.log"), CASRegister())
    assert verdict.ok is False
    assert verdict.sentence == (
        "Not linearizable: client 5 read the register = 2 during [14, 15], but the register = 4 had "
        "been read "
        "by client 1 at the latest by 13, and nobody wrote 2 afterwards. The only right answer was 4."
    )


def test_a_failed_comparison_may_count_as_an_answer():
    """A failed compare-and-set tells about the register only where the recording means it so."""
    text = "0 :invoke :cas [nil 1]\n0 :fail :cas [nil 1]"
    assert check_linearizable(history_from_log(text), CASRegister()).ok is False
    assert history_from_log(text, fail_means_mismatch=False)[0].status == "failed"


def test_keys_and_times_are_read():
    """Independent keys, nanoseconds, tagged maps and processes that are no clients."""
    history = history_from_file(DATA / "two_keys.edn", keyed=True)
    assert list(history)[:4] == [
        Operation(0, "write", 0, 7, 1.0, 2.0),
        Operation(1, "write", 1, 8, 1.5, 2.5),
        Operation(0, "read", 0, None, 3.0, 3.5, 7),
        Operation(1, "read", 1, None, 3.0, 4.0, None),
    ]
    assert [op.status for op in history][4:] == ["failed", "unknown"]
    verdict = check_linearizable(history, CASRegister())
    assert verdict.culprit == history[3]


def test_an_answer_filled_into_the_call_is_an_answer():
    """Some recorded histories have what was read in the invocation, too."""
    history = history_from_edn(
        "{:process 1 :type :invoke :f :read :value 5} {:process 1 :type :ok :f :read :value 5}"
    )
    assert list(history) == [Operation(1, "read", None, None, 0, 1, 5)]


def test_events_may_name_their_key():
    """Histories of key-value stores have the key beside the value."""
    history = history_from_edn(
        """{:process 0, :type :invoke, :f :append, :key "a", :value "x"}
           {:process 0, :type :ok, :f :append, :key "a", :value "x"}
           {:process 0, :type :invoke, :f :get, :key "a", :value nil}
           {:process 0, :type :ok, :f :get, :key "a", :value "x"}"""
    )
    assert history.keys == ("a",)
    assert check_linearizable(history, KeyValue()).ok


def test_json_lines_are_read_from_a_file():
    """Rows without value, result or status; the history takes b out of the queue before a."""
    verdict = check_linearizable(history_from_file(DATA / "queue.jsonl"), Queue())
    assert verdict.ok is False
    assert verdict.culprit.result == "b"


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([(0, "ok")], "event 0: process 0 completes 'read', which it has not invoked"),
        (
            [(0, "invoke"), (0, "invoke")],
            "event 1: process 0 invokes 'read' while its 'read' has not completed",
        ),
        ([(0, "begin")], "event 0: type must be 'invoke', 'ok', 'fail' or 'info', not 'begin'"),
    ],
)
def test_events_that_make_no_sense_are_refused(events, sentence):
    """The sentence names the event and the process."""
    with pytest.raises(ValueError, match=sentence):
        history_from_events({"process": process, "type": kind, "f": "read"} for process, kind in events)


def test_other_text_is_refused():
    """The sentence says what a history looks like."""
    with pytest.raises(ValueError, match="the log has no line such as"):
        history_from_log("nothing here")
    with pytest.raises(ValueError, match="must hold event maps"):
        history_from_edn("[1 2]")
    with pytest.raises(ValueError, match="every value is a pair"):
        history_from_edn("{:process 0 :type :invoke :f :write :value 1}", keyed=True)
    with pytest.raises(ValueError, match=r"ends in \.edn, \.log, \.txt or \.jsonl"):
        history_from_file("history.csv")
