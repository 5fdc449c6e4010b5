"""What the code of a node class may not do: global random, wall clock, handlers that cannot be called."""

import datetime
import os
import random
import threading
import time
import uuid
from datetime import datetime as moment
from random import choice
from time import perf_counter

import numpy as np
import pytest

from distlab.sim import ContractError, Node, Simulation, cluster, message

SAME_SEED = "so the same seed would not give the same run"


@message
class Ping:
    pass


class Base(Node):
    def on_ping(self, msg, sender):
        pass


def pick(items):
    """A function that a handler may call."""
    return random.choice(items)


def pick_through_another(items):
    """One that calls the other."""
    return pick(items)


def seeded(items, rng):
    """One that is given its generator."""
    return rng.choice(items)


def stopwatch():
    """One that reads the machine's clock."""
    return perf_counter()


def build(on_start, **namespace):
    """A learner's class with one method."""
    return type("Learner", (Base,), {"on_start": on_start, **namespace})


def refused(kind):
    """The sentence with which a class is refused."""
    with pytest.raises(ContractError) as error:
        Simulation(cluster(kind, 2)).run()
    return str(error.value)


RANDOM = f"the global random module, {SAME_SEED}; use self.rng instead."
CLOCK = "the machine's clock; use self.now and self.after(...) instead."
TODAY = "the machine's clock; use self.now instead."
OUTSIDE = f"a node may only react to messages and timers, {SAME_SEED} otherwise."


@pytest.mark.parametrize(
    ("on_start", "said"),
    [
        (lambda self: random.random(), f"random.random: {RANDOM}"),
        (lambda self: random.choice([1, 2]), f"random.choice: {RANDOM}"),
        (lambda self: random.seed(1), f"random.seed: {RANDOM}"),
        (lambda self: choice([1, 2]), f"choice: {RANDOM}"),
        (lambda self: [random.random() for _ in range(3)], f"random.random: {RANDOM}"),
        (lambda self: random.SystemRandom(), f"random.SystemRandom: {RANDOM}"),
        (
            lambda self: np.random.rand(),
            f"np.random.rand: the global random module of numpy, {SAME_SEED}; use self.rng instead.",
        ),
        (lambda self: time.time(), f"time.time: {CLOCK}"),
        (lambda self: time.sleep(0), f"time.sleep: {CLOCK}"),
        (lambda self: perf_counter(), f"perf_counter: {CLOCK}"),
        (lambda self: datetime.datetime.now(), f"datetime.datetime.now: {TODAY}"),
        (lambda self: moment.now(), f"moment.now: {TODAY}"),
        (lambda self: datetime.date.today(), f"datetime.date.today: {TODAY}"),
        (lambda self: uuid.uuid4(), f"uuid.uuid4: {OUTSIDE}"),
        (lambda self: os.urandom(8), f"os.urandom: {OUTSIDE}"),
        (lambda self: threading.Thread(), f"threading.Thread: {OUTSIDE}"),
        (
            lambda self: hash("key") % 3,
            "hash(), which gives another number for the same text in every process; use zlib.crc32.",
        ),
    ],
)
def test_what_would_make_runs_differ_is_found_before_the_run(on_start, said):
    """The sentence names the method, the line and what to use instead."""
    text = refused(build(on_start))
    line = on_start.__code__.co_firstlineno
    assert text == f"Learner.on_start, line {line}, uses {said}"


def test_an_import_inside_a_handler_is_seen():
    """In every form."""

    def first(self):
        import random

        return random.random()

    def second(self):
        from random import choice

        return choice([1])

    def third(self):
        from time import time

        return time()

    assert f"uses import random: {RANDOM}" in refused(build(first))
    assert f"uses import random.choice: {RANDOM}" in refused(build(second))
    assert f"uses import time.time: {CLOCK}" in refused(build(third))


def test_functions_that_a_handler_calls_are_read_too():
    """Also through another function; the sentence says on which way."""
    line = pick.__code__.co_firstlineno + 2
    assert refused(build(lambda self: pick([1]))) == (
        f"Learner.on_start calls pick, which, line {line}, uses random.choice: {RANDOM}"
    )
    assert refused(build(lambda self: pick_through_another([1]))) == (
        "Learner.on_start calls pick_through_another, which calls pick, which, "
        f"line {line}, uses random.choice: {RANDOM}"
    )
    assert "calls stopwatch, which" in refused(build(lambda self: stopwatch()))


def test_modules_of_an_enclosing_function_are_seen():
    """A class that is written inside a function, as in a notebook's cell or a test."""
    import random as dice

    class Inner(Base):
        def on_start(self):
            self.value = dice.random()

    assert f"uses dice.random: {RANDOM}" in refused(Inner)


@pytest.mark.parametrize("where", ["property", "staticmethod", "classmethod", "nested"])
def test_every_kind_of_method_is_read(where):
    """Properties, static and class methods, functions inside methods."""

    def draw(self=None):
        return random.random()

    def nested(self):
        def inner():
            return random.random()

        return inner

    made = {"property": property(draw), "staticmethod": staticmethod(draw), "classmethod": classmethod(draw)}
    assert RANDOM in refused(build(lambda self: None, helper=made.get(where, nested)))


def test_inherited_methods_are_read():
    """A mistake in a base class is one in all its subclasses."""

    class Child(build(lambda self: random.random())):
        pass

    assert refused(Child).startswith("Child.on_start, line ")


def test_what_cannot_be_read_is_found_by_the_state_of_the_generator():
    """A function that is hidden in a value draws from the global generator."""
    hidden = {"pick": random.random}

    class Sly(Base):
        def on_start(self):
            self.value = hidden["pick"]()

    assert refused(Sly) == (
        f"the global random module was used during the run, {SAME_SEED}; "
        f"use self.rng, for instance self.rng.uniform(0.15, 0.3)."
    )


@pytest.mark.parametrize(
    "on_start",
    [
        lambda self: self.rng.random(),
        lambda self: seeded([1, 2], self.rng),
        lambda self: random.Random(3).random(),
        lambda self: datetime.timedelta(seconds=1),
        lambda self: datetime.datetime(2020, 1, 1),
        lambda self: np.mean([1, 2]),
        lambda self: os.path.join("a", "b"),
        lambda self: uuid.uuid5(uuid.NAMESPACE_DNS, "a"),
        lambda self: self.record("time", random=1, hash=2),
    ],
)
def test_what_is_the_same_in_every_run_is_allowed(on_start):
    """Own generators with a seed, dates that are given, arithmetic."""
    Simulation(cluster(build(on_start), 2)).run()


def test_random_numbers_between_runs_are_nobodys_business():
    """Only what happens during the run counts."""
    sim = Simulation(cluster(Base, 2))
    random.random()
    sim.run(until=1.0)
    random.random()
    sim.run(until=2.0)


# --- handlers


def test_a_message_without_a_handler_names_both():
    """And the handlers that there are."""

    class Deaf(Node):
        def on_pong(self, msg, sender):
            pass

        def on_start(self):
            self.send(1, Ping())

    class Empty(Node):
        def on_start(self):
            self.send(1, Ping())

    assert refused(Deaf) == (
        "Deaf received Ping but has no method on_ping(self, msg, sender); it has: on_pong."
    )
    assert refused(Empty) == (
        "Empty received Ping but has no method on_ping(self, msg, sender); it has no message handlers yet."
    )


@pytest.mark.parametrize(
    ("handler", "signature"),
    [
        (lambda self: None, "(self)"),
        (lambda self, msg: None, "(self, msg)"),
        (lambda self, msg, sender, more: None, "(self, msg, sender, more)"),
        (lambda self, *, msg, sender: None, "(self, *, msg, sender)"),
    ],
)
def test_a_handler_with_a_wrong_signature_is_shown_the_right_one(handler, signature):
    """When the first message arrives."""
    kind = type("Learner", (Node,), {"on_ping": handler, "on_start": lambda self: self.send(1, Ping())})
    assert refused(kind) == (
        f"Learner.on_ping{signature} cannot be called: write def on_ping(self, msg, sender)."
    )


def test_a_handler_may_have_more_parameters_with_defaults():
    """It can be called, and that is enough."""
    kind = type(
        "Learner",
        (Node,),
        {"on_ping": lambda self, msg, sender, more=1: None, "on_start": lambda self: self.send(1, Ping())},
    )
    Simulation(cluster(kind, 1)).run()


def test_hooks_take_no_arguments():
    """``on_start`` and ``on_recover`` are called with nothing."""
    assert refused(type("Learner", (Node,), {"on_start": lambda self, now: None})) == (
        "Learner.on_start(self, now) cannot be called: write def on_start(self)."
    )
    assert refused(type("Learner", (Node,), {"on_recover": lambda: None})) == (
        "Learner.on_recover() cannot be called: write def on_recover(self)."
    )
    assert refused(type("Learner", (Node,), {"on_start": 3})) == "Learner.on_start must be a method; got 3."


def test_a_handler_must_be_a_function_that_runs():
    """A generator or a coroutine would be made and thrown away."""

    def waits(self, msg, sender):
        yield 1

    async def sleeps(self, msg, sender):
        pass

    end = "so calling it would do nothing: a handler runs to its end; to go on later, use self.after(...)."
    assert refused(type("Learner", (Node,), {"on_ping": waits})) == f"Learner.on_ping yields, {end}"
    assert refused(type("Learner", (Node,), {"on_ping": sleeps})) == f"Learner.on_ping is async, {end}"


def test_an_error_in_a_handler_says_where_it_happened():
    """The error is the learner's own, with a note: node, message, sender, time and row."""

    class Buggy(Node):
        def on_start(self):
            if self.id == 1:
                self.send(2, Ping())

        def on_ping(self, msg, sender):
            return [][3]

    with pytest.raises(IndexError) as error:
        Simulation(cluster(Buggy, 2)).run()
    assert error.value.__notes__ == ["in Buggy 2, handling Ping() from 1 at t = 0.01 s (row 2)."]
    sim = Simulation(cluster(Buggy, 2))
    sim.step()
    sim.step()
    with pytest.raises(IndexError) as error:
        sim.step()
    assert error.value.__notes__ == ["in Buggy 2, handling Ping() from 1 at t = 0.01 s (row 2)."]
