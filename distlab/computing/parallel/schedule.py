"""What a run of the dispatcher left behind: who did what when, and how long it took in all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from distlab.sim import Trace

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["lost_jobs", "makespan", "schedule"]


def makespan(trace: Trace) -> float:
    """Seconds from the first submission to the end of the last job; NaN if a job never ended.

    >>> from distlab.computing.parallel import TaskParallel, report, run
    >>> makespan(run(TaskParallel, report(), workers=3))
    14.0
    """
    records = trace.records
    if lost_jobs(trace) or not len(records):
        return math.nan
    begun = records["time"][records["event"] == "submitted"].min()
    return float(records["time"][records["event"] == "finished"].max() - begun)


def lost_jobs(trace: Trace) -> int:
    """How many jobs were submitted and never finished.

    >>> from distlab.sim import Crash
    >>> from distlab.computing.parallel import SingleMachine, run, whole
    >>> lost_jobs(run(SingleMachine, [whole(2.0)] * 6, faults=[Crash("machine", at=5.0)]))
    4
    """
    records = trace.records
    if not len(records):
        return 0
    submitted, finished = (records["job"][records["event"] == name] for name in ("submitted", "finished"))
    return len(set(submitted) - set(finished))


def schedule(trace: Trace) -> pd.DataFrame:
    """Who did what from when to when, one row per piece of work.

    Parameters
    ----------
    trace
        A full trace.

    Returns
    -------
    pandas.DataFrame
        worker (the node); job; task, "split" and "merge" for what the dispatcher itself does; start and end
        in seconds; fate: "done", "lost" in a crash, or "pending" when the run ended. What took no time is
        left out.

    Examples
    --------
    >>> from distlab.computing.parallel import DataParallel, run, whole
    >>> schedule(run(DataParallel, [whole(2.0), whole(3.0)], workers=2))
      worker  job task  start  end  fate
    0      1    1  all    0.0  2.0  done
    1      2    2  all    0.0  3.0  done
    """
    import pandas as pd

    rows = []
    for work in trace.works.to_dict("records"):
        job, task = _what(trace.event(work["id"]).payload)
        lost = work["fate"] == "cancelled"
        end = _crash(trace, work["node"], work["arrived"]) if lost else work["ended"]
        end = trace.end if math.isnan(end) else end
        if end > work["started"]:
            rows.append((work["node"], job, task, work["started"], end, "lost" if lost else work["fate"]))
    frame = pd.DataFrame(rows, columns=["worker", "job", "task", "start", "end", "fate"])
    return frame.astype({"worker": object, "job": int, "start": float, "end": float})


def _what(work: Any) -> tuple[int, str]:
    """The job and the task that a piece of work is about, from the arguments of the method that ends it."""
    name, args = work.method.__name__, work.args
    if name == "give":
        return args[1].job, "split"
    if name == "take_in":
        return args[0], "merge"
    if isinstance(args[0], int):  # of a single machine
        return args[0], "all"
    return args[0].job, args[0].task


def _crash(trace: Trace, node: Any, after: float) -> float:
    return min(start for name, start, _ in trace.crashes if name == node and start >= after)
