"""Where distribution comes from: single machine, data parallel, task parallel (lecture 01).

In the simulator::

    job               tasks and what waits for what: work, span, critical path, slack
    shapes            jobs of common shapes: whole, in shares, with a serial part, the lecture's report
    dispatcher        list scheduling over a network: dispatcher and workers
    single_machine    one box
    data_parallel     the same program on shares of the data
    task_parallel     different subtasks at once
    orders            which ready task is next
    runs              one run with one line
    scaling           Amdahl's and Gustafson's jobs, run
    schedule          who did what when; makespan, lost jobs
    bounds            closed forms for all of these
    graham            improvements that make a job end later
    rules             what a run must reach, for the checker

On the machine's own cores::

    primes            a job that keeps a core busy
    cores             the same function in several processes, measured

>>> from distlab.computing.parallel import TaskParallel, makespan, report, run
>>> [makespan(run(TaskParallel, report(), workers=n)) for n in (1, 2, 3)]
[27.0, 15.0, 14.0]
"""

from .bounds import (
    batch_makespan,
    best_number_of_pieces,
    graham_bound,
    least_makespan,
    skewed_speed_up,
    split_makespan,
)
from .cores import Measured, cores, on_cores
from .data_parallel import DataParallel
from .dispatcher import Assign, Dispatcher, Done, Piece, Ready, Worker
from .graham import ANOMALIES, anomalies, anomalous_job
from .job import Job, Task
from .orders import CriticalPathFirst, LongestFirst, ShortestFirst
from .primes import count_primes, even_ranges
from .rules import finished_by
from .runs import crew, run
from .scaling import fixed_speed_up, growing_speed_up
from .schedule import lost_jobs, makespan, schedule
from .shapes import report, shares, whole, with_serial_part
from .single_machine import SingleMachine
from .task_parallel import TaskParallel

__all__ = [
    "ANOMALIES",
    "Assign",
    "CriticalPathFirst",
    "DataParallel",
    "Dispatcher",
    "Done",
    "Job",
    "LongestFirst",
    "Measured",
    "Piece",
    "Ready",
    "ShortestFirst",
    "SingleMachine",
    "Task",
    "TaskParallel",
    "Worker",
    "anomalies",
    "anomalous_job",
    "batch_makespan",
    "best_number_of_pieces",
    "cores",
    "count_primes",
    "crew",
    "even_ranges",
    "finished_by",
    "fixed_speed_up",
    "graham_bound",
    "growing_speed_up",
    "least_makespan",
    "lost_jobs",
    "makespan",
    "on_cores",
    "report",
    "run",
    "schedule",
    "shares",
    "skewed_speed_up",
    "split_makespan",
    "whole",
    "with_serial_part",
]
