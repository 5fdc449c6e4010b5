"""The process that keeps the servers of one laboratory: it starts them, and it ends them whatever happens.

Run as a program of its own, with the standard library only. The laboratory writes commands to its standard
input, one JSON object a line, and reads one answer a line, with the same number. When that input ends,
because the laboratory closed it, was interrupted or was killed, the keeper ends every process that it started
and removes their directory. So nothing stays behind, on any system that closes the pipes of a dead process.

===========  ==========================================  ================================================
command      arguments                                   answer
===========  ==========================================  ================================================
start        argv, folder, log, env, user, last_signal   pid
poll         pid                                         status: None while it runs, else its exit status
signal       pid, signal_number                          status, as above
end          pids, patience                              statuses, once all of them are gone
===========  ==========================================  ================================================

A process is started in a session of its own, so that Ctrl-C does not reach it. It is asked to end by its
``last_signal`` and killed with its whole group after ``patience`` seconds. On Linux the kernel kills it too,
should the keeper itself be killed, and what a killed process leaves in shared memory is taken away.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

__all__ = ["Keeper"]

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
IPC_RMID = 0  # sys/ipc.h
KILL = 9
PATIENCE = 5.0  # seconds that a process has to end by itself when the laboratory is gone


class Keeper:
    """Starts and ends processes, and remembers which ones are its own.

    Parameters
    ----------
    root
        The directory that everything is in; removed at the end.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.processes: dict[int, subprocess.Popen[bytes]] = {}
        self.last_signals: dict[int, int] = {}
        self.all_pids: set[int] = set()
        self.libc = ctypes.CDLL(None, use_errno=True) if LINUX else None
        if self.libc is not None:  # grandchildren whose parent dies become children of this process
            self.libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def start(
        self,
        argv: list[str],
        folder: str,
        log: str,
        env: dict[str, str],
        user: list[int] | None = None,
        last_signal: int = signal.SIGTERM,
    ) -> int:
        """Start a process in a directory; its output is appended to its log. ``user``: user and group id."""
        options: dict[str, Any] = {}
        if os.name == "posix":
            options = {"start_new_session": True, "umask": 0o077}
        if self.libc is not None:
            options["preexec_fn"] = partial(self.libc.prctl, PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if user is not None:
            options |= {"user": user[0], "group": user[1], "extra_groups": []}
        with open(log, "ab") as output:
            process = subprocess.Popen(
                argv,
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **options,
            )
        self.processes[process.pid] = process
        self.last_signals[process.pid] = last_signal
        self.all_pids.add(process.pid)
        return process.pid

    def poll(self, pid: int) -> int | None:
        """The exit status of a process; None while it runs."""
        return self.processes[pid].poll()

    def signal(self, pid: int, signal_number: int) -> int | None:
        """Send a signal, unless the process is gone. A killed process is awaited."""
        process = self.processes[pid]
        if process.poll() is None and signal_number == KILL:
            _kill(process)
            process.wait()
        elif process.poll() is None:
            process.send_signal(signal_number)
        return process.poll()

    def end(self, pids: list[int], patience: float) -> list[int | None]:
        """Ask processes to end, kill what is left after some seconds, and wait until they are gone."""
        ending = [self.processes[pid] for pid in pids if self.processes[pid].poll() is None]
        for process in ending:
            if os.name == "posix":  # not by send_signal, which would reap one that has ended
                os.kill(process.pid, self.last_signals[process.pid])
                os.kill(process.pid, signal.SIGCONT)  # one that was stopped could not answer
            else:
                process.terminate()
        deadline = time.monotonic() + patience
        for process in ending:
            while not _has_ended(process) and time.monotonic() < deadline:
                time.sleep(0.005)
            _kill(process)
            process.wait()
        self.end_orphans()
        self.free_shared_memory()
        return [self.processes[pid].returncode for pid in pids]

    def end_orphans(self) -> None:
        """Kill the grandchildren that lost their parent, such as the sessions of a killed PostgreSQL."""
        if not LINUX:
            return
        while orphans := [pid for pid in _children(os.getpid()) if pid not in self.processes]:
            for pid in orphans:
                with suppress(ProcessLookupError, ChildProcessError):
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)

    def free_shared_memory(self) -> None:
        """Remove System V segments that no process uses and that one of these processes made."""
        table = Path("/proc/sysvipc/shm")
        if self.libc is None or not table.exists():
            return
        for line in table.read_text().splitlines()[1:]:
            fields = line.split()
            segment, creator, users = int(fields[1]), int(fields[4]), int(fields[6])
            if creator in self.all_pids and users == 0 and creator not in self.running():
                self.libc.shmctl(segment, IPC_RMID, None)

    def running(self) -> list[int]:
        """The processes that have not ended."""
        return [pid for pid, process in self.processes.items() if process.poll() is None]

    def close(self) -> None:
        """End everything and remove the directory."""
        self.end(list(self.processes), PATIENCE)
        shutil.rmtree(self.root, ignore_errors=True)

    def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        """Carry out one command."""
        number, name = command.pop("number"), command.pop("do")
        try:
            return {"number": number, "value": getattr(self, name)(**command)}
        except Exception as error:  # the laboratory says it to its user
            return {"number": number, "error": f"{type(error).__name__}: {error}"}


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process has ended. It is not reaped, so that its group's number stays its own."""
    if os.name != "posix":
        return process.poll() is not None
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that was not reaped, and all of its group."""
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):  # macOS: not permitted when all have ended
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _children(parent: int) -> list[int]:
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with suppress(OSError, ValueError):
                status = Path("/proc", entry, "stat").read_text()
                if int(status.rpartition(")")[2].split()[1]) == parent:
                    found.append(int(entry))
    return found


def _stay(*_: Any) -> None:
    pass


def _leave(*_: Any) -> None:
    raise SystemExit


def main() -> None:
    """Serve the laboratory at standard input until it is gone."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stay)  # what is ignored would be ignored by the servers too
    root = Path(tempfile.mkdtemp(prefix="distlab-live-")).resolve()
    root.chmod(0o711)  # a server that runs as another user finds its own directory, and sees no other
    keeper = Keeper(root)
    signal.signal(signal.SIGTERM, _leave)
    try:
        print(json.dumps({"root": str(root)}), flush=True)
        for line in sys.stdin.buffer:
            print(json.dumps(keeper.answer(json.loads(line))), flush=True)
    except (BrokenPipeError, SystemExit):
        pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        keeper.close()
        with suppress(OSError):
            os.close(1)
        os._exit(0)


if __name__ == "__main__":
    main()
