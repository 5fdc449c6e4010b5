"""Locks with leases, and fencing.

What nodes say: clients ``record("acquired", lock=name, token=33)`` and ``record("released", lock=name)``; the
lock service ``record("expired", lock=name, holder=client)`` when it takes a lease back; the guarded resource
``record("write", token=33, accepted=True)``.
"""

from __future__ import annotations

from typing import Any

from ..memory import resorted
from ..observation import Observation
from ..property import Property, Violation

__all__ = ["Fencing", "OneHolder"]


class OneHolder(Property):
    """At most one client believes that it holds a lock.

    Parameters
    ----------
    expiry_counts
        If true, a lease that the service has taken back no longer counts, whatever its client believes. The
        default false is what the guarded resource sees: a paused client goes on believing.

    Examples
    --------
    >>> OneHolder().goal
    'somebody acquired a lock'
    """

    def __init__(self, expiry_counts: bool = False) -> None:
        self.expiry_counts = expiry_counts

    @property
    def goal(self) -> str:
        return "somebody acquired a lock"

    def begin(self, nodes: tuple[Any, ...]) -> Any:
        return ((), False)

    def see(self, memory: Any, seen: Observation) -> Any:
        held, ever = memory
        if seen.kind == "down":
            return (tuple([pair for pair in held if pair[1] != seen.node]), ever)
        if seen.kind != "record":
            return memory
        lock = seen.facts.get("lock")
        if seen.name == "acquired":
            for name, holder in held:
                if name == lock and holder != seen.node:
                    raise Violation(
                        f"two holders: node {seen.node!r} acquired the "
                        f"lock{'' if lock is None else f' {lock!r}'} at "
                        f"t = {seen.time:.4g} s while node {holder!r} held it.",
                        (seen.row,),
                        (holder, seen.node),
                    )
            return (tuple(sorted((*held, (lock, seen.node)), key=repr)), True)
        if seen.name == "released":
            return (tuple([pair for pair in held if pair != (lock, seen.node)]), ever)
        if seen.name == "expired" and self.expiry_counts:
            return (tuple([pair for pair in held if pair != (lock, seen.facts.get("holder"))]), ever)
        return memory

    def tidy(self, memory: Any) -> Any:
        return resorted(memory)

    def reached(self, memory: Any) -> bool:
        return bool(memory[1])


class Fencing(Property):
    """The guarded resource accepts no write whose token is older than one that it has accepted (Kleppmann
    2016).

    Examples
    --------
    >>> Fencing().goal
    'a write was accepted'
    """

    @property
    def goal(self) -> str:
        return "a write was accepted"

    def begin(self, nodes: tuple[Any, ...]) -> Any:
        return ()

    def see(self, memory: Any, seen: Observation) -> Any:
        if seen.kind != "record" or seen.name != "write" or not seen.facts.get("accepted"):
            return memory
        key, token = (seen.node, seen.facts.get("lock")), seen.facts.get("token")
        if not isinstance(token, int | float):
            raise Violation(
                f'node {seen.node!r}: record("write", token=...) must say which number the token has; got '
                f"{token!r}.",
                (seen.row,),
                (seen.node,),
                kind="contract",
            )
        newest = dict(memory).get(key)
        if newest is not None and token < newest:
            raise Violation(
                f"node {seen.node!r} accepted a write with token {token!r} at t = {seen.time:.4g} s after "
                f"one with {newest!r}.",
                (seen.row,),
                (seen.node,),
            )
        return tuple(sorted({**dict(memory), key: token}.items(), key=repr))

    def tidy(self, memory: Any) -> Any:
        return resorted(memory)

    def reached(self, memory: Any) -> bool:
        return bool(memory)
