"""Clients that ask, servers that answer, and the line in between.

    a client    sends a request to one of its servers and waits for the reply
    a server    has some workers; a request waits in one line until a worker is free
                (first come, first served), is worked on, and is answered
    afterwards  what a request leaves to be done when the client already has its reply
                goes to another server: response time ends before turnaround time

The names of Kendall's notation follow from the laws: ``Poisson`` calls and ``Exponential`` service with c
workers make M/M/c, ``Constant`` service makes M/D/c, any other law M/G/c.

A server with c workers has a capacity of c / (mean service time) requests per second.

References
----------
L. Kleinrock, *Queueing Systems, Volume 1: Theory*, Wiley, 1975.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from distlab.sim import Distribution, Exponential, Node, NodeId, Operation, message

__all__ = ["Client", "Peer", "Reply", "Request", "Server", "Task", "bytes_of"]


@message
class Request:
    number: int
    operation: str
    size: int  # bytes


@message
class Reply:
    number: int
    size: int  # bytes


@message
class Task:
    """What is left to do of a request that was answered."""

    job: str
    size: int = 200  # bytes


def bytes_of(msg: Any) -> int:
    """The bytes of a message, for ``Network(size=bytes_of)``.

    >>> bytes_of(Request(1, "read", 200))
    200
    """
    return int(msg.size)


class Client(Node):
    """Asks its servers in turn, and waits for the reply.

    Parameters
    ----------
    servers
        Ids of the servers; None: all peers.
    patience
        Seconds after which a request without a reply is given up; None: never.

    Examples
    --------
    >>> from distlab.sim import Call, Constant, Network, Simulation
    >>> nodes = {"client": Client(), "server": Server(Constant(0.3))}
    >>> calls = [Call("client", 1.0, "ask"), Call("client", 1.1, "ask")]
    >>> trace = Simulation(nodes, Network(latency=0.1), workload=calls).run()
    >>> (trace.operations.returned - trace.operations.invoked).round(6).tolist()
    [0.5, 0.7]
    """

    stable: ClassVar[tuple[str, ...]] = ("asked",)  # no number is used twice

    def __init__(self, servers: Sequence[NodeId] | None = None, patience: float | None = None) -> None:
        self.servers = None if servers is None else tuple(servers)
        self.patience = patience
        self.asked = 0
        self.open: dict[int, tuple[Operation, Request]] = {}

    def ask(self, operation: str = "read") -> None:
        """Begin a request; a read asks with 200 bytes for 2,000, a write the other way round."""
        self.asked += 1
        request = Request(self.asked, operation, 2000 if operation == "write" else 200)
        self.open[self.asked] = (self.invoke(operation, key=self.asked), request)
        self.record("submitted", job=f"{self.id}/{self.asked}")
        self.send_to(self.choose(self.asked), self.asked)

    def choose(self, number: int) -> NodeId:
        """The server for a request: each in turn."""
        servers = self.peers if self.servers is None else self.servers
        return servers[(number - 1) % len(servers)]

    def send_to(self, server: NodeId, number: int) -> None:
        """Send an open request to a server, and wait for as long as patience lasts."""
        self.send(server, self.open[number][1])
        if self.patience is not None:
            self.after(self.patience, self.no_reply, number, server)

    def no_reply(self, number: int, server: NodeId) -> None:
        """Patience is at its end."""
        if number in self.open:
            self.when_silent(number, server)

    def when_silent(self, number: int, server: NodeId) -> None:
        """What to do about a server that does not answer: give up. Nobody knows whether it did the work."""
        self.open.pop(number)[0].unknown("no reply in time")

    def on_reply(self, msg: Reply, sender: NodeId) -> None:
        if msg.number in self.open:
            self.open.pop(msg.number)[0].complete()


class Server(Node):
    """Answers requests, ``workers`` at a time; the others wait in one line.

    Parameters
    ----------
    service
        Seconds that a worker needs for a request: a distribution.
    workers
        How many requests are served at once, 1 or more.
    afterwards
        Id of the node that does the rest of a write after the reply; None: there is no rest.
    upkeep
        Seconds of work in each second that the server needs for itself (0 or more).

    Examples
    --------
    >>> from distlab.sim import Constant, Poisson, Simulation
    >>> nodes = {"client": Client(), "server": Server(Constant(0.01), workers=2)}
    >>> trace = Simulation(nodes, workload=[Poisson(50, "ask", until=10.0, nodes=["client"])]).run()
    >>> len(trace.works) == len(trace.operations)
    True
    """

    stable: ClassVar[tuple[str, ...]] = ("workers",)  # a crash does not change the hardware

    def __init__(
        self,
        service: Distribution | None = None,
        workers: int = 1,
        afterwards: NodeId | None = None,
        upkeep: float = 0.0,
    ) -> None:
        self.service = Exponential(1.0) if service is None else service
        self.workers = workers  # type: ignore[misc]  # a constant of the class elsewhere, here of the node
        self.afterwards = afterwards
        self.upkeep = upkeep

    def on_start(self) -> None:
        if self.upkeep > 0:
            self.every(1.0, self.keep_up)

    def keep_up(self) -> None:
        self.work(self.upkeep, self.kept_up)

    def kept_up(self) -> None:
        pass

    def on_request(self, msg: Request, sender: NodeId) -> None:
        self.work(self.service.sample(self.rng), self.answer, msg, sender)

    def answer(self, msg: Request, sender: NodeId) -> None:
        self.send(sender, Reply(msg.number, 200 if msg.operation == "write" else 2000))
        job = f"{sender}/{msg.number}"
        if self.afterwards is not None and msg.operation == "write":
            self.send(self.afterwards, Task(job))
        else:
            self.record("finished", job=job)

    def on_task(self, msg: Task, sender: NodeId) -> None:
        self.work(self.service.sample(self.rng), self.finish, msg)

    def finish(self, msg: Task) -> None:
        self.record("finished", job=msg.job)


class Peer(Client, Server):
    """A node that asks the others and serves them: the servers' clients are often servers themselves.

    Parameters
    ----------
    service
        Seconds that it needs for a request: a distribution.
    patience
        Seconds after which a server that does not answer counts as silent.

    Examples
    --------
    >>> from distlab.sim import Call, Constant, Simulation, cluster
    >>> trace = Simulation(cluster(Peer, 3, service=Constant(0.01)), workload=[Call(1, 0.5, "ask")]).run()
    >>> trace.operations.status.tolist()
    ['ok']
    """

    stable = ("asked", "workers")

    def __init__(self, service: Distribution | None = None, patience: float | None = None) -> None:
        Client.__init__(self, patience=patience)
        Server.__init__(self, service)
