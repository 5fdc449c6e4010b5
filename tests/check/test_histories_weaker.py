"""Weaker levels: histories of the literature with known verdicts, and sentences."""

import pytest

from distlab.check.histories import (
    LEVELS,
    CASRegister,
    KeyValue,
    Operation,
    Queue,
    Register,
    check_causal,
    check_fifo,
    check_history,
    check_monotonic_reads,
    check_monotonic_writes,
    check_read_your_writes,
    check_sequential,
    check_writes_follow_reads,
    random_history,
)


def sessions(**clients):
    """A history from what each client did in turn: w(x)1, r(x)2, r(x)- for None.

    The n-th operations of all clients are at the same time; a dot lets one turn pass.
    """
    operations = []
    for client, text in clients.items():
        for turn, word in enumerate(text.split()):
            if word == ".":
                continue
            name, key, value = {"w": "write", "r": "read"}[word[0]], word[2], word[4:]
            number = None if value == "-" else int(value)
            argument, result = (number, None) if name == "write" else (None, number)
            operations.append(Operation(client, name, key, argument, turn, turn + 0.5, result))
    return operations


ABBREVIATED = {
    "L": "linearizable",
    "S": "sequential",
    "C": "causal",
    "W": "weakly causal",
    "V": "causally convergent",
    "F": "fifo",
    "y": "read your writes",
    "r": "monotonic reads",
    "w": "monotonic writes",
    "f": "writes follow reads",
}

# What each history keeps. The first five are figure 3 of Bouajjani et al. 2017.
LITMUS = {
    "causal memory without convergence": (
        {"a": "w(x)1 r(x)2", "b": "w(x)2 r(x)1"},
        "C W F y r w f",
    ),
    "convergence without causal memory": (
        {"a": "w(z)1 w(x)1 w(y)1", "b": "w(x)2 r(z)- r(y)1 r(x)2"},
        "W V y r w f",
    ),
    "weakly causal, but neither memory nor convergence": (
        {"a": "w(x)1", "b": "w(x)2 r(x)1 r(x)2"},
        "W r w f y",
    ),
    "causal in every sense, not sequential": (
        {"a": "w(x)1 r(y)- w(y)1 r(x)1", "b": "w(x)2 r(y)- w(y)2 r(x)2"},
        "C W V F y r w f",
    ),
    "not even weakly causal": (
        {"a": "w(x)1 w(y)1", "b": "r(y)1 w(x)2", "c": "r(x)2 r(x)1"},
        "F y r w f",
    ),
    "a read that is late for everybody": (
        {"a": "w(x)1", "b": ". r(x)-"},
        "S C W V F y r w f",
    ),
    "both write and miss the other's write (Dekker)": (
        {"a": "w(x)1 r(y)-", "b": "w(y)1 r(x)-"},
        "C W V F y r w f",
    ),
    "two readers see two writes in different orders": (
        {"a": "w(x)1", "b": "w(x)2", "c": ". r(x)1 r(x)2", "d": ". r(x)2 r(x)1"},
        "C W F y r w f",
    ),
    "the same of writes to two registers": (
        {"a": "w(x)1", "b": "w(y)1", "c": ". r(x)1 r(y)-", "d": ". r(y)1 r(x)-"},
        "C W V F y r w f",
    ),
    "an answer without its question": (
        {"a": "w(x)1", "b": ". r(x)1 w(y)1", "c": ". . . r(y)1 r(x)-"},
        "F y r w",
    ),
    "an answer before its question": (
        {"a": "w(x)1", "b": ". r(x)1 w(x)2", "c": ". . . r(x)2 r(x)1"},
        "F y r w",
    ),
    "writes of one client backwards": (
        {"a": "w(x)1 w(x)2", "b": ". . r(x)2 r(x)1"},
        "y f",
    ),
    "the second write without the first": (
        {"a": "w(x)1 w(y)1", "b": ". . r(y)1 r(x)-"},
        "y r f",
    ),
    "one's own write not seen": (
        {"a": "w(x)1 r(x)-"},
        "r w f",
    ),
    "one's own write overwritten, then back": (
        {"a": "w(x)1 w(x)2 r(x)1"},
        "r w f",
    ),
    "an old value that was known before one's own write": (
        {"a": "w(x)1", "b": ". r(x)1 w(x)2 r(x)1"},
        "r w f",
    ),
    "there and back": (
        {"a": "w(x)1", "b": "w(x)2", "c": ". r(x)1 r(x)2 r(x)1"},
        "W y w f",
    ),
    "forgotten": (
        {"a": "w(x)1", "b": ". r(x)1 r(x)-"},
        "y w f",
    ),
    "one after the other": (
        {"a": "w(x)1 . r(x)2", "b": ". w(x)2 . r(x)2"},
        "L S C W V F y r w f",
    ),
    "from nowhere": ({"a": "w(x)1", "b": ". r(x)3"}, ""),
    "from the client's own future": ({"a": "r(x)1 w(x)1"}, "w"),
}


@pytest.mark.parametrize("name", LITMUS)
def test_litmus(name):
    """Each history keeps exactly the promises that are known."""
    clients, kept = LITMUS[name]
    history = sessions(**clients)
    assert {level for level in LEVELS if check_history(history, Register(), level).ok} == {
        ABBREVIATED[letter] for letter in kept.split()
    }


def test_causal_memory_does_not_need_one_order():
    """Two processes see two writes in different orders: causal memory allows that, no single order does."""
    history = sessions(a="w(x)1 r(x)1 r(x)2", b="w(x)2 r(x)2 r(x)1")
    assert check_causal(history).ok
    assert check_sequential(history).ok is False


@pytest.mark.parametrize(
    ("check", "clients", "sentence"),
    [
        (
            check_causal,
            LITMUS["an answer before its question"][0],
            "Not causal: client c read x = 1 during [4, 4.5], but x = 2 was newer: client a wrote x = 1, "
            "client b read x = 1, then wrote x = 2; and it came before this read: client b wrote x = 2, "
            "client c read x = 2, then read x = 1.",
        ),
        (
            check_causal,
            LITMUS["convergence without causal memory"][0],
            "Not causal: client b read z = None during [1, 1.5], but z = 1 had been written before: "
            "client a wrote z = 1, then wrote x = 1, which for client b came before client b wrote x = 2 "
            "(it read x = 2 later), then read z = None.",
        ),
        (
            check_fifo,
            LITMUS["writes of one client backwards"][0],
            "Not FIFO: client b read x = 1 during [3, 3.5], but x = 2 was newer: client a wrote x = 1, "
            "then wrote x = 2; and it came before this read: client a wrote x = 2, client b read x = 2, "
            "then read x = 1.",
        ),
        (
            check_read_your_writes,
            LITMUS["one's own write overwritten, then back"][0],
            "Read your writes broken: client a read x = 1 during [2, 2.5], but x = 2 was newer: "
            "client a wrote x = 1, "
            "then wrote x = 2; and it came before this read: client a wrote x = 2, then read x = 1.",
        ),
        (
            check_monotonic_reads,
            LITMUS["forgotten"][0],
            "Monotonic reads broken: client b read x = None during [2, 2.5], but x = 1 had been "
            "written before: "
            "client a wrote x = 1, client b read x = 1, then read x = None.",
        ),
        (
            check_monotonic_writes,
            LITMUS["the second write without the first"][0],
            "Monotonic writes broken: client b read x = None during [3, 3.5], but x = 1 had been "
            "written before: "
            "client a wrote x = 1, then wrote y = 1, client b read y = 1, then read x = None.",
        ),
        (
            check_writes_follow_reads,
            LITMUS["an answer without its question"][0],
            "Writes follow reads broken: client c read x = None during [4, 4.5], but x = 1 had been "
            "written before: "
            "client a wrote x = 1, client b read x = 1, then wrote y = 1, client c read y = 1, then "
            "read x = None.",
        ),
        (
            check_causal,
            LITMUS["from nowhere"][0],
            "Not causal: client b read x = 3 during [1, 1.5], but nobody wrote 3.",
        ),
        (
            check_fifo,
            LITMUS["from the client's own future"][0],
            "Not FIFO: client a read x = 1 during [0, 0.5], but that comes before itself: "
            "client a read x = 1, then wrote x = 1, client a read x = 1.",
        ),
        (
            check_sequential,
            LITMUS["both write and miss the other's write (Dekker)"][0],
            "Not sequential: no order that keeps each client's own order explains these 4 operations "
            "of clients a and b.",
        ),
    ],
)
def test_sentences(check, clients, sentence):
    """The sentence tells how the newer value came before the read."""
    assert check(sessions(**clients)).sentence == sentence


@pytest.mark.parametrize("level", ["sequential", "causal", "fifo"])
def test_only_the_operations_that_matter_are_shown(level):
    """Other registers, other clients and values that changed nothing are left out of the counterexample."""
    noise = [
        operation
        for n in range(20)
        for operation in (
            Operation("e", "write", "z", n, n, n + 0.2),
            Operation("f", "read", "z", None, n + 0.3, n + 0.4, n),
        )
    ]
    wrong = sessions(a="w(x)1 w(x)2", b=". . r(x)2 r(x)1")
    verdict = check_history([*noise, *wrong], Register(), level)
    assert set(verdict.counterexample) == set(wrong)


def test_real_time_may_order_the_writes_of_different_clients():
    """With one leader, an older value of others is no excuse; without, the store may order writes freely."""
    history = [
        Operation("a", "write", "x", 1, 0, 1),
        Operation("b", "write", "x", 2, 2, 3),
        Operation("b", "read", "x", None, 4, 5, 1),
    ]
    assert check_read_your_writes(history).ok
    verdict = check_read_your_writes(history, real_time=True)
    assert verdict.sentence == (
        "Read your writes broken: client b read x = 1 during [4, 5], but x = 2 was newer: client a "
        "wrote x = 1, "
        "and after that client b wrote x = 2; and it came before this read: client b wrote x = 2, "
        "then read x = 1."
    )
    seen = [
        *history[:2],
        Operation("c", "read", "x", None, 4, 5, 2),
        Operation("c", "read", "x", None, 6, 7, 1),
    ]
    for check in (check_monotonic_reads, check_monotonic_writes):
        assert check(seen).ok
    assert check_monotonic_reads(seen, real_time=True).ok is False
    assert check_monotonic_writes(seen, real_time=True).ok
    assert check_writes_follow_reads(seen, real_time=True).ok


def test_lost_answers_do_not_order_what_follows():
    """A write of unknown outcome may take effect after later operations of its client, or never."""
    lost = Operation("a", "write", "x", 1, 0)
    for level in LEVELS:
        if level != "linearizable":
            assert check_history([lost, Operation("a", "read", "x", None, 1, 2)], Register(), level).ok
            history = [lost, *sessions(b=". r(x)- r(x)1")]
            assert check_history(history, Register(), level).ok
            history = [lost, *sessions(b=". r(x)1 r(x)-")]
            kept = ("read your writes", "monotonic writes", "writes follow reads")
            assert check_history(history, Register(), level).ok is (level in kept)


def test_values_written_twice():
    """When a read can have come from several writes, it is wrong only if none of them explains it."""
    assert check_causal(sessions(a="w(x)1 w(x)2 w(x)1", b=". . . r(x)2 r(x)1")).ok
    verdict = check_causal(sessions(a="w(x)1 w(x)1 w(x)2", b=". . . r(x)2 r(x)1"))
    assert verdict.ok is False
    assert "and so with every other choice of the writes that were read" in verdict.sentence


def test_many_choices_end_in_no_verdict():
    """Where too many choices would have to be tried, the checker says that it gave up."""
    history = sessions(a="w(x)1 w(x)2 " * 4, b=". " * 8 + "r(x)1 r(x)2 r(x)1 r(x)2")
    verdict = check_causal(history, limit=3)
    assert verdict.ok is None
    assert verdict.sentence == (
        "Gave up after 4 choices of which write each read came from, without a verdict; "
        "write every value once, or raise the limit."
    )
    assert check_causal(history).ok


def test_a_linearizable_history_keeps_every_promise_at_once():
    """With hundreds of operations and few values, what is linearizable need not be searched again."""
    history = random_history(Register(), clients=8, operations=300, values=3, keys=2, seed=3)
    for level in LEVELS:
        assert check_history(history, Register(), level).ok


def test_a_long_history_that_all_see_late():
    """Sequential consistency of hundreds of operations on several registers, with clients that lag behind."""
    history = [
        Operation(op.client, op.operation, op.key, op.value, op.invoked + lag, op.returned + lag, op.result)
        for op in random_history(Register(), clients=8, operations=300, keys=4, seed=3)
        for lag in [int(op.client[1:]) * 3.0]
    ]
    assert check_history(history, Register()).ok is False
    verdict = check_sequential(history)
    assert verdict.ok
    assert len(verdict.linearization) == len(history)
    assert check_causal(history).ok


def test_sequential_consistency_of_other_objects():
    """Any model can be checked; a queue may hand its items out late, but not in another order."""
    items = [Operation("a", "enqueue", "q", n, n, n + 0.5) for n in (1, 2)]
    early = Operation("b", "dequeue", "q", None, 9, 10, None)
    assert check_sequential([*items, early], Queue()).ok
    assert check_sequential([*items, Operation("b", "dequeue", "q", None, 9, 10, 2)], Queue()).ok is False


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: check_history([], Register(), "eventual"),
            "level must be one of 'linearizable', 'sequential'",
        ),
        (
            lambda: check_causal([], Queue()),
            r"causal is defined here for registers \(Register, KeyValue\), not for Queue",
        ),
        (
            lambda: check_fifo([Operation("a", "cas", "x", (1, 2), 0, 1)], CASRegister()),
            "fifo is checked for reads and writes; client a called 'cas', which does both",
        ),
        (
            lambda: check_causal([], kind="strong"),
            "kind must be one of 'memory', 'weak', 'convergent', not 'strong'",
        ),
        (lambda: check_fifo([], limit=0), "limit must be a number of choices of at least 1, not 0"),
    ],
)
def test_what_cannot_be_checked_is_refused(call, sentence):
    """The sentence names the argument and what would be right."""
    with pytest.raises(ValueError, match=sentence):
        call()


def test_levels_may_be_written_in_several_ways():
    """Case, hyphens and underscores do not matter."""
    history = sessions(a="w(x)1 r(x)-")
    for level in ("read your writes", "Read-Your-Writes", "read_your_writes"):
        assert check_history(history, Register(), level).ok is False


def test_a_store_with_deletes():
    """A deleted key reads as None; reads of None can then come from the start or from a delete."""
    history = [
        Operation("a", "put", "x", 1, 0, 1),
        Operation("a", "delete", "x", None, 2, 3),
        Operation("b", "get", "x", None, 4, 5, None),
        Operation("b", "get", "x", None, 6, 7, 1),
    ]
    assert check_causal(history, KeyValue()).ok
    assert check_monotonic_reads([*history, Operation("b", "get", "x", None, 8, 9, None)], KeyValue()).ok
    history.insert(2, Operation("b", "get", "x", None, 3.5, 3.6, 1))
    assert check_monotonic_reads(history, KeyValue()).ok is False


@pytest.mark.parametrize("level", [level for level in LEVELS if level not in ("linearizable", "sequential")])
def test_without_an_answered_read_nothing_was_checked(level):
    """Writes alone neither keep nor break a promise about what is read."""
    verdict = check_history(sessions(a="w(x)1"), Register(), level)
    assert verdict.ok is None
    assert verdict.sentence == "Nothing was checked: the history has no read that was answered."
