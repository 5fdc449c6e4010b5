"""Whatever happens to the laboratory, its processes end, and their files and ports are given back."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from distlab.live.errors import LiveError
from distlab.live.laboratory import Process, end_processes, laboratory, new_folder
from distlab.live.ports import FIRST, LAST, free_ports, is_free
from distlab.live.waiting import wait_until

pytestmark = pytest.mark.usefixtures("signals")

SLEEP = [sys.executable, "-c", "import time; print('asleep', flush=True); time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True);"
    "time.sleep(600)",
]
LABORATORY = """
import json, os, sys, time
from distlab.live.laboratory import Process, new_folder
from distlab.live.ports import free_ports
folder = new_folder("one")
listens = "import socket, time; s = socket.create_server(('127.0.0.1', int(__import__('sys').argv[1])));" \\
          "print('listens', flush=True); time.sleep(600)"
[port] = free_ports(1)
process = Process([sys.executable, "-c", listens, port], folder)
while "listens" not in process.log():
    time.sleep(0.01)
print(json.dumps({"pid": process.pid, "keeper": process.laboratory.keeper.pid, "port": port,
                  "folder": str(folder)}), flush=True)
"""


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _printed(process: Process, text: str) -> None:
    wait_until(lambda: text in process.log(), 30, f"The process did not print {text!r}")


def _all_gone(said: dict) -> None:
    wait_until(lambda: not _exists(said["pid"]), 30, "The server's process did not end")
    wait_until(lambda: not Path(said["folder"]).parent.exists(), 30, "The directory was not removed")
    wait_until(lambda: not _exists(said["keeper"]), 30, "The keeper did not end")
    assert is_free(said["port"])


@pytest.mark.parametrize(
    "ending",
    [
        "os.kill(os.getpid(), 9)",
        "os.kill(os.getpid(), 15)",
        "raise KeyboardInterrupt",
        "os._exit(0)",
        "sys.exit(0)",
        "pid = os.fork()\nif pid == 0:\n    time.sleep(600)\nprint(pid, flush=True)\nos.kill(os.getpid(), 9)",
    ],
    ids=[
        "killed",
        "terminated",
        "interrupted",
        "left at once",
        "left",
        "killed with a forked process",
    ],
)
def test_nothing_is_left_when_the_laboratory_is_gone(ending: str) -> None:
    """However the laboratory ends, its process, the keeper, the directory and the port are gone."""
    with subprocess.Popen(
        [sys.executable, "-c", LABORATORY + ending],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as script:
        assert script.stdout is not None
        said = json.loads(script.stdout.readline())
        forked = script.stdout.readline().strip() if "fork" in ending else ""
        try:
            script.wait(60)
            _all_gone(said)
        finally:
            if forked:
                os.kill(int(forked), signal.SIGKILL)


def test_ctrl_c_does_not_reach_a_server() -> None:
    """A server is in a session of its own, so that an interrupted cell does not end it."""
    process = Process(SLEEP, new_folder("sleep"))
    assert os.getsid(process.pid) == process.pid != os.getsid(0)
    assert os.getpgid(process.laboratory.keeper.pid) != os.getpgid(0)
    process.end()


def test_a_process_that_does_not_listen_is_killed() -> None:
    """Asked to end, then killed."""
    process = Process(STUBBORN, new_folder("deaf"))
    _printed(process, "deaf")
    process.end(patience=0.2)
    assert process.status == -signal.SIGKILL
    assert not _exists(process.pid)


def test_a_paused_process_ends() -> None:
    """A process that was stopped gets to hear that it should end."""
    process = Process(SLEEP, new_folder("sleep"))
    _printed(process, "asleep")
    process.pause()
    process.end()
    assert process.status == -signal.SIGTERM


def test_children_of_a_process_end_with_it() -> None:
    """The whole group is ended, and a grandchild with a session of its own as well."""
    code = (
        "import subprocess, sys, time\n"
        f"for own in (False, True):\n"
        f"    child = subprocess.Popen({SLEEP!r}, start_new_session=own)\n"
        "    print('child', child.pid, flush=True)\n"
        "time.sleep(600)"
    )
    process = Process([sys.executable, "-c", code], new_folder("family"))
    wait_until(lambda: process.log().count("child") == 2, 30, "The children were not started")
    children = [int(line.split()[1]) for line in process.log().splitlines() if line.startswith("child")]
    process.end()
    if sys.platform != "linux":  # elsewhere only the group is known
        os.kill(children.pop(), signal.SIGKILL)
    assert [pid for pid in children if _exists(pid)] == []


def test_several_processes_end_at_the_same_time() -> None:
    """The patience is for all of them together, not for each."""
    processes = [Process(STUBBORN, new_folder("deaf")) for _ in range(4)]
    for process in processes:
        _printed(process, "deaf")
    end_processes(processes, patience=0.1)
    assert [process.status for process in processes] == [-signal.SIGKILL] * 4


def test_an_ended_process_says_so() -> None:
    """The exit status and what it printed are there."""
    process = Process([sys.executable, "-c", "print('so long'); raise SystemExit(3)"], new_folder("short"))
    assert (process.wait(), process.runs, process.log()) == (3, False, "so long")
    process.kill()
    process.end()
    assert process.status == 3


def test_a_program_that_does_not_exist_is_named() -> None:
    """The error says which program could not be started."""
    with pytest.raises(LiveError, match="no such program"):
        Process(["no such program"], new_folder("none"))


def test_many_threads_share_one_keeper() -> None:
    """Servers may be started side by side, and outlive the thread that started them."""

    def run(number: int) -> str:
        process = Process([sys.executable, "-c", f"print({number})"], new_folder("thread"))
        process.wait()
        return process.log()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(8))) == [str(number) for number in range(8)]
        started: list[Process] = []
    thread = threading.Thread(target=lambda: started.append(Process(SLEEP, new_folder("sleep"))))
    thread.start()
    thread.join()
    _printed(started[0], "asleep")
    assert started[0].runs
    started[0].end()


def test_an_interrupted_command_does_not_confuse_the_next() -> None:
    """An answer that nobody waited for is not taken for that of another command."""
    process = Process([sys.executable, "-c", "raise SystemExit(7)"], new_folder("short"))
    lab = process.laboratory
    assert lab.keeper.stdin is not None
    lab.keeper.stdin.write(b'{"do": "poll", "number": -1, "pid": 0}\n')
    assert process.wait() == 7


def test_another_user_sees_no_files_of_a_process() -> None:
    """Directories are private; the one around them can be entered, and not listed."""
    folder = new_folder("private")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert laboratory().root.stat().st_mode & 0o777 == 0o711


def test_reserved_ports_are_not_given_twice() -> None:
    """Numbers are free, distinct, in the range, and not given to anybody else until they are released."""
    several = [free_ports(20) for _ in range(10)]
    numbers = [number for ports in several for number in ports]
    assert len(set(numbers)) == 200
    assert all(FIRST <= number <= LAST and is_free(number) for number in numbers)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
        pytest.raises(OSError, match=r"in use|Errno"),
    ):
        other.bind(("127.0.0.1", numbers[0]))
    for ports in several:
        ports.release()


def test_a_number_of_ports_is_positive() -> None:
    """Anything else is an error that says what would be right."""
    with pytest.raises(ValueError, match="count must be 1 or more; got 0"):
        free_ports(0)
