"""Closed forms to hold a measurement against: numbers in, numbers out, no trace.

    queueing      M/M/1, M/M/c (Erlang), M/D/1, M/G/1, G/G/c (approximate)
    scaling       speed-up, efficiency, Amdahl, Gustafson, the universal scalability law
    redundancy    k of n, majorities, MTBF and MTTR, nines, the tail of a fan-out

>>> round(amdahl(10, parallel=0.95), 3)
6.897
"""

from .queueing import Queue, erlang_b, erlang_c, ggc, md1, mg1, mm1, mm1_percentile, mmc
from .redundancy import (
    downtime,
    fan_out_tail,
    k_of_n_availability,
    majority_availability,
    nines,
    reliability,
    steady_availability,
)
from .scaling import amdahl, efficiency, gustafson, scalability_peak, speed_up, universal_scalability

__all__ = [
    "Queue",
    "amdahl",
    "downtime",
    "efficiency",
    "erlang_b",
    "erlang_c",
    "fan_out_tail",
    "ggc",
    "gustafson",
    "k_of_n_availability",
    "majority_availability",
    "md1",
    "mg1",
    "mm1",
    "mm1_percentile",
    "mmc",
    "nines",
    "reliability",
    "scalability_peak",
    "speed_up",
    "steady_availability",
    "universal_scalability",
]
