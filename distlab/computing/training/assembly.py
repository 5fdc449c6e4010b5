"""The whole model again, out of the parts that lie on different machines."""

from __future__ import annotations

import numpy as np

from distlab.sim import Trace

from .perceptron import Perceptron
from .pipeline import layers_of
from .task import Task
from .vectors import Vector, unpack

__all__ = ["assembled"]


def assembled(trace: Trace, task: Task) -> Vector:
    """The parameters at the end of a run of a pipeline, of several, or of slices of a layer.

    Parameters
    ----------
    trace
        Of :func:`run_pipeline`, :func:`run_hybrid` or :func:`run_tensor`.
    task
        What was trained.

    Raises
    ------
    ValueError
        If no step was made.
    """
    made = trace.records
    made = made[made["event"] == "updated"] if len(made) else made
    if not len(made):
        raise ValueError("no step of descent was made in this run.")
    theta = task.model.initial().copy()
    if "places" in made:
        for places, values in zip(made["places"], made["values"], strict=True):
            theta[list(places)] = unpack(values)
        return theta
    model = task.model
    assert isinstance(model, Perceptron)
    stages = int(made["stage"].max()) + 1
    for stage, values in zip(made["stage"], made["values"], strict=True):
        layers = layers_of(model, int(stage), stages)
        theta[model.of_layer(layers[0]).start : model.of_layer(layers[-1]).stop] = unpack(values)
    return np.asarray(theta)
