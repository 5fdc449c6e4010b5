"""What a run of training shows: loss, staleness, clocks, waiting. Functions of a trace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from distlab.sim import Trace
from distlab.sim.events import Record

from .task import Task
from .vectors import Vector, unpack

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "final_parameters",
    "idle_share",
    "largest_gap",
    "loss_at",
    "losses",
    "schedule",
    "staleness",
    "step_times",
    "time_to_loss",
]


class Seen(NamedTuple):
    """A record of a node."""

    time: float
    node: Any
    event: str
    facts: dict[str, Any]


def seen(trace: Trace, *events: str) -> list[Seen]:
    """The records of some kinds, in the order in which they were made."""
    return [
        Seen(time, node, payload.event, payload.facts)
        for _, _, time, node, payload in trace.instants()
        if isinstance(payload, Record) and payload.event in events
    ]


def updates(trace: Trace) -> pd.DataFrame:
    """The steps of descent, those of the first node that made any: replicas all make the same."""
    records = trace.records
    if not len(records):
        return records
    made = records[records["event"] == "updated"]
    return made[made["node"] == made["node"].iloc[0]] if len(made) else made


def losses(trace: Trace, task: Task) -> pd.DataFrame:
    """The loss over all examples after each step of descent.

    Returns
    -------
    pandas.DataFrame
        time (seconds) and loss; the first row is the beginning.
    """
    import pandas as pd

    made = updates(trace)
    rows = [(0.0, task.loss(task.model.initial()))]
    rows += [
        (time, task.loss(unpack(values)))
        for time, values in zip(made.get("time", ()), made.get("values", ()), strict=True)
    ]
    return pd.DataFrame(rows, columns=["time", "loss"])


def loss_at(trace: Trace, task: Task, times: Iterable[float]) -> pd.DataFrame:
    """The loss over all examples at some moments, for curves with few points.

    Parameters
    ----------
    trace, task
        A run, and what was trained in it.
    times
        Simulated seconds, rising.

    Returns
    -------
    pandas.DataFrame
        time and loss.
    """
    import pandas as pd

    table = losses(trace, task)
    moments = pd.DataFrame({"time": [float(time) for time in times]})
    return pd.merge_asof(moments, table, on="time")


def time_to_loss(trace: Trace, task: Task, goal: float) -> float:
    """Simulated seconds until the loss over all examples is ``goal`` or less; NaN if it never is."""
    table = losses(trace, task)
    reached = table[table["loss"] <= goal]
    return float(reached["time"].iloc[0]) if len(reached) else float("nan")


def final_parameters(trace: Trace) -> Vector:
    """The parameters after the last step of descent."""
    made = updates(trace)
    if not len(made):
        raise ValueError("no step of descent was made in this run.")
    return unpack(made["values"].iloc[-1])


def staleness(trace: Trace) -> pd.Series:
    """For each step of descent, how many others were made since the parameters of its gradient were sent."""
    return updates(trace)["staleness"].astype(int).reset_index(drop=True)


def step_times(trace: Trace) -> pd.Series:
    """Seconds from one step of descent to the next, the first from the beginning."""
    made = updates(trace)
    return made["time"].diff().fillna(made["time"]).reset_index(drop=True).rename("seconds")


def largest_gap(trace: Trace) -> int:
    """The largest difference between the numbers of steps that two workers have finished, at any moment."""
    clocks = {node: 0 for node in trace.nodes if node != "server"}
    gap = 0
    for one in seen(trace, "computed"):
        clocks[one.node] += 1
        gap = max(gap, max(clocks.values()) - min(clocks.values()))
    return gap


def schedule(trace: Trace) -> pd.DataFrame:
    """Who computed what from when to when, for :func:`distlab.plots.gantt`.

    Returns
    -------
    pandas.DataFrame
        worker, job ("computing", "given up", "forward", "backward"), task (the step, or the micro-batch),
        start, end (seconds).
    """
    import pandas as pd

    columns = ["worker", "job", "task", "start", "end"]
    records = trace.records
    rows: list[tuple[Any, ...]] = []
    if len(records) and "begun" in records:
        ended = records[records["event"].isin(["computed", "given up"])]
        jobs = ended["job"] if "job" in ended else ["computing"] * len(ended)
        pieces = ended["micro"] if "micro" in ended else ended["step"]
        for node, event, job, piece, begun, time in zip(
            ended["node"], ended["event"], jobs, pieces, ended["begun"], ended["time"], strict=True
        ):
            rows.append((node, job if event == "computed" else event, str(int(piece)), begun, time))
    return pd.DataFrame(rows, columns=columns)


def idle_share(trace: Trace, after: float = 0.0, until: float | None = None) -> float:
    """The share of the workers' time in which they compute nothing that counts.

    Parameters
    ----------
    trace
        A run.
    after, until
        The window in seconds; None: the end of the run.
    """
    until = trace.end if until is None else until
    if not until > after:
        raise ValueError(f"until must be more than after={after:g} s; got {until:g}.")
    table = schedule(trace)
    table = table[table["job"] != "given up"]
    busy = (table["end"].clip(after, until) - table["start"].clip(after, until)).clip(lower=0.0).sum()
    crew = [node for node in trace.nodes if node != "server"]
    return float(1.0 - busy / (len(crew) * (until - after)))
