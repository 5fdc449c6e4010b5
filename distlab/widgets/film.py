"""The film of a run: everything that the player shows, as plain data, computed once.

Step 0 is the time before the run; step k comes behind the k-th event. What changes is kept as lists of (step,
value), so that any step can be shown without the ones before it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

from distlab.plots.faults import pauses
from distlab.plots.lanes import about, name
from distlab.plots.roles import looks, terms
from distlab.plots.style import CURVES
from distlab.sim import Event, Fault, Trace
from distlab.sim.shown import shown

from .stage import Reel, Shot
from .words import clipped, sentence

__all__ = ["Film", "film"]

_NOTED = ("role", "record", "invoke", "return")
_TERMS = ("term", "current_term", "epoch", "current_epoch", "view", "round", "ballot")


class Film:
    """A run as the player shows it.

    Attributes
    ----------
    data : dict
        What the front end gets: plain data, ready for JSON.
    trace : Trace
        The run.
    changes : tuple of Change
        What was done by hand to make it.

    Examples
    --------
    >>> from distlab.coordination.election import Bully
    >>> from distlab.sim import Simulation, cluster
    >>> run = film(Simulation(cluster(Bully, 2)).run(until=0.02))
    >>> len(run), run.sentence(1)
    (6, 't = 0 s: node 1 starts; becomes candidate; sends Election() to node 2')
    """

    def __init__(self, trace: Trace, data: dict[str, Any], changes: tuple[Any, ...] = ()) -> None:
        self.trace = trace
        self.data = data
        self.changes = changes

    def __len__(self) -> int:
        """The number of steps."""
        return len(self.data["steps"]) - 1

    def sentence(self, step: int) -> str:
        """What happens in a step."""
        return str(self.data["steps"][step]["say"])

    def step_of(self, row: int) -> int | None:
        """The step in which a row of the trace took place; None if none shows it."""
        for number, step in enumerate(self.data["steps"]):
            if step["row"] == row:
                return number
        return None

    def at(self, time: float) -> int:
        """The last step up to a time."""
        return max(0, bisect_left([step["t"] for step in self.data["steps"][1:]], time + 1e-12))


def film(
    trace: Trace,
    reel: Reel | None = None,
    *,
    unit: str = "s",
    guilty: Iterable[int] = (),
    changes: tuple[Any, ...] = (),
    events: int = 2000,
) -> Film:
    """Make the film of a run.

    Parameters
    ----------
    trace
        A full trace.
    reel
        What was seen while it ran; None: only what a trace keeps, without memories and lines of code.
    unit
        "s", or "step" if times are numbers of steps.
    guilty
        Rows to mark, such as a counterexample's.
    changes
        What was done by hand.
    events
        The largest number of steps if there is no reel.

    Returns
    -------
    Film
    """
    every = [trace.event(row) for row in range(len(trace))]
    if reel is None:
        reel = _reel_of(trace, unit, events)
    return Film(trace, _Cutter(trace, every, reel, unit, frozenset(guilty)).data(), changes)


def _reel_of(trace: Trace, unit: str, events: int) -> Reel:
    """The steps of a run that is over: what took place, and what met a node that was down."""
    met = ("down",) if unit == "s" else ("down", "lost")
    shots: list[Shot] = []
    reel = Reel(memory={}, disk={})
    for event in trace.events(happened=False):
        met_nobody = event.kind == "message" and event.fate in met
        if event.kind == "start" and unit == "step":
            continue
        if event.kind not in _NOTED and (event.happened or met_nobody):
            if len(shots) >= events:
                reel.cut = f"Only the first {events:,} events are shown; the run goes on."
                break
            shots.append(Shot(event.row, event.time))
    reel.shots = shots
    return reel


class _Cutter:
    """Turns a trace and a reel into the data of a film."""

    def __init__(
        self, trace: Trace, every: Sequence[Event], reel: Reel, unit: str, guilty: frozenset[int]
    ) -> None:
        self.trace, self.every, self.reel, self.unit, self.guilty = trace, every, reel, unit, guilty
        self.index = {node: place for place, node in enumerate(trace.nodes)}
        self.step_of: dict[int, int] = {}
        self.times = [0.0]
        if unit == "step":  # the script begins when the nodes have started
            self.step_of.update({event.row: 0 for event in every if event.kind == "start"})
        for step, shot in enumerate(reel.shots, start=1):
            self.step_of.update(dict.fromkeys(shot.also, step))
            if not shot.doubled:
                self.step_of[shot.row] = step
            self.times.append(shot.time)
        self.last = len(reel.shots)
        self.caused: dict[int, list[Event]] = {}
        for event in every:
            if event.cause >= 0:
                self.caused.setdefault(event.cause, []).append(event)

    def data(self) -> dict[str, Any]:
        """The film as plain data."""
        trace = self.trace
        kinds = dict.fromkeys(
            [type(event.payload).__name__ for event in self.every if event.kind == "message"]
        )
        roles = self._roles()
        named = dict.fromkeys([role for changes in roles for _, role, _ in changes if role])
        return {
            "title": about(trace),
            "unit": self.unit,
            "end": trace.end,
            "nodes": [name(node) for node in trace.nodes],
            "short": [str(node) for node in trace.nodes],
            "steps": self._steps(),
            "messages": self._messages(),
            "timers": self._timers(),
            "roles": roles,
            "down": self._down(),
            "paused": [
                [self.index[node], self._from(start), self._from(end)] for node, start, end in pauses(trace)
            ],
            "memory": self._memory(),
            "term": self._term_names(),
            "sources": self.reel.sources,
            "faults": self._faults(),
            "guilty": sorted(self.step_of[row] for row in self.guilty if row in self.step_of),
            "types": {
                kind: {"color": number % len(CURVES), "dash": number // len(CURVES)}
                for number, kind in enumerate(kinds)
            },
            "looks": {
                role: {"color": look.color, "ink": look.ink, "height": look.height, "hatch": look.hatch}
                for role, look in looks(named).items()
            },
            "verdict": "",
            "cut": self.reel.cut,
            "broke": self.reel.broke,
        }

    def _from(self, time: float) -> int:
        """The first step at a time or later; the one behind the last if there is none."""
        return max(1, bisect_left(self.times, time, 1))

    def _steps(self) -> list[dict[str, Any]]:
        say = "Before the run: nothing has happened yet"
        if self.unit == "step":
            say = "Before the first step: the nodes have started"
        steps: list[dict[str, Any]] = [{"t": 0.0, "row": -1, "kind": "before", "node": -1, "say": say}]
        for shot in self.reel.shots:
            event = self.every[shot.row]
            kind = "doubled" if shot.doubled else "dropped" if event.fate == "dropped" else event.kind
            one = {
                "t": shot.time,
                "row": -1 if shot.doubled else shot.row,
                "kind": kind,
                "node": self.index.get(event.node, -1),
                "say": sentence(
                    event, shot.time, kind, self.caused.get(shot.row, ()), self.unit, self._led(event)
                ),
            }
            if event.node is None:
                one["node"] = self._victim(event)
            if shot.lines:
                one["lines"] = [[number, lines] for number, lines in shot.lines]
            if shot.by_hand:
                one["hand"] = 1
            steps.append(one)
        if self.reel.broke and len(steps) > 1:
            steps[-1]["say"] += f"; {self.reel.broke}"
        return steps

    def _led(self, event: Event) -> Any:
        """Who led, if a fault names the leader."""
        return self.trace._victims.get(event.row)

    def _victim(self, event: Event) -> int:
        hit = self.trace._victims.get(event.row, getattr(event.payload, "node", None))
        return self.index.get(hit, -1)

    def _messages(self) -> list[dict[str, Any]]:
        """Each message that was sent in the film: from its sending step to the step that ends it."""
        found = []
        for event in self.every:
            if event.kind != "message" or event.cause not in self.step_of:
                continue
            begin = self.step_of[event.cause]
            end = self.step_of.get(event.row)
            lost = event.fate == "lost"
            if end is None and event.fate in ("lost", "cut", "dropped"):
                end = self._from(event.time)
            found.append(
                {
                    "row": event.row,
                    "type": type(event.payload).__name__,
                    "say": clipped(shown(event.payload)),
                    "from": self.index.get(event.sender, -1),
                    "to": self.index[event.node],
                    "sent": self.times[begin],
                    "due": event.time if event.time < 1e11 else None,
                    "s0": begin,
                    "s1": end,
                    "fate": "dropped" if lost and event.row in self.step_of else event.fate,
                }
            )
        return found

    def _timers(self) -> list[dict[str, Any]]:
        found = []
        for event in self.every:
            if event.kind not in ("timer", "work") or event.cause not in self.step_of:
                continue
            begin = self.step_of[event.cause]
            end = self.reel.ended.get(event.row, self.step_of.get(event.row))
            if end is None and event.fate == "cancelled":
                end = self._replaced(event, begin)
            timer: Any = event.payload
            found.append(
                {
                    "row": event.row,
                    "node": self.index[event.node],
                    "kind": event.kind,
                    "say": clipped(f"{timer.method.__name__}({', '.join(map(shown, timer.args))})", 60),
                    "set": self.times[begin],
                    "due": event.time if event.time < 1e11 else None,
                    "s0": begin,
                    "s1": end,
                }
            )
        return found

    def _replaced(self, timer: Event, begin: int) -> int:
        """When a timer was probably cancelled, if only the trace is known: set again, or due."""
        method: Any = timer.payload
        for event in self.every[timer.row + 1 :]:
            if event.kind == "timer" and event.node == timer.node and event.cause in self.step_of:
                again: Any = event.payload
                if again.method.__name__ == method.method.__name__:
                    return max(begin, self.step_of[event.cause])
        return self._from(timer.time)

    def _roles(self) -> list[list[list[Any]]]:
        """Per node: [step, role, term] whenever the role changes; the role None while there is none."""
        changes: list[list[list[Any]]] = [[[0, None, ""]] for _ in self.trace.nodes]
        events: list[tuple[int, int, Any, str | None, str]] = []
        for row, cause, _, node, payload in self.trace.instants():
            if hasattr(payload, "role") and cause in self.step_of:
                events.append((self.step_of[cause], row, node, payload.role, terms(payload.facts)[0]))
        for node, _, what, row in self.trace.lives():
            if what == "down" and row in self.step_of:
                events.append((self.step_of[row], -1, node, None, ""))
        for step, _, node, role, term in sorted(events, key=lambda one: one[:2]):
            mine = changes[self.index[node]]
            if mine[-1][0] == step:
                mine[-1] = [step, role, term]
            else:
                mine.append([step, role, term])
        return changes

    def _down(self) -> list[list[list[int]]]:
        """Per node: [step, 1 if it is down from then on, else 0]."""
        lives: list[list[list[int]]] = [[] for _ in self.trace.nodes]
        for node, _, what, row in self.trace.lives():
            if row in self.step_of:
                lives[self.index[node]].append([self.step_of[row], int(what == "down")])
        return lives

    def _memory(self) -> list[list[dict[str, Any]]] | None:
        """Per node: its attributes with their values over the steps; None if only the trace is known."""
        if not self.reel.memory:
            return None
        return [
            [
                {"name": attribute, "disk": attribute in self.reel.disk[node], "values": values}
                for attribute, values in sorted(
                    self.reel.memory[node].items(), key=_constant
                )  # what never changes comes last, also if a crash took it and the restart brought it back
            ]
            for node in self.trace.nodes
        ]

    def _term_names(self) -> list[str | None]:
        """Per node: the attribute that holds its term, so that a follower's term is known, too."""
        return [
            next((each for each in _TERMS if each in self.reel.memory.get(node, ())), None)
            for node in self.trace.nodes
        ]

    def _faults(self) -> list[dict[str, Any]]:
        """The schedule: what goes wrong, when, until when, and in which step; None if not in the film."""
        return [
            {
                "what": type(event.payload).__name__,
                "whom": ", ".join(map(name, event.payload.named)) or "the network",
                "at": event.payload.at,
                "until": event.payload.end,
                "say": clipped(shown(event.payload)),
                "step": self.step_of.get(event.row),
            }
            for event in self.every
            if isinstance(event.payload, Fault) and event.cause < 0
        ]


def _constant(attribute: tuple[str, list[tuple[int, str | None]]]) -> bool:
    """Does an attribute have the same value whenever it has one?"""
    return len({text for _, text in attribute[1] if text is not None}) <= 1
