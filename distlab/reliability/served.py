"""A promise to clients: every request is answered, as long as the client and some other node stay up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distlab.sim import Trace

__all__ = ["every_request_is_served"]


def every_request_is_served(trace: Trace) -> str | None:
    """None if each request of a :class:`~distlab.reliability.Client` was answered; else a sentence about one.

    A client that reports a reply must have got one. A request is nobody's fault if its client crashed before
    the reply came, or if all other nodes are down at the end. To be judged at the end of a run that leaves
    time for the last replies.

    Parameters
    ----------
    trace
        A full trace.

    Returns
    -------
    str or None
        What happened to the first request that was not served.

    Examples
    --------
    >>> from distlab.reliability import Peer
    >>> from distlab.sim import Call, Constant, Crash, Simulation, cluster
    >>> nodes = cluster(Peer, 3, service=Constant(0.01), patience=0.1)
    >>> trace = Simulation(nodes, faults=[Crash(2, at=0.0)], workload=[Call(1, 0.5, "ask")]).run()
    >>> print(every_request_is_served(trace))
    request 1 of node 1 was given up after 0.1 s; it was sent to node 2 only, which was down.
    """
    rows: Any = trace.operations.itertuples()
    for row in rows:
        what = f"request {row.key} of node {row.client}"
        if row.status == "ok":
            if not _replied(trace, row):
                return f"{what} was reported as answered at {row.returned:.3g} s, but no reply had come."
            continue
        if _crashed(trace, row.client, row.invoked) or _alone(trace, row.client):
            continue
        if row.returned == row.returned:
            return f"{what} was given up after {row.returned - row.invoked:.3g} s; {_asked(trace, row)}."
        return f"{what}, made at {row.invoked:.3g} s, never got a reply; {_asked(trace, row)}."
    return None


def _replied(trace: Trace, row: Any) -> bool:
    sent = trace.messages
    came = sent[
        (sent["type"] == "Reply") & (sent["receiver"] == row.client) & (sent["received"] <= row.returned)
    ]
    return any(message.number == row.key for message in came["message"])


def _crashed(trace: Trace, client: Any, after: float) -> bool:
    return any(node == client and start >= after for node, start, _ in trace.crashes)


def _alone(trace: Trace, client: Any) -> bool:
    gone = {node for node, _, end in trace.crashes if end == trace.end}
    return all(node in gone for node in trace.nodes if node != client)


def _asked(trace: Trace, row: Any) -> str:
    """Which servers the request was sent to, and whether they were there."""
    sent = trace.messages
    sent = sent[(sent["type"] == "Request") & (sent["sender"] == row.client)]
    sent = sent[[message.number == row.key for message in sent["message"]]]
    if sent.empty:
        return "it was sent to nobody"
    times = {server: int((sent["receiver"] == server).sum()) for server in dict.fromkeys(sent["receiver"])}
    words = [f"node {server}" + (f" ({count} times)" if count > 1 else "") for server, count in times.items()]
    lost = dict.fromkeys(sent.loc[sent["fate"] == "down", "receiver"])
    down = ", ".join(f"node {server}" for server in lost)
    if len(times) > 1:
        return f"it was sent to {', '.join(words)}" + (f"; down: {down}" if lost else "")
    return f"it was sent to {words[0]} only" + (", which was down" if lost else "")
