"""The node: what an algorithm may do, and nothing else.

A node is written as a class whose methods are named after what they handle::

    on_start()                      when the run begins
    on_recover()                    after a crash; by default the same as on_start()
    on_<message_name>(msg, sender)  one for each message it may receive

It acts through the verbs of :class:`Node` only: no wall clock, no global random, no threads. It knows no simulator: all
verbs go to a *driver* (:class:`Driver`), so the same class, unedited, runs in the timed simulator, under the searching
checker, in the step-through player, and later as a real process.

Everything that an algorithm stores is in the node's ``__dict__``; what the laboratory needs is in slots. So a crash is
"clear the dictionary, keep what is ``stable``, build anew", and a checker's state is that dictionary.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from random import Random
from typing import Any, ClassVar, Protocol

from .errors import ContractError
from .message import Message, handler_name

__all__ = ["Driver", "Node", "NodeId", "Operation", "Timer", "cluster"]

NodeId = Any  # an int or a str: whatever the caller names its nodes


class Timer(Protocol):
    """What :meth:`Node.after` and :meth:`Node.every` return."""

    def cancel(self) -> None:
        """Stop the timer; harmless if it has fired or was cancelled before."""
        ...

    def reset(self, delay: float | None = None) -> None:
        """Start it again from now, for ``delay`` seconds (default: its last delay), whether or not it is running."""
        ...

    @property
    def pending(self) -> bool:
        """Is it running?"""
        ...


class Operation(Protocol):
    """What :meth:`Node.invoke` returns: a client operation that is under way."""

    def complete(self, result: Any = None) -> None:
        """It took effect, with this result."""
        ...

    def fail(self, reason: Any = None) -> None:
        """It certainly did not take effect."""
        ...

    def unknown(self, reason: Any = None) -> None:
        """Nobody knows: it may have taken effect or may do so later (a time-out)."""
        ...


class Driver(Protocol):
    """What a node needs from whatever runs it."""

    def send(self, node: Node, to: NodeId, msg: Message) -> None: ...
    def broadcast(self, node: Node, msg: Message, to: Iterable[NodeId]) -> None: ...
    def after(
        self, node: Node, delay: float, method: Callable[..., None], args: tuple[Any, ...]
    ) -> Timer: ...
    def every(
        self, node: Node, interval: float, method: Callable[..., None], args: tuple[Any, ...]
    ) -> Timer: ...
    def work(
        self, node: Node, duration: float, then: Callable[..., None], args: tuple[Any, ...]
    ) -> Timer: ...
    def become(self, node: Node, role: str, facts: dict[str, Any]) -> None: ...
    def record(self, node: Node, event: str, facts: dict[str, Any]) -> None: ...
    def invoke(self, node: Node, operation: str, key: Any, value: Any) -> Operation: ...
    def clock(self, node: Node) -> float: ...
    def peers(self, node: Node) -> tuple[NodeId, ...]: ...
    def rng(self, node: Node) -> Random: ...


class _Inbox(dict[type, Callable[..., None]]):
    """One table per node class: what arrives -> the function that handles it, looked up once and kept."""

    def __init__(self, kind: type[Node]) -> None:
        super().__init__()
        self.kind = kind

    def __missing__(self, arrived: type) -> Callable[..., None]:
        inside = getattr(arrived, "_arrive", None)  # Start, Restart, timers: they know what they do to a node
        if inside is not None:
            handler = inside
        elif not issubclass(arrived, Message):
            raise ContractError(
                f"{self.kind.__name__} was sent a {arrived.__name__}, which is not a message; declare its class with @message."
            )
        else:
            handler = getattr(self.kind, handler_name(arrived), None)
            if handler is None:
                raise ContractError(_no_handler(self.kind, arrived))
        self[arrived] = handler
        return handler


def _no_handler(kind: type, arrived: type) -> str:
    has = sorted(
        name for name in dir(kind) if name.startswith("on_") and name not in ("on_start", "on_recover")
    )
    return (
        f"{kind.__name__} received {arrived.__name__} but has no method {handler_name(arrived)}(self, msg, sender)"
        + (f"; it has: {', '.join(has)}." if has else "; it has no message handlers yet.")
    )


class Node:
    """One process of a distributed algorithm. Subclass it; see the module's first lines for the methods to write.

    Class attributes
    ----------------
    stable : tuple of str
        Names of the attributes that survive a crash (they are on disk); all others are lost.
    workers : int
        How many pieces of :meth:`work` the node does at once; more wait in a queue, first come, first served.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster, message
    >>> @message
    ... class Hello:
    ...     pass
    >>> class Greeter(Node):
    ...     def on_start(self):
    ...         self.broadcast(Hello())
    ...     def on_hello(self, msg, sender):
    ...         self.record("greeted", by=sender)
    >>> len(Simulation(cluster(Greeter, 3)).run(until=1.0).messages)
    6
    """

    __slots__ = ("__dict__", "__weakref__", "_born", "_driver", "_on", "_peers", "id")

    stable: ClassVar[tuple[str, ...]] = ()
    workers: ClassVar[int] = 1
    _inbox: ClassVar[_Inbox]
    _driver: Driver
    _born: tuple[tuple[Any, ...], dict[str, Any]]
    id: NodeId
    role: str | None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._inbox = _Inbox(cls)
        if isinstance(cls.stable, str):
            raise ContractError(
                f"{cls.__name__}.stable must be a tuple of names: write stable = ({cls.stable!r},)."
            )

    def __new__(cls, *args: Any, **kwargs: Any) -> Node:
        self = super().__new__(cls)
        self._born = (copy.deepcopy(args), copy.deepcopy(kwargs)) if args or kwargs else ((), {})
        self._peers = None
        self.__dict__["role"] = None
        return self

    # --- what a node may do

    def send(self, to: NodeId, msg: Any) -> None:  # Any: a type checker cannot see what @message adds
        """Send a message to one node. It arrives later, or never: the network decides."""
        self._driver.send(self, to, msg)

    def broadcast(self, msg: Any, to: Iterable[NodeId] | None = None) -> None:
        """Send the same message to each of ``to`` (default: all peers), one after the other."""
        self._driver.broadcast(self, msg, self.peers if to is None else to)

    def after(self, delay: float, method: Callable[..., None], *args: Any) -> Timer:
        """Call one of the node's own methods after ``delay`` seconds; returns a timer with ``cancel`` and ``reset``."""
        return self._driver.after(self, delay, method, args)

    def every(self, interval: float, method: Callable[..., None], *args: Any) -> Timer:
        """Call one of the node's own methods every ``interval`` seconds until the timer is cancelled."""
        return self._driver.every(self, interval, method, args)

    def work(self, duration: float, then: Callable[..., None], *args: Any) -> Timer:
        """Keep one of the node's ``workers`` busy for ``duration`` seconds, then call ``then``; queued if all are busy."""
        return self._driver.work(self, duration, then, args)

    def become(self, role: str, **facts: Any) -> None:
        """Change the role, for instance to "leader"; facts such as ``term=3`` are kept with it in the trace."""
        self.__dict__["role"] = role
        self._driver.become(self, role, facts)

    def record(self, event: str, **facts: Any) -> None:
        """Note that something happened, with facts, for metrics and properties to read."""
        self._driver.record(self, event, facts)

    def invoke(self, operation: str, key: Any = None, value: Any = None) -> Operation:
        """Begin a client operation; call ``complete``, ``fail`` or ``unknown`` on what this returns when it ends."""
        return self._driver.invoke(self, operation, key, value)

    # --- what a node may read

    @property
    def peers(self) -> tuple[NodeId, ...]:
        """The ids of all other nodes that this one has links to."""
        if self._peers is None:
            self._peers = self._driver.peers(self)
        return self._peers

    @property
    def now(self) -> float:
        """Seconds on the node's own clock, which faults can make drift or jump."""
        return self._driver.clock(self)

    @property
    def rng(self) -> Random:
        """The node's own stream of random numbers."""
        return self._driver.rng(self)

    # --- what a node may handle; algorithms override these

    def on_start(self) -> None:
        """When the run begins."""

    def on_recover(self) -> None:
        """When the node comes back after a crash; by default it starts as at the beginning."""
        self.on_start()

    # --- life and death, for drivers

    def _attach(self, driver: Driver, id: NodeId) -> None:
        if getattr(self, "_driver", None) is not None:
            raise ContractError(
                f"{type(self).__name__} {self.id!r} already belongs to a run; build new nodes for each run, "
                f"for instance with cluster({type(self).__name__}, n)."
            )
        self._driver = driver
        self.id = id
        self._on = type(self)._inbox

    def _crash(self) -> None:
        """Lose what is volatile; what is ``stable`` stays, as on a disk, and the role is gone."""
        memory = self.__dict__
        missing = [name for name in self.stable if name not in memory]
        if missing:
            raise ContractError(
                f"{type(self).__name__}.stable names {missing[0]!r}, but node {self.id!r} has no such attribute."
            )
        disk = {name: memory[name] for name in self.stable}
        memory.clear()
        memory.update(disk, role=None)

    def _rebuild(self) -> None:
        """Build the node again, with the arguments it was made with and what was on its disk."""
        memory = self.__dict__
        disk = {name: memory[name] for name in self.stable}
        memory.clear()
        memory["role"] = None
        args, kwargs = copy.deepcopy(self._born) if self._born != ((), {}) else self._born
        self.__init__(*args, **kwargs)  # type: ignore[misc]
        memory.update(disk)

    def __repr__(self) -> str:
        name = getattr(self, "id", None)
        return f"{type(self).__name__} {name!r}" if name is not None else f"{type(self).__name__}(...)"


Node._inbox = _Inbox(Node)


def cluster(kind: Callable[..., Node], n: int, /, **arguments: Any) -> dict[NodeId, Node]:
    """``n`` nodes of one class with ids 1..n.

    Parameters
    ----------
    kind
        A node class; it is called ``n`` times with ``arguments``.
    n
        How many nodes, 1 or more.

    Returns
    -------
    dict
        Id -> node.

    Raises
    ------
    ValueError
        If ``n`` is not a whole number of 1 or more.

    Examples
    --------
    >>> cluster(Node, 3).keys()
    dict_keys([1, 2, 3])
    """
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise ValueError(f"a cluster needs a whole number of nodes, 1 or more; got n={n!r}.")
    return {id: kind(**arguments) for id in range(1, n + 1)}
