"""A request that waits for many leaves: rare slow answers become common.

    root   asks one replica of each shard and waits for the last answer
    leaf   answers after a time of its own, many queries at once
    hedge  a shard that has not answered after a while is asked at its next replica too;
           the first answer counts

If a leaf is slow with probability p, a request to n leaves is slow with probability 1 - (1 - p)^n.

References
----------
J. Dean and L. A. Barroso, "The tail at scale", Communications of the ACM 56 (2013): variability amplified by
scale; hedged requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from distlab.sim import Distribution, Node, NodeId, Operation, message

__all__ = ["Leaf", "NowAndThen", "Root", "fan_out"]


@message
class Query:
    search: int
    shard: int


@message
class Answer:
    search: int
    shard: int


@dataclass(frozen=True)
class NowAndThen:
    """A law of durations: mostly ``usual``, with probability ``share`` ``rare``.

    Parameters
    ----------
    usual, rare
        Distributions of seconds.
    share
        Between 0 and 1.

    Raises
    ------
    ValueError
        If the share is not between 0 and 1.

    Examples
    --------
    >>> from distlab.sim import Constant
    >>> round(NowAndThen(Constant(0.01), Constant(1.0), share=0.01).mean, 6)
    0.0199
    """

    usual: Distribution
    rare: Distribution
    share: float

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"NowAndThen.share must be between 0 and 1; got {self.share!r}.")

    @property
    def mean(self) -> float:
        """The expected value in seconds."""
        return (1 - self.share) * self.usual.mean + self.share * self.rare.mean

    def sample(self, rng: Random) -> float:
        """One draw in seconds."""
        return (self.rare if rng.random() < self.share else self.usual).sample(rng)

    def draws(self, rng: Random) -> Iterator[float]:
        """An endless iterator of draws in seconds."""
        while True:
            yield self.sample(rng)


class Root(Node):
    """Asks all shards and waits for the last of them.

    Parameters
    ----------
    shards
        For each shard the ids of the leaves that hold it, the one that is asked first at the front.
    hedge_after
        Seconds after which a silent shard is asked at its next replica too; None: never.

    Examples
    --------
    >>> from distlab.sim import Call, Constant, Network, Simulation
    >>> nodes = {"root": Root([[1], [2]]), 1: Leaf(Constant(0.01)), 2: Leaf(Constant(0.5))}
    >>> trace = Simulation(nodes, Network(latency=0.0), workload=[Call("root", 1.0, "search")]).run()
    >>> trace.operations[["invoked", "returned"]].values.tolist()
    [[1.0, 1.5]]
    """

    stable = ("searches",)  # no number is used twice

    def __init__(self, shards: Sequence[Sequence[NodeId]], hedge_after: float | None = None) -> None:
        self.shards = tuple(tuple(replicas) for replicas in shards)
        self.hedge_after = hedge_after
        self.searches = 0
        self.open: dict[int, Operation] = {}
        self.silent: dict[int, set[int]] = {}

    def search(self) -> None:
        """Begin a request."""
        self.searches += 1
        self.open[self.searches] = self.invoke("search")
        self.silent[self.searches] = set(range(len(self.shards)))
        for shard, replicas in enumerate(self.shards):
            self.send(replicas[0], Query(self.searches, shard))
        if self.hedge_after is not None:
            self.after(self.hedge_after, self.hedge, self.searches)

    def hedge(self, search: int) -> None:
        for shard in sorted(self.silent.get(search, ())):
            for replica in self.shards[shard][1:2]:
                self.send(replica, Query(search, shard))

    def on_answer(self, msg: Answer, sender: NodeId) -> None:
        silent = self.silent.get(msg.search)
        if silent is None:
            return  # the answer of a replica that was not needed any more
        silent.discard(msg.shard)
        if not silent:
            del self.silent[msg.search]
            self.open.pop(msg.search).complete()


class Leaf(Node):
    """Answers each query after a time of its own; queries do not wait for each other.

    Parameters
    ----------
    service
        Seconds to an answer: a distribution.
    """

    def __init__(self, service: Distribution) -> None:
        self.service = service

    def on_query(self, msg: Query, sender: NodeId) -> None:
        self.after(self.service.sample(self.rng), self.answer, msg, sender)

    def answer(self, msg: Query, sender: NodeId) -> None:
        self.send(sender, Answer(msg.search, msg.shard))


def fan_out(leaves: int, service: Distribution, hedge_after: float | None = None) -> dict[NodeId, Node]:
    """A root named "root" and ``leaves`` shards; with ``hedge_after`` each shard has a second replica.

    Parameters
    ----------
    leaves
        How many shards a request waits for, 1 or more.
    service
        Seconds to a leaf's answer.
    hedge_after
        As for :class:`Root`.

    Returns
    -------
    dict
        Id -> node: the root, then leaves with ids from 1.

    Raises
    ------
    ValueError
        If ``leaves`` is no whole number of 1 or more.

    Examples
    --------
    >>> from distlab.sim import Constant
    >>> list(fan_out(2, Constant(0.01))), list(fan_out(2, Constant(0.01), hedge_after=0.05))
    (['root', 1, 2], ['root', 1, 2, 3, 4])
    """
    if isinstance(leaves, bool) or not isinstance(leaves, int) or leaves < 1:
        raise ValueError(f"leaves must be a whole number of 1 or more; got {leaves!r}.")
    replicas = 1 if hedge_after is None else 2
    shards = [[shard + copy * leaves for copy in range(replicas)] for shard in range(1, leaves + 1)]
    nodes: dict[NodeId, Node] = {"root": Root(shards, hedge_after)}
    return nodes | {name: Leaf(service) for name in range(1, leaves * replicas + 1)}
