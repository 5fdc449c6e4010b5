"""Remote calls with time-out and retry: the communication layer of the stack.

A. D. Birrell and B. J. Nelson, *Implementing Remote Procedure Calls*, ACM Transactions on Computer
Systems 2(1), 1984.

The rule::

    to call:                          Request to the server; wait for timeout
    on Response:                      the call is answered
    no Response for timeout:          Request once more, up to tries in all
    none after the last try:          give up; nobody knows whether the work was done

A caller cannot tell a lost Request from a lost Response, so a call that is tried again may be served twice
(at least once). Whoever must not do the work twice has to recognise the number of the request: here the
store does (J. H. Saltzer, D. P. Reed and D. D. Clark, *End-to-end arguments in system design*, ACM
Transactions on Computer Systems 2(4), 1984).

Cost: 2 messages and two link delays if nothing is lost; ``timeout`` more for each try that fails.
"""

from __future__ import annotations

from distlab.sim import Node, NodeId, Timer, message
from distlab.sim.distributions import seconds

__all__ = ["Caller", "Request", "Response"]


@message
class Request:
    """Serve the request of this number."""

    number: int


@message
class Response:
    """It is served."""

    number: int


class Caller(Node):
    """A node that calls a server and tries again when it hears nothing.

    A subclass says in ``answered(number)`` and ``gave_up(number)`` what comes next.

    Parameters
    ----------
    server
        Id of the node that is called.
    timeout
        Seconds to wait for a response: more than it usually takes.
    tries
        How often a request is sent at most, 1 or more.

    Raises
    ------
    ValueError
        If ``timeout`` is not more than 0, or ``tries`` is not 1 or more.

    References
    ----------
    Birrell and Nelson 1984.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation
    >>> sim = Simulation({"caller": Caller("nobody", 0.1, 3), "nobody": Deaf()},
    ...                  workload=[Call("caller", 0.0, "call", (1,))])
    >>> sim.run().messages.sent.round(6).tolist()
    [0.0, 0.1, 0.2]
    """

    def __init__(self, server: NodeId = "server", timeout: float = 0.1, tries: int = 3) -> None:
        self.server = server
        self.timeout = seconds(timeout, "timeout", "more than 0")
        if isinstance(tries, bool) or not isinstance(tries, int) or tries < 1:
            raise ValueError(f"tries must be a whole number, 1 or more; got {tries!r}.")
        self.tries = tries
        self.tried: dict[int, int] = {}  # request -> how often it was sent; only those without an answer
        self.clocks: dict[int, Timer] = {}  # request -> the timer that waits for its response

    def call(self, number: int) -> None:
        """Send the request, and wait."""
        self.tried[number] = self.tried.get(number, 0) + 1
        self.send(self.server, Request(number))
        self.clocks[number] = self.after(self.timeout, self.heard_nothing, number)

    def on_response(self, msg: Response, sender: NodeId) -> None:
        if msg.number in self.tried:  # else it is a second response, or it comes too late
            self.clocks[msg.number].cancel()
            self.forget(msg.number)
            self.answered(msg.number)

    def heard_nothing(self, number: int) -> None:
        if self.tried[number] < self.tries:
            self.call(number)
        else:
            self.forget(number)
            self.gave_up(number)

    def forget(self, number: int) -> None:
        del self.tried[number], self.clocks[number]

    def answered(self, number: int) -> None:
        """A response came."""

    def gave_up(self, number: int) -> None:
        """None came in any of the tries."""


class Deaf(Node):
    """A server that never answers."""

    def on_request(self, msg: Request, sender: NodeId) -> None:
        pass
