"""A real server: started on loopback, asked until it serves, ended with everything it left."""

from __future__ import annotations

import shutil
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from .errors import LiveError
from .laboratory import Process, end_processes
from .ports import Ports, free_ports

__all__ = ["START_WITHIN", "Ensemble", "Server", "on_free_ports"]

START_WITHIN = 60.0  # seconds; a machine at work is slow, and a server that cannot start ends at once
ATTEMPTS = 5  # with other ports, should somebody else have taken one in between


class Server(ABC):
    """One server process with its directory and its ports.

    ``with`` ends it. ``pause()``, ``resume()``, ``kill()`` and ``restart()`` are what a lesson does to it.

    Parameters
    ----------
    folder
        Its directory, made by :func:`distlab.live.laboratory.new_folder`; removed when the server is stopped.
    ports
        The ports that it listens to; the first one serves clients.
    """

    name: str = "server"
    last_signal: int = signal.SIGTERM

    def __init__(self, folder: Path, ports: Sequence[int]) -> None:
        self.folder = folder
        self.ports = tuple(ports)
        self.process: Process | None = None
        self.reserved: Ports | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """Return the program and its arguments."""

    @abstractmethod
    def serves(self) -> bool:
        """Ask the server whether it serves clients."""

    def launch(self) -> None:
        """Start the process, without waiting for an answer."""
        self.process = Process(self.command(), self.folder, last_signal=self.last_signal, **self.options())

    def options(self) -> dict[str, Any]:
        """What else :class:`Process` is given."""
        return {}

    @property
    def port(self) -> int:
        """The port that serves clients."""
        return self.ports[0]

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether its process runs, be it paused."""
        return self.process is not None and self.process.runs

    def start(self, patience: float = START_WITHIN) -> Self:
        """Start the process and return when it serves.

        Raises LiveError, with the end of the log, if it ends or does not serve within ``patience`` seconds.
        """
        self.launch()
        self.wait_until_it_serves(patience)
        return self

    def wait_until_it_serves(self, patience: float = START_WITHIN) -> None:
        """Return when the server answers. Raises LiveError, with the end of the log, if it does not."""
        deadline = time.monotonic() + patience
        while not self.serves():
            if not self.runs:
                raise LiveError(f"{self.name} ended with status {self._process.status}. {self._log()}")
            if time.monotonic() > deadline:
                raise LiveError(f"{self.name} did not answer within {patience:g} s. {self._log()}")
            time.sleep(0.01)

    def pause(self) -> None:
        """Stop the process where it is (SIGSTOP)."""
        self._process.pause()

    def resume(self) -> None:
        """Let a paused process go on (SIGCONT)."""
        self._process.resume()

    def kill(self) -> None:
        """End the process at once (SIGKILL); its files stay."""
        self._process.kill()

    def restart(self, patience: float = START_WITHIN) -> None:
        """Start it again on its files, after ``kill()`` or out of its run, and return when it serves."""
        self._process.end()
        self.start(patience)

    def stop(self) -> None:
        """End the process and remove its directory. Stopping twice is harmless."""
        stop_all([self])

    def log(self, lines: int = 20) -> str:
        """Return the end of what it printed."""
        return self._process.log(lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "runs" if self.runs else "does not run"
        return f"<{self.name} on {self.address}: {state}>"

    @property
    def _process(self) -> Process:
        if self.process is None:
            raise LiveError(f"{self.name} was not started.")
        return self.process

    def _log(self) -> str:
        text = self.log()
        return f"Its log ends with:\n{text}" if text else "Its log is empty."


class Ensemble:
    """Several servers that work together; ``with`` ends them all.

    Parameters
    ----------
    members
        The servers, by number from 1.
    """

    def __init__(self, members: Sequence[Server]) -> None:
        self.members = list(members)

    def stop(self) -> None:
        """End all members and remove their directories."""
        stop_all(self.members)

    @property
    def addresses(self) -> str:
        """Host and port of all members, separated by commas."""
        return ",".join(member.address for member in self.members)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __len__(self) -> int:
        return len(self.members)

    def __repr__(self) -> str:
        return f"<{len(self)} x {self.members[0].name}: {self.addresses}>"


def stop_all(servers: Iterable[Server]) -> None:
    """End several servers at the same time, and remove their directories."""
    servers = list(servers)
    end_processes([server.process for server in servers if server.process is not None])
    for server in servers:
        shutil.rmtree(server.folder, ignore_errors=True)
        if server.reserved is not None:
            server.reserved.release()
            server.reserved = None


Started = TypeVar("Started", bound=Server | Ensemble)


def on_free_ports(count: int, start: Callable[[Sequence[int]], Started]) -> Started:
    """Start a server on free ports, and on others should one have been taken in the meantime.

    Parameters
    ----------
    count
        How many ports it needs.
    start
        Makes and starts the server on given ports; cleans up after itself if it fails.

    Raises
    ------
    LiveError
        If it does not start for another reason, or never finds its ports free.
    """
    for attempt in range(1, ATTEMPTS + 1):
        ports = free_ports(count)
        try:
            started = start(ports)
        except BaseException as error:
            ports.release()
            taken = isinstance(error, LiveError) and "in use" in str(error).lower()
            if not taken or attempt == ATTEMPTS:
                raise
            continue
        first = started.members[0] if isinstance(started, Ensemble) else started
        first.reserved = ports
        return started
    raise AssertionError("the last attempt returns or raises")
