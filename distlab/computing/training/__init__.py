"""Distributed training: what is split, what travels, who waits for whom (lecture 08).

What is trained::

    examples             generated examples: clouds, rings, a line
    models, perceptron   least squares, logistic regression, a bowl; a multi-layer perceptron
    task                 a model, its examples, who takes which of them, and the rule of descent
    vectors              numbers on the wire

Data parallel::

    parameter_server     what all servers share; worker: their workers
    synchronous          a barrier, backup workers, patience
    stale_synchronous    a bound on the clocks; without a bound: asynchronous
    all_reduce, ring_all_reduce, tree_all_reduce    sums without a server; replicas: training with them

Model parallel and hybrid::

    pipeline             layers on different machines, micro-batches
    tensor_parallel      one layer on several machines
    hybrid               several pipelines that share the examples
    assembly             the whole model again, out of its parts

What comes before, and after::

    preparation          statistics, integration, cleaning, reduction, transformation on several nodes
    runs                 one run with one line
    measures             loss, staleness, clocks, waiting
    closed_forms         bytes, seconds, bubbles, stragglers, limits
    scenarios            runs with everything set
    comparisons          the schemes beside each other; the published figures, measured
    rules, mutants       what a run must keep, and what each safeguard is for

The same on real processes is in :mod:`distlab.live.training`.

>>> from distlab.computing.training import *
>>> task = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.5))
>>> losses(train(RingReplica, task, steps=2), task).round(3).loss.tolist()
[0.693, 0.563, 0.478]
"""

from .all_reduce import AllReduce, first_vectors
from .assembly import assembled
from .closed_forms import (
    bubble_share,
    delay_limit,
    harmonic,
    ring_bytes,
    ring_seconds,
    server_bytes,
    server_seconds,
    straggler_step,
    tree_seconds,
)
from .comparisons import after_a_crash, compared, published_figures
from .examples import Examples
from .hybrid import HybridStage, run_hybrid
from .measures import (
    final_parameters,
    idle_share,
    largest_gap,
    loss_at,
    losses,
    schedule,
    staleness,
    step_times,
    time_to_loss,
)
from .models import Bowl, LeastSquares, Logistic, Model
from .mutants import MUTANTS, TrainingMutant, small_task, sound
from .parameter_server import Hello, Parameters, ParameterServer, Push
from .perceptron import Perceptron
from .pipeline import Backward, Forward, Stage, layers_of, run_pipeline
from .preparation import Statistics, clean, integrate, prepare, prepare_on_nodes, sums_of
from .replicas import Replica, RingReplica, TreeReplica
from .ring_all_reduce import Chunk, Ring, RingAllReduce
from .rules import (
    Rule,
    bounded_gap,
    counted_once,
    everybody_finishes,
    everybody_has_the_sum,
    fresh_gradients,
    replicas_equal,
    resumes_at_the_checkpoint,
    same_as_one_machine,
    sums_to,
)
from .runs import crew, train
from .scenarios import Ballast, exchange, messy_tables, ring_chunks, straggler_steps
from .stale_synchronous import AsynchronousServer, StaleSynchronousServer
from .synchronous import SynchronousServer
from .task import Descent, Task, shares
from .tensor_parallel import TensorSlice, run_tensor
from .tree_all_reduce import Down, Tree, TreeAllReduce, Up
from .vectors import Numbers, Vector, pack, payload, unpack
from .worker import Learner, Worker

__all__ = [
    "MUTANTS",
    "AllReduce",
    "AsynchronousServer",
    "Backward",
    "Ballast",
    "Bowl",
    "Chunk",
    "Descent",
    "Down",
    "Examples",
    "Forward",
    "Hello",
    "HybridStage",
    "Learner",
    "LeastSquares",
    "Logistic",
    "Model",
    "Numbers",
    "ParameterServer",
    "Parameters",
    "Perceptron",
    "Push",
    "Replica",
    "Ring",
    "RingAllReduce",
    "RingReplica",
    "Rule",
    "Stage",
    "StaleSynchronousServer",
    "Statistics",
    "SynchronousServer",
    "Task",
    "TensorSlice",
    "TrainingMutant",
    "Tree",
    "TreeAllReduce",
    "TreeReplica",
    "Up",
    "Vector",
    "Worker",
    "after_a_crash",
    "assembled",
    "bounded_gap",
    "bubble_share",
    "clean",
    "compared",
    "counted_once",
    "crew",
    "delay_limit",
    "everybody_finishes",
    "everybody_has_the_sum",
    "exchange",
    "final_parameters",
    "first_vectors",
    "fresh_gradients",
    "harmonic",
    "idle_share",
    "integrate",
    "largest_gap",
    "layers_of",
    "loss_at",
    "losses",
    "messy_tables",
    "pack",
    "payload",
    "prepare",
    "prepare_on_nodes",
    "published_figures",
    "replicas_equal",
    "resumes_at_the_checkpoint",
    "ring_bytes",
    "ring_chunks",
    "ring_seconds",
    "run_hybrid",
    "run_pipeline",
    "run_tensor",
    "same_as_one_machine",
    "schedule",
    "server_bytes",
    "server_seconds",
    "shares",
    "small_task",
    "sound",
    "staleness",
    "step_times",
    "straggler_step",
    "straggler_steps",
    "sums_of",
    "sums_to",
    "time_to_loss",
    "train",
    "tree_seconds",
    "unpack",
]
