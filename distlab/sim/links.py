"""The state of the links while a run goes on: what is cut, slow, lossy, and who lies.

This is the careful path of the simulator. Each kind of chance has its own random stream, and a latency is
drawn for every message, also for one that is cut off or lost: switching loss, copies or a partition on does
not move the latencies of the messages that arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from .distributions import Constant, checked_draws
from .network import Network
from .streams import stream

if TYPE_CHECKING:
    from .message import Message

__all__ = ["Lie", "LinkFault", "Links"]

Lie = Callable[[Any, Any, Any], list[tuple[Any, Any, Any]]]
"""(sender, receiver, message) -> what goes out instead."""


class LinkFault(Protocol):
    """Something wrong with links: whom it touches and what it does."""

    def touches(self, sender: Any, receiver: Any) -> bool:
        """Is this link affected?"""
        ...

    @property
    def cut(self) -> bool:
        """Does nothing get through?"""
        ...

    @property
    def loss(self) -> float:
        """Probability that a message is lost."""
        ...

    def slowed(self, delay: float) -> float:
        """The delay that becomes of a delay, in seconds."""
        ...


class Links:
    """What holds for the links at this moment."""

    def __init__(self, network: Network, seed: int, latencies: Iterator[float]) -> None:
        self.network = network
        self.faults: list[LinkFault] = []
        self.liars: dict[Any, list[tuple[object, Lie]]] = {}
        self._seed = seed
        self._latencies = latencies  # of the network; links with another latency have their own
        self._alike = not network.links and network.regions is None
        self._simple = not (network.reordering or network.duplication or network.fifo)
        self._last: dict[tuple[Any, Any], float] = {}
        self._busy: dict[tuple[Any, Any], float] = {}
        self._dice: dict[str, Callable[[], float]] = {}
        self._own: dict[tuple[Any, ...], Iterator[float]] = {}

    @property
    def plain(self) -> bool:
        """Can the simulator take its fast path?"""
        return not self.faults and not self.liars and self.network.plain

    def add(self, fault: LinkFault) -> None:
        """A fault begins."""
        self.faults.append(fault)

    def remove(self, fault: LinkFault) -> None:
        """A fault ends; harmless if it has ended before."""
        for index, other in enumerate(self.faults):
            if other is fault:  # an equal one may go on
                del self.faults[index]
                return

    def clear(self, kinds: tuple[type, ...]) -> None:
        """End all faults of some kinds."""
        self.faults = [fault for fault in self.faults if not isinstance(fault, kinds)]

    def begin_lie(self, fault: object, liar: Any, lie: Lie) -> None:
        """A node begins to lie, on top of what it may be doing already."""
        self.liars.setdefault(liar, []).append((fault, lie))

    def end_lie(self, fault: object, liar: Any) -> None:
        """A node stops telling the lie that a fault began."""
        rest = [(other, lie) for other, lie in self.liars.get(liar, ()) if other is not fault]
        if rest:
            self.liars[liar] = rest
        else:
            self.liars.pop(liar, None)

    def say(self, sender: Any, to: Any, msg: Message) -> list[tuple[Any, Any, Any]]:
        """What goes out when a node sends, changed if it lies: (sender as shown, receiver, message)."""
        said: list[tuple[Any, Any, Any]] = [(sender, to, msg)]
        for _, lie in self.liars.get(sender, ()):
            said = [piece for one in said for piece in lie(*one)]
        return said

    def swallow(self, sender: Any, receiver: Any) -> None:
        """Use up the latency of a message that a silent node did not send."""
        self._latency(sender, receiver)

    def deliveries(
        self, sender: Any, receiver: Any, msg: Message, now: float
    ) -> Sequence[tuple[str | None, float]]:
        """What becomes of one message: (fate, time) for each copy; the fate None means that it arrives."""
        network = self.network
        delay = next(self._latencies) if self._alike else self._latency(sender, receiver)
        if sender == receiver:
            return ((None, now + delay),)
        if network.bandwidth is not None:
            delay += self._queueing(sender, receiver, msg, now)
        loss = network.loss if self._alike else network.loss_of(sender, receiver)
        if self.faults:
            touching = [fault for fault in self.faults if fault.touches(sender, receiver)]
            for fault in touching:
                delay = fault.slowed(delay)
                if fault.loss:
                    loss = 1.0 - (1.0 - loss) * (1.0 - fault.loss)
            if any([fault.cut for fault in touching]):
                return (("cut", now + delay),)
        due = now + delay
        if loss and self._chance("loss") < loss:
            return (("lost", due),)
        if self._simple:
            return ((None, due),)
        if network.reordering and self._chance("reordering") < network.reordering:
            due += sum([self._extra("hold", sender, receiver) for _ in range(network.hold)])
        copies: list[tuple[str | None, float]] = [(None, due)]
        if network.duplication and self._chance("duplication") < network.duplication:
            copies.append(("duplicate", due + self._extra("copy", sender, receiver)))
        return self._in_order(sender, receiver, copies) if network.fifo else copies

    def _in_order(
        self, sender: Any, receiver: Any, copies: list[tuple[str | None, float]]
    ) -> list[tuple[str | None, float]]:
        """No copy arrives before what was sent earlier on the same link."""
        last = self._last.get((sender, receiver), 0.0)
        ordered = []
        for fate, due in copies:
            last = max(last, due)
            ordered.append((fate, last))
        self._last[sender, receiver] = last
        return ordered

    def _chance(self, kind: str) -> float:
        dice = self._dice.get(kind)
        if dice is None:
            dice = self._dice[kind] = stream(self._seed, kind).random
        return dice()

    def _latency(self, sender: Any, receiver: Any) -> float:
        if self.network.latency_of(sender, receiver) is self.network.latency:
            return next(self._latencies)
        return self._extra("link", sender, receiver)

    def _extra(self, kind: str, sender: Any, receiver: Any) -> float:
        """One more draw of a link's latency, from a stream of its own."""
        key = (kind, sender, receiver)
        own = self._own.get(key)
        if own is None:
            latency = self.network.latency_of(sender, receiver)
            rng: Any = None if isinstance(latency, Constant) else stream(self._seed, *key)
            own = self._own[key] = checked_draws(latency, rng)
        return next(own)

    def _queueing(self, sender: Any, receiver: Any, msg: Message, now: float) -> float:
        """Seconds until the last byte is on the link, behind what was sent before."""
        begins = max(now, self._busy.get((sender, receiver), 0.0))
        ends = begins + self.network.size(msg) / self.network.bandwidth  # type: ignore[operator]
        self._busy[sender, receiver] = ends
        return ends - now
