"""The two-layer token ring: rings of neighbours, and one ring of their coordinators.

The course's 两层结构的分布式令牌环, for many nodes or wide areas: each local area network is a ring of its
own, with one coordinator; the coordinators form the global ring.

The rule::

    to request:           Want to the own coordinator
    the global token      goes round the coordinators. One whose group wants to enter keeps it, sends the
                          local token once around its group, and then passes the global token on
    on the local token:   this node wants to enter: enter, and pass it on afterwards; else pass it on at once

So one local token is under way at a time, and an idle group costs one message per round and not one for
each of its nodes. There is no remedy against crashes here: a lost token ends everything; see
:mod:`~distlab.coordination.mutex.token_ring` for what it takes.

Cost, with g groups: if nobody wants to enter, g messages per round, where one ring has n. If all want to, n
local steps, g global ones and n - g Wants for n entries: 2 messages per entry. One request waits for g/2
steps of the global token and half of a local round, on average.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isqrt

from distlab.sim import NodeId, message

from .contender import Contender

__all__ = ["GlobalToken", "LocalToken", "TwoLayerRing", "Want"]


@message
class Want:
    """Somebody in your group wants to enter."""


@message
class GlobalToken:
    """Whose turn it is among the groups."""


@message
class LocalToken:
    """Whoever has it may enter. It says how many of the group have, in this round."""

    entered: int


class TwoLayerRing(Contender):
    """A node of the two-layer token ring.

    Parameters
    ----------
    hold
        Seconds inside the critical section, for requests that do not say it themselves.
    groups
        The groups in the order of the global ring, each as its ids in the order of the local ring. The
        first of each is the coordinator. None: sorted ids in as many groups as the square root of the
        number of nodes, rounded up.

    Raises
    ------
    ValueError
        If ``groups`` does not name each node once.

    References
    ----------
    The course, lecture 03.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation, cluster
    >>> nodes = cluster(TwoLayerRing, 6, groups=[(1, 2, 3), (4, 5, 6)])
    >>> sim = Simulation(nodes, workload=[Call(5, at=0.045, method="request")])
    >>> sim.run(until=0.2).records[["time", "event"]].round(3).values.tolist()
    [[0.045, 'request'], [0.08, 'enter'], [0.09, 'exit']]
    """

    def __init__(self, *, hold: float = 0.01, groups: Sequence[Sequence[NodeId]] | None = None) -> None:
        super().__init__(hold=hold)
        self.given = None if groups is None else tuple([tuple(group) for group in groups])
        self.group: tuple[NodeId, ...] = ()  # the local ring
        self.coordinators: tuple[NodeId, ...] = ()  # the global ring
        self.wants = 0  # requests of the group that the coordinator has heard of, less those that were served
        self.resting = (
            False  # the global token is here, as there is no other group, and nobody wants to enter
        )
        self.local_token: int | None = None  # how many have entered, if the local token is here

    def on_start(self) -> None:
        super().on_start()
        self.form_rings()
        if self.id == self.coordinators[0]:
            self.on_global_token(GlobalToken(), self.id)

    def on_recover(self) -> None:
        super().on_recover()
        self.form_rings()

    def form_rings(self) -> None:
        everybody = self.everybody()
        groups = in_groups(everybody) if self.given is None else self.given
        if sorted([node for group in groups for node in group]) != everybody or not all(groups):
            raise ValueError(f"groups must name each node once, and none may be empty; got {groups!r}.")
        self.group = next(group for group in groups if self.id in group)
        self.coordinators = tuple([group[0] for group in groups])

    # --- to enter and to leave

    def acquire(self) -> None:
        self.wait()
        if self.id == self.group[0]:
            self.count_want()
        else:
            self.send(self.group[0], Want())

    def release(self) -> None:
        if self.local_token is not None:
            self.local_token += 1
            self.pass_local()

    # --- messages

    def on_want(self, msg: Want, sender: NodeId) -> None:
        self.count_want()

    def on_global_token(self, msg: GlobalToken, sender: NodeId) -> None:
        self.begin_turn()

    def on_local_token(self, msg: LocalToken, sender: NodeId) -> None:
        if self.id == self.group[0]:
            self.end_turn(msg.entered)
        else:
            self.take_local(msg.entered)

    # --- rules

    def count_want(self) -> None:
        self.wants += 1
        if self.resting:
            self.begin_turn()

    def begin_turn(self) -> None:
        self.resting = False
        if self.wants > 0:
            self.take_local(0)
        else:
            self.pass_global()

    def take_local(self, entered: int) -> None:
        self.local_token = entered
        if self.state == "waiting":
            self.enter()
        else:
            self.pass_local()

    def pass_local(self) -> None:
        entered, self.local_token = self.local_token or 0, None
        follower = self.group[(self.group.index(self.id) + 1) % len(self.group)]
        if follower == self.id:  # a group of one
            self.end_turn(entered)
        else:
            self.send(follower, LocalToken(entered))

    def end_turn(self, entered: int) -> None:
        self.wants -= entered
        self.pass_global()

    def pass_global(self) -> None:
        follower = self.coordinators[(self.coordinators.index(self.id) + 1) % len(self.coordinators)]
        if follower != self.id:
            self.send(follower, GlobalToken())
        elif self.wants > 0:
            self.begin_turn()
        else:
            self.resting = True


def in_groups(nodes: Sequence[NodeId]) -> tuple[tuple[NodeId, ...], ...]:
    """As many groups as the square root of the number of nodes, rounded up, of nearly equal size.

    >>> in_groups([1, 2, 3, 4, 5, 6, 7])
    ((1, 2, 3), (4, 5), (6, 7))
    """
    many = isqrt(len(nodes) - 1) + 1
    size, longer = divmod(len(nodes), many)
    begins = [place * size + min(place, longer) for place in range(many + 1)]
    return tuple([tuple(nodes[begin:end]) for begin, end in pairwise(begins)])
