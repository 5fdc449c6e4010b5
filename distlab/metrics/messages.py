"""How many messages, and how many bytes.

What is counted
---------------
sent      One for each message that a node hands to the network for one receiver: a broadcast to four peers
          is four. Messages that are lost, cut off, sent to a crashed node or still under way at the end
          count; copies that the network makes do not. A message that a silent (Byzantine) node swallows never
          reaches the network and does not count; a forged one counts for the node whose name it bears.
received  One for each message that reached a running node. Copies that the network made count.

A message belongs to the window of time in which it was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from distlab.sim import Message, Network

from .arguments import require_full, window

if TYPE_CHECKING:
    from distlab.sim import Trace

__all__ = ["bytes_sent", "message_bytes", "message_counts", "messages_sent"]

Types = str | type[Message] | Iterable[str | type[Message]]
Phases = Mapping[Any, Any]

_BY = ("type", "sender", "receiver", "phase", "fate")
_OTHER = "other"


def message_counts(
    trace: Trace,
    by: str | Sequence[str] = "type",
    *,
    leave_out: Types = (),
    only: Types | None = None,
    phases: Phases | None = None,
    after: float = 0.0,
    until: float | None = None,
    to_self: bool = True,
) -> pd.DataFrame:
    """Count messages by type, node, phase, ...; the first lines of this module say what counts.

    Parameters
    ----------
    trace
        A full trace.
    by
        "type", "sender", "receiver", "phase", "fate", or several of these in a list; or "node": what each
        node sent, and what each node received.
    leave_out, only
        Message types, by class or by name, that are not counted (heartbeats, for instance), or the only ones
        that are.
    phases
        For ``by="phase"``: ``{message type: phase}``, or ``{phase: (start, end)}`` in seconds, the end not
        included. What belongs to none is in the phase "other".
    after, until
        Count only messages sent from ``after`` to ``until`` seconds; ``until`` None is the end of the run.
    to_self
        Whether messages from a node to itself count.

    Returns
    -------
    pandas.DataFrame
        A column for each of ``by``, and ``sent`` and ``received``. Nodes and phases are all listed, in their
        order; types and fates as they first occur.

    Raises
    ------
    SimulationError
        If the trace is an outline.
    ValueError
        If an argument names something that does not exist.

    Examples
    --------
    >>> from distlab.sim import Node, Simulation, cluster, message
    >>> @message
    ... class Hello:
    ...     pass
    >>> class Greeter(Node):
    ...     def on_start(self):
    ...         self.broadcast(Hello())
    ...     def on_hello(self, msg, sender):
    ...         pass
    >>> message_counts(Simulation(cluster(Greeter, 3)).run())
        type  sent  received
    0  Hello     6         6
    """
    require_full(trace, "message_counts")
    table = _selected(trace, leave_out, only, after, until, to_self)
    return _grouped(trace, table, by, phases, {"sent": "is_sent", "received": "is_received"})


def messages_sent(
    trace: Trace,
    *,
    leave_out: Types = (),
    only: Types | None = None,
    after: float = 0.0,
    until: float | None = None,
    to_self: bool = True,
) -> int:
    """The number of messages sent; see :func:`message_counts` for what counts and for the parameters.

    >>> from distlab.sim import Node, Simulation, cluster
    >>> messages_sent(Simulation(cluster(Node, 3)).run())
    0
    """
    require_full(trace, "messages_sent")
    return int(_selected(trace, leave_out, only, after, until, to_self)["is_sent"].sum())


def message_bytes(
    trace: Trace,
    by: str | Sequence[str] = "type",
    *,
    size: Callable[[Any], float] | None = None,
    leave_out: Types = (),
    only: Types | None = None,
    phases: Phases | None = None,
    after: float = 0.0,
    until: float | None = None,
    to_self: bool = True,
) -> pd.DataFrame:
    """Add up the bytes of messages by type, node, phase, ...

    Parameters
    ----------
    trace
        A full trace.
    size
        Function message -> bytes; default: the ``size`` of the run's network.
    by, leave_out, only, phases, after, until, to_self
        As for :func:`message_counts`.

    Returns
    -------
    pandas.DataFrame
        A column for each of ``by``, and the bytes ``sent`` and ``received``.

    Raises
    ------
    SimulationError
        If the trace is an outline.
    ValueError
        If neither ``size`` nor the network says how large a message is.

    Examples
    --------
    >>> from distlab.sim import Network, Node, Simulation, cluster, message
    >>> @message
    ... class Chunk:
    ...     data: bytes
    >>> class Source(Node):
    ...     def on_start(self):
    ...         self.broadcast(Chunk(b"12345678"))
    ...     def on_chunk(self, msg, sender):
    ...         pass
    >>> trace = Simulation(cluster(Source, 2)).run()
    >>> message_bytes(trace, by="node", size=lambda chunk: len(chunk.data))
       node  sent  received
    0     1   8.0       8.0
    1     2   8.0       8.0
    """
    require_full(trace, "message_bytes")
    table = _selected(trace, leave_out, only, after, until, to_self)
    sizes = _sizes(trace, table, size, "message_bytes")
    table = table.assign(bytes_sent=table["is_sent"] * sizes, bytes_received=table["is_received"] * sizes)
    return _grouped(trace, table, by, phases, {"sent": "bytes_sent", "received": "bytes_received"})


def bytes_sent(
    trace: Trace,
    size: Callable[[Any], float] | None = None,
    *,
    leave_out: Types = (),
    only: Types | None = None,
    after: float = 0.0,
    until: float | None = None,
    to_self: bool = True,
) -> float:
    """The bytes of all messages sent; see :func:`message_bytes` for the parameters.

    >>> from distlab.sim import Network, Node, Simulation, cluster
    >>> bytes_sent(Simulation(cluster(Node, 3), network=Network(size=len)).run())
    0.0
    """
    require_full(trace, "bytes_sent")
    table = _selected(trace, leave_out, only, after, until, to_self)
    return float((table["is_sent"] * _sizes(trace, table, size, "bytes_sent")).sum())


def _selected(
    trace: Trace, leave_out: Types, only: Types | None, after: float, until: float | None, to_self: bool
) -> pd.DataFrame:
    """The messages that an answer is about, with what they count for."""
    messages = trace.messages
    first, last = window(trace, after, until)
    keep = (messages["sent"] >= first) & (messages["sent"] <= last)
    refused = _names(leave_out, "leave_out")
    if refused:
        keep &= ~messages["type"].isin(refused)
    if only is not None:
        keep &= messages["type"].isin(_names(only, "only"))
    if not to_self:
        keep &= messages["sender"] != messages["receiver"]
    # A copy under way at the end has the fate "in flight", like an original; only its row tells them apart.
    copies = np.fromiter(trace._originals, dtype=np.int64, count=len(trace._originals))
    table = messages.assign(
        is_sent=(~messages["id"].isin(copies)).astype(np.int64),
        is_received=messages["received"].notna().astype(np.int64),
    )
    return table if keep.all() else table[keep]


def _sizes(
    trace: Trace, table: pd.DataFrame, size: Callable[[Any], float] | None, function: str
) -> np.ndarray:
    if size is None:
        size = trace.network.size
        if size is Network.size:
            raise ValueError(
                f"{function} must know how large a message is; give size=function from message to bytes, "
                f"or run with Network(size=...)."
            )
    sizes = np.fromiter(map(size, table["message"]), dtype=np.float64, count=len(table))
    if not (sizes >= 0).all():
        wrong = table["message"].iloc[int(np.argmin(sizes >= 0))]
        raise ValueError(f"size must give 0 bytes or more; it gave {size(wrong)!r} for {wrong!r}.")
    return sizes


def _grouped(
    trace: Trace, table: pd.DataFrame, by: str | Sequence[str], phases: Phases | None, sums: dict[str, str]
) -> pd.DataFrame:
    if isinstance(by, str) and by == "node":
        return _by_node(trace, table, sums)
    columns = [by] if isinstance(by, str) else list(by)
    for column in columns:
        if column not in _BY:
            raise ValueError(
                f'by must be "node", or one or several of {", ".join(map(repr, _BY))}; got {column!r}.'
            )
    if not columns or len(columns) != len(dict.fromkeys(columns)):
        raise ValueError(f"by must name one or several different columns; got {by!r}.")
    if "phase" in columns:
        if not phases:
            raise ValueError(
                'by="phase" needs phases={message type: phase} or phases={phase: (start, end)}; got none.'
            )
        table = table.assign(phase=_phase_of(table, phases))
    elif phases is not None:
        raise ValueError(f'phases is used with by="phase" only; got by={by!r}.')
    sources = list(sums.values())
    counted = table.groupby(columns, sort=False)[sources].sum()
    if len(columns) == 1:
        expected = _expected(trace, columns[0], phases)
        rows = list(dict.fromkeys([*expected, *counted.index]))
        counted = counted.reindex(pd.Index(rows, name=columns[0]), fill_value=0)
    named = counted.reset_index().rename(columns={source: name for name, source in sums.items()})
    return named[[*columns, *sums]]


def _expected(trace: Trace, column: str, phases: Phases | None) -> list[Any]:
    """The rows that are shown even if nothing was counted."""
    if column in ("sender", "receiver"):
        return list(trace.nodes)
    if column == "phase" and phases is not None:
        return list(dict.fromkeys(phases if _are_windows(phases) else phases.values()))
    return []


def _by_node(trace: Trace, table: pd.DataFrame, sums: dict[str, str]) -> pd.DataFrame:
    columns: dict[str, Any] = {"node": list(trace.nodes)}
    for name, source in sums.items():
        end = "sender" if name == "sent" else "receiver"
        columns[name] = table.groupby(end, sort=False)[source].sum().reindex(trace.nodes, fill_value=0).array
    return pd.DataFrame(columns)


def _are_windows(phases: Phases) -> bool:
    return all(isinstance(value, tuple | list) for value in phases.values())


def _phase_of(table: pd.DataFrame, phases: Phases) -> pd.Series:
    if not _are_windows(phases):
        named = {_name(kind, "phases"): phase for kind, phase in phases.items()}
        return pd.Series([named.get(kind, _OTHER) for kind in table["type"]], index=table.index, dtype=object)
    result = pd.Series(_OTHER, index=table.index, dtype=object)
    last, previous = -np.inf, None
    for phase, (start, end) in sorted(phases.items(), key=lambda item: tuple(item[1])):
        if not start < end:
            raise ValueError(f"phases: {phase!r} must end after it starts; got {(start, end)!r}.")
        if start < last:
            raise ValueError(
                f"phases: {phase!r} starts at {start:g} s, before {previous!r} ends at {last:g} s."
            )
        result[(table["sent"] >= start) & (table["sent"] < end)] = phase
        last, previous = end, phase
    return result


def _names(types: Types, argument: str) -> list[str]:
    kinds = [types] if isinstance(types, str | type) else list(types)
    return [_name(kind, argument) for kind in kinds]


def _name(kind: Any, argument: str) -> str:
    if isinstance(kind, str):
        return kind
    if isinstance(kind, type) and issubclass(kind, Message):
        return kind.__name__
    raise ValueError(f"{argument} must name message types by class or by name; got {kind!r}.")
