"""Tables that put the schemes beside each other, and the published figures of the lecture, measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from distlab.sim import Exponential, LogNormal, Node, Trace, Uniform

from .assembly import assembled
from .examples import Examples
from .measures import final_parameters, idle_share, largest_gap, seen
from .models import Logistic
from .perceptron import Perceptron
from .pipeline import run_pipeline
from .replicas import RingReplica
from .ring_all_reduce import RingAllReduce
from .runs import train
from .scenarios import exchange
from .stale_synchronous import StaleSynchronousServer
from .synchronous import SynchronousServer
from .task import Descent, Task, shares
from .tensor_parallel import run_tensor
from .vectors import BYTES, Vector, payload

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["after_a_crash", "compared", "published_figures"]


def compared(runs: Mapping[str, tuple[Task, Trace]]) -> pd.DataFrame:
    """What each way to split costs, and whether it learns what one machine learns.

    Parameters
    ----------
    runs
        Name -> what was trained, and the run.

    Returns
    -------
    pandas.DataFrame
        A row per name: workers; numbers held, the most parameters at one worker; bytes per step, the most
        that one worker sends; seconds per step; idle, the workers' share of time; difference, the largest of
        a parameter from that of one machine with the whole batch.

    Examples
    --------
    >>> from distlab.computing.training import *
    >>> task = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.5))
    >>> compared({"ring": (task, train(RingReplica, task, 2))})[["workers", "numbers held"]].values.tolist()
    [[4, 9]]
    """
    import pandas as pd

    rows = {name: _costs(task, trace) for name, (task, trace) in runs.items()}
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.astype({"workers": int, "numbers held": int})


def _costs(task: Task, trace: Trace) -> dict[str, float]:
    workers = [node for node in trace.nodes if node != "server"]
    known = [one for one in seen(trace, "updated", "holds") if one.node in workers]
    steps = max([one.facts["version"] for one in seen(trace, "updated")])
    sent = dict.fromkeys(trace.nodes, 0.0)
    messages = trace.messages
    for sender, msg in zip(messages["sender"], messages["message"], strict=True):
        sent[sender] += payload(msg)
    return {
        "workers": len(workers),
        "numbers held": max([len(one.facts["values"]) // BYTES for one in known]),
        "bytes per step": max([sent[worker] for worker in workers]) / steps,
        "seconds per step": seen(trace, "updated")[-1].time / steps,
        "idle": idle_share(trace),
        "difference": float(np.abs(learnt(trace, task) - task.serial(steps)[-1]).max()),
    }


def learnt(trace: Trace, task: Task) -> Vector:
    """The whole model at the end, wherever its parts lie."""
    facts = seen(trace, "updated")[-1].facts
    split = "stage" in facts or "places" in facts
    return assembled(trace, task) if split else final_parameters(trace)


def after_a_crash(way: type[Node], task: Task, steps: int, **options: Any) -> dict[str, Any]:
    """What a crash does to a run, in short.

    Parameters
    ----------
    way, task, steps, options
        As for :func:`train`; ``faults`` says what crashes.

    Returns
    -------
    dict
        "ends (s)", or "never" within 60 s; "last step" of descent; "made again": steps that were made twice;
        "examples used", as a share of those that all workers together were to use.

    Examples
    --------
    >>> from distlab.computing.training import *
    >>> from distlab.sim import Crash
    >>> task = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.1))
    >>> after_a_crash(SynchronousServer, task, 10, need=3, faults=[Crash(2, at=3.5)])["ends (s)"]
    '10.0'
    """
    trace = train(way, task, steps, until=60.0, **options)
    finished = seen(trace, "finished")
    made = seen(trace, "updated")
    made = [one for one in made if one.node == made[0].node]
    versions = [one.facts["version"] for one in made]
    used = sum([one.facts["samples"] for one in made[-len(dict.fromkeys(versions)) :]])
    return {
        "ends (s)": f"{finished[0].time:.1f}" if finished else "never",
        "last step": max(versions),
        "made again": len(versions) - len(dict.fromkeys(versions)),
        "examples used": f"{used / (steps * task.batch):.0%}",
    }


def published_figures() -> dict[str, dict[str, Any]]:
    """The figures DT-1, DT-2, DT-3, DT-4 and DT-7, measured, in the shape of the published
    values; times, shares and differences are rounded to 12 or 13 digits.

    >>> published_figures()["DT-4"]["bubble"]["K=4, M=8"] == round(3 / 11, 12)
    True
    """
    rings = {f"N={n}": exchange(RingAllReduce, n, BYTES * 64) for n in (2, 4, 8, 64)}
    server = exchange("server", 8).messages
    deep = Task(Perceptron((2, 4, 4, 4, 1)), Examples("rings", 64, 2), (64,), Descent(0.2))
    bubbles = {m: round(idle_share(run_pipeline(deep, 1, 4, m)), 12) for m in (8, 32)}
    return {
        "DT-1": {
            "sent_over_size": {n: _sent_by_one(trace) / (BYTES * 64) for n, trace in rings.items()},
            "steps": {n: int((trace.messages["sender"] == 1).sum()) for n, trace in rings.items()},
        },
        "DT-2": {
            "ring_seconds": round(exchange(RingAllReduce, 8).end, 12),
            "server_bytes": int(sum([payload(msg) for msg in server["message"]])),
        },
        "DT-3": {"largest_difference": round(max(_differences()), 13)},
        "DT-4": {"bubble": {f"K=4, M={m}": bubble for m, bubble in bubbles.items()}},
        "DT-7": {"largest_gap": {f"s={bound}": _gap(bound) for bound in (0, 1, 3)}},
    }


def _sent_by_one(trace: Trace) -> float:
    messages = trace.messages
    return sum([payload(msg) for msg in messages["message"][messages["sender"] == 1]])


def _differences() -> list[float]:
    """Of a server, a ring and a split layer, with uneven shares and random delays."""
    task = Task(Perceptron((2, 6, 1)), Examples("rings", 256, 2), (40, 12, 7, 5), Descent(0.2, momentum=0.9))
    delays: dict[str, Any] = {"compute": Exponential(1.0), "latency": Uniform(0.0, 0.5), "seed": 3}
    runs = [train(way, task, 12, **delays) for way in (SynchronousServer, RingReplica)]
    right = task.serial(12)[-1]
    return [float(np.abs(learnt(trace, task) - right).max()) for trace in (*runs, run_tensor(task, 12, 3))]


def _gap(bound: int) -> int:
    """The largest over several kinds of delays, with a slow worker."""
    task = Task(Logistic(2), Examples("clouds", 64, 2), shares(16, 4), Descent(0.05))
    runs = [
        train(StaleSynchronousServer, task, 20, bound=bound, compute=compute, slow={2: 4.0}, seed=2)
        for compute in (1.0, Exponential(1.0), LogNormal(1.0, 1.5))
    ]
    return max([largest_gap(trace) for trace in runs])
