"""Execute lessons and store their outputs: the only script that writes notebooks.

    python tools/execute.py               all lessons
    python tools/execute.py 04 05         these
    python tools/execute.py --check 04    change nothing; exit with 1 if a file would change
    python tools/execute.py --fresh 01    renew the outputs that are not compared, too

A file is written only when all its cells ran. Executing again changes no byte unless a result has changed: a
cell whose outputs are not compared (real timings, tag nbval-ignore-output) runs, but keeps what is stored.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import Empty
from typing import Any

import ipykernel.kernelspec
import matplotlib
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from traitlets import Type

import lessons
import stored_form

SECONDS_PER_CELL = 60.0
SLICE = 0.2  # seconds


class LessonFailed(Exception):
    """A cell that raised, took too long, or ended its kernel; the message says which and why."""


class PatientChannel(AsyncZMQSocketChannel):
    """A channel that looks for a message several times per second.

    An Output widget makes nbclient send on the channel that it waits on. The send can swallow the wake-up
    of a reply that has already arrived; one long wait would then last for the whole time-out of the cell.
    """

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:  # type: ignore[override]
        """Return the next message; raise `queue.Empty` when none came within `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = SLICE if deadline is None else min(SLICE, deadline - time.monotonic())
            try:
                return await super().get_msg(max(0.0, left))
            except Empty:
                if left < SLICE:
                    raise


class PatientClient(AsyncKernelClient):
    """A kernel client whose channels are patient."""

    shell_channel_class = Type(PatientChannel)
    iopub_channel_class = Type(PatientChannel)


class ThisPython(KernelSpecManager):
    """Starts kernels with the Python that runs this script, whatever kernels the user has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the specification of the kernel of this Python."""
        return KernelSpec(
            resource_dir=ipykernel.kernelspec.RESOURCES, **ipykernel.kernelspec.get_kernel_dict()
        )


def execute(
    notebook: NotebookNode,
    folder: Path,
    *,
    seconds_per_cell: float = SECONDS_PER_CELL,
    after_cell: Callable[[], object] = lambda: None,
) -> NotebookNode:
    """Return the notebook executed from the first to the last cell, in its stored form.

    Parameters: `folder` is the kernel's working directory; `seconds_per_cell` bounds each cell; `after_cell`
    is called after each code cell. Raises `LessonFailed` when a cell raises without the tag
    `raises-exception`, exceeds its time, or ends the kernel; `notebook` then holds the outputs so far.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisPython())
    manager.client_factory = PatientClient
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=seconds_per_cell,
        coalesce_streams=True,
        record_timing=False,
        on_cell_executed=lambda **_: after_cell(),
    )
    with tempfile.TemporaryDirectory(prefix="distlab-ipython-", ignore_cleanup_errors=True) as profile:
        try:
            client.execute(cwd=str(folder), env=_environment(os.environ, profile), cleanup_kc=True)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise LessonFailed(f"code cell {client.code_cells_executed}: {_reason(error)}") from error
    return stored_form.normalised(notebook)


def _environment(environment: Mapping[str, str], profile: str) -> dict[str, str]:
    """The kernel's environment: nothing of the user, no servers, and the same order of sets every time."""
    kept = {
        name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES", "MPLBACKEND")
    }
    return kept | {
        "DISTLAB_LIVE": "recorded",
        "IPYTHONDIR": profile,
        "MATPLOTLIBRC": str(Path(matplotlib.get_data_path()) / "matplotlibrc"),
        "PYTHONHASHSEED": "0",
    }


def _reason(error: Exception) -> str:
    if isinstance(error, CellExecutionError):
        return f"{error.ename}: {error.evalue}\n{error.traceback}"
    if isinstance(error, CellTimeoutError):
        return "the cell did not end in time"
    return "the kernel died"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(description="Execute lessons and store their outputs.")
    parser.add_argument("lesson", nargs="*", help="number, name or path; all lessons if none is given")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if a file would change"
    )
    parser.add_argument("--fresh", action="store_true", help="renew the outputs that are not compared, too")
    parser.add_argument(
        "--timeout", type=float, default=SECONDS_PER_CELL, help="seconds per cell (default: 60)"
    )
    parser.add_argument("--folder", type=Path, default=lessons.NOTEBOOKS, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        paths = lessons.named(options.lesson, options.folder)
    except lessons.UnknownLesson as error:
        parser.error(str(error))
    return max(
        (_store(path, options.timeout, check=options.check, fresh=options.fresh) for path in paths), default=0
    )


def keep_uncompared(stored: NotebookNode, executed: NotebookNode) -> None:
    """Give cells whose outputs are not compared the outputs that are stored, if their source is the same."""
    known = {
        cell.id: cell
        for cell in stored.cells
        if cell.cell_type == "code"
        and "nbval-ignore-output" in cell.metadata.get("tags", [])
        and cell.outputs
    }
    for cell in executed.cells:
        old = known.get(cell.id)
        if old is not None and old.source == cell.source:
            cell.outputs = old.outputs


def _store(path: Path, seconds_per_cell: float, *, check: bool, fresh: bool) -> int:
    started = time.perf_counter()
    before = path.read_text(encoding="utf-8")
    try:
        executed = execute(stored_form.read(path), path.parent, seconds_per_cell=seconds_per_cell)
    except (LessonFailed, ValueError) as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return 1
    if not fresh:
        keep_uncompared(stored_form.read(path), executed)
    changed = stored_form.text(executed) != before
    if changed and not check:
        stored_form.write(path, executed)
    verdict = ("would change" if check else "written") if changed else "unchanged"
    print(f"{path.name}: {verdict} ({time.perf_counter() - started:.1f} s)")
    return int(changed and check)


if __name__ == "__main__":
    sys.exit(main())
