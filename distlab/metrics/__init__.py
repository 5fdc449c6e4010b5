"""Metrics: from a trace to numbers and tables.

All functions of a trace follow the same rules. Times are seconds of simulated time. A window goes from
``after`` to ``until``, by default over the whole run. ``node`` names one node, several in a list, or all
(None). Where there is nothing to measure, the answer is NaN, or an empty table; an error means that an
argument is wrong or that the trace does not keep what is needed (messages and work need ``trace="full"``).

    messages.py       how many messages and bytes: by type, node, phase; says what counts
    leadership.py     who leads, time to a leader, time without one, changes, several at once
    elections.py      terms: candidates, winners, split votes
    operations.py     what clients see: throughput, response times, requests served
    work.py           what servers do: waiting, turnaround, utilisation
    littles_law.py    L = lambda W, measured
    availability.py   up and down: availability, MTBF, MTTR, quorums
    percentiles.py    p50, p95, p99
    fairness.py       Jain's index
    formulas/         closed forms: queues, scaling laws, redundancy
    levels.py         how many spans are open at once
    arguments.py      the answers to wrong arguments

>>> from distlab import metrics
>>> from distlab.sim import Crash, Node, Simulation, cluster
>>> class First(Node):
...     def on_start(self):
...         self.after(0.25, self.become, "leader")
>>> trace = Simulation(cluster(First, 1), faults=[Crash(1, at=3.0)]).run(until=4.0)
>>> metrics.time_to_leader(trace), metrics.leaderless_time(trace)
(0.25, 1.25)
"""

from .availability import availability, mtbf, mttr, quorum_availability, uptime
from .elections import elections, split_votes
from .fairness import jain_index
from .formulas import (
    Queue,
    amdahl,
    downtime,
    efficiency,
    erlang_b,
    erlang_c,
    fan_out_tail,
    ggc,
    gustafson,
    k_of_n_availability,
    majority_availability,
    md1,
    mg1,
    mm1,
    mm1_percentile,
    mmc,
    nines,
    reliability,
    scalability_peak,
    speed_up,
    steady_availability,
    universal_scalability,
)
from .leadership import (
    LEADER_ROLES,
    leader_changes,
    leaderless_intervals,
    leaderless_time,
    leaders_at,
    reigns,
    simultaneous_leaders,
    time_to_leader,
)
from .littles_law import LittlesLaw, littles_law
from .messages import bytes_sent, message_bytes, message_counts, messages_sent
from .operations import request_availability, response_times, throughput
from .percentiles import percentiles
from .work import busy_time, turnaround_times, utilisation, waiting_times

__all__ = [
    "LEADER_ROLES",
    "LittlesLaw",
    "Queue",
    "amdahl",
    "availability",
    "busy_time",
    "bytes_sent",
    "downtime",
    "efficiency",
    "elections",
    "erlang_b",
    "erlang_c",
    "fan_out_tail",
    "ggc",
    "gustafson",
    "jain_index",
    "k_of_n_availability",
    "leader_changes",
    "leaderless_intervals",
    "leaderless_time",
    "leaders_at",
    "littles_law",
    "majority_availability",
    "md1",
    "message_bytes",
    "message_counts",
    "messages_sent",
    "mg1",
    "mm1",
    "mm1_percentile",
    "mmc",
    "mtbf",
    "mttr",
    "nines",
    "percentiles",
    "quorum_availability",
    "reigns",
    "reliability",
    "request_availability",
    "response_times",
    "scalability_peak",
    "simultaneous_leaders",
    "speed_up",
    "split_votes",
    "steady_availability",
    "throughput",
    "time_to_leader",
    "turnaround_times",
    "universal_scalability",
    "uptime",
    "utilisation",
    "waiting_times",
]
