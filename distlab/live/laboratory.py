"""The keeper of this Python process, and the processes that it keeps.

The first process that is started starts the keeper (:mod:`distlab.live.keeper`); when Python ends, however
it ends, the keeper ends all of them and removes their files.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from .errors import LiveError

__all__ = ["KILL", "Laboratory", "Process", "end_all", "laboratory", "new_folder"]

KILL = 9
LEAVING = 20.0  # seconds that the keeper has at the end, before this Python stops waiting for it


class Laboratory:
    """The line to a keeper. There is one per Python process: :func:`laboratory` returns it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.folders = self.commands = 0
        self.keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("keeper.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name == "posix",
        )
        self.root = Path(self._read()["root"])

    def ask(self, do: str, **arguments: Any) -> Any:
        """Have the keeper carry out a command, and return its answer."""
        with self.lock:
            assert self.keeper.stdin is not None
            try:
                self.commands += 1
                command = {"do": do, "number": self.commands, **arguments}
                self.keeper.stdin.write(json.dumps(command).encode() + b"\n")
                self.keeper.stdin.flush()
                answer = self._read()
                while answer["number"] != self.commands:  # left by a command whose sender was interrupted
                    answer = self._read()
            except (BrokenPipeError, ValueError):  # it was killed, or closed
                raise LiveError("The process that keeps the servers has ended, and they with it.") from None
        if "error" in answer:
            raise LiveError(f"The command {do!r} failed: {answer['error']}")
        return answer["value"]

    def _read(self) -> dict[str, Any]:
        assert self.keeper.stdout is not None
        line = self.keeper.stdout.readline()
        if not line:
            raise LiveError("The process that keeps the servers has ended, and they with it.")
        return json.loads(line)

    def close(self) -> None:
        """End everything; returns when it is gone."""
        with suppress(OSError):
            assert self.keeper.stdin is not None
            self.keeper.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.keeper.wait(LEAVING)
        assert self.keeper.stdout is not None
        self.keeper.stdout.close()
        shutil.rmtree(self.root, ignore_errors=True)  # something is left only if the keeper was killed

    def abandon(self) -> None:
        """Close this end of the line in a forked process: the servers are its parent's."""
        for pipe in (self.keeper.stdin, self.keeper.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()
        self.keeper.returncode = 0  # nobody's child here


_laboratory: Laboratory | None = None
_starting = threading.Lock()


def laboratory() -> Laboratory:
    """Return this process's laboratory; start its keeper if there is none."""
    global _laboratory
    with _starting:
        if _laboratory is None or _laboratory.keeper.poll() is not None:
            _laboratory = Laboratory()
        return _laboratory


@atexit.register
def end_all() -> None:
    """End every process that this laboratory started and remove their files; happens at exit by itself.

    >>> end_all()
    """
    global _laboratory
    with _starting:
        if _laboratory is not None:
            _laboratory.close()
        _laboratory = None


def _forget() -> None:
    global _laboratory, _starting
    _starting = threading.Lock()
    if _laboratory is not None:
        _laboratory.abandon()
    _laboratory = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def new_folder(name: str) -> Path:
    """Make a directory that is removed at the end."""
    lab = laboratory()
    with lab.lock:
        lab.folders += 1
        folder = lab.root / f"{lab.folders}-{name}"
    folder.mkdir(mode=0o700)
    return folder


class Process:
    """A program that runs under this laboratory's keeper.

    Parameters
    ----------
    argv
        The program and its arguments.
    folder
        Its working directory; its output is appended to ``log`` in there.
    env
        Its environment; nothing of this process's environment but PATH is added.
    user
        User and group id to run as, or None for the same as this process.
    last_signal
        The signal that asks it to end.

    Raises
    ------
    LiveError
        If it could not be started.

    Examples
    --------
    >>> process = Process([sys.executable, "-c", "print('here')"], new_folder("example"))
    >>> process.wait()
    0
    >>> process.log()
    'here'
    """

    def __init__(
        self,
        argv: Sequence[str],
        folder: Path,
        *,
        env: Mapping[str, str] | None = None,
        user: tuple[int, int] | None = None,
        last_signal: int = signal.SIGTERM,
    ) -> None:
        self.folder = folder
        self.laboratory = laboratory()
        self.status: int | None = None
        self.pid: int = self.laboratory.ask(
            "start",
            argv=[str(part) for part in argv],
            folder=str(folder),
            log=str(folder / "log"),
            env={**_surroundings(folder), **(env or {})},
            user=list(user) if user else None,
            last_signal=int(last_signal),
        )

    def poll(self) -> int | None:
        """Return None while it runs, else its exit status (negative: the signal that killed it)."""
        if self.status is None:
            self.status = self.laboratory.ask("poll", pid=self.pid)
        return self.status

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.poll() is None

    def send(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.status is None:
            self.status = self.laboratory.ask("signal", pid=self.pid, signal_number=int(number))

    def pause(self) -> None:
        """Stop it where it is (SIGSTOP), as a long garbage collection or a suspended machine would."""
        self.send(_signal("SIGSTOP"))

    def resume(self) -> None:
        """Let it go on (SIGCONT)."""
        self.send(_signal("SIGCONT"))

    def kill(self) -> None:
        """End it at once (SIGKILL), as a power failure would."""
        self.send(KILL)

    def wait(self, patience: float = 60.0) -> int:
        """Wait until it has ended by itself; return its exit status.

        Raises LiveError if it still runs after ``patience`` seconds.
        """
        from .waiting import wait_until

        wait_until(lambda: not self.runs, patience, f"Process {self.pid} has not ended")
        assert self.status is not None
        return self.status

    def end(self, patience: float = 10.0) -> None:
        """Ask it to end, kill it after some seconds, and wait until it is gone."""
        end_processes([self], patience)

    def log(self, lines: int = 20) -> str:
        """Return the end of what it printed."""
        try:
            text = (self.folder / "log").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])


def end_processes(processes: Iterable[Process], patience: float = 10.0) -> None:
    """End several processes at the same time."""
    kept = [process for process in processes if process.laboratory.keeper.poll() is None]  # else it has ended
    if kept:
        pids = [process.pid for process in kept]
        statuses = kept[0].laboratory.ask("end", pids=pids, patience=patience)
        for process, status in zip(kept, statuses, strict=True):
            process.status = status


def _surroundings(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "JAVA_HOME") if name in os.environ}
    return {**kept, "HOME": str(folder), "TMPDIR": str(folder), "LC_ALL": "C"}


def _signal(name: str) -> int:
    if not hasattr(signal, name):
        raise LiveError(f"{name} does not exist on this system; pausing a process needs Linux or macOS.")
    return int(getattr(signal, name))
