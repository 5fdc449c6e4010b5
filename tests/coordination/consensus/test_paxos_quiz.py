"""The quiz on Paxos: answers come from the class, and every question needs a safeguard to answer."""

import pytest

from distlab.coordination.consensus import PAXOS_MUTANTS, PAXOS_QUIZ, Question

RIGHT = {
    "late accept": "no",
    "restart after a promise": "no",
    "restart after an acceptance": "a",
    "someone was first": "a",
    "two proposals": "e",
    "prepare too late": "Reject",
    "two of four": "preparing",
    "promised twice": "preparing",
    "a promise of yesterday": "preparing",
    "accepted by one": "no",
    "accept without prepare": "c",
    "after a rejection": "(2, 1)",
    "equal rounds": "waiting",
    "decided elsewhere": "Decided",
    "one acceptor more": "no",
}  # worked out on paper from Lamport 2001


def test_there_are_at_least_a_dozen_questions_with_names_of_their_own() -> None:
    """Each question is asked once."""
    assert len({question.key for question in PAXOS_QUIZ}) == len(PAXOS_QUIZ) >= 12
    assert {question.key for question in PAXOS_QUIZ} == RIGHT.keys()


@pytest.mark.parametrize("question", PAXOS_QUIZ, ids=lambda question: question.key)
def test_paxos_answers_as_the_paper_does(question: Question) -> None:
    """The class gives the answer that follows from the paper's rules."""
    assert question.answer() == RIGHT[question.key]


@pytest.mark.parametrize("question", PAXOS_QUIZ, ids=lambda question: question.key)
def test_some_mutant_answers_differently(question: Question) -> None:
    """A question that every broken class answers rightly would ask nothing."""
    assert question.fooled()


def test_every_safeguard_is_asked_for() -> None:
    """Each mutant gets at least one question wrong."""
    fooled = {mutant.name for question in PAXOS_QUIZ for mutant in question.fooled()}
    assert fooled == {mutant.name for mutant in PAXOS_MUTANTS}


@pytest.mark.parametrize("question", PAXOS_QUIZ, ids=lambda question: question.key)
def test_the_story_says_what_happened(question: Question) -> None:
    """A few steps in words, the first of them a proposal, and no answer in the question."""
    story = question.story()
    assert 3 <= len(story) <= 16
    assert story[0].startswith("node ")
    assert " is called: propose(" in story[0]
    assert question.question.endswith("?")
