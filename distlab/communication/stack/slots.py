"""Slots and a queue: the resource layer of the stack.

The resources of all machines are offered as one supply of slots. A request needs a slot from its admission
to its end, also while it waits for others.

The rule::

    a request comes:        it joins the queue
    a slot is free:         the first in the queue takes it and is served
    a request has ended:    its slot is free

With ``slots`` c, requests that come at random at rate r and hold a slot for S seconds keep r S slots busy on
the average (Little's law), so the queue grows without end once r S reaches c.

J. D. C. Little, *A proof for the queuing formula L = lambda W*, Operations Research 9, 1961.
"""

from __future__ import annotations

from typing import ClassVar

from distlab.sim import NodeId, Operation

from .rpc import Caller

__all__ = ["Front"]


class Front(Caller):
    """The door of the system: requests come in here, wait for a slot, are served by remote call, and leave.

    Each request is a client operation of the trace, whose key is the number of the request. It ends "ok", or
    "unknown" if the caller gave up.

    Parameters
    ----------
    slots
        How many requests are served at once, 1 or more; the others wait in a queue.
    server, timeout, tries
        As for :class:`~distlab.communication.stack.rpc.Caller`.

    Raises
    ------
    ValueError
        If ``slots`` is not 1 or more, or as for Caller.

    Examples
    --------
    >>> from distlab.communication import stack
    >>> from distlab.sim import Call, Simulation
    >>> sim = Simulation(stack.nodes(), stack.network(), workload=[Call("front", 0.0, "request")])
    >>> sim.run().operations.status.tolist()
    ['ok']
    """

    stable: ClassVar[tuple[str, ...]] = ("asked",)  # no number is used twice

    def __init__(
        self, slots: int = 3, *, server: NodeId = "server", timeout: float = 0.1, tries: int = 3
    ) -> None:
        super().__init__(server, timeout, tries)
        if isinstance(slots, bool) or not isinstance(slots, int) or slots < 1:
            raise ValueError(f"slots must be a whole number, 1 or more; got {slots!r}.")
        self.slots = slots
        self.asked = 0
        self.queue: list[int] = []
        self.taken: list[int] = []  # requests that hold a slot
        self.open: dict[int, Operation] = {}

    def request(self) -> None:
        """The outside world asks for something."""
        self.asked += 1
        self.open[self.asked] = self.invoke("request", key=self.asked)
        self.queue.append(self.asked)
        self.fill_slots()

    def fill_slots(self) -> None:
        while self.queue and len(self.taken) < self.slots:
            number = self.queue.pop(0)
            self.taken.append(number)
            self.call(number)

    def free_slot(self, number: int) -> None:
        self.taken.remove(number)
        self.fill_slots()

    def answered(self, number: int) -> None:
        self.open.pop(number).complete()
        self.free_slot(number)

    def gave_up(self, number: int) -> None:
        self.open.pop(number).unknown("no response")
        self.free_slot(number)
