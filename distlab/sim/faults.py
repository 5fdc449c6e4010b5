"""Faults as data: what goes wrong, to whom, and when.

Each fault is a small frozen dataclass, so a schedule can be shown as a table, drawn, given to several algorithms, generated
at random and minimised. A node may be named by its id or as ``"leader"``: whoever leads at that moment.

>>> Crash(3, at=1.0)
Crash(node=3, at=1.0)
>>> Partition([[1, 2], [3]], at=1.0, until=2.0).groups
((1, 2), (3,))

Times are simulated seconds. ``until`` is the time at which a fault ends by itself; None means that it stays, or that
:class:`Heal` ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf
from random import Random
from typing import TYPE_CHECKING, Any

from .clock import Clock
from .errors import SimulationError
from .network import probability
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


class Fault:
    """The base of all faults. ``check`` is called when the fault is scheduled, ``apply`` when its time has come."""

    at: float

    def __post_init__(self) -> None:
        if isinstance(self.at, bool) or not isinstance(self.at, int | float) or not 0 <= self.at < inf:
            raise ValueError(
                f"{type(self).__name__}.at must be a time in seconds, 0 or more; got {self.at!r}."
            )
        until = getattr(self, "until", None)
        if until is not None and not until > self.at:
            raise ValueError(f"{type(self).__name__}.until must be later than at={self.at!r}; got {until!r}.")

    @property
    def named(self) -> tuple[Any, ...]:
        """The nodes that the fault names."""
        node = getattr(self, "node", None)
        return () if node is None else (node,)

    def check(self, sim: Simulation) -> None:
        """Raise a clear error if a named node does not exist."""
        for name in self.named:
            if name != "leader" and name not in sim.nodes:
                shown = ", ".join(map(repr, list(sim.nodes)[:8]))
                raise SimulationError(f"{self!r} names a node that does not exist; the nodes are: {shown}.")

    def apply(self, sim: Simulation) -> None:
        """Let it happen."""
        raise NotImplementedError

    def moved(self, at: float) -> Any:
        """The same fault at another time, with its end moved along."""
        until = getattr(self, "until", None)
        return replace(self, at=at, until=round(at + until - self.at, 9)) if until is not None else replace(self, at=at)  # type: ignore[type-var]

    def _victim(self, sim: Simulation) -> Any:
        node = sim.node(self.node)  # type: ignore[attr-defined]
        if node is not None:
            sim.trace._victim(node.id)
        return None if node is None else node.id


@dataclass(frozen=True)
class Crash(Fault):
    """A node stops at once; its timers and all that is not ``stable`` are lost."""

    node: Any
    at: float

    def apply(self, sim: Simulation) -> None:
        victim = self._victim(sim)
        if victim is not None:
            sim.crash(victim)


@dataclass(frozen=True)
class Recover(Fault):
    """A crashed node comes back: built anew, with what was ``stable``; then its ``on_recover`` runs."""

    node: Any
    at: float

    def apply(self, sim: Simulation) -> None:
        victim = self._victim(sim)
        if victim is not None:
            sim.recover(victim)


@dataclass(frozen=True)
class Outage(Fault):
    """A node is down from ``at`` to ``until``: a crash, and the recovery of the same node, even if it was named "leader".

    >>> Outage("leader", at=1.0, until=2.0)
    Outage(node='leader', at=1.0, until=2.0)
    """

    node: Any
    at: float
    until: float | None = None

    def apply(self, sim: Simulation) -> None:
        """Crash the node and schedule its recovery."""
        victim = self._victim(sim)
        if victim is not None:
            sim.crash(victim)
            if self.until is not None:
                sim.inject(Recover(victim, self.until))


@dataclass(frozen=True)
class Pause(Fault):
    """A node stands still for ``duration`` seconds (a long garbage collection); it does not notice."""

    node: Any
    at: float
    duration: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.duration > 0:
            raise ValueError(f"Pause.duration must be more than 0 seconds; got {self.duration!r}.")

    def apply(self, sim: Simulation) -> None:
        victim = self._victim(sim)
        if victim is not None:
            sim.pause(victim, self.duration)


class _LinkFault(Fault):
    """A fault of links: begins at ``at``, ends at ``until``."""

    until: float | None

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

    def apply(self, sim: Simulation) -> None:
        sim.links.add(self)
        sim.links_changed()
        if self.until is not None:
            sim.inject(_Ends(self, self.until))


@dataclass(frozen=True)
class _Ends(Fault):
    """A link fault ends."""

    what: Any
    at: float

    def apply(self, sim: Simulation) -> None:
        sim.links.remove(self.what)
        sim.links_changed()


@dataclass(frozen=True)
class Partition(_LinkFault):
    """Nodes of different groups cannot talk; nodes that are not named form one more group.

    With ``one_way=True`` only the first group's messages to the others are stopped: it still hears them. A message that
    is under way when the partition begins still arrives.
    """

    groups: Sequence[Sequence[Any]]
    at: float
    until: float | None = None
    one_way: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        groups = tuple([tuple(group) for group in self.groups])
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
        side: dict[Any, int] = self._side  # type: ignore[attr-defined]
        one, other = side.get(sender, -1), side.get(receiver, -1)
        return one != other and (not self.one_way or one == 0)

    def apply(self, sim: Simulation) -> None:
        if "leader" in self.named and "leader" not in sim.nodes:
            leader = sim.node("leader")
            if leader is None:
                return
            sim.trace._victim(leader.id)
            groups = [[leader.id if node == "leader" else node for node in group] for group in self.groups]
            seen = [node for group in groups for node in group]
            if len(seen) != len(dict.fromkeys(seen)):
                groups = [[node for node in group if node != leader.id] for group in groups] + [[leader.id]]
            replace(self, groups=groups)._begin(sim)
        else:
            self._begin(sim)

    def _begin(self, sim: Simulation) -> None:
        _LinkFault.apply(self, sim)


@dataclass(frozen=True)
class Isolate(_LinkFault):
    """One node is cut off from all others, in both directions."""

    node: Any
    at: float
    until: float | None = None

    def apply(self, sim: Simulation) -> None:
        victim = self._victim(sim)
        if victim is not None:
            Partition([[victim]], self.at, self.until)._begin(sim)


@dataclass(frozen=True)
class Cut(_LinkFault):
    """One link is cut: ``sender`` no longer reaches ``receiver``; with ``both=True`` neither reaches the other."""

    sender: Any
    receiver: Any
    at: float
    until: float | None = None
    both: bool = False

    @property
    def named(self) -> tuple[Any, ...]:
        return (self.sender, self.receiver)

    @property
    def cut(self) -> bool:
        return True

    def touches(self, sender: Any, receiver: Any) -> bool:
        one_way = sender == self.sender and receiver == self.receiver
        return one_way or (self.both and sender == self.receiver and receiver == self.sender)


def _matches(pattern: Any, node: Any) -> bool:
    return pattern is None or pattern == node


@dataclass(frozen=True)
class SlowLink(_LinkFault):
    """Messages take ``factor`` times as long, plus ``extra`` seconds. ``sender`` or ``receiver`` None: any."""

    sender: Any
    receiver: Any
    at: float
    until: float | None = None
    factor: float = 1.0
    extra: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.factor >= 0 and self.extra >= 0):
            raise ValueError(
                f"SlowLink needs factor and extra of 0 or more; got {self.factor!r} and {self.extra!r}."
            )

    @property
    def named(self) -> tuple[Any, ...]:
        return tuple([node for node in (self.sender, self.receiver) if node is not None])

    def slowed(self, delay: float) -> float:
        return delay * self.factor + self.extra

    def touches(self, sender: Any, receiver: Any) -> bool:
        return _matches(self.sender, sender) and _matches(self.receiver, receiver)


@dataclass(frozen=True)
class LossBurst(_LinkFault):
    """For a while, messages are lost with probability ``probability``. ``sender`` or ``receiver`` None: any."""

    probability: float
    at: float
    until: float | None = None
    sender: Any = None
    receiver: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        probability(self.probability, "LossBurst.probability")

    @property
    def named(self) -> tuple[Any, ...]:
        return tuple([node for node in (self.sender, self.receiver) if node is not None])

    @property
    def loss(self) -> float:
        return self.probability

    def touches(self, sender: Any, receiver: Any) -> bool:
        return _matches(self.sender, sender) and _matches(self.receiver, receiver)


@dataclass(frozen=True)
class Heal(Fault):
    """All partitions and cut links end."""

    at: float

    def apply(self, sim: Simulation) -> None:
        sim.links.clear((Partition, Cut))
        sim.links_changed()


@dataclass(frozen=True)
class ClockJump(Fault):
    """A node's clock is set forwards or backwards by ``by`` seconds; running timers do not notice."""

    node: Any
    at: float
    by: float

    def apply(self, sim: Simulation) -> None:
        victim = self._victim(sim)
        if victim is not None:
            sim._clocks.setdefault(victim, Clock()).jump(self.by)


@dataclass(frozen=True)
class ClockDrift(Fault):
    """From now on a node's clock runs at ``rate`` seconds per real second; new timers follow it."""

    node: Any
    at: float
    rate: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.rate < inf:
            raise ValueError(f"ClockDrift.rate must be more than 0; got {self.rate!r}.")

    def apply(self, sim: Simulation) -> None:
        victim = self._victim(sim)
        if victim is not None:
            sim._clocks.setdefault(victim, Clock()).drift(self.rate, sim.time)


class _Lie(Fault):
    """A node that is not honest: from ``at`` to ``until`` its messages are changed on the way out."""

    until: float | None

    def lies(self, sim: Simulation) -> Callable[[Any, Any, Any], list[tuple[Any, Any, Any]]]:
        raise NotImplementedError

    def apply(self, sim: Simulation) -> None:
        victim = self._victim(sim)
        if victim is None:
            return
        lies = self.lies(sim)
        sim.links.liars[victim] = lies
        sim.links_changed()
        if self.until is not None:
            sim.inject(_Honest(victim, lies, self.until))


@dataclass(frozen=True)
class _Honest(Fault):
    """A liar becomes honest again."""

    liar: Any
    lies: Any
    at: float

    def apply(self, sim: Simulation) -> None:
        if sim.links.liars.get(self.liar) is self.lies:
            del sim.links.liars[self.liar]
            sim.links_changed()


@dataclass(frozen=True)
class Silence(_Lie):
    """A node goes on, but nothing that it says comes out (Byzantine: silent); ``to`` limits it to some receivers."""

    node: Any
    at: float
    until: float | None = None
    to: Iterable[Any] | None = None

    def lies(self, sim: Simulation) -> Callable[[Any, Any, Any], list[tuple[Any, Any, Any]]]:
        deaf = None if self.to is None else tuple(self.to)
        return lambda sender, to, msg: [] if deaf is None or to in deaf else [(sender, to, msg)]


def _another_story(msg: Any, to: Any, rng: Random) -> Any:
    """Change the first number or yes/no in a message."""
    for name in msg._fields:
        value = getattr(msg, name)
        if isinstance(value, bool):
            return msg.replace(**{name: not value})
        if isinstance(value, int | float):
            return msg.replace(**{name: value + 1 + rng.randrange(3)})
    return msg


@dataclass(frozen=True)
class Equivocate(_Lie):
    """A node tells different nodes different things (Byzantine: equivocating).

    ``rewrite(msg, to, rng)`` gives the message that ``to`` gets instead; by default every second node gets a message whose
    first number or yes/no is changed.
    """

    node: Any
    at: float
    until: float | None = None
    rewrite: Callable[[Any, Any, Random], Any] | None = None

    def lies(self, sim: Simulation) -> Callable[[Any, Any, Any], list[tuple[Any, Any, Any]]]:
        rng = stream(sim.seed, "equivocate", self.node, self.at)
        fooled = list(sim.nodes)[1::2]
        rewrite = self.rewrite

        def lie(sender: Any, to: Any, msg: Any) -> list[tuple[Any, Any, Any]]:
            if rewrite is not None:
                return [(sender, to, rewrite(msg, to, rng))]
            return [(sender, to, _another_story(msg, to, rng) if to in fooled else msg)]

        return lie


@dataclass(frozen=True)
class Forge(_Lie):
    """A node signs its messages with another node's name (Byzantine: forging)."""

    node: Any
    at: float
    pretend: Any
    until: float | None = None

    @property
    def named(self) -> tuple[Any, ...]:
        return (self.node, self.pretend)

    def lies(self, sim: Simulation) -> Callable[[Any, Any, Any], list[tuple[Any, Any, Any]]]:
        return lambda sender, to, msg: [(self.pretend, to, msg)]
