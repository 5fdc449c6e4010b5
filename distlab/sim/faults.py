"""Faults as data: what goes wrong, to whom, and when.

Each fault is a small frozen dataclass, so a schedule can be shown as a table, drawn, given to several
algorithms, generated at random and minimised. A node may be named by its id or as ``"leader"``: whoever
leads at that moment; if nobody does, nothing happens.

>>> Crash(3, at=1.0)
Crash(node=3, at=1.0)
>>> Partition([[1, 2], [3]], at=1.0, until=2.0).groups
((1, 2), (3,))

Times are simulated seconds. ``until`` is the time at which a fault ends by itself; None means that it
stays, or that :class:`Heal` ends it. Faults come before everything else that happens at the same time. What
is under way on a link when the link is cut, slowed down or lossy is not touched: a fault of links is for
what is sent from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite
from random import Random
from typing import TYPE_CHECKING, Any

from .distributions import seconds
from .errors import SimulationError
from .links import Lie
from .message import Message
from .network import probability
from .shown import first_few, shown
from .streams import stream

if TYPE_CHECKING:
    from .simulation import Simulation

__all__ = [
    "ClockDrift",
    "ClockJump",
    "Crash",
    "Cut",
    "Equivocate",
    "Fault",
    "Forge",
    "Heal",
    "Isolate",
    "LossBurst",
    "Outage",
    "Partition",
    "Pause",
    "Recover",
    "Silence",
    "SlowLink",
]

LEADER = "leader"


class Fault:
    """The base of all faults.

    To write one: a frozen dataclass with ``at`` and a method ``happen(sim)``. ``check`` is called when the
    fault is scheduled, ``apply`` when its time has come; ``apply`` finds out who leads and calls
    ``happen``.

    >>> isinstance(Crash(3, at=1.0), Fault)
    True
    """

    at: float

    def __post_init__(self) -> None:
        name = type(self).__name__
        seconds(self.at, f"{name}.at")
        until = getattr(self, "until", None)
        if until is not None:
            seconds(until, f"{name}.until")
            if until <= self.at:
                raise ValueError(f"{name}.until must be later than at={self.at!r}; got {until!r}.")

    @property
    def named(self) -> tuple[Any, ...]:
        """The nodes that the fault names."""
        given = [getattr(self, field, None) for field in _NAMING]
        return tuple([node for node in given if node is not None])

    @property
    def end(self) -> float | None:
        """When it ends by itself, in seconds; None if it does not, or is over at once."""
        return getattr(self, "until", None)

    def check(self, sim: Simulation) -> None:
        """Raise a clear error if a named node does not exist."""
        for name in self.named:
            if name != LEADER and name not in sim.nodes:
                raise SimulationError(
                    f"{self!r} names a node that does not exist; the nodes are: {first_few(sim.nodes)}."
                )

    def apply(self, sim: Simulation) -> None:
        """Let it happen, to whoever leads if it names the leader."""
        if LEADER in self.named and LEADER not in sim.nodes:
            node = sim.node(LEADER)
            sim.trace._hit(sim._cause, None if node is None else node.id)
            if node is not None:
                self._meaning(node.id).happen(sim)
        else:
            self.happen(sim)

    def happen(self, sim: Simulation) -> None:
        """What the fault does to the simulation."""
        raise NotImplementedError

    def moved(self, at: float) -> Any:
        """The same fault at another time, with its end moved along."""
        until = getattr(self, "until", None)
        if until is None:
            return replace(self, at=at)  # type: ignore[type-var]
        return replace(self, at=at, until=round(at + until - self.at, 9))  # type: ignore[type-var]

    def _meaning(self, leader: Any) -> Any:
        """The same fault with the leader's id in place of "leader"."""
        fields = {field: leader for field in _NAMING if getattr(self, field, None) == LEADER}
        return replace(self, **fields)  # type: ignore[type-var]


_NAMING = ("node", "sender", "receiver", "pretend")  # the fields that name a node


@dataclass(frozen=True)
class Crash(Fault):
    """A node stops at once; its timers and all that is not ``stable`` are lost.

    >>> Crash("leader", at=1.0)
    Crash(node='leader', at=1.0)
    """

    node: Any
    at: float

    def happen(self, sim: Simulation) -> None:
        """Crash the node."""
        sim.crash(self.node)


@dataclass(frozen=True)
class Recover(Fault):
    """A crashed node comes back: built anew, with what was ``stable``; then its ``on_recover`` runs.

    >>> Recover(3, at=2.0)
    Recover(node=3, at=2.0)
    """

    node: Any
    at: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.node == LEADER:
            raise ValueError(
                "Recover.node must be the id of a node, for nobody leads while it is down; "
                'use Outage("leader", ...).'
            )

    def happen(self, sim: Simulation) -> None:
        """Start the node again."""
        sim.recover(self.node)


@dataclass(frozen=True)
class Outage(Fault):
    """A node is down from ``at`` to ``until``: a crash, and the recovery of the same node, also of "leader".

    >>> Outage("leader", at=1.0, until=2.0)
    Outage(node='leader', at=1.0, until=2.0)
    """

    node: Any
    at: float
    until: float | None = None

    def happen(self, sim: Simulation) -> None:
        """Crash the node and schedule its recovery."""
        sim.crash(self.node)
        if self.until is not None:
            sim.inject(Recover(self.node, self.until))


@dataclass(frozen=True)
class Pause(Fault):
    """A node stands still for ``duration`` seconds (a long garbage collection); it does not notice.

    What arrives, and timers that run out, wait until it goes on; :meth:`~distlab.sim.Node.work` takes that
    much longer. A crash during the pause loses what waits. A second pause only counts as far as it lasts
    longer.

    >>> Pause(3, at=1.0, duration=0.5).end
    1.5
    """

    node: Any
    at: float
    duration: float

    def __post_init__(self) -> None:
        super().__post_init__()
        seconds(self.duration, "Pause.duration", "more than 0")

    @property
    def end(self) -> float:
        return self.at + self.duration

    def happen(self, sim: Simulation) -> None:
        """Pause the node."""
        sim.pause(self.node, self.duration)


@dataclass(frozen=True, repr=False)
class Ends(Fault):
    """The end of a fault that lasts."""

    what: Any
    at: float

    def happen(self, sim: Simulation) -> None:
        self.what.over(sim)

    def __repr__(self) -> str:
        return f"end of {self.what!r}"


class _Lasting(Fault):
    """A fault that begins at ``at`` and ends at ``until``."""

    until: float | None

    def begin(self, sim: Simulation) -> None:
        raise NotImplementedError

    def over(self, sim: Simulation) -> None:
        raise NotImplementedError

    def happen(self, sim: Simulation) -> None:
        """Begin, and schedule the end."""
        self.begin(sim)
        sim.links_changed()
        if self.until is not None:
            sim.inject(Ends(self, self.until))


class _LinkFault(_Lasting):
    """A fault of links."""

    @property
    def cut(self) -> bool:
        return False

    @property
    def loss(self) -> float:
        return 0.0

    def slowed(self, delay: float) -> float:
        return delay

    def touches(self, sender: Any, receiver: Any) -> bool:
        raise NotImplementedError

    def begin(self, sim: Simulation) -> None:
        sim.links.add(self)

    def over(self, sim: Simulation) -> None:
        sim.links.remove(self)
        sim.links_changed()


@dataclass(frozen=True)
class Partition(_LinkFault):
    """Nodes of different groups cannot talk; nodes that are not named form one more group.

    Parameters
    ----------
    groups
        Lists of nodes; "leader" in one of them takes whoever leads out of the others.
    at, until
        Seconds; None: until it is healed.
    one_way
        If true, only the first group's messages to the others are stopped: it still hears them.

    Examples
    --------
    >>> Partition([["leader"], [1, 2, 3]], at=1.0).named
    ('leader', 1, 2, 3)
    """

    groups: Sequence[Sequence[Any]]
    at: float
    until: float | None = None
    one_way: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        groups = _groups(self.groups)
        object.__setattr__(self, "groups", groups)
        named = [node for group in groups for node in group]
        twice = [node for node in named if named.count(node) > 1]
        if twice:
            raise ValueError(f"Partition: node {twice[0]!r} is in two groups.")
        if not named:
            raise ValueError("Partition needs at least one group of nodes; got none.")
        object.__setattr__(self, "_side", {node: side for side, group in enumerate(groups) for node in group})

    @property
    def named(self) -> tuple[Any, ...]:
        return tuple([node for group in self.groups for node in group])

    @property
    def cut(self) -> bool:
        return True

    def touches(self, sender: Any, receiver: Any) -> bool:
        """Are they on different sides?"""
        side: dict[Any, int] = self._side  # type: ignore[attr-defined]
        one, other = side.get(sender, -1), side.get(receiver, -1)
        return one != other and (not self.one_way or one == 0)

    def _meaning(self, leader: Any) -> Any:
        groups = [[node for node in group if node != leader] for group in self.groups]
        return replace(self, groups=[[leader if node == LEADER else node for node in one] for one in groups])


def _groups(given: Any) -> tuple[tuple[Any, ...], ...]:
    if isinstance(given, Iterable) and not isinstance(given, str):
        groups = list(given)
        if all(isinstance(group, Iterable) and not isinstance(group, str) for group in groups):
            return tuple([_ordered(group) for group in groups])
    raise ValueError(f"Partition.groups must be a list of groups such as [[1, 2], [3]]; got {given!r}.")


def _ordered(nodes: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(nodes, key=shown)) if isinstance(nodes, set | frozenset) else tuple(nodes)


@dataclass(frozen=True)
class Isolate(_LinkFault):
    """One node is cut off from all others, in both directions.

    >>> Isolate("leader", at=1.0, until=2.0)
    Isolate(node='leader', at=1.0, until=2.0)
    """

    node: Any
    at: float
    until: float | None = None

    @property
    def cut(self) -> bool:
        return True

    def touches(self, sender: Any, receiver: Any) -> bool:
        """Is one of them the node?"""
        return sender == self.node or receiver == self.node


@dataclass(frozen=True)
class Cut(_LinkFault):
    """One link is cut: ``sender`` no longer reaches ``receiver``; with ``both=True`` neither reaches the
    other.

    >>> Cut(1, 2, at=1.0).touches(2, 1)
    False
    """

    sender: Any
    receiver: Any
    at: float
    until: float | None = None
    both: bool = False

    @property
    def cut(self) -> bool:
        return True

    def touches(self, sender: Any, receiver: Any) -> bool:
        """Is it this link?"""
        one_way = sender == self.sender and receiver == self.receiver
        return one_way or (self.both and sender == self.receiver and receiver == self.sender)


def _matches(pattern: Any, node: Any) -> bool:
    return pattern is None or pattern == node


@dataclass(frozen=True)
class SlowLink(_LinkFault):
    """Messages take ``factor`` times as long, plus ``extra`` seconds. ``sender`` or ``receiver`` None: any.

    >>> SlowLink(1, None, at=1.0, factor=10.0).slowed(0.5)
    5.0
    """

    sender: Any
    receiver: Any
    at: float
    until: float | None = None
    factor: float = 1.0
    extra: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        seconds(self.extra, "SlowLink.extra")
        try:
            right = 0 <= self.factor < inf
        except TypeError:
            right = False
        if not right:
            raise ValueError(f"SlowLink.factor must be a number, 0 or more; got {self.factor!r}.")

    def slowed(self, delay: float) -> float:
        """The delay that becomes of a delay, in seconds."""
        return delay * self.factor + self.extra

    def touches(self, sender: Any, receiver: Any) -> bool:
        """Is it one of these links?"""
        return _matches(self.sender, sender) and _matches(self.receiver, receiver)


@dataclass(frozen=True)
class LossBurst(_LinkFault):
    """For a while, messages are lost with probability ``probability``. ``sender`` or ``receiver`` None: any.

    >>> LossBurst(0.5, at=1.0, until=2.0, receiver=3).touches(1, 3)
    True
    """

    probability: float
    at: float
    until: float | None = None
    sender: Any = None
    receiver: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        probability(self.probability, "LossBurst.probability")

    @property
    def loss(self) -> float:
        return self.probability

    def touches(self, sender: Any, receiver: Any) -> bool:
        """Is it one of these links?"""
        return _matches(self.sender, sender) and _matches(self.receiver, receiver)


@dataclass(frozen=True)
class Heal(Fault):
    """All partitions and cut links end; slow and lossy links stay as they are.

    >>> Heal(at=2.0)
    Heal(at=2.0)
    """

    at: float

    def happen(self, sim: Simulation) -> None:
        """End them."""
        sim.links.clear(HEALED)
        sim.links_changed()


HEALED = (Partition, Isolate, Cut)


@dataclass(frozen=True)
class ClockJump(Fault):
    """A node's clock is set forwards or backwards by ``by`` seconds; running timers do not notice.

    >>> ClockJump(3, at=1.0, by=-0.5)
    ClockJump(node=3, at=1.0, by=-0.5)
    """

    node: Any
    at: float
    by: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.by, bool) or not isinstance(self.by, int | float) or not isfinite(self.by):
            raise ValueError(f"ClockJump.by must be a number of seconds; got {self.by!r}.")

    def happen(self, sim: Simulation) -> None:
        """Set the clock."""
        sim.skewed_clock(self.node).jump(self.by)


@dataclass(frozen=True)
class ClockDrift(Fault):
    """From now on a node's clock runs at ``rate`` seconds per real second; new timers follow it.

    >>> ClockDrift(3, at=1.0, rate=1.01)
    ClockDrift(node=3, at=1.0, rate=1.01)
    """

    node: Any
    at: float
    rate: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.rate, bool) or not isinstance(self.rate, int | float) or not 0 < self.rate < inf:
            raise ValueError(f"ClockDrift.rate must be a number, more than 0; got {self.rate!r}.")

    def happen(self, sim: Simulation) -> None:
        """Change the rate of the clock."""
        sim.skewed_clock(self.node).drift(self.rate, sim.time)


class _Lying(_Lasting):
    """A node that is not honest: from ``at`` to ``until`` its messages are changed on the way out."""

    node: Any

    def lie(self, sim: Simulation) -> Lie:
        raise NotImplementedError

    def begin(self, sim: Simulation) -> None:
        sim.links.begin_lie(self, self.node, self.lie(sim))

    def over(self, sim: Simulation) -> None:
        sim.links.end_lie(self, self.node)
        sim.links_changed()


@dataclass(frozen=True)
class Silence(_Lying):
    """A node goes on, but nothing that it says comes out (Byzantine: silent); ``to`` limits it to some
    receivers.

    >>> Silence(3, at=1.0, to=[1, 2])
    Silence(node=3, at=1.0, until=None, to=(1, 2))
    """

    node: Any
    at: float
    until: float | None = None
    to: Iterable[Any] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.to is not None:
            if isinstance(self.to, str) or not isinstance(self.to, Iterable):
                raise ValueError(f"Silence.to must be a list of nodes such as [1, 2]; got {self.to!r}.")
            object.__setattr__(self, "to", _ordered(self.to))

    @property
    def named(self) -> tuple[Any, ...]:
        return (self.node, *(self.to or ()))

    def lie(self, sim: Simulation) -> Lie:
        """Nothing comes out."""
        deaf = self.to
        return lambda sender, to, msg: [] if deaf is None or to in deaf else [(sender, to, msg)]


def _another_story(msg: Any, rng: Random) -> Any:
    """Change the first number or yes/no in a message."""
    for name in msg._fields:
        value = getattr(msg, name)
        if isinstance(value, bool):
            return msg.replace(**{name: not value})
        if isinstance(value, int | float):
            return msg.replace(**{name: value + 1 + rng.randrange(3)})
    return msg


@dataclass(frozen=True)
class Equivocate(_Lying):
    """A node tells different nodes different things (Byzantine: equivocating).

    Parameters
    ----------
    node
        The liar.
    at, until
        Seconds; None: to the end.
    rewrite
        ``rewrite(msg, to, rng)`` gives the message that ``to`` gets instead. Default: every second node
        gets a message whose first number or yes/no is changed.

    Examples
    --------
    >>> Equivocate(3, at=0.0).node
    3
    """

    node: Any
    at: float
    until: float | None = None
    rewrite: Callable[[Any, Any, Random], Any] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rewrite is not None and not callable(self.rewrite):
            raise ValueError(
                f"Equivocate.rewrite must be a function (msg, to, rng) -> msg; got {self.rewrite!r}."
            )

    def lie(self, sim: Simulation) -> Lie:
        """Some receivers get another message."""
        rng = stream(sim.seed, "equivocate", self.node, self.at)
        fooled = frozenset(list(sim.nodes)[1::2])
        rewrite = self.rewrite

        def lie(sender: Any, to: Any, msg: Any) -> list[tuple[Any, Any, Any]]:
            if rewrite is None:
                return [(sender, to, _another_story(msg, rng) if to in fooled else msg)]
            story = rewrite(msg, to, rng)
            if not isinstance(story, Message):
                raise SimulationError(
                    f"Equivocate.rewrite must return a message in place of {msg!r}; got {story!r}."
                )
            return [(sender, to, story)]

        return lie


@dataclass(frozen=True)
class Forge(_Lying):
    """A node signs its messages with another node's name (Byzantine: forging).

    >>> Forge(3, at=0.0, pretend=1).named
    (3, 1)
    """

    node: Any
    at: float
    pretend: Any
    until: float | None = None

    def lie(self, sim: Simulation) -> Lie:
        """The name is another one."""
        return lambda sender, to, msg: [(self.pretend, to, msg)]
