"""The node: what an algorithm may do, and nothing else.

A node is written as a class whose methods are named after what they handle::

    on_start()                      when the run begins
    on_recover()                    after a crash; by default the same as on_start()
    on_<message_name>(msg, sender)  one for each message it may receive

It acts through the verbs of :class:`Node` only: no wall clock, no global random, no threads. It knows no
simulator: all verbs go to a *driver* (:class:`Driver`), so the same class, unedited, runs in the timed
simulator, under the searching checker, in the step-through player, and later as a real process.

Everything that an algorithm stores is in the node's ``__dict__``; what the laboratory needs is in slots. So
a crash is "clear the dictionary, keep what is ``stable``, build anew", and a checker's state is that
dictionary.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from random import Random
from typing import Any, ClassVar, Protocol

from . import contract
from .errors import ContractError
from .freeze import changeable
from .message import Message, handler_name

__all__ = ["Driver", "Node", "NodeId", "Operation", "Timer", "cluster"]

NodeId = Any  # an int or a str: whatever the caller names its nodes


class Timer(Protocol):
    """What :meth:`Node.after` and :meth:`Node.every` return."""

    def cancel(self) -> None:
        """Stop the timer; harmless if it has fired or was cancelled before."""
        ...

    def reset(self, delay: float | None = None) -> None:
        """Start it again from now, whether or not it is running.

        Parameters
        ----------
        delay
            Seconds; default: as the last time. For a timer of :meth:`Node.every` it becomes the interval.
        """
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
    """What a node needs from whatever runs it: the verbs of :class:`Node`, with the node as argument."""

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
                f"{self.kind.__name__} was sent a {arrived.__name__}, which is not a message; "
                f"declare its class with @message."
            )
        else:
            name = handler_name(arrived)
            handler = getattr(self.kind, name, None)
            if handler is None:
                raise ContractError(_no_handler(self.kind, arrived))
            contract.inspect_handler(self.kind, name, handler)
        self[arrived] = handler
        return handler


def _no_handler(kind: type, arrived: type) -> str:
    has = sorted(
        name for name in dir(kind) if name.startswith("on_") and name not in ("on_start", "on_recover")
    )
    return (
        f"{kind.__name__} received {arrived.__name__} but has no method "
        f"{handler_name(arrived)}(self, msg, sender)"
        + (f"; it has: {', '.join(has)}." if has else "; it has no message handlers yet.")
    )


class _NoRun:
    """The driver of a node that is in no run yet: it says so."""

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        if verb.startswith("_"):
            raise AttributeError(verb)

        def refuse(node: Node, *arguments: Any) -> Any:
            used = _READS.get(verb, f"{verb}(...)")
            raise ContractError(
                f"{type(node).__name__} used self.{used} before its run began, without id and network; "
                f"do it in on_start instead of __init__."
            )

        return refuse


_READS = {"clock": "now", "peers": "peers", "rng": "rng"}
_ROLE_COLUMNS = frozenset({"node", "role", "start", "end"})
_RECORD_COLUMNS = frozenset({"time", "node", "event"})


class Node:
    """One process of a distributed algorithm. Subclass it; see the module's first lines for the methods to
    write.

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
    _peers: tuple[NodeId, ...] | None
    id: NodeId
    role: str | None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._inbox = _Inbox(cls)
        if isinstance(cls.stable, str):
            raise ContractError(
                f"{cls.__name__}.stable must be a tuple of names: write stable = ({cls.stable!r},)."
            )
        if not all(isinstance(name, str) for name in cls.stable):
            raise ContractError(f"{cls.__name__}.stable must be a tuple of names; got {cls.stable!r}.")

    def __new__(cls, *args: Any, **kwargs: Any) -> Node:
        self = super().__new__(cls)
        self._born = _copied((args, kwargs))
        self._driver = _NO_RUN
        self._peers = None
        self.role = None
        return self

    # --- what a node may do

    def send(self, to: NodeId, msg: Any) -> None:  # Any: a type checker cannot see what @message adds
        """Send a message to one node. It arrives later, or never: the network decides.

        Parameters
        ----------
        to
            The receiver's id; a node may also send to itself.
        msg
            An instance of a class made with :func:`~distlab.sim.message`.

        Raises
        ------
        ContractError
            If there is no such node, no link to it, or it is not a message.
        """
        self._driver.send(self, to, msg)

    def broadcast(self, msg: Any, to: Iterable[NodeId] | None = None) -> None:
        """Send the same message to several nodes, one after the other.

        Parameters
        ----------
        msg
            A message.
        to
            Ids, in the order of sending; a set is taken in sorted order. Default: all peers.

        Raises
        ------
        ContractError
            As for :meth:`send`.
        """
        if isinstance(to, set | frozenset):
            to = _sorted(to)
        self._driver.broadcast(self, msg, self.peers if to is None else to)

    def after(self, delay: float, method: Callable[..., None], *args: Any) -> Timer:
        """Call one of the node's own methods later.

        Parameters
        ----------
        delay
            Seconds on the node's clock, 0 or more.
        method
            One of the node's own methods, without brackets: ``self.on_timeout``.
        args
            Its arguments.

        Returns
        -------
        Timer
            To ``cancel`` or ``reset``.

        Raises
        ------
        ContractError
            If the delay is negative or the method is not the node's.
        """
        return self._driver.after(self, delay, method, args)

    def every(self, interval: float, method: Callable[..., None], *args: Any) -> Timer:
        """Call one of the node's own methods again and again, until the timer is cancelled.

        Parameters
        ----------
        interval
            Seconds on the node's clock between two calls, more than 0; the first comes after one interval.
        method, args
            As for :meth:`after`.

        Returns
        -------
        Timer
            To ``cancel`` or ``reset``.

        Raises
        ------
        ContractError
            If the interval is not more than 0 or the method is not the node's.
        """
        return self._driver.every(self, interval, method, args)

    def work(self, duration: float, then: Callable[..., None], *args: Any) -> Timer:
        """Be busy for a while, then call one of the node's own methods.

        Each piece of work occupies one of the node's ``workers``; more wait in a queue, first come, first
        served. The node goes on handling messages and timers meanwhile. A pause makes work take that much
        longer; a crash loses it. It cannot be cancelled.

        Parameters
        ----------
        duration
            Seconds of work, 0 or more.
        then, args
            As for :meth:`after`.

        Returns
        -------
        Timer
            Its ``pending`` says whether the work is still to be done.

        Raises
        ------
        ContractError
            If the duration is negative or the method is not the node's.

        Examples
        --------
        >>> from distlab.sim import Node, Simulation, cluster
        >>> class Shop(Node):
        ...     workers = 1
        ...     def on_start(self):
        ...         self.work(2.0, self.done)
        ...         self.work(1.0, self.done)
        ...     def done(self):
        ...         self.record("done")
        >>> Simulation(cluster(Shop, 1)).run().records.time.tolist()
        [2.0, 3.0]
        """
        return self._driver.work(self, duration, then, args)

    def become(self, role: str, **facts: Any) -> None:
        """Change the role.

        Parameters
        ----------
        role
            For instance "leader"; it can be read as ``self.role`` and is lost in a crash.
        facts
            What else to keep with it in the trace, such as ``term=3``; lists and dicts as they are now.
        """
        if not _ROLE_COLUMNS.isdisjoint(facts):
            raise _taken(self, "become", role, facts, _ROLE_COLUMNS)
        self.role = role
        self._driver.become(self, role, facts)

    def record(self, event: str, **facts: Any) -> None:
        """Note that something happened, for metrics and properties to read.

        Parameters
        ----------
        event
            What happened, such as "vote".
        facts
            More about it; lists and dicts as they are now.
        """
        if not _RECORD_COLUMNS.isdisjoint(facts):
            raise _taken(self, "record", event, facts, _RECORD_COLUMNS)
        self._driver.record(self, event, facts)

    def invoke(self, operation: str, key: Any = None, value: Any = None) -> Operation:
        """Begin a client operation, as seen by a client at this node.

        Parameters
        ----------
        operation
            Such as "read" or "write".
        key, value
            What it is about.

        Returns
        -------
        Operation
            To be ended once, with ``complete``, ``fail`` or ``unknown``.

        Examples
        --------
        >>> from distlab.sim import Node, Simulation, cluster
        >>> class Client(Node):
        ...     def on_start(self):
        ...         self.operation = self.invoke("write", "x", 1)
        ...         self.after(0.5, self.answer)
        ...     def answer(self):
        ...         self.operation.complete()
        >>> Simulation(cluster(Client, 1)).run().operations[["invoked", "returned", "status"]].values.tolist()
        [[0.0, 0.5, 'ok']]
        """
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
        if not isinstance(self._driver, _NoRun):
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
                f"{type(self).__name__}.stable names {missing[0]!r}, "
                f"but node {self.id!r} has no such attribute."
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
        args, kwargs = _copied(self._born)
        self.__init__(*args, **kwargs)  # type: ignore[misc]
        memory.update(disk)

    def __repr__(self) -> str:
        name = getattr(self, "id", None)
        return f"{type(self).__name__} {name!r}" if name is not None else f"{type(self).__name__}(...)"


Node._inbox = _Inbox(Node)
_NO_RUN: Any = _NoRun()


def _copied(born: tuple[tuple[Any, ...], dict[str, Any]]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of a node, copied if somebody could change them, so that a crash finds them as they were."""
    args, kwargs = born
    if changeable(args) or any([changeable(value) for value in kwargs.values()]):
        return copy.deepcopy(born)
    return born


def _sorted(nodes: Iterable[NodeId]) -> list[NodeId]:
    try:
        return sorted(nodes)
    except TypeError:  # numbers and names
        return sorted(nodes, key=repr)


def _taken(node: Node, verb: str, what: str, facts: dict[str, Any], columns: frozenset[str]) -> ContractError:
    name = next(name for name in facts if name in columns)
    return ContractError(
        f"{node!r} called {verb}({what!r}, {name}=...): the trace has a column {name!r} already; "
        f"choose another name."
    )


def cluster(kind: Callable[..., Node], n: int, /, **arguments: Any) -> dict[NodeId, Node]:
    """Make ``n`` nodes of one class, with ids 1..n.

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
    if not callable(kind):
        raise ValueError(f"cluster needs a node class, such as cluster(Bully, 5); got {kind!r}.")
    try:
        return {id: kind(**arguments) for id in range(1, n + 1)}
    except AttributeError as error:
        if error.name == "id" and isinstance(error.obj, Node):
            raise ContractError(
                f"{type(error.obj).__name__} read self.id in __init__, but a node gets its id with the run; "
                f"read it in on_start."
            ) from error
        raise
