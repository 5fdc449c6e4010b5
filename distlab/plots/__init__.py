"""Traces and tables as figures, in one style: a function takes an Axes, or makes one, and returns it.

    timeline.py        who had which role when, votes, faults, time without a leader
    space_time.py      lanes and messages (Lamport's diagram)
    counterexample.py  a failing run, and under it the nearest passing one
    counts.py          messages by type, or over n beside a formula
    distributions.py   cumulative distributions of times
    curves.py          curves over a parameter, with bands of confidence
    bar_charts.py      grouped bars with intervals of confidence
    gantt.py           schedules: who did what from when to when
    inside.py          how many requests are inside a system over time
    lock_holds.py      who waited for a lock and who held it
    outcome_matrix.py  what became of a run, by the step at which something went wrong
    course_map.py      the course as layers and pillars
    waterfall.py       one request's time, layer by layer
    stacked.py         stacked bars
    tables.py          a comparison table
    style.py           colours, hatches, markers, dashes and fonts of all of them
    arrows.py, lane_bars.py, notes.py, view.py   the parts of a space-time diagram
    lanes.py, roles.py, faults.py, columns.py    what several of them share

>>> from distlab.plots import message_counts
>>> message_counts({"Election": 10, "Alive": 6}).get_title(loc="left")
'Messages by type'
"""

from .bar_charts import bars
from .counterexample import counterexample
from .counts import message_counts
from .course_map import course_map
from .curves import curve
from .distributions import cdf
from .gantt import gantt
from .inside import inside
from .lock_holds import lock_holds
from .outcome_matrix import outcome_matrix
from .space_time import space_time
from .stacked import stacked
from .tables import comparison
from .timeline import timeline
from .waterfall import waterfall

__all__ = [
    "bars",
    "cdf",
    "comparison",
    "counterexample",
    "course_map",
    "curve",
    "gantt",
    "inside",
    "lock_holds",
    "message_counts",
    "outcome_matrix",
    "space_time",
    "stacked",
    "timeline",
    "waterfall",
]
