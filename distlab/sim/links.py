"""The state of the links while a run goes on: what is cut, slow, lossy, and who lies.

This is the careful path of the simulator. Each kind of chance has its own random stream, so that switching loss on
does not move the latencies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from .network import Network
from .streams import stream

if TYPE_CHECKING:
    from .message import Message

__all__ = ["LinkFault", "Links"]


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

    def __init__(self, network: Network, seed: int) -> None:
        self.network = network
        self.faults: list[LinkFault] = []
        self.liars: dict[Any, Callable[[Any, Any, Any], list[tuple[Any, Any, Any]]]] = {}
        self._seed = seed
        self._last: dict[tuple[Any, Any], float] = {}
        self._busy: dict[tuple[Any, Any], float] = {}
        self._loss = stream(seed, "loss").random
        self._duplication = stream(seed, "duplication").random
        self._reordering = stream(seed, "reordering").random
        self._own: dict[Any, Any] = {}

    @property
    def plain(self) -> bool:
        """Can the simulator take its fast path?"""
        return self.network.plain and not self.faults and not self.liars

    def add(self, fault: LinkFault) -> None:
        """A fault begins."""
        self.faults.append(fault)

    def remove(self, fault: LinkFault) -> None:
        """A fault ends; harmless if it has ended before."""
        self.faults = [other for other in self.faults if other is not fault]

    def clear(self, kinds: tuple[type, ...]) -> None:
        """End all faults of some kinds."""
        self.faults = [fault for fault in self.faults if not isinstance(fault, kinds)]

    def say(self, sender: Any, to: Any, msg: Message) -> list[tuple[Any, Any, Any]]:
        """What really goes out when a node sends: (sender as shown, receiver, message), changed if the node lies."""
        liar = self.liars.get(sender)
        return [(sender, to, msg)] if liar is None else liar(sender, to, msg)

    def deliveries(
        self, sender: Any, receiver: Any, msg: Message, now: float, draw: Callable[[], float]
    ) -> list[tuple[str | None, float]]:
        """What becomes of one message: (fate, time) for each copy; the fate None means that it arrives."""
        network = self.network
        delay = self._latency(sender, receiver, draw)
        if network.bandwidth is not None:
            delay += self._queueing(sender, receiver, msg, now)
        touching = [fault for fault in self.faults if fault.touches(sender, receiver)]
        for fault in touching:
            delay = fault.slowed(delay)
        due = now + delay
        if any(fault.cut for fault in touching) or self._no_link(sender, receiver):
            return [("cut", due)]
        loss = network.loss_of(sender, receiver)
        for fault in touching:
            if fault.loss:
                loss = 1.0 - (1.0 - loss) * (1.0 - fault.loss)
        if loss and self._loss() < loss:
            return [("lost", due)]
        if network.reordering and self._reordering() < network.reordering:
            due += sum(self._latency(sender, receiver, draw) for _ in range(network.hold))
        elif network.fifo:
            due = max(due, self._last.get((sender, receiver), 0.0))
            self._last[sender, receiver] = due
        copies: list[tuple[str | None, float]] = [(None, due)]
        if network.duplication and self._duplication() < network.duplication:
            copies.append(("duplicate", due + self._latency(sender, receiver, draw)))
        return copies

    def _latency(self, sender: Any, receiver: Any, draw: Callable[[], float]) -> float:
        latency = self.network.latency_of(sender, receiver)
        if latency is self.network.latency:
            return draw()
        own = self._own.get((sender, receiver))
        if own is None:
            rng = stream(self._seed, "link", sender, receiver)
            own = self._own[sender, receiver] = latency.draws(rng).__next__
        return own()

    def _queueing(self, sender: Any, receiver: Any, msg: Message, now: float) -> float:
        begins = max(now, self._busy.get((sender, receiver), 0.0))
        ends = begins + self.network.size(msg) / self.network.bandwidth  # type: ignore[operator]
        self._busy[sender, receiver] = ends
        return ends - now

    def _no_link(self, sender: Any, receiver: Any) -> bool:
        topology = self.network.topology
        return topology is not None and receiver not in topology.get(sender, ()) and receiver != sender
