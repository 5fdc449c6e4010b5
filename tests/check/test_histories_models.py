"""What each sequential object answers, one operation after the other."""

import pytest

from distlab.check.histories import (
    CASRegister,
    Counter,
    KeyValue,
    Lock,
    Model,
    Operation,
    Queue,
    Register,
    Set,
    check_linearizable,
)


def one_after_the_other(model, *steps):
    """Whether each answer is right. A step is (operation, value, result); a fourth entry names the client."""
    state, right = model.initial, []
    for number, (name, value, result, *client) in enumerate(steps):
        operation = Operation(*(client or ["Ann"]), name, None, value, number, number, result)
        legal, state = model.step(state, operation)
        right.append(legal)
    return right


@pytest.mark.parametrize(
    ("model", "steps"),
    [
        (Register(), [("read", None, None), ("write", 1, None), ("read", None, 1), ("read", None, 1)]),
        (Register(0), [("read", None, 0), ("write", None, None), ("read", None, None)]),
        (
            CASRegister(0),
            [("cas", (0, 1), True), ("cas", (0, 2), False), ("cas", (1, 3), None), ("read", None, 3)],
        ),
        (
            KeyValue(),
            [
                ("get", None, None), ("put", "a", None), ("append", "b", None), ("get", None, "ab"),
                ("delete", None, None), ("append", "c", None), ("cas", ("c", "d"), True), ("read", None, "d"),
            ],
        ),
        (KeyValue(""), [("get", None, ""), ("append", "x", None), ("get", None, "x")]),
        (
            Counter(5),
            [("increment", None, 6), ("decrement", 4, None), ("increment", 3, 5), ("read", None, 5)],
        ),
        (
            Queue(),
            [
                ("dequeue", None, None), ("enqueue", 1, None), ("enqueue", 2, None),
                ("dequeue", None, 1), ("dequeue", None, 2), ("dequeue", None, None),
            ],
        ),
        (
            Set(),
            [
                ("contains", 1, False), ("add", 1, True), ("add", 1, False), ("add", 2, None),
                ("read", None, (2, 1)), ("remove", 1, True), ("remove", 1, False), ("contains", 2, True),
                ("read", None, frozenset({2})),
            ],
        ),
        (
            Lock(),
            [
                ("acquire", None, None, "Ann"), ("acquire", None, False, "Bob"),
                ("acquire", None, False, "Ann"), ("release", None, False, "Bob"),
                ("release", None, True, "Ann"), ("acquire", None, 17, "Bob"),
            ],
        ),
        (
            Lock(reentrant=True),
            [
                ("acquire", None, None, "Ann"), ("acquire", None, None, "Ann"),
                ("release", None, None, "Ann"), ("acquire", None, False, "Bob"),
                ("release", None, None, "Ann"), ("acquire", None, None, "Bob"),
            ],
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, Model) else "",
)  # fmt: skip
def test_right_answers(model, steps):
    """Every answer of these sequences is right."""
    assert one_after_the_other(model, *steps) == [True] * len(steps)


@pytest.mark.parametrize(
    ("model", "steps"),
    [
        (Register(), [("write", 1, None), ("read", None, 2)]),
        (Register(), [("write", 1, None), ("read", None, None)]),
        (CASRegister(), [("cas", (1, 2), True)]),
        (CASRegister(), [("write", 1, None), ("cas", (1, 2), False)]),
        (KeyValue(), [("put", "a", None), ("delete", None, None), ("get", None, "a")]),
        (Counter(), [("increment", None, 2)]),
        (Counter(), [("increment", None, None), ("read", None, 0)]),
        (Queue(), [("enqueue", 1, None), ("enqueue", 2, None), ("dequeue", None, 2)]),
        (Queue(), [("enqueue", 1, None), ("dequeue", None, None)]),
        (Queue(), [("dequeue", None, 1)]),
        (Set(), [("add", 1, None), ("add", 1, True)]),
        (Set(), [("add", 1, None), ("remove", 1, False)]),
        (Set(), [("add", 1, None), ("contains", 1, False)]),
        (Set(), [("add", 1, None), ("read", None, (1, 1))]),
        (Set(), [("add", 1, None), ("read", None, ())]),
        (Lock(), [("acquire", None, None, "Ann"), ("acquire", None, None, "Bob")]),
        (Lock(), [("acquire", None, None, "Ann"), ("acquire", None, None, "Ann")]),
        (Lock(), [("acquire", None, None, "Ann"), ("release", None, None, "Bob")]),
        (Lock(), [("acquire", None, False)]),
        (Lock(), [("release", None, None)]),
        (Lock(reentrant=True), [("acquire", None, None, "Ann"), ("acquire", None, False, "Ann")]),
    ],
    ids=lambda value: str(value) if isinstance(value, Model) else "",
)
def test_wrong_answers(model, steps):
    """The last answer of these sequences is wrong, and only that one."""
    assert one_after_the_other(model, *steps) == [True] * (len(steps) - 1) + [False]


@pytest.mark.parametrize(
    ("model", "state", "name", "value", "after"),
    [
        (Register(), 1, "write", 2, 2),
        (CASRegister(), 1, "cas", (1, 2), 2),
        (CASRegister(), 1, "cas", (3, 2), 1),
        (Counter(), 4, "increment", None, 5),
        (Queue(), (1, 2), "dequeue", None, (2,)),
        (Queue(), (), "dequeue", None, ()),
        (Set(), frozenset(), "add", 1, frozenset({1})),
    ],
    ids=lambda value: str(value) if isinstance(value, Model) else "",
)
def test_an_unknown_operation_has_its_effect_whatever_its_answer_was(model, state, name, value, after):
    """Of an operation whose answer was lost, every answer is right."""
    operation = Operation("Ann", name, None, value, 0)
    assert model.step(state, operation) == (True, after)


def test_an_unknown_acquire_cannot_have_been_granted_while_the_lock_is_held():
    """A lock that is held is granted to nobody; who waited for it may get it later."""
    held = Lock().step(None, Operation("Ann", "acquire", invoked=0, returned=1))[1]
    assert not Lock().step(held, Operation("Bob", "acquire", invoked=0))[0]


@pytest.mark.parametrize(
    ("model", "operation", "sentence"),
    [
        (
            Register(),
            ("cas", (1, 2)),
            "Register does not know the operation 'cas' of client Ann; it knows read",
        ),
        (
            CASRegister(),
            ("cas", 1),
            r"the value of a cas must be a pair \(expected, new\), not 1 of client Ann",
        ),
        (Counter(), ("increment", "x"), "the value of 'increment' must be a number or None, not 'x'"),
        (Queue(), ("push", 1), "it knows enqueue, dequeue"),
    ],
    ids=str,
)
def test_an_operation_that_the_model_does_not_serve_is_refused(model, operation, sentence):
    """The sentence names the operation, the client and what would be right."""
    with pytest.raises(ValueError, match=sentence):
        check_linearizable([Operation("Ann", operation[0], "x", operation[1], 0, 1)], model)


def test_the_result_of_reading_a_set_is_a_collection():
    """A number is refused as the content of a set."""
    with pytest.raises(ValueError, match="the result of reading a set must be a collection, not 3"):
        check_linearizable([Operation("Ann", "read", "s", None, 0, 1, 3)], Set())


class Stack(Model):
    """Last in, first out."""

    operations = ("push", "pop")
    initial = ()
    noun = "stack"

    def step(self, state, operation):
        if operation.operation == "push":
            return True, (*state, operation.value)
        if operation.is_unknown:
            return True, state[:-1]
        return state[-1:] == (operation.result,), state[:-1]


def test_a_model_of_ones_own():
    """Operations, an initial state and a step are all that a model needs."""
    pushes = [Operation(1, "push", None, "a", 0, 1), Operation(1, "push", None, "b", 1, 2)]
    assert check_linearizable([*pushes, Operation(2, "pop", None, None, 3, 4, "b")], Stack()).ok
    verdict = check_linearizable([*pushes, Operation(2, "pop", None, None, 3, 4, "a")], Stack())
    assert verdict.sentence == (
        "Not linearizable: client 2 called pop on the stack and was told a during [3, 4], but no "
        "order explains "
        "that together with the 2 other operations below."
    )


def test_a_model_without_a_step_says_so():
    """The sentence names what has to be defined."""

    class Nothing(Model):
        operations = ("look",)

    with pytest.raises(NotImplementedError, match=r"has to define step\(state, operation\)"):
        check_linearizable([Operation(1, "look", None, None, 0, 1)], Nothing())
