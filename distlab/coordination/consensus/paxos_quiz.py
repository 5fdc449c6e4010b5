"""A quiz on Paxos: short situations, a question each, and the answer by running the class.

Nothing in the answers is written down: each is what :class:`~distlab.coordination.consensus.paxos.Paxos`
does. To each question at least one of the mutants of :mod:`.paxos_mutants` gives another answer, so who can
answer all of them knows what each safeguard is for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from distlab.coordination.election.mutant import Mutant

from .by_hand import ByHand
from .paxos import Accept, Accepted, Decided, Paxos, Prepare, Promise, Reject
from .paxos_mutants import PAXOS_MUTANTS

__all__ = ["PAXOS_QUIZ", "Question"]

ANSWERS = (Promise, Accepted, Reject, Decided)

Play = Callable[[type[Paxos]], tuple[ByHand, Any]]


@dataclass(frozen=True)
class Question:
    """A situation, and a question about what comes next.

    Parameters
    ----------
    key
        Its name.
    question
        In words.
    play
        Class -> the run by hand, and the answer.

    Examples
    --------
    >>> question = PAXOS_QUIZ[0]
    >>> question.question
    'Does node 2 accept the value "a"?'
    >>> question.answer()
    'no'
    >>> question.fooled()[-1].name
    'accepts whatever it has promised'
    """

    key: str
    question: str
    play: Play

    def story(self) -> list[str]:
        """What has happened, step by step."""
        return list(self.play(Paxos)[0].steps)

    def answer(self, kind: type[Paxos] = Paxos) -> str:
        """What a class of nodes answers, by its deeds."""
        return str(self.play(kind)[1])

    def fooled(self) -> list[Mutant]:
        """The mutants that answer differently."""
        right = self.answer()
        return [mutant for mutant in PAXOS_MUTANTS if self.answer(_paxos(mutant)) != right]


def _paxos(mutant: Mutant) -> type[Paxos]:
    assert issubclass(mutant.kind, Paxos)
    return mutant.kind


def _nodes(kind: type[Paxos], n: int = 3) -> ByHand:
    return ByHand({id: kind(proposes=False) for id in range(1, n + 1)})


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _prepare(run: ByHand, proposer: int, *acceptors: int) -> None:
    """The proposer's Prepare reaches these, and their answers come back."""
    for acceptor in acceptors:
        run.deliver(Prepare, proposer, acceptor)
        run.deliver(ANSWERS, acceptor, proposer)


def _told(run: ByHand, sender: int, receiver: int) -> str:
    """The kind of the newest message from one to the other."""
    return [type(msg).__name__ for one, other, msg in run.waiting if (one, other) == (sender, receiver)][-1]


def _late_accept(kind: type[Paxos]) -> tuple[ByHand, Any]:
    run = _nodes(kind)
    run.call(1, "propose", "a")
    _prepare(run, 1, 2)
    run.call(3, "propose", "c")
    run.deliver(Prepare, 3, 2)
    run.deliver(Accept, 1, 2)
    return run, _yes(run.node(2).accepted is not None)


def _restart_after_promise(kind: type[Paxos]) -> tuple[ByHand, Any]:
    run = _nodes(kind)
    run.call(1, "propose", "a")
    _prepare(run, 1, 2)
    run.call(3, "propose", "c")
    run.deliver(Prepare, 3, 2)
    run.crash(2)
    run.recover(2)
    run.deliver(Accept, 1, 2)
    return run, _yes(run.node(2).accepted is not None)


def _restart_after_acceptance(kind: type[Paxos]) -> tuple[ByHand, Any]:
    run = _nodes(kind)
    run.call(1, "propose", "a")
    _prepare(run, 1, 2)
    run.deliver(Accept, 1, 2)
    run.crash(2)
    run.recover(2)
    run.call(3, "propose", "c")
    _prepare(run, 3, 2)
    return run, run.node(3).proposal


def _someone_was_first(kind: type[Paxos]) -> tuple[ByHand, Any]:
    run = _nodes(kind)
    run.call(1, "propose", "a")
    _prepare(run, 1, 2)
    run.call(3, "propose", "c")
    _prepare(run, 3, 1)
    return run, run.node(3).proposal


def _two_proposals(kind: type[Paxos]) -> tuple[ByHand, Any]:
    run = _nodes(kind, 5)
    run.call(1, "propose", "a")
    _prepare(run, 1, 2, 3)
    run.call(5, "propose", "e")
    _prepare(run, 5, 4, 3)
    run.call(2, "propose", "b")
    _prepare(run, 2, 1, 5)
    return run, run.node(2).proposal


def _prepare_too_late(kind: type[Paxos]) -> tuple[ByHand, Any]:
    run = _nodes(kind)
    run.call(1, "propose", "a")
    run.call(3, "propose", "c")
    run.deliver(Prepare, 3, 2)
    run.deliver(Prepare, 1, 2)
    return run, _told(run, 2, 1)


def _two_of_four(kind: type[Paxos]) -> tuple[ByHand, Any]:
    run = _nodes(kind, 4)
    run.call(1, "propose", "a")
    _prepare(run, 1, 2)
    return run, run.node(1).role


def _promised_twice(kind: type[Paxos]) -> tuple[ByHand, Any]:
    run = _nodes(kind, 5)
    run.call(1, "propose", "a")
    run.deliver(Prepare, 1, 2)
    run.duplicate(Promise, 2, 1)
    run.deliver(Promise, 2, 1)
    run.deliver(Promise, 2, 1)
    return run, run.node(1).role


def _promise_of_yesterday(kind: type[Paxos]) -> tuple[ByHand, Any]:
    run = _nodes(kind, 5)
    run.call(1, "propose", "a")
    run.deliver(Prepare, 1, 2)
    run.fire(1, "propose")
    run.deliver(Prepare, 1, 3, ballot=run.node(1).ballot)
    run.deliver(Promise, 3, 1)
    run.deliver(Promise, 2, 1)
    return run, run.node(1).role


def _accepted_by_one(kind: type[Paxos]) -> tuple[ByHand, Any]:
    run = _nodes(kind, 5)
    run.call(1, "propose", "a")
    _prepare(run, 1, 2, 3)
    run.deliver(Accept, 1, 2)
    return run, _yes(run.node(2).role == "decided")


def _accept_without_prepare(kind: type[Paxos]) -> tuple[ByHand, Any]:
    run = _nodes(kind)
    run.call(1, "propose", "a")
    run.call(3, "propose", "c")
    run.deliver(Prepare, 1, 2)
    run.deliver(Prepare, 3, 2)
    run.deliver(Promise, 2, 3)
    run.deliver(Accept, 3, 1)
    run.deliver(Promise, 2, 1)
    return run, run.node(1).accepted[1]


def _after_a_rejection(kind: type[Paxos]) -> tuple[ByHand, Any]:
    run = _nodes(kind)
    run.call(3, "propose", "c")
    run.deliver(Prepare, 3, 2)
    run.call(1, "propose", "a")
    run.deliver(Prepare, 1, 2)
    run.deliver(ANSWERS, 2, 1)
    run.call(1, "propose")
    return run, run.node(1).ballot


def _equal_rounds(kind: type[Paxos]) -> tuple[ByHand, Any]:
    run = _nodes(kind)
    run.call(1, "propose", "a")
    run.call(3, "propose", "c")
    run.deliver(Prepare, 3, 1)
    return run, run.node(1).role


def _decided_elsewhere(kind: type[Paxos]) -> tuple[ByHand, Any]:
    run = _nodes(kind)
    run.call(1, "propose", "a")
    _prepare(run, 1, 2)
    run.deliver(Accept, 1, 2)
    if run.node(1).role != "decided":
        run.deliver(Accepted, 2, 1)
    run.call(3, "propose", "c")
    run.deliver(Prepare, 3, 1)
    return run, _told(run, 1, 3)


def _one_acceptor_more(kind: type[Paxos]) -> tuple[ByHand, Any]:
    run = _nodes(kind, 5)
    run.call(1, "propose", "a")
    _prepare(run, 1, 2, 3)
    run.call(5, "propose", "e")
    run.deliver(Prepare, 5, 3)
    for acceptor in (2, 3):
        run.deliver(Accept, 1, acceptor)
        run.deliver(ANSWERS, acceptor, 1)
    return run, _yes(run.node(1).role == "decided")


PAXOS_QUIZ = (
    Question("late accept", 'Does node 2 accept the value "a"?', _late_accept),
    Question(
        "restart after a promise",
        'Node 2 was down for a moment. Does it accept the value "a"?',
        _restart_after_promise,
    ),
    Question(
        "restart after an acceptance",
        "Node 2 was down for a moment. Which value does node 3 propose?",
        _restart_after_acceptance,
    ),
    Question(
        "someone was first",
        "Only node 1 has accepted something. Which value does node 3 propose?",
        _someone_was_first,
    ),
    Question(
        "two proposals",
        "Nodes 1 and 5 have accepted different values. Which one does node 2 propose?",
        _two_proposals,
    ),
    Question("prepare too late", "What does node 2 answer to node 1?", _prepare_too_late),
    Question("two of four", "In which phase is node 1 of four?", _two_of_four),
    Question("promised twice", "In which phase is node 1 of five?", _promised_twice),
    Question(
        "a promise of yesterday",
        "Node 1 of five began a second ballot. In which phase is it?",
        _promise_of_yesterday,
    ),
    Question("accepted by one", "Does node 2 know the decision?", _accepted_by_one),
    Question("accept without prepare", "Which value has node 1 accepted last?", _accept_without_prepare),
    Question("after a rejection", "Which ballot does node 1 use now?", _after_a_rejection),
    Question("equal rounds", "Both are in round 1. What is node 1 doing now?", _equal_rounds),
    Question("decided elsewhere", "Node 1 has decided. What does it answer to node 3?", _decided_elsewhere),
    Question("one acceptor more", 'Has "a" been chosen, as far as node 1 knows?', _one_acceptor_more),
)
