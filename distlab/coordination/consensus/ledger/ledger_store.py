"""A register kept on a ledger: consensus (共识) inside, consistency (一致性) as clients see it.

All nodes agree on one chain, so they agree on the order of all writes. What a client sees depends on how the
reads are done:

    "local":    answered at once from the chain of the node that is asked, which may lack the newest blocks
    "ordered":  the read itself becomes an entry, and is answered from its place in the chain

Both rest on the same consensus. Only the second is linearizable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from distlab.sim import Operation

from .delegated import DelegatedProofOfStake

__all__ = ["Get", "LedgerStore", "Put"]


@dataclass(frozen=True)
class Put:
    """Write a value under a key; ``by`` and ``number`` tell it from all others."""

    key: str
    value: Any
    by: Any
    number: int


@dataclass(frozen=True)
class Get:
    """Read the value under a key at this place of the chain."""

    key: str
    by: Any
    number: int


class LedgerStore(DelegatedProofOfStake):
    """A node whose clients write and read a register on the ledger.

    Parameters
    ----------
    reads
        "local" or "ordered".
    rules
        As for ``DelegatedProofOfStake``.

    Raises
    ------
    ValueError
        If ``reads`` is neither.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation, cluster
    >>> calls = [Call(1, 0.0, "put", ("x", 7)), Call(2, 1.0, "get", ("x",))]
    >>> trace = Simulation(cluster(LedgerStore, 3), workload=calls).run(until=2.0)
    >>> trace.operations.result.tolist()
    [None, 7]
    """

    def __init__(self, *, reads: str = "local", **rules: Any) -> None:
        super().__init__(**rules)
        if reads not in ("local", "ordered"):
            raise ValueError(f'reads must be "local" or "ordered"; got {reads!r}.')
        self.reads = reads
        self.number = 0
        self.open: dict[Put | Get, Operation] = {}

    def put(self, key: str, value: Any) -> None:
        self.number += 1
        entry = Put(key, value, self.id, self.number)
        self.open[entry] = self.invoke("write", key, value)
        self.submit(entry)

    def get(self, key: str) -> None:
        operation = self.invoke("read", key)
        if self.reads == "local":
            operation.complete(self.value(key))
            return
        self.number += 1
        entry = Get(key, self.id, self.number)
        self.open[entry] = operation
        self.submit(entry)

    def value(self, key: str, before: Get | None = None) -> Any:
        """The last value under a key in the chain, or in the part of it before an entry."""
        value = None
        for entry in self.written:
            if entry == before:
                break
            if isinstance(entry, Put) and entry.key == key:
                value = entry.value
        return value

    def tip_moved(self) -> None:
        """Answer the clients whose entries are in the chain now."""
        for entry in [entry for entry in self.open if entry in self.written]:
            operation = self.open.pop(entry)
            operation.complete(self.value(entry.key, entry) if isinstance(entry, Get) else None)
