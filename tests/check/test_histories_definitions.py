"""The fast checkers agree with the definitions, on all histories of a few operations that come up."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    check_history,
    random_history,
    spoil,
)
from tests.check import definitions

MANY = settings(max_examples=80, deadline=None, derandomize=True, database=None)

value = st.sampled_from([1, 2])
seen = st.sampled_from([None, 1, 2])
granted = st.sampled_from([None, True, False])
call = st.tuples

CALLS = {
    "register": (
        Register(),
        call(st.just("read"), st.none(), seen) | call(st.just("write"), value, st.none()),
    ),
    "register that starts with 1": (
        Register(1),
        call(st.just("read"), st.none(), seen) | call(st.just("write"), value, st.none()),
    ),
    "compare-and-set": (
        CASRegister(),
        call(st.just("read"), st.none(), seen)
        | call(st.just("write"), value, st.none())
        | call(st.just("cas"), st.tuples(seen, value), granted),
    ),
    "key-value": (
        KeyValue(),
        call(st.just("get"), st.none(), st.sampled_from([None, "a", "b", "ab"]))
        | call(st.sampled_from(["put", "append"]), st.sampled_from(["a", "b"]), st.none())
        | call(st.just("delete"), st.none(), st.none()),
    ),
    "counter": (
        Counter(),
        call(st.just("read"), st.none(), st.integers(0, 3))
        | call(st.just("increment"), st.sampled_from([None, 2]), st.sampled_from([None, 1, 2, 3]))
        | call(st.just("decrement"), st.none(), st.sampled_from([None, 0, 1])),
    ),
    "queue": (
        Queue(),
        call(st.just("enqueue"), value, st.none()) | call(st.just("dequeue"), st.none(), seen),
    ),
    "set": (
        Set(),
        call(st.sampled_from(["add", "remove"]), value, granted)
        | call(st.just("contains"), value, st.booleans()),
    ),
    "set read as a whole": (
        Set(),
        call(st.sampled_from(["add", "remove"]), value, granted)
        | call(st.just("read"), st.none(), st.sampled_from([(), (1,), (2,), (1, 2)])),
    ),
    "lock": (
        Lock(),
        call(st.just("acquire"), st.none(), granted)
        | call(st.just("release"), st.none(), st.sampled_from([None, False])),
    ),
    "reentrant lock": (
        Lock(reentrant=True),
        call(st.just("acquire"), st.none(), granted)
        | call(st.just("release"), st.none(), st.sampled_from([None, False])),
    ),
}


@st.composite
def histories(draw, calls, most=6, keys=("x",)):
    """A few operations of up to three clients, with touching times and lost answers."""
    free_at, operations = {}, []
    for _ in range(draw(st.integers(1, most))):
        client = draw(st.integers(1, 3))
        invoked = free_at.get(client, 0) + draw(st.integers(0, 2))
        returned = invoked + draw(st.integers(0, 3))
        name, argument, result = draw(calls)
        key = draw(st.sampled_from(keys))
        if draw(st.integers(0, 5)) == 0:
            operations.append(Operation(client, name, key, argument, invoked, status="unknown"))
        else:
            operations.append(Operation(client, name, key, argument, invoked, returned, result))
        free_at[client] = returned
    return History(operations)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("level", ["linearizable", "sequential"])
def test_one_order(name, level):
    """Exactly those histories are wrong for which no order of the operations gives the answers."""
    model, calls = CALLS[name]

    @MANY
    @given(histories(calls, keys=("x", "y") if level == "sequential" else ("x",)))
    def agree(history):
        verdict = check_history(history, model, level)
        if verdict.ok is not None:
            assert verdict.ok == definitions.in_one_order(history, model, level == "linearizable")
        else:
            assert all(operation.is_unknown for operation in history)

    agree()


@pytest.mark.parametrize(
    "model", [Register(), CASRegister(), KeyValue(), Counter(), Queue(), Set(), Lock()], ids=str
)
def test_histories_that_are_right_or_nearly_right(model):
    """A dozen operations on a correct object, one answer changed in some: found by both, or by none."""
    kinds = [(values, unknown, keys) for values in (None, 2) for unknown in (0.0, 0.3) for keys in (1, 2)]
    found = set()
    for seed in range(80):
        values, unknown, keys = kinds[seed % len(kinds)]
        history = random_history(
            model, clients=3, operations=12, values=values, unknown=unknown, keys=keys, overlap=3, seed=seed
        )
        if seed % 3:
            with suppress(ValueError):  # a short history may have no answer that could be another
                history = spoil(history, model, seed=seed)
        for level in ("linearizable", "sequential"):
            ok = check_history(history, model, level).ok
            assert ok == definitions.in_one_order(history, model, level == "linearizable"), (
                seed,
                str(history),
            )
            found.add(ok)
    assert found == {True, False}


@MANY
@given(histories(CALLS["compare-and-set"][1]))
def test_the_linearization_is_one(history):
    """What is given as an order of the operations is one: right answers, real time and all that returned."""
    verdict = check_history(history, CASRegister())
    if verdict.ok:
        order = verdict.linearization
        state = None
        for operation in order:
            right, state = CASRegister().step(state, operation)
            assert right
        assert {id(op) for op in order} >= {id(op) for op in history if not op.is_unknown}
        for number, later in enumerate(order):
            for earlier in order[:number]:
                assert later.deadline >= earlier.invoked
                assert later.client != earlier.client or later.is_unknown or later.invoked >= earlier.invoked


@pytest.mark.parametrize("name", CALLS)
def test_a_counterexample_is_wrong_by_itself(name):
    """The few operations that are shown cannot be explained either, and are operations of the history."""
    model, calls = CALLS[name]

    @MANY
    @given(histories(calls))
    def wrong(history):
        verdict = check_history(history, model)
        if verdict.ok is False:
            assert verdict.culprit in verdict.counterexample
            assert all(operation in history.operations for operation in verdict.counterexample)
            assert not definitions.in_one_order(verdict.counterexample, model, real_time=True)

    wrong()


reads_and_writes = call(st.just("read"), st.none(), seen) | call(st.just("write"), value, st.none())
BY_DEFINITION = {
    "causal": definitions.causal,
    "weakly causal": definitions.weakly_causal,
    "causally convergent": definitions.causally_convergent,
    "fifo": definitions.fifo,
    "read your writes": definitions.read_your_writes,
    "monotonic reads": definitions.monotonic_reads,
    "monotonic writes": definitions.monotonic_writes,
    "writes follow reads": definitions.writes_follow_reads,
}


@st.composite
def read_write_histories(draw, most=6):
    """Reads and writes of two registers; in about half of the histories all values are different."""
    history = draw(histories(reads_and_writes, most, keys=("x", "y")))
    if draw(st.booleans()):
        return history
    operations, written = [], {}
    for number, op in enumerate(history):
        if op.operation == "write":
            written.setdefault(op.key, [None]).append(number)
            op = replace(op, value=number)
        operations.append(op)
    for i, op in enumerate(operations):
        if op.operation == "read" and not op.is_unknown:
            operations[i] = replace(op, result=draw(st.sampled_from(written.get(op.key, [None]))))
    return History(operations)


@pytest.mark.parametrize("level", BY_DEFINITION)
def test_weaker_levels(level):
    """A weaker level is kept exactly when its definition can be met."""
    found = set()

    @MANY
    @given(read_write_histories())
    def agree(history):
        ok = check_history(history, Register(), level).ok
        known = [op for op in history if not (op.is_unknown and op.operation == "read")]
        if ok is not None:
            assert ok == BY_DEFINITION[level](known)
        found.add(ok)

    agree()
    assert {True, False} <= found


IMPLIED = [
    ("linearizable", "sequential"),
    ("sequential", "causal"),
    ("sequential", "causally convergent"),
    ("causal", "fifo"),
    ("causal", "weakly causal"),
    ("causal", "writes follow reads"),
    ("causally convergent", "weakly causal"),
    ("fifo", "read your writes"),
    ("fifo", "monotonic reads"),
    ("fifo", "monotonic writes"),
]


@pytest.mark.parametrize(("stronger", "weaker"), IMPLIED)
def test_what_keeps_the_stronger_promise_keeps_the_weaker(stronger, weaker):
    """The levels are ordered: no history keeps the stronger one and breaks the weaker one."""

    @MANY
    @given(read_write_histories(most=8))
    def ordered(history):
        if check_history(history, Register(), stronger).ok:
            assert check_history(history, Register(), weaker).ok is not False

    ordered()
