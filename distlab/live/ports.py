"""Port numbers on loopback that nothing else uses.

A number found by binding to port 0 may be given away again before the server has it, so the numbers come from
a range that the system does not hand out by itself. Two laboratories that look at the same moment do not meet
either: each holds a UDP socket with the number of every port it gives to a server, which is TCP. A socket is
gone with its process, so that nothing has to be cleaned up.
"""

from __future__ import annotations

import os
import random
import socket
from contextlib import suppress

__all__ = ["FIRST", "LAST", "Ports", "free_ports", "is_free"]

FIRST, LAST = 20000, 29999
TRIES = 500

_held: list[socket.socket] = []


class Ports(list[int]):
    """Port numbers, and the reservation of them, which ``release()`` gives back."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        super().__init__(held.getsockname()[1] for held in sockets)
        self.sockets = sockets

    def release(self) -> None:
        """Let other laboratories have these numbers."""
        for held in self.sockets:
            held.close()
            with suppress(ValueError):
                _held.remove(held)


def free_ports(count: int) -> Ports:
    """Reserve port numbers on loopback.

    Parameters
    ----------
    count
        How many; a whole number, 1 or more.

    Returns
    -------
    Ports
        A list of numbers from 20000 to 29999; ``release()`` them when the server is gone.

    Raises
    ------
    ValueError
        If ``count`` is less than 1.
    OSError
        If nearly all of the range is taken.

    Examples
    --------
    >>> ports = free_ports(3)
    >>> len(set(ports)), all(20000 <= port <= 29999 for port in ports)
    (3, True)
    >>> ports.release()
    """
    if count < 1:
        raise ValueError(f"count must be 1 or more; got {count!r}.")
    draw = random.SystemRandom()  # forked processes share the state of any other generator
    sockets: list[socket.socket] = []
    for _ in range(TRIES):
        held = _reserve(draw.randint(FIRST, LAST))
        if held is not None:
            sockets.append(held)
        if len(sockets) == count:
            _held.extend(sockets)
            return Ports(sockets)
    for held in sockets:
        held.close()
    raise OSError(f"No free ports were found on loopback between {FIRST} and {LAST}.")


def is_free(port: int) -> bool:
    """Whether a TCP server could listen on a port of loopback now.

    >>> with socket.create_server(("127.0.0.1", 0)) as server:
    ...     is_free(server.getsockname()[1])
    False
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":  # what an ended server left in TIME_WAIT does not count
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError:
            return False
        return True


def _reserve(port: int) -> socket.socket | None:
    held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        held.bind(("127.0.0.1", port))
        if is_free(port):
            return held
    except OSError:
        pass
    held.close()
    return None


def _forget() -> None:
    """Let go of what a forked process has inherited: the ports are its parent's."""
    for held in _held:
        held.close()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
