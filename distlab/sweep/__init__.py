"""Many runs of one scenario, on one core, on all cores or on a cluster, as one tidy table.

A scenario is a function of its parameters and a seed. It returns a number, or a mapping from names to
numbers::

    def time_to_leader(n, algorithm, seed):
        trace = Simulation(cluster(algorithm, n), seed=seed).run(until=5.0)
        return metrics.time_to_leader(trace)

    sweep(time_to_leader, {"n": [3, 5, 7], "algorithm": [Bully, Raft]}, seeds=200)

One row per point of the grid comes back: how many runs, the mean with its confidence interval, the
percentiles. ``sweep(..., raw=True)`` gives one row per run instead, and ``summary(runs)`` makes the first
table from the second.

Where it runs. Without an executor the runs start in this process. When the rest would take longer than it
costs to start processes, it moves to one process per core. Any ``concurrent.futures`` executor can be given,
and for a cluster a Dask client or its ``client.get_executor()``. The table is the same in all cases: a run
depends on its parameters and its seed only, and rows are in the order of the grid and the seeds.

The first seed of every point runs before the second seed of any. A point that cannot work fails early, and
cheap and dear points mix, so that the chunks of runs that are sent to workers take about the same time.

What it prints. A progress bar after one second, unless ``progress=False`` or the environment has
``DISTLAB_PROGRESS=0``. Set the variable where outputs are stored and compared, so that a slow machine adds
nothing to them.

    intervals     confidence intervals of a mean and of a proportion
    grid          what to run: points and seeds
    scenario      one run, and how it fails
    execution     where to run: here, on all cores, on an executor
    progress      the bar
    table         what came back: one row per run
    spread        the summary of it: one row per point
    experiment    all of these in one call: sweep
"""

from distlab.sweep.experiment import sweep
from distlab.sweep.intervals import t_interval, wilson_interval
from distlab.sweep.scenario import ScenarioError
from distlab.sweep.spread import summary

__all__ = ["ScenarioError", "summary", "sweep", "t_interval", "wilson_interval"]
