"""Histories as Jepsen records them: one event when an operation is invoked, one when it completes.

The completion of an invocation says ``ok`` (it happened), ``fail`` (it did not happen) or ``info`` (nobody
knows). Readers for event lists, for EDN text as Jepsen and Knossos keep it, and for lines that Jepsen logs.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

from .edn import read_edn
from .history import History
from .operation import Operation

__all__ = ["history_from_edn", "history_from_events", "history_from_file", "history_from_log"]

NANOSECOND = 1e-9
LOG_LINE = re.compile(
    r"(?:^|\s)(?P<process>\d+)\s+:(?P<type>invoke|ok|fail|info)\s+:(?P<f>[\w-]+)\s+(?P<value>.+?)\s*$"
)
ANSWERING = ("read", "get", "dequeue", "contains", "drain")  # what they return is their result


def history_from_events(
    events: Iterable[Mapping[str, Any]], *, keyed: bool = False, fail_means_mismatch: bool = False
) -> History:
    """A history from Jepsen's events.

    Parameters
    ----------
    events : mappings with ``process``, ``type`` ("invoke", "ok", "fail" or "info"), ``f`` (the operation),
        ``value`` and perhaps ``key``, in the order in which they happened. With ``time`` (nanoseconds) the
        operations get these times; without, the number of the event serves as its time.
    keyed : values are pairs (key, value), as of Jepsen's independent tests.
    fail_means_mismatch : a "fail" of a compare-and-set says that the comparison failed, which is an answer
        about the register. Otherwise, as in Jepsen, it only says that nothing was changed.

    Events of processes that are no clients (``:nemesis``) are left out. Without completion, the outcome of an
    invocation is unknown.

    Raises
    ------
    ValueError : for a completion without invocation, or an unknown type of event.

    Examples
    --------
    >>> print(history_from_events([
    ...     {"process": 0, "type": "invoke", "f": "read", "value": None},
    ...     {"process": 0, "type": "ok", "f": "read", "value": 3},
    ... ]))
    0: read -> 3 [0, 1]
    """
    listed = [event for event in events if isinstance(event.get("process"), int)]
    timed = bool(listed) and all(event.get("time") is not None for event in listed)
    pending: dict[Hashable, tuple[Mapping[str, Any], float]] = {}
    operations = []
    for number, event in enumerate(listed):
        time = event["time"] * NANOSECOND if timed else float(number)
        process, kind = event["process"], event.get("type")
        if kind == "invoke":
            if process in pending:
                raise ValueError(
                    f"event {number}: process {process} invokes {event.get('f')!r} while its "
                    f"{pending[process][0]['f']!r} has not completed; a process does one operation at a time"
                )
            pending[process] = event, time
        elif kind in ("ok", "fail", "info"):
            if process not in pending:
                raise ValueError(
                    f"event {number}: process {process} completes {event.get('f')!r}, "
                    "which it has not invoked"
                )
            operations.append(_operation(*pending.pop(process), event, time, keyed, fail_means_mismatch))
        else:
            raise ValueError(f"event {number}: type must be 'invoke', 'ok', 'fail' or 'info', not {kind!r}")
    for invocation, time in pending.values():
        operations.append(_operation(invocation, time, {"type": "info"}, None, keyed, fail_means_mismatch))
    return History(operations)


def _operation(
    invocation: Mapping[str, Any],
    invoked: float,
    completion: Mapping[str, Any],
    returned: float | None,
    keyed: bool,
    fail_means_mismatch: bool,
) -> Operation:
    name, kind = invocation["f"], completion["type"]
    key, argument = _split(invocation.get("value"), keyed)
    key = invocation.get("key", key)
    answer = _split(completion.get("value"), keyed)[1] if kind == "ok" else None
    result: Any = None
    status = {"ok": "ok", "fail": "failed", "info": "unknown"}[kind]
    if name == "cas" and kind == "ok":
        result = True
    elif (
        name == "cas"
        and kind == "fail"
        and fail_means_mismatch
        and completion.get("value") == invocation["value"]
    ):
        status, result = "ok", False  # the value is repeated: an answer, not an error
    elif name in ANSWERING:
        argument = argument if name == "contains" else None  # some logs fill the answer into the call
        result = answer
    elif kind == "ok" and answer != argument:
        result = answer
    return Operation(invocation["process"], name, key, argument, invoked, returned, result, status)


def _split(value: Any, keyed: bool) -> tuple[Any, Any]:
    if not keyed or value is None:
        return None, value
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ValueError(f"with keyed=True every value is a pair (key, value), but one is {value!r}")
    return value[0], value[1]


def history_from_edn(text: str, *, keyed: bool = False, fail_means_mismatch: bool = False) -> History:
    """A history from EDN text: a vector or list of event maps, or one map after the other.

    Parameters are those of `history_from_events`.

    >>> print(history_from_edn('''
    ...     [{:process 0, :type :invoke, :f :write, :value 1} {:process 0, :type :ok, :f :write, :value 1}]
    ... '''))
    0: write = 1 [0, 1]
    """
    values = read_edn(text)
    events = [event for value in values for event in (value if isinstance(value, tuple) else (value,))]
    for event in events:
        if not isinstance(event, dict):
            raise ValueError(
                f"the EDN text must hold event maps such as {{:process 0, :type :invoke ...}}, not {event!r}"
            )
    return history_from_events(events, keyed=keyed, fail_means_mismatch=fail_means_mismatch)


def history_from_log(text: str, *, keyed: bool = False, fail_means_mismatch: bool = True) -> History:
    """A history from the lines that Jepsen logs: process, type, operation and value. Other lines are skipped.

    In these logs a failed compare-and-set repeats its value when the comparison failed, and names an error
    otherwise, so that `fail_means_mismatch` is on. Other parameters are those of `history_from_events`.

    >>> print(history_from_log('''INFO  jepsen.util - 0 :invoke :write 3
    ... INFO  jepsen.util - 0 :ok :write 3'''))
    0: write = 3 [0, 1]
    """
    events = []
    for line in text.splitlines():
        match = LOG_LINE.search(line)
        if match:
            value = read_edn(match["value"])
            event: dict[str, Any] = {name: match[name] for name in ("type", "f")}
            events.append(event | {"process": int(match["process"]), "value": value[0] if value else None})
    if not events:
        raise ValueError("the log has no line such as 'INFO  jepsen.util - 0 :invoke :write 3'")
    return history_from_events(events, keyed=keyed, fail_means_mismatch=fail_means_mismatch)


def history_from_file(path: str | Path, **options: bool) -> History:
    """A history from a file: ``.edn``, ``.log`` and ``.txt`` as Jepsen writes them, ``.jsonl`` with rows.

    Options are those of `history_from_edn` and `history_from_log`.
    """
    path = Path(path)
    readers = {".edn": history_from_edn, ".log": history_from_log, ".txt": history_from_log}
    if path.suffix in readers:
        return readers[path.suffix](path.read_text(encoding="utf-8"), **options)
    if path.suffix == ".jsonl":
        return History.from_json_lines(path.read_text(encoding="utf-8"))
    raise ValueError(
        f"a history is read from a file that ends in .edn, .log, .txt or .jsonl, not {path.name!r}"
    )
