"""The answer to a name that does not exist: one sentence that lists what exists."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["UnknownName", "unknown"]


class UnknownName(LookupError, ValueError):
    """A lecture, table, row, column, figure or key was asked for that the course does not have.

    >>> from distlab import course
    >>> course.lecture(35)
    Traceback (most recent call last):
    ...
    distlab.course.errors.UnknownName: There is no lecture 35; the lectures are 00 to 34, S1 and S2.
    """


def unknown(where: str, kind: str, name: object, existing: Iterable[str]) -> UnknownName:
    """Build the error for a name that is not among the existing ones.

    Parameters: where, what was asked, to begin the sentence ("Lecture 04"); kind, what the name stands for;
    name, what was asked for; existing, the names that would be right.
    Returns the error, for the caller to raise.

    >>> str(unknown("The course", "figure", "RAFT-5", ["RAFT-4", "LE-1"]))
    "The course has no figure 'RAFT-5' (did you mean 'RAFT-4'?). It has: 'RAFT-4', 'LE-1'."
    """
    names = list(existing)
    close = get_close_matches(str(name).casefold(), [one.casefold() for one in names], n=1, cutoff=0.5)
    guess = next((one for one in names if close and one.casefold() == close[0]), None)
    hint = f" (did you mean {guess!r}?)" if guess else ""
    listing = ", ".join(repr(one) for one in names) or "none"
    return UnknownName(f"{where} has no {kind} {name!r}{hint}. It has: {listing}.")
