"""What each role looks like, wherever roles are drawn: colour, hatch and height of its bar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .style import INK, PALETTE

__all__ = ["DOWN", "PAUSED", "STATES", "Look", "chosen", "known_roles", "looks", "patch", "terms"]


class Look(NamedTuple):
    """A role's bar: its colours, its hatch and its height as a part of the lane."""

    color: str
    hatch: str
    height: float
    ink: str = INK


_FOLLOWS = Look("#CFE6F5", "", 0.40)
_STANDS = Look(PALETTE["orange"], "///", 0.56)
_LEADS = Look(PALETTE["green"], "", 0.68, "white")
_LOOKS = {
    "leader": _LEADS,
    "leading": _LEADS,
    "follower": _FOLLOWS,
    "following": _FOLLOWS,
    "candidate": _STANDS,
    "looking": _STANDS,
    "pre-candidate": Look(PALETTE["yellow"], "...", 0.56),
    "observing": Look("#EBD3E1", "\\\\\\", 0.40),
    "observer": Look("#EBD3E1", "\\\\\\", 0.40),
}
STATES = {  # of a transaction; its outcomes look the same
    "in doubt": Look(PALETTE["yellow"], "//", 0.5),
    "pre-committed": Look(PALETTE["purple"], "..", 0.5),
    "committed": Look(PALETTE["sky"], "", 0.5),
    "aborted": Look("#E5E5E5", "", 0.5),
}
_OTHERS = (
    Look(PALETTE["sky"], "", 0.5),
    Look(PALETTE["yellow"], "//", 0.5),
    Look(PALETTE["purple"], "..", 0.5),
    Look(PALETTE["blue"], "\\\\", 0.5, "white"),
    Look("#DDDDDD", "--", 0.5),
    Look(PALETTE["orange"], "xx", 0.5),
)
DOWN = Look("white", "xxx", 0.40, "#777777")
PAUSED = Look("none", "|||", 0.80)


def known_roles() -> tuple[str, ...]:
    """The roles of leader election, which have looks of their own."""
    return tuple(_LOOKS)


def looks(roles: Iterable[str]) -> dict[str, Look]:
    """A look for each role; those of elections and the states of transactions always have the same one.

    >>> list(looks(["waiting", "leader"]))
    ['waiting', 'leader']
    """
    fixed = _LOOKS | STATES
    wanted = list(dict.fromkeys(roles))
    taken = {fixed[role].color for role in wanted if role in STATES}
    others = iter([look for look in _OTHERS if look.color not in taken] * 20)
    return {role: fixed.get(role) or next(others) for role in wanted}


def patch(look: Look, label: str) -> Any:
    """A role's entry in a legend."""
    from matplotlib.patches import Patch

    return Patch(
        facecolor=look.color,
        hatch=look.hatch,
        edgecolor=look.ink if look is DOWN else "#444444",
        linewidth=0.6,
        label=label,
    )


def terms(facts: Mapping[Any, Any]) -> tuple[str, str]:
    """The term, epoch, round or view among the facts of a role, long and short; empty if there is none.

    >>> terms({"term": 3.0}), terms({"epoch": 2}), terms({})
    (('term 3', '3'), ('epoch 2', '2'), ('', ''))
    """
    for fact in ("term", "epoch", "round", "view", "ballot"):
        value = facts.get(fact)
        if value is None or value != value:
            continue
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return f"{fact} {value}", str(value)
    return "", ""


def chosen(facts: Mapping[Any, Any]) -> str:
    """Who was voted for, elected or followed, among the facts of a record; empty if nobody.

    >>> chosen({"event": "vote", "candidate": 2.0}), chosen({"event": "vote", "leader": float("nan")})
    ('2', '')
    """
    for fact in ("candidate", "leader", "vote_id", "server"):
        value = facts.get(fact)
        if value is not None and value == value:
            return f"{value:g}" if isinstance(value, float) else str(value)
    return ""
