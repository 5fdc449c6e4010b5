"""A run by hand: you say which message arrives, which timer fires, who crashes. Nothing happens by itself.

For schedules that are made of steps, not of seconds: the situations of a proof, an adversary who decides what
is late, a question in an exercise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any

from distlab.sim import ContractError, Message, Node, NodeId, stream

__all__ = ["ByHand"]

Kind = type | tuple[type, ...]


class _Timer:
    """A timer that fires when it is told to."""

    def __init__(self, box: list[_Timer], method: Callable[..., None], args: tuple[Any, ...]) -> None:
        self.box, self.method, self.args = box, method, args
        box.append(self)

    @property
    def pending(self) -> bool:
        return any(timer is self for timer in self.box)

    def cancel(self) -> None:
        self.box[:] = [timer for timer in self.box if timer is not self]

    def reset(self, delay: float | None = None) -> None:
        self.cancel()
        self.box.append(self)


class ByHand:
    """Nodes that wait for what you let happen.

    Parameters
    ----------
    nodes
        Id -> node, fresh ones; ``on_start`` of each is called, in this order.

    Attributes
    ----------
    waiting : list
        What is under way: (sender, receiver, message), the oldest first.
    records : list
        What the nodes have recorded: (node, event, facts).
    steps : list
        What you have let happen, as text.

    Examples
    --------
    >>> from distlab.coordination.consensus.paxos import Paxos, Prepare
    >>> run = ByHand({id: Paxos(proposes=False) for id in (1, 2, 3)})
    >>> run.call(1, "propose", "tea")
    >>> run.deliver(Prepare, 1, 3)
    Prepare(ballot=(1, 1))
    >>> run.node(3).promised, len(run.waiting)
    ((1, 1), 2)
    """

    def __init__(self, nodes: Mapping[NodeId, Node]) -> None:
        self.nodes = dict(nodes)
        self.waiting: list[tuple[NodeId, NodeId, Message]] = []
        self.records: list[tuple[NodeId, str, dict[str, Any]]] = []
        self.steps: list[str] = []
        self._timers: dict[NodeId, list[_Timer]] = {id: [] for id in self.nodes}
        self._down: set[NodeId] = set()
        for id, node in self.nodes.items():
            node._attach(self, id)
        for node in self.nodes.values():
            node.on_start()

    # --- what you may do

    def node(self, id: NodeId) -> Any:
        """A node, to look at."""
        if id not in self.nodes:
            raise ValueError(f"there is no node {id!r}; the nodes are: {', '.join(map(repr, self.nodes))}.")
        return self.nodes[id]

    def call(self, id: NodeId, method: str, *args: Any) -> None:
        """Call a method of a node that is up, from outside."""
        node = self._up(id)
        self.steps.append(f"node {id!r} is called: {method}({', '.join(map(repr, args))})")
        getattr(node, method)(*args)

    def deliver(self, kind: Kind, sender: NodeId, receiver: NodeId, **fields: Any) -> Any:
        """Let the oldest message from one node to another arrive that is of a class, or of one of several;
        ``fields`` narrow the choice.

        Returns
        -------
        Message
            The message that arrived.

        Raises
        ------
        ValueError
            If no such message is under way, or the receiver is down.
        """
        node = self._up(receiver)
        msg = self._take(kind, sender, receiver, fields)
        self.steps.append(f"{msg!r} from {sender!r} arrives at {receiver!r}")
        type(node)._inbox[msg.__class__](node, msg, sender)
        return msg

    def drop(self, kind: Kind, sender: NodeId, receiver: NodeId, **fields: Any) -> Any:
        """Lose a message; as for :meth:`deliver`."""
        msg = self._take(kind, sender, receiver, fields)
        self.steps.append(f"{msg!r} from {sender!r} to {receiver!r} is lost")
        return msg

    def duplicate(self, kind: Kind, sender: NodeId, receiver: NodeId, **fields: Any) -> Any:
        """Let a message come twice; as for :meth:`deliver`."""
        msg = self._take(kind, sender, receiver, fields)
        self.steps.append(f"{msg!r} from {sender!r} to {receiver!r} is doubled")
        self.waiting += [(sender, receiver, msg)] * 2
        return msg

    def deliver_all(self, most: int = 10_000) -> None:
        """Let everything arrive that is under way, the oldest first, and what follows from it; what is under
        way to nodes that are down is lost.
        """
        for _ in range(most):
            if not self.waiting:
                return
            sender, receiver, msg = self.waiting.pop(0)
            if receiver not in self._down:
                node = self.nodes[receiver]
                self.steps.append(f"{msg!r} from {sender!r} arrives at {receiver!r}")
                type(node)._inbox[msg.__class__](node, msg, sender)
        raise ValueError(f"most={most!r} messages were not enough: they go on and on.")

    def fire(self, id: NodeId, method: str) -> None:
        """Let the oldest running timer of a node fire that calls this method."""
        node = self._up(id)
        for timer in self._timers[id]:
            if timer.method.__name__ == method:
                timer.cancel()
                self.steps.append(f"node {id!r}: its timer calls {method}()")
                getattr(node, method)(*timer.args)
                return
        running = ", ".join(timer.method.__name__ for timer in self._timers[id]) or "none"
        raise ValueError(f"node {id!r} has no running timer that calls {method!r}; it has: {running}.")

    def crash(self, id: NodeId) -> None:
        """Stop a node; what is not stable is lost."""
        self._up(id)._crash()
        self.steps.append(f"node {id!r} crashes")
        self._timers[id].clear()
        self._down.add(id)

    def recover(self, id: NodeId) -> None:
        """Start a node again."""
        if id not in self._down:
            raise ValueError(f"node {id!r} is not down.")
        self._down.discard(id)
        self.steps.append(f"node {id!r} comes back")
        self.nodes[id]._rebuild()
        self.nodes[id].on_recover()

    def under_way(self, kind: type | None = None) -> list[str]:
        """What is under way, as text."""
        return [
            f"{msg!r} from {sender!r} to {receiver!r}"
            for sender, receiver, msg in self.waiting
            if kind is None or isinstance(msg, kind)
        ]

    def _up(self, id: NodeId) -> Node:
        node: Node = self.node(id)
        if id in self._down:
            raise ValueError(f"node {id!r} is down.")
        return node

    def _take(self, kind: Kind, sender: NodeId, receiver: NodeId, fields: Mapping[str, Any]) -> Message:
        for index, (source, target, msg) in enumerate(self.waiting):
            fits = all(getattr(msg, name, None) == value for name, value in fields.items())
            if (source, target) == (sender, receiver) and isinstance(msg, kind) and fits:
                del self.waiting[index]
                return msg
        wanted = " or ".join(each.__name__ for each in (kind if isinstance(kind, tuple) else (kind,)))
        raise ValueError(
            f"no {wanted} from {sender!r} to {receiver!r} is under way; under way are: "
            f"{'; '.join(self.under_way()) or 'none'}."
        )

    # --- what nodes ask for

    def send(self, node: Node, to: NodeId, msg: Message) -> None:
        """A message goes under way."""
        if to not in self.nodes:
            raise ContractError(f"{node!r} sent {msg!r} to {to!r}, which does not exist.")
        self.waiting.append((node.id, to, msg))

    def broadcast(self, node: Node, msg: Message, to: Iterable[NodeId]) -> None:
        """A message goes under way to each."""
        for receiver in to:
            self.send(node, receiver, msg)

    def after(self, node: Node, delay: float, method: Callable[..., None], args: tuple[Any, ...]) -> _Timer:
        """A timer, which fires by :meth:`fire`."""
        return _Timer(self._timers[node.id], method, args)

    every = work = after

    def become(self, node: Node, role: str, facts: dict[str, Any]) -> None:
        """A role is kept by the node itself."""

    def record(self, node: Node, event: str, facts: dict[str, Any]) -> None:
        """Keep what was recorded."""
        self.records.append((node.id, event, dict(facts)))

    def invoke(self, node: Node, operation: str, key: Any, value: Any) -> Any:
        """Operations of clients are not judged here."""
        return _Untold()

    def clock(self, node: Node) -> float:
        """Clocks stand still."""
        return 0.0

    def peers(self, node: Node) -> tuple[NodeId, ...]:
        """All others."""
        return tuple([id for id in self.nodes if id != node.id])

    def rng(self, node: Node) -> Random:
        """Draws do not matter: timers fire when they are told to."""
        return stream(0, "by hand", node.id)


class _Untold:
    """An operation that nobody keeps."""

    def complete(self, result: Any = None) -> None: ...
    def fail(self, reason: Any = None) -> None: ...
    def unknown(self, reason: Any = None) -> None: ...
