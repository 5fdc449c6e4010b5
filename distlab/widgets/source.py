"""What a player can be opened on, and how its run is made again for a branch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from distlab.check import Report
from distlab.check.report import Counterexample
from distlab.check.scripted import Script
from distlab.sim import Simulation, SimulationError, Trace
from distlab.sim.arguments import checked_until

from .film import Film, film
from .stage import Change, Moves, Stage, Timed, run

__all__ = ["Source", "source_of"]


@dataclass
class Source:
    """A run that can be shown, and mostly made again.

    Attributes
    ----------
    first : Film
        The run as it was.
    make : callable or None
        Makes a stage for the same run from its beginning; None if it cannot be made again.
    why : str
        Why it cannot be made again, as a sentence.
    """

    first: Film
    make: Callable[[], Stage] | None
    why: str = ""
    events: int = 2000

    def branch(self, changes: Sequence[Change]) -> Film:
        """The film of the same run with changes made by hand."""
        if self.make is None:
            raise ValueError(self.why)
        return _shoot(self.make, changes, self.events)


def _shoot(
    make: Callable[[], Stage], changes: Sequence[Change], events: int, guilty: Sequence[int] = ()
) -> Film:
    stage = make()
    trace, reel = run(stage, changes, events)
    return film(trace, reel, unit=stage.unit, guilty=guilty, changes=tuple(changes))


def source_of(
    source: Any, until: float | None = None, guilty: Sequence[int] = (), events: int = 2000
) -> Source:
    """Make the film of whatever a player is opened on.

    Parameters
    ----------
    source
        A simulation, a trace, a failed report or its counterexample.
    until
        For a simulation that has not run: simulated seconds.
    guilty
        Rows to mark; a counterexample brings its own.
    events
        The largest number of steps.

    Raises
    ------
    ValueError
        If it is none of these, or a report without a counterexample.
    """
    if isinstance(source, Report):
        found = source.counterexample
        if found is None:
            raise ValueError(
                f"source must be a report with a counterexample; this one says {source.verdict!r}."
            )
        return source_of(found, until, guilty, events)
    if isinstance(source, Counterexample):
        steps = any(name.startswith("step ") for name, _ in source.setting)
        made = _of_trace(source.trace, tuple(guilty) or source.rows, events, "step" if steps else "s")
        made.first.data["verdict"] = source.sentence
        return made
    if isinstance(source, Trace):
        return _of_trace(source, guilty, events)
    if isinstance(source, Simulation):
        return _of_simulation(source, until, guilty, events)
    raise ValueError(
        "source must be a Simulation, a Trace, or a failed Report of check or its counterexample; "
        f"got {source!r}."
    )


def _of_simulation(sim: Simulation, until: float | None, guilty: Sequence[int], events: int) -> Source:
    until = checked_until(until, 0.0)
    if sim.trace._end_row >= 0 or sim.time > 0:
        return _of_trace(sim.trace, guilty, events)
    again = sim.again()
    if again.trace.digest() != sim.trace.digest():
        raise ValueError(f"{sim!r} was changed by hand before it ran; run it and give its trace.")

    def make() -> Stage:
        return Timed(sim.again(), until)

    return Source(_shoot(make, (), events, guilty), make, events=events)


def _of_trace(trace: Trace, guilty: Sequence[int], events: int, unit: str = "s") -> Source:
    script = trace._made
    if isinstance(script, Script):
        return _of_script(trace, script, guilty, events)
    try:
        trace.again()
    except SimulationError as error:
        if not trace.full:
            raise ValueError(f"an outline cannot be played, and {error}") from error
        return Source(film(trace, unit=unit, guilty=guilty, events=events), None, str(error), events)
    last = trace._end_row if trace._end_row < len(trace) else None
    until = trace.end

    def make() -> Stage:
        return Timed(trace.again(), until, last)

    shot = _shoot(make, (), events, guilty)
    if trace.full and not shot.data["cut"] and shot.trace.digest() != trace.digest():
        why = "this run was changed by hand while it went on, so it cannot be made again."
        return Source(film(trace, guilty=guilty, events=events), None, why, events)
    return Source(shot, make, events=events)


def _of_script(trace: Trace, script: Script, guilty: Sequence[int], events: int) -> Source:
    def make() -> Stage:
        return Moves(script)

    return Source(_shoot(make, (), events, guilty), make, events=events)
