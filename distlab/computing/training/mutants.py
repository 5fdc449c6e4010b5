"""The training schemes with one safeguard switched off at a time, and what then breaks.

Each mutant is a class with one small method replaced; ``build`` makes the nodes of a small run with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from distlab.sim import Node, Trace

from .examples import Examples
from .models import Logistic
from .parameter_server import Parameters, Push
from .perceptron import Perceptron
from .pipeline import Forward, Stage
from .replicas import RingReplica
from .ring_all_reduce import Chunk, RingAllReduce
from .rules import (
    Rule,
    bounded_gap,
    counted_once,
    everybody_finishes,
    fresh_gradients,
    replicas_equal,
    resumes_at_the_checkpoint,
    same_as_one_machine,
    sums_to,
)
from .runs import crew
from .stale_synchronous import StaleSynchronousServer
from .synchronous import SynchronousServer
from .task import Descent, Task
from .tree_all_reduce import Down, TreeAllReduce
from .vectors import Vector, pack, unpack
from .worker import Worker

__all__ = ["MUTANTS", "TrainingMutant", "small_task", "sound"]

ONE_MACHINE = "the same as on one machine"
REPLICAS = "equal replicas"
GAP = "the bound on the clocks"
ONCE = "each gradient counts once"
FRESH = "fresh gradients"
ENDS = "training ends"
CHECKPOINT = "back to the checkpoint"
SUM = "the sum"


def small_task(workers: int) -> Task:
    """Seven examples per step for the last worker, four for the others: shares that differ."""
    batches = (4,) * (workers - 1) + (7,)
    return Task(Logistic(3), Examples("clouds", 4 * sum(batches), 3), batches, Descent(0.5, momentum=0.5))


def deep_task() -> Task:
    """Three layers, eight examples per step."""
    return Task(Perceptron((2, 3, 3, 1)), Examples("rings", 32, 2), (8,), Descent(0.5))


def sound(kind: type[Node], n: int, options: Mapping[str, Any]) -> dict[Any, Node]:
    """The nodes of a small run: a server and n-1 workers, n replicas, n stages, or n members of an
    all-reduce.

    >>> sorted(map(str, sound(SynchronousServer, 3, {})))
    ['1', '2', 'server']
    """
    given = dict(options)
    if n < 2:
        raise ValueError(f"a run of training needs 2 nodes or more; got {n!r}.")
    if issubclass(kind, Stage):
        return {k + 1: kind(deep_task(), 3, k, n, forward=0.01, backward=0.01, micro=4) for k in range(n)}
    if issubclass(kind, RingAllReduce | TreeAllReduce):
        return {k + 1: kind([float(10**k)] * 6) for k in range(n)}
    if issubclass(kind, RingReplica):
        return crew(kind, small_task(n), 4, compute=0.01, **given)
    worker = given.pop("worker", Worker)
    task = small_task(n - 1)
    nodes = crew(kind, task, 6, compute=0.005, **given)
    slow = {1: 3.0}  # somebody is always behind
    return {"server": nodes["server"]} | {
        id: worker(task, id - 1, compute=0.005, slow=slow.get(id, 1.0)) for id in range(1, n)
    }


# --- one safeguard off


class DoesNotWait(SynchronousServer):
    def is_complete(self) -> bool:
        return True


class CountsTwice(SynchronousServer):
    def is_counted(self, worker: Any) -> bool:
        return False


class AveragesWorkers(SynchronousServer):
    def average(self, pushes: list[Push]) -> Vector:
        return np.mean([unpack(push.values) / push.samples for push in pushes], axis=0)


class CountsLateGradients(SynchronousServer):
    def is_of_this_step(self, msg: Push) -> bool:
        return True


class ForgetsTheOptimiser(SynchronousServer):
    def restore(self, disk: Any) -> None:
        self.version, self.theta = disk[0], unpack(disk[1])


class KeepsTheCheckpointInMemory(SynchronousServer):
    stable: ClassVar[tuple[str, ...]] = ("life",)


class LivesOn(SynchronousServer):
    def next_life(self) -> int:
        return self.life


class TakesOldParameters(Worker):
    def is_old(self, msg: Parameters) -> bool:
        return False


class SaysNothingWhenBack(Worker):
    def on_recover(self) -> None:
        pass


class OneStepTooFar(StaleSynchronousServer):
    def may_go_on(self, worker: Any) -> bool:
        return self.clocks[worker] - min(self.clocks.values()) <= self.bound + 1


class CountsCopies(StaleSynchronousServer):
    def is_counted(self, worker: Any, step: int) -> bool:
        return False


class ForgetsOneHop(RingAllReduce):
    def hops(self) -> int:
        return super().hops() - 1


class TakesWhatComesNext(RingAllReduce):
    def on_chunk(self, msg: Chunk, sender: Any) -> None:
        self.early[self.round, self.hop] = msg.values
        self.take_what_is_here()


class AddsInsteadOfReplacing(RingAllReduce):
    def is_adding(self) -> bool:
        return True


class CutsEqualChunks(RingAllReduce):
    def all_reduce(self, round: int, values: Vector) -> None:
        even = len(values) - len(values) % len(self.ring())
        self.rest = values[even:]
        super().all_reduce(round, values[:even])

    def all_reduced(self, round: int, total: Vector) -> None:
        super().all_reduced(round, np.concatenate([total, self.rest]))


class LeavesOutTheFirst(RingAllReduce):
    def all_reduce(self, round: int, values: Vector) -> None:
        self.first = values[:1]
        super().all_reduce(round, values[1:])

    def all_reduced(self, round: int, total: Vector) -> None:
        super().all_reduced(round, np.concatenate([self.first, total]))


class ReplicaForgetsOneHop(RingReplica):
    def hops(self) -> int:
        return super().hops() - 1


class DoesNotWaitForChildren(TreeAllReduce):
    def has_all_sums(self) -> bool:
        return any((self.round, child) in self.sums for child in self.children()) or not self.children()


class PassesOnItsOwn(TreeAllReduce):
    def hand_down(self, total: bytes) -> None:
        self.handed = self.round
        below = total if self.parent() is None else pack(self.values)
        self.broadcast(Down(self.round, below), to=self.children())
        self.all_reduced(self.round, unpack(total))


class RootKeepsItsOwn(TreeAllReduce):
    def all_reduced(self, round: int, total: Vector) -> None:
        super().all_reduced(round, np.array(self.values) if self.parent() is None else total)


class StepsTooEarly(Stage):
    def is_complete(self) -> bool:
        return len(self.gradients) == self.micro


class ForwardsCopies(Stage):
    def is_new(self, msg: Forward) -> bool:
        return msg.step == self.version


# --- the catalogue


@dataclass(frozen=True)
class TrainingMutant:
    """A scheme with one safeguard switched off.

    Parameters
    ----------
    name
        What it does, as a short phrase.
    kind, base
        The broken class and the sound one.
    safeguard
        The rule that is switched off.
    source
        The paper that gives it.
    breaks
        What no longer holds.
    rule
        A function of a trace that says what is broken.
    nodes
        How many nodes suffice to show it.
    arguments
        Options of the small run: ``need``, ``bound``, ``checkpoint``.
    crashes
        Whether it shows only when nodes crash and come back.

    Examples
    --------
    >>> list(MUTANTS[0].build())
    ['server', 1, 2]
    """

    name: str
    kind: type[Node]
    base: type[Node]
    safeguard: str
    source: str
    breaks: str
    rule: Rule
    nodes: int = 3
    arguments: Mapping[str, Any] = field(default_factory=dict)
    crashes: bool = False

    def build(self, n: int | None = None) -> dict[Any, Node]:
        """Fresh nodes of the broken class."""
        if issubclass(self.kind, Worker):
            return sound(SynchronousServer, n or self.nodes, {**self.arguments, "worker": self.kind})
        return sound(self.kind, n or self.nodes, self.arguments)

    def build_sound(self, n: int | None = None) -> dict[Any, Node]:
        """The same of the sound class."""
        server = SynchronousServer if issubclass(self.base, Worker) else self.base
        return sound(server, n or self.nodes, self.arguments)


@lru_cache(maxsize=16)
def _shallow(workers: int) -> Rule:
    return same_as_one_machine(small_task(workers))


def one_machine(trace: Trace) -> str | None:
    """What :func:`same_as_one_machine` says of a small run of a parameter server."""
    return _shallow(len(trace.nodes) - 1)(trace)


_DEEP = same_as_one_machine(deep_task())


def one_deep_machine(trace: Trace) -> str | None:
    """What it says of a small pipeline."""
    return _DEEP(trace)


def right_sum(trace: Trace) -> str | None:
    """What :func:`sums_to` says of a small all-reduce."""
    return sums_to(np.full(6, float(sum([10**k for k in range(len(trace.nodes))]))))(trace)


_SERVER = "Li et al. 2014"
_RING = "Patarasuk and Yuan 2009"
_TREE = "Thakur et al. 2005"
_BACK = {"checkpoint": 2}

MUTANTS: tuple[TrainingMutant, ...] = (
    TrainingMutant("does not wait at the barrier", DoesNotWait, SynchronousServer, "wait for all gradients",
                   _SERVER, ONE_MACHINE, one_machine),
    TrainingMutant("counts a gradient that comes twice", CountsTwice, SynchronousServer,
                   "one gradient per worker and step", _SERVER, ONE_MACHINE, one_machine),
    TrainingMutant("averages over workers", AveragesWorkers, SynchronousServer,
                   "average over examples, not workers", _SERVER, ONE_MACHINE, one_machine),
    TrainingMutant("counts late gradients", CountsLateGradients, SynchronousServer,
                   "gradients of backup workers that come late are dropped", "Chen et al. 2016", FRESH,
                   fresh_gradients, 4, {"need": 2}),
    TrainingMutant("forgets the optimiser's state", ForgetsTheOptimiser, SynchronousServer,
                   "the velocity is in the checkpoint", _SERVER, ONE_MACHINE, one_machine, 3, _BACK, True),
    TrainingMutant("keeps the checkpoint in memory", KeepsTheCheckpointInMemory, SynchronousServer,
                   "the checkpoint is on disk", _SERVER, CHECKPOINT, resumes_at_the_checkpoint, 3,
                   _BACK, True),
    TrainingMutant("begins no new life", LivesOn, SynchronousServer,
                   "a server that is back has a new life", _SERVER, ENDS, everybody_finishes, 3, _BACK, True),
    TrainingMutant("takes old parameters", TakesOldParameters, Worker,
                   "older parameters are ignored", _SERVER, ENDS, everybody_finishes, 3, _BACK, True),
    TrainingMutant("says nothing when it is back", SaysNothingWhenBack, Worker, "a worker that is back asks",
                   _SERVER, ENDS, everybody_finishes, 3, {}, True),
    TrainingMutant("goes one step too far", OneStepTooFar, StaleSynchronousServer,
                   "at most s steps ahead to begin another", "Ho et al. 2013", GAP,
                   bounded_gap(1), 3, {"bound": 1}),
    TrainingMutant("counts copies", CountsCopies, StaleSynchronousServer, "one gradient per worker and clock",
                   "Ho et al. 2013", ONCE, counted_once, 3, {"bound": 1}),
    TrainingMutant("forgets one hop", ForgetsOneHop, RingAllReduce, "2(N-1) hops", _RING, SUM, right_sum),
    TrainingMutant("takes what comes next", TakesWhatComesNext, RingAllReduce,
                   "a chunk is known by its round and hop", _RING, SUM, right_sum),
    TrainingMutant("adds instead of replacing", AddsInsteadOfReplacing, RingAllReduce,
                   "the second half of the hops replaces", _RING, SUM, right_sum),
    TrainingMutant("leaves what does not divide by N", CutsEqualChunks, RingAllReduce,
                   "every number is in some chunk", _RING, SUM, right_sum, 4),
    TrainingMutant("leaves out the first number", LeavesOutTheFirst, RingAllReduce,
                   "places are counted from 0", _RING, SUM, right_sum),
    TrainingMutant("replicas forget one hop", ReplicaForgetsOneHop, RingReplica, "2(N-1) hops", _RING,
                   REPLICAS, replicas_equal),
    TrainingMutant("does not wait for both children", DoesNotWaitForChildren, TreeAllReduce,
                   "wait for all children", _TREE, SUM, right_sum),
    TrainingMutant("passes on its own vector", PassesOnItsOwn, TreeAllReduce,
                   "the total is passed on as it came", _TREE, SUM, right_sum, 4),
    TrainingMutant("keeps its own vector at the root", RootKeepsItsOwn, TreeAllReduce,
                   "the root takes the total, too", _TREE, SUM, right_sum),
    TrainingMutant("steps before all micro-batches are back", StepsTooEarly, Stage,
                   "wait for all micro-batches", "Huang et al. 2019", ONE_MACHINE, one_deep_machine),
    TrainingMutant("forwards copies", ForwardsCopies, Stage, "a micro-batch goes through once",
                   "Huang et al. 2019", ONE_MACHINE, one_deep_machine),
)  # fmt: skip
