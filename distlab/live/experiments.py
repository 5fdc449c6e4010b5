"""The live experiments by name. Each is found where it is defined, and loaded when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["EXPERIMENTS", "Experiment", "experiment"]


@dataclass(frozen=True)
class Experiment:
    """Something to do with real servers.

    Parameters
    ----------
    name
        What it is called in lessons, and the name of its file in ``data/recorded``.
    what
        A sentence: what is done and what is measured.
    needs
        The servers that it needs, by their names in ``available()``.
    run
        Does it. Returns {"rows": the table, one dict a line}, and if it wants {"samples": {label: seconds}}
        and {"settings": {...}}. All of it can be written as JSON. Fast enough for a lesson by default.
    recorded_with
        Arguments for ``run`` when it is recorded, such as more trials.
    """

    name: str
    what: str
    needs: tuple[str, ...]
    run: Callable[..., Mapping[str, Any]]
    recorded_with: Mapping[str, Any] = field(default_factory=dict)


# name -> the module and the Experiment in it, "module:NAME"
EXPERIMENTS: dict[str, str | Experiment] = {
    "live_election": "distlab.live.elections:ELECTION",
    "lock_benchmark": "distlab.live.locks:BENCHMARK",
    "lock_herd": "distlab.live.locks:HERD",
    "lock_losses": "distlab.live.locks:LOSSES",
    "lock_pause": "distlab.live.locks:PAUSE",
    "training_speed_up": "distlab.live.training:SPEED_UP",
    "two_phase_in_doubt_postgres": "distlab.live.two_phase_commit.kills:DOUBT_POSTGRES",
    "two_phase_in_doubt_sqlite": "distlab.live.two_phase_commit.kills:DOUBT_SQLITE",
    "two_phase_kills_postgres": "distlab.live.two_phase_commit.kills:KILLS_POSTGRES",
    "two_phase_kills_sqlite": "distlab.live.two_phase_commit.kills:KILLS_SQLITE",
    "two_phase_latency_postgres": "distlab.live.two_phase_commit.kills:LATENCY_POSTGRES",
    "two_phase_latency_sqlite": "distlab.live.two_phase_commit.kills:LATENCY_SQLITE",
}


def experiment(name: str) -> Experiment:
    """Return a live experiment by its name.

    Raises
    ------
    ValueError
        If there is none, with the names that there are.
    """
    if name not in EXPERIMENTS:
        raise ValueError(f"name must be one of {', '.join(map(repr, sorted(EXPERIMENTS)))}; got {name!r}.")
    found = EXPERIMENTS[name]
    if isinstance(found, str):
        module, _, variable = found.partition(":")
        found = getattr(importlib.import_module(module), variable)
        assert isinstance(found, Experiment)
    return found
