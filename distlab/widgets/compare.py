"""Two films side by side, in words: where they part, and how they end."""

from __future__ import annotations

from typing import Any

from .film import Film
from .words import moment

__all__ = ["compare"]

_SAME = ("kind", "node", "say")


def compare(run: Film, branch: Film) -> dict[str, Any]:
    """What differs between a run and a branch of it.

    Returns
    -------
    dict
        ``parted``: the first step that differs, or None; ``sentences``; ``rows``: (what, in the run, in the
        branch).

    Examples
    --------
    >>> from distlab.coordination.election import Bully
    >>> from distlab.sim import Simulation, cluster
    >>> from distlab.widgets.film import film
    >>> one, other = (film(Simulation(cluster(Bully, n)).run(until=1.0)) for n in (2, 2))
    >>> compare(one, other)["sentences"]
    ['The branch is the same as the run.']
    """
    parted = _parted(run, branch)
    if parted is None:
        sentences = ["The branch is the same as the run."]
    else:
        here, there = (
            _told(each, parted) if parted <= len(each) else "the run is over" for each in (run, branch)
        )
        before = f"The same for {parted - 1} step{'s' if parted != 2 else ''}."
        sentences = [before, f"Step {parted} of the run: {here}.", f"Step {parted} of the branch: {there}."]
    return {"parted": parted, "sentences": sentences, "rows": _rows(run, branch)}


def _told(film: Film, step: int) -> str:
    said = film.sentence(step)
    return said.partition(": ")[2] if film.data["unit"] == "step" else said


def _parted(run: Film, branch: Film) -> int | None:
    pairs = zip(run.data["steps"], branch.data["steps"], strict=False)
    for step, (one, other) in enumerate(pairs):
        if any(one[key] != other[key] for key in _SAME):
            return step
    return None if len(run) == len(branch) else min(len(run), len(branch)) + 1


def _rows(run: Film, branch: Film) -> list[list[str]]:
    rows = [["steps", str(len(run)), str(len(branch))]]
    rows.append(["messages", _messages(run), _messages(branch)])
    for role in ("leader", "leading"):
        if any(role in each.data["looks"] for each in (run, branch)):
            rows.append([f"first {role}", _first(run, role), _first(branch, role)])
    counted = dict.fromkeys([*_records(run), *_records(branch)])
    for event in list(counted)[:8]:
        rows.append([f"noted {event}", str(_records(run).get(event, 0)), str(_records(branch).get(event, 0))])
    ends = [(name, _end(run, place), _end(branch, place)) for place, name in enumerate(run.data["nodes"])]
    rows += [[f"{name} at the end", one, other] for name, one, other in ends if one != other]
    if len(ends) > sum(one != other for _, one, other in ends):
        every = "all" if all(one == other for _, one, other in ends) else "the other"
        rows.append([f"{every} nodes at the end", "the same", "the same"])
    return rows


def _messages(film: Film) -> str:
    messages = film.data["messages"]
    gone = sum(one["fate"] in ("lost", "cut", "dropped", "down") for one in messages)
    return f"{len(messages)}, {gone} of them without effect" if gone else str(len(messages))


def _first(film: Film, role: str) -> str:
    data = film.data
    taken = [
        (step, place)
        for place, changes in enumerate(data["roles"])
        for step, taken, _ in changes
        if taken == role
    ]
    if not taken:
        return "nobody"
    step, place = min(taken)
    return f"{data['nodes'][place]}, {moment(data['steps'][step]['t'], data['unit'])}"


def _records(film: Film) -> dict[str, int]:
    counts: dict[str, int] = {}
    for event in film.trace.records["event"]:
        counts[event] = counts.get(event, 0) + 1
    return counts


def _end(film: Film, place: int) -> str:
    lives = film.data["down"][place]
    if lives and lives[-1][1]:
        return "down"
    _, role, term = film.data["roles"][place][-1]
    return ", ".join(filter(None, [role, term])) or "no role"
