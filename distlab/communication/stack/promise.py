"""What the stack promises to whoever asks: a property for the checker."""

from __future__ import annotations

from collections import Counter

from distlab.sim import Trace

__all__ = ["stored_once"]


def stored_once(trace: Trace) -> str | None:
    """None if no replica stored a request twice, and most stored what was answered; else a sentence.

    Parameters
    ----------
    trace
        Any trace of the stack.

    Returns
    -------
    str or None
        What is wrong with the first request that is wrong.

    Examples
    --------
    >>> from distlab.communication import stack
    >>> class Forgets(stack.Primary):
    ...     def is_new(self, number):
    ...         return True
    >>> print(stored_once(stack.one_request(timeout=0.02, primary=Forgets)))
    store 1 stored request 1 twice, at 0.016 s and 0.036 s.
    """
    stored: Counter[tuple[object, int]] = Counter()
    before: dict[tuple[object, int], float] = {}
    records = trace.records
    rows = records[records["event"] == "stored"]
    for time, node, number in rows[["time", "node", "number"]].itertuples(index=False) if len(rows) else ():
        if stored[node, number]:
            first = before[node, number]
            return f"{node} stored request {number:g} twice, at {first:.3g} s and {time:.3g} s."
        stored[node, number] += 1
        before[node, number] = time
    replicas = [node for node in trace.nodes if str(node).startswith("store")]
    majority = len(replicas) // 2 + 1
    operations = trace.operations
    for number in operations.loc[operations["status"] == "ok", "key"]:
        having = [str(node) for node in replicas if stored[node, number]]
        if len(having) < majority:
            who = "no replica" if not having else f"only {' and '.join(having)}"
            need = f"{majority} of {len(replicas)} should have"
            return f"request {number} was answered, but {who} stored it; {need}."
    return None
