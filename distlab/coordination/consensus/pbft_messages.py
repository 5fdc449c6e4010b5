"""The messages of PBFT, and what stands for signatures and digests.

A signature is the id of the signer in an immutable record: ``replica``, or ``client`` in a request; a
pre-prepare is signed by the primary of its view. Nobody can change a record, and no liar in this package
makes one with another's id: that is what "unforgeable" means here, and a test holds it. So a receiver checks
only that what comes from its signer at first hand carries the sender's id, and may trust what others pass on.

A digest is eight hexadecimal digits of SHA-256 of the text of a value.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from distlab.sim import message

__all__ = [
    "Checkpoint",
    "Commit",
    "FetchState",
    "NewView",
    "PrePrepare",
    "Prepare",
    "Prepared",
    "Reply",
    "Request",
    "State",
    "ViewChange",
    "digest",
]


@message
class Request:
    """Execute this; it is my request with this time stamp."""

    client: Any
    timestamp: int
    operation: Any


@message
class PrePrepare:
    """The primary of this view gives this number to this request; None is the null request of a new view."""

    view: int
    number: int
    digest: str
    request: Request | None


@message
class Prepare:
    """I have accepted the primary's pre-prepare with this digest."""

    view: int
    number: int
    digest: str
    replica: Any


@message
class Commit:
    """A quorum has accepted the same one as I."""

    view: int
    number: int
    digest: str
    replica: Any


@message
class Reply:
    """The result."""

    view: int
    timestamp: int
    client: Any
    replica: Any
    result: Any


@message
class Checkpoint:
    """Having executed all up to this number, my state has this digest."""

    number: int
    digest: str
    replica: Any


@message
class Prepared:
    """The proof that a request was prepared: a pre-prepare, and the prepares of a quorum's backups for it."""

    pre_prepare: PrePrepare
    prepares: tuple[Prepare, ...]


@message
class ViewChange:
    """I want this view. My stable checkpoint with its proof; what I have prepared since."""

    view: int
    stable_number: int
    proof: tuple[Checkpoint, ...]
    prepared: tuple[Prepared, ...]
    replica: Any


@message
class NewView:
    """The new primary begins: a quorum wants it, and this follows from what they have prepared."""

    view: int
    view_changes: tuple[ViewChange, ...]
    pre_prepares: tuple[PrePrepare, ...]
    replica: Any


@message
class FetchState:
    """Send me the state at this checkpoint."""

    number: int


@message
class State:
    """The state at a checkpoint."""

    number: int
    snapshot: Any


def digest(value: Any) -> str:
    """Eight hexadecimal digits that stand for a value.

    >>> digest(Request("a", 1, ("write", 3)))
    'ff3cf9c4'
    """
    return sha256(repr(value).encode()).hexdigest()[:8]
