"""Little's law, measured: L = lambda W, the jobs inside = the rate of arrival x the time inside."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .arguments import chosen_nodes, require_full, window
from .levels import levels
from .work import work_ends

if TYPE_CHECKING:
    from distlab.sim import Trace

__all__ = ["LittlesLaw", "littles_law"]


class LittlesLaw(NamedTuple):
    """The three quantities of Little's law, each measured on its own.

    >>> LittlesLaw(jobs_inside=2.0, arrival_rate=4.0, time_inside=0.5).deviation
    0.0
    """

    jobs_inside: float
    """L: the number of jobs inside, averaged over time."""
    arrival_rate: float
    """lambda: jobs that arrive per second."""
    time_inside: float
    """W: seconds that a job is inside, averaged over jobs."""

    @property
    def deviation(self) -> float:
        """By what share lambda W differs from L; NaN if nothing was inside."""
        if not self.jobs_inside > 0:
            return math.nan
        return self.arrival_rate * self.time_inside / self.jobs_inside - 1.0


def littles_law(
    trace: Trace,
    of: str = "works",
    node: Any = None,
    *,
    after: float = 0.0,
    until: float | None = None,
) -> LittlesLaw:
    """Measure L, lambda and W of a system, from the counts and from the jobs.

    L is found by watching how many jobs are inside at each instant, lambda by counting arrivals, W by
    following each job that arrives. A job that is still inside when the run ends counts in W with the time it
    has been inside. Over a whole run the law is exact; over a window, jobs that are inside at its ends make a
    difference that shrinks as it grows.

    Parameters
    ----------
    trace
        Any trace; a full one for work.
    of
        "works": inside a node, from ``work`` to its end (or the crash that destroys it), waiting included;
        "operations": from a client's request to its end, whatever the result.
    node
        The nodes that work, or the clients: one id, or several in a list; default: all nodes.
    after, until
        The window in seconds; ``until`` None is the end of the run.

    Returns
    -------
    LittlesLaw
        W is NaN if nothing arrived, L and lambda for a window without length.

    Raises
    ------
    ValueError
        If ``of`` is neither of the two.

    References
    ----------
    J. D. C. Little, "A proof for the queuing formula L = lambda W", Operations Research 9 (1961).
    J. D. C. Little, "Little's law as viewed on its 50th anniversary", Operations Research 59 (2011): exact
    over a finite window that begins and ends empty.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster
    >>> class Server(Node):
    ...     def on_start(self):
    ...         self.work(2.0, self.done)
    ...         self.work(1.0, self.done)
    ...     def done(self):
    ...         pass
    >>> littles_law(Simulation(cluster(Server, 1)).run(until=5.0))
    LittlesLaw(jobs_inside=1.0, arrival_rate=0.4, time_inside=2.5)
    """
    arrived, left = _jobs(trace, of, node)
    after, until = window(trace, after, until)
    length = until - after
    lengths, inside = levels(arrived, left, after, until)
    # The last instant belongs only to a window that ends with the run: of two neighbouring windows, each job
    # arrives in one.
    arrives = (arrived >= after) & ((arrived < until) | (until == trace.end))
    count = int(arrives.sum())
    return LittlesLaw(
        jobs_inside=math.fsum(lengths * inside) / length if length else math.nan,
        arrival_rate=count / length if length else math.nan,
        time_inside=math.fsum(left[arrives] - arrived[arrives]) / count if count else math.nan,
    )


def _jobs(trace: Trace, of: str, node: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When each job arrived and when it left, in seconds."""
    if of == "works":
        require_full(trace, 'littles_law(of="works")')
        table: pd.DataFrame = trace.works
        owners, arrived, left = table["node"], table["arrived"], work_ends(trace)
    elif of == "operations":
        table = trace.operations
        owners, arrived = table["client"], table["invoked"]
        left = table["returned"].fillna(trace.end).to_numpy(dtype=np.float64)
    else:
        raise ValueError(f'of must be "works" or "operations"; got {of!r}.')
    chosen = owners.isin(chosen_nodes(trace, node)).to_numpy(dtype=bool)
    return arrived.to_numpy(dtype=np.float64)[chosen], left[chosen]
