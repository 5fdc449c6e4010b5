"""The text of a value, the same in every process."""

from collections import OrderedDict
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distlab.sim.shown import shown


@dataclass
class Point:
    x: object
    hidden: int = field(default=0, repr=False)


class Quiet:
    pass


@dataclass
class Loud:
    x: int

    def __repr__(self):
        return "LOUD"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b", "a"}, "{'a', 'b'}"),
        (set(), "set()"),
        (frozenset(), "frozenset()"),
        (frozenset({2, 1}), "frozenset({1, 2})"),
        ([{"b", "a"}], "[{'a', 'b'}]"),
        ({"k": {"b", "a"}}, "{'k': {'a', 'b'}}"),
        (({"b", "a"},), "({'a', 'b'},)"),
        (Point({"b", "a"}), "Point(x={'a', 'b'})"),
        (Loud(1), "LOUD"),
        (shown, "shown"),
        ([].append, "list.append"),
        (Quiet().__init__, "<method-wrapper '__init__' of Quiet object>"),
    ],
)
def test_what_differs_between_processes_is_left_out(value, text):
    """Sets are sorted, also inside other values; functions are named; addresses do not appear."""
    assert shown(value) == text


def test_an_object_without_a_text_of_its_own_shows_no_address():
    """Two such objects look alike."""
    assert shown(Quiet()) == shown(Quiet())
    assert "0x" not in shown(Quiet())


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
)


@given(plain)
def test_for_ordinary_values_it_is_their_repr(value):
    """Only what differs between processes is shown in another way."""
    assert shown(value) == repr(value)


def test_other_containers_keep_their_repr():
    """An ordered dict is ordered already."""
    assert shown(OrderedDict(a=1)) == repr(OrderedDict(a=1))
