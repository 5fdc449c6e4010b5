"""Messages: immutable records with typed fields."""

import copy
import pickle

import pytest

from distlab.sim import ContractError, Message, handler_name, message


@message
class Vote:
    """A vote."""

    term: int
    granted: bool = True


@message
class Token:
    pass


class Outer:
    @message
    class Inner:
        number: int


@message
class Entries:
    entries: list


def test_fields_are_given_by_place_or_name_and_defaults_apply():
    """A message class has the initialiser that its annotations describe."""
    assert Vote(3) == Vote(term=3, granted=True)
    assert (Vote(3, False).term, Vote(3, False).granted) == (3, False)
    assert Vote.__match_args__ == ("term", "granted")


def test_a_wrong_argument_is_an_ordinary_type_error_that_names_the_class():
    """A missing or surplus field is reported under the message's name."""
    with pytest.raises(TypeError, match=r"Vote.__init__\(\) missing 1 required positional argument: 'term'"):
        Vote()
    with pytest.raises(TypeError, match="takes 1 positional argument"):
        Token(1)


def test_messages_are_equal_if_class_and_fields_are():
    """Equality and hash go by class and contents."""

    @message
    class Ballot:
        term: int
        granted: bool = True

    assert Vote(3) == Vote(3)
    assert hash(Vote(3)) == hash(Vote(3))
    assert Vote(3) != Vote(4)
    assert Vote(3) != Ballot(3)
    assert Vote(3) != (3, True)


def test_a_message_without_fields_is_one_object():
    """Nothing tells two such messages apart, so there is only one."""
    assert Token() is Token()
    assert repr(Token()) == "Token()"


def test_the_text_of_a_message_is_the_call_that_makes_it():
    """Sets are printed in sorted order, so the text is the same in every process."""

    @message
    class Seen:
        by: frozenset

    assert repr(Vote(3)) == "Vote(term=3, granted=True)"
    assert repr(Seen(frozenset({"b", "a", "c"}))) == "Seen(by=frozenset({'a', 'b', 'c'}))"


def test_what_was_made_cannot_be_changed():
    """Assigning or deleting a field says what to do instead."""
    with pytest.raises(
        ContractError,
        match=r"^Vote\(term=3, granted=True\) cannot be changed: what was sent stays as it was\. "
        r"Build a new Vote instead\.$",
    ):
        Vote(3).term = 4
    with pytest.raises(ContractError, match=r"^Vote has no field 'voter'; its fields are: term, granted\.$"):
        Vote(3).voter = 1
    with pytest.raises(ContractError, match=r"^Token has no field 'x'; its fields are: none\.$"):
        Token().x = 1
    with pytest.raises(ContractError, match=r"cannot be changed: what was sent stays as it was\.$"):
        del Vote(3).term


def test_replace_makes_a_new_message():
    """The old one stays as it was."""
    old = Vote(3)
    assert old.replace(granted=False) == Vote(3, False)
    assert old == Vote(3)
    with pytest.raises(ContractError, match=r"^Vote has no field 'who'; its fields are: term, granted\.$"):
        old.replace(who=1)


@pytest.mark.parametrize("one", [Vote(3), Token(), Outer.Inner(7)])
def test_messages_travel_between_processes(one):
    """Pickling gives an equal message; copying gives the same one, for it cannot change."""
    assert pickle.loads(pickle.dumps(one)) == one
    assert copy.copy(one) is one
    assert copy.deepcopy(one) is one


def test_docstrings_methods_and_class_constants_are_kept():
    """A message class may say more about itself."""
    from typing import ClassVar

    @message
    class Proposal:
        """A numbered proposal."""

        kinds: ClassVar[int] = 2
        number: int

        def beats(self, other):
            return self.number > other.number

    assert Proposal.__doc__ == "A numbered proposal."
    assert Proposal(2).beats(Proposal(1))
    assert (Proposal.kinds, Proposal._fields) == (2, ("number",))
    assert Outer.Inner.__qualname__ == "Outer.Inner"
    assert isinstance(Proposal(1), Message)


@pytest.mark.parametrize(
    ("name", "handler"),
    [
        ("Ping", "on_ping"),
        ("RequestVote", "on_request_vote"),
        ("HTTPGet", "on_http_get"),
        ("Phase2Answer", "on_phase2_answer"),
        ("ACK", "on_ack"),
    ],
)
def test_handlers_are_named_after_messages(name, handler):
    """Words are told apart by their capitals."""
    assert handler_name(type(name, (), {})) == handler


def test_only_annotations_that_allow_change_are_watched():
    """Numbers and texts are not looked at again after sending; anything else may be."""
    assert not Vote._fragile
    assert Entries._fragile

    @message
    class Named:
        name: str | None
        size: "int | float" = 0

    assert not Named._fragile


def _declare(name, annotations, **namespace):
    return message(type(name, (), {"__annotations__": annotations, **namespace}))


@pytest.mark.parametrize(
    ("name", "annotations", "namespace", "sentence"),
    [
        (
            "Bad",
            {"a": int, "b": int},
            {"a": 1},
            "Bad: field 'b' needs a default, because 'a' before it has one.",
        ),
        (
            "Bad",
            {"log": list},
            {"log": []},
            "Bad: the default of 'log' is a list, which all messages would share; use a tuple.",
        ),
        ("Bad", {"self": int}, {}, "Bad: a field cannot be called 'self'; choose another name."),
        ("Bad", {"replace": int}, {}, "Bad: a field cannot be called 'replace'; choose another name."),
        ("Bad", {"_x": int}, {}, "Bad: a field cannot be called '_x'; choose another name."),
        ("Bad", {"a": int}, {"__init__": print}, "Bad: @message writes __init__ itself; leave it out."),
        (
            "Bad",
            {"a": int},
            {"__post_init__": print},
            "Bad: @message writes __post_init__ itself; leave it out.",
        ),
        (
            "Start",
            {},
            {},
            "a message cannot be called Start, because on_start is what a node does by itself; "
            "choose another name.",
        ),
        (
            "Recover",
            {},
            {},
            "a message cannot be called Recover, because on_recover is what a node does by itself; "
            "choose another name.",
        ),
    ],
)
def test_a_message_class_that_cannot_work_is_refused(name, annotations, namespace, sentence):
    """The sentence names the class and the field."""
    with pytest.raises(ContractError) as error:
        _declare(name, annotations, **namespace)
    assert str(error.value) == sentence


def test_messages_do_not_inherit():
    """A subclass would have fields that are not in its text."""
    with pytest.raises(
        ContractError, match=r"^Longer inherits from another message; write its fields out instead\.$"
    ):

        @message
        class Longer(Vote):
            more: int = 0
