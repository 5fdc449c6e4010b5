"""Random streams, one per purpose."""

from distlab.sim import stream


def test_a_stream_is_a_function_of_seed_and_purpose():
    """The same name gives the same numbers, another name others."""
    first = [stream(7, "node", 1).random() for _ in range(2)]
    assert first[0] == first[1]
    others = [stream(8, "node", 1), stream(7, "node", 2), stream(7, "node", "1"), stream(7, "network")]
    assert first[0] not in [other.random() for other in others]


def test_the_numbers_are_the_same_on_every_machine():
    """Pinned: a change of these numbers changes every trace."""
    assert stream(7, "node", 1).getrandbits(32) == 776544861
    assert stream(0).getrandbits(32) == 3005081332
    assert stream(7, "node", "n1").getrandbits(32) == 1273243178


def test_names_are_not_run_together():
    """("ab", "c") and ("a", "bc") are different purposes."""
    assert stream(1, "ab", "c").random() != stream(1, "a", "bc").random()
