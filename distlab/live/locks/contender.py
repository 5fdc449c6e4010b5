"""One client of a lock as a process of its own: ``python -m distlab.live.locks.contender TASK.json``.

The task says which lock, how often, and what to do inside. What happened is appended to a file, a line of
JSON for each hold, with times on the clock that all processes of a machine share.

With ``"pause": true`` the client stops itself (SIGSTOP) once, after it has read the value and has found its
lease good, and before it writes: where a long garbage collection or a suspended machine does the most harm.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from distlab.coordination.lock import Hold

from ..laboratory import Process, new_folder
from ..waiting import wait_until
from .guarded_store import GuardedStore, Refused
from .kinds import open_lock
from .lock import Lock, LockTimeout

__all__ = ["Contender", "Task", "monotonic_is_shared"]

# Files in the client's directory, by which it and the laboratory talk.
READY, GO, INSIDE, LEAVE, PAUSED, HOLDS, REPORT = (
    "ready",
    "go",
    "inside",
    "leave",
    "paused",
    "holds",
    "report.json",
)


@dataclass(frozen=True)
class Task:
    """What a client does.

    Parameters
    ----------
    client
        Its name.
    kind, where, lease
        The lock, as for :func:`~distlab.live.locks.kinds.open_lock`.
    rounds
        How often it wants the lock.
    hold
        Seconds of work inside, each time.
    think
        Seconds between giving the lock back and wanting it again.
    timeout
        Seconds that it waits for the lock, each time; None: as long as it takes.
    store
        Path of what the lock guards; "": nothing.
    fenced
        Whether it sends its token along.
    pause
        Whether it stops itself inside, once, and wants the lock no more then. A client that finds its lease
        over before it has come so far tries again in its next round.
    until_told
        Whether it stays inside until ``leave()``, instead of ``hold`` seconds.
    """

    client: str
    kind: str
    where: Any
    lease: float = 10.0
    rounds: int = 1
    hold: float = 0.0
    think: float = 0.0
    timeout: float | None = None
    store: str = ""
    fenced: bool = True
    pause: bool = False
    until_told: bool = False


class Contender:
    """A client that runs as a process of its own, under this laboratory's keeper.

    Examples
    --------
    >>> from distlab.live.locks import service
    >>> with service("sqlite") as where:
    ...     client = Contender(Task("anna", "sqlite", where, rounds=2))
    ...     client.go()
    ...     client.wait()
    ...     [(hold.client, hold.token, hold.ended) for hold in client.holds()]
    [('anna', 1, 'released'), ('anna', 2, 'released')]
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.folder = new_folder(f"client-{task.client}")
        (self.folder / "task.json").write_text(json.dumps(asdict(task)))
        self.process = Process(
            [sys.executable, "-m", __name__, str(self.folder / "task.json")],
            self.folder,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUNBUFFERED": "1"},
        )

    def wait_until_ready(self, patience: float = 60.0) -> None:
        """Return when the client is connected and waits for its ``go()``."""
        self._wait_for((self.folder / READY).exists, patience, "is not ready")

    def go(self) -> None:
        """Let it begin."""
        (self.folder / GO).touch()

    def leave(self) -> None:
        """Let it leave, if it stays inside until told."""
        (self.folder / LEAVE).touch()

    def is_inside(self) -> bool:
        """Whether it has got the lock, and stays inside until told."""
        return (self.folder / INSIDE).exists() and not (self.folder / LEAVE).exists()

    def is_paused(self) -> bool:
        """Whether it has stopped itself."""
        return (self.folder / PAUSED).exists() and _is_stopped(self.process.pid)

    def wait_until_paused(self, patience: float = 60.0) -> None:
        """Return when it has stopped itself."""
        self._wait_for(self.is_paused, patience, "has not paused")

    def wait(self, patience: float = 60.0) -> None:
        """Return when it has done its task. Raises LiveError, with what it printed, if it failed."""
        from ..errors import LiveError

        if self.process.wait(patience) != 0:
            raise LiveError(f"The client {self.task.client!r} failed:\n{self.process.log()}")

    def holds(self) -> list[Hold]:
        """Return its holds so far, in order."""
        path = self.folder / HOLDS
        lines = path.read_text().splitlines() if path.exists() else []
        return [Hold(**json.loads(line)) for line in lines]

    def report(self) -> dict[str, Any]:
        """Return what else it has to say: sold, refused, timed_out, gave_back, notifications."""
        return json.loads((self.folder / REPORT).read_text())

    def _wait_for(self, happened: Any, patience: float, otherwise: str) -> None:
        from ..errors import LiveError

        def happened_or_ended() -> bool:
            if not happened() and not self.process.runs:
                raise LiveError(f"The client {self.task.client!r} ended early:\n{self.process.log()}")
            return bool(happened())

        wait_until(happened_or_ended, patience, f"The client {self.task.client!r} {otherwise}")


def monotonic_is_shared() -> bool:
    """Whether all processes read the same monotonic clock; it is so on Linux, macOS and Windows.

    >>> monotonic_is_shared()
    True
    """
    return time.get_clock_info("monotonic").monotonic


def run_all(contenders: Sequence[Contender], patience: float = 60.0) -> None:
    """Let clients begin at the same moment, and return when all have done their tasks."""
    for contender in contenders:
        contender.wait_until_ready(patience)
    for contender in contenders:
        contender.go()
    for contender in contenders:
        contender.wait(patience)


def _is_stopped(pid: int) -> bool:
    """Whether a process is stopped, as far as the system says; elsewhere its own word is taken."""
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] in "Tt"
    except OSError:
        return True


# --- in the client's process


class _Client:
    """Does its task, and writes down what happened."""

    def __init__(self, task: Task, folder: Path) -> None:
        self.task, self.folder = task, folder
        self.lock: Lock = open_lock(task.kind, task.where, lease=task.lease)
        self.store = GuardedStore(task.store) if task.store else None
        self.paused = not task.pause
        self.sold = self.refused = self.timed_out = 0
        self.gave_back: list[bool] = []

    def run(self) -> None:
        (self.folder / READY).touch()
        self.wait_for(GO)
        with open(self.folder / HOLDS, "a", buffering=1) as holds:
            for _ in range(self.task.rounds):
                hold = self.one_round()
                if hold is not None:
                    holds.write(json.dumps(hold) + "\n")
                if self.task.pause and self.paused:
                    break
                time.sleep(self.task.think)
        report = {
            "sold": self.sold,
            "refused": self.refused,
            "timed_out": self.timed_out,
            "gave_back": self.gave_back,
            "notifications": getattr(self.lock, "notifications", 0),
        }
        (self.folder / REPORT).write_text(json.dumps(report))
        self.lock.close()

    def wait_for(self, file: str) -> None:
        while not (self.folder / file).exists():
            time.sleep(0.002)

    def one_round(self) -> dict[str, Any] | None:
        asked = time.monotonic()
        try:
            token = self.lock.acquire(self.task.timeout)
        except LockTimeout:
            self.timed_out += 1
            return None
        acquired = time.monotonic()
        if self.task.until_told:
            (self.folder / INSIDE).touch()
            self.wait_for(LEAVE)
        elif self.store is None:
            time.sleep(self.task.hold)
        else:
            self.sell(self.store, token if self.task.fenced else None)
        released = time.monotonic()  # the belief ends before the lock is given back
        expires = self.lock.valid_until
        ours = self.lock.release()
        self.gave_back.append(ours)
        return {
            "client": self.task.client,
            "lock": self.lock.name,
            "asked": asked,
            "acquired": acquired,
            "released": released,
            "token": token,
            "ended": "released" if ours else "expired",
            "expires": None if ours or expires == float("inf") else expires,
        }

    def sell(self, store: GuardedStore, token: int | None) -> None:
        """Take one from the stock: read, work, write."""
        try:
            seen = store.read(self.task.client, token)
            time.sleep(self.task.hold)
            if not self.lock.held:  # a client that runs notices that its lease is over
                return
            if not self.paused:
                self.paused = True
                (self.folder / PAUSED).touch()
                os.kill(os.getpid(), signal.SIGSTOP)
            store.write(self.task.client, seen.value - 1, seen, token)
            self.sold += 1
        except Refused:
            self.refused += 1


def main(path: str) -> None:
    """Do the task that is in a file."""
    task = Task(**json.loads(Path(path).read_text()))
    _Client(task, Path(path).parent).run()


if __name__ == "__main__":
    main(sys.argv[1])
