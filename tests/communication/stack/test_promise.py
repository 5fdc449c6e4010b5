"""What the stack promises, what breaks it, and which layer is to blame."""

import pytest

from distlab.check import Bounds, FaultBudget, check
from distlab.communication import stack
from distlab.sim import Call, LossBurst, Outage

FAULTS = [LossBurst(0.2, at=0.0, until=0.4), Outage("store 1", at=0.1, until=0.15)]
CALLS = [Call("front", at=at, method="request") for at in (0.0, 0.05, 0.1, 0.15)]


class Forgetful(stack.Primary):
    """Does not recognise a number."""

    def is_new(self, number):
        return True


class OnlyTheLast(stack.Primary):
    """Recognises the last number only."""

    def is_new(self, number):
        return self.log[-1:] != [number]


class NotOnDisk(stack.Primary):
    """Remembers the numbers in memory, which a crash wipes out."""

    def is_new(self, number):
        self.seen = [*getattr(self, "seen", []), number]
        return self.seen.count(number) == 1


class Deceiver(stack.Primary):
    """Confirms and keeps nothing."""

    def is_new(self, number):
        return False


class Hasty(stack.Primary):
    """Confirms before any disk has it."""

    def on_write(self, msg, sender):
        self.send(sender, stack.Written(msg.number))


def search(primary, **options):
    """Check the stack with a primary of some kind."""
    options = {"nodes": 5, "runs": 100, "faults": FAULTS, "workload": CALLS, "within": 0.5, **options}
    return check(stack.sized, stack.stored_once, arguments={"primary": primary}, progress=False, **options)


def test_the_stack_keeps_its_promise_under_all_kinds_of_faults():
    """Crashes, partitions, pauses, lost messages and slow links: nothing is stored twice or missing."""
    faults = FaultBudget(crashes=3, aim_at_leader=0.0, until=0.6)
    assert search(stack.Primary, runs=200, faults=faults).verdict == "passed"


@pytest.mark.parametrize(
    ("primary", "sentence"),
    [
        (Forgetful, "stored request 1 twice"),
        (OnlyTheLast, "twice"),
        (NotOnDisk, "twice"),
        (Deceiver, "was answered, but no replica stored it"),
        (Hasty, "was answered, but no replica stored it"),
    ],
)
def test_each_broken_primary_is_caught(primary, sentence):
    """One safeguard less, and the checker finds a run that shows it."""
    report = search(primary)
    assert report.verdict == "failed"
    assert sentence in report.sentence


def test_the_counterexample_is_small():
    """Of five nodes and four requests, three nodes, one request and one fault are left."""
    assert search(Forgetful).counterexample.minimal.startswith("n=3, 1 fault, 1 call")


def test_the_same_classes_run_under_the_exhaustive_checker():
    """Every order of messages and timers of one request, one of them lost: Forgetful fails, the stack not."""

    def once(nodes):
        log = nodes["store 1"].log
        return "stored twice" if len(log) > len(set(log)) else None

    bounds = Bounds(nodes=3, timeouts=2, drops=1, states=20_000)
    options = {"nodes": 3, "runs": 0, "workload": CALLS[:1], "bounds": bounds, "progress": False}
    verdicts = [
        check(stack.sized, once, arguments={"primary": primary}, **options).verdict
        for primary in (stack.Primary, Forgetful)
    ]
    assert verdicts == ["passed", "failed"]


def test_the_diagnosis_that_looks_at_the_other_layers_first_is_right():
    """The wait for a slot is to blame only if nothing else has grown."""

    def diagnose(before, after):
        grown = (after - before).drop("resources")
        return grown.idxmax() if grown.max() > 1 else "resources"

    assert stack.misdiagnosed(diagnose) is None


@pytest.mark.parametrize(
    ("diagnose", "sentence"),
    [
        (lambda before, after: after.idxmax(), "When the near copy is down, it says 'resources'"),
        (lambda before, after: (after - before).idxmax(), "the others wait"),
        (lambda before, after: "computing", "that layer takes 10 ms as before"),
        (lambda before, after: "the network", "It must answer one of resources, communication"),
        (lambda before, after: before["line"], "It broke with KeyError"),
        (lambda before: "storage", "It broke with TypeError"),
    ],
)
def test_a_wrong_diagnosis_gets_a_sentence(diagnose, sentence):
    """Each kind of mistake is told in its own words, and nothing is raised."""
    assert sentence in stack.misdiagnosed(diagnose)
