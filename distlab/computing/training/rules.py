"""What a run of training must keep: functions of a trace that answer None or a sentence, for
``distlab.check``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from distlab.sim import Trace

from .all_reduce import first_vectors
from .measures import Seen, largest_gap, seen
from .perceptron import Perceptron
from .pipeline import layers_of
from .task import Task
from .vectors import Vector, unpack

__all__ = [
    "Rule",
    "bounded_gap",
    "counted_once",
    "everybody_finishes",
    "everybody_has_the_sum",
    "fresh_gradients",
    "replicas_equal",
    "resumes_at_the_checkpoint",
    "same_as_one_machine",
    "sums_to",
]

Rule = Callable[[Trace], str | None]


def replicas_equal(trace: Trace) -> str | None:
    """Whoever holds the parameters of the same step holds the same ones, to the last bit.

    >>> from distlab.computing.training import *
    >>> task = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.5))
    >>> replicas_equal(train(RingReplica, task, steps=3))
    """
    known: dict[tuple[int, int], tuple[Any, bytes]] = {}
    for row in seen(trace, "updated", "holds"):
        at = (row.facts["life"], row.facts["version"])
        first, values = known.setdefault(at, (row.node, row.facts["values"]))
        if values != row.facts["values"]:
            apart = float(np.max(np.abs(unpack(values) - unpack(row.facts["values"]))))
            who = f"{_name(first)} and {_name(row.node)}"
            return f"after step {at[1]} the parameters of {who} differ by {apart:.2g}."
    return None


def same_as_one_machine(task: Task, tolerance: float = 1e-9) -> Rule:
    """A rule: after every step the parameters are those of one machine with the whole batch.

    Parameters
    ----------
    task
        What is trained.
    tolerance
        The largest difference that rounding may make.

    Examples
    --------
    >>> from distlab.computing.training import *
    >>> task = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.5))
    >>> same_as_one_machine(task)(train(SynchronousServer, task, steps=3))
    """
    path = task.serial(0)

    def equals_one_machine(trace: Trace) -> str | None:
        nonlocal path
        for row in seen(trace, "updated"):
            version = row.facts["version"]
            if version >= len(path):
                path = task.serial(2 * version)
            apart = float(
                np.max(np.abs(unpack(row.facts["values"]) - _part(task, path[version], row, trace)))
            )
            if not apart <= tolerance:
                return (
                    f"after step {version} the parameters of {_name(row.node)} differ by {apart:.2g} from "
                    "those of one machine with the whole batch."
                )
        return None

    return equals_one_machine


def _part(task: Task, theta: Vector, row: Seen, trace: Trace) -> Vector:
    """The parameters that the node of a record holds."""
    stage = row.facts.get("stage")
    if stage is None or not isinstance(task.model, Perceptron):
        return theta
    layers = layers_of(task.model, stage, len(trace.nodes) // task.workers)
    return theta[task.model.of_layer(layers[0]).start : task.model.of_layer(layers[-1]).stop]


def everybody_finishes(trace: Trace) -> str | None:
    """All steps are made by the end of the run.

    >>> from distlab.computing.training import *
    >>> task = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.5))
    >>> everybody_finishes(train(SynchronousServer, task, steps=3, until=2.5))
    'training has not ended by 2.5 s; the last step that was made is 2.'
    """
    if seen(trace, "finished", "reduced"):
        return None
    last = max([row.facts["version"] for row in seen(trace, "updated")], default=0)
    return f"training has not ended by {trace.end:.3g} s; the last step that was made is {last}."


def everybody_has_the_sum(trace: Trace) -> str | None:
    """After an all-reduce of the :func:`first_vectors` every node has their sum, and keeps it.

    >>> from distlab.computing.training import *
    >>> from distlab.sim import Simulation, cluster
    >>> everybody_has_the_sum(Simulation(cluster(RingAllReduce, 4)).run())
    >>> everybody_has_the_sum(Simulation(cluster(RingAllReduce, 4)).run(until=0.03))
    'worker 1 has no sum at 0.03 s.'
    """
    vectors = first_vectors(len(trace.nodes))
    for row in seen(trace, "reduced"):
        found = unpack(row.facts["values"]).tolist()
        if found != np.sum(vectors, axis=0).tolist():
            shown = ", ".join([str(vector.astype(int).tolist()) for vector in vectors])
            return f"{_name(row.node)} has {found}; the vectors are {shown}."
    known = [row.node for row in seen(trace, "reduced")]
    for node in trace.nodes:
        if node not in known:
            return f"{_name(node)} has no sum at {trace.end:.3g} s."
    return None


def bounded_gap(bound: int) -> Rule:
    """A rule: the clocks of two workers, the steps that they have finished, are at most bound + 1
    apart.

    >>> from distlab.computing.training import *
    >>> task = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.1))
    >>> trace = train(AsynchronousServer, task, steps=8, slow={4: 3.0})
    >>> bounded_gap(1)(trace)
    'a worker is 6 steps ahead of another; 2 are allowed.'
    """

    def keeps_the_bound(trace: Trace) -> str | None:
        gap = largest_gap(trace)
        if gap <= bound + 1:
            return None
        return f"a worker is {gap} steps ahead of another; {bound + 1} are allowed."

    return keeps_the_bound


def counted_once(trace: Trace) -> str | None:
    """A server makes no more steps with a worker's gradients than the worker has computed."""
    computed: dict[Any, int] = {}
    counted: dict[Any, int] = {}
    for row in seen(trace, "computed", "updated"):
        if row.event == "computed":
            computed[row.node] = computed.get(row.node, 0) + 1
        elif row.facts.get("worker") is not None:
            worker = row.facts["worker"]
            counted[worker] = counted.get(worker, 0) + 1
            if counted[worker] > computed.get(worker, 0):
                return (
                    f"{counted[worker]} gradients of {_name(worker)} were counted; it has computed "
                    f"{computed.get(worker, 0)}."
                )
    return None


def fresh_gradients(trace: Trace) -> str | None:
    """In synchronous descent every gradient belongs to the parameters that it changes."""
    for row in seen(trace, "updated"):
        if row.facts["staleness"] > 0:
            step, old = row.facts["version"], row.facts["staleness"]
            return f"step {step} was made with a gradient that was {old} step{'s' * (old > 1)} old."
    return None


def resumes_at_the_checkpoint(trace: Trace) -> str | None:
    """A server that comes back goes on from its last checkpoint."""
    life, saved = 0, 0
    for row in seen(trace, "updated", "checkpoint"):
        if row.event == "checkpoint":
            saved = row.facts["version"]
        elif row.facts["life"] > life:
            life = row.facts["life"]
            if row.facts["version"] != saved + 1:
                made = row.facts["version"]
                return f"the checkpoint held step {saved}, but the server that came back made step {made}."
    return None


def sums_to(total: Vector, tolerance: float = 1e-9) -> Rule:
    """A rule: what an all-reduce leaves at every node is this sum.

    >>> from distlab.computing.training import *
    >>> from distlab.sim import Simulation
    >>> trace = Simulation([TreeAllReduce([1.0]), TreeAllReduce([2.0])]).run()
    >>> sums_to([4.0])(trace)
    'worker 1 has a sum that is wrong by 1.'
    """

    def keeps_the_sum(trace: Trace) -> str | None:
        for row in seen(trace, "reduced"):
            found, right = unpack(row.facts["values"]), np.asarray(total)
            if found.shape != right.shape:
                return f"{_name(row.node)} has a sum of {found.size} numbers instead of {right.size}."
            apart = float(np.max(np.abs(found - right)))
            if not apart <= tolerance:
                return f"{_name(row.node)} has a sum that is wrong by {apart:.2g}."
        return None

    return keeps_the_sum


def _name(node: Any) -> str:
    return f"the {node}" if isinstance(node, str) else f"worker {node}"
