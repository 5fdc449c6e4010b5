"""What the properties of eventual atomicity and of accounts call wrong, and in which words."""

from collections.abc import Callable

import pytest

from distlab.check import Accounts, EventualAtomicity, FaultBudget, Property, check
from distlab.sim import Node

NO_FAULTS = FaultBudget(crashes=0, partitions=0, pauses=0, loss_bursts=0, slow_links=0)
Say = tuple[str, dict[str, object]]
BEGIN: Say = ("begin", {"steps": 2})
COMMIT: Say = ("settle", {"outcome": "commit"})
ABORT: Say = ("settle", {"outcome": "abort"})


def do(step: int) -> Say:
    """A part takes effect."""
    return ("do", {"step": step})


def undo(step: int) -> Say:
    """A part is taken back."""
    return ("undo", {"step": step})


class Speaker(Node):
    """Records what it is told to, one thing every tenth of a second."""

    def __init__(self, said: tuple[Say, ...]) -> None:
        self.said = said

    def on_start(self) -> None:
        for place, (event, facts) in enumerate(self.said):
            self.after(0.1 * place, self.say, event, facts)

    def say(self, event: str, facts: dict[str, object]) -> None:
        self.record(event, transaction=1, **facts)


def verdict(judged: Property, build: Callable[[int], object]) -> str:
    """The sentence of a single run; "" if it passed."""
    report = check(build, judged, nodes=1, runs=1, faults=NO_FAULTS, bounds=None, progress=False)
    return report.sentence if report.verdict == "failed" else ""


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ((BEGIN, do(1), do(2), COMMIT), ""),
        ((BEGIN, do(1), undo(1), ABORT), ""),
        ((BEGIN, ABORT), ""),
        ((BEGIN, do(1), do(1)), "step 1 of transaction 1 takes effect twice"),
        ((BEGIN, undo(1)), "step 1 of transaction 1 is taken back at t = 0.1 s, but it is not in effect"),
        ((BEGIN, do(1), COMMIT), "ends with commit, and 1 of its 2 steps are in effect"),
        ((BEGIN, do(1), ABORT), "ends with abort, and 1 of its 2 steps are in effect"),
        ((BEGIN, ABORT, do(1)), "takes effect at t = 0.2 s, after the transaction was given up"),
        ((BEGIN, do(1), do(2), COMMIT, undo(2)), "ends with commit, and 1 of its 2 steps are in effect"),
        ((BEGIN, do(1), do(2), COMMIT, ABORT), "transaction 1 ends in two ways"),
        ((BEGIN, do(1)), "transaction 1 never ends: 1 of its 2 steps are in effect"),
        ((COMMIT,), "transaction 1 ends with commit at t = 0 s, but nobody has begun it"),
        ((BEGIN, ("settle", {"outcome": "perhaps"})), 'must say "commit" or "abort"'),
    ],
)
def test_all_or_nothing_in_the_end(said: tuple[Say, ...], sentence: str) -> None:
    """Each history is right, or wrong for the reason that the sentence says."""
    found = verdict(EventualAtomicity(), lambda n: {1: Speaker(said)})
    assert sentence in found
    assert bool(found) == bool(sentence)


def test_the_latest_step_is_taken_back_first() -> None:
    """Only if it is asked for: a saga compensates in reverse order."""
    said = (BEGIN, do(1), do(2), undo(1), undo(2), ABORT)
    assert verdict(EventualAtomicity(), lambda n: {1: Speaker(said)}) == ""
    assert "before step 2" in verdict(EventualAtomicity(reverse=True), lambda n: {1: Speaker(said)})


class Account(Node):
    """An account that changes once."""

    def __init__(self, balance: int, change: int, frozen: int = 0) -> None:
        self.balance = balance
        self.change = change
        self.frozen = {1: frozen} if frozen else {}

    def on_start(self) -> None:
        self.after(0.1, self.move)

    def move(self) -> None:
        self.balance += self.change


@pytest.mark.parametrize(
    ("a", "b", "sentence"),
    [
        ((800, -200), (600, 200), ""),
        ((800, -200), (600, 0), "the sum is 1200 instead of 1400"),
        ((100, -200), (1300, 200), "node 1 is overdrawn: its balance is -100"),
        ((800, 0, -200), (600, 0, 200), "400 are still reserved"),
    ],
)
def test_the_books_are_right(a: tuple[int, ...], b: tuple[int, ...], sentence: str) -> None:
    """The sum is kept, nobody is overdrawn, and reservations do not cancel each other out."""
    found = verdict(Accounts(1400), lambda n: {1: Account(*a), 2: Account(*b)})
    assert sentence in found
    assert bool(found) == bool(sentence)


def test_default_faults_end() -> None:
    """Nobody stays down: what is all or nothing in the end needs an end."""
    for judged in (EventualAtomicity(), Accounts()):
        assert judged.default_faults().stay_down == 0
