"""Ending a handler that never ends.

A second thread looks now and then at what is running. If it is still the same handler after a second of
processor time, an exception is raised in it. Nothing else depends on the clock: a run whose handlers end is
the same with and without a watchdog.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["EndlessHandler", "now_running", "watchdog"]

_PATIENCE = 1.0  # seconds of processor time in one handler

_running: dict[int, Callable[[], Any]] = {}  # thread -> what tells which handler is running in it


class EndlessHandler(BaseException):  # not an Exception: algorithms may catch those
    """A handler has been running for so long that it will probably never end."""


def now_running(tell: Callable[[], Any]) -> None:
    """Say how to find out which handler is running in this thread: equal values for the same, else None."""
    _running[threading.get_ident()] = tell


@contextmanager
def watchdog(patience: float = _PATIENCE) -> Iterator[None]:
    """A context in which a handler that never ends gets an :class:`EndlessHandler`.

    Parameters
    ----------
    patience
        Seconds of processor time that one handler may take.

    Examples
    --------
    >>> with watchdog():
    ...     sum(range(10))
    45
    """
    thread = threading.get_ident()
    before = _running.pop(thread, None)
    over = threading.Event()

    def look() -> None:
        last, since = None, time.process_time()
        while not over.wait(patience / 8):
            tell = _running.get(thread)
            now = None if tell is None else tell()
            if now is None or now != last:
                last, since = now, time.process_time()
            elif time.process_time() - since > patience:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread), ctypes.py_object(EndlessHandler)
                )
                last = None

    watcher = threading.Thread(target=look, name="watchdog", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        _running.pop(thread, None)
        if before is not None:
            _running[thread] = before
