"""The driver under which a node runs for one step of the untimed world: it notes what a handler does."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from math import inf
from random import Random
from typing import TYPE_CHECKING, Any

from distlab.sim import ContractError, Message, Node, changeable, freeze, mistakes

from .memory import Handle, Pending
from .observation import Observation

if TYPE_CHECKING:
    from .untimed import World

__all__ = ["StepDriver"]


class StepDriver:
    """Collects what one handler sends, sets and notes.

    ``clock_read`` and ``drawn`` say whether any handler so far has asked for the time or for a random draw.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.sends: list[tuple[Any, Message]] = []
        self.seen: list[Observation] = []
        self.box: list[Pending] = []
        self.clock_read = False
        self.drawn = False
        self._fragile: list[tuple[Message, Any]] = []
        self._numbers: list[int] = []  # of the node's operations under way
        self._rng: Random | None = None

    def begin(self, box: list[Pending], handles: Iterable[Handle]) -> None:
        """Before a handler runs: the node's timers, and its operations under way."""
        self.sends, self.seen, self.box, self._rng = [], [], box, None
        self._fragile = []
        self._numbers = [handle.number for handle in handles if handle.open]

    def guard(self, msg: Any) -> None:
        """Remember what a message holds, if somebody could change it in place."""
        if getattr(msg, "_fragile", False) and changeable(msg):
            self._fragile.append((msg, freeze(msg)))

    def check(self) -> None:
        """Raise if a guarded message was changed."""
        for msg, before in self._fragile:
            if freeze(msg) != before:
                raise ContractError(
                    f"a message was changed after it was sent: it is now {msg!r}. Sender and receiver share "
                    "its lists and dicts, which real machines never do; send a copy that cannot change, such "
                    "as tuple(self.log)."
                )

    # --- the driver's verbs

    def send(self, node: Node, to: Any, msg: Message) -> None:
        try:
            known = to in self.world.place
        except TypeError:
            known = False
        if not isinstance(msg, Message) or not known:
            raise mistakes.cannot_send(node, to, msg, self.world.ids)
        if not self.world.linked(node.id, to):
            raise mistakes.no_link(node, to, msg)
        if any(isinstance(value, Node) for value in msg._values()):
            raise ContractError(
                f"node {node.id!r} sent a node in a {type(msg).__name__}; send what the other needs to know, "
                "or an id."
            )
        self.guard(msg)
        self.sends.append((to, msg))

    def broadcast(self, node: Node, msg: Message, to: Iterable[Any]) -> None:
        for peer in to:
            self.send(node, peer, msg)

    def after(self, node: Node, delay: float, method: Any, args: tuple[Any, ...]) -> Pending:
        return self._timer(node, "after", delay, method, args)

    def every(self, node: Node, interval: float, method: Any, args: tuple[Any, ...]) -> Pending:
        return self._timer(node, "every", interval, method, args)

    def work(self, node: Node, duration: float, then: Any, args: tuple[Any, ...]) -> Pending:
        workers = node.workers
        if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
            raise mistakes.bad_workers(node)
        return self._timer(node, "work", duration, then, args)

    def _timer(self, node: Node, verb: str, delay: Any, method: Any, args: tuple[Any, ...]) -> Pending:
        try:
            right = (delay > 0 if verb == "every" else delay >= 0) and delay < inf
            if not right or method.__self__ is not node:
                raise TypeError
        except (TypeError, AttributeError):
            raise mistakes.bad_timer(node, verb, delay, method) from None
        return Pending(self.box, method.__name__, args, delay, verb == "every", verb == "work")

    def become(self, node: Node, role: str, facts: dict[str, Any]) -> None:
        self.seen.append(Observation("role", node.id, role, _kept(facts)))

    def record(self, node: Node, event: str, facts: dict[str, Any]) -> None:
        self.seen.append(Observation("record", node.id, event, _kept(facts)))

    def invoke(self, node: Node, operation: str, key: Any, value: Any) -> Handle:
        """Numbers count from 0 for each node and are used again when an operation has ended."""
        number = next(each for each in range(len(self._numbers) + 1) if each not in self._numbers)
        self._numbers.append(number)
        facts = _kept({"number": number, "key": key, "value": value})
        self.seen.append(Observation("invoke", node.id, operation, facts))
        return Handle(node, number)

    def returned(self, node: Node, number: int, status: str, result: Any) -> None:
        """A handle says that its operation has ended."""
        if number in self._numbers:
            self._numbers.remove(number)
        facts = _kept({"number": number, "result": result})
        self.seen.append(Observation("return", node.id, status, facts))

    def clock(self, node: Node) -> float:
        self.clock_read = True
        return 0.0

    def peers(self, node: Node) -> tuple[Any, ...]:
        return self.world.peers(node.id)

    def rng(self, node: Node) -> Random:
        self.drawn = True
        if self._rng is None:
            self._rng = self.world.fresh_rng(node.id)
        return self._rng


def _kept(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as they are now: what a node changes later must not change them."""
    return copy.deepcopy(facts) if any(changeable(value) for value in facts.values()) else facts
