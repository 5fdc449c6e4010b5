"""Hashable pictures of values, and whether a value can be changed in place."""

from collections import deque
from dataclasses import dataclass
from enum import Enum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distlab.sim import changeable, freeze, message


@message
class Append:
    entries: tuple
    term: int = 0


class Colour(Enum):
    RED = 1


@dataclass(frozen=True)
class Pair:
    left: object
    right: object = 0


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a):
        self.a = a


class Attributes:
    def __init__(self, **values):
        self.__dict__.update(values)


nested = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.integers() | st.text(), inner)
    ),
)


@given(nested)
def test_a_picture_can_be_hashed_and_equals_that_of_a_copy(value):
    """Equal contents, equal picture, equal hash."""
    import copy

    assert freeze(value) == freeze(copy.deepcopy(value))
    assert hash(freeze(value)) == hash(freeze(copy.deepcopy(value)))


@given(st.sets(st.integers() | st.text()))
def test_the_order_of_sets_and_dicts_does_not_matter(values):
    """Sets and dicts are equal whatever order they were filled in."""
    there, back = sorted(values, key=repr), sorted(values, key=repr, reverse=True)
    assert freeze(set(there)) == freeze(set(back))
    assert freeze(dict.fromkeys(there)) == freeze(dict.fromkeys(back))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1, 2], [1, 3]),
        ([1, 2], (1, 2)),
        ({1: 2}, {1: 3}),
        ({1}, {2}),
        (deque([1]), [1]),
        (Append((1,)), Append((2,))),
        (Slotted([1]), Slotted([2])),
        (Attributes(x=[1]), Attributes(x=[2])),
        (bytearray(b"a"), bytearray(b"b")),
        (np.zeros(3), np.ones(3)),
        (print, len),
    ],
)
def test_different_contents_give_different_pictures(one, other):
    """Every kind of container is told apart by what is in it."""
    assert freeze(one) != freeze(other)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Slotted([1]),
        lambda: Attributes(x={"a"}),
        lambda: Append(([1],)),
        lambda: np.arange(5000),
        lambda: Colour.RED,
        lambda: object(),
        lambda: bytearray(b"abc"),
    ],
)
def test_equal_objects_give_equal_pictures(make):
    """Plain objects are known by their attributes or slots, not by their place in memory."""
    assert freeze(make()) == freeze(make())


@pytest.mark.parametrize(
    "value",
    [
        *(1, 2.5, "a", b"a", None, True, (), (1, ("a",)), frozenset({1}), Colour.RED, int, print),
        *(Append((1, 2)), Pair(1, (2,)), Append(entries=(Append(()),))),
    ],
)
def test_what_cannot_be_changed_in_place(value):
    """Numbers, texts, tuples of them, messages that hold only these, frozen dataclasses."""
    assert not changeable(value)


@pytest.mark.parametrize(
    "value", [[], {}, set(), ([],), Append([]), Append(({},)), Attributes(), Pair([]), bytearray(), deque()]
)
def test_what_can_be_changed_in_place(value):
    """Lists, dicts, sets, plain objects, and whatever holds one of these."""
    assert changeable(value)
